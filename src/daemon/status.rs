//! What a person asks of an installation: how far each source's data reaches, when it was last read,
//! when it is read next, what is wrong and what to do.

use super::app::{App, AppError, SecretsAre, sources};
use super::failed_jobs::failed_jobs;
use super::opening::INCIDENTS;
use super::planned_jobs;
use super::scheduler::Status as SchedulerStatus;
use super::transports::{WayStatus, blocked};
use super::unmatched::unmatched;
use crate::config::{JobKind, WorkspaceSettings};
use crate::domain::coverage::{Standing, what_stays};
use crate::domain::dropped::{FileStanding, FileState};
use crate::domain::period::Period;
use crate::domain::schedule::PlannedJob;
use crate::jobs::readings::{Hearers, cross_checks, first_seen_since, limits_of_lists, plans_known_since};
use crate::jobs::sync::Source;
use crate::report::readiness::SectionFreshness;
use crate::support::owner;
use crate::support::shown::shown;
use crate::warehouse::WarehouseError;
use crate::warehouse::audit;
use crate::warehouse::clock::{Ahead, ahead, doubt};
use crate::warehouse::dropped::{self, Noted};
use crate::warehouse::readings::{Reach, reach, reach_of_all};
use crate::warehouse::stream_states::{self, StreamState, list};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use duckdb::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Sayings of sources and checks count for so many days.
const LATELY: u64 = 14;
/// What befell the database is told for so many days.
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
    let planned = planned_jobs(&app.settings, &super::dated_streams(&app.settings, app.catalog()));
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
                cross_checks(reader, &context, lately)?,
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
            sources: sources_of(app, workspace, (&planned, &reached, &states, &files), now),
            cross_checks: told,
        });
    }
    let clock = app.warehouse.read_blocking(|reader| clock_status(reader, now))?;
    let since = now - TimeDelta::days(INCIDENT_DAYS);
    let incidents = app.warehouse.read_blocking(|reader| audit::since(reader, &INCIDENTS, since))?;
    let disk = owner::lack_of_room(&app.settings.data_dir);
    let (ways, failed_jobs) = (blocked(app)?, failed_jobs(app)?);
    Ok(InstallationStatus { at: now, daemon, workspaces, failed_jobs, ways, disk, incidents, clock })
}

/// How every source stands, by workspace, in as many statements as one workspace takes. When one is read next, and
/// with it the remedy, is left out: that is worked out for each job and workspace.
pub fn sources_of_all(app: &App, now: DateTime<Utc>) -> Result<Vec<(String, Vec<SourceStatus>)>, AppError> {
    let (reached, states, files) = app.warehouse.snapshot_blocking(|reader| {
        Ok((reach_of_all(reader, now)?, stream_states::list_all(reader)?, dropped::list_all(reader)?))
    })?;
    fn of<'a, T>(all: &'a BTreeMap<String, Vec<T>>, id: &str) -> &'a [T] {
        all.get(id).map_or(&[], Vec::as_slice)
    }
    let each = app.settings.workspaces.iter().map(|workspace| {
        let id = &workspace.workspace.id;
        let known: Known<'_> = (&[], of(&reached, id), of(&states, id), of(&files, id));
        (id.clone(), sources_of(app, workspace, known, now))
    });
    Ok(each.collect())
}

/// What is known of a tenant: planned jobs, days, streams and files.
type Known<'a> = (&'a [PlannedJob], &'a [Reach], &'a [StreamState], &'a [Noted]);

fn sources_of(
    app: &App,
    workspace: &WorkspaceSettings,
    (planned, reached, states, files): Known<'_>,
    now: DateTime<Utc>,
) -> Vec<SourceStatus> {
    let (expected, _) = sources(&app.settings, workspace, app.catalog(), now.date_naive(), SecretsAre::Assumed);
    let yesterday = now.with_timezone(&workspace.workspace.time_zone).date_naive() - Days::new(1);
    let view = View { workspace, planned, reached, states, files, expected: &expected, yesterday, now };
    let vendors = workspace.connections.iter().map(|c| view.source(app, &c.id, &c.connector));
    // A connection that was renamed or deleted is told of while its files' rows count.
    let orphaned = files.iter().map(|noted| &noted.file).filter(|file| file.state == FileState::Orphaned);
    let orphaned: BTreeSet<&str> = orphaned.map(|file| file.connection.as_str()).collect();
    let configured = workspace.files.iter().map(|file| file.id.as_str());
    vendors.chain(configured.chain(orphaned).map(|id| view.source(app, id, "file"))).collect()
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

/// What is known of a tenant.
struct View<'a> {
    workspace: &'a WorkspaceSettings,
    planned: &'a [PlannedJob],
    reached: &'a [Reach],
    states: &'a [StreamState],
    files: &'a [Noted],
    expected: &'a [Source],
    yesterday: NaiveDate,
    now: DateTime<Utc>,
}

