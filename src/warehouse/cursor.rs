//! How far streams have been read.

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
pub fn read_until(
    reader: &Connection,
    workspace: &str,
    connection: &str,
    stream: &str,
    partition: &str,
) -> Result<Option<Read>, WarehouseError> {
    let at: Option<(NaiveDateTime, NaiveDateTime)> = reader
        .query_row(
            "SELECT c.read_until, coalesce(l.fetched_at, c.read_until)
             FROM ops.cursor AS c LEFT JOIN ops.load AS l USING (load_id)
             WHERE c.workspace = ? AND c.connection = ? AND c.stream = ? AND c.partition = ?",
            params![workspace, connection, stream, partition],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .context(|| "reading a cursor".to_owned())?;
    Ok(at.map(|(until, asked_at)| Read { until: until.and_utc(), asked_at: asked_at.and_utc() }))
}

/// Whether a slice of a connection has been loaded.
pub fn is_loaded(reader: &Connection, workspace: &str, connection: &str, slice: &str) -> Result<bool, WarehouseError> {
    reader
        .query_row(
            "SELECT count(*) > 0 FROM ops.load WHERE workspace = ? AND connection = ? AND slice = ?",
            params![workspace, connection, slice],
            |row| row.get(0),
        )
        .context(|| "looking for a load".to_owned())
}
