//! Sync: what a stream lacks is fetched into the landing folder and loaded, oldest slice first; the
//! next slices are fetched, several at a time, while the last ones are loaded.

use crate::connectors::error::Disposition;
use crate::connectors::slice::{Reached, is_due, news_since, slices};
use crate::connectors::{Connection, ConnectorError, Engine, LandedSlice, Slice};
use crate::domain::money::Currency;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use crate::support::stop::Stop;
use crate::warehouse::load::{Loaded, load};
use crate::warehouse::{Warehouse, WarehouseError, cursor};
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::StreamExt;

mod batch;
mod request;

use batch::{Batches, Waiting, load_batch};
use request::requested;
pub use request::{again, load_request};

/// Landed slices that may wait to be loaded: fetches go on meanwhile.
const SLICES_AHEAD: usize = 32;

/// What every sync needs.
#[derive(Clone, Debug)]
pub struct SyncContext {
    pub engine: std::sync::Arc<Engine>,
    pub warehouse: Warehouse,
    pub clock: Clock,
    pub person_key: Secret,
    /// Asks every sync to end: the load under way is finished, fetches are given up.
    pub stop: Stop,
}

/// A connection and how far back it reaches.
#[derive(Clone, Debug)]
pub struct Source {
    pub connection: Connection,
    pub currency: Currency,
    /// The first day to load.
    pub since: NaiveDate,
}

/// How the sync of one stream ended.
#[derive(Clone, Debug)]
pub struct StreamOutcome {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    pub slices: u64,
    pub bytes: u64,
    pub loaded: Loaded,
    /// What stopped it, if anything did; slices loaded before stay.
    pub error: Option<SyncError>,
}

impl StreamOutcome {
    /// Nothing done so far.
    pub(super) fn of(connection: &Connection, stream: &str) -> Self {
        Self {
            workspace: connection.workspace.clone(),
            connection: connection.id.clone(),
            stream: stream.to_owned(),
            slices: 0,
            bytes: 0,
            loaded: Loaded::default(),
            error: None,
        }
    }
}

/// Why a stream stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{message}")]
pub struct SyncError {
    pub slice: String,
    pub message: String,
    /// Whether the next run may succeed without anybody's help.
    pub can_retry: bool,
}

/// Something to show while a sync runs.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A stream has so many slices to go.
    Planned {
        connection: &'a str,
        stream: &'a str,
        slices: u64,
    },
    Page {
        bytes: u64,
    },
    SliceDone {
        connection: &'a str,
        stream: &'a str,
        rows: u64,
    },
}

