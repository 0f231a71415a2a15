//! The files' rows against one another and against what is held: of a key the newest file's row counts,
//! and a number that is missing takes none away.

use super::Batch;
use super::quarantine::key_hash;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use duckdb::{Transaction, params};

/// Offers the good rows as `staged`, one a key, with the file (`page_no`) that each is of.
pub fn stage(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    let key = batch.key();
    let names = batch.names.join(", ");
    let good = batch.count(transaction, "read WHERE problem IS NULL")?;
    let distinct = batch.count(transaction, &format!("(SELECT DISTINCT {key} FROM read WHERE problem IS NULL)"))?;
    let measures = &batch.load.target.measures;
    if distinct == good {
        // Seen through, not copied: a large file is held once.
        let sql =
            format!("CREATE OR REPLACE TEMP VIEW staged AS SELECT {names}, page_no FROM read WHERE problem IS NULL");
        batch.run_sql(transaction, "staging rows", &sql)?;
    } else {
        // Files are numbered from the oldest on.
        let value = |name: &String| match measures.contains(name) {
            true => {
                format!("first({name} ORDER BY page_no DESC, record_no DESC) FILTER ({name} IS NOT NULL) AS {name}")
            }
            false => format!("first({name} ORDER BY page_no DESC, record_no DESC) AS {name}"),
        };
        let others: Vec<String> =
            batch.names.iter().filter(|name| !batch.load.target.key.contains(name)).map(value).collect();
        batch.run_sql(
            transaction,
            "staging rows",
            &format!(
                "CREATE OR REPLACE TEMP TABLE newest AS
                     SELECT {names}, page_no FROM (
                         SELECT {key}, {others}, max(page_no) AS page_no FROM read WHERE problem IS NULL GROUP BY {key});
                 CREATE OR REPLACE TEMP VIEW staged AS SELECT * FROM newest",
                others = others.join(", ")
            ),
        )?;
        let lost = format!(
            "SELECT r.page_no, count(*)::UBIGINT FROM read AS r JOIN staged AS s ON {} AND s.page_no > r.page_no
             WHERE r.problem IS NULL GROUP BY r.page_no",
            batch.same_key("r", "s")
        );
        for (file, rows) in batch.by_file(transaction, &lost)? {
            note_newer(batch, file, rows);
        }
    }
    compare(transaction, batch)?;
    let load = batch.load;
    let sql = format!(
        "DELETE FROM ops.quarantine WHERE workspace = ? AND connection = ? AND table_name = ?
             AND key_hash IS NOT NULL AND key_hash IN (SELECT {} FROM staged)",
        key_hash(batch)
    );
    let of_table = params![load.workspace, load.connection, load.target.table];
    let some = batch.count(
        transaction,
        &format!(
            "ops.quarantine WHERE workspace = {} AND connection = {} AND key_hash IS NOT NULL",
            literal(&load.workspace),
            literal(&load.connection)
        ),
    )?;
    // Bad rows of any file are settled by a good one of the same key.
    if some > 0 {
        transaction.execute(&sql, of_table).context(|| "settling quarantined rows".to_owned())?;
    }
    Ok(())
}

fn note_newer(batch: &mut Batch<'_>, file: usize, rows: u64) {
    let note = format!("{}: {rows} rows are not taken: a newer file says what counts", batch.load.files[file].name);
    batch.loaded[file].notes.push(note);
}

/// Holds `staged` against the table.
fn compare(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    let load = batch.load;
    let table = &load.target.table;
    let own = format!("c.workspace = {} AND c.connection = {}", literal(&load.workspace), literal(&load.connection));
    let held = format!("staged AS s JOIN core.{table} AS c ON {own} AND {}", batch.same_key("c", "s"));
    batch.overlaps = batch.count(transaction, &held)? > 0;
    if !batch.overlaps {
        return Ok(());
    }
    // Loads of files that are newer than the file that a row is of, and still there.
    batch.run_sql(
        transaction,
        "looking for newer files",
        &format!(
            "CREATE OR REPLACE TEMP TABLE newer AS
             SELECT f.file_no, l.load_id FROM file AS f
             JOIN ops.dropped_file AS d ON d.workspace = {workspace} AND d.connection = {connection}
                 AND d.name <> f.name AND d.state IN ('loaded', 'partly') AND d.modified_at > f.modified_at
                 AND d.name NOT IN (SELECT name FROM file UNION SELECT name FROM older)
             JOIN ops.load AS l ON l.workspace = d.workspace AND l.connection = d.connection AND l.partition = d.name",
            workspace = literal(&load.workspace),
            connection = literal(&load.connection)
        ),
    )?;
    let is_newer = "EXISTS (SELECT 1 FROM newer AS n WHERE n.file_no = s.page_no AND n.load_id = c.load_id)";
    let newer = format!("SELECT s.page_no, count(*)::UBIGINT FROM {held} WHERE {is_newer} GROUP BY 1");
    let newer = batch.by_file(transaction, &newer)?;
    let is_lost = load.target.measures.iter().map(|name| format!("(s.{name} IS NULL AND c.{name} IS NOT NULL)"));
    let is_lost = is_lost.chain(["false".to_owned()]).collect::<Vec<_>>().join(" OR ");
    let lost =
        format!("SELECT s.page_no, count(*)::UBIGINT FROM {held} WHERE NOT {is_newer} AND ({is_lost}) GROUP BY 1");
    let lost = batch.by_file(transaction, &lost)?;
    if !newer.is_empty() || !lost.is_empty() {
        let value = |name: &String| match load.target.measures.contains(name) {
            true => format!("coalesce(s.{name}, c.{name}) AS {name}"),
            false => format!("s.{name}"),
        };
        let values = batch.names.iter().map(value).collect::<Vec<_>>().join(", ");
        batch.run_sql(
            transaction,
            "comparing rows with what is held",
            &format!(
                "CREATE OR REPLACE TEMP TABLE believed AS
                     SELECT {values}, s.page_no FROM staged AS s LEFT JOIN core.{table} AS c ON {own} AND {same}
                     WHERE NOT coalesce({is_newer}, false);
                 CREATE OR REPLACE TEMP VIEW staged AS SELECT * FROM believed",
                same = batch.same_key("c", "s")
            ),
        )?;
    }
    batch.run_sql(transaction, "comparing rows with what is held", "DROP TABLE newer")?;
    for (file, rows) in newer {
        note_newer(batch, file, rows);
    }
    for (file, rows) in lost {
        let note = format!("{}: {rows} rows lack a number that is known; the known one stays", load.files[file].name);
        batch.loaded[file].notes.push(note);
    }
    Ok(())
}
