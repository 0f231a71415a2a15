//! What queries of connectors, rollups and checks may do: read tables, in one SELECT. They come from
//! files that others write, and must reach no other file, no setting and no secret. DuckDB's own parser
//! says what a query is made of.

use super::error::{Context, WarehouseError};
use duckdb::{Connection, params};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Functions that make rows out of values. All others that stand for a table read something.
const ROWS_FROM: [&str; 5] = ["unnest", "range", "generate_series", "json_each", "json_tree"];
/// Functions that reveal the machine or the settings, or write.
const CLOSED: [&str; 8] = [
    "getenv",
    "current_setting",
    "write_log",
    "nextval",
    "currval",
    "current_query",
    "json_serialize_plan",
    "txid_current",
];
const SCHEMAS: [&str; 6] = ["", "core", "history", "mart", "ops", "temp"];
/// Tables of the ledger that no figure is made of.
const CLOSED_LEDGER: [&str; 8] =
    ["outbox", "payload", "delivery_attempt", "erased", "objection", "suppression", "audit", "handed_over"];
/// The variable that holds the key of pseudonyms; `pseudonym(...)` uses it.
const KEY: &str = "person_key";
/// Queries found good, by their text; beyond so many they are looked at anew.
const MOST_KNOWN: usize = 1000;

static KNOWN: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Whether `sql` may be run.
///
/// # Errors
/// `Invalid` with what it must not do and the remedy, `Query` where it is no SQL.
pub fn examine(connection: &Connection, sql: &str) -> Result<(), WarehouseError> {
    let is_known = |known: &Option<HashSet<String>>| known.as_ref().is_some_and(|known| known.contains(sql));
    if is_known(&KNOWN.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(());
    }
    let tree = parsed(connection, sql)?;
    look(&tree["statements"])?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if known.len() >= MOST_KNOWN {
        known.clear();
    }
    known.insert(sql.to_owned());
    Ok(())
}

/// What a query is made of, as DuckDB's parser says it.
///
/// # Errors
/// `Invalid` where it is not one SELECT, `Query` where it is no SQL.
pub(super) fn parsed(connection: &Connection, sql: &str) -> Result<Value, WarehouseError> {
    let tree: String = connection
        .query_row("SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", params![sql], |row| row.get(0))
        .context(|| "reading a query".to_owned())?;
    let tree: Value = serde_json::from_str(&tree)
        .map_err(|_| refused("it is nested more deeply than is read", "take it apart into common table expressions"))?;
    if tree["error"] == Value::Bool(true) {
        if tree["error_type"] == "not implemented" {
            return Err(refused("it is not one SELECT", "write a single SELECT; WITH may come before it"));
        }
        // Not SQL: DuckDB says where.
        connection.prepare(sql).map(drop).context(|| "reading a query".to_owned())?;
        return Err(refused("it is not one SELECT", "write a single SELECT; WITH may come before it"));
    }
    if tree["statements"].as_array().is_none_or(|statements| statements.len() != 1) {
        return Err(refused("it is more than one statement", "write a single SELECT"));
    }
    Ok(tree)
}

/// The query of a parse tree that [`parsed`] gave.
///
/// # Errors
/// `Query` where DuckDB cannot write it as SQL.
pub(super) fn written(connection: &Connection, tree: &Value) -> Result<String, WarehouseError> {
    let sql = "SELECT json_deserialize_sql(CAST(CAST(? AS VARCHAR) AS JSON))";
    connection
        .query_row(sql, params![tree.to_string()], |row| row.get(0))
        .context(|| "writing a query that was changed".to_owned())
}

fn look(node: &Value) -> Result<(), WarehouseError> {
    match node {
        Value::Array(parts) => parts.iter().try_for_each(look),
        Value::Object(parts) => {
            of_kind(node)?;
            parts.values().try_for_each(look)
        }
        _ => Ok(()),
    }
}

fn of_kind(node: &Value) -> Result<(), WarehouseError> {
    let text = |key: &str| node[key].as_str().unwrap_or_default();
    match text("type") {
        "TABLE_FUNCTION" => {
            let name = node["function"]["function_name"].as_str().unwrap_or_default().to_lowercase();
            if !ROWS_FROM.contains(&name.as_str()) {
                return Err(refused(
                    &format!("it calls {name}(…) as a table"),
                    &format!("read the relation of the pages or a table; only {} make rows", ROWS_FROM.join(", ")),
                ));
            }
        }
        "BASE_TABLE" => table(text("catalog_name"), text("schema_name"), text("table_name"))?,
        "SHOW_REF" => return Err(refused("it asks for the database's own description", "read tables only")),
        _ => {}
    }
    let name = text("function_name").to_lowercase();
    if CLOSED.contains(&name.as_str()) {
        return Err(refused(&format!("it calls {name}(…)"), "leave that out: a query knows its tables only"));
    }
    if name == "getvariable" {
        let argument = &node["children"][0];
        let variable = argument["value"]["value"].as_str();
        if argument["class"] != "CONSTANT" || variable.is_none_or(|variable| variable.eq_ignore_ascii_case(KEY)) {
            return Err(refused(
                "it reads a variable that is not named, or the key of pseudonyms",
                "write the variable's name as a text; pseudonym(…) hashes an identifier",
            ));
        }
    }
    Ok(())
}

