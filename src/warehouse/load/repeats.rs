//! Several rows of one key in a file: equal ones count once, different ones have an answer or are
//! quarantined, all of them.

use super::Target;
use super::rows::DroppedRows;
use super::stage::columns;
use crate::domain::dropped::Repeats;
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::Transaction;

/// Leaves one row of each key in `read`, or marks all of a key as a problem. Rows are equal where
/// every column of the file is, those that are not read included. Returns what was done, in words.
pub fn settle(
    transaction: &Transaction<'_>,
    rows: &DroppedRows,
    target: &Target,
) -> Result<Option<String>, WarehouseError> {
    let step = || format!("looking for repeated keys in {}", rows.name);
    let key = target.key.join(", ");
    let count =
        |sql: &str| -> Result<u64, WarehouseError> { transaction.query_row(sql, [], |row| row.get(0)).context(step) };
    let good = count("SELECT count(*)::UBIGINT FROM read WHERE problem IS NULL")?;
    let distinct =
        count(&format!("SELECT count(*)::UBIGINT FROM (SELECT DISTINCT {key} FROM read WHERE problem IS NULL)"))?;
    if distinct == good {
        return Ok(None);
    }
    let names = columns(transaction, &target.table)?;
    // Equal rows first: the first of them stays.
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE read AS
             SELECT r.* FROM read AS r LEFT JOIN dropped AS d ON d.n = r.record_no
             QUALIFY r.problem IS NOT NULL OR row_number() OVER (PARTITION BY r.problem IS NULL, {of}, CAST(d.v AS VARCHAR) ORDER BY r.record_no) = 1",
            of = target.key.iter().map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ")
        ))
        .context(step)?;
    let left = count("SELECT count(*)::UBIGINT FROM read WHERE problem IS NULL")?;
    let equal = good - left;
    let mut said = Vec::new();
    if equal > 0 {
        said.push(format!("{equal} rows are the same as another row and count once"));
    }
    let differing = left - distinct;
    if differing > 0 {
        said.push(answered(transaction, rows, target, &names, left)?);
    }
    Ok(Some(format!("{}: {}", rows.name, said.join("; "))))
}

/// Applies the preset's answer to rows of one key that differ.
fn answered(
    transaction: &Transaction<'_>,
    rows: &DroppedRows,
    target: &Target,
    names: &[String],
    left: u64,
) -> Result<String, WarehouseError> {
    let step = || format!("settling repeated keys in {}", rows.name);
    let key = target.key.join(", ");
    let others = || names.iter().filter(|name| !target.key.contains(name));
    let grouped = |of: &dyn Fn(&String) -> String| {
        let values: Vec<String> = others().map(|name| format!("{} AS {name}", of(name))).collect();
        format!(
            "CREATE OR REPLACE TEMP TABLE read AS
             SELECT {key}, {values}, min(page_no) AS page_no, min(record_no) AS record_no, NULL::VARCHAR AS problem
             FROM read WHERE problem IS NULL GROUP BY {key}
             UNION ALL BY NAME SELECT * FROM read WHERE problem IS NOT NULL",
            values = values.join(", ")
        )
    };
    let first = |name: &String| format!("first({name} ORDER BY record_no) FILTER ({name} IS NOT NULL)");
    let (sql, says) = match &rows.repeats {
        Repeats::Sum => {
            let of = |name: &String| {
                if rows.measures.contains(name) {
                    format!(
                        "CAST(sum({name}) AS {})",
                        type_of(transaction, &target.table, name).unwrap_or("DECIMAL(18, 6)".to_owned())
                    )
                } else {
                    first(name)
                }
            };
            (grouped(&of), "rows of one key are added up".to_owned())
        }
        Repeats::Last(column) => (
            format!(
                "CREATE OR REPLACE TEMP TABLE read AS SELECT * FROM read
                 QUALIFY problem IS NOT NULL OR row_number() OVER (PARTITION BY problem IS NULL, {key}
                     ORDER BY {column} DESC NULLS LAST, record_no DESC) = 1"
            ),
            format!("of rows of one key the one with the newest {column} counts"),
        ),
        Repeats::Quarantine => {
            let shown: Vec<String> = target.key.iter().map(|column| format!("CAST(r.{column} AS VARCHAR)")).collect();
            let same: Vec<String> = target.key.iter().map(|column| format!("r.{column} = t.{column}")).collect();
            (
                format!(
                    "CREATE OR REPLACE TEMP TABLE read AS
                     WITH twice AS (
                         SELECT {key}, list_sort(list(record_no)) AS lines FROM read WHERE problem IS NULL
                         GROUP BY {key} HAVING count(*) > 1)
                     SELECT r.* REPLACE (coalesce(r.problem, 'the rows ' || array_to_string(t.lines[1:5], ', ')
                         || ' say different things of ' || left(concat_ws(' ', {shown}), 120)) AS problem)
                     FROM read AS r LEFT JOIN twice AS t ON r.problem IS NULL AND {same}",
                    shown = shown.join(", "),
                    same = same.join(" AND ")
                ),
                "rows of one key that differ are quarantined".to_owned(),
            )
        }
    };
    transaction.execute_batch(&sql).context(step)?;
    let now: u64 = transaction
        .query_row("SELECT count(*)::UBIGINT FROM read WHERE problem IS NULL", [], |row| row.get(0))
        .context(step)?;
    Ok(format!("{} {says}", left - now))
}

fn type_of(transaction: &Transaction<'_>, table: &str, column: &str) -> Option<String> {
    transaction
        .query_row(
            "SELECT data_type FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'core'
             AND table_name = ? AND column_name = ?",
            [table, column],
            |row| row.get(0),
        )
        .ok()
}
