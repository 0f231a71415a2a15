//! Loads that began and did not end: a slice that ends the process is known by them at the next start.

use super::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, OptionalExt, params};

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

/// Notes that these slices are being loaded.
pub fn begin(connection: &mut Connection, slices: &[SliceKey], now: DateTime<Utc>) -> Result<(), WarehouseError> {
    let step = || "noting which slices are being loaded".to_owned();
    let transaction = connection.transaction().context(step)?;
    for SliceKey { workspace, connection, stream, slice } in slices {
        transaction
            .execute(
                "INSERT INTO ops.slice_attempt VALUES (?, ?, ?, ?, 1, ?)
                 ON CONFLICT DO UPDATE SET attempts = attempts + 1, began_at = excluded.began_at",
                params![workspace, connection, stream, slice, now.naive_utc()],
            )
            .context(step)?;
    }
    transaction.commit().context(step)
}

/// Notes that the loads of these slices have ended.
pub fn end(connection: &mut Connection, slices: &[SliceKey]) -> Result<(), WarehouseError> {
    let step = || "noting which slices were loaded".to_owned();
    let transaction = connection.transaction().context(step)?;
    for SliceKey { workspace, connection, stream, slice } in slices {
        transaction
            .execute(
                "DELETE FROM ops.slice_attempt WHERE workspace = ? AND connection = ? AND stream = ? AND slice = ?",
                params![workspace, connection, stream, slice],
            )
            .context(step)?;
    }
    transaction.commit().context(step)
}

/// The loads of a slice that did not end; `None` where all did.
pub fn unended(reader: &Connection, key: &SliceKey) -> Result<Option<Unended>, WarehouseError> {
    reader
        .query_row(
            "SELECT attempts::UINTEGER, began_at FROM ops.slice_attempt
             WHERE workspace = ? AND connection = ? AND stream = ? AND slice = ?",
            params![key.workspace, key.connection, key.stream, key.slice],
            |row| Ok(Unended { attempts: row.get(0)?, began_at: row.get::<_, NaiveDateTime>(1)?.and_utc() }),
        )
        .optional()
        .context(|| "looking for loads that did not end".to_owned())
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
        for _ in 0..2 {
            begin(&mut connection, &[key("a"), key("b")], now).expect("begun");
        }
        end(&mut connection, &[key("b")]).expect("ended");
        assert_eq!(unended(&connection, &key("a")).expect("read"), Some(Unended { attempts: 2, began_at: now }));
        assert_eq!(unended(&connection, &key("b")).expect("read"), None);
    }
}