/// Syncs every stream of a connection; one stream's failure leaves the others running.
pub async fn sync_connection(
    context: &SyncContext,
    source: &Source,
    show: &(dyn Fn(Progress<'_>) + Sync),
) -> Vec<StreamOutcome> {
    let mut outcomes = Vec::new();
    for stream in source.connection.connector.spec.streams.keys() {
        let outcome = sync_stream(context, source, stream, show).await;
        if let Some(error) = &outcome.error {
            tracing::warn!(
                workspace.id = source.connection.workspace,
                connection.id = source.connection.id,
                stream.id = stream,
                slice.id = error.slice,
                error = error.message,
                "a stream stopped"
            );
        }
        outcomes.push(outcome);
    }
    outcomes
}

async fn sync_stream(
    context: &SyncContext,
    source: &Source,
    stream_id: &str,
    show: &(dyn Fn(Progress<'_>) + Sync),
) -> StreamOutcome {
    let plan = match plan(context, source, stream_id).await {
        Ok(plan) => plan,
        Err(error) => {
            let error = Some(load_error(String::new(), &error));
            return StreamOutcome { error, ..StreamOutcome::of(&source.connection, stream_id) };
        }
    };
    let _live = context.engine.lanes().live();
    run_slices(context, source, stream_id, &plan, Lane::Live, show).await
}

/// Which of two queues a slice stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// The hourly sync: moves the stream's cursor.
    Live,
    /// The past: begins no slice while a live sync runs, and leaves the cursor alone.
    Backfill,
}

/// Fetches and loads `plan` in order; stops at the first slice that fails, those before it stay.
pub(super) async fn run_slices(
    context: &SyncContext,
    source: &Source,
    stream_id: &str,
    plan: &[(Slice, Option<DateTime<Utc>>)],
    lane: Lane,
    show: &(dyn Fn(Progress<'_>) + Sync),
) -> StreamOutcome {
    let connection = &source.connection;
    let mut outcome = StreamOutcome::of(connection, stream_id);
    show(Progress::Planned { connection: &connection.id, stream: stream_id, slices: plan.len() as u64 });
    let on_page = |bytes: u64| show(Progress::Page { bytes });
    let stream = match connection.stream(stream_id) {
        Ok(stream) => stream,
        Err(error) => {
            let (message, can_retry) = (error.to_string(), false);
            return StreamOutcome { error: Some(SyncError { slice: String::new(), message, can_retry }), ..outcome };
        }
    };
    let (landed, to_load) = tokio::sync::mpsc::channel(SLICES_AHEAD);
    // Both run within this task and are polled side by side: a fetch never waits for a load's end.
    let fetching = async {
        let fetches = plan.iter().map(|(slice, news)| async move {
            if lane == Lane::Backfill {
                context.engine.lanes().wait_for_live().await;
            }
            let fetched = context.engine.fetch(connection, stream_id, slice, *news, &on_page).await;
            fetched.map(Waiting::new).map_err(|error| fetch_error(slice, &error))
        });
        let ahead = connection.connector.spec.limits.concurrency.max(1);
        let mut fetches = futures_util::stream::iter(fetches).buffered(ahead);
        loop {
            let fetched = tokio::select! {
                biased;
                () = context.stop.wait() => break,
                () = landed.closed() => break,
                fetched = fetches.next() => fetched,
            };
            let Some(fetched) = fetched else { break };
            let last = fetched.is_err();
            if landed.send(fetched).await.is_err() || last {
                break;
            }
        }
        drop(landed);
    };
    let loading = async {
        let mut batches = Batches::new(to_load, stream);
        loop {
            let mut batch = match batches.next().await {
                Some(Ok(batch)) => batch,
                Some(Err(error)) => break Some(error),
                None => break None,
            };
            let done = match context.stop.is_set() {
                true => Vec::new(),
                false => load_batch(context, source, &batch, lane == Lane::Live).await,
            };
            let rest = batch.split_off(done.len());
            let mut failed = None;
            for (landed, loaded) in batch.iter().zip(done) {
                match loaded {
                    Ok(loaded) => {
                        outcome.slices += 1;
                        outcome.bytes += landed.bytes().0;
                        let rows = loaded.rows_read;
                        show(Progress::SliceDone { connection: &connection.id, stream: stream_id, rows });
                        outcome.loaded.add(loaded);
                    }
                    Err(error) => failed = Some(load_error(landed.manifest.slice.id(), &error)),
                }
            }
            let is_cut = failed.is_some() || !rest.is_empty();
            rest.iter().for_each(LandedSlice::remove);
            if is_cut {
                break failed;
            }
        }
    };
    outcome.error = tokio::join!(fetching, loading).1;
    if outcome.error.is_none()
        && context.stop.is_set()
        && let Some(next) = usize::try_from(outcome.slices).ok().and_then(|done| plan.get(done))
    {
        outcome.error = Some(stopped(&next.0));
    }
    outcome
}

fn stopped(slice: &Slice) -> SyncError {
    SyncError { slice: slice.id(), message: "Daybook was asked to stop before this slice".to_owned(), can_retry: true }
}

/// The slices a stream lacks, of all partitions, each partition's oldest first, with the instant
/// since which changes of what was read before count.
async fn plan(
    context: &SyncContext,
    source: &Source,
    stream_id: &str,
) -> Result<Vec<(Slice, Option<DateTime<Utc>>)>, WarehouseError> {
    let connection = &source.connection;
    let Some(stream) = connection.connector.spec.streams.get(stream_id) else {
        return Ok(Vec::new());
    };
    let zone = connection.time_zone(stream.time_zone_setting.as_deref());
    let mut all = Vec::new();
    for partition in connection.partitions(stream.partition_over.as_deref()) {
        let (workspace, id, stream_id, of) =
            (connection.workspace.clone(), connection.id.clone(), stream_id.to_owned(), partition.clone());
        let read =
            context.warehouse.read(move |reader| cursor::read_until(reader, &workspace, &id, &stream_id, &of)).await?;
        let reached = read.map(|read| Reached { until: read.until, asked_at: read.asked_at });
        let now = context.clock.now();
        if stream.once_a_day && !is_due(reached, now, zone) {
            continue;
        }
        let news = news_since(&stream.slicing, reached, now, zone);
        let lacking = slices(&stream.slicing, &partition, reached, source.since, now, zone);
        all.extend(lacking.into_iter().map(|slice| (slice, news)));
    }
    Ok(all)
}

/// Loads a landed slice. `moves_cursor` is false for replays and backfills.
pub async fn load_landed(
    context: &SyncContext,
    source: &Source,
    landed: &LandedSlice,
    moves_cursor: bool,
) -> Result<Loaded, WarehouseError> {
    let now = context.clock.now();
    let request = requested(context, source, landed, moves_cursor, now)?;
    context.warehouse.write(move |connection| load(connection, &request, now)).await
}

fn fetch_error(slice: &Slice, error: &ConnectorError) -> SyncError {
    SyncError {
        slice: slice.id(),
        message: error.to_string(),
        can_retry: error.disposition() != Disposition::TellOperator,
    }
}

fn load_error(slice: String, error: &WarehouseError) -> SyncError {
    SyncError { slice, message: error.to_string(), can_retry: error.can_retry() }
}
