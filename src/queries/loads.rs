//! What was loaded: a slice each, the newest first.

use crate::app::App;
use crate::warehouse::{Context, WarehouseError};
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::params;
use serde::Serialize;

/// A slice that was loaded. The instant is UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SliceLoad {
    pub loaded_at: DateTime<Utc>,
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    /// Days or cursor of the slice, as the stream names them.
    pub slice: String,
    pub rows_read: u64,
    /// Rows that were new or other than those held.
    pub rows_written: u64,
    /// Rows that newer ones replaced; they are in history.
    pub rows_superseded: u64,
    pub rows_quarantined: u64,
    /// Sentences, with `; ` between them.
    pub notes: String,
    /// The file that describes the landed pages.
    pub manifest: String,
}

/// At most `limit` loads, of one workspace where it is named.
pub fn loads(app: &App, workspace: Option<&str>, limit: u32) -> Result<Vec<SliceLoad>, WarehouseError> {
    let step = || "reading the loads".to_owned();
    app.warehouse.read_blocking(|reader| {
        let mut statement = reader
            .prepare(
                "SELECT loaded_at, workspace, connection, stream, slice, rows_read, rows_written, rows_superseded,
                     rows_quarantined, array_to_string(notes, '; '), manifest
                 FROM ops.load WHERE ?::VARCHAR IS NULL OR workspace = ? ORDER BY loaded_at DESC, load_id LIMIT ?",
            )
            .context(step)?;
        let rows = statement.query_map(params![workspace, workspace, limit], load).context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    })
}

fn load(row: &duckdb::Row<'_>) -> duckdb::Result<SliceLoad> {
    Ok(SliceLoad {
        loaded_at: row.get::<_, NaiveDateTime>(0)?.and_utc(),
        workspace: row.get(1)?,
        connection: row.get(2)?,
        stream: row.get(3)?,
        slice: row.get(4)?,
        rows_read: row.get(5)?,
        rows_written: row.get(6)?,
        rows_superseded: row.get(7)?,
        rows_quarantined: row.get(8)?,
        notes: row.get(9)?,
        manifest: row.get(10)?,
    })
}
