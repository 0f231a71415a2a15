//! One source: how far it reaches, how it is, and what to do about it.

use super::days::ExpectedDays;
use super::{Health, LATELY, SourceStatus};
use crate::app::{App, SecretsAre, sources};
use crate::config::WorkspaceSettings;
use crate::domain::dropped::{FileStanding, FileState};
use crate::domain::schedule::PlannedJob;
use crate::jobs::sync::Source;
use crate::report::readiness::SectionFreshness;
use crate::support::shown::shown;
use crate::warehouse::dropped::Noted;
use crate::warehouse::readings::Reach;
use crate::warehouse::stream_states::StreamState;
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a tenant: planned jobs where they were worked out, days, streams and files.
pub(super) type Known<'a> = (Option<&'a [PlannedJob]>, &'a [Reach], &'a [StreamState], &'a [Noted]);

/// How each source of a tenant stands.
pub(super) fn sources_of(
    app: &App,
    workspace: &WorkspaceSettings,
    (planned, reached, states, files): Known<'_>,
    now: DateTime<Utc>,
) -> Vec<SourceStatus> {
    let (expected, _) = sources(&app.settings, workspace, app.catalog(), now.date_naive(), SecretsAre::Assumed);
    let yesterday = now.with_timezone(&workspace.workspace.time_zone).date_naive() - Days::new(1);
    let view = View { workspace, planned, reached, states, files, expected: &expected, yesterday, now };
    let vendors = workspace.connections.iter().map(|c| view.source(app, &c.id, &c.connector));
    // A connection that was renamed or deleted is reported while its files' rows count.
    let orphaned = files.iter().map(|noted| &noted.file).filter(|file| file.state == FileState::Orphaned);
    let orphaned: BTreeSet<&str> = orphaned.map(|file| file.connection.as_str()).collect();
    let configured = workspace.files.iter().map(|file| file.id.as_str());
    vendors.chain(configured.chain(orphaned).map(|id| view.source(app, id, "file"))).collect()
}

/// What is known of a tenant.
struct View<'a> {
    workspace: &'a WorkspaceSettings,
    /// Absent where they were not worked out.
    planned: Option<&'a [PlannedJob]>,
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
            not_kept: days.not_kept,
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
            let today = self.yesterday + Days::new(1);
            let from = source.connection.first_day(stream, source.since, today);
            let gone = source.connection.not_kept(stream, source.since, today);
            for name in source.connection.parts_of(stream) {
                let reach = self
                    .reached
                    .iter()
                    .find(|reach| reach.connection == connection && reach.stream == *id && reach.partition == name);
                let part = SectionFreshness {
                    name,
                    from,
                    whole: reach.map(|reach| reach.whole.clone()).unwrap_or_default(),
                    open: reach.map(|reach| reach.open.clone()).unwrap_or_default(),
                    caveats: reach.map(|reach| reach.caveats.clone()).unwrap_or_default(),
                };
                if let Some(gone) = gone.and_then(|gone| gone.but(&part.whole)) {
                    days.lacks_for_good(id, gone);
                }
                let due = self.yesterday - Days::new(stream.complete_after_days.into());
                days.add(&self.workspace.workspace.id, connection, id, &part, (lately, due));
            }
        }
        days
    }

    fn next_run(&self, app: &App, connection: &str) -> Option<DateTime<Utc>> {
        let reads = |connections: &Option<Vec<String>>| {
            connections.as_ref().is_none_or(|ids| ids.iter().any(|id| id == connection))
        };
        let jobs = app.settings.jobs.iter();
        let syncs = jobs.filter(|job| job.kind.sync().is_some_and(|sync| reads(&sync.connections)));
        let ids: Vec<&str> = syncs.map(|job| job.id.as_str()).collect();
        self.planned?
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
        let again = match next_run_at {
            Some(at) => Some(format!("tried again at {}, or now by daybook sync {of}", at.format("%m-%d %H:%M UTC"))),
            // Whether a job syncs it is not known.
            None if self.planned.is_none() => None,
            None => Some(format!("no job syncs it: run daybook sync {of}, or add a job of kind \"sync\"")),
        };
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
                true => (Health::Failing, Some(trouble), again),
                false => (Health::NeedsYou, Some(trouble), Some(format!("mend that, then daybook sync {of}"))),
            };
        }
        if let Some((trouble, remedy)) = days.first_doubt.clone() {
            return (Health::Doubted, Some(trouble), Some(remedy));
        }
        if states.is_empty() && days.through.is_none() {
            return (Health::New, Some("it was never synced".to_owned()), again);
        }
        if days.has_days && (days.missing > 0 || days.is_behind) {
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
