//! `daybook report`: build, issue once, deliver; or show an issued one again.

use super::preview::{PreviewArgs, documents};
use super::reissue::{self, Of};
use super::report_days::{meant, period_of};
use super::report_trial as trial;
use super::show::plain;
use super::{Outcome, out};
use crate::app::issue::{Deadline, deadline};
pub use crate::app::issue::{Issued, issue_job};
use crate::app::{App, Selection};
use crate::delivery::Route;
use crate::jobs::deliver::{Delivered, deliver_reports};
use crate::jobs::issue;
use crate::report::format::Locale;
use crate::warehouse::outbox::{self, Ending};
use chrono::NaiveDate;
use serde::Serialize;
use std::path::PathBuf;

/// Options of reports that are made, not rendered again. Those of `--issued` refuse each of them by name: a
/// `requires` holds no more once what it asks for conflicts with something that is there (clap-rs/clap#4520).
const ISSUES: [&str; 7] = ["workspace", "job", "date", "correct", "even_if_late", "dry_run", "no_deliver"];

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ReportArgs {
    #[command(subcommand)]
    command: Option<ReportCommand>,
    /// Only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    workspace: Vec<String>,
    /// Only this job of jobs/, e.g. report_weekly; the daily reports by default.
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// A day of the period to report, e.g. 2026-11-20; the last whole period of the workspace's zone
    /// by default.
    #[arg(long, value_name = "DAY")]
    date: Option<NaiveDate>,
    /// Issue it again with what is known now, marked as corrected, where figures of it are others now.
    #[arg(long, conflicts_with = "even_if_late")]
    correct: bool,
    /// Do not wait for late data: name the gaps on top.
    #[arg(long)]
    even_if_late: bool,
    /// Show what would be issued and to whom it would go; nothing is written or sent.
    #[arg(long, conflicts_with_all = ["no_deliver", "correct"])]
    dry_run: bool,
    /// Write the files into the report folder and queue no message: the due report still goes out.
    #[arg(long, conflicts_with = "correct")]
    no_deliver: bool,
    /// Render an issued report again, byte for byte, e.g. rep_5b1c….
    #[arg(long, value_name = "REPORT", conflicts_with_all = ISSUES)]
    issued: Option<String>,
    /// With --issued: which of its figures are others now, and why.
    #[arg(long, requires = "issued", conflicts_with_all = ISSUES)]
    as_known_now: bool,
    /// With --issued: how numbers and dates are to be written, e.g. de, or de:code with codes of currencies;
    /// as the report folder and Slack got them by default.
    #[arg(long, alias = "wording", requires = "issued", conflicts_with = "as_known_now", conflicts_with_all = ISSUES)]
    locale: Option<Locale>,
    /// With --issued: as this reader got them.
    #[arg(long, value_name = "ADDRESS", requires = "issued", conflicts_with_all = ["locale", "as_known_now"], conflicts_with_all = ISSUES)]
    reader: Option<String>,
    /// With --issued: the folder its files are written to.
    #[arg(long, value_name = "DIR", default_value = ".", requires = "issued", conflicts_with_all = ISSUES)]
    out: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
enum ReportCommand {
    /// Render every format into a folder to look at, with sample or real data; nothing is sent.
    Preview(PreviewArgs),
}

impl ReportArgs {
    /// Set where nothing is to be issued, only shown.
    pub fn preview(&self) -> Option<&PreviewArgs> {
        self.command.as_ref().map(|ReportCommand::Preview(args)| args)
    }
}

pub async fn run(app: &App, args: &ReportArgs, json: bool) -> anyhow::Result<Outcome> {
    if let Some(preview) = args.preview() {
        return documents(app, preview).await;
    }
    if let Some(id) = &args.issued {
        return if args.as_known_now {
            reissue::as_known_now(app, id, json)
        } else {
            let of = match (&args.locale, &args.reader) {
                (Some(locale), _) => Of::Locale(*locale),
                (None, Some(address)) => Of::Reader(address.clone()),
                (None, None) => Of::Folder,
            };
            reissue::again(app, id, &of, &args.out, json)
        };
    }
    let selection = Selection { workspaces: args.workspace.clone(), connections: Vec::new() };
    let (mut issued, mut tried) = (Vec::new(), Vec::new());
    for workspace in app.workspaces(&selection)? {
        for (job, report) in meant(&app.settings, &workspace.workspace.id, args.job.as_deref())? {
            let (period, is_over) = period_of(app, workspace, (job, report), args.date)?;
            if args.dry_run || args.no_deliver {
                tried.extend(trial::trials(app, workspace, (job, report, period), args.no_deliver).await?);
                continue;
            }
            let patience = match args.even_if_late {
                true => Deadline::None,
                // Days so far are asked for to be seen now.
                false if !is_over => Deadline::Until(app.clock.now()),
                false => Deadline::Until(deadline(app, workspace, job, period)),
            };
            issued.extend(issue_job(app, workspace, report, period, patience, args.correct).await?);
        }
    }
    if args.dry_run || args.no_deliver {
        if json {
            return out::json(&tried);
        }
        tried.iter().for_each(trial::show);
        return Ok(Outcome::Done);
    }
    // Only what was asked for goes out: the messages of other workspaces are not this command's business.
    let own: Vec<&str> = issued.iter().map(|report| report.report_id.as_str()).collect();
    let sent = deliver_reports(&app.warehouse, &app.deliverers()?, &app.clock, &own).await?;
    let waiting = app.warehouse.read_blocking(outbox::held)?;
    let is_held = issued.iter().any(|report| matches!(report.outcome, issue::Outcome::Held { .. }));
    let is_sent = sent.iter().all(|d| matches!(d.ending, Ending::Accepted { .. }));
    if json {
        let deliveries =
            sent.iter().map(|one| DeliveryEntry { workspace: &one.workspace, route: &one.route, ending: &one.ending });
        out::json(&Issue { issued: issued.iter().map(entry).collect(), deliveries: deliveries.collect() })?;
    } else {
        print(&issued, &sent);
        if waiting > 0 {
            let waiting = if waiting == 1 { "1 message is".to_owned() } else { format!("{waiting} messages are") };
            outln!(
                "{waiting} held: this installation has sent nothing yet. Look at them with `daybook report \
                 preview`, then let them go with `daybook deliveries release`."
            );
        }
    }
    Ok(if is_sent && !is_held { Outcome::Done } else { Outcome::Partly })
}

/// What was issued and sent.
#[derive(Serialize)]
struct Issue<'a> {
    issued: Vec<IssueEntry>,
    deliveries: Vec<DeliveryEntry<'a>>,
}

