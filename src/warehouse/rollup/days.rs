//! Puts the days in the temporary table `touched` anew in a table of `mart`.

use crate::warehouse::error::{Context, WarehouseError};
use duckdb::Transaction;

/// Whatever rows a query yields.
pub fn replace(transaction: &Transaction<'_>, table: &str, query: &str) -> Result<(), WarehouseError> {
    let step = || format!("filling mart.{table}");
    transaction
        .execute_batch(&format!(
            "DELETE FROM mart.{table} USING touched AS t WHERE t.workspace = {table}.workspace AND t.date = {table}.date"
        ))
        .context(step)?;
    transaction.execute(&format!("INSERT INTO mart.{table} BY NAME {query}"), []).map(drop).context(step)
}

/// The same for a query that yields these columns and no row twice: only rows that differ are written. Most of what a
/// touched day holds is as it was, as one fact changed of many, or a few campaigns; what is not written costs no log and
/// leaves no removed rows in the file.
pub fn replace_differing(
    transaction: &Transaction<'_>,
    table: &str,
    columns: &[&str],
    query: &str,
) -> Result<(), WarehouseError> {
    let step = || format!("filling mart.{table}");
    let names = columns.join(", ");
    let has_any = |grouped: &str| {
        let sql =
            format!("SELECT EXISTS (SELECT 1 FROM mart.{table} SEMI JOIN touched USING (workspace, date) {grouped})");
        transaction.query_row(&sql, [], |row| row.get::<_, bool>(0)).context(step)
    };
    if !has_any("")? {
        return transaction.execute(&format!("INSERT INTO mart.{table} BY NAME {query}"), []).map(drop).context(step);
    }
    // A query of the installation, which has since been removed, may have left rows twice.
    if table == "metric_daily" && has_any("GROUP BY workspace, date, channel, source, campaign HAVING count(*) > 1")? {
        return replace(transaction, table, query);
    }
    let same: Vec<String> = columns.iter().map(|name| format!("f.{name} IS NOT DISTINCT FROM s.{name}")).collect();
    let sql = format!(
        "CREATE OR REPLACE TEMP TABLE differing AS
         WITH stored AS NOT MATERIALIZED (
             SELECT rowid AS stored_row, {names} FROM mart.{table} SEMI JOIN touched USING (workspace, date))
         SELECT s.stored_row, f.* FROM ({query}) AS f FULL JOIN stored AS s ON {}
         WHERE f.workspace IS NULL OR s.workspace IS NULL;
         DELETE FROM mart.{table} WHERE rowid IN (SELECT stored_row FROM differing);
         INSERT INTO mart.{table} BY NAME SELECT {names} FROM differing WHERE workspace IS NOT NULL;
         DROP TABLE differing",
        same.join(" AND ")
    );
    transaction.execute_batch(&sql).context(step)
}

#[cfg(test)]
mod tests;
