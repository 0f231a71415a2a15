//! Dropped rows as relations: `file(file_no, load_id, name, modified_at)`, `dropped` with every row's
//! fields as texts, and `page`, which a target's query reads.

use super::FileLoad;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::{literal, path_literal};
use duckdb::{Transaction, params};

/// A record of 1 MB may swell sixfold when every letter is escaped.
const LARGEST_RECORD: u64 = 8 << 20;

/// Binds what the target's query may ask by `getvariable`.
pub fn set_variables(transaction: &Transaction<'_>, load: &FileLoad) -> Result<(), WarehouseError> {
    let variables = [
        ("workspace", load.workspace.as_str()),
        ("connection", load.connection.as_str()),
        ("currency", load.currency.as_str()),
        ("person_key", load.person_key.expose()),
    ];
    let set: Vec<String> =
        variables.iter().map(|(name, value)| format!("SET VARIABLE {name} = {}", literal(value))).collect();
    transaction.execute_batch(&set.join("; ")).context(|| "setting variables".to_owned())
}

/// Creates the relations.
pub fn create(transaction: &Transaction<'_>, load: &FileLoad) -> Result<(), WarehouseError> {
    let step = || format!("opening files of {}", load.connection);
    transaction
        .execute_batch(
            "CREATE OR REPLACE TEMP TABLE file (file_no INTEGER, load_id VARCHAR, name VARCHAR, shown VARCHAR,
                 slice VARCHAR, place VARCHAR, modified_at TIMESTAMP);
             CREATE OR REPLACE TEMP TABLE older (file_no INTEGER, name VARCHAR)",
        )
        .context(step)?;
    {
        let mut appender = transaction.appender("file").context(step)?;
        for file in &load.files {
            let word = if file.has_rows { "row" } else { "line" };
            appender
                .append_row(params![
                    file.number,
                    file.load_id,
                    file.partition,
                    file.name,
                    file.slice,
                    word,
                    file.modified_at.map(|at| at.naive_utc())
                ])
                .context(step)?;
        }
        appender.flush().context(step)?;
        let mut appender = transaction.appender("older").context(step)?;
        for file in &load.files {
            for older in &file.replaces {
                appender.append_row(params![file.number, older]).context(step)?;
            }
        }
        appender.flush().context(step)?;
    }
    let paths: Vec<String> = load.files.iter().map(|file| path_literal(&file.records)).collect::<Result<_, _>>()?;
    let fields: Vec<String> = load.target.fields.iter().map(|(name, _)| format!("{name}: 'VARCHAR'")).collect();
    // What a row cannot do without is asked once for all targets.
    let missing: Vec<String> = load
        .target
        .fields
        .iter()
        .filter(|(_, is_required)| *is_required)
        .map(|(name, _)| format!("CASE WHEN {name} IS NULL THEN '{name} is missing' END"))
        .collect();
    let names: Vec<&str> = load.target.fields.iter().map(|(name, _)| name.as_str()).collect();
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE dropped AS
                 SELECT * FROM read_json([{paths}], format = 'newline_delimited', compression = 'uncompressed',
                     maximum_object_size = {LARGEST_RECORD},
                     columns = {{k: 'INTEGER', n: 'INTEGER', h: 'UBIGINT', p: 'VARCHAR', raw: 'VARCHAR', {fields}}});
             CREATE OR REPLACE TEMP VIEW page AS
                 SELECT k AS page_no, n AS record_no, {names},
                     CASE WHEN p IS NULL THEN problems([{missing}]) ELSE p END AS problem
                 FROM dropped",
            paths = paths.join(", "),
            fields = fields.join(", "),
            names = names.join(", "),
            missing = missing.join(", ")
        ))
        .context(step)
}

/// Runs the target's query; the rows before the first day are left out.
pub fn read(transaction: &Transaction<'_>, load: &FileLoad) -> Result<(), WarehouseError> {
    let query = load.target.sql.trim_end().trim_end_matches(';');
    let sql = match load.target.since {
        None => query.to_owned(),
        Some(day) => {
            format!("SELECT * FROM ({query}) WHERE problem IS NOT NULL OR {} >= DATE '{day}'", load.target.day)
        }
    };
    transaction
        .execute_batch(&format!("CREATE OR REPLACE TEMP TABLE read AS {sql}"))
        .context(|| format!("reading files of {} into {}", load.connection, load.target.table))
}

/// Forgets the relations, so that the next load starts clean.
pub fn forget(transaction: &Transaction<'_>) -> Result<(), WarehouseError> {
    transaction
        .execute_batch(
            "DROP VIEW IF EXISTS staged; DROP VIEW IF EXISTS page; DROP TABLE IF EXISTS dropped; DROP TABLE IF EXISTS read;
             DROP TABLE IF EXISTS file; DROP TABLE IF EXISTS older; DROP TABLE IF EXISTS newest;
             DROP TABLE IF EXISTS believed; DROP TABLE IF EXISTS gone; DROP TABLE IF EXISTS fresh",
        )
        .context(|| "clearing up after a load".to_owned())
}
