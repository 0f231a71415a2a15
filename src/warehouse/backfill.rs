//! The records of backfills: which were asked for, and which of their slices are loaded.

use super::error::{Context, WarehouseError};
use crate::domain::period::Period;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, OptionalExt, params};
use std::collections::HashSet;

/// Days of a connection to be fetched again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    pub id: String,
    pub workspace: String,
    pub connection: String,
    /// Days of the account's zone.
    pub period: Period,
    pub begun_at: DateTime<Utc>,
}

/// Enters `wanted` into the ledger, or finds the unfinished one for the same days.
pub fn begin(connection: &mut Connection, wanted: Backfill) -> Result<Backfill, WarehouseError> {
    let step = || "beginning a backfill".to_owned();
    let found = connection
        .query_row(
            "SELECT backfill_id, begun_at FROM ops.backfill
             WHERE workspace = ? AND connection = ? AND period_start = ? AND period_end = ? AND ended_at IS NULL
             ORDER BY begun_at DESC LIMIT 1",
            params![wanted.workspace, wanted.connection, wanted.period.start, wanted.period.end],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, NaiveDateTime>(1)?)),
        )
        .optional()
        .context(step)?;
    if let Some((id, begun_at)) = found {
        return Ok(Backfill { id, begun_at: begun_at.and_utc(), ..wanted });
    }
    connection
        .execute(
            "INSERT INTO ops.backfill VALUES (?, ?, ?, ?, ?, ?, NULL)",
            params![
                wanted.id,
                wanted.workspace,
                wanted.connection,
                wanted.period.start,
                wanted.period.end,
                wanted.begun_at.naive_utc()
            ],
        )
        .context(step)?;
    Ok(wanted)
}

/// The slices, by stream and id, loaded since the backfill began.
pub fn done(reader: &Connection, backfill: &Backfill) -> Result<HashSet<(String, String)>, WarehouseError> {
    let step = || "reading how far a backfill is".to_owned();
    let mut statement = reader
        .prepare("SELECT stream, slice FROM ops.load WHERE workspace = ? AND connection = ? AND fetched_at >= ?")
        .context(step)?;
    let rows = statement
        .query_map(params![backfill.workspace, backfill.connection, backfill.begun_at.naive_utc()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Notes that every slice is loaded.
pub fn end(connection: &mut Connection, id: &str, now: DateTime<Utc>) -> Result<(), WarehouseError> {
    let sql = "UPDATE ops.backfill SET ended_at = ? WHERE backfill_id = ?";
    connection.execute(sql, params![now.naive_utc(), id]).context(|| "ending a backfill".to_owned())?;
    Ok(())
}
