//! Staged rows against what the table holds: equal rows stay untouched, changed and vanished ones
//! move to history, new ones come in.

use super::table_columns::columns;
use super::{LoadRequest, Loaded, Replaces, Target};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::{DateTime, Utc};
use duckdb::{Transaction, params};

/// Replaces what `target.replaces` covers by the rows in `staged`.
pub fn merge(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    now: DateTime<Utc>,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    let step = || format!("merging into {}", target.table);
    let table = &target.table;
    let names = columns(transaction, table)?.join(", ");
    let covered = covered(request, target) + &believed(target);
    let count = |one: &str, other: &str| -> Result<(u64, u64), WarehouseError> {
        let sql = format!("SELECT (SELECT count(*) FROM {one})::UBIGINT, (SELECT count(*) FROM {other})::UBIGINT");
        transaction.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).context(step)
    };
    let (staged, held) = count("staged", &format!("core.{table} WHERE {covered}"))?;
    if held > 0 {
        // EXCEPT compares whole rows, nulls as equal; keys are unique on both sides.
        transaction
            .execute_batch(&format!(
                "CREATE OR REPLACE TEMP TABLE gone AS
                     SELECT {names} FROM core.{table} WHERE {covered} EXCEPT SELECT {names} FROM staged;
                 CREATE OR REPLACE TEMP TABLE fresh AS
                     SELECT {names} FROM staged EXCEPT SELECT {names} FROM core.{table} WHERE {covered};"
            ))
            .context(step)?;
    } else {
        transaction
            .execute_batch(&format!(
                "CREATE OR REPLACE TEMP TABLE gone AS SELECT {names} FROM staged LIMIT 0;
                 CREATE OR REPLACE TEMP VIEW fresh AS SELECT {names} FROM staged;"
            ))
            .context(step)?;
    }
    let (gone, fresh) = count("gone", "fresh")?;
    if gone > 0 {
        let same_key: Vec<String> =
            target.key.iter().map(|column| format!("gone.{column} IS NOT DISTINCT FROM old.{column}")).collect();
        let is_gone = format!(
            "old.workspace = {} AND old.connection = {} AND EXISTS (SELECT 1 FROM gone WHERE {})",
            literal(&request.workspace),
            literal(&request.connection),
            same_key.join(" AND ")
        );
        transaction
            .execute(
                &format!("INSERT INTO history.{table} SELECT old.*, ?, ? FROM core.{table} AS old WHERE {is_gone}"),
                params![request.load_id, now.naive_utc()],
            )
            .context(step)?;
        transaction.execute_batch(&format!("DELETE FROM core.{table} AS old WHERE {is_gone}")).context(step)?;
    }
    // Values in the text: a statement with parameters is planned twice.
    let (workspace, load_id) = (literal(&request.workspace), literal(&request.load_id));
    if fresh > 0 {
        transaction
            .execute_batch(&format!(
                "INSERT INTO core.{table} (workspace, connection, {names}, load_id)
                 SELECT {workspace}, {}, {names}, {load_id} FROM fresh",
                literal(&request.connection)
            ))
            .context(step)?;
    }
    for column in &target.touches {
        transaction
            .execute_batch(&format!(
                "INSERT INTO ops.touched_day
                 SELECT DISTINCT {workspace}, {column}, {load_id}
                 FROM (SELECT {column} FROM gone UNION SELECT {column} FROM fresh) WHERE {column} IS NOT NULL"
            ))
            .context(step)?;
    }
    transaction
        .execute_batch(if held > 0 { "DROP TABLE fresh; DROP TABLE gone" } else { "DROP VIEW fresh; DROP TABLE gone" })
        .context(step)?;
    loaded.rows_written += fresh;
    loaded.rows_unchanged += staged - fresh;
    loaded.rows_superseded += gone;
    Ok(())
}

/// Leaves out the rows of days that are doubted: they stay as they are.
fn believed(target: &Target) -> String {
    match &target.replaces {
        Replaces::Window { column, .. } => format!(" AND {column} NOT IN (SELECT date FROM doubted)"),
        Replaces::All | Replaces::Scope(_) => String::new(),
    }
}

/// The condition that holds for the rows the slice speaks for.
pub fn covered(request: &LoadRequest, target: &Target) -> String {
    let mut condition =
        format!("workspace = {} AND connection = {}", literal(&request.workspace), literal(&request.connection));
    match &target.replaces {
        Replaces::All => {}
        Replaces::Window { column, partition, .. } => {
            if let Some((start, end)) = request.window {
                condition += &format!(" AND {column} >= DATE '{start}' AND {column} < DATE '{end}'");
            }
            if let Some(partition) = partition {
                condition += &format!(" AND {partition} = {}", literal(&request.partition));
            }
        }
        Replaces::Scope(scope) => {
            let scope = if scope.is_empty() { &target.key } else { scope };
            let columns = scope.join(", ");
            condition += &format!(" AND ({columns}) IN (SELECT ({columns}) FROM stated)");
        }
    }
    condition
}
