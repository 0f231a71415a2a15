//! The coverage map: which load holds each day of each stream.

use super::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use serde::Serialize;

/// A day of a stream's partition as the newest load left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoveredDay {
    pub connection: String,
    pub stream: String,
    /// The account or other part; empty if the stream has none.
    pub partition: String,
    /// In the account's zone.
    pub date: NaiveDate,
    /// Whether the day had ended in its own zone when the vendor was asked.
    pub is_whole_day: bool,
    /// The version: the load that holds the day.
    pub load_id: String,
    pub covered_at: DateTime<Utc>,
}

/// Every covered day of a workspace, by connection, stream, partition and date.
pub fn covered(reader: &Connection, workspace: &str) -> Result<Vec<CoveredDay>, WarehouseError> {
    let step = || "reading the coverage map".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT connection, stream, partition, date, is_whole_day, load_id, covered_at FROM ops.coverage
             WHERE workspace = ? ORDER BY connection, stream, partition, date",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![workspace], |row| {
            Ok(CoveredDay {
                connection: row.get(0)?,
                stream: row.get(1)?,
                partition: row.get(2)?,
                date: row.get(3)?,
                is_whole_day: row.get(4)?,
                load_id: row.get(5)?,
                covered_at: row.get::<_, NaiveDateTime>(6)?.and_utc(),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
