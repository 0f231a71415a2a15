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

/// The same for a query that reads `touched`, yields these columns and no row twice: only days whose rows differ are
/// written. A vendor's last weeks are read again every hour and are mostly as they were; what is not written costs no
/// log and leaves no removed rows in the file.
pub fn replace_differing(
    transaction: &Transaction<'_>,
    table: &str,
    columns: &[&str],
    query: &str,
) -> Result<(), WarehouseError> {
    let step = || format!("filling mart.{table}");
    if !has_any(transaction, table)? {
        return transaction.execute(&format!("INSERT INTO mart.{table} BY NAME {query}"), []).map(drop).context(step);
    }
    let same: Vec<String> = columns.iter().map(|name| format!("f.{name} IS NOT DISTINCT FROM s.{name}")).collect();
    // A query of the installation, which has since been removed, may have left rows twice.
    let sql = format!(
        "CREATE OR REPLACE TEMP TABLE differing AS
         WITH stored AS NOT MATERIALIZED (SELECT {} FROM mart.{table} SEMI JOIN touched USING (workspace, date))
         SELECT DISTINCT coalesce(f.workspace, s.workspace) AS workspace, coalesce(f.date, s.date) AS date
         FROM ({query}) AS f FULL JOIN stored AS s ON {}
         WHERE f.workspace IS NULL OR s.workspace IS NULL{}",
        columns.join(", "),
        same.join(" AND "),
        match table {
            "metric_daily" =>
                " UNION SELECT workspace, date FROM stored
                 GROUP BY workspace, date, channel, source, campaign HAVING count(*) > 1",
            _ => "",
        }
    );
    transaction.execute_batch(&sql).context(step)?;
    let days: u64 =
        transaction.query_row("SELECT count(*)::UBIGINT FROM temp.differing", [], |row| row.get(0)).context(step)?;
    if days > 0 {
        // What is not written is not kept, so these days are computed once more: mostly they are few.
        transaction
            .execute_batch("ALTER TABLE touched RENAME TO all_touched; ALTER TABLE differing RENAME TO touched")
            .context(step)?;
        replace(transaction, table, query)?;
        transaction
            .execute_batch("ALTER TABLE touched RENAME TO differing; ALTER TABLE all_touched RENAME TO touched")
            .context(step)?;
    }
    transaction.execute_batch("DROP TABLE temp.differing").context(step)
}

/// Whether rows of any touched day are stored.
fn has_any(transaction: &Transaction<'_>, table: &str) -> Result<bool, WarehouseError> {
    let sql = format!("SELECT EXISTS (FROM mart.{table} SEMI JOIN touched USING (workspace, date))");
    transaction.query_row(&sql, [], |row| row.get(0)).context(|| format!("filling mart.{table}"))
}

#[cfg(test)]
mod tests;
