//! The rows of many slices against what the table holds, as [`crate::warehouse::load::merge`] does it for one.

use super::unusual::held;
use super::{Slice, by_slice, rows_of};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::load::Target;
use crate::warehouse::load::table_columns::columns;
use chrono::{DateTime, Utc};
use duckdb::{Transaction, params};

pub(super) fn merge(
    transaction: &Transaction<'_>,
    slices: &mut [Slice<'_>],
    target: &Target,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let step = || format!("merging into {}", target.table);
    let (table, rows) = (&target.table, rows_of(target));
    let names = columns(transaction, table)?;
    let of = |alias: &str| names.iter().map(|name| format!("{alias}.{name}")).collect::<Vec<_>>().join(", ");
    let staged = format!("SELECT r.slice, {} FROM {rows} AS r SEMI JOIN slice USING (slice)", of("r"));
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE held AS SELECT s.slice, {} FROM {};
             CREATE OR REPLACE TEMP TABLE gone AS SELECT * FROM held EXCEPT {staged};
             CREATE OR REPLACE TEMP TABLE fresh AS {staged} EXCEPT SELECT * FROM held",
            of("t"),
            held(slices, target),
        ))
        .context(step)?;
    count(transaction, slices, target)?;
    let same_key: Vec<String> =
        target.key.iter().map(|column| format!("gone.{column} IS NOT DISTINCT FROM old.{column}")).collect();
    let is_gone = format!(
        "old.workspace = s.workspace AND old.connection = s.connection AND gone.slice = s.slice AND {}",
        same_key.join(" AND ")
    );
    transaction
        .execute(
            &format!(
                "INSERT INTO history.{table} SELECT old.*, s.load_id, ? FROM core.{table} AS old, gone, slice AS s
                 WHERE {is_gone}"
            ),
            params![now.naive_utc()],
        )
        .context(step)?;
    transaction
        .execute_batch(&format!(
            "DELETE FROM core.{table} AS old USING gone, slice AS s WHERE {is_gone};
             INSERT INTO core.{table} (workspace, connection, {names}, load_id)
                 SELECT s.workspace, s.connection, {}, s.load_id FROM fresh JOIN slice AS s USING (slice)",
            of("fresh"),
            names = names.join(", "),
        ))
        .context(step)?;
    for column in &target.touches {
        transaction
            .execute_batch(&format!(
                "INSERT INTO ops.touched_day
                 SELECT DISTINCT s.workspace, c.{column}, s.load_id
                 FROM (SELECT slice, {column} FROM gone UNION SELECT slice, {column} FROM fresh) AS c
                 JOIN slice AS s USING (slice) WHERE c.{column} IS NOT NULL"
            ))
            .context(step)?;
    }
    Ok(())
}

/// Adds to each slice's counts what is new, and what is superseded.
fn count(transaction: &Transaction<'_>, slices: &mut [Slice<'_>], target: &Target) -> Result<(), WarehouseError> {
    let step = || format!("counting rows of {}", target.table);
    let counted = |rows: &str| {
        by_slice::<u64>(transaction, &format!("SELECT slice, count(*)::UBIGINT FROM {rows} GROUP BY slice"), step)
    };
    for (no, count) in counted("fresh")? {
        slices[no].loaded.rows_written += count;
        slices[no].loaded.rows_unchanged -= count;
    }
    for (no, count) in counted("gone")? {
        slices[no].loaded.rows_superseded += count;
    }
    Ok(())
}
