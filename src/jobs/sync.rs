//! Sync: what a stream lacks is fetched into the landing folder and loaded. Slices are independent: one
//! that fails leaves a hole in the coverage that later syncs fill, and the others go on.

use crate::connectors::error::Disposition;
use crate::connectors::slice::{DayRead, Known, Reached, is_due, look_back, news_since, slices};
use crate::connectors::{Connection, ConnectorError, Engine, LandedSlice, Slice};
use crate::domain::coverage::Standing;
use crate::domain::money::Currency;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use crate::support::shown::one_line;
use crate::warehouse::coverage::{self, Place};
use crate::warehouse::load::{Loaded, doubt_contradictions, load};
use crate::warehouse::{OTHER_ACCOUNT, Warehouse, WarehouseError, cursor};
use chrono::{DateTime, NaiveDate, Utc};
use tokio_util::sync::CancellationToken;

pub mod attempts;
mod batch;
mod gathered;
mod patience;
mod request;
mod slices;
mod soft_pages;
mod split_pages;

pub use gathered::Gathered;
pub use request::{again, load_request};
use request::{contradicted, requested};
pub use slices::SyncMode;
pub(super) use slices::run_slices;

/// What every sync needs.
#[derive(Clone, Debug)]
pub struct SyncContext {
    pub engine: std::sync::Arc<Engine>,
    pub warehouse: Warehouse,
    pub clock: Clock,
    pub person_key: Secret,
    /// Asks every sync to end: the load under way is finished, fetches are given up.
    pub stop: CancellationToken,
    /// Whether the schedule asks, not a person.
    pub is_scheduled: bool,
    /// The installation's folder, where slices can be tried in a process of their own.
    pub root: Option<std::path::PathBuf>,
    /// Small slices on their way into this warehouse.
    pub gathered: Gathered,
}

impl SyncContext {
    /// Syncs that a person asks for, of no installation in particular.
    pub fn new(engine: std::sync::Arc<Engine>, warehouse: Warehouse, clock: Clock, person_key: Secret) -> Self {
        Self {
            engine,
            warehouse,
            clock,
            person_key,
            stop: CancellationToken::new(),
            is_scheduled: false,
            root: None,
            gathered: Gathered::default(),
        }
    }
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
    /// What failed, in a sentence, if anything did; the other slices are loaded.
    pub error: Option<SyncError>,
    /// Every slice that failed, in the order they failed.
    pub failures: Vec<SyncError>,
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
            failures: Vec::new(),
        }
    }
}

/// Why a slice failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{message}")]
pub struct SyncError {
    pub slice: String,
    /// The account or other part the slice is of; empty if the stream has none.
    pub partition: String,
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
    let mut of_another: Option<SyncError> = None;
    for stream in source.connection.connector.spec.streams.keys() {
        // What the other streams have is the other account's as well.
        let outcome = match &of_another {
            None => sync_stream(context, source, stream, show).await,
            Some(error) => StreamOutcome {
                error: Some(error.clone()),
                failures: vec![error.clone()],
                ..StreamOutcome::of(&source.connection, stream)
            },
        };
        let is_of_another = |error: &&SyncError| error.message.ends_with(OTHER_ACCOUNT);
        of_another = of_another.or_else(|| outcome.failures.iter().find(is_of_another).cloned());
        tell(&outcome);
        outcomes.push(outcome);
    }
    hold_together(context, source, &mut outcomes).await;
    outcomes
}

/// Holds streams of a connection against each other, now that all of them were read.
async fn hold_together(context: &SyncContext, source: &Source, outcomes: &mut [StreamOutcome]) {
    for of in contradicted(&source.connection) {
        let stream = of.stream.clone();
        let held = context.warehouse.write(move |writer| doubt_contradictions(writer, &of)).await;
        let Some(outcome) = outcomes.iter_mut().find(|outcome| outcome.stream == stream) else { continue };
        match held {
            Ok(0) => {}
            Ok(days) => outcome.loaded.notes.push(format!("{days} days are doubted: another stream contradicts them")),
            Err(error) => {
                let error = load_error(None, &error);
                outcome.error.get_or_insert_with(|| error.clone());
                outcome.failures.push(error);
            }
        }
    }
}

