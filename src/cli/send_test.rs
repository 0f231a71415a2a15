//! `daybook send-test`: a report by the real path, outbox included, to places of one's choice.

use super::channel_args::ChannelArgs;
use super::report::ending_text;
use super::report_days::last_whole;
use super::show::plain;
use super::{Outcome, out};
use crate::app::issue::draft;
use crate::app::{App, AppError, Selection, prefer};
use crate::delivery::{ChannelRef, Route};
use crate::jobs::deliver::{Delivered, deliver_of};
use crate::jobs::report::{Audience, Built, Renderings, messages_of};
use crate::report::definition::Cadence;
use crate::report::document::Document;
use crate::report::sample;
use crate::support::blocking::off_thread;
use crate::support::ids::stable_id;
use crate::warehouse::outbox::{Ending, Kind, Reply, enqueue};
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub struct SendTestArgs {
    /// Send a mail there; may be given more than once. The operator's addresses by default.
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    #[command(flatten)]
    channels: ChannelArgs,
    /// Yesterday's report of this workspace instead of the sample.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
}

pub async fn run(app: &App, args: &SendTestArgs, json: bool) -> anyhow::Result<Outcome> {
    let mut audience = audience(app, args)?;
    let now = app.clock.now();
    let mut built = match &args.workspace {
        None => Built { standard: sample::document(), others: Vec::new(), receipts: Vec::new(), differs: false },
        Some(id) => real(app, id, &mut audience).await?,
    };
    std::iter::once(&mut built.standard).chain(&mut built.others).for_each(|document| mark(document, now));
    let (owner, workspace) = (built.standard.id.clone(), built.standard.workspace_id.clone());
    let (templates, warehouse, own) = (app.templates(), app.warehouse.clone(), owner.clone());
    off_thread(move || -> anyhow::Result<()> {
        let prints = Renderings::new(&built, &audience.all_locales(), &templates)?;
        let messages = messages_of(&prints, &audience, &templates)?;
        warehouse.write_ledger_blocking(move |connection| {
            enqueue(connection, Kind::Test, &own, &workspace, &messages, now)
        })?;
        Ok(())
    })
    .await?;
    let sent = deliver_of(&app.warehouse, &app.deliverers()?, &app.clock, &owner).await?;
    if json {
        let lines: Vec<SentTest> = sent.iter().map(sent_test).collect();
        out::json(&lines)?;
    } else {
        sent.iter().for_each(print);
    }
    let is_accepted = !sent.is_empty() && sent.iter().all(|one| matches!(one.ending, Ending::Accepted { .. }));
    Ok(if is_accepted { Outcome::Done } else { Outcome::Partly })
}

/// A message that was tried.
#[derive(Serialize)]
struct SentTest {
    message_id: String,
    /// Where to, as the outbox has it.
    route: serde_json::Value,
    /// How it ended, in words.
    ending: String,
    /// What the other side answered to each step.
    replies: Vec<Reply>,
}

fn sent_test(one: &Delivered) -> SentTest {
    SentTest {
        message_id: one.message_id.clone(),
        route: serde_json::from_str(&one.route).unwrap_or_default(),
        ending: ending_text(&one.ending),
        replies: one.replies.clone(),
    }
}

/// A tenant's newest daily report, as it would be issued now to this audience, whatever is late.
async fn real(app: &App, workspace: &str, audience: &mut Audience) -> anyhow::Result<Built> {
    let chosen = Selection { workspaces: vec![workspace.to_owned()], connections: Vec::new() };
    let workspaces = app.workspaces(&chosen)?;
    let workspace =
        workspaces.first().ok_or_else(|| AppError::Usage(format!("there is no workspace {workspace:?}")))?;
    let jobs = app.settings.report_jobs(&workspace.workspace.id);
    let (job, report) = jobs
        .iter()
        .find(|(_, report)| report.base.cadence == Cadence::Daily)
        .ok_or_else(|| AppError::Usage("no job in jobs/ reports daily on it".to_owned()))?;
    let period = last_whole(app, workspace, job, report);
    prefer(workspace, audience);
    Ok(draft(app, workspace, report, (report.base.clone(), period), audience.all_locales()).await?)
}

fn audience(app: &App, args: &SendTestArgs) -> anyhow::Result<Audience> {
    let delivery = &app.settings.delivery;
    let (mut mail_to, mut channels) = (args.to.clone(), args.channels.all());
    if mail_to.is_empty() && channels.is_empty() {
        (mail_to, channels) = (delivery.operator.mail.clone(), delivery.operator.channels.clone());
    }
    if mail_to.is_empty() && channels.is_empty() {
        let words = "nowhere to send to: give --to or --channel, or configure [delivery.operator]";
        return Err(AppError::Usage(words.to_owned()).into());
    }
    if let Some(channel) = channels.iter().find(|channel| !delivery.channels.contains_key(*channel)) {
        let ChannelRef { kind, name } = channel;
        return Err(AppError::Usage(format!("there is no [delivery.{kind}.{name}] in config/daybook.toml")).into());
    }
    if !mail_to.is_empty() && delivery.mail.is_none() {
        return Err(AppError::Usage("[delivery.mail] is not configured".to_owned()).into());
    }
    Ok(app.audience_for(mail_to, channels))
}

/// No reader may take a test for a report, and each test is a message of its own.
fn mark(document: &mut Document, now: chrono::DateTime<chrono::Utc>) {
    document.id = stable_id("test", &[&document.id, &now.to_rfc3339()]);
    document.workspace_name = format!("[Test] {}", document.workspace_name);
    document.notes.insert(0, "This is a test of the delivery; the report itself was not issued.".to_owned());
    document.issued_at = now;
}

fn print(delivered: &Delivered) {
    let route = serde_json::from_str(&delivered.route).map_or(delivered.route.clone(), |route: Route| route.text());
    outln!("{route}: {}", plain(&ending_text(&delivered.ending)));
    for reply in &delivered.replies {
        outln!("  {}: {}", reply.step, plain(&reply.text));
    }
    outln!("  daybook deliveries show {}", delivered.message_id);
}
