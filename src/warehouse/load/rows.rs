//! Dropped files as relations: `dropped(n, v, e, raw)` has a row's number, its values as texts, or
//! why it is none; `page` offers the good ones to a preset's query, its fields by name.

use super::stage::{literal, path_literal};
use super::{LoadRequest, Loaded, Target};
use crate::domain::dropped::Repeats;
use crate::warehouse::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::{Connection, Transaction, params};
use std::path::{Path, PathBuf};

/// A dropped file, ready to be loaded.
#[derive(Clone, Debug)]
pub struct DroppedRows {
    /// As it was called in the drop folder.
    pub name: String,
    /// A JSON line a row: `{"n": 2, "v": ["a", null], "f": ["1.5"]}`, with what is wrong as `p`; or `{"n": 3,
    /// "e": "why it is no row", "raw": "…"}`.
    pub file: PathBuf,
    /// Whether rows are counted, not lines.
    pub has_rows: bool,
    /// Every column by name, in the order of `v`.
    pub columns: Vec<String>,
    /// The preset's fields that the file has, in the order of `f`.
    pub fields: Vec<String>,
    /// What several different rows of one key mean.
    pub repeats: Repeats,
    /// Columns of numbers in the table: an empty one never takes away what is held.
    pub measures: Vec<String>,
    /// The column of days.
    pub day: String,
    /// By the file's own clock: what a newer file says of a key stays.
    pub modified_at: Option<DateTime<Utc>>,
    /// More bad rows than this, and more than one, refuse the file; in percent of its rows.
    pub most_bad_percent: u32,
    /// Whether one bad row refuses it, because its rows are parts of a whole.
    pub is_whole: bool,
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

/// Creates the relations.
pub fn create(transaction: &Transaction<'_>, rows: &DroppedRows) -> Result<(), WarehouseError> {
    let path = path_literal(&rows.file)?;
    let fields = rows.fields.iter().enumerate().map(|(at, name)| format!("{}, f[{}]", literal(name), at + 1));
    // A table, because a view's JSON would be put together anew wherever the query names a field: that
    // took half a gigabyte for one row.
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP VIEW dropped AS
                 SELECT n, v, f, p, e, raw FROM read_json({path}, format = 'newline_delimited', compression = 'uncompressed',
                     maximum_object_size = {LARGEST_RECORD},
                     columns = {{n: 'INTEGER', v: 'VARCHAR[]', f: 'VARCHAR[]', p: 'VARCHAR', e: 'VARCHAR', raw: 'VARCHAR'}});
             CREATE OR REPLACE TEMP TABLE dropped_page AS
             SELECT 1 AS page_no, n AS record_no, json_object({fields}) AS body FROM dropped WHERE e IS NULL;
             CREATE OR REPLACE TEMP VIEW page AS SELECT page_no, record_no, body FROM dropped_page",
            fields = fields.collect::<Vec<_>>().join(", ")
        ))
        .context(|| format!("opening {}", rows.name))
}

/// What is wrong with a row's values counts before what its query misses for it.
pub fn take_problems(transaction: &Transaction<'_>, rows: &DroppedRows) -> Result<(), WarehouseError> {
    transaction
        .execute_batch(
            "UPDATE read SET problem = d.p FROM (SELECT n, p FROM dropped WHERE p IS NOT NULL) AS d WHERE d.n = read.record_no",
        )
        .context(|| format!("reading {}", rows.name))
}

