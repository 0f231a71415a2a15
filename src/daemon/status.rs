//! What a person asks of an installation: how far each source's data reaches, when it was last read,
//! when it is read next, what is wrong and what to do.

use super::app::{App, AppError};
use super::planned_jobs;
use super::scheduler::Status as SchedulerStatus;
use crate::config::{JobKind, WorkspaceSettings};
use crate::domain::schedule::PlannedJob;
use crate::warehouse::readings::{Reach, reach};
use crate::warehouse::stream_states::{StreamState, list};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;

/// The whole installation. Instants are UTC, days the workspace's own.
#[derive(Clone, Debug, Serialize)]
pub struct InstallationStatus {
    pub at: DateTime<Utc>,
    /// What the daemon is at; absent where none runs.
    pub daemon: Option<SchedulerStatus>,
    pub workspaces: Vec<WorkspaceStatus>,
}

/// A tenant.
#[derive(Clone, Debug, Serialize)]
pub struct WorkspaceStatus {
    pub workspace: String,
    pub name: String,
    pub time_zone: String,
    pub sources: Vec<SourceStatus>,
}

/// A connection.
#[derive(Clone, Debug, Serialize)]
pub struct SourceStatus {
    pub connection: String,
    pub connector: String,
    /// The last day that every stream has whole; absent for sources without days.
    pub data_through: Option<NaiveDate>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub next_run_at: Option<DateTime<Utc>>,
    pub health: Health,
    /// What is wrong, in a sentence.
    pub trouble: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// How a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Fine,
    /// Was never read.
    New,
    /// Days are missing that should be there.
    Behind,
    /// The newest sync failed; the next may help.
    Failing,
    /// Nothing helps until a person does something.
    NeedsYou,
}

impl Health {
    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::New => "new",
            Self::Behind => "behind",
            Self::Failing => "failing",
            Self::NeedsYou => "needs you",
        }
    }
}

/// How the installation stands at `now`.
pub fn status(app: &App, daemon: Option<SchedulerStatus>, now: DateTime<Utc>) -> Result<InstallationStatus, AppError> {
    let planned = planned_jobs(&app.settings, &super::dated_streams(&app.settings, app.catalog()));
    let mut workspaces = Vec::new();
    for workspace in &app.settings.workspaces {
        let tenant = &workspace.workspace;
        let id = tenant.id.clone();
        let (reached, states) = app.warehouse.read_blocking(|reader| Ok((reach(reader, &id)?, list(reader, &id)?)))?;
        let yesterday = now.with_timezone(&tenant.time_zone).date_naive() - Days::new(1);
        let view = View { workspace, planned: &planned, reached: &reached, states: &states, yesterday, now };
        let vendors = workspace.connections.iter().map(|c| view.source(app, &c.id, &c.connector));
        let files = workspace.files.iter().map(|file| view.source(app, &file.id, "file"));
        workspaces.push(WorkspaceStatus {
            workspace: id.clone(),
            name: tenant.name.clone(),
            time_zone: tenant.time_zone.name().to_owned(),
            sources: vendors.chain(files).collect(),
        });
    }
    Ok(InstallationStatus { at: now, daemon, workspaces })
}

/// What is known of a tenant.
struct View<'a> {
    workspace: &'a WorkspaceSettings,
    planned: &'a [PlannedJob],
    reached: &'a [Reach],
    states: &'a [StreamState],
    yesterday: NaiveDate,
    now: DateTime<Utc>,
}

impl View<'_> {
    fn source(&self, app: &App, connection: &str, connector: &str) -> SourceStatus {
        let reached: Vec<&Reach> = self.reached.iter().filter(|reach| reach.connection == connection).collect();
        // Streams that always are read as a whole have no days, nor has what a source can do without.
        let has_days = |stream: &str| {
            app.catalog().get(connector).is_some_and(|connector| {
                let found = connector.spec.streams.get(stream);
                found.is_some_and(crate::connectors::spec::StreamSpec::has_days)
            })
        };
        let dated: Vec<&&Reach> = reached.iter().filter(|reach| has_days(&reach.stream)).collect();
        let data_through = dated.iter().map(|reach| reach.whole_through).min().flatten();
        let states: Vec<&StreamState> = self.states.iter().filter(|state| state.connection == connection).collect();
        let last_success_at = states.iter().filter_map(|state| state.succeeded_at).max();
        let next_run_at = self.next_run(app, connection);
        let (health, trouble, remedy) = self.judge(connection, &states, data_through, !dated.is_empty(), next_run_at);
        SourceStatus {
            connection: connection.to_owned(),
            connector: connector.to_owned(),
            data_through,
            last_success_at: last_success_at.or_else(|| reached.iter().filter_map(|r| r.last_success_at).max()),
            next_run_at,
            health,
            trouble,
            remedy,
        }
    }

    fn next_run(&self, app: &App, connection: &str) -> Option<DateTime<Utc>> {
        let syncs = app.settings.jobs.iter().filter(|job| match &job.kind {
            JobKind::Sync(sync) => sync.connections.as_ref().is_none_or(|ids| ids.iter().any(|id| id == connection)),
            _ => false,
        });
        let ids: Vec<&str> = syncs.map(|job| job.id.as_str()).collect();
        self.planned
            .iter()
            .filter(|job| job.pair.workspace == self.workspace.workspace.id && ids.contains(&job.pair.job.as_str()))
            .filter_map(|job| Some(job.schedule.next(self.now)?.at))
            .min()
    }

    fn judge(
        &self,
        connection: &str,
        states: &[&StreamState],
        data_through: Option<NaiveDate>,
        has_days: bool,
        next_run_at: Option<DateTime<Utc>>,
    ) -> (Health, Option<String>, Option<String>) {
        let of = format!("-w {} -c {connection}", self.workspace.workspace.id);
        let again = next_run_at.map_or_else(
            || format!("no job syncs it: run daybook sync {of}, or add a job of kind \"sync\""),
            |at| format!("tried again at {}, or now by daybook sync {of}", at.format("%m-%d %H:%M UTC")),
        );
        let failing = states.iter().find(|state| state.error.is_some() && !state.can_retry);
        if let Some(state) = failing.or_else(|| states.iter().find(|state| state.error.is_some())) {
            let error = state.error.clone().unwrap_or_default();
            let trouble = format!("{}: {error}", state.stream.replace('_', " "));
            return match state.can_retry {
                true => (Health::Failing, Some(trouble), Some(again)),
                false => (Health::NeedsYou, Some(trouble), Some(format!("mend that, then daybook sync {of}"))),
            };
        }
        if states.is_empty() && data_through.is_none() {
            return (Health::New, Some("it was never synced".to_owned()), Some(again));
        }
        if has_days && data_through.is_none_or(|day| day < self.yesterday - Days::new(1)) {
            let through =
                data_through.map_or_else(|| "no day is whole".to_owned(), |day| format!("whole days end at {day}"));
            return (Health::Behind, Some(through), Some(format!("see the holes with daybook coverage {of}")));
        }
        (Health::Fine, None, None)
    }
}
