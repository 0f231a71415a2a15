//! `daybook report`: build, issue once, deliver.

use super::Outcome;
use super::show::plain;
use crate::config::WorkspaceSettings;
pub use crate::daemon::issue::Issued;
use crate::daemon::issue::issue_report;
use crate::daemon::{App, AppError, Selection};
use crate::delivery::Route;
use crate::jobs::deliver::{Delivered, deliver_due};
use crate::warehouse::outbox::Ending;
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
        say!("{}", serde_json::json!({"issued": issued.collect::<Vec<_>>(), "deliveries": sent.collect::<Vec<_>>()}));
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
        all.push(issue_report(app, workspace, job, date).await?);
    }
    Ok(all)
}

/// What was issued, and where each message ended.
pub fn print(issued: &[Issued], sent: &[Delivered]) {
    for report in issued {
        let state = if report.is_new { "issued" } else { "was issued before, nothing is sent again" };
        let gaps = if report.gaps > 0 { format!("; {} gaps named on top", report.gaps) } else { String::new() };
        say!("{} {}: {state}{gaps} ({})", report.workspace, report.date, report.report_id);
    }
    for delivery in sent {
        let route = serde_json::from_str(&delivery.route).map_or(delivery.route.clone(), |route: Route| route.text());
        let ending = ending_text(&delivery.ending);
        say!("  {route}: {}", plain(&ending));
    }
}

/// How a delivery ended, in words. "Accepted" is all that is known: nobody says that it was read.
pub fn ending_text(ending: &Ending) -> String {
    match ending {
        Ending::Accepted { answer } => format!("accepted: {answer}"),
        Ending::Postponed { reason, not_before, needs_operator } => {
            let who = if *needs_operator { "needs you, tried" } else { "again" };
            format!("{who} after {}: {reason}", not_before.format("%H:%M UTC"))
        }
        Ending::Failed { reason } => format!("failed: {reason}"),
        Ending::Unknown { reason } => format!("unknown, not sent again: {reason}"),
    }
}
