//! Loads that began and did not end: a slice that ends the process is known by them at the next start.

use super::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};

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
    let owner = literal(owner);
    let begun: BTreeSet<String> = {
        let sql = format!(
            "SELECT concat_ws(chr(0), workspace, connection, stream, slice) FROM ops.slice_attempt WHERE {}",
            is_among(slices.iter())
        );
        let mut statement = transaction.prepare(&sql).context(step)?;
        let rows = statement.query_map([], |row| row.get(0)).context(step)?;
        rows.collect::<Result<_, _>>().context(step)?
    };
    // Not ON CONFLICT, which takes three times as long for each slice; hardly any was begun before.
    let known =
        |key: &&SliceKey| begun.contains(&[&*key.workspace, &key.connection, &key.stream, &key.slice].join("\0"));
    let (again, new): (Vec<&SliceKey>, Vec<&SliceKey>) = slices.iter().partition(known);
    if !again.is_empty() {
        let sql = format!(
            "UPDATE ops.slice_attempt SET attempts = attempts + CASE WHEN owner = {owner} THEN 0 ELSE 1 END,
                 owner = {owner}, began_at = TIMESTAMP '{at}' WHERE {}",
            is_among(again.into_iter())
        );
        transaction.execute_batch(&sql).context(step)?;
    }
    // Each once, however often it is named.
    let new: BTreeSet<String> = new.into_iter().map(row).collect();
    if !new.is_empty() {
        let rows: Vec<String> = new.iter().map(|row| format!("({row}, 1, {owner}, TIMESTAMP '{at}')")).collect();
        let sql = format!("INSERT INTO ops.slice_attempt VALUES {}", rows.join(", "));
        transaction.execute_batch(&sql).context(step)?;
    }
    transaction.commit().context(step)
}

/// A key as values of a row.
fn row(key: &SliceKey) -> String {
    let SliceKey { workspace, connection, stream, slice } = key;
    [workspace, connection, stream, slice].map(|text| literal(text)).join(", ")
}

/// The condition that a row is one of the keys, of which there is at least one.
fn is_among<'a>(keys: impl Iterator<Item = &'a SliceKey>) -> String {
    let keys: Vec<&SliceKey> = keys.collect();
    if let [SliceKey { workspace, connection, stream, slice }] = keys.as_slice() {
        // A list of one takes twice as long.
        let [workspace, connection, stream, slice] = [workspace, connection, stream, slice].map(|text| literal(text));
        return format!(
            "workspace = {workspace} AND connection = {connection} AND stream = {stream} AND slice = {slice}"
        );
    }
    let rows: Vec<String> = keys.into_iter().map(|key| format!("({})", row(key))).collect();
    format!("(workspace, connection, stream, slice) IN (VALUES {})", rows.join(", "))
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
    let sql = format!("DELETE FROM ops.slice_attempt WHERE {}", is_among(slices.iter()));
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
        migrate::apply(&mut connection).expect("migrated");
        let key = |slice: &str| SliceKey {
            workspace: "w".to_owned(),
            connection: "c".to_owned(),
            stream: "s".to_owned(),
            slice: slice.to_owned(),
        };
        let now = "2026-11-25T12:00:00Z".parse().expect("an instant");
        // The second process could not note an end on a full disk, and began again.
        for owner in ["one", "two", "two"] {
            begin(&mut connection, &[key("a"), key("b"), key("a")], owner, now).expect("begun");
        }
        end(&mut connection, &[key("b")]).expect("ended");
        let found = |owner| unended(&connection, ("w", "c", "s"), owner).expect("read");
        assert_eq!(found("three"), BTreeMap::from([("a".to_owned(), Unended { attempts: 2, began_at: now })]));
        assert_eq!(found("two"), BTreeMap::new(), "its own is under way");
    }
}
