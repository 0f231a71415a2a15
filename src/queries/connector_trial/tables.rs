//! What a trial has left in the tables of its database.

use crate::support::shown::fault;
use crate::warehouse::sql::literal;
use crate::warehouse::{Context, Warehouse, WarehouseError};
use serde::Serialize;

/// Rows and days shown.
const SHOWN: usize = 5;
const MOST_DAYS: usize = 31;

/// A table that a stream fills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableTrial {
    pub table: String,
    /// Each column with its type.
    pub columns: Vec<(String, String)>,
    pub rows: u64,
    pub first_rows: Vec<Vec<Option<String>>>,
    /// The newest days with their rows; none of a table without days.
    pub by_day: Vec<(String, u64)>,
    pub quarantined: Vec<Reject>,
}

/// Rows that were quarantined for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reject {
    pub reason: String,
    pub rows: u64,
    /// The first record, as the vendor sent it.
    pub record: Option<String>,
}

/// The tables that connectors load into.
pub fn all(warehouse: &Warehouse) -> Result<Vec<String>, WarehouseError> {
    let step = || "listing the tables".to_owned();
    warehouse.read_blocking(|reader| {
        let sql = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core' ORDER BY 1";
        let mut statement = reader.prepare(sql).context(step)?;
        let names = statement.query_map([], |row| row.get(0)).context(step)?;
        names.collect::<Result<Vec<String>, _>>().context(step)
    })
}

/// What of a stream lies in a table.
pub fn table(
    warehouse: &Warehouse,
    stream: &str,
    table: &str,
    day: Option<&str>,
) -> Result<TableTrial, WarehouseError> {
    let step = || format!("reading what was loaded into {table}");
    let own =
        format!("core.{table} WHERE load_id IN (SELECT load_id FROM ops.load WHERE stream = {})", literal(stream));
    warehouse.read_blocking(|reader| {
        let sql = format!(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'core' AND table_name = {}
             AND column_name NOT IN ('workspace', 'connection', 'load_id') ORDER BY column_index",
            literal(table)
        );
        let mut statement = reader.prepare(&sql).context(step)?;
        let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
        let columns: Vec<(String, String)> = columns.collect::<Result<_, _>>().context(step)?;
        let rows = reader.query_row(&format!("SELECT count(*)::UBIGINT FROM {own}"), [], |row| row.get(0)).context(step)?;
        let sql = format!(
            "SELECT COLUMNS(*)::VARCHAR FROM (SELECT * EXCLUDE (workspace, connection, load_id) FROM {own} ORDER BY ALL LIMIT {SHOWN})"
        );
        let mut statement = reader.prepare(&sql).context(step)?;
        let cells = columns.len();
        let first_rows = statement
            .query_map([], |row| (0..cells).map(|index| row.get(index)).collect::<Result<Vec<_>, _>>())
            .context(step)?;
        let first_rows = first_rows.collect::<Result<_, _>>().context(step)?;
        let by_day = match day {
            None => Vec::new(),
            Some(day) => {
                let sql = format!("SELECT {day}::VARCHAR, count(*)::UBIGINT FROM {own} GROUP BY 1 ORDER BY 1 DESC LIMIT {MOST_DAYS}");
                let mut statement = reader.prepare(&sql).context(step)?;
                let days = statement
                    .query_map([], |row| Ok((row.get::<_, Option<String>>(0)?.unwrap_or_default(), row.get(1)?)))
                    .context(step)?;
                days.collect::<Result<_, _>>().context(step)?
            }
        };
        let sql = format!(
            "SELECT reason, count(*)::UBIGINT, any_value(raw) FROM ops.quarantine WHERE stream = {} AND table_name = {}
             GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10",
            literal(stream),
            literal(table)
        );
        let mut statement = reader.prepare(&sql).context(step)?;
        let quarantined = statement
            .query_map([], |row| {
                let (reason, record): (String, Option<String>) = (row.get(0)?, row.get(2)?);
                Ok(Reject { reason: fault(&reason), rows: row.get(1)?, record })
            })
            .context(step)?;
        let quarantined = quarantined.collect::<Result<_, _>>().context(step)?;
        Ok(TableTrial { table: table.to_owned(), columns, rows, first_rows, by_day, quarantined })
    })
}

/// The fields of a stream's records, as its load has noted them.
pub fn fields(warehouse: &Warehouse, stream: &str) -> Result<Vec<String>, WarehouseError> {
    let step = || "reading the fields of the answers".to_owned();
    warehouse.read_blocking(|reader| {
        let sql = format!("SELECT DISTINCT field FROM ops.stream_field WHERE stream = {} ORDER BY 1", literal(stream));
        let mut statement = reader.prepare(&sql).context(step)?;
        let fields = statement.query_map([], |row| row.get(0)).context(step)?;
        fields.collect::<Result<_, _>>().context(step)
    })
}
