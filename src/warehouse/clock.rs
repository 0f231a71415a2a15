//! The clock in the ledger: its high-water mark, and what was noted while it stood ahead.

mod ahead;

pub use ahead::{Ahead, ahead, correct};

use super::error::{Context, WarehouseError};
use super::worker::Warehouse;
use super::writers::BothWriter;
use crate::domain::clock::{Seen, latest_believed};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use duckdb::{Connection, OptionalExt, Transaction, params};
use std::collections::BTreeSet;

/// What is known of the clock.
pub fn seen(reader: &Connection) -> Result<Seen, WarehouseError> {
    let step = || "reading what the clock has shown".to_owned();
    let row: Option<(NaiveDateTime, Option<NaiveDateTime>)> = reader
        .query_row("SELECT latest_at, behind_since FROM ops.clock", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .context(step)?;
    let mut statement = reader.prepare("SELECT DISTINCT date FROM ops.clock_day ORDER BY date").context(step)?;
    let days = statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)?;
    let (latest, behind_since) = row.map_or((None, None), |(latest, since)| (Some(latest.and_utc()), since));
    Ok(Seen { latest, behind_since: behind_since.map(|since| since.and_utc()), days })
}

/// Notes that the clock shows `now`; blocking. The ledger's side does, as each beat asks for it. What lies
/// ahead is corrected once the clock has stood behind what it showed for so long that it is believed.
pub fn note(warehouse: &Warehouse, now: DateTime<Utc>) -> Result<Seen, WarehouseError> {
    let known = warehouse.read_blocking(seen)?;
    let seen = known.after(now);
    if known.is_behind(now).is_some() != seen.is_behind(now).is_some() || is_set_back(&known, &seen, now) {
        return warehouse.write_both_blocking(move |writer| settle(writer, now));
    }
    if known != seen {
        let noted = seen.clone();
        warehouse.write_ledger_blocking(move |ledger| {
            let step = || "noting what the clock shows".to_owned();
            let transaction = ledger.transaction().context(step)?;
            store(&transaction, &known, &noted)?;
            transaction.commit().context(step)
        })?;
    }
    Ok(seen)
}

fn is_set_back(known: &Seen, seen: &Seen, now: DateTime<Utc>) -> bool {
    known.behind_since.is_none() && seen.is_behind(now).is_some()
}

/// The same where what was read ahead, or stands ahead, is corrected with it.
fn settle(writer: &mut BothWriter<'_>, now: DateTime<Utc>) -> Result<Seen, WarehouseError> {
    let known = seen(writer)?;
    let seen = known.after(now);
    if known.is_behind(now).is_some() && seen.is_behind(now).is_none() {
        let found = correct(writer, now)?;
        let rows: u64 = found.iter().map(|ahead| ahead.rows).sum();
        tracing::warn!(instants = rows, clock.now = %now, clock.latest = ?known.latest, "the clock has stood behind what it showed for days and is believed; what lay ahead was corrected");
        return self::seen(writer);
    }
    let step = || "noting that the clock was set back".to_owned();
    let transaction = writer.transaction().context(step)?;
    store(&transaction, &known, &seen)?;
    if let Some(latest) = seen.is_behind(now).filter(|_| is_set_back(&known, &seen, now)) {
        take_back(&transaction, latest, now)?;
    }
    transaction.commit().context(step)?;
    Ok(seen)
}

/// What was read while the clock stood ahead was read earlier than it says, by as much as the clock was set
/// back, or more where that is noticed late: by less than twice as much and a day. So far the cursors go back,
/// and so far no day counts as whole. Determined when the clock is seen to be set back, as later nothing of it lies
/// ahead.
fn take_back(transaction: &Transaction<'_>, latest: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), WarehouseError> {
    let step = || "taking back what was read ahead of the clock".to_owned();
    let ahead = latest - now;
    let seconds = (ahead * 2 + TimeDelta::days(1)).num_seconds();
    let believed = latest_believed(now).naive_utc();
    let cursors = transaction
        .execute(
            "UPDATE ops.cursor SET read_until = greatest(read_until - to_seconds(?), TIMESTAMP '1970-01-01')
             WHERE read_until > ?",
            params![seconds, believed],
        )
        .context(step)?;
    let days = transaction
        .execute(
            "UPDATE ops.coverage SET is_whole_day = false
             WHERE is_whole_day AND covered_at > ? AND date >= CAST(covered_at - to_seconds(?) AS DATE)",
            params![believed, seconds],
        )
        .context(step)?;
    if cursors + days > 0 {
        tracing::warn!(cursors, days, clock.now = %now, clock.latest = %latest, "the clock was set back: what was read while it stood ahead is read again");
    }
    Ok(())
}

