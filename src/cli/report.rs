//! `daybook report`: build, issue once, deliver.

use super::Outcome;
use super::show::plain;
use crate::config::WorkspaceSettings;
use crate::daemon::{App, AppError, Selection};
use crate::delivery::Route;
use crate::jobs::deliver::{Delivered, deliver_due};
use crate::jobs::report::{build_daily, new_report, render_all};
use crate::support::blocking::off_thread;
use crate::warehouse::outbox::{Ending, is_issued, issue};
use chrono::{Days, NaiveDate};

#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    workspace: Vec<String>,
    /// The day to report, e.g. 2026-11-20; yesterday in the workspace's zone by default.
    #[arg(long, value_name = "DAY")]
    date: Option<NaiveDate>,
    /// Issue the report, but deliver nothing now.
    #[arg(long)]
    no_deliver: bool,
}

/// Whether a report was issued now or had been before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub workspace: String,
    pub date: NaiveDate,
    pub report_id: String,
    pub is_new: bool,
    pub gaps: usize,
}

pub async fn run(app: &App, args: &ReportArgs, json: bool) -> anyhow::Result<Outcome> {
    let selection = Selection { workspaces: args.workspace.clone(), connections: Vec::new() };
    let mut issued = Vec::new();
    for workspace in app.workspaces(&selection)? {
        let date = args.date.unwrap_or_else(|| yesterday(app, workspace));
        issued.extend(issue_daily(app, workspace, date).await?);
    }
    let sent =
        if args.no_deliver { Vec::new() } else { deliver_due(&app.warehouse, &app.deliverers()?, &app.clock).await? };
    let outcome =
        if sent.iter().all(|d| matches!(d.ending, Ending::Accepted { .. })) { Outcome::Done } else { Outcome::Partly };
    if json {
        let issued = issued.iter().map(|i| {
            serde_json::json!({"workspace": i.workspace, "date": i.date, "report_id": i.report_id, "is_new": i.is_new, "gaps": i.gaps})
        });
        let sent = sent.iter().map(
            |d| serde_json::json!({"workspace": d.workspace, "route": d.route, "ending": format!("{:?}", d.ending)}),
        );
        println!(
            "{}",
            serde_json::json!({"issued": issued.collect::<Vec<_>>(), "deliveries": sent.collect::<Vec<_>>()})
        );
    } else {
        print(&issued, &sent);
    }
    Ok(outcome)
}

/// The last whole day of a tenant.
pub fn yesterday(app: &App, workspace: &WorkspaceSettings) -> NaiveDate {
    app.clock.now().with_timezone(&workspace.workspace.time_zone).date_naive() - Days::new(1)
}

/// Issues a day's report for each report job of the tenant.
pub async fn issue_daily(app: &App, workspace: &WorkspaceSettings, date: NaiveDate) -> anyhow::Result<Vec<Issued>> {
    let jobs = app.report_jobs(&workspace.workspace.id);
    if jobs.is_empty() {
        return Err(AppError::Usage(format!("no job in jobs/ reports on {}", workspace.workspace.id)).into());
    }
    let mut all = Vec::new();
    for (_, job) in jobs {
        let context = app.report_context(workspace);
        let (audience, templates) = (app.audience(workspace, job), app.templates.clone());
        let (warehouse, now) = (app.warehouse.clone(), app.clock.now());
        let issued = off_thread(move || -> anyhow::Result<Issued> {
            let (document, receipts) = warehouse.read_blocking(|reader| build_daily(reader, &context, date, now))?;
            let mut issued = Issued {
                workspace: document.workspace_id.clone(),
                date,
                report_id: document.id.clone(),
                is_new: false,
                gaps: document.gaps.len(),
            };
            if warehouse.read_blocking(|reader| is_issued(reader, &document.id))? {
                return Ok(issued);
            }
            let rendered = render_all(&document, &templates)?;
            let new = new_report(&document, receipts, &rendered, &audience, &templates)?;
            issued.is_new = warehouse.write_blocking(move |connection| issue(connection, &new, now))?;
            Ok(issued)
        });
        all.push(issued.await?);
    }
    Ok(all)
}

/// What was issued, and where each message ended.
pub fn print(issued: &[Issued], sent: &[Delivered]) {
    for report in issued {
        let state = if report.is_new { "issued" } else { "was issued before, nothing is sent again" };
        let gaps = if report.gaps > 0 { format!("; {} gaps named on top", report.gaps) } else { String::new() };
        println!("{} {}: {state}{gaps} ({})", report.workspace, report.date, report.report_id);
    }
    for delivery in sent {
        let route = match serde_json::from_str(&delivery.route) {
            Ok(Route::Mail { to, .. }) => format!("mail to {to}"),
            Ok(Route::Slack { hook }) => format!("Slack {hook}"),
            Ok(Route::File { path }) => format!("file {path}"),
            Err(_) => delivery.route.clone(),
        };
        let ending = match &delivery.ending {
            Ending::Accepted { answer } => format!("accepted: {answer}"),
            Ending::Postponed { reason, not_before } => {
                format!("again after {}: {reason}", not_before.format("%H:%M UTC"))
            }
            Ending::Failed { reason } => format!("failed: {reason}"),
            Ending::Unknown { reason } => format!("unknown, not sent again: {reason}"),
        };
        println!("  {route}: {}", plain(&ending));
    }
}