/// Staged rows against what is held: what a newer file says of a key stays, and a number that is
/// missing takes none away. Notes both, and the days of what is left.
pub fn hold_against_books(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    rows: &DroppedRows,
    target: &Target,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    let step = || format!("comparing {} with what is held", rows.name);
    let table = &target.table;
    let same: Vec<String> = target.key.iter().map(|column| format!("c.{column} = s.{column}")).collect();
    let of_key = format!(
        "c.workspace = {} AND c.connection = {} AND {}",
        literal(&request.workspace),
        literal(&request.connection),
        same.join(" AND ")
    );
    let count =
        |sql: &str| -> Result<u64, WarehouseError> { transaction.query_row(sql, [], |row| row.get(0)).context(step) };
    let held = format!("FROM staged AS s JOIN core.{table} AS c ON {of_key}");
    if count(&format!("SELECT count(*)::UBIGINT {held}"))? > 0 {
        let names = super::columns(transaction, table)?;
        let is_newer = rows.modified_at.map_or_else(
            || "false".to_owned(),
            |at| {
                format!(
                    "EXISTS (SELECT 1 FROM ops.load AS l JOIN ops.dropped_file AS f
                         ON f.workspace = l.workspace AND f.connection = l.connection AND f.name = l.partition
                     WHERE l.load_id = c.load_id AND f.name <> {} AND f.state IN ('loaded', 'partly') AND f.modified_at > TIMESTAMP '{}')",
                    literal(&request.partition),
                    at.naive_utc().format("%Y-%m-%d %H:%M:%S%.6f")
                )
            },
        );
        let newer = count(&format!("SELECT count(*)::UBIGINT {held} WHERE {is_newer}"))?;
        let is_lost = rows.measures.iter().map(|name| format!("(s.{name} IS NULL AND c.{name} IS NOT NULL)"));
        let is_lost = is_lost.chain(["false".to_owned()]).collect::<Vec<_>>().join(" OR ");
        let lost = count(&format!("SELECT count(*)::UBIGINT {held} WHERE NOT {is_newer} AND ({is_lost})"))?;
        if newer + lost > 0 {
            let value = |name: &String| match rows.measures.contains(name) {
                true => format!("coalesce(s.{name}, c.{name}) AS {name}"),
                false => format!("s.{name}"),
            };
            let values = names.iter().map(value).collect::<Vec<_>>().join(", ");
            let list = names.join(", ");
            transaction
                .execute_batch(&format!(
                    "CREATE OR REPLACE TEMP TABLE believed AS
                         SELECT {values} FROM staged AS s LEFT JOIN core.{table} AS c ON {of_key} WHERE NOT coalesce({is_newer}, false);
                     CREATE OR REPLACE TEMP VIEW staged AS SELECT {list} FROM believed"
                ))
                .context(step)?;
        }
        if newer > 0 {
            loaded.notes.push(format!("{}: {newer} rows are not taken: a newer file says what counts", rows.name));
        }
        if lost > 0 {
            loaded.notes.push(format!("{}: {lost} rows lack a number that is known; the known one stays", rows.name));
        }
    }
    settle_quarantine(transaction, request, target)?;
    let days: (Option<NaiveDate>, Option<NaiveDate>) = transaction
        .query_row(&format!("SELECT min({day}), max({day}) FROM staged", day = rows.day), [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .context(step)?;
    loaded.days = days.0.zip(days.1);
    loaded.bad_days = bad_days(transaction, rows)?;
    Ok(())
}

/// The days of the bad rows, if each has one.
fn bad_days(transaction: &Transaction<'_>, rows: &DroppedRows) -> Result<Option<Vec<NaiveDate>>, WarehouseError> {
    let step = || format!("looking at bad rows of {}", rows.name);
    let sql = format!(
        "SELECT DISTINCT {day} FROM read WHERE problem IS NOT NULL
         UNION SELECT NULL FROM dropped WHERE e IS NOT NULL LIMIT 1000",
        day = rows.day
    );
    let mut statement = transaction.prepare(&sql).context(step)?;
    let days = statement.query_map([], |row| row.get::<_, Option<NaiveDate>>(0)).context(step)?;
    let days: Vec<Option<NaiveDate>> = days.collect::<Result<_, _>>().context(step)?;
    Ok(days.into_iter().collect())
}

/// A row's key, hashed; null where a part of it is.
fn key_hash(target: &Target) -> String {
    let parts: Vec<String> = target.key.iter().map(|column| format!("CAST({column} AS VARCHAR)")).collect();
    format!("sha256(getvariable('person_key') || {})", parts.join(" || chr(31) || "))
}

/// Bad rows of any file are settled by a good one of the same key.
fn settle_quarantine(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
) -> Result<(), WarehouseError> {
    let sql = format!(
        "DELETE FROM ops.quarantine WHERE workspace = ? AND connection = ? AND table_name = ?
         AND key_hash IN (SELECT {} FROM staged)",
        key_hash(target)
    );
    let of_table = params![request.workspace, request.connection, target.table];
    transaction.execute(&sql, of_table).context(|| "settling quarantined rows".to_owned())?;
    Ok(())
}

/// Refuses a file of which too much is bad: what is wrong with many rows is wrong with the file.
fn refuse(rows: &DroppedRows, (bad, all): (u64, u64), first: &str) -> Result<(), WarehouseError> {
    let many = bad > 1 && bad * 100 > all * u64::from(rows.most_bad_percent);
    let why = match (bad == all, rows.is_whole, many) {
        (_, true, _) => "its rows are parts of a whole, so that none of them may be missing".to_owned(),
        (true, ..) => "no row of it can be used".to_owned(),
        (.., true) => format!("more than {}% of its rows are bad", rows.most_bad_percent),
        _ => return Ok(()),
    };
    let more = if bad > 1 { format!("; so have {} more rows a problem", bad - 1) } else { String::new() };
    Err(WarehouseError::Invalid(format!(
        "{first}{more}. Nothing of the file was loaded: {why}; mend it and drop it again, or say how it is to be read"
    )))
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
    let place = if rows.has_rows { "row" } else { "line" };
    let prefix = literal(&format!("{}, {place} ", rows.name));
    let (names, count) = (labels(&rows.columns), rows.columns.len());
    let bad = transaction
        .execute(
            &format!(
                "INSERT INTO ops.quarantine
                 WITH bad AS (
                     SELECT read.record_no, read.problem, {hash} AS key_hash,
                         CAST(CAST(map([{names}]::VARCHAR[], list_resize(d.v, {count})) AS JSON) AS VARCHAR) AS raw
                     FROM read JOIN dropped AS d ON d.n = read.record_no WHERE read.problem IS NOT NULL AND d.e IS NULL
                     UNION ALL SELECT n, e, NULL, raw FROM dropped WHERE e IS NOT NULL
                 )
                 SELECT ?, ?, ?, ?, ?, ?, 1, record_no, {prefix} || record_no || ': ' || problem,
                     left(raw, {longest}), NULL, key_hash
                 FROM bad",
                longest = super::stage::LONGEST_RAW,
                hash = key_hash(target)
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
    let good: u64 = transaction
        .query_row("SELECT count(*)::UBIGINT FROM read WHERE problem IS NULL", [], |row| row.get(0))
        .context(step)?;
    refuse(rows, (bad, bad + good), &first)?;
    let more =
        if bad > 1 { format!(" (quarantined, with {} more rows)", bad - 1) } else { " (quarantined)".to_owned() };
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
