//! How far streams have been read.

use super::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, OptionalExt, params};

/// Until when a stream's partition has been read; `None` before its first load.
pub fn read_until(
    reader: &Connection,
    workspace: &str,
    connection: &str,
    stream: &str,
    partition: &str,
) -> Result<Option<DateTime<Utc>>, WarehouseError> {
    let at: Option<NaiveDateTime> = reader
        .query_row(
            "SELECT read_until FROM ops.cursor WHERE workspace = ? AND connection = ? AND stream = ? AND partition = ?",
            params![workspace, connection, stream, partition],
            |row| row.get(0),
        )
        .optional()
        .context(|| "reading a cursor".to_owned())?;
    Ok(at.map(|at| at.and_utc()))
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
