//! Which reports a command line means, and of which days.

use crate::app::{App, AppError};
use crate::config::{Job, ReportJob, Settings, WorkspaceSettings};
use crate::domain::period::Period;
use crate::report::definition::Cadence;
use chrono::NaiveDate;

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
