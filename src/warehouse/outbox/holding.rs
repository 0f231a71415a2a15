//! Messages that wait for a person: those of an installation that was not released yet, and those that are
//! cancelled before they went out.

use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::writers::LedgerWriter;
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};

/// Whether messages may leave this machine.
pub fn is_released(reader: &Connection) -> Result<bool, WarehouseError> {
    reader
        .query_row("SELECT count(*) > 0 FROM ops.delivery_release", [], |row| row.get(0))
        .context(|| "looking whether deliveries are released".to_owned())
}

/// How many messages are held.
pub fn held(reader: &Connection) -> Result<u64, WarehouseError> {
    reader
        .query_row("SELECT count(*)::UBIGINT FROM ops.outbox WHERE state = 'held'", [], |row| row.get(0))
        .context(|| "counting held messages".to_owned())
}

/// Waiting reports of workspaces that are not among `known`: how many of each. None of them leaves
/// (metabase#17487: what was switched off went on mailing).
pub fn orphans(reader: &Connection, known: &[String]) -> Result<Vec<(String, u64)>, WarehouseError> {
    let step = || "looking for messages of workspaces that were taken out".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT workspace, count(*)::UBIGINT FROM ops.outbox
             WHERE state = 'pending' AND kind = 'report' AND NOT list_contains(string_split(?, ','), workspace)
             GROUP BY workspace ORDER BY workspace",
        )
        .context(step)?;
    let rows = statement.query_map([known.join(",")], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// What became of held messages at a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    pub going: u64,
    /// Held for too long to be news: cancelled.
    pub stale: u64,
}

/// Lets messages leave from now on, the held ones first; their age begins anew. Those written before `oldest`
/// are cancelled: weeks of reports must not leave at once (be-BOP#2728).
pub fn release(
    connection: &mut LedgerWriter<'_>,
    oldest: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Released, WarehouseError> {
    let step = || "releasing deliveries".to_owned();
    let transaction = connection.transaction().context(step)?;
    transaction
        .execute(
            "INSERT INTO ops.delivery_release SELECT ? WHERE NOT EXISTS (FROM ops.delivery_release)",
            params![now.naive_utc()],
        )
        .context(step)?;
    let stale = transaction
        .execute(
            "UPDATE ops.outbox SET state = 'cancelled', ended_at = ?, answer = 'held for too long when it was released'
             WHERE state = 'held' AND created_at < ?",
            params![now.naive_utc(), oldest.naive_utc()],
        )
        .context(step)?;
    let going = transaction
        .execute(
            "UPDATE ops.outbox SET state = 'pending', created_at = ? WHERE state = 'held'",
            params![now.naive_utc()],
        )
        .context(step)?;
    transaction.commit().context(step)?;
    Ok(Released { going: going as u64, stale: stale as u64 })
}

/// Takes back what has not gone out: one message, or all of a report. One that is being sent, or of which
/// nobody knows, stays as it is. Says how many were cancelled.
pub fn cancel(connection: &mut LedgerWriter<'_>, id: &str, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let count = connection
        .execute(
            "UPDATE ops.outbox SET state = 'cancelled', answer = 'cancelled by hand', ended_at = ?, trouble = NULL
             WHERE (message_id = ? OR report_id = ?) AND state IN ('pending', 'held')",
            params![now.naive_utc(), id, id],
        )
        .context(|| "cancelling messages".to_owned())?;
    Ok(count as u64)
}

/// What became of report messages since an instant: sent, failed, unknown, and held or waiting now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub sent: u64,
    pub failed: u64,
    pub unknown: u64,
    pub held: u64,
    pub waiting: u64,
}

pub fn tally(reader: &Connection, since: DateTime<Utc>) -> Result<Tally, WarehouseError> {
    reader
        .query_row(
            "SELECT count(*) FILTER (state = 'sent' AND ended_at >= $1)::UBIGINT,
                 count(*) FILTER (state = 'failed' AND ended_at >= $1)::UBIGINT,
                 count(*) FILTER (state = 'unknown')::UBIGINT,
                 count(*) FILTER (state = 'held')::UBIGINT,
                 count(*) FILTER (state IN ('pending', 'claimed'))::UBIGINT
             FROM ops.outbox WHERE kind = 'report' AND lane <> 'file'",
            params![since.naive_utc()],
            |row| {
                Ok(Tally {
                    sent: row.get(0)?,
                    failed: row.get(1)?,
                    unknown: row.get(2)?,
                    held: row.get(3)?,
                    waiting: row.get(4)?,
                })
            },
        )
        .context(|| "counting messages".to_owned())
}
