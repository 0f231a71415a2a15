//! What a stream lacks: the slices to be fetched.

use super::context::{Source, SyncContext};
use crate::connectors::parts_of::PartOf;
use crate::connectors::slice::{
    DayRead, Known, Reached, is_due, is_due_again, lacks_days, look_back, news_since, slices,
};
use crate::connectors::{ConnectorError, Slice};
use crate::domain::coverage::Standing;
use crate::warehouse::coverage::{self, Place};
use crate::warehouse::{WarehouseError, cursor};
use chrono::{DateTime, NaiveDate, Utc};

/// A slice to be fetched, with the instant since which changes of what was read before count.
#[derive(Clone, Debug)]
pub(in crate::jobs) struct Planned {
    pub slice: Slice,
    pub news_since: Option<DateTime<Utc>>,
    /// The first day that was never read, of a stream that has a cursor.
    pub unread_from: Option<NaiveDate>,
    /// Why it is not worth asking, where that is known.
    pub refused: Option<String>,
}

impl Planned {
    /// A slice of the past, which has no news.
    pub fn past(slice: Slice) -> Self {
        Self { slice, news_since: None, unread_from: None, refused: None }
    }
}

/// Why it is not known what a stream lacks.
#[derive(Debug)]
pub(super) enum NotPlanned {
    /// What is held cannot be read.
    Known(WarehouseError),
    /// The vendor does not say what the stream runs over.
    List(ConnectorError),
}

/// The slices a stream lacks, of all partitions, each partition's oldest first.
pub(super) async fn plan(context: &SyncContext, source: &Source, stream_id: &str) -> Result<Vec<Planned>, NotPlanned> {
    let connection = &source.connection;
    let Some(stream) = connection.connector.spec.streams.get(stream_id) else {
        return Ok(Vec::new());
    };
    let zone = connection.time_zone(stream.time_zone_setting.as_deref());
    let now = context.clock.now();
    let today = now.with_timezone(&zone).date_naive();
    let since = connection.first_day(stream, source.since, today);
    let mut all = Vec::new();
    let parts = context.engine.parts_of(connection, stream).await;
    for PartOf { partition, refused } in parts.map_err(NotPlanned::List)? {
        let place = Place::new(&connection.workspace, &connection.id, stream_id, &partition);
        let known = known(context, place, (now, today), look_back(&stream.slicing)).await;
        let known = known.map_err(NotPlanned::Known)?;
        let is_done = stream.once_a_day && !is_due(known.reached, now, zone)
            || stream.every_hours.is_some_and(|hours| !is_due_again(known.reached, now, hours));
        let news_since = news_since(&stream.slicing, known.reached, now, zone);
        let unread_from = known.reached.map(|reached| reached.until.with_timezone(&zone).date_naive());
        let lacking = slices(&stream.slicing, &partition, &known, since, now, zone);
        let due = lacking.into_iter().filter(|slice| !is_done || lacks_days(slice, &known.days, today));
        all.extend(due.map(|slice| Planned { slice, news_since, unread_from, refused: refused.clone() }));
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
