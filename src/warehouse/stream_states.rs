//! How the newest sync of each stream ended.

use super::error::{Context, WarehouseError};
use crate::support::redact;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use serde::Serialize;
use std::collections::BTreeMap;

/// The end of one stream's sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEnd {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    /// What stopped it, and whether trying again may help by itself.
    pub error: Option<(String, bool)>,
}

/// How a stream stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamState {
    pub connection: String,
    pub stream: String,
    pub tried_at: DateTime<Utc>,
    pub succeeded_at: Option<DateTime<Utc>>,
    pub failures_in_row: u32,
    pub error: Option<String>,
    pub can_retry: bool,
}

/// Enters how streams ended at `now`; all or nothing.
pub fn note(connection: &mut Connection, ends: &[StreamEnd], now: DateTime<Utc>) -> Result<(), WarehouseError> {
    let step = || "noting how streams ended".to_owned();
    let transaction = connection.transaction().context(step)?;
    let mut statement = transaction
        .prepare(
            "INSERT INTO ops.stream_state AS old VALUES ($1, $2, $3, $4, CASE WHEN $5::VARCHAR IS NULL THEN $4::TIMESTAMP END,
                 CASE WHEN $5::VARCHAR IS NULL THEN 0 ELSE 1 END, $5, $6)
             ON CONFLICT DO UPDATE SET tried_at = excluded.tried_at,
                 succeeded_at = coalesce(excluded.succeeded_at, old.succeeded_at),
                 failures_in_row = CASE WHEN excluded.error IS NULL THEN 0 ELSE old.failures_in_row + 1 END,
                 error = excluded.error, can_retry = excluded.can_retry",
        )
        .context(step)?;
    for end in ends {
        let (error, can_retry) = end.error.as_ref().map(|(error, can_retry)| (redact::all(error), *can_retry)).unzip();
        statement
            .execute(params![end.workspace, end.connection, end.stream, now.naive_utc(), error, can_retry])
            .context(|| format!("noting how {} {} ended", end.connection, end.stream))?;
    }
    drop(statement);
    transaction.commit().context(step)
}

/// How the streams of a workspace stand, by connection and stream.
pub fn list(reader: &Connection, workspace: &str) -> Result<Vec<StreamState>, WarehouseError> {
    Ok(list_of(reader, Some(workspace))?.remove(workspace).unwrap_or_default())
}

/// The same of every workspace, in one statement.
pub fn list_all(reader: &Connection) -> Result<BTreeMap<String, Vec<StreamState>>, WarehouseError> {
    list_of(reader, None)
}

fn list_of(reader: &Connection, wanted: Option<&str>) -> Result<BTreeMap<String, Vec<StreamState>>, WarehouseError> {
    let step = || "reading how streams stand".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT connection, stream, tried_at, succeeded_at, failures_in_row, error, coalesce(can_retry, true), workspace
             FROM ops.stream_state WHERE $1::VARCHAR IS NULL OR workspace = $1 ORDER BY connection, stream",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![wanted], |row| {
            let state = StreamState {
                connection: row.get(0)?,
                stream: row.get(1)?,
                tried_at: row.get::<_, NaiveDateTime>(2)?.and_utc(),
                succeeded_at: row.get::<_, Option<NaiveDateTime>>(3)?.map(|at| at.and_utc()),
                failures_in_row: row.get(4)?,
                error: row.get(5)?,
                can_retry: row.get(6)?,
            };
            Ok((row.get(7)?, state))
        })
        .context(step)?;
    let mut all = BTreeMap::<String, Vec<StreamState>>::new();
    for row in rows {
        let (workspace, state) = row.context(step)?;
        all.entry(workspace).or_default().push(state);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::Warehouse;

    #[test]
    fn failures_are_counted_until_the_next_success() {
        let warehouse = Warehouse::in_memory().expect("a database");
        let at = |minute: u32| format!("2026-03-01T10:{minute:02}:00Z").parse::<DateTime<Utc>>().expect("an instant");
        for (minute, error) in [(0, None), (1, Some("no route")), (2, Some("no route"))] {
            let end = StreamEnd {
                workspace: "w".to_owned(),
                connection: "ads".to_owned(),
                stream: "ad_daily".to_owned(),
                error: error.map(|error| (error.to_owned(), true)),
            };
            warehouse.write_blocking(move |writer| note(writer, &[end], at(minute))).expect("noted");
        }
        let states = warehouse.read_blocking(|reader| list(reader, "w")).expect("read");
        assert_eq!((states[0].failures_in_row, states[0].error.as_deref()), (2, Some("no route")));
        assert_eq!((states[0].succeeded_at, states[0].tried_at), (Some(at(0)), at(2)));
    }
}
