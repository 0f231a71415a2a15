//! Backfill: days of the past fetched again, slice by slice. It yields to live syncs, never moves a
//! cursor, and one that was stopped goes on where it was.

use super::sync::{Planned, Progress, Source, StreamOutcome, SyncContext, SyncMode, run_slices};
use crate::connectors::kept::NotKept;
use crate::connectors::slice::{Known, slices, start_of_day};
use crate::connectors::spec::SlicingSpec;
use crate::connectors::{Slice, Window};
use crate::domain::period::Period;
use crate::support::ids::stable_id;
use crate::warehouse::WarehouseError;
use crate::warehouse::backfill::{Backfill, begin, done, end};
use chrono::TimeDelta;

/// What a backfill did this time.
#[derive(Clone, Debug)]
pub struct Backfilled {
    pub backfill: Backfill,
    /// Slices that were loaded before this run took it up.
    pub slices_before: u64,
    pub streams: Vec<StreamOutcome>,
}

impl Backfilled {
    /// Whether every slice is loaded.
    pub fn is_whole(&self) -> bool {
        self.streams.iter().all(|stream| stream.error.is_none())
    }
}

/// Fetches `period` (days of the account's zone, at most until now) of `source` again. Vendor and load errors are
/// reported by stream.
pub async fn backfill(
    context: &SyncContext,
    source: &Source,
    period: Period,
    show: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Backfilled, WarehouseError> {
    let connection = &source.connection;
    let now = context.clock.now();
    let wanted = Backfill {
        id: stable_id("backfill", &[&connection.workspace, &connection.id, &period.to_string(), &now.to_rfc3339()]),
        workspace: connection.workspace.clone(),
        connection: connection.id.clone(),
        period,
        begun_at: now,
    };
    let backfill = context.warehouse.write(move |writer| begin(writer, wanted)).await?;
    let of = backfill.clone();
    let loaded = context.warehouse.read(move |reader| done(reader, &of)).await?;
    let mut done = Backfilled { backfill, slices_before: 0, streams: Vec::new() };
    for stream in connection.connector.spec.streams.keys() {
        let (all, gone) = plan(context, source, stream, period);
        if all.is_empty() {
            done.streams.extend(gone.map(|gone| {
                let mut outcome = StreamOutcome::of(connection, stream);
                outcome.loaded.notes.push(gone.to_string());
                outcome
            }));
            continue;
        }
        let is_open = |slice: &Slice| {
            [slice.id(), slice.id_before()].into_iter().all(|id| !loaded.contains(&(stream.clone(), id)))
        };
        let open: Vec<_> = all.iter().filter(|slice| is_open(slice)).cloned().map(Planned::past).collect();
        done.slices_before += (all.len() - open.len()) as u64;
        let mut outcome = run_slices(context, source, stream, &open, SyncMode::Backfill, show).await;
        outcome.loaded.notes.extend(gone.map(|gone| gone.to_string()));
        done.streams.push(outcome);
    }
    if done.is_whole() {
        let (id, now) = (done.backfill.id.clone(), context.clock.now());
        context.warehouse.write(move |writer| end(writer, &id, now)).await?;
    }
    Ok(done)
}

/// The slices of a stream that speak for `period`, and the days of it that the vendor has no longer. No slices for
/// streams that are always read as a whole, or once.
fn plan(context: &SyncContext, source: &Source, stream_id: &str, period: Period) -> (Vec<Slice>, Option<NotKept>) {
    let connection = &source.connection;
    let Some(stream) = connection.connector.spec.streams.get(stream_id) else { return (Vec::new(), None) };
    let zone = connection.time_zone(stream.time_zone_setting.as_deref());
    let end = start_of_day(period.end, zone);
    // Slicing by days includes the day of its last instant, so that one lies within the period.
    let end = if matches!(stream.slicing, SlicingSpec::Days { .. }) { end - TimeDelta::seconds(1) } else { end };
    let until = end.min(context.clock.now());
    // Days that the vendor no longer keeps are not asked for: an empty answer about them would be none.
    let today = context.clock.now().with_timezone(&zone).date_naive();
    let gone = NotKept::of(stream, period, today);
    let from = gone.map_or(period.start, |gone| gone.from);
    // What was made before the period is not of it.
    let slicing = stream.slicing.without_days_before();
    let parts = connection.parts_of(stream);
    let gone = gone.filter(|_| !parts.is_empty());
    let all = parts
        .iter()
        .flat_map(|partition| slices(&slicing, partition, &Known::default(), from, until, zone))
        .filter(|slice| slice.window != Window::Whole && !matches!(stream.slicing, SlicingSpec::Before { .. }))
        .collect();
    (all, gone)
}
