//! Reads what questions answer.

use crate::domain::period::Period;
use crate::report::questions::{Answer, Answers, Question};
use crate::warehouse::error::{Context, WarehouseError};
use chrono::NaiveDate;
use duckdb::{Connection, params};
use rust_decimal::Decimal;

/// The rows of a question of a workspace in a period.
///
/// # Errors
/// As its query fails.
pub fn read(
    reader: &Connection,
    workspace: &str,
    (name, of): (&str, &Question),
    period: Period,
) -> Result<Answers, WarehouseError> {
    let step = || format!("asking {name}");
    let texts = of.keys.iter().chain(&of.texts).map(|column| format!("CAST({column} AS VARCHAR)"));
    let numbers = of.measures.iter().map(|(column, _)| format!("CAST({column} AS DECIMAL(38, 6))"));
    let columns: Vec<String> = texts.chain(numbers).collect();
    let sql = format!("SELECT {} FROM (\n{}\n)", columns.join(", "), of.query(["$1", "$2", "$3"]));
    let mut statement = reader.prepare_cached(&sql).context(step)?;
    let rows = statement
        .query_map(params![workspace, period.start, period.end], |row| {
            let mut answer = Answer::default();
            let mut keys = Vec::new();
            for index in 0..of.keys.len() {
                keys.push(row.get::<_, Option<String>>(index)?.unwrap_or_default());
            }
            let first = of.keys.len();
            for (index, column) in of.texts.iter().enumerate() {
                if let Some(text) = row.get::<_, Option<String>>(first + index)? {
                    answer.texts.insert(column.clone(), text);
                }
            }
            let first = first + of.texts.len();
            for (index, (measure, _)) in of.measures.iter().enumerate() {
                if let Some(value) = row.get::<_, Option<Decimal>>(first + index)? {
                    answer.values.insert(measure.clone(), value.normalize());
                }
            }
            Ok((keys, answer))
        })
        .context(step)?;
    let mut answers = Answers::new();
    for row in rows {
        let (keys, found) = row.context(step)?;
        // Rows of one key are one, as the query that explains a value adds them up.
        let answer = answers.entry(keys).or_default();
        answer.texts.extend(found.texts);
        for (measure, value) in found.values {
            *answer.values.entry(measure).or_default() += value;
        }
    }
    Ok(answers)
}

/// The first day of which a question can have answers, where its file names the table.
pub fn known_since(reader: &Connection, workspace: &str, of: &Question) -> Result<Option<NaiveDate>, WarehouseError> {
    let Some(table) = &of.known_since else { return Ok(None) };
    let sql = format!("SELECT min(date) FROM {table} WHERE workspace = ?");
    let mut statement = reader.prepare_cached(&sql).context(|| format!("reading since when {table} is known"))?;
    let found = statement.query_row(params![workspace], |row| row.get(0));
    found.context(|| format!("reading since when {table} is known"))
}
