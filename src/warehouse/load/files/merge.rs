//! Staged rows against what the table holds: equal rows stay untouched, changed ones and those that a
//! file no longer says move to history, new ones come in.

use super::Batch;
use crate::support::shown::shown;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::{DateTime, Utc};
use duckdb::{Transaction, params};

/// Replaces what the files said before, and every row of the same key, by the rows in `staged`.
pub fn merge(transaction: &Transaction<'_>, batch: &mut Batch<'_>, now: DateTime<Utc>) -> Result<(), WarehouseError> {
    let load = batch.load;
    let table = &load.target.table;
    let names = batch.names.join(", ");
    let key = batch.key();
    let own = format!("c.workspace = {} AND c.connection = {}", literal(&load.workspace), literal(&load.connection));
    let earlier = format!(
        "SELECT load_id FROM ops.load WHERE workspace = {} AND connection = {} AND partition IN (SELECT name FROM file UNION SELECT name FROM older)",
        literal(&load.workspace),
        literal(&load.connection)
    );
    let loads = earlier.replacen("SELECT load_id FROM", "", 1);
    // Files that say something new are the most, and looking through all rows takes longer than inserting.
    let is_known = batch.overlaps || batch.count(transaction, &loads)? > 0;
    let covered = format!("{own} AND (({key}) IN (SELECT ({key}) FROM staged) OR c.load_id IN ({earlier}))");
    let held = if is_known { batch.count(transaction, &format!("core.{table} AS c WHERE {covered}"))? } else { 0 };
    let staged = batch.by_file(transaction, "SELECT page_no, count(*)::UBIGINT FROM staged GROUP BY page_no")?;
    if held == 0 {
        let sql = format!(
            "CREATE OR REPLACE TEMP TABLE gone AS SELECT {names}, NULL::VARCHAR AS load_id FROM staged LIMIT 0;
             INSERT INTO core.{table} (workspace, connection, {names}, load_id)
                 SELECT {workspace}, {connection}, {names}, f.load_id FROM staged JOIN file AS f ON f.file_no = page_no",
            workspace = literal(&load.workspace),
            connection = literal(&load.connection),
        );
        batch.run_sql(transaction, "merging rows", &sql)?;
        for (file, rows) in staged {
            batch.loaded[file].rows_written = rows;
        }
        return touch(transaction, batch, "staged");
    }
    // EXCEPT compares whole rows, nulls as equal; keys are unique on both sides.
    batch.run_sql(
        transaction,
        "comparing rows",
        &format!(
            "CREATE OR REPLACE TEMP TABLE held AS SELECT {names}, load_id FROM core.{table} AS c WHERE {covered};
             CREATE OR REPLACE TEMP TABLE gone AS
                 SELECT held.* FROM held JOIN (SELECT {names} FROM held EXCEPT SELECT {names} FROM staged) AS g ON {gone};
             CREATE OR REPLACE TEMP TABLE fresh AS
                 SELECT s.* FROM staged AS s JOIN (SELECT {names} FROM staged EXCEPT SELECT {names} FROM held) AS n ON {fresh};
             DROP TABLE held",
            gone = batch.same_key("held", "g"),
            fresh = batch.same_key("s", "n")
        ),
    )?;
    let fresh = batch.by_file(transaction, "SELECT page_no, count(*)::UBIGINT FROM fresh GROUP BY page_no")?;
    let replaced = format!(
        "SELECT s.page_no, count(*)::UBIGINT FROM gone JOIN staged AS s ON {} GROUP BY 1",
        batch.same_key("gone", "s")
    );
    let replaced = batch.by_file(transaction, &replaced)?;
    note_other_files(transaction, batch)?;
    // What a file no longer says is that file's matter.
    let withdrawn = format!(
        "SELECT f.file_no, count(*)::UBIGINT FROM gone JOIN ops.load AS l ON l.load_id = gone.load_id
         JOIN file AS f ON f.name = l.partition
         WHERE NOT EXISTS (SELECT 1 FROM staged AS s WHERE {}) GROUP BY 1",
        batch.same_key("gone", "s")
    );
    let withdrawn = batch.by_file(transaction, &withdrawn)?;
    let is_gone = format!(
        "c.workspace = {} AND c.connection = {} AND EXISTS (SELECT 1 FROM gone WHERE {})",
        literal(&load.workspace),
        literal(&load.connection),
        batch.same_key("gone", "c")
    );
    batch.run_sql(
        transaction,
        "merging rows",
        &format!(
            "INSERT INTO history.{table}
                 SELECT c.*, coalesce(f.load_id, (SELECT any_value(load_id) FROM file)), TIMESTAMP '{now}'
                 FROM core.{table} AS c
                 LEFT JOIN staged AS s ON {same}
                 LEFT JOIN file AS f ON f.file_no = s.page_no
                 WHERE {is_gone};
             DELETE FROM core.{table} AS c WHERE {is_gone};
             INSERT INTO core.{table} (workspace, connection, {names}, load_id)
                 SELECT {workspace}, {connection}, {names}, f.load_id FROM fresh JOIN file AS f ON f.file_no = page_no",
            now = now.naive_utc().format("%Y-%m-%d %H:%M:%S%.6f"),
            same = batch.same_key("s", "c"),
            workspace = literal(&load.workspace),
            connection = literal(&load.connection),
        ),
    )?;
    let of = |list: &[(usize, u64)], file: usize| list.iter().find(|(other, _)| *other == file).map_or(0, |(_, n)| *n);
    for (file, loaded) in batch.loaded.iter_mut().enumerate() {
        loaded.rows_written = of(&fresh, file);
        loaded.rows_unchanged = of(&staged, file) - of(&fresh, file);
        loaded.rows_withdrawn = of(&withdrawn, file);
        if loaded.rows_withdrawn > 0 {
            let (name, rows) = (&load.files[file].name, loaded.rows_withdrawn);
            loaded.notes.push(format!("{name}: {rows} rows that it said before are gone from it, and taken out"));
        }
        loaded.rows_superseded = of(&replaced, file) + loaded.rows_withdrawn;
    }
    touch(transaction, batch, "fresh")
}

