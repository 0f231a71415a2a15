//! What a database holds, in a form that two databases can be compared by: rows of each table, and a
//! sum over the rows' hashes that no changed, lost or doubled row leaves as it was.

use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::named;
use duckdb::{AccessMode, Config, Connection};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Each table's count and content, by `schema.table`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checksum(pub BTreeMap<String, TableChecksum>);

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableChecksum {
    pub rows: u64,
    /// Sum of the rows' hashes; comparable within one version of DuckDB only.
    pub content: String,
}

impl Checksum {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.0.values().map(|table| table.rows).sum()
    }

    /// Rows by table.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.iter().map(|(name, table)| (name.clone(), table.rows)).collect()
    }

    /// The first difference in words, or `None` if both hold the same.
    pub fn difference(&self, other: &Self) -> Option<String> {
        for (name, table) in &self.0 {
            match other.0.get(name) {
                None => return Some(format!("{name} is missing")),
                Some(found) if found.rows != table.rows => {
                    return Some(format!("{name} has {} rows, not {}", found.rows, table.rows));
                }
                Some(found) if found.content != table.content => {
                    return Some(format!("{name} has as many rows, but others"));
                }
                Some(_) => {}
            }
        }
        other.0.keys().find(|name| !self.0.contains_key(*name)).map(|name| format!("{name} is not in the original"))
    }
}

/// Reads every row of every table of the connection's database.
pub fn prove(connection: &Connection) -> Result<Checksum, WarehouseError> {
    let mut proof = Checksum::default();
    for (schema, table) in tables(connection)? {
        let (rows, content) = connection
            .query_row(
                &format!(
                    "SELECT count(*)::UBIGINT, coalesce(sum(hash(t)::HUGEINT), 0)::VARCHAR FROM {} AS t",
                    named(&schema, &table)
                ),
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .context(|| format!("reading {schema}.{table}"))?;
        proof.0.insert(format!("{schema}.{table}"), TableChecksum { rows, content });
    }
    Ok(proof)
}

/// The database's own tables, by schema and name.
pub fn tables(connection: &Connection) -> Result<Vec<(String, String)>, WarehouseError> {
    let step = || "listing the tables".to_owned();
    let mut statement = connection
        .prepare(
            "SELECT schema_name, table_name FROM duckdb_tables()
             WHERE database_name = current_database() AND NOT temporary ORDER BY 1, 2",
        )
        .context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Opens a file to be read only, beside the warehouse; nothing in it is changed.
pub fn open_read_only(path: &Path) -> Result<Connection, WarehouseError> {
    let flags = Config::default()
        .access_mode(AccessMode::ReadOnly)
        .and_then(|flags| flags.with("memory_limit", "512MB"))
        .and_then(|flags| flags.with("autoinstall_known_extensions", "false"))
        .and_then(|flags| flags.with("autoload_known_extensions", "false"))
        .context(|| "configuring DuckDB".to_owned())?;
    Connection::open_with_flags(path, flags).map_err(|error| WarehouseError::opening(path, error))
}
