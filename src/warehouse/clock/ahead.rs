//! What lies ahead of now in the ledger, and putting it right.

use super::{redate, seen, store};
use crate::domain::clock::{Seen, latest_believed};
use crate::warehouse::audit;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::outbox::{HandedOver, What};
use crate::warehouse::writers::BothWriter;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use serde::Serialize;

/// Instants that may lie ahead: slots to come, waits, leases. A wait is bounded where it is read.
const TO_COME: [&str; 5] = [
    "ops.slot.next_attempt_at",
    "ops.outbox.not_before",
    "ops.outbox.lease_until",
    "ops.clock.latest_at",
    // A run names its slot, which may be gone.
    "ops.run.slot_at",
];
/// What else is forgotten: slots and reports of days that have not come, which would be taken for done
/// when they come, and waits that a wrong clock set. `$1` is the latest instant believed.
const FORGOTTEN: [&str; 11] = [
    "DELETE FROM ops.coverage WHERE covered_at > $1",
    "DELETE FROM ops.cursor WHERE read_until > $1",
    "DELETE FROM ops.slot WHERE slot_at > $1 AND state <> 'claimed'",
    "UPDATE ops.slot SET next_attempt_at = NULL WHERE next_attempt_at > $1",
    "UPDATE ops.outbox SET not_before = NULL WHERE not_before > $1",
    "DELETE FROM ops.receipt WHERE report_id IN (SELECT report_id FROM ops.report WHERE period_start - INTERVAL 1 DAY > CAST($1 AS TIMESTAMP))",
    "DELETE FROM ops.issued_file WHERE report_id IN (SELECT report_id FROM ops.report WHERE period_start - INTERVAL 1 DAY > CAST($1 AS TIMESTAMP))",
    "DELETE FROM ops.report_wording WHERE report_id IN (SELECT report_id FROM ops.report WHERE period_start - INTERVAL 1 DAY > CAST($1 AS TIMESTAMP))",
    "DELETE FROM ops.payload WHERE message_id IN (SELECT message_id FROM ops.outbox WHERE report_id IN (SELECT report_id FROM ops.report WHERE period_start - INTERVAL 1 DAY > CAST($1 AS TIMESTAMP)))",
    "DELETE FROM ops.outbox WHERE report_id IN (SELECT report_id FROM ops.report WHERE period_start - INTERVAL 1 DAY > CAST($1 AS TIMESTAMP))",
    "DELETE FROM ops.report WHERE period_start - INTERVAL 1 DAY > CAST($1 AS TIMESTAMP)",
];

/// A column whose instants lie ahead of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ahead {
    /// `schema.table`.
    pub table: String,
    pub column: String,
    pub rows: u64,
    pub furthest_at: DateTime<Utc>,
}

/// Every column of the ledger and of history in which something lies ahead of `now`. What vendors say of
/// their own records is not looked at.
pub fn ahead(reader: &Connection, now: DateTime<Utc>) -> Result<Vec<Ahead>, WarehouseError> {
    let step = || "looking for what lies in the future".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns()
             WHERE database_name = current_database() AND data_type = 'TIMESTAMP'
               AND (schema_name = 'ops' OR schema_name = 'history' AND column_name = 'superseded_at')
               AND (schema_name, table_name) IN (SELECT (schema_name, table_name) FROM duckdb_tables()
                   WHERE database_name = current_database())
             ORDER BY ALL",
        )
        .context(step)?;
    let columns = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .context(step)?
        .collect::<Result<Vec<_>, _>>()
        .context(step)?;
    let mut found = Vec::new();
    for (table, column) in columns {
        if TO_COME.contains(&format!("{table}.{column}").as_str()) || is_of_a_file(&table, &column) {
            continue;
        }
        let (rows, furthest): (u64, Option<NaiveDateTime>) = reader
            .query_row(
                &format!("SELECT count(*)::UBIGINT, max({column}) FROM {table} WHERE {column} > ?"),
                params![latest_believed(now).naive_utc()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .context(step)?;
        if let Some(furthest) = furthest {
            found.push(Ahead { table, column, rows, furthest_at: furthest.and_utc() });
        }
    }
    Ok(found)
}

/// Times of dropped files are those of who wrote them.
fn is_of_a_file(table: &str, column: &str) -> bool {
    (table, column) == ("ops.dropped_file", "modified_at") || (table, column) == ("ops.load_redated", "fetched_at")
}

/// Messages that go with reports of days to come.
fn messages_of_days_to_come(reader: &Connection, now: DateTime<Utc>) -> Result<Vec<String>, WarehouseError> {
    let step = || "looking for messages of days to come".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT message_id FROM ops.outbox WHERE lane <> 'file' AND report_id IN (
                 SELECT report_id FROM ops.report WHERE period_start - INTERVAL 1 DAY > CAST(? AS TIMESTAMP))",
        )
        .context(step)?;
    let ids = statement.query_map(params![latest_believed(now).naive_utc()], |row| row.get(0)).context(step)?;
    ids.collect::<Result<_, _>>().context(step)
}

/// Takes `now` for right: what lies ahead is forgotten where it will be read again (coverage, cursors),
/// becomes the oldest where it says what a source answered (loads), and is dated now elsewhere. Answers
/// what was found.
pub fn correct(connection: &mut BothWriter<'_>, now: DateTime<Utc>) -> Result<Vec<Ahead>, WarehouseError> {
    let step = || "correcting what lies in the future".to_owned();
    let found = ahead(connection, now)?;
    let known = seen(connection)?;
    let believed = latest_believed(now).naive_utc();
    let ahead_of_time = messages_of_days_to_come(connection, now)?;
    let transaction = connection.transaction().context(step)?;
    for sql in FORGOTTEN {
        transaction.execute(sql, params![believed]).context(step)?;
    }
    // Parameters 1 and 2 name a connection where one is meant.
    redate(&transaction, "$1 = $2 AND (fetched_at > $3 OR loaded_at > $3)", ("", ""), now)?;
    for Ahead { table, column, .. } in &found {
        let is_settled = ["ops.coverage", "ops.cursor", "ops.load"].contains(&table.as_str()) || column == "slot_at";
        if !is_settled {
            transaction
                .execute(
                    &format!("UPDATE {table} SET {column} = ? WHERE {column} > ?"),
                    params![now.naive_utc(), believed],
                )
                .context(step)?;
        }
    }
    if !found.is_empty() || known.is_behind(now).is_some() {
        let rows: u64 = found.iter().map(|ahead| ahead.rows).sum();
        audit::note(
            &transaction,
            now,
            "cli",
            "clock",
            None,
            &format!("{rows} instants that lay ahead were corrected"),
        )?;
    }
    let today = now.date_naive();
    let days = known.days.iter().copied().filter(|day| *day <= today).collect();
    store(&transaction, &known, &Seen { latest: Some(now), behind_since: None, days })?;
    transaction.commit().context(step)?;
    // When their days come, their reports are issued as others are.
    if let Some(handed) = HandedOver::of(connection) {
        for id in ahead_of_time {
            handed.add(&id, What::NotSent, now)?;
        }
    }
    Ok(found)
}
