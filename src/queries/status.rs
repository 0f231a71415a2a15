//! What a person asks of an installation: how far each source's data reaches, when it was last read,
//! when it is read next, what is wrong and what to do.

mod days;
mod source;

pub use days::SliceName;

use super::failed_jobs::failed_jobs;
use super::scheduler::Status as SchedulerStatus;
use super::transports::{WayStatus, blocked};
use super::unmatched::unmatched;
use crate::app::opening::INCIDENTS;
use crate::app::{App, AppError, dated_streams, planned_jobs, version_ends};
use crate::domain::period::Period;
use crate::jobs::caveats::{Hearers, first_seen_since, limits_of_lists, plans_known_since};
use crate::jobs::horizon::CredentialEnd;
use crate::jobs::readings::checked;
use crate::jobs::sunset::VersionEnd;
use crate::support::owner;
use crate::warehouse::WarehouseError;
use crate::warehouse::audit;
use crate::warehouse::clock::{Ahead, ahead, doubt};
use crate::warehouse::credential_ends;
use crate::warehouse::dropped;
use crate::warehouse::readings::{reach, reach_of_all};
use crate::warehouse::stream_states::{self, list};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use duckdb::Connection;
use serde::Serialize;
use source::{Known, sources_of};
use std::collections::BTreeMap;

/// Sayings of sources and checks count for so many days.
const LATELY: u64 = 14;
/// What befell the database is shown for so many days.
const INCIDENT_DAYS: i64 = 7;

/// The whole installation. Instants are UTC, days the workspace's own.
#[derive(Clone, Debug, Serialize)]
pub struct InstallationStatus {
    pub at: DateTime<Utc>,
    /// What the daemon is at; absent where none runs.
    pub daemon: Option<SchedulerStatus>,
    pub workspaces: Vec<WorkspaceStatus>,
    /// Jobs other than syncs whose last run failed for good, in sentences.
    pub failed_jobs: Vec<String>,
    /// Ways out that need somebody.
    pub ways: Vec<WayStatus>,
    /// What the disk lacks, where that is why nothing can be written.
    pub disk: Option<String>,
    /// What befell the database lately, in sentences: it went back in time, or its log was cut.
    pub incidents: Vec<String>,
    /// What speaks against the machine's clock; absent where nothing does.
    pub clock: Option<ClockStatus>,
    /// API versions that end within 90 days or have ended.
    pub versions: Vec<VersionEnd>,
    /// Credentials that end within 14 days or have ended.
    pub credentials: Vec<CredentialEnd>,
}

/// What speaks against the machine's clock.
#[derive(Clone, Debug, Serialize)]
pub struct ClockStatus {
    pub says: String,
    pub remedy: String,
    /// What was noted in the future.
    pub ahead: Vec<Ahead>,
}

/// A tenant.
#[derive(Clone, Debug, Serialize)]
pub struct WorkspaceStatus {
    pub workspace: String,
    pub name: String,
    pub time_zone: String,
    pub sources: Vec<SourceStatus>,
    /// What checks between streams say of the last fortnight.
    pub cross_checks: Vec<String>,
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
    /// Days that are missing, doubted or not confirmed, and what the source says of its own answers.
    pub notes: Vec<String>,
    /// Days that are wanted and that the vendor has no longer, in sentences: no sync brings them.
    pub not_kept: Vec<String>,
    pub days_missing: u64,
    pub days_doubted: u64,
    /// Sayings of the source on its answers of the last fortnight.
    pub limits: u64,
    /// Of a drop folder, files by how they stand.
    pub files: BTreeMap<&'static str, u64>,
}

/// How a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Fine,
    /// Every day is there, but the source limits its own answers, or days are not confirmed.
    Limited,
    /// An answer was emptier than what is held, and is not believed.
    Doubted,
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
            Self::Limited => "limited",
            Self::Doubted => "doubted",
            Self::New => "new",
            Self::Behind => "behind",
            Self::Failing => "failing",
            Self::NeedsYou => "needs you",
        }
    }
}

