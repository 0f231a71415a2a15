//! How far streams have been read.

use super::coverage::Place;
use super::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, OptionalExt, params};

/// How far a stream's partition has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub until: DateTime<Utc>,
    /// When the vendor was last asked: later than `until` where a first load was broken off.
    pub asked_at: DateTime<Utc>,
}

/// How far a stream's partition has been read; `None` before its first load.
pub fn read_until(reader: &Connection, place: &Place) -> Result<Option<Read>, WarehouseError> {
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
    Ok(at.map(|(until, asked_at)| Read { until: until.and_utc(), asked_at: asked_at.and_utc() }))
}

/// Whether the newest load of a partition, e.g. a dropped file, is this slice: contents that were
/// replaced meanwhile and come back are loaded again.
pub fn is_newest_load(
    reader: &Connection,
    workspace: &str,
    connection: &str,
    partition: &str,
    slice: &str,
) -> Result<bool, WarehouseError> {
    let newest: Option<String> = reader
        .query_row(
            "SELECT slice FROM ops.load WHERE workspace = ? AND connection = ? AND partition = ?
             ORDER BY loaded_at DESC, rowid DESC LIMIT 1",
            params![workspace, connection, partition],
            |row| row.get(0),
        )
        .optional()
        .context(|| "looking for a load".to_owned())?;
    Ok(newest.as_deref() == Some(slice))
}
