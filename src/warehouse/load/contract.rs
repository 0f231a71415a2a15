//! Rows of an installation's own facts that are not as their contract says go to quarantine. The queries of built-in
//! connectors say so themselves.

use super::literal;
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::{Transaction, params};

/// Marks rows of the temporary table `table` that lack a required value, or hold one that is out of range or of another form.
pub fn judge(transaction: &Transaction<'_>, fact: &str, table: &str) -> Result<(), WarehouseError> {
    let step = || format!("holding {fact} against its contract");
    let mut statement = transaction
        .prepare(
            "SELECT c.column_name, c.is_required, c.min_value, c.max_value, c.format FROM ops.fact_column AS c
             JOIN ops.fact AS f USING (fact)
             WHERE fact = ? AND NOT f.is_built_in
                 AND (c.is_required OR c.min_value IS NOT NULL OR c.max_value IS NOT NULL OR c.format IS NOT NULL)
             ORDER BY c.position",
        )
        .context(step)?;
    type Stated = (String, bool, Option<String>, Option<String>, Option<String>);
    let rows = statement
        .query_map(params![fact], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .context(step)?;
    let stated: Vec<Stated> = rows.collect::<Result<_, _>>().context(step)?;
    let mut faults = Vec::new();
    for (name, is_required, min, max, format) in stated {
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
    if faults.is_empty() {
        return Ok(());
    }
    let sql = format!("UPDATE {table} SET problem = CASE {} END WHERE problem IS NULL", faults.join(" "));
    transaction.execute_batch(&sql).context(step)
}
