//! Numbered migrations, forward only, each in its own transaction.

mod payloads;

use super::error::{Context, WarehouseError};
use duckdb::{Connection, params};
use std::collections::BTreeSet;

/// In order; the number is the database's version once applied. What a database lacks is applied,
/// whatever else it has.
const MIGRATIONS: &[(u32, &str)] = &[
    (1, include_str!("migrations/0001_start.sql")),
    (2, include_str!("migrations/0002_books.sql")),
    (3, include_str!("migrations/0003_returns.sql")),
    (4, include_str!("migrations/0004_care.sql")),
    (5, include_str!("migrations/0005_slots.sql")),
    (6, include_str!("migrations/0006_issued.sql")),
    (7, include_str!("migrations/0007_delivery.sql")),
    (8, include_str!("migrations/0008_wide_amounts.sql")),
    (9, include_str!("migrations/0009_backfill.sql")),
    (10, include_str!("migrations/0010_stream_state.sql")),
    (11, include_str!("migrations/0011_wording.sql")),
    (12, include_str!("migrations/0012_pages.sql")),
    (13, include_str!("migrations/0013_doubt.sql")),
    (14, include_str!("migrations/0014_recurring.sql")),
    (15, include_str!("migrations/0015_people.sql")),
    (16, include_str!("migrations/0016_money.sql")),
    (17, include_str!("migrations/0017_files.sql")),
    (18, include_str!("migrations/0018_plans.sql")),
    (19, include_str!("migrations/0019_release.sql")),
    (20, include_str!("migrations/0020_past.sql")),
    (21, include_str!("migrations/0021_objections.sql")),
    (22, include_str!("migrations/0022_attempts.sql")),
    (23, include_str!("migrations/0023_facts.sql")),
    (24, include_str!("migrations/0024_payloads.sql")),
    (25, include_str!("migrations/0025_rollups.sql")),
    (26, include_str!("migrations/0026_payload_moved.sql")),
    (27, include_str!("migrations/0027_personal.sql")),
    (28, include_str!("migrations/0028_rate_source.sql")),
    (29, include_str!("migrations/0029_payload_files.sql")),
    (30, include_str!("migrations/0030_read_state.sql")),
    (31, include_str!("migrations/0031_search.sql")),
    (32, include_str!("migrations/0032_account_health.sql")),
];

/// Since this version the database says which Daybook brought it there.
const NAMES_ITS_MAKER: u32 = 4;

/// Before these payloads are moved, which no single transaction has room for.
const PAYLOADS: u32 = 26;
const PAYLOAD_FILES: u32 = 29;

/// The newest version this Daybook knows.
pub fn newest() -> u32 {
    MIGRATIONS.last().map_or(0, |(version, _)| *version)
}

/// Names of the tables of `schema` that any migration makes.
pub fn tables_made(schema: &str) -> BTreeSet<&'static str> {
    let begin = format!("CREATE TABLE {schema}.");
    let all = MIGRATIONS.iter().flat_map(|(_, sql)| sql.lines());
    all.filter_map(|line| line.strip_prefix(&begin)?.split([' ', '(']).next()).collect()
}

/// The version of a database that holds something and lacks migrations; none of one that is new or lacks nothing.
///
/// # Errors
/// `TooNew` if a newer Daybook wrote it.
pub fn outdated(connection: &Connection) -> Result<Option<u32>, WarehouseError> {
    let applied = versions(connection)?;
    refuse_newer(connection, &applied)?;
    let lacks_any = MIGRATIONS.iter().any(|(version, _)| !applied.contains(version));
    Ok(applied.last().copied().filter(|_| lacks_any))
}