/// A report, and what became of it.
#[derive(Serialize)]
struct IssueEntry {
    workspace: String,
    /// Names its files.
    report: String,
    report_id: String,
    /// `issued`, `issued_before`, `unchanged`, `never_issued` or `held`.
    state: &'static str,
    /// Sources that lack days.
    gaps: usize,
    reason: String,
}

/// A message, and how its sending ended.
#[derive(Serialize)]
struct DeliveryEntry<'a> {
    workspace: &'a str,
    /// As JSON.
    route: &'a str,
    ending: &'a Ending,
}

fn entry(issued: &Issued) -> IssueEntry {
    let (state, gaps, reason) = match &issued.outcome {
        issue::Outcome::Issued { gaps, reason } => ("issued", *gaps, reason.to_string()),
        issue::Outcome::Known => ("issued_before", 0, String::new()),
        issue::Outcome::Unchanged => ("unchanged", 0, String::new()),
        issue::Outcome::NeverIssued => ("never_issued", 0, String::new()),
        issue::Outcome::Held { until, missing } => ("held", 0, format!("until {until}: {missing}")),
    };
    IssueEntry {
        workspace: issued.workspace.clone(),
        report: issued.stem.clone(),
        report_id: issued.report_id.clone(),
        state,
        gaps,
        reason,
    }
}

/// What was issued, and where each message ended.
pub fn print(issued: &[Issued], sent: &[Delivered]) {
    for report in issued {
        let state = match &report.outcome {
            issue::Outcome::Issued { gaps: 0, .. } => "issued".to_owned(),
            issue::Outcome::Issued { gaps, reason } => format!("issued, {} ({reason})", issue::gaps_text(*gaps)),
            issue::Outcome::Known => {
                "was issued before, nothing is sent again; `report --correct` sends a correction".to_owned()
            }
            issue::Outcome::Unchanged => "no figure has changed since it was issued, nothing is sent".to_owned(),
            issue::Outcome::NeverIssued => "was never issued, so there is nothing to correct".to_owned(),
            issue::Outcome::Held { until, missing } => {
                format!("held until {}: {missing}", until.format("%Y-%m-%d %H:%M UTC"))
            }
        };
        outln!("{} {}: {} ({})", report.workspace, report.stem, plain(&state), report.report_id);
    }
    for delivery in sent {
        let route = serde_json::from_str(&delivery.route).map_or(delivery.route.clone(), |route: Route| route.text());
        let ending = ending_text(&delivery.ending);
        outln!("  {route}: {}", plain(&ending));
    }
}

/// How a delivery ended, in words. "Accepted" is all that is known: nobody says that it was read.
pub fn ending_text(ending: &Ending) -> String {
    match ending {
        Ending::Accepted { answer } => format!("accepted: {answer}"),
        Ending::Postponed { reason, not_before, needs_operator, .. } => {
            let who = if *needs_operator { "needs you, tried" } else { "again" };
            format!("{who} after {}: {reason}", not_before.format("%H:%M UTC"))
        }
        Ending::Failed { reason } => format!("failed: {reason}"),
        Ending::Unknown { reason } => format!("unknown, not sent again: {reason}"),
    }
}