impl View<'_> {
    fn source(&self, app: &App, connection: &str, connector: &str) -> SourceStatus {
        let reached: Vec<&Reach> = self.reached.iter().filter(|reach| reach.connection == connection).collect();
        let days = self.days(connection);
        let states: Vec<&StreamState> = self.states.iter().filter(|state| state.connection == connection).collect();
        let last_success_at = states.iter().filter_map(|state| state.succeeded_at).max();
        let next_run_at = self.next_run(app, connection);
        let (health, trouble, remedy) = self.judge(connection, &states, &days, next_run_at);
        let own = || self.files.iter().map(|noted| &noted.file).filter(|file| file.connection == connection);
        let troubles = own().map(FileStanding::trouble).filter(|trouble| !trouble.is_empty());
        let gone = own().filter(|file| file.state == FileState::Removed && file.days.is_some());
        let gone = gone.filter_map(|file| Some(format!("{}: {}", shown(&file.name), file.reason.as_deref()?)));
        let files = own().fold(BTreeMap::new(), |mut files, file| {
            *files.entry(file.state.name()).or_default() += 1;
            files
        });
        SourceStatus {
            connection: connection.to_owned(),
            connector: connector.to_owned(),
            data_through: days.through,
            last_success_at: last_success_at.or_else(|| reached.iter().filter_map(|r| r.last_success_at).max()),
            next_run_at,
            health,
            trouble,
            remedy,
            notes: days.notes.into_iter().chain(troubles).chain(gone).collect(),
            days_missing: days.missing,
            days_doubted: days.doubted,
            limits: days.limits,
            files,
        }
    }

    /// How the days of a connection stand, of every stream and part that is expected.
    fn days(&self, connection: &str) -> ExpectedDays {
        let mut days = ExpectedDays::default();
        let Some(source) = self.expected.iter().find(|source| source.connection.id == connection) else {
            return days;
        };
        let lately = self.yesterday - Days::new(LATELY - 1);
        for (id, stream) in &source.connection.connector.spec.streams {
            // Streams that always are read as a whole have no days.
            if !stream.has_days() {
                continue;
            }
            for name in source.connection.partitions(stream.partition_over.as_deref()) {
                let reach = self
                    .reached
                    .iter()
                    .find(|reach| reach.connection == connection && reach.stream == *id && reach.partition == name);
                let part = SectionFreshness {
                    name,
                    from: source.since,
                    whole: reach.map(|reach| reach.whole.clone()).unwrap_or_default(),
                    open: reach.map(|reach| reach.open.clone()).unwrap_or_default(),
                    caveats: reach.map(|reach| reach.caveats.clone()).unwrap_or_default(),
                };
                days.add(&self.workspace.workspace.id, connection, id, &part, (lately, self.yesterday));
            }
        }
        days
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
        days: &ExpectedDays,
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
            if error.contains("asks to wait for") {
                let next = next_run_at
                    .map_or(String::new(), |at| format!("; the next sync is at {}", at.format("%m-%d %H:%M UTC")));
                let remedy = format!("it goes on by itself once that time has passed{next}");
                return (Health::Failing, Some(trouble), Some(remedy));
            }
            return match state.can_retry {
                true => (Health::Failing, Some(trouble), Some(again)),
                false => (Health::NeedsYou, Some(trouble), Some(format!("mend that, then daybook sync {of}"))),
            };
        }
        if let Some((trouble, remedy)) = days.first_doubt.clone() {
            return (Health::Doubted, Some(trouble), Some(remedy));
        }
        if states.is_empty() && days.through.is_none() {
            return (Health::New, Some("it was never synced".to_owned()), Some(again));
        }
        if days.has_days && (days.missing > 0 || days.through.is_none_or(|day| day < self.yesterday - Days::new(1))) {
            let through =
                days.through.map_or_else(|| "no day is whole".to_owned(), |day| format!("whole days end at {day}"));
            let missing = if days.missing > 0 { format!("; {} days are missing", days.missing) } else { String::new() };
            let remedy = format!("see the holes with daybook coverage {of}");
            return (Health::Behind, Some(through + &missing), Some(remedy));
        }
        if let Some(note) = days.notes.first() {
            return (Health::Limited, Some(note.clone()), None);
        }
        (Health::Fine, None, None)
    }
}

