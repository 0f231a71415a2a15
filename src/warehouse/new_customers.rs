//! Since when new customers are distinguished from old ones: who paid before a connection's first day is
//! known only where its vendor let the earlier payments be read.

use super::error::{Context, WarehouseError};
use chrono::NaiveDate;
use duckdb::{Connection, OptionalExt, params};
use serde::Serialize;

/// The fact that new customers rest on beside payments.
pub const EARLIER_PAYERS: &str = "earlier_payer";

/// The streams of a connection that say who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerStreams {
    pub connection: String,
    /// Fills `core.payment`.
    pub payments: String,
    /// Fills `core.earlier_payer`; absent where the connector has none.
    pub earlier: Option<String>,
}

/// A connection whose payers count as new customers at their first payment since a day, though they
/// may have paid before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountedSince {
    pub connection: String,
    pub date: NaiveDate,
}

/// Of the connections of a workspace those whose earlier payments are not known up to their first
/// day. What costs a new customer is too low for them, and their customers are first since that day.
pub fn counted_since(
    reader: &Connection,
    workspace: &str,
    all: &[PayerStreams],
) -> Result<Vec<CountedSince>, WarehouseError> {
    let step = || "looking for earlier payments".to_owned();
    let mut found = Vec::new();
    for PayerStreams { connection, payments, earlier } in all {
        let first: Option<NaiveDate> = reader
            .query_row(
                "SELECT min(date) FROM ops.coverage WHERE workspace = ? AND connection = ? AND stream = ?",
                params![workspace, connection, payments],
                |row| row.get(0),
            )
            .context(step)?;
        let Some(date) = first else { continue };
        let is_known: Option<bool> = reader
            .query_row(
                // The first day begins up to 14 hours before the same day in UTC.
                "SELECT read_until >= CAST(? AS TIMESTAMP) - INTERVAL 14 HOUR FROM ops.cursor
                 WHERE workspace = ? AND connection = ? AND stream = ?",
                params![date, workspace, connection, earlier.as_deref().unwrap_or_default()],
                |row| row.get(0),
            )
            .optional()
            .context(step)?;
        if is_known != Some(true) {
            found.push(CountedSince { connection: connection.clone(), date });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::migrate;

    #[test]
    fn a_connection_counts_since_its_first_day_until_its_earlier_payments_are_read() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::apply(&mut connection).expect("migrated");
        connection
            .execute_batch(
                "INSERT INTO ops.coverage SELECT 'w', id, 'charges', '', DATE '2026-01-01' + day::INTEGER, 'l', TIMESTAMP '2026-02-01', true, NULL, NULL
                     FROM (VALUES ('asked'), ('refused'), ('begun')) AS v(id), range(3) AS d(day);
                 INSERT INTO ops.cursor VALUES ('w', 'asked', 'earlier', '', TIMESTAMP '2026-01-01', 'l'),
                     ('w', 'begun', 'earlier', '', TIMESTAMP '2024-06-01', 'l')",
            )
            .expect("rows");
        let streams = |id: &str| PayerStreams {
            connection: id.to_owned(),
            payments: "charges".to_owned(),
            earlier: Some("earlier".to_owned()),
        };
        let all = ["asked", "refused", "begun", "never read"].map(streams);
        let found = counted_since(&connection, "w", &all).expect("connections");
        let lines: Vec<String> = found.iter().map(|one| format!("{} {}", one.connection, one.date)).collect();
        assert_eq!(lines, ["refused 2026-01-01", "begun 2026-01-01"]);
    }
}
