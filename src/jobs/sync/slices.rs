//! Fetches and loads the slices of a stream: each by itself, several fetches under way, while the last
//! ones are loaded.

use super::attempts::{self, Deaths};
use super::batch::{Batches, Waiting, load_batch};
use super::context::{Source, SyncContext, SyncMode};
use super::outcome::{Failed, Progress, StreamOutcome, SyncError, fetch_error, load_error};
use super::patience::{Ask, Patience};
use super::plan::Planned;
use super::request::window;
use crate::connectors::error::Disposition;
use crate::connectors::spec::SlicingSpec;
use crate::connectors::{ConnectorError, LandedSlice, Slice, Window};
use crate::domain::coverage::Standing;
use crate::domain::period::Period;
use crate::warehouse::WarehouseError;
use crate::warehouse::coverage::{Place, Unanswered, enter_unanswered};
use futures_util::StreamExt;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Landed slices that may wait to be loaded: fetches go on meanwhile.
const SLICES_AHEAD: usize = 32;

/// Fetches and loads `plan` in order. A slice that fails is reported, its days are entered as unanswered,
/// and the others go on.
pub(in crate::jobs) async fn run_slices(
    context: &SyncContext,
    source: &Source,
    stream_id: &str,
    plan: &[Planned],
    mode: SyncMode,
    show: &(dyn Fn(Progress<'_>) + Sync),
) -> StreamOutcome {
    let connection = &source.connection;
    let mut outcome = StreamOutcome::of(connection, stream_id);
    show(Progress::Planned { connection: &connection.id, stream: stream_id, slices: plan.len() as u64 });
    let stream = match connection.stream(stream_id) {
        Ok(stream) => stream,
        Err(error) => {
            let error = SyncError {
                slice: String::new(),
                partition: String::new(),
                message: error.to_string(),
                can_retry: false,
            };
            return StreamOutcome { error: Some(error.clone()), failures: vec![error], ..outcome };
        }
    };
    // Where that cannot be read the load will say so.
    let deaths = attempts::deaths(context, connection, stream_id).await.unwrap_or_default();
    let fetcher = Fetcher {
        context,
        deaths: &deaths,
        source,
        stream_id,
        mode,
        show,
        newest: newest(plan),
        heard: Mutex::default(),
        asking_newest: tokio::sync::Mutex::default(),
    };
    let (landed, to_load) = tokio::sync::mpsc::channel(SLICES_AHEAD);
    // Both run within this task and are polled side by side: a fetch never waits for a load's end.
    let fetching = async {
        let fetches = plan.iter().map(|planned| fetcher.fetch(planned));
        let ahead = connection.connector.spec.limits.concurrency.max(1);
        let mut fetches = futures_util::stream::iter(fetches).buffered(ahead);
        'slices: loop {
            let fetched = tokio::select! {
                biased;
                () = context.stop.cancelled() => break,
                () = landed.closed() => break,
                fetched = fetches.next() => fetched,
            };
            let Some(fetched) = fetched else { break };
            for piece in fetched {
                if landed.send(piece).await.is_err() {
                    break 'slices;
                }
            }
        }
        drop(landed);
    };
    // Slices before the first day have no place in the coverage map: only the cursor says what was read.
    let is_in_order = matches!(stream.slicing, SlicingSpec::Before { .. });
    let loading = async {
        let mut batches = Batches::new(to_load, stream);
        while let Some(next) = batches.next().await {
            let mut batch = match next {
                Ok(batch) => batch,
                Err(failed) => {
                    if failed.was_asked {
                        outcome.failures.push(failed.error.clone());
                    }
                    // A hole that is not in the ledger would be lost once the cursor moves on.
                    if let Err(error) = enter(context, source, (stream_id, mode), &failed).await {
                        outcome.failures.push(load_error(Some(&failed.planned.slice), &error));
                        return;
                    }
                    if is_in_order {
                        return;
                    }
                    continue;
                }
            };
            let done = match context.stop.is_cancelled() {
                true => Vec::new(),
                false => load_batch(context, source, (&batch, &deaths), mode).await,
            };
            let rest = batch.split_off(done.len());
            let mut is_cut = !rest.is_empty();
            for (landed, loaded) in batch.iter().zip(done) {
                match loaded {
                    Ok(loaded) => {
                        outcome.slices += 1;
                        outcome.bytes += landed.bytes().0;
                        let rows = loaded.rows_read;
                        show(Progress::SliceDone { connection: &connection.id, stream: stream_id, rows });
                        outcome.loaded.add(loaded);
                    }
                    Err(error) => {
                        let slice = &landed.manifest.slice;
                        let told = load_error(Some(slice), &error);
                        outcome.failures.push(told.clone());
                        let planned = plan.iter().find(|planned| planned.slice == *slice).cloned();
                        let planned = planned.unwrap_or_else(|| Planned::past(slice.clone()));
                        let failed = Failed { planned, error: told, was_asked: true };
                        is_cut |=
                            error.concerns_all() || enter(context, source, (stream_id, mode), &failed).await.is_err();
                    }
                }
            }
            rest.iter().for_each(LandedSlice::remove);
            if is_cut {
                return;
            }
        }
    };
    tokio::join!(fetching, loading);
    if outcome.failures.is_empty()
        && context.stop.is_cancelled()
        && let Some(next) = usize::try_from(outcome.slices).ok().and_then(|done| plan.get(done))
    {
        outcome.failures.push(stopped(&next.slice));
    }
    outcome.error = together(&outcome.failures, fetcher.newest.len() > 1);
    outcome
}

/// What failed in one sentence; each reason once, with the partitions it is reported of where there are several.
fn together(failures: &[SyncError], has_partitions: bool) -> Option<SyncError> {
    let first = failures.first()?;
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for failure in failures {
        match reasons.iter_mut().find(|(message, _)| *message == failure.message) {
            Some((_, of)) if of.contains(&failure.partition.as_str()) => {}
            Some((_, of)) => of.push(&failure.partition),
            None => reasons.push((&failure.message, vec![&failure.partition])),
        }
    }
    let told = reasons.iter().take(4).map(|(message, of)| {
        let of: Vec<&str> = of.iter().copied().filter(|partition| !partition.is_empty()).take(10).collect();
        if of.is_empty() || !has_partitions { (*message).to_owned() } else { format!("{}: {message}", of.join(", ")) }
    });
    let more = if reasons.len() > 4 { format!("; and {} more", reasons.len() - 4) } else { String::new() };
    Some(SyncError {
        slice: first.slice.clone(),
        partition: first.partition.clone(),
        message: told.collect::<Vec<_>>().join("; ") + &more,
        // What only a person can mend is worth reporting first.
        can_retry: failures.iter().all(|failure| failure.can_retry),
    })
}

fn stopped(slice: &Slice) -> SyncError {
    SyncError {
        slice: slice.id(),
        partition: slice.partition.clone(),
        message: "Daybook was asked to stop before this slice".to_owned(),
        can_retry: true,
    }
}

/// The newest slice of each partition.
fn newest(plan: &[Planned]) -> BTreeMap<&str, &Slice> {
    plan.iter().map(|planned| (planned.slice.partition.as_str(), &planned.slice)).collect()
}

/// Enters the days of a slice that failed. What a backfill did not get is as it was before.
async fn enter(
    context: &SyncContext,
    source: &Source,
    (stream_id, mode): (&str, SyncMode),
    failed: &Failed,
) -> Result<(), WarehouseError> {
    if mode != SyncMode::Live {
        return Ok(());
    }
    let Planned { slice, unread_from, .. } = &failed.planned;
    let connection = &source.connection;
    let zone = connection.stream(stream_id).ok().and_then(|stream| stream.time_zone_setting.as_deref());
    let zone = connection.time_zone(zone);
    let is_by_day = matches!(slice.window, Window::Days { .. });
    let (days, _) = window(&slice.window, zone, source.since);
    let Some(period) = days.and_then(|(start, end)| Period::new(start, end)) else { return Ok(()) };
    let days = Unanswered {
        place: Place::new(&connection.workspace, &connection.id, stream_id, &slice.partition),
        period,
        // A day that is read again stays what it was; instants after the cursor were never read.
        unread_from: if is_by_day { None } else { Some(unread_from.unwrap_or(period.start)) },
        standing: if failed.error.can_retry { Standing::Failed } else { Standing::Refused },
        reason: failed.error.message.clone(),
        asked_at: context.clock.now(),
    };
    context.warehouse.write(move |writer| enter_unanswered(writer, &days)).await
}

/// Asks a vendor for the slices of one run.
struct Fetcher<'a> {
    context: &'a SyncContext,
    deaths: &'a Deaths,
    source: &'a Source,
    stream_id: &'a str,
    mode: SyncMode,
    show: &'a (dyn Fn(Progress<'_>) + Sync),
    newest: BTreeMap<&'a str, &'a Slice>,
    heard: Mutex<Patience>,
    /// Held while a partition's newest slice is asked for: it may be asked for out of its turn.
    asking_newest: tokio::sync::Mutex<()>,
}

