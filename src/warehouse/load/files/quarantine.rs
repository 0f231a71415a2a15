//! Bad rows of files: a file of which too much is bad is refused, the rest is quarantined.

use super::Batch;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::load::stage::LONGEST_RAW;
use crate::warehouse::privacy::erased;
use crate::warehouse::sql::literal;
use duckdb::{Transaction, params};

/// A reason is shown up to this many characters.
const LONGEST_TOLD: usize = 300;

/// Counts the rows of each file, and takes the files out of which too much is bad.
pub fn judge(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    for (file, rows) in batch.by_file(transaction, "SELECT page_no, count(*)::UBIGINT FROM read GROUP BY page_no")? {
        batch.loaded[file].rows_read = rows;
    }
    let bad = "SELECT page_no, count(DISTINCT record_no)::UBIGINT FROM read WHERE problem IS NOT NULL GROUP BY page_no";
    for (file, bad) in batch.by_file(transaction, bad)? {
        batch.loaded[file].rows_quarantined = bad;
        let first = first_problem(transaction, batch, file)?;
        match refusal(batch, (bad, batch.loaded[file].rows_read), &first) {
            Some(reason) => drop(batch.refused.insert(file, reason)),
            None => {
                let more = match bad {
                    0 | 1 => " (quarantined)".to_owned(),
                    2 => " (quarantined, with 1 more row)".to_owned(),
                    more => format!(" (quarantined, with {} more rows)", more - 1),
                };
                batch.loaded[file].notes.push(first + &more);
            }
        }
    }
    for (file, loaded) in batch.loaded.iter_mut().enumerate() {
        if loaded.rows_read == 0 {
            loaded.notes.push(format!("{}: the file has columns but no rows", batch.load.files[file].name));
        }
    }
    if !batch.refused.is_empty() {
        let files: Vec<String> =
            batch.refused.keys().map(|place| batch.load.files[*place].number.to_string()).collect();
        let files = files.join(", ");
        let sql = format!(
            "DELETE FROM read WHERE page_no IN ({files}); DELETE FROM dropped WHERE k IN ({files});
             DELETE FROM file WHERE file_no IN ({files}); DELETE FROM older WHERE file_no IN ({files})"
        );
        batch.run_sql(transaction, "leaving refused files out", &sql)?;
    }
    Ok(())
}

/// The first bad row of a file in words, with its place.
fn first_problem(transaction: &Transaction<'_>, batch: &Batch<'_>, file: usize) -> Result<String, WarehouseError> {
    let first: String = transaction
        .query_row(
            "SELECT shown || ', ' || place || ' ' || record_no || ': ' || problem
             FROM read JOIN file ON file_no = page_no WHERE problem IS NOT NULL AND page_no = ?
             ORDER BY record_no LIMIT 1",
            params![batch.load.files[file].number],
            |row| row.get(0),
        )
        .context(|| format!("looking at bad rows of {}", batch.load.files[file].name))?;
    Ok(first.chars().take(LONGEST_TOLD).collect())
}

/// Why a file is refused of which too much is bad: what is wrong with many rows is wrong with the file.
fn refusal(batch: &Batch<'_>, (bad, all): (u64, u64), first: &str) -> Option<String> {
    let target = &batch.load.target;
    let many = bad > 1 && bad * 100 > all * u64::from(target.most_bad_percent);
    let why = match (bad == all, target.is_whole, many) {
        (_, true, _) => "its rows are parts of a whole, so that none of them may be missing".to_owned(),
        (true, ..) => "no row of it can be used".to_owned(),
        (.., true) => format!("more than {}% of its rows are bad", target.most_bad_percent),
        _ => return None,
    };
    let more = match bad {
        1 => String::new(),
        2 => "; so has 1 more row a problem".to_owned(),
        _ => format!("; so have {} more rows a problem", bad - 1),
    };
    let say = if first.contains("say different things of") {
        ", or say in the connection what they are: repeats = \"sum\" adds parts up, \"same\" takes an amount that each repeats once"
    } else {
        ", or say how it is to be read"
    };
    Some(format!("{first}{more}. Nothing of the file was loaded: {why}; mend it and drop it again{say}"))
}

/// A row's key, hashed; null where a part of it is.
pub fn key_hash(batch: &Batch<'_>) -> String {
    let parts: Vec<String> = batch.load.target.key.iter().map(|column| format!("CAST({column} AS VARCHAR)")).collect();
    format!("sha256(getvariable('person_key') || {})", parts.join(" || chr(31) || "))
}

/// Keeps the bad rows; what earlier contents of the files had left there is settled by these.
pub fn keep(transaction: &Transaction<'_>, batch: &Batch<'_>, some_are_erased: bool) -> Result<(), WarehouseError> {
    let load = batch.load;
    let of = params![load.workspace, load.connection, load.stream];
    transaction
        .execute(
            "DELETE FROM ops.quarantine
             WHERE workspace = $1 AND connection = $2 AND stream = $3 AND slice IN (
                 SELECT slice FROM ops.load WHERE workspace = $1 AND connection = $2 AND stream = $3
                     AND partition IN (SELECT name FROM file UNION SELECT name FROM older)
                 UNION SELECT slice FROM file)",
            of,
        )
        .context(|| "clearing earlier rejects".to_owned())?;
    if batch.loaded.iter().all(|loaded| loaded.rows_quarantined == 0) {
        return Ok(());
    }
    let fields: Vec<String> = load.target.fields.iter().map(|(name, _)| format!("{name} := d.{name}")).collect();
    let (workspace, connection) = (literal(&load.workspace), literal(&load.connection));
    let (stream, table) = (literal(&load.stream), literal(&load.target.table));
    batch.run_sql(
        transaction,
        "quarantining rows",
        &format!(
            "INSERT INTO ops.quarantine
             SELECT f.load_id, {workspace}, {connection}, {stream}, f.slice, {table}, 1, r.record_no,
                 f.shown || ', ' || f.place || ' ' || r.record_no || ': ' || r.problem,
                 left(coalesce(d.raw, CAST(to_json(struct_pack({fields})) AS VARCHAR)), {LONGEST_RAW}), NULL, r.key_hash
             FROM (SELECT page_no, record_no, any_value(problem) AS problem, any_value({hash}) AS key_hash
                   FROM read WHERE problem IS NOT NULL GROUP BY page_no, record_no) AS r
             JOIN file AS f ON f.file_no = r.page_no
             LEFT JOIN (SELECT DISTINCT ON (k, n) * FROM dropped) AS d ON d.k = r.page_no AND d.n = r.record_no
             ORDER BY f.file_no, r.record_no",
            fields = fields.join(", "),
            hash = key_hash(batch)
        ),
    )?;
    if some_are_erased {
        for file in load.files.iter().zip(&batch.loaded).filter(|(_, loaded)| loaded.rows_quarantined > 0) {
            erased::scrub_quarantine(transaction, &load.workspace, Some(&file.0.load_id))?;
        }
    }
    Ok(())
}