fn table(catalog: &str, schema: &str, name: &str) -> Result<(), WarehouseError> {
    let lower = name.to_lowercase();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_own = ["duckdb_", "pragma_", "pg_", "sqlite_"].iter().any(|begin| lower.starts_with(begin));
    let schema = schema.to_lowercase();
    let is_open = SCHEMAS.contains(&schema.as_str()) && !(schema == "ops" && CLOSED_LEDGER.contains(&lower.as_str()));
    if is_name && !is_own && is_open && matches!(catalog, "" | "temp") {
        return Ok(());
    }
    let full = [catalog, schema.as_str(), name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    Err(refused(
        &format!("it reads {:?}", full.join(".")),
        "read tables of core, history, mart and ops that figures are made of, or a common table expression",
    ))
}

fn refused(what: &str, remedy: &str) -> WarehouseError {
    WarehouseError::Invalid(format!("the query is not run: {what}; {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sql: &str) -> Option<String> {
        let connection = Connection::open_in_memory().expect("a database");
        examine(&connection, sql).err().map(|error| error.to_string())
    }

    #[test]
    fn one_select_over_tables_is_run() {
        for sql in [
            "SELECT 1 AS x;",
            "-- a comment\nWITH a AS (SELECT unnest(range(3)) AS i) SELECT * FROM a JOIN core.payment ON true",
            "FROM page SELECT record ->> '$.id' AS id, getvariable('window_start') AS at",
            "SELECT * FROM page, unnest(records) AS r(record), json_each(record)",
            "SELECT list_filter([1], lambda x: x > 0), 'read_text(''/etc/passwd'')' AS text, pseudonym('a')",
            "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 5) SELECT * FROM t",
        ] {
            assert_eq!(said(sql), None, "{sql}");
        }
    }

    #[test]
    fn whatever_reaches_beyond_tables_is_refused() {
        for sql in [
            "SELECT 1; COPY (SELECT 1) TO '/tmp/x'",
            "SELECT 1; SELECT 2",
            "COPY (SELECT 1) TO '/tmp/x'",
            "ATTACH '/tmp/x'",
            "EXPORT DATABASE '/tmp/x'",
            "DELETE FROM core.payment",
            "SET memory_limit = '1GB'",
            "PRAGMA database_list",
            "INSTALL httpfs",
            "FROM '/etc/passwd.csv'",
            "SELECT * FROM \"a.parquet\"",
            "SELECT * FROM \"https://x.example/a\"",
            "SELECT * FROM read_text('/etc/passwd')",
            "SELECT * FROM READ_CSV_AUTO('/etc/passwd')",
            "SELECT (SELECT content FROM read_text('/etc/passwd'))",
            "SELECT * FROM core.payment WHERE id IN (SELECT file FROM glob('/**'))",
            "SELECT * FROM query('SELECT 1')",
            "SELECT * FROM query_table('/etc/passwd.csv')",
            "SELECT * FROM duckdb_secrets()",
            "SELECT * FROM duckdb_settings()",
            "SELECT * FROM duckdb_variables()",
            "SELECT * FROM duckdb_columns",
            "SELECT * FROM information_schema.tables",
            "SELECT * FROM pg_catalog.pg_settings",
            "SELECT * FROM ops.outbox",
            "SELECT payload FROM ops.payload",
            "SELECT * FROM replaced.ops.report",
            "SELECT * FROM parquet_metadata('/x')",
            "SELECT * FROM json_execute_serialized_sql('{}')",
            "SELECT * FROM checkpoint()",
            "SELECT getenv('HOME')",
            "SELECT list_transform([1], lambda x: getenv('HOME'))",
            "SELECT getvariable('person_key')",
            "SELECT getvariable('PERSON_KEY')",
            "SELECT getvariable('person' || '_key')",
            "SELECT getvariable(name) FROM (SELECT 'person_key' AS name)",
            "SELECT current_setting('memory_limit')",
            "FROM (SHOW TABLES)",
            "FROM (DESCRIBE core.payment)",
            "SELECT * FROM (SUMMARIZE core.payment)",
            "EXPLAIN SELECT 1",
            "",
            "-- nothing",
            "SELECT FROM WHERE",
        ] {
            assert!(said(sql).is_some(), "{sql}");
        }
        assert_eq!(
            said("SELECT * FROM read_text('/etc/passwd')").as_deref(),
            Some(
                "the query is not run: it calls read_text(…) as a table; read the relation of the pages or a table; only unnest, range, generate_series, json_each, json_tree make rows"
            )
        );
    }

    #[test]
    fn a_query_nested_without_end_is_refused_in_bounds() {
        let deep = format!("SELECT {}1{}", "(SELECT ".repeat(3000), ")".repeat(3000));
        assert!(said(&deep).is_some());
        let long = format!("SELECT {}", vec!["1"; 50_000].join(" + "));
        assert!(said(&long).is_some());
    }
}
