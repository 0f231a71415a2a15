//! Allowances of vendors: what was said of them last, and what is not asked before an instant.

use super::error::{Context, WarehouseError};
use super::sql::literal;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::Connection;
use serde::Serialize;
use std::collections::BTreeMap;

/// An allowance as a vendor stated it last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatedAllowance {
    pub workspace: String,
    pub connection: String,
    /// Whose it is, e.g. an account; empty if the stream has no parts.
    pub partition: String,
    /// What is counted, in words.
    pub what: String,
    /// What is left, or what is used.
    pub amount: f64,
    /// Below it, or from it on where it is what is used, little is left.
    pub limit: Option<f64>,
    pub is_used: bool,
    pub resets_at: Option<DateTime<Utc>>,
    pub said_at: DateTime<Utc>,
}

/// A part of a connection that is not asked before an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    pub workspace: String,
    pub connection: String,
    /// Empty where all streams of the partition are meant.
    pub stream: String,
    pub partition: String,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub note: String,
}

/// Notes what is known of a connection, in place of what was; where nothing is stated, what was stated stays.
pub fn note(
    connection: &mut Connection,
    (workspace, id): (&str, &str),
    stated: &[StatedAllowance],
    holds: &[Hold],
) -> Result<(), WarehouseError> {
    let step = || "noting what is left of allowances".to_owned();
    let at = |at: DateTime<Utc>| format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S%.6f"));
    let (workspace, id) = (literal(workspace), literal(id));
    let or_null = |text: Option<String>| text.unwrap_or_else(|| "NULL".to_owned());
    let mut sql = format!("DELETE FROM ops.allowance_hold WHERE workspace = {workspace} AND connection = {id};");
    // A process that has not asked yet has heard nothing: what was said before stands.
    if !stated.is_empty() {
        sql += &format!("DELETE FROM ops.allowance WHERE workspace = {workspace} AND connection = {id};");
    }
    for one in stated.iter().filter(|one| one.amount.is_finite()) {
        sql += &format!(
            "INSERT INTO ops.allowance VALUES ({workspace}, {id}, {}, {}, {}, {}, {}, {}, {});",
            literal(&one.partition),
            literal(&one.what),
            one.amount,
            or_null(one.limit.filter(|limit| limit.is_finite()).map(|limit| limit.to_string())),
            one.is_used,
            or_null(one.resets_at.map(at)),
            at(one.said_at)
        );
    }
    for hold in holds {
        sql += &format!(
            "INSERT INTO ops.allowance_hold VALUES ({workspace}, {id}, {}, {}, {}, {}, {});",
            literal(&hold.stream),
            literal(&hold.partition),
            at(hold.since),
            at(hold.until),
            literal(&hold.note.replace('\0', "\u{fffd}"))
        );
    }
    let transaction = connection.transaction().context(step)?;
    transaction.execute_batch(&sql).context(step)?;
    transaction.commit().context(step)
}

/// What vendors said last, by workspace, connection and what is counted.
pub fn stated(reader: &Connection) -> Result<Vec<StatedAllowance>, WarehouseError> {
    let step = || "reading what is left of allowances".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT workspace, connection, partition, what, amount, limit_amount, is_used, resets_at, said_at FROM ops.allowance
             ORDER BY ALL",
        )
        .context(step)?;
    let instant = |at: NaiveDateTime| at.and_utc();
    let rows = statement
        .query_map([], |row| {
            Ok(StatedAllowance {
                workspace: row.get(0)?,
                connection: row.get(1)?,
                partition: row.get(2)?,
                what: row.get(3)?,
                amount: row.get(4)?,
                limit: row.get(5)?,
                is_used: row.get(6)?,
                resets_at: row.get::<_, Option<NaiveDateTime>>(7)?.map(instant),
                said_at: instant(row.get(8)?),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// What is not asked before an instant that is still ahead of `now`.
pub fn holds(reader: &Connection, now: DateTime<Utc>) -> Result<Vec<Hold>, WarehouseError> {
    let step = || "reading which allowances are used up".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT workspace, connection, stream, partition, since, until, note FROM ops.allowance_hold
             WHERE until > ? ORDER BY ALL",
        )
        .context(step)?;
    let rows = statement
        .query_map([now.naive_utc()], |row| {
            Ok(Hold {
                workspace: row.get(0)?,
                connection: row.get(1)?,
                stream: row.get(2)?,
                partition: row.get(3)?,
                since: row.get::<_, NaiveDateTime>(4)?.and_utc(),
                until: row.get::<_, NaiveDateTime>(5)?.and_utc(),
                note: row.get(6)?,
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Pages that were read since `from`, by workspace and connection: how often vendors were asked and answered.
pub fn pages_since(
    reader: &Connection,
    from: DateTime<Utc>,
) -> Result<BTreeMap<(String, String), u64>, WarehouseError> {
    let step = || "counting pages".to_owned();
    let mut statement = reader
        .prepare("SELECT workspace, connection, sum(pages)::UBIGINT FROM ops.load WHERE fetched_at >= ? GROUP BY ALL")
        .context(step)?;
    let rows =
        statement.query_map([from.naive_utc()], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::Warehouse;

    #[test]
    fn what_is_known_of_a_connection_takes_the_place_of_what_was() {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let instant = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let allowance = StatedAllowance {
            workspace: "acme".to_owned(),
            connection: "o'brien's".to_owned(),
            partition: "8".to_owned(),
            what: "tokens of the day".to_owned(),
            amount: 1234.5,
            limit: Some(100.0),
            is_used: false,
            resets_at: Some(instant("2026-11-21T08:00:00Z")),
            said_at: instant("2026-11-20T08:00:00.5Z"),
        };
        let hold = Hold {
            workspace: "acme".to_owned(),
            connection: "o'brien's".to_owned(),
            stream: String::new(),
            partition: "8".to_owned(),
            since: instant("2026-11-20T08:00:00Z"),
            until: instant("2026-11-20T09:00:00Z"),
            note: "the day's calls are used up".to_owned(),
        };
        let noted = |stated: Vec<StatedAllowance>, holds: Vec<Hold>| {
            warehouse
                .write_blocking(move |writer| note(writer, ("acme", "o'brien's"), &stated, &holds))
                .expect("noted");
        };
        noted(vec![allowance.clone()], vec![hold.clone()]);
        let held = |now: &str| {
            let now = instant(now);
            warehouse.read_blocking(move |reader| holds(reader, now)).expect("read")
        };
        assert_eq!(warehouse.read_blocking(stated).expect("read"), [allowance]);
        assert_eq!((held("2026-11-20T08:59:59Z"), held("2026-11-20T09:00:00Z")), (vec![hold], Vec::new()));
        noted(Vec::new(), Vec::new());
        assert_eq!((warehouse.read_blocking(stated).expect("read").len(), held("2026-11-20T08:00:00Z").len()), (1, 0));
    }
}