impl Fetcher<'_> {
    /// A slice, or its days one by one where the vendor folded their rows together.
    async fn fetch(&self, planned: &Planned) -> Vec<Result<Waiting, Failed>> {
        if self.mode == SyncMode::Backfill {
            self.context.engine.lanes().wait_for_live().await;
        }
        let now = self.context.clock.now();
        if let Some(message) = attempts::skipped(self.deaths, &planned.slice, now).filter(|_| self.context.is_scheduled)
        {
            let (slice, partition) = (planned.slice.id(), planned.slice.partition.clone());
            let error = SyncError { slice, partition, message, can_retry: false };
            return vec![Err(Failed { planned: planned.clone(), error, was_asked: true })];
        }
        if let Some(message) = planned.refused.clone() {
            let (slice, partition) = (planned.slice.id(), planned.slice.partition.clone());
            let error = SyncError { slice, partition, message, can_retry: false };
            return vec![Err(Failed { planned: planned.clone(), error, was_asked: true })];
        }
        let partition = planned.slice.partition.as_str();
        let is_newest = self.newest.get(partition).is_some_and(|newest| **newest == planned.slice);
        match self.heard(|heard| heard.ask(partition, is_newest)) {
            Ask::Yes => {}
            Ask::No(error) => return vec![Err(self.not_asked(planned, &error))],
            Ask::AfterNewest => {
                if let Err(error) = self.ask_newest(planned).await {
                    return vec![Err(self.not_asked(planned, &error))];
                }
            }
        }
        let only_one = if is_newest { Some(self.asking_newest.lock().await) } else { None };
        let asked = self.ask(&planned.slice, planned.news_since, is_newest).await;
        drop(only_one);
        match asked {
            Err(error) => {
                vec![Err(Failed {
                    planned: planned.clone(),
                    error: fetch_error(&planned.slice, &error),
                    was_asked: true,
                })]
            }
            Ok(landed) => self.unfolded(planned, landed).await,
        }
    }

    /// Asks for the newest slice of a partition whose past is refused, unless that was done meanwhile.
    async fn ask_newest(&self, planned: &Planned) -> Result<(), ConnectorError> {
        let partition = planned.slice.partition.as_str();
        let _only_one = self.asking_newest.lock().await;
        match self.heard(|heard| heard.ask(partition, false)) {
            Ask::Yes => Ok(()),
            Ask::No(error) => Err(error),
            Ask::AfterNewest => match self.newest.get(partition) {
                // What it brings is asked for again in its turn.
                Some(newest) => self.ask(newest, planned.news_since, true).await.map(|landed| landed.remove()),
                None => Ok(()),
            },
        }
    }

    async fn ask(
        &self,
        slice: &Slice,
        news_since: Option<chrono::DateTime<chrono::Utc>>,
        is_newest: bool,
    ) -> Result<LandedSlice, ConnectorError> {
        let on_page = |bytes: u64| (self.show)(Progress::Page { bytes });
        let (engine, connection) = (&self.context.engine, &self.source.connection);
        let fetched = engine.fetch(connection, self.stream_id, slice, news_since, &on_page).await;
        self.heard(|heard| match &fetched {
            Ok(landed) => {
                heard.answered(&slice.partition, is_newest);
                if let Some(note) = landed.manifest.quota_note.clone() {
                    heard.failed(&slice.partition, &ConnectorError::QuotaSpent { note }, is_newest);
                }
            }
            Err(error) => heard.failed(&slice.partition, error, is_newest),
        });
        fetched
    }

    /// Days of a window whose rows were folded are asked for one by one: fewer rows are folded then.
    async fn unfolded(&self, planned: &Planned, landed: LandedSlice) -> Vec<Result<Waiting, Failed>> {
        let days = match planned.slice.window {
            Window::Days { period } if period.days() > 1 && landed.manifest.is_folded => period.dates(),
            _ => return vec![Ok(Waiting::new(landed))],
        };
        landed.remove();
        let mut pieces = Vec::new();
        for date in days {
            let window = Window::Days { period: Period::day(date) };
            let slice = Slice { partition: planned.slice.partition.clone(), window };
            let day = Planned { slice, ..planned.clone() };
            pieces.push(match self.heard(|heard| heard.ask(&day.slice.partition, true)) {
                Ask::No(error) => Err(self.not_asked(&day, &error)),
                Ask::Yes | Ask::AfterNewest => match self.ask(&day.slice, None, true).await {
                    Ok(landed) => Ok(Waiting::new(landed)),
                    Err(error) => {
                        let error = fetch_error(&day.slice, &error);
                        Err(Failed { planned: day, error, was_asked: true })
                    }
                },
            });
        }
        pieces
    }

    fn not_asked(&self, planned: &Planned, error: &ConnectorError) -> Failed {
        let message = format!("not asked for in this run: {error}");
        let can_retry = error.disposition() != Disposition::TellOperator;
        let (slice, partition) = (planned.slice.id(), planned.slice.partition.clone());
        let error = SyncError { slice, partition, message, can_retry };
        Failed { planned: planned.clone(), error, was_asked: false }
    }

    fn heard<T>(&self, with: impl FnOnce(&mut Patience) -> T) -> T {
        with(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
