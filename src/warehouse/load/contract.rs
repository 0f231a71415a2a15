//! Rows of an installation's own facts that are not as their contract says go to quarantine. The queries of built-in
//! connectors say so themselves.

use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use duckdb::{Transaction, params};

/// Marks rows of the temporary table `table` that lack a required value, or hold one that is no number, is out of range
/// or of another form.
pub fn judge(transaction: &Transaction<'_>, fact: &str, table: &str) -> Result<(), WarehouseError> {
    let Some(fault) = fault(transaction, fact)? else { return Ok(()) };
    let sql = format!("UPDATE {table} SET problem = {fault} WHERE problem IS NULL");
    transaction.execute_batch(&sql).context(|| format!("holding {fact} against its contract"))
}

/// What is wrong with a row of a fact, as an expression over its columns that is null for a good one; `None` where its
/// contract states nothing.
pub fn fault(transaction: &Transaction<'_>, fact: &str) -> Result<Option<String>, WarehouseError> {
    let step = || format!("holding {fact} against its contract");
    let mut statement = transaction
        .prepare(
            "SELECT c.column_name, c.type = 'DOUBLE' AS is_double, c.is_required, c.min_value, c.max_value, c.format
             FROM ops.fact_column AS c
             JOIN ops.fact AS f USING (fact)
             WHERE fact = ? AND NOT f.is_built_in AND (c.is_required OR is_double
                 OR c.min_value IS NOT NULL OR c.max_value IS NOT NULL OR c.format IS NOT NULL)
             ORDER BY c.position",
        )
        .context(step)?;
    type Stated = (String, bool, bool, Option<String>, Option<String>, Option<String>);
    let rows = statement
        .query_map(params![fact], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })
        .context(step)?;
    let stated: Vec<Stated> = rows.collect::<Result<_, _>>().context(step)?;
    let mut faults = Vec::new();
    for (name, is_double, is_required, min, max, format) in stated {
        if is_double {
            // One of them would make every sum none, for ever.
            faults.push(format!("WHEN NOT isfinite({name}) THEN {}", literal(&format!("{name} is not a number"))));
        }
        if is_required {
            faults.push(format!("WHEN {name} IS NULL THEN {}", literal(&format!("{name} is missing"))));
        }
        if let Some(min) = min {
            faults.push(format!("WHEN {name} < {min} THEN {}", literal(&format!("{name} is less than {min}"))));
        }
        if let Some(max) = max {
            faults.push(format!("WHEN {name} > {max} THEN {}", literal(&format!("{name} is more than {max}"))));
        }
        if let Some(format) = format {
            let told = literal(&format!("{name} is not of the form {format}"));
            let form = literal(&format);
            faults.push(format!("WHEN NOT regexp_full_match(CAST({name} AS VARCHAR), {form}) THEN {told}"));
        }
    }
    Ok((!faults.is_empty()).then(|| format!("CASE {} END", faults.join(" "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::facts::{builtin, fact_of};
    use crate::warehouse::{Warehouse, WarehouseConfig};
    use std::sync::Arc;

    /// ClickHouse/ClickHouse#8369, elastic/kibana#282923: one NaN, and every total of its column is NaN.
    #[test]
    fn a_value_that_is_no_number_is_quarantined_and_reaches_no_sum() {
        let contract = "about = 'Ratings.'\nday = 'date'\nkey = ['date']\n[columns]\n\
            date = { type = 'DATE', required = true, about = 'The day.' }\n\
            stars = { type = 'DOUBLE', about = 'Stars.', max = '5' }\n";
        let mut facts = (*builtin()).clone();
        facts.add(fact_of("rating", contract, None)).expect("added");
        let config = WarehouseConfig { facts: Arc::new(facts), ..WarehouseConfig::default() };
        let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
        let problems = warehouse.write_blocking(|connection| {
            let transaction = connection.transaction().context(|| "trying".to_owned())?;
            transaction
                .execute_batch(
                    "CREATE TEMP TABLE read AS SELECT DATE '2026-11-01' AS date, CAST(text AS DOUBLE) AS stars, NULL::VARCHAR AS problem
                     FROM (VALUES ('4.5'), ('NaN'), ('inf'), ('-Infinity'), (NULL), ('6')) AS t(text)",
                )
                .context(|| "trying".to_owned())?;
            judge(&transaction, "rating", "read")?;
            let mut statement = transaction
                .prepare("SELECT concat_ws(': ', stars, problem) FROM read ORDER BY rowid")
                .context(|| "trying".to_owned())?;
            let rows = statement.query_map([], |row| row.get(0)).context(|| "trying".to_owned())?;
            rows.collect::<Result<Vec<String>, _>>().context(|| "trying".to_owned())
        });
        assert_eq!(
            problems.expect("judged"),
            [
                "4.5",
                "nan: stars is not a number",
                "inf: stars is not a number",
                "-inf: stars is not a number",
                "",
                "6.0: stars is more than 5"
            ]
        );
    }
}
