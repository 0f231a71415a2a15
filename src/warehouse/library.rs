//! The DuckDB at work: the version that this Daybook is built and tested with, or no file is opened.
//! One that is compiled in cannot be another; a shared library can be, after an upgrade of the system.

use super::error::{Context, WarehouseError};
use duckdb::Connection;

/// The version that the crate `duckdb` of Cargo.toml binds, as DuckDB itself says it.
pub const BUILT_FOR: &str = "v1.5.5";

/// Functions that the warehouse cannot do without, and that a library may be built without.
const NEEDED: [&str; 2] = ["read_json", "read_parquet"];

/// How DuckDB came here, for people.
pub fn kind() -> &'static str {
    if cfg!(feature = "bundled") { "compiled in" } else { "a shared library" }
}

/// The version at work.
pub fn version(connection: &Connection) -> Result<String, WarehouseError> {
    connection.version().context(|| "asking DuckDB for its version".to_owned())
}

/// Refuses a library that is another version or lacks what the warehouse needs. Asks a database in
/// memory: a newer DuckDB may write a file so that this Daybook's own can no longer read it.
pub fn accept() -> Result<(), WarehouseError> {
    if cfg!(feature = "bundled") {
        return Ok(());
    }
    let connection = Connection::open_in_memory().context(|| "opening a database".to_owned())?;
    judge(&version(&connection)?, &functions(&connection)?)
}

/// Has a released library print instants in UTC, as the one that is compiled in does: its ICU extension
/// would take the machine's time zone.
pub fn same_everywhere(connection: &Connection) -> Result<(), WarehouseError> {
    if cfg!(feature = "bundled") {
        return Ok(());
    }
    let setting = || "setting DuckDB's time zone".to_owned();
    let sql = "SELECT count(*) > 0 FROM duckdb_settings() WHERE name = 'TimeZone'";
    let has_zones: bool = connection.query_row(sql, [], |row| row.get(0)).context(setting)?;
    if has_zones { connection.execute_batch("SET GLOBAL TimeZone = 'UTC'").context(setting) } else { Ok(()) }
}

fn functions(connection: &Connection) -> Result<Vec<String>, WarehouseError> {
    let looking = || "asking DuckDB for its functions".to_owned();
    let sql = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_name IN (?, ?)";
    let mut statement = connection.prepare(sql).context(looking)?;
    let rows = statement.query_map(NEEDED, |row| row.get(0)).context(looking)?;
    rows.collect::<Result<_, _>>().context(looking)
}

fn judge(version: &str, functions: &[String]) -> Result<(), WarehouseError> {
    let lacks = NEEDED.into_iter().find(|needed| !functions.iter().any(|function| function == needed));
    let found = match lacks {
        _ if version != BUILT_FOR => version.to_owned(),
        Some(function) => format!("{version} without {function}"),
        None => return Ok(()),
    };
    Err(WarehouseError::OtherLibrary { found, wanted: BUILT_FOR })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_at_work_is_the_one_this_is_built_for() {
        let connection = Connection::open_in_memory().expect("a database");
        let found = version(&connection).expect("a version");
        judge(&found, &functions(&connection).expect("functions")).expect("the right library");
        accept().expect("the right library");
    }

    #[test]
    fn instants_read_the_same_whatever_the_library_has() {
        let connection = Connection::open_in_memory().expect("a database");
        // Where there are no zones nothing can be set, and UTC is what there is.
        drop(connection.execute_batch("SET GLOBAL TimeZone = 'America/Lima'"));
        same_everywhere(&connection).expect("settled");
        let reader = connection.try_clone().expect("another connection");
        let sql = "SELECT TIMESTAMPTZ '2026-03-01 00:30:00+00'::VARCHAR";
        let text: String = reader.query_row(sql, [], |row| row.get(0)).expect("a text");
        assert_eq!(text, "2026-03-01 00:30:00+00");
    }

    #[test]
    fn another_library_is_refused_with_what_to_do() {
        let all = NEEDED.map(str::to_owned);
        let newer = judge("v1.5.6", &all).expect_err("another version").to_string();
        assert!(newer.contains("is v1.5.6") && newer.contains("libduckdb v1.5.5"), "{newer}");
        let poorer = judge(BUILT_FOR, &all[..1]).expect_err("a function is missing").to_string();
        assert!(poorer.contains("v1.5.5 without read_parquet"), "{poorer}");
    }
}
