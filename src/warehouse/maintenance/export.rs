//! Cold months as Parquet, for an archive or a lake: `<schema>/<table>/workspace=…/month=…/data.parquet`,
//! a layout that DuckDB, Spark and the rest read with the partition columns in place.

use crate::warehouse::disk::sync;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts;
use crate::warehouse::privacy::columns::{self as personal, PersonalTable};
use crate::warehouse::privacy::erased;
use crate::warehouse::sealed::sealed_before;
use crate::warehouse::sql::{literal, named, path_literal};
use chrono::NaiveDate;
use duckdb::{Connection, params};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A month of a table of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// `schema.table`.
    pub table: String,
    pub workspace: String,
    /// The month's first day.
    pub month: NaiveDate,
    pub rows: u64,
    pub file: PathBuf,
    /// False where the file held the same rows already.
    pub is_new: bool,
}

/// Writes every whole month before `before` of facts and rollups to `folder`; each file is read back
/// and compared before it gets its name. Months whose facts retention has thinned out are left alone:
/// their files hold more than the database does.
pub fn export(connection: &Connection, folder: &Path, before: NaiveDate) -> Result<Vec<Exported>, WarehouseError> {
    let sealed = sealed_before(connection)?;
    let mut done = Vec::new();
    for (schema, table, day) in tables(connection)? {
        let step = || format!("exporting {schema}.{table}");
        let mut statement = connection
            .prepare(&format!(
                "SELECT DISTINCT workspace, CAST(date_trunc('month', {day}) AS DATE) FROM {}
                 WHERE {day} < date_trunc('month', CAST(? AS DATE)) AND {day} >= ? ORDER BY ALL",
                named(&schema, &table)
            ))
            .context(step)?;
        let months =
            statement.query_map(params![before, sealed], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
        let months: Vec<(String, NaiveDate)> = months.collect::<Result<_, _>>().context(step)?;
        for (workspace, month) in months {
            let rows = format!(
                "(SELECT * FROM {} WHERE workspace = {} AND date_trunc('month', {day}) = DATE '{month}')",
                named(&schema, &table),
                literal(&workspace)
            );
            let (file, is_new, rows) = write(connection, folder, &schema, &table, &workspace, month, &rows)?;
            done.push(Exported { table: format!("{schema}.{table}"), workspace, month, rows, file, is_new });
        }
    }
    Ok(done)
}

fn write(
    connection: &Connection,
    folder: &Path,
    schema: &str,
    table: &str,
    workspace: &str,
    month: NaiveDate,
    rows: &str,
) -> Result<(PathBuf, bool, u64), WarehouseError> {
    let folder = [schema, table, &format!("workspace={workspace}"), &format!("month={}", month.format("%Y-%m"))]
        .iter()
        .fold(folder.to_owned(), |path, part| path.join(part));
    let file = folder.join("data.parquet");
    let wanted = content(connection, rows)?;
    if file.exists() && content(connection, &read(&file)?).is_ok_and(|found| found == wanted) {
        return Ok((file, false, wanted.0));
    }
    fs::create_dir_all(&folder).map_err(|error| WarehouseError::io(&folder, error))?;
    replace(connection, &file, rows, &wanted)?;
    Ok((file, true, wanted.0))
}

/// Writes `rows` beside `file`, reads them back, and swaps.
fn replace(connection: &Connection, file: &Path, rows: &str, wanted: &(u64, String)) -> Result<(), WarehouseError> {
    let part = file.with_extension("part");
    let written = (|| {
        connection
            .execute_batch(&format!("COPY {rows} TO {} (FORMAT parquet, COMPRESSION zstd)", path_literal(&part)?))
            .context(|| format!("writing {}", part.display()))?;
        if content(connection, &read(&part)?)? != *wanted {
            let message = format!("{} does not read back as it was written and was thrown away", part.display());
            return Err(WarehouseError::Invalid(message));
        }
        sync(&part)?;
        fs::rename(&part, file).map_err(|error| WarehouseError::io(file, error))
    })();
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// Replaces a workspace's erased people in the files of `folder`; returns the files changed. The key
/// must be set.
pub fn erase(connection: &Connection, folder: &Path, workspace: &str) -> Result<Vec<PathBuf>, WarehouseError> {
    let mut changed = Vec::new();
    for PersonalTable { schema, table, columns } in personal::tables(connection)? {
        let months = folder.join(&schema).join(&table).join(format!("workspace={workspace}"));
        let Ok(months) = fs::read_dir(&months) else { continue };
        for file in months.flatten().map(|month| month.path().join("data.parquet")).filter(|file| file.exists()) {
            let source = read(&file)?;
            // A month that was written before a column was added has none of it.
            let there = columns_of(connection, &file)?;
            let columns: Vec<_> = columns.iter().filter(|column| there.contains(&column.name)).cloned().collect();
            if columns.is_empty() {
                continue;
            }
            let named: bool = connection
                .query_row(
                    &format!(
                        "SELECT coalesce(bool_or({}), false) FROM {source} AS t, {}",
                        erased::is_named(&columns, "t.connection"),
                        erased::words(workspace)
                    ),
                    [],
                    |row| row.get(0),
                )
                .context(|| format!("reading {}", file.display()))?;
            if named {
                let sets: Vec<String> = columns
                    .iter()
                    .map(|column| format!("{} AS {}", erased::replaced(column, "t.connection"), column.name))
                    .collect();
                let rows = format!(
                    "(SELECT t.* REPLACE ({}) FROM {source} AS t, {})",
                    sets.join(", "),
                    erased::words(workspace)
                );
                let wanted = content(connection, &rows)?;
                replace(connection, &file, &rows, &wanted)?;
                changed.push(file);
            }
        }
    }
    Ok(changed)
}

fn content(connection: &Connection, rows: &str) -> Result<(u64, String), WarehouseError> {
    connection
        .query_row(
            &format!("SELECT count(*)::UBIGINT, coalesce(sum(hash(t)::HUGEINT), 0)::VARCHAR FROM {rows} AS t"),
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .context(|| "comparing an export".to_owned())
}

fn read(file: &Path) -> Result<String, WarehouseError> {
    Ok(format!("read_parquet({}, hive_partitioning = false)", path_literal(file)?))
}

fn columns_of(connection: &Connection, file: &Path) -> Result<BTreeSet<String>, WarehouseError> {
    let step = || format!("reading the columns of {}", file.display());
    let sql = format!("SELECT column_name FROM (DESCRIBE SELECT * FROM {})", read(file)?);
    let mut statement = connection.prepare(&sql).context(step)?;
    statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)
}

/// Tables that are counted by days, with the column the day stands in.
fn tables(connection: &Connection) -> Result<Vec<(String, String, String)>, WarehouseError> {
    let step = || "listing what can be exported".to_owned();
    let facts = facts::days(connection)?.into_iter().map(|(fact, day)| ("core".to_owned(), fact, day));
    let mut statement = connection
        .prepare(
            "SELECT 'mart', table_name, 'date' FROM duckdb_columns()
             WHERE database_name = current_database() AND schema_name = 'mart' AND column_name = 'date'
               AND table_name IN (SELECT table_name FROM duckdb_tables()
                   WHERE database_name = current_database() AND schema_name = 'mart')
             ORDER BY ALL",
        )
        .context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).context(step)?;
    let rollups: Vec<_> = rows.collect::<Result<_, _>>().context(step)?;
    Ok(facts.chain(rollups).collect())
}
