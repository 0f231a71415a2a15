//! Dropped files as relations: `dropped(n, v, e, raw)` has a row's number, its values as texts, or
//! why it is none; `page` offers the good ones to a preset's query, its fields by name.

use super::stage::{literal, path_literal};
use super::{LoadRequest, Target};
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::{Connection, Transaction, params};
use std::path::{Path, PathBuf};

/// A dropped file, ready to be loaded.
#[derive(Clone, Debug)]
pub struct DroppedRows {
    /// As it was called in the drop folder.
    pub name: String,
    pub file: PathBuf,
    pub format: RowFormat,
    /// Every column by name, in the order of the values.
    pub columns: Vec<String>,
    /// The preset's fields that the file has.
    pub fields: Vec<RowField>,
    /// `.` or `,`.
    pub decimal_mark: &'static str,
}

/// What a dropped file is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// A JSON line a row: `{"n": 2, "v": ["a", null]}`, or `{"n": 3, "e": "why not", "raw": "…"}`.
    Records,
    Parquet,
}

/// Where a field's text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowField {
    pub name: String,
    /// Places in the values, from 0; the first that is not null counts.
    pub columns: Vec<usize>,
    /// The text of every row where no column has one.
    pub constant: Option<String>,
}

/// A record of 1 MB may swell sixfold when every letter is escaped.
const LARGEST_RECORD: u64 = 8 << 20;
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

/// Creates the relations.
pub fn create(transaction: &Transaction<'_>, rows: &DroppedRows) -> Result<(), WarehouseError> {
    let path = path_literal(&rows.file)?;
    let dropped = match rows.format {
        RowFormat::Records => format!(
            "SELECT n, v, e, raw FROM read_json({path}, format = 'newline_delimited', compression = 'uncompressed',
                 maximum_object_size = {LARGEST_RECORD},
                 columns = {{n: 'INTEGER', v: 'VARCHAR[]', e: 'VARCHAR', raw: 'VARCHAR'}})"
        ),
        RowFormat::Parquet => {
            let types = described(transaction, &path).context(|| format!("reading {}", rows.name))?;
            let values: Vec<String> = types.iter().map(|(name, of)| text_of(name, of, rows.decimal_mark)).collect();
            format!(
                "SELECT CAST(file_row_number + 1 AS INTEGER) AS n, [{}]::VARCHAR[] AS v, NULL::VARCHAR AS e, NULL::VARCHAR AS raw
                 FROM read_parquet({path}, binary_as_string = true, file_row_number = true)",
                values.join(", ")
            )
        }
    };
    let fields: Vec<String> = rows
        .fields
        .iter()
        .map(|field| {
            // A blank cell is none, so that the next column of the field can answer.
            let columns = field.columns.iter().map(|index| format!("nullif(trim(v[{}]), '')", index + 1));
            let constant = field.constant.iter().map(|constant| literal(constant));
            let all: Vec<String> = columns.chain(constant).collect();
            format!("{}, coalesce({}, NULL)", literal(&field.name), all.join(", "))
        })
        .collect();
    // A table, because a view's JSON would be put together anew wherever the query names a field: that
    // took half a gigabyte for one row.
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP VIEW dropped AS {dropped};
             CREATE OR REPLACE TEMP TABLE dropped_page AS
             SELECT 1 AS page_no, n AS record_no, json_object({}) AS body FROM dropped WHERE e IS NULL;
             CREATE OR REPLACE TEMP VIEW page AS SELECT page_no, record_no, body FROM dropped_page",
            fields.join(", ")
        ))
        .context(|| format!("opening {}", rows.name))
}

/// A typed value as a person would have written it in a file with this decimal mark.
fn text_of(name: &str, of: &str, decimal_mark: &str) -> String {
    let text = format!("CAST(\"{}\" AS VARCHAR)", name.replace('"', "\"\""));
    let has_point = of == "FLOAT" || of == "DOUBLE" || of.starts_with("DECIMAL");
    if has_point && decimal_mark == "," { format!("replace({text}, '.', ',')") } else { text }
}

/// What was set aside of a file, and the first of it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    pub rows: u64,
    pub note: Option<String>,
}

/// Sets a file's bad rows aside: those the query found, then those that were no rows at all. What
/// earlier contents of the file had left there is settled by this one.
pub fn quarantine(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    rows: &DroppedRows,
    target: &Target,
) -> Result<SetAside, WarehouseError> {
    let step = || format!("setting rows of {} aside", rows.name);
    transaction
        .execute(
            "DELETE FROM ops.quarantine
             WHERE workspace = $1 AND connection = $2 AND stream = $3 AND slice IN (
                 SELECT slice FROM ops.load WHERE workspace = $1 AND connection = $2 AND stream = $3 AND partition = $4)",
            params![request.workspace, request.connection, request.stream, request.partition],
        )
        .context(step)?;
    let place = if rows.format == RowFormat::Parquet { "row" } else { "line" };
    let prefix = literal(&format!("{}, {place} ", rows.name));
    let (names, count) = (labels(&rows.columns), rows.columns.len());
    let bad = transaction
        .execute(
            &format!(
                "INSERT INTO ops.quarantine
                 WITH bad AS (
                     SELECT read.record_no, read.problem, CAST(CAST(map([{names}]::VARCHAR[], list_resize(d.v, {count})) AS JSON) AS VARCHAR) AS raw
                     FROM read JOIN dropped AS d ON d.n = read.record_no WHERE read.problem IS NOT NULL AND d.e IS NULL
                     UNION ALL SELECT n, e, raw FROM dropped WHERE e IS NOT NULL
                 )
                 SELECT ?, ?, ?, ?, ?, ?, 1, record_no, {prefix} || record_no || ': ' || problem,
                     left(raw, {longest}), NULL
                 FROM bad",
                longest = super::stage::LONGEST_RAW
            ),
            params![
                request.load_id,
                request.workspace,
                request.connection,
                request.stream,
                request.slice,
                target.table
            ],
        )
        .context(step)? as u64;
    if bad == 0 {
        return Ok(SetAside { rows: 0, note: None });
    }
    let first: String = transaction
        .query_row(
            "SELECT arg_min(reason, record_no) FROM ops.quarantine WHERE load_id = ?",
            params![request.load_id],
            |row| row.get(0),
        )
        .context(step)?;
    let first: String = first.chars().take(300).collect();
    let more = if bad > 1 { format!(" (set aside, with {} more rows)", bad - 1) } else { " (set aside)".to_owned() };
    Ok(SetAside { rows: bad, note: Some(first + &more) })
}

/// The columns' names as literals, repeated ones numbered: a record has each name once.
fn labels(columns: &[String]) -> String {
    let mut labels: Vec<String> = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let is_taken = labels.contains(column);
        labels.push(if is_taken { format!("{column} (column {})", index + 1) } else { column.clone() });
    }
    labels.iter().map(|label| literal(label)).collect::<Vec<_>>().join(", ")
}
