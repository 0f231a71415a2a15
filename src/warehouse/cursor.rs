//! How far streams have been read.

use super::coverage::Place;
use super::error::{Context, WarehouseError};
use crate::domain::clock::lies_ahead;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, OptionalExt, params};

/// How far a stream's partition has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub until: DateTime<Utc>,
    /// When the vendor was last asked: later than `until` where a first load was broken off.
    pub asked_at: DateTime<Utc>,
}

/// How far a stream's partition has been read; `None` before its first load, and where it was read under
/// a clock that stood ahead of `now`.
pub fn read_until(reader: &Connection, place: &Place, now: DateTime<Utc>) -> Result<Option<Read>, WarehouseError> {
    let at: Option<(NaiveDateTime, NaiveDateTime)> = reader
        .query_row(
            "SELECT c.read_until, coalesce(l.fetched_at, c.read_until)
             FROM ops.cursor AS c LEFT JOIN ops.load AS l USING (load_id)
             WHERE c.workspace = ? AND c.connection = ? AND c.stream = ? AND c.partition = ?",
            params![place.workspace, place.connection, place.stream, place.partition],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .context(|| "reading a cursor".to_owned())?;
    let read = at.map(|(until, asked_at)| Read { until: until.and_utc(), asked_at: asked_at.and_utc() });
    Ok(read.filter(|read| !lies_ahead(read.until, now) && !lies_ahead(read.asked_at, now)))
}
