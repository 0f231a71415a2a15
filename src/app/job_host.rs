//! The opened installation as jobs use it: what a slot's attempt does, and how its end counts. The instant a slot was
//! due at says what period a report speaks of, however late it is.

use super::issue::{Deadline, issue_job};
use super::{App, AppError, Selection, version_ends};
use crate::config::Settings;
use crate::config::jobs::{End, JobHost, Run};
use crate::connectors::error::Disposition;
use crate::domain::schedule::{FireReason, Outcome};
use crate::jobs::agreement;
use crate::jobs::issue;
use crate::jobs::maintenance::{FIGURES, Step, maintain};
use crate::jobs::report::ReportError;
use crate::jobs::sync::StreamOutcome;
use crate::jobs::{horizon, sunset};
use crate::support::blocking::off_thread;
use crate::support::clock::Clock;
use crate::warehouse::credential_ends;
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;

impl JobHost for App {
    fn sync<'a>(&'a self, run: Run<'a>) -> LocalBoxFuture<'a, End> {
        let connections = run.kind.sync().and_then(|sync| sync.connections.clone()).unwrap_or_default();
        let workspaces = vec![run.slot.key.pair.workspace.clone()];
        Box::pin(run_sync(self, Selection { workspaces, connections }))
    }

    fn rollup<'a>(&'a self, run: Run<'a>) -> LocalBoxFuture<'a, End> {
        Box::pin(run_rollup(self, &run.slot.key.pair.workspace))
    }

    fn report<'a>(&'a self, run: Run<'a>) -> LocalBoxFuture<'a, End> {
        Box::pin(run_report(self, run))
    }

