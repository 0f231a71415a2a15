//! Loads that began and did not end: a slice that ends the process is known by them at the next start.

use super::error::{Context, WarehouseError};
use super::load::literal;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, Transaction, params};
use std::collections::BTreeMap;

/// A slice within a workspace's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceKey {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    pub slice: String,
}

/// Loads of a slice that did not end, and when the last of them began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unended {
    pub attempts: u32,
    pub began_at: DateTime<Utc>,
}

/// Notes that the process `owner` is loading these slices. Where it could not note an end before, e.g. on a full
/// disk, that counts once.
pub fn begin(
    connection: &mut Connection,
    slices: &[SliceKey],
    owner: &str,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let step = || "noting which slices are being loaded".to_owned();
    if slices.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction().context(step)?;
    let at = now.format("%Y-%m-%d %H:%M:%S%.6f");
    let sql = format!(
        "INSERT INTO ops.slice_attempt
         SELECT DISTINCT ON (workspace, connection, stream, slice) *, 1, {}, TIMESTAMP '{at}' FROM ({})
         ON CONFLICT DO UPDATE SET attempts = attempts + CASE WHEN owner = excluded.owner THEN 0 ELSE 1 END,
             owner = excluded.owner, began_at = excluded.began_at",
        literal(owner),
        keys(slices)
    );
    transaction.execute_batch(&sql).context(step)?;
    transaction.commit().context(step)
}

/// The keys as a query; slices are at least one.
fn keys(slices: &[SliceKey]) -> String {
    let row = |key: &SliceKey| {
        let SliceKey { workspace, connection, stream, slice } = key;
        format!("({})", [workspace, connection, stream, slice].map(|text| literal(text)).join(", "))
    };
    let rows: Vec<String> = slices.iter().map(row).collect();
    format!("SELECT * FROM (VALUES {}) AS k(workspace, connection, stream, slice)", rows.join(", "))
}

/// Notes that the loads of these slices have ended.
pub fn end(connection: &mut Connection, slices: &[SliceKey]) -> Result<(), WarehouseError> {
    let transaction = connection.transaction().context(|| "noting which slices were loaded".to_owned())?;
    forget(&transaction, slices)?;
    transaction.commit().context(|| "noting which slices were loaded".to_owned())
}

/// The same within a transaction.
pub fn forget(transaction: &Transaction<'_>, slices: &[SliceKey]) -> Result<(), WarehouseError> {
    let step = || "noting which slices were loaded".to_owned();
    if slices.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "DELETE FROM ops.slice_attempt AS a USING ({}) AS k WHERE a.workspace = k.workspace AND a.connection = k.connection
             AND a.stream = k.stream AND a.slice = k.slice",
        keys(slices)
    );
    transaction.execute_batch(&sql).context(step)
}

/// Loads of a stream's slices that other processes than `owner` began and did not end, by slice.
pub fn unended(
    reader: &Connection,
    (workspace, connection, stream): (&str, &str, &str),
    owner: &str,
) -> Result<BTreeMap<String, Unended>, WarehouseError> {
    let step = || "looking for loads that did not end".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT slice, attempts::UINTEGER, began_at FROM ops.slice_attempt
             WHERE workspace = ? AND connection = ? AND stream = ? AND owner <> ?",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![workspace, connection, stream, owner], |row| {
            let began_at = row.get::<_, NaiveDateTime>(2)?.and_utc();
            Ok((row.get(0)?, Unended { attempts: row.get(1)?, began_at }))
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::migrate;

    #[test]
    fn a_load_that_did_not_end_is_counted_until_one_does() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::apply(&mut connection, None).expect("migrated");
        let key = |slice: &str| SliceKey {
            workspace: "w".to_owned(),
            connection: "c".to_owned(),
            stream: "s".to_owned(),
            slice: slice.to_owned(),
        };
        let now = "2026-11-25T12:00:00Z".parse().expect("an instant");
        // The second process could not note an end on a full disk, and began again.
        for owner in ["one", "two", "two"] {
            begin(&mut connection, &[key("a"), key("b")], owner, now).expect("begun");
        }
        end(&mut connection, &[key("b")]).expect("ended");
        let found = |owner| unended(&connection, ("w", "c", "s"), owner).expect("read");
        assert_eq!(found("three"), BTreeMap::from([("a".to_owned(), Unended { attempts: 2, began_at: now })]));
        assert_eq!(found("two"), BTreeMap::new(), "its own is under way");
    }
}
