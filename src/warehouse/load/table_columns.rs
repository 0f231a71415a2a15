//! Columns of tables, without the catalog of all tables.

use crate::warehouse::error::{Context, WarehouseError};
use duckdb::Connection;

/// The columns a stream's query yields: the table's own, less what the loader adds.
pub fn columns(connection: &Connection, table: &str) -> Result<Vec<String>, WarehouseError> {
    let step = || format!("reading the columns of core.{table}");
    // The catalog of all tables takes ten times as long, for every slice.
    let is_gone = |error: &duckdb::Error| error.to_string().contains("does not exist");
    let mut statement = match connection.prepare(&format!("SELECT * FROM core.{table} LIMIT 0")) {
        Err(error) if is_gone(&error) => {
            return Err(WarehouseError::Invalid(format!("there is no table core.{table}")));
        }
        other => other.context(step)?,
    };
    statement.query([]).map(drop).context(step)?;
    let added = ["workspace", "connection", "load_id"];
    Ok(statement.column_names().into_iter().filter(|name| !added.contains(&name.as_str())).collect())
}

/// Whether a temporary table has a column. The catalog of all tables takes ten times as long.
pub fn has_column(connection: &Connection, table: &str, column: &str) -> Result<bool, WarehouseError> {
    let step = || format!("reading the columns of {table}");
    let mut statement = connection.prepare(&format!("SELECT * FROM temp.{table} LIMIT 0")).context(step)?;
    statement.query([]).map(drop).context(step)?;
    Ok(statement.column_names().iter().any(|name| name == column))
}