/// How the installation stands at `now`.
pub fn status(app: &App, daemon: Option<SchedulerStatus>, now: DateTime<Utc>) -> Result<InstallationStatus, AppError> {
    let planned = planned_jobs(&app.settings, &dated_streams(&app.settings, app.catalog()));
    let mut workspaces = Vec::new();
    for workspace in &app.settings.workspaces {
        let tenant = &workspace.workspace;
        let id = tenant.id.clone();
        let yesterday = now.with_timezone(&tenant.time_zone).date_naive() - Days::new(1);
        let lately = Period { start: yesterday - Days::new(LATELY - 1), end: yesterday + Days::new(1) };
        let (context, of) = (app.report_context(workspace), id.clone());
        let settings = &app.settings;
        let (reached, states, files, told) = app.warehouse.read_blocking(move |reader| {
            let (plans, _) = plans_known_since(reader, &context, lately)?;
            let told = [
                limits_of_lists(reader, &context, Hearers::Admins)?,
                checked(reader, &context, lately).told,
                first_seen_since(reader, &context)?,
                plans,
                unmatched(settings, workspace, reader, now)?.iter().map(ToString::to_string).collect(),
            ]
            .concat();
            Ok((reach(reader, &of, now)?, list(reader, &of)?, dropped::list(reader, &of, None)?, told))
        })?;
        workspaces.push(WorkspaceStatus {
            workspace: id.clone(),
            name: tenant.name.clone(),
            time_zone: tenant.time_zone.name().to_owned(),
            sources: sources_of(app, workspace, (Some(&planned), &reached, &states, &files), now),
            cross_checks: told,
        });
    }
    let clock = app.warehouse.read_blocking(|reader| clock_status(reader, now))?;
    let since = now - TimeDelta::days(INCIDENT_DAYS);
    let incidents = app.warehouse.read_blocking(|reader| audit::since(reader, &INCIDENTS, since))?;
    let disk = owner::lack_of_room(&app.settings.data_dir);
    let (ways, failed_jobs) = (blocked(app)?, failed_jobs(app)?);
    let versions = version_ends(&app.settings, app.catalog(), now.date_naive());
    let credentials = ending_credentials(app, now)?;
    Ok(InstallationStatus {
        at: now,
        daemon,
        workspaces,
        failed_jobs,
        ways,
        disk,
        incidents,
        clock,
        versions,
        credentials,
    })
}

/// Credentials that end within 14 days or have ended.
///
/// # Errors
/// As the ledger cannot be read.
pub fn ending_credentials(app: &App, now: DateTime<Utc>) -> Result<Vec<CredentialEnd>, AppError> {
    let stated = app.warehouse.read_blocking(credential_ends::all)?;
    Ok(crate::app::credential_ends(&app.settings, app.catalog(), &stated, now))
}

/// How every source stands, by workspace, in as many statements as one workspace takes. When one is read next, and a
/// remedy that says so, is left out: that is worked out for each job and workspace.
pub fn sources_of_all(app: &App, now: DateTime<Utc>) -> Result<Vec<(String, Vec<SourceStatus>)>, AppError> {
    let (reached, states, files) = app.warehouse.snapshot_blocking(|reader| {
        Ok((reach_of_all(reader, now)?, stream_states::list_all(reader)?, dropped::list_all(reader)?))
    })?;
    fn of<'a, T>(all: &'a BTreeMap<String, Vec<T>>, id: &str) -> &'a [T] {
        all.get(id).map_or(&[], Vec::as_slice)
    }
    let each = app.settings.workspaces.iter().map(|workspace| {
        let id = &workspace.workspace.id;
        let known: Known<'_> = (None, of(&reached, id), of(&states, id), of(&files, id));
        (id.clone(), sources_of(app, workspace, known, now))
    });
    Ok(each.collect())
}

fn clock_status(reader: &Connection, now: DateTime<Utc>) -> Result<Option<ClockStatus>, WarehouseError> {
    let (found, doubt) = (ahead(reader, now)?, doubt(reader, now)?);
    let furthest = found.iter().map(|ahead| ahead.furthest_at).max();
    let noted = furthest.map(|at| {
        let rows: u64 = found.iter().map(|ahead| ahead.rows).sum();
        let at = at.format("%Y-%m-%d %H:%M UTC");
        format!("{rows} instants noted up to {at} lie in the future: what they say is not believed, and is read again")
    });
    let held = doubt.map(|doubt| format!("nothing is removed because of its age: {doubt}"));
    let says: Vec<String> = [noted, held].into_iter().flatten().collect();
    if says.is_empty() {
        return Ok(None);
    }
    let remedy = "see daybook clock; if the clock is right now, daybook clock --correct".to_owned();
    Ok(Some(ClockStatus { says: says.join("; "), remedy, ahead: found }))
}

#[cfg(test)]
mod tests;
