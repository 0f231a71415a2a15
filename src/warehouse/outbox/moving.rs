//! Messages that wait for a way out of another name: a channel was renamed or removed while they waited.

use super::place::place;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::writers::LedgerWriter;
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};

/// How many messages wait or are held, by lane.
pub fn waiting_by_lane(reader: &Connection) -> Result<Vec<(String, u64)>, WarehouseError> {
    let step = || "counting what waits".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT lane, count(*)::UBIGINT FROM ops.outbox WHERE state IN ('pending', 'held')
             GROUP BY lane ORDER BY lane",
        )
        .context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Gives what waits or is held in a lane another route, where `moved` answers one, and ends its wait: its messages
/// keep their ids and bytes. One that is being sent, or of which nobody knows, stays. Says how many were moved.
pub fn move_waiting(
    connection: &mut LedgerWriter<'_>,
    lane: &str,
    moved: impl Fn(&str) -> Option<String>,
    now: DateTime<Utc>,
) -> Result<u64, WarehouseError> {
    let step = || "moving messages to another way out".to_owned();
    let transaction = connection.transaction().context(step)?;
    let waiting: Vec<(String, String)> = {
        let mut statement = transaction
            .prepare("SELECT message_id, route FROM ops.outbox WHERE lane = ? AND state IN ('pending', 'held')")
            .context(step)?;
        let rows = statement.query_map([lane], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
        rows.collect::<Result<_, _>>().context(step)?
    };
    let mut count = 0;
    for (id, route) in waiting.iter().filter_map(|(id, route)| Some((id, moved(route)?))) {
        // Its age begins anew, or it would be given up at the first refusal.
        let changed = transaction.execute(
            "UPDATE ops.outbox SET route = ?, lane = ?, not_before = NULL, trouble = NULL, told = NULL, created_at = ?
             WHERE message_id = ?",
            params![route, place(&route).lane, now.naive_utc(), id],
        );
        count += changed.context(step)?;
    }
    transaction.commit().context(step)?;
    Ok(count as u64)
}