/// How the days of a connection's streams stand.
#[derive(Debug, Default)]
struct ExpectedDays {
    has_days: bool,
    /// The last day that every stream and part has whole.
    through: Option<NaiveDate>,
    is_unread: bool,
    /// The day before yesterday and earlier.
    missing: u64,
    doubted: u64,
    limits: u64,
    notes: Vec<String>,
    /// What is doubted, and how to accept it.
    first_doubt: Option<(String, String)>,
}

impl ExpectedDays {
    fn add(
        &mut self,
        workspace: &str,
        connection: &str,
        stream: &str,
        part: &SectionFreshness,
        (lately, yesterday): (NaiveDate, NaiveDate),
    ) {
        let through = part.whole_through();
        self.is_unread |= through.is_none();
        self.through = match (self.has_days, self.is_unread) {
            (_, true) => None,
            (false, false) => through,
            (true, false) => self.through.min(through),
        };
        self.has_days = true;
        let name = if part.name.is_empty() { String::new() } else { format!(" {}", part.name) };
        let place = format!("{}{name}", stream.replace('_', " "));
        // Yesterday may still be on its way.
        let due = Period { start: part.from, end: yesterday };
        for hole in part.holes(Period { end: yesterday + Days::new(1), ..due }) {
            let (from, to) = (hole.period.start, hole.period.last_day());
            let slice = SliceName { workspace, connection, stream, partition: &part.name, period: hole.period };
            match &hole.why {
                Some((Standing::Doubted | Standing::Accepting, reason)) => {
                    self.doubted += hole.period.days().unsigned_abs();
                    let told = format!("{place} {} is doubted: {reason}{}", hole.period, what_stays(reason));
                    let remedy =
                        format!("asked for again by each sync; if it is right: daybook sources accept {slice}");
                    self.first_doubt.get_or_insert((told.clone(), remedy));
                    self.notes.push(format!("{told}; accept: daybook sources accept {slice}"));
                }
                why => {
                    let reason = why.as_ref().map_or(String::new(), |(_, reason)| format!(": {reason}"));
                    self.missing += hole.period.dates().filter(|date| *date < yesterday).count() as u64;
                    // A past that is refused while the present is open may be older than the vendor keeps.
                    let is_refused = matches!(why, Some((Standing::Refused, _)));
                    let since = match is_refused && from == part.from && through.is_some_and(|through| through > to) {
                        true => format!("; if the source keeps no older days, set since = {}", hole.period.end),
                        false => String::new(),
                    };
                    if from < yesterday {
                        self.notes.push(format!("{place} {} is missing{reason}{since}", hole.period));
                    }
                }
            }
        }
        for (run, standing, reason) in &part.open {
            if *standing == Standing::Unconfirmed {
                self.doubted += run.days().unsigned_abs();
                let slice = SliceName { workspace, connection, stream, partition: &part.name, period: *run };
                self.notes
                    .push(format!("{place} {run} is not confirmed: {reason}; accept: daybook sources accept {slice}"));
            }
        }
        for (run, caveat) in part.caveats.iter().filter(|(run, _)| run.end > lately) {
            self.limits += 1;
            self.notes.push(format!("{place} {run}: {caveat}"));
        }
    }
}

/// Names days of a stream's partition, as `daybook sources accept` takes them.
#[derive(Clone, Copy, Debug)]
pub struct SliceName<'a> {
    pub workspace: &'a str,
    pub connection: &'a str,
    pub stream: &'a str,
    /// Empty if the stream has none.
    pub partition: &'a str,
    pub period: Period,
}

impl fmt::Display for SliceName<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, connection, stream, partition, period } = self;
        let partition = if partition.is_empty() { String::new() } else { format!("{partition}/") };
        write!(out, "{workspace}/{connection}/{stream}/{partition}{}..{}", period.start, period.last_day())
    }
}

#[cfg(test)]
mod tests;