fn store(transaction: &Transaction<'_>, known: &Seen, seen: &Seen) -> Result<(), WarehouseError> {
    if known == seen {
        return Ok(());
    }
    let step = || "noting what the clock shows".to_owned();
    transaction.execute_batch("DELETE FROM ops.clock").context(step)?;
    if let Some(latest) = seen.latest {
        let since = seen.behind_since.map(|since| since.naive_utc());
        transaction.execute("INSERT INTO ops.clock VALUES (?, ?)", params![latest.naive_utc(), since]).context(step)?;
    }
    for day in known.days.iter().filter(|day| !seen.days.contains(day)) {
        transaction.execute("DELETE FROM ops.clock_day WHERE date = ?", params![day]).context(step)?;
    }
    for day in seen.days.iter().filter(|day| !known.days.contains(day)) {
        transaction.execute("INSERT INTO ops.clock_day VALUES (?)", params![day]).context(step)?;
    }
    Ok(())
}

/// Why nothing may go because of its age at `now`; `None` where the clock is believed.
pub fn doubt(reader: &Connection, now: DateTime<Utc>) -> Result<Option<String>, WarehouseError> {
    let newest: Option<NaiveDateTime> = reader
        .query_row(
            "SELECT max(loaded_at) FROM ops.load WHERE loaded_at <= ?",
            params![latest_believed(now).naive_utc()],
            |row| row.get(0),
        )
        .context(|| "looking for the newest load".to_owned())?;
    Ok(seen(reader)?.doubt(now, newest.map(|newest| newest.and_utc())))
}

/// Loads of a connection that lie ahead become its oldest once a newer one comes: what they reported must
/// not stand above what is reported now.
pub fn redate_loads(
    transaction: &Transaction<'_>,
    (workspace, connection): (&str, &str),
    now: DateTime<Utc>,
) -> Result<u64, WarehouseError> {
    let which = "workspace = $1 AND connection = $2 AND (fetched_at > $3 OR loaded_at > $3)";
    redate(transaction, which, (workspace, connection), now)
}

/// Connections, by workspace and id, of which [`redate_loads`] would date a load anew.
pub fn connections_ahead(
    transaction: &Transaction<'_>,
    now: DateTime<Utc>,
) -> Result<BTreeSet<(String, String)>, WarehouseError> {
    let step = || "looking for loads that lie ahead".to_owned();
    let mut statement = transaction
        .prepare("SELECT DISTINCT workspace, connection FROM ops.load WHERE fetched_at > $1 OR loaded_at > $1")
        .context(step)?;
    let believed = latest_believed(now).naive_utc();
    let rows = statement.query_map(params![believed], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

pub(super) fn redate(
    transaction: &Transaction<'_>,
    which: &str,
    (workspace, connection): (&str, &str),
    now: DateTime<Utc>,
) -> Result<u64, WarehouseError> {
    let step = || "dating loads that lie ahead".to_owned();
    let believed = latest_believed(now).naive_utc();
    let noted = format!(
        "INSERT INTO ops.load_redated SELECT load_id, fetched_at, CAST($4 AS TIMESTAMP) FROM ops.load WHERE {which}"
    );
    let count = transaction.execute(&noted, params![workspace, connection, believed, now.naive_utc()]).context(step)?;
    if count > 0 {
        let dated = format!(
            "UPDATE ops.load SET fetched_at = TIMESTAMP '1970-01-01', loaded_at = TIMESTAMP '1970-01-01' WHERE {which}"
        );
        transaction.execute(&dated, params![workspace, connection, believed]).context(step)?;
    }
    Ok(count as u64)
}

#[cfg(test)]
mod tests;
