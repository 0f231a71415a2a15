//! Several rows of one key in a file: equal ones count once, different ones have an answer or are
//! quarantined, all of them.

use super::Batch;
use crate::domain::dropped::Repeats;
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::Transaction;

/// How many rows a file has in a list of counts.
pub fn left(of: &[(usize, u64)], file: usize) -> u64 {
    of.iter().find(|(other, _)| *other == file).map_or(0, |(_, rows)| *rows)
}

/// Leaves one row of each key of a file in `read`, or marks all of a key as a problem. Rows are equal
/// where every column of the file is, those that are not read included.
pub fn settle(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    let key = batch.key();
    let good = batch.count(transaction, "read WHERE problem IS NULL")?;
    let distinct =
        batch.count(transaction, &format!("(SELECT DISTINCT page_no, {key} FROM read WHERE problem IS NULL)"))?;
    if distinct == good {
        return Ok(());
    }
    let per_file = "SELECT page_no, count(*)::UBIGINT FROM read WHERE problem IS NULL GROUP BY page_no";
    let before = batch.by_file(transaction, per_file)?;
    let of_key = batch.load.target.key.iter().map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ");
    // Equal rows first: the first of them stays. A row of a wide table has several records, and is equal where all are.
    batch.run_sql(
        transaction,
        "looking for equal rows",
        &format!(
            "CREATE OR REPLACE TEMP TABLE read AS
             WITH whole AS (SELECT k, n, list(h ORDER BY h) AS h FROM dropped GROUP BY k, n)
             SELECT r.* FROM read AS r LEFT JOIN whole AS d ON d.k = r.page_no AND d.n = r.record_no
             QUALIFY r.problem IS NOT NULL
                 OR row_number() OVER (PARTITION BY r.problem IS NULL, r.page_no, {of_key}, d.h ORDER BY r.record_no) = 1"
        ),
    )?;
    let between = batch.by_file(transaction, per_file)?;
    tell_several_days(transaction, batch)?;
    batch.run_sql(transaction, "settling repeated keys", &answer(transaction, batch)?)?;
    let after = batch.by_file(transaction, per_file)?;
    let says = match &batch.load.target.repeats {
        Repeats::Sum => "rows of one key are added up".to_owned(),
        Repeats::Items | Repeats::Same => "rows of one key are put together".to_owned(),
        Repeats::Last(field) => format!("of rows of one key the one with the newest {field} counts"),
        Repeats::Quarantine => "rows of one key that differ are quarantined".to_owned(),
    };
    for (file, rows) in before {
        let mut said = Vec::new();
        let (equal, differing) = (rows - left(&between, file), left(&between, file) - left(&after, file));
        if equal > 0 {
            said.push(format!("{equal} rows are the same as another row and count once"));
        }
        if differing > 0 {
            said.push(format!("{differing} {says}"));
        }
        if !said.is_empty() {
            let note = format!("{}: {}", batch.load.files[file].name, said.join("; "));
            batch.loaded[file].notes.push(note);
        }
    }
    Ok(())
}

/// Parts of one key may be of several days, of which the first row's counts.
fn tell_several_days(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    let (day, key) = (&batch.load.target.day, batch.key());
    if batch.load.target.repeats != Repeats::Sum || batch.load.target.key.contains(day) {
        return Ok(());
    }
    let sql = format!(
        "SELECT page_no, count(*)::UBIGINT FROM (
             SELECT page_no FROM read WHERE problem IS NULL GROUP BY page_no, {key} HAVING min({day}) <> max({day}))
         GROUP BY page_no"
    );
    for (file, keys) in batch.by_file(transaction, &sql)? {
        let name = &batch.load.files[file].name;
        let note =
            format!("{name}: {keys} keys have rows of several days; all of each counts on the day of its first row");
        batch.loaded[file].notes.push(note);
    }
    Ok(())
}

/// The statement of the preset's answer to rows of one key that differ.
fn answer(transaction: &Transaction<'_>, batch: &Batch<'_>) -> Result<String, WarehouseError> {
    let target = &batch.load.target;
    let key = batch.key();
    Ok(match &target.repeats {
        Repeats::Sum => {
            let types = types(transaction, &target.table)?;
            let type_of =
                |name: &str| types.iter().find(|(other, _)| other == name).map_or("DECIMAL(18, 6)", |(_, of)| of);
            let others = batch.names.iter().filter(|name| !target.key.contains(name));
            let values: Vec<String> = others
                .map(|name| match target.measures.contains(name) {
                    true => format!("CAST(sum({name}) AS {}) AS {name}", type_of(name)),
                    false => format!("first({name} ORDER BY record_no) FILTER ({name} IS NOT NULL) AS {name}"),
                })
                .collect();
            // Amounts of one key in two currencies do not add up.
            let problem = match batch.names.iter().any(|name| name == "currency") {
                true => "CASE WHEN count(DISTINCT currency) > 1 THEN 'rows of one key are in several currencies' END",
                false => "NULL::VARCHAR",
            };
            format!(
                "CREATE OR REPLACE TEMP TABLE read AS
                 SELECT {key}, {values}, page_no, min(record_no) AS record_no, {problem} AS problem
                 FROM read WHERE problem IS NULL GROUP BY page_no, {key}
                 UNION ALL BY NAME SELECT * FROM read WHERE problem IS NOT NULL",
                values = values.join(", ")
            )
        }
        Repeats::Last(field) => {
            let of_key = target.key.iter().map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ");
            format!(
                "CREATE OR REPLACE TEMP TABLE read AS
                 SELECT r.* FROM read AS r
                 LEFT JOIN (SELECT DISTINCT ON (k, n) * FROM dropped) AS d ON d.k = r.page_no AND d.n = r.record_no
                 QUALIFY r.problem IS NOT NULL OR row_number() OVER (PARTITION BY r.problem IS NULL, r.page_no, {of_key}
                     ORDER BY TRY_CAST(d.{field} AS DATE) DESC NULLS LAST, r.record_no DESC) = 1"
            )
        }
        Repeats::Quarantine | Repeats::Items | Repeats::Same => {
            let shown: Vec<String> = target.key.iter().map(|column| format!("CAST(r.{column} AS VARCHAR)")).collect();
            format!(
                "CREATE OR REPLACE TEMP TABLE read AS
                 WITH twice AS (
                     SELECT page_no, {key}, list_sort(list(record_no)) AS lines FROM read WHERE problem IS NULL
                     GROUP BY page_no, {key} HAVING count(*) > 1)
                 SELECT r.* REPLACE (coalesce(r.problem, 'the rows ' || array_to_string(t.lines[1:5], ', ')
                     || ' say different things of ' || left(concat_ws(' ', {shown}), 120)) AS problem)
                 FROM read AS r LEFT JOIN twice AS t ON r.problem IS NULL AND r.page_no = t.page_no AND {same}",
                shown = shown.join(", "),
                same = batch.same_key("r", "t")
            )
        }
    })
}

fn types(transaction: &Transaction<'_>, table: &str) -> Result<Vec<(String, String)>, WarehouseError> {
    let step = || format!("reading the types of core.{table}");
    let mut statement = transaction
        .prepare(
            "SELECT column_name, data_type FROM duckdb_columns()
             WHERE database_name = current_database() AND schema_name = 'core' AND table_name = ?",
        )
        .context(step)?;
    let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