/// Reports which other files said otherwise of the rows that are replaced.
fn note_other_files(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    let step = || format!("comparing files of {}", batch.load.connection);
    let rows: Vec<(u32, String, u64)> = {
        let mut statement = transaction
            .prepare(&format!(
                "SELECT s.page_no, l.partition, count(*)::UBIGINT FROM gone
                 JOIN staged AS s ON {} JOIN file AS f ON f.file_no = s.page_no
                 JOIN ops.load AS l ON l.load_id = gone.load_id AND l.partition <> f.name
                 GROUP BY ALL ORDER BY ALL LIMIT 100",
                batch.same_key("gone", "s")
            ))
            .context(step)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).context(step)?;
        rows.collect::<Result<_, _>>().context(step)?
    };
    for (file, other, rows) in rows {
        if let Some(place) = batch.place(file) {
            let (name, other) = (&batch.load.files[place].name, shown(&other));
            let note = format!("{name}: {rows} rows say otherwise than {other}, which is older, and take their place");
            batch.loaded[place].notes.push(note);
        }
    }
    Ok(())
}

/// Days that reports read anew.
fn touch(transaction: &Transaction<'_>, batch: &Batch<'_>, fresh: &str) -> Result<(), WarehouseError> {
    for column in &batch.load.target.touches {
        transaction
            .execute(
                &format!(
                    "INSERT INTO ops.touched_day
                     SELECT DISTINCT ?, {column}, (SELECT any_value(load_id) FROM file)
                     FROM (SELECT {column} FROM gone UNION SELECT {column} FROM {fresh}) WHERE {column} IS NOT NULL"
                ),
                params![batch.load.workspace],
            )
            .context(|| format!("touching days of {}", batch.load.connection))?;
    }
    Ok(())
}