/// Logs what an admin should know of a stream.
fn tell(outcome: &StreamOutcome) {
    for error in &outcome.failures {
        tracing::warn!(
            workspace.id = outcome.workspace,
            connection.id = outcome.connection,
            stream.id = outcome.stream,
            slice.id = error.slice,
            error = error.message,
            "a slice failed"
        );
    }
    for day in &outcome.loaded.doubted {
        tracing::warn!(
            workspace.id = outcome.workspace,
            connection.id = outcome.connection,
            stream.id = outcome.stream,
            day = %day.date,
            reason = day.reason,
            "an answer is doubted"
        );
    }
    for caveat in &outcome.loaded.caveats {
        tracing::warn!(
            workspace.id = outcome.workspace,
            connection.id = outcome.connection,
            stream.id = outcome.stream,
            caveat,
            "the source limits its own answer"
        );
    }
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
            let error = load_error(None, &error);
            return StreamOutcome {
                error: Some(error.clone()),
                failures: vec![error],
                ..StreamOutcome::of(&source.connection, stream_id)
            };
        }
    };
    let _live = context.engine.lanes().live();
    run_slices(context, source, stream_id, &plan, SyncMode::Live, show).await
}

/// A slice to be fetched, with the instant since which changes of what was read before count.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub slice: Slice,
    pub news_since: Option<DateTime<Utc>>,
    /// The first day that was never read, of a stream that has a cursor.
    pub unread_from: Option<NaiveDate>,
}

impl Planned {
    /// A slice of the past, which has no news.
    pub fn past(slice: Slice) -> Self {
        Self { slice, news_since: None, unread_from: None }
    }
}

/// The slices a stream lacks, of all partitions, each partition's oldest first.
async fn plan(context: &SyncContext, source: &Source, stream_id: &str) -> Result<Vec<Planned>, WarehouseError> {
    let connection = &source.connection;
    let Some(stream) = connection.connector.spec.streams.get(stream_id) else {
        return Ok(Vec::new());
    };
    let zone = connection.time_zone(stream.time_zone_setting.as_deref());
    let now = context.clock.now();
    let today = now.with_timezone(&zone).date_naive();
    let mut all = Vec::new();
    for partition in connection.partitions(stream.partition_over.as_deref()) {
        let place = Place::new(&connection.workspace, &connection.id, stream_id, &partition);
        let known = known(context, place, (now, today), look_back(&stream.slicing)).await?;
        if stream.once_a_day && !is_due(known.reached, now, zone) {
            continue;
        }
        let news_since = news_since(&stream.slicing, known.reached, now, zone);
        let unread_from = known.reached.map(|reached| reached.until.with_timezone(&zone).date_naive());
        let lacking = slices(&stream.slicing, &partition, &known, source.since, now, zone);
        all.extend(lacking.into_iter().map(|slice| Planned { slice, news_since, unread_from }));
    }
    Ok(all)
}

/// What is held of a partition. A day that is still doubted when its look-back ends is not asked for
/// again: its last known rows count, and are called not confirmed.
async fn known(
    context: &SyncContext,
    place: Place,
    (now, today): (DateTime<Utc>, NaiveDate),
    look_back: u32,
) -> Result<Known, WarehouseError> {
    let of = place.clone();
    let (read, mut days) = context
        .warehouse
        .read(move |reader| Ok((cursor::read_until(reader, &of, now)?, coverage::days_of(reader, &of, now)?)))
        .await?;
    let ends = today - chrono::Days::new(u64::from(look_back));
    if days.iter().any(|day| day.date < ends && day.standing == Some(Standing::Doubted)) {
        let of = place.clone();
        context.warehouse.write(move |writer| coverage::end_doubts(writer, &of, ends)).await?;
        days = context.warehouse.read(move |reader| coverage::days_of(reader, &place, now)).await?;
    }
    let days = days.into_iter().map(|day| {
        let read = DayRead { asked_at: day.covered_at, is_whole: day.is_whole_day, standing: day.standing };
        (day.date, read)
    });
    let reached = read.map(|read| Reached { until: read.until, asked_at: read.asked_at });
    Ok(Known { reached, days: days.collect() })
}

/// Loads a landed slice.
pub async fn load_landed(
    context: &SyncContext,
    source: &Source,
    landed: &LandedSlice,
    mode: SyncMode,
) -> Result<Loaded, WarehouseError> {
    let now = context.clock.now();
    let request = requested(context, source, landed, mode, now).await?;
    context.warehouse.write(move |connection| load(connection, &request, now)).await
}

fn fetch_error(slice: &Slice, error: &ConnectorError) -> SyncError {
    SyncError {
        slice: slice.id(),
        partition: slice.partition.clone(),
        message: one_line(&error.to_string()),
        can_retry: error.disposition() != Disposition::TellOperator,
    }
}

fn load_error(slice: Option<&Slice>, error: &WarehouseError) -> SyncError {
    SyncError {
        slice: slice.map(Slice::id).unwrap_or_default(),
        partition: slice.map(|slice| slice.partition.clone()).unwrap_or_default(),
        message: one_line(&error.to_string()),
        can_retry: error.can_retry(),
    }
}