/// Brings the database to the newest version; refuses one that a newer Daybook wrote, unchanged.
pub fn apply(connection: &mut Connection) -> Result<(), WarehouseError> {
    let applied = versions(connection)?;
    refuse_newer(connection, &applied)?;
    let missing: Vec<_> = MIGRATIONS.iter().filter(|(version, _)| !applied.contains(version)).collect();
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS main.daybook_version (version INTEGER NOT NULL)")
        .context(|| "writing the database's version".to_owned())?;
    for (version, sql) in missing {
        let step = || format!("migration {version}");
        match *version {
            PAYLOADS => payloads::move_out(connection)?,
            PAYLOAD_FILES => payloads::move_to_files(connection)?,
            _ => {}
        }
        let transaction = connection.transaction().context(step)?;
        transaction.execute_batch(sql).context(step)?;
        transaction.execute("INSERT INTO main.daybook_version (version) VALUES (?)", params![version]).context(step)?;
        if *version >= NAMES_ITS_MAKER {
            let own = env!("CARGO_PKG_VERSION");
            transaction
                .execute("UPDATE main.daybook_version SET daybook = ? WHERE version = ?", params![own, version])
                .context(step)?;
        }
        transaction.commit().context(step)?;
    }
    Ok(())
}

/// The migrations a database has had, in order; none for an empty one.
pub fn versions(connection: &Connection) -> Result<BTreeSet<u32>, WarehouseError> {
    let step = || "reading the database's version".to_owned();
    let is_new: bool = connection
        .query_row(
            "SELECT count(*) = 0 FROM duckdb_tables()
             WHERE database_name = current_database() AND table_name = 'daybook_version'",
            [],
            |row| row.get(0),
        )
        .context(step)?;
    if is_new {
        return Ok(BTreeSet::new());
    }
    let mut statement = connection.prepare("SELECT version::UINTEGER FROM main.daybook_version").context(step)?;
    statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)
}

/// Fails if a newer Daybook brought the database to where it is.
pub fn refuse_newer(connection: &Connection, applied: &BTreeSet<u32>) -> Result<(), WarehouseError> {
    let found = applied.last().copied().unwrap_or(0);
    if found <= newest() {
        return Ok(());
    }
    // A later version may have changed this table as well; its name is a courtesy.
    let by: Option<String> = connection
        .query_row("SELECT daybook FROM main.daybook_version ORDER BY version DESC LIMIT 1", [], |row| row.get(0))
        .unwrap_or_default();
    let by = by.unwrap_or_else(|| "it does not say which".to_owned());
    Err(WarehouseError::TooNew { found, by, known: newest(), own: env!("CARGO_PKG_VERSION") })
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
        assert!(error.contains("version 99") && error.contains("nothing was changed"), "{error}");
    }

    #[test]
    fn messages_of_an_older_outbox_keep_their_place_and_say_sent() {
        let mut connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch("CREATE TABLE main.daybook_version (version INTEGER NOT NULL)").expect("a table");
        for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version < 7) {
            connection.execute_batch(sql).expect("an older migration");
            connection
                .execute("INSERT INTO main.daybook_version (version) VALUES (?)", params![version])
                .expect("a version");
        }
        for (id, state, route) in [
            ("a", "accepted", r#"{"kind":"mail","from":"x@y.z","to":"Jo <Jo@Example.com>"}"#),
            ("b", "pending", r#"{"kind":"slack","hook":"team"}"#),
            ("c", "failed", r#"{"kind":"file","path":"a/b.pdf"}"#),
        ] {
            let sql = "INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, payload, state,
                attempts, created_at) VALUES (?, 'r', 'w', 0, ?, ''::BLOB, ?, 0, TIMESTAMP '2026-01-01')";
            connection.execute(sql, params![id, route, state]).expect("a message");
        }
        apply(&mut connection).expect("migrated");
        let lines: Vec<String> = connection
            .prepare("SELECT concat_ws(' ', state, kind, lane, recipient) FROM ops.outbox ORDER BY message_id")
            .expect("a query")
            .query_map([], |row| row.get(0))
            .expect("rows")
            .collect::<Result<_, _>>()
            .expect("texts");
        assert_eq!(lines, ["sent report mail jo@example.com", "pending report slack:team", "failed report file"]);
    }
}