    fn maintain(&self) -> LocalBoxFuture<'_, End> {
        Box::pin(run_maintenance(self))
    }

    fn warehouse(&self) -> &Warehouse {
        &self.warehouse
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

async fn run_sync(app: &App, selection: Selection) -> End {
    let outcomes = match app.sync_on_schedule(&selection).await {
        Ok(outcomes) => outcomes,
        Err(error) => return failed(&error),
    };
    let synced = of_streams(&outcomes, app.sync.stop.is_cancelled());
    if synced.0 == Outcome::Stopped {
        return synced;
    }
    // What was loaded is rolled up even where a stream failed.
    match app.rollup(&selection).await {
        Ok(_) => synced,
        Err(error) => failed(&error),
    }
}

/// A sync is as good as its worst stream, save that one which only needs time comes before one that
/// needs a person: trying again helps some of it.
fn of_streams(outcomes: &[StreamOutcome], was_stopped: bool) -> End {
    let rows: u64 = outcomes.iter().map(|outcome| outcome.loaded.rows_written).sum();
    let broken: Vec<_> = outcomes.iter().filter_map(|outcome| Some((outcome, outcome.error.as_ref()?))).collect();
    let doubted: usize = outcomes.iter().map(|outcome| outcome.loaded.doubted.len()).sum();
    let limits: usize = outcomes.iter().map(|outcome| outcome.loaded.caveats.len()).sum();
    let mut loaded = format!("{rows} rows of {} streams", outcomes.len());
    if doubted > 0 {
        loaded += &format!("; {doubted} days are doubted");
    }
    if limits > 0 {
        loaded += &format!("; sources limit their answers in {limits} ways: daybook status");
    }
    let Some((first, error)) = broken.first() else { return (Outcome::Succeeded, loaded) };
    if was_stopped {
        return (Outcome::Stopped, format!("{loaded}; the rest when Daybook runs again"));
    }
    let more = if broken.len() > 1 { format!(" (and {} more)", broken.len() - 1) } else { String::new() };
    let detail = format!("{} {}: {}{more}; {loaded}", first.connection, first.stream, error.message);
    let can_retry = broken
        .iter()
        .any(|(outcome, error)| error.can_retry || outcome.failures.iter().any(|failure| failure.can_retry));
    (if can_retry { Outcome::Failed } else { Outcome::Refused }, detail)
}

async fn run_rollup(app: &App, workspace: &str) -> End {
    let selection = Selection { workspaces: vec![workspace.to_owned()], connections: Vec::new() };
    match app.rollup(&selection).await {
        Ok(done) => {
            let days: u64 = done.iter().map(|(_, rolled)| rolled.days).sum();
            let computed = format!("{days} days computed");
            match app.failed_rollups(&selection).await {
                Ok(broken) if broken.is_empty() => (Outcome::Succeeded, computed),
                // A query of the installation is mended by a person.
                Ok(broken) => {
                    let told: Vec<String> = broken.into_iter().map(|(_, _, error)| error).collect();
                    (Outcome::Refused, format!("{}; {computed}", told.join("; ")))
                }
                Err(error) => failed(&error),
            }
        }
        Err(error) => failed(&error),
    }
}

/// Does everything that a night has to do, whether or not a slot was claimed for it.
pub async fn run_maintenance(app: &App) -> End {
    let (context, now) = (app.maintenance(), app.clock.now());
    let night = off_thread(move || maintain(&context, now)).await;
    tell_differences(app, &night.steps, now).await;
    tell_version_ends(app, now).await;
    tell_credential_ends(app, now).await;
    let told = |step: &Step| format!("{}: {}", step.name, step.says);
    let broken: Vec<&Step> = night.steps.iter().filter(|step| !step.is_ok).collect();
    if broken.is_empty() {
        return (Outcome::Succeeded, night.steps.iter().map(told).collect::<Vec<_>>().join("; "));
    }
    let detail = broken.iter().map(|step| told(step)).collect::<Vec<_>>().join("; ");
    (outcome_of(broken.iter().any(|step| step.can_retry)), detail)
}

/// The operator is notified of figures that are not those of their facts: somebody may have read them.
async fn tell_differences(app: &App, steps: &[Step], now: DateTime<Utc>) {
    let Some(step) = steps.iter().find(|step| step.name == FIGURES && !step.is_ok) else { return };
    let told = match app.deliverers() {
        Ok(ways) => {
            agreement::tell(&app.warehouse, &ways.policy.operator, &step.says, now).await.map_err(AppError::from)
        }
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        tracing::error!(error = %error, "the operator cannot be told that figures differ");
    }
}

/// The operator is notified of API versions that end.
async fn tell_version_ends(app: &App, now: DateTime<Utc>) {
    let ends = version_ends(&app.settings, app.catalog(), now.date_naive());
    if ends.is_empty() {
        return;
    }
    let told = match app.deliverers() {
        Ok(ways) => sunset::tell(&app.warehouse, &ways.policy.operator, &ends, now).await.map_err(AppError::from),
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        tracing::error!(error = %error, "the operator cannot be told that API versions end");
    }
}

/// The operator is notified of credentials that end.
async fn tell_credential_ends(app: &App, now: DateTime<Utc>) {
    let told = async {
        let stated = app.warehouse.read(credential_ends::all).await?;
        let ends = super::credential_ends(&app.settings, app.catalog(), &stated, now);
        if ends.is_empty() {
            return Ok(());
        }
        horizon::tell(&app.warehouse, &app.deliverers()?.policy.operator, &ends, now).await.map(drop)?;
        Ok::<(), AppError>(())
    };
    if let Err(error) = told.await {
        tracing::error!(error = %error, "the operator cannot be told that credentials end");
    }
}

async fn run_report(app: &App, run: Run<'_>) -> End {
    let slot = run.slot;
    let workspace = app.settings.workspace(&slot.key.pair.workspace);
    let job = app.settings.jobs.iter().find(|job| job.id == run.job);
    let (Some(workspace), Some(job), Some(report)) = (workspace, job, run.kind.report()) else {
        return (Outcome::Refused, "the workspace is no longer configured".to_owned());
    };
    let tenant = &workspace.workspace;
    let today = slot.key.at.with_timezone(&tenant.time_zone).date_naive();
    let period = job.days_on(report, today, tenant);
    // Whoever asks for a run waits for nobody; else a day not rolled up or a broken check may still hold it.
    let until = match slot.fire {
        FireReason::Asked => app.clock.now(),
        _ => slot.key.at.max(slot.planned_at) + job.policy.deadline,
    };
    let issued = match issue_job(app, workspace, report, period, Deadline::Until(until), false).await {
        Ok(issued) => issued,
        Err(error) => return (outcome_of(may_help_to_retry(&error)), error.to_string()),
    };
    let held = issued.iter().any(|one| matches!(one.outcome, issue::Outcome::Held { .. }));
    let told: Vec<String> = issued.iter().map(|one| format!("{}: {}", one.stem, told_of(&one.outcome))).collect();
    (if held { Outcome::Held } else { Outcome::Succeeded }, told.join("; "))
}

fn told_of(outcome: &issue::Outcome) -> String {
    match outcome {
        issue::Outcome::Issued { gaps: 0, .. } => "issued".to_owned(),
        issue::Outcome::Issued { gaps, .. } => format!("issued with {}", issue::gaps_text(*gaps)),
        issue::Outcome::Known => "had been issued before".to_owned(),
        issue::Outcome::Unchanged | issue::Outcome::NeverIssued => "there was nothing to correct".to_owned(),
        issue::Outcome::Held { until, missing } => format!("held until {}: {missing}", until.format("%m-%d %H:%M UTC")),
    }
}

fn failed(error: &AppError) -> End {
    let may_help = match error {
        _ if error.ran_short() => true,
        AppError::Warehouse(error) => is_passing(error),
        AppError::Connector(error) => error.disposition() != Disposition::TellOperator,
        AppError::Io { .. } | AppError::Lock(_) => true,
        AppError::Config(_) | AppError::Delivery(_) | AppError::Secret(_) | AppError::Usage(_) => false,
    };
    let detail = match error {
        AppError::Config(problems) => problems.first().map_or_else(|| error.to_string(), ToString::to_string),
        _ => error.to_string(),
    };
    (outcome_of(may_help), detail)
}

fn may_help_to_retry(error: &ReportError) -> bool {
    matches!(error, ReportError::Warehouse(error) if is_passing(error))
}

/// A query can fail for want of memory or room on the disk; attempts are bounded, so it is tried again.
fn is_passing(error: &WarehouseError) -> bool {
    error.can_retry() || matches!(error, WarehouseError::Query { .. })
}

fn outcome_of(may_help: bool) -> Outcome {
    if may_help { Outcome::Failed } else { Outcome::Refused }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::sync::SyncError;
    use crate::support::secret::SecretError;
    use crate::warehouse::load::Loaded;

    fn stream(error: Option<bool>) -> StreamOutcome {
        StreamOutcome {
            workspace: "acme".to_owned(),
            connection: "ads".to_owned(),
            stream: "campaigns".to_owned(),
            slices: 1,
            bytes: 0,
            loaded: Loaded { rows_written: 5, ..Loaded::default() },
            error: error.map(|can_retry| SyncError {
                slice: String::new(),
                partition: String::new(),
                message: "no".to_owned(),
                can_retry,
            }),
            failures: Vec::new(),
        }
    }

    /// A flood of connections once had a sync refused: its secret could not be opened for want of handles.
    #[test]
    fn what_ran_short_is_tried_again_and_what_is_missing_is_not() {
        let of_secret = |error| failed(&AppError::Secret(error)).0;
        let (place, reason) = ("the secret file /x".to_owned(), "too many open files".to_owned());
        assert_eq!(of_secret(SecretError::RanShort { place, reason }), Outcome::Failed);
        assert_eq!(of_secret(SecretError::MissingEnv("X".to_owned())), Outcome::Refused);
        for code in [24, 28] {
            let source = std::io::Error::from_raw_os_error(code);
            let error = WarehouseError::io(std::path::Path::new("/x"), source);
            assert!(error.can_retry() && AppError::from(error).ran_short(), "{code}");
        }
    }

    #[test]
    fn a_sync_is_tried_again_while_that_may_help_any_stream() {
        let end = |streams: &[Option<bool>], stopped| {
            let streams: Vec<_> = streams.iter().map(|error| stream(*error)).collect();
            of_streams(&streams, stopped)
        };
        assert_eq!(end(&[None, None], false), (Outcome::Succeeded, "10 rows of 2 streams".to_owned()));
        assert_eq!(end(&[None, Some(true), Some(false)], false).0, Outcome::Failed);
        let refused = end(&[None, Some(false), Some(false)], false);
        assert_eq!(refused, (Outcome::Refused, "ads campaigns: no (and 1 more); 15 rows of 3 streams".to_owned()));
        assert_eq!(end(&[None, Some(true)], true).0, Outcome::Stopped);
        assert_eq!(end(&[None], true).0, Outcome::Succeeded, "what was done when the wish came is done");
    }
}
