//! Numbered migrations, forward only, each in its own transaction.

use super::error::{Context, WarehouseError};
use duckdb::{Connection, params};

/// In order; the number is the database's version once applied.
const MIGRATIONS: &[(u32, &str)] = &[
    (1, include_str!("migrations/0001_start.sql")),
    (2, include_str!("migrations/0002_books.sql")),
    (3, include_str!("migrations/0003_returns.sql")),
    (5, include_str!("migrations/0005_slots.sql")),
    (8, include_str!("migrations/0008_wide_amounts.sql")),
    (9, include_str!("migrations/0009_backfill.sql")),
    (10, include_str!("migrations/0010_stream_state.sql")),
];

/// Brings the database to the newest version; refuses one that a newer Daybook wrote.
pub fn apply(connection: &mut Connection) -> Result<(), WarehouseError> {
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS main.daybook_version (version INTEGER NOT NULL)")
        .context(|| "reading the database's version".to_owned())?;
    let found: u32 = connection
        .query_row("SELECT coalesce(max(version), 0)::UINTEGER FROM main.daybook_version", [], |row| row.get(0))
        .context(|| "reading the database's version".to_owned())?;
    let known = MIGRATIONS.last().map_or(0, |(version, _)| *version);
    if found > known {
        return Err(WarehouseError::TooNew { found, known });
    }
    for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
        let step = || format!("migration {version}");
        let transaction = connection.transaction().context(step)?;
        transaction.execute_batch(sql).context(step)?;
        transaction.execute("INSERT INTO main.daybook_version (version) VALUES (?)", params![version]).context(step)?;
        transaction.commit().context(step)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("a database");
        apply(&mut connection).expect("the first time");
        apply(&mut connection).expect("the second time");
        let versions: i64 =
            connection.query_row("SELECT count(*) FROM main.daybook_version", [], |row| row.get(0)).expect("a count");
        assert_eq!(usize::try_from(versions).expect("small"), MIGRATIONS.len());
    }

    #[test]
    fn a_database_of_a_newer_daybook_is_refused() {
        let mut connection = Connection::open_in_memory().expect("a database");
        apply(&mut connection).expect("migrated");
        connection.execute("INSERT INTO main.daybook_version (version) VALUES (99)", []).expect("inserted");
        let error = apply(&mut connection).expect_err("too new").to_string();
        assert!(error.contains("version 99"), "{error}");
    }
}
