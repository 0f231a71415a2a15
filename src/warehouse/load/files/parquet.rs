//! Parquet files, read by DuckDB: their columns, and their rows as texts.

use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::path_literal;
use duckdb::Connection;
use std::path::Path;

/// A Parquet file with more is to be split.
const MOST_ROWS: u64 = 5_000_000;
const MOST_COLUMNS: usize = 500;

/// The columns of a Parquet file; refuses what would unpack beyond `max_bytes`.
pub fn parquet_columns(
    reader: &Connection,
    file: &Path,
    name: &str,
    max_bytes: u64,
) -> Result<Vec<String>, WarehouseError> {
    let refused = |message: &str| WarehouseError::Invalid(format!("{name}: {message}"));
    let unreadable = |error: &duckdb::Error| {
        let text = error.to_string().replace(&*file.to_string_lossy(), name);
        let first: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
        refused(&format!("the file cannot be read as Parquet ({first}); write it anew and drop it again"))
    };
    let path = path_literal(file)?;
    let sizes = format!(
        "SELECT coalesce(sum(total_uncompressed_size), 0)::UBIGINT,
             (SELECT coalesce(sum(num_rows), 0)::UBIGINT FROM parquet_file_metadata({path})) FROM parquet_metadata({path})"
    );
    let (bytes, rows): (u64, u64) =
        reader.query_row(&sizes, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(|error| unreadable(&error))?;
    if rows > MOST_ROWS {
        return Err(refused("the file has more than 5,000,000 rows; split it"));
    }
    if bytes > max_bytes {
        return Err(refused(&format!(
            "the file unpacks to more than {} MB; split it, or raise max_mb of the connection",
            max_bytes >> 20
        )));
    }
    let columns = described(reader, &path).map_err(|error| unreadable(&error))?;
    if columns.len() > MOST_COLUMNS {
        return Err(refused("the file has more than 500 columns; drop fewer"));
    }
    Ok(columns.into_iter().map(|(name, _)| name).collect())
}

/// Names and types.
fn described(reader: &Connection, path: &str) -> Result<Vec<(String, String)>, duckdb::Error> {
    let mut statement =
        reader.prepare(&format!("DESCRIBE SELECT * FROM read_parquet({path}, binary_as_string = true)"))?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Hands every row of a Parquet file to `each`: its number from 1, and a text a column.
pub fn parquet_rows(
    reader: &Connection,
    file: &Path,
    (name, decimal_mark): (&str, char),
    mut each: impl FnMut(u64, Vec<Option<String>>) -> Result<(), WarehouseError>,
) -> Result<(), WarehouseError> {
    let step = || format!("reading {name}");
    let path = path_literal(file)?;
    let types = described(reader, &path).context(step)?;
    let values: Vec<String> = types.iter().map(|(name, of)| text_of(name, of, decimal_mark)).collect();
    let mut statement = reader
        .prepare(&format!("SELECT {} FROM read_parquet({path}, binary_as_string = true)", values.join(", ")))
        .context(step)?;
    let mut rows = statement.query([]).context(step)?;
    let mut number = 0;
    while let Some(row) = rows.next().context(step)? {
        number += 1;
        let values = (0..types.len()).map(|index| row.get(index)).collect::<Result<_, _>>().context(step)?;
        each(number, values)?;
    }
    Ok(())
}

/// A typed value as a text; an instant with a zone is in UTC and says so.
fn text_of(name: &str, of: &str, decimal_mark: char) -> String {
    let column = format!("\"{}\"", name.replace('"', "\"\""));
    match of {
        // Its point stands before decimals, of which three alone would look like thousands.
        "FLOAT" | "DOUBLE" => decimal(&column, decimal_mark),
        of if of.starts_with("DECIMAL") => decimal(&column, decimal_mark),
        "TIMESTAMP WITH TIME ZONE" => format!("CAST(make_timestamp(epoch_us({column})) AS VARCHAR) || 'Z'"),
        _ => format!("CAST({column} AS VARCHAR)"),
    }
}

fn decimal(column: &str, mark: char) -> String {
    format!("replace(regexp_replace(CAST({column} AS VARCHAR), '([.][0-9][0-9][0-9])$', '\\10'), '.', '{mark}')")
}
