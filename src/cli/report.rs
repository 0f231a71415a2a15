//! `daybook report`: build, issue once, deliver; or show an issued one again.

use super::Outcome;
use super::preview::{PreviewArgs, documents};
use super::reissue::{self, Of};
use super::report_trial as trial;
use super::show::plain;
use crate::app::issue::{Deadline, deadline};
pub use crate::app::issue::{Issued, issue_job};
use crate::app::{App, AppError, Selection};
use crate::config::{Job, ReportJob, Settings, WorkspaceSettings};
use crate::delivery::Route;
use crate::domain::period::Period;
use crate::jobs::deliver::{Delivered, deliver_reports};
use crate::jobs::issue;
use crate::report::definition::Cadence;
use crate::report::format::Locale;
use crate::warehouse::outbox::{self, Ending};
use chrono::NaiveDate;
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
    #[arg(long, conflicts_with_all = ["no_deliver", "correct", "json"])]
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
    let mut issued = Vec::new();
    for workspace in app.workspaces(&selection)? {
        for (job, report) in meant(&app.settings, &workspace.workspace.id, args.job.as_deref())? {
            let (period, is_over) = period_of(app, workspace, (job, report), args.date)?;
            if args.dry_run || args.no_deliver {
                trial::show(app, workspace, (job, report, period), args.no_deliver).await?;
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
        return Ok(Outcome::Done);
    }
    // Only what was asked for goes out: the messages of other workspaces are not this command's business.
    let own: Vec<&str> = issued.iter().map(|report| report.report_id.as_str()).collect();
    let sent = deliver_reports(&app.warehouse, &app.deliverers()?, &app.clock, &own).await?;
    let waiting = app.warehouse.read_blocking(outbox::held)?;
    let is_held = issued.iter().any(|report| matches!(report.outcome, issue::Outcome::Held { .. }));
    let is_sent = sent.iter().all(|d| matches!(d.ending, Ending::Accepted { .. }));
    if json {
        let sent = sent.iter().map(
            |d| serde_json::json!({"workspace": d.workspace, "route": d.route, "ending": format!("{:?}", d.ending)}),
        );
        let issued = issued.iter().map(as_json).collect::<Vec<_>>();
        outln!("{}", serde_json::json!({"issued": issued, "deliveries": sent.collect::<Vec<_>>()}));
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

/// The report jobs of a workspace that `--job` means, the daily reports if it is not given; at least one.
pub fn meant<'a>(
    settings: &'a Settings,
    workspace: &str,
    job: Option<&str>,
) -> Result<Vec<(&'a Job, &'a ReportJob)>, AppError> {
    let all = settings.report_jobs(workspace);
    let wanted = |(own, report): &(&Job, &ReportJob)| match job {
        Some(id) => own.id == *id,
        None => report.base.report == "daily_performance",
    };
    let known = all.iter().map(|(job, _)| job.id.as_str()).collect::<Vec<_>>().join(", ");
    let chosen: Vec<_> = all.into_iter().filter(wanted).collect();
    if chosen.is_empty() {
        let asked = job.map_or_else(|| "daily job".to_owned(), |job| format!("job {job:?}"));
        let there_are = if known.is_empty() { "none does".to_owned() } else { format!("there are {known}") };
        return Err(AppError::Usage(format!("no {asked} in jobs/ reports on {workspace}; {there_are}")));
    }
    Ok(chosen)
}

/// The days of the report that speaks of `date`, or of the last run; and whether they are over. Of a week or
/// month that is not over, the days so far.
pub fn period_of(
    app: &App,
    workspace: &WorkspaceSettings,
    (job, report): (&Job, &ReportJob),
    date: Option<NaiveDate>,
) -> Result<(Period, bool), AppError> {
    let Some(date) = date else { return Ok((last_whole(app, workspace, job, report), true)) };
    let of = &workspace.workspace;
    let today = app.clock.now().with_timezone(&of.time_zone).date_naive();
    let days = job.days_with(report, date, of);
    if days.end <= today {
        return Ok((days, true));
    }
    match Period::new(days.start, today) {
        Some(so_far) if date < today || report.base.cadence != Cadence::Daily => Ok((so_far, false)),
        _ => Err(AppError::Usage(format!(
            "{date} is not over in {}: today is {today}, and no day of that {} has ended; ask for an earlier --date",
            of.time_zone,
            report.base.cadence.noun()
        ))),
    }
}

/// The days that a run of a report would speak of today.
pub fn last_whole(app: &App, workspace: &WorkspaceSettings, job: &Job, report: &ReportJob) -> Period {
    let today = app.clock.now().with_timezone(&workspace.workspace.time_zone).date_naive();
    job.days_on(report, today, &workspace.workspace)
}

fn as_json(issued: &Issued) -> serde_json::Value {
    let (state, gaps, reason) = match &issued.outcome {
        issue::Outcome::Issued { gaps, reason } => ("issued", *gaps, reason.to_string()),
        issue::Outcome::Known => ("issued_before", 0, String::new()),
        issue::Outcome::Unchanged => ("unchanged", 0, String::new()),
        issue::Outcome::NeverIssued => ("never_issued", 0, String::new()),
        issue::Outcome::Held { until, missing } => ("held", 0, format!("until {until}: {missing}")),
    };
    serde_json::json!({"workspace": issued.workspace, "report": issued.stem, "report_id": issued.report_id,
        "state": state, "gaps": gaps, "reason": reason})
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
