//! What recurs: what subscriptions were worth, and recurring revenue by day from the first day that changed.

use super::{RollupSql, named};
use crate::domain::workspace::Workspace;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::queries;
use crate::warehouse::sealed::sealed_before;
use chrono::NaiveDate;
use duckdb::{Connection, Transaction, params};

/// Works out from all known states of subscriptions what they were worth, for the workspaces in `due`; leaves the first
/// day of what is other than before in `value_moved(workspace, date)`.
pub fn values(transaction: &Transaction<'_>) -> Result<(), WarehouseError> {
    let now = include_str!("values.sql");
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE value_before AS FROM mart.subscription_value SEMI JOIN due USING (workspace);
             DELETE FROM mart.subscription_value USING due WHERE due.workspace = subscription_value.workspace;
             INSERT INTO mart.subscription_value BY NAME {now};
             CREATE OR REPLACE TEMP TABLE value_now AS FROM mart.subscription_value SEMI JOIN due USING (workspace);
             CREATE OR REPLACE TEMP TABLE value_moved AS
             SELECT workspace, min(from_date) AS date
             FROM ((FROM value_now EXCEPT ALL FROM value_before) UNION ALL (FROM value_before EXCEPT ALL FROM value_now))
             GROUP BY workspace;
             DROP TABLE value_before; DROP TABLE value_now"
        ))
        .context(|| "working out what subscriptions were worth".to_owned())
}

/// Computes recurring revenue of the workspaces in `due`, from the first day on which values or rates moved, or that
/// is not known yet, until today; leaves those days in `days(workspace, date)`.
pub fn compute(transaction: &Transaction<'_>, sql: &RollupSql) -> Result<(), WarehouseError> {
    let step = || "the rollup mrr_daily".to_owned();
    let sealed = sealed_before(transaction)?;
    transaction
        .execute(
            &format!("CREATE OR REPLACE TEMP TABLE recurring_from AS {}", include_str!("recurring_from.sql")),
            params![sealed],
        )
        .context(step)?;
    transaction
        .execute_batch(
            "CREATE OR REPLACE TEMP TABLE days AS
             SELECT d.workspace, CAST(day AS DATE) AS date
             FROM recurring_from AS d,
                 unnest(generate_series(CAST(d.first_date AS TIMESTAMP), CAST(d.last_date AS TIMESTAMP), INTERVAL 1 DAY)) AS s(day);
             DELETE FROM mart.mrr_daily USING recurring_from AS d
             WHERE d.workspace = mrr_daily.workspace AND mrr_daily.date >= d.first_date;
             DROP TABLE recurring_from",
        )
        .context(step)?;
    fill(transaction, sql)
}

fn fill(transaction: &Transaction<'_>, sql: &RollupSql) -> Result<(), WarehouseError> {
    queries::examine(transaction, &sql.mrr_daily).map_err(|error| named("mrr_daily", error))?;
    transaction
        .execute(&format!("INSERT INTO mart.mrr_daily BY NAME {}", sql.mrr_daily), [])
        .map(drop)
        .context(|| "the rollup mrr_daily".to_owned())
}

/// Runs the query of what recurs over one day and takes it back: a rollup without data does not reach it.
///
/// # Errors
/// As the rollup fails on it.
pub fn try_recurring(
    connection: &mut Connection,
    workspace: &Workspace,
    sql: &RollupSql,
    today: NaiveDate,
) -> Result<(), WarehouseError> {
    let step = || "trying the rollup mrr_daily".to_owned();
    let transaction = connection.transaction().context(step)?;
    super::set_workspace(&transaction, workspace)?;
    transaction
        .execute(
            "CREATE OR REPLACE TEMP TABLE days AS SELECT CAST(? AS VARCHAR) AS workspace, CAST(? AS DATE) AS date",
            params![workspace.id, today],
        )
        .context(step)?;
    // Dropped without a commit.
    fill(&transaction, sql)
}
