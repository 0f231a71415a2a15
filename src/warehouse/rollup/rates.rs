//! What currencies were worth in a workspace's own on each day of its data. Days whose rate is new, other or gone
//! are touched.

use crate::domain::fact::{Fact, Facts};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use duckdb::Transaction;
use std::collections::BTreeSet;

/// Computes the rates of the workspaces in `due` anew.
pub fn compute(transaction: &Transaction<'_>, facts: &Facts) -> Result<(), WarehouseError> {
    let step = || "working out exchange rates".to_owned();
    transaction.execute_batch(&used(facts)).context(step)?;
    let now = include_str!("rates.sql");
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE rate_now AS {now};
             CREATE OR REPLACE TEMP TABLE rate_before AS
                 SELECT workspace, date, currency, rate, is_carried FROM mart.fx_cross SEMI JOIN due USING (workspace);
             CREATE OR REPLACE TEMP TABLE rate_new AS FROM rate_now EXCEPT FROM rate_before;
             CREATE OR REPLACE TEMP TABLE rate_gone AS FROM rate_before EXCEPT FROM rate_now;
             CREATE OR REPLACE TEMP TABLE rate_moved AS
                 SELECT workspace, date, currency, rate FROM rate_new
                 EXCEPT SELECT workspace, date, currency, rate FROM rate_before
                 UNION
                 (SELECT workspace, date, currency, rate FROM rate_gone SEMI JOIN used_currency USING (workspace, currency)
                  EXCEPT SELECT workspace, date, currency, rate FROM rate_now);
             INSERT INTO ops.touched_day SELECT DISTINCT workspace, date, 'fx' FROM rate_moved;
             DELETE FROM mart.fx_cross USING rate_gone AS g
                 WHERE g.workspace = fx_cross.workspace AND g.date = fx_cross.date AND g.currency = fx_cross.currency;
             INSERT INTO mart.fx_cross SELECT workspace, date, currency, rate, is_carried FROM rate_new;
             DROP TABLE rate_now; DROP TABLE rate_before; DROP TABLE rate_new; DROP TABLE rate_gone; DROP TABLE used_currency;
             DROP TABLE rate_source_moved"
        ))
        .context(step)
}

/// Notes whose rates each workspace in `asked` is computed with: its own if it has any, or those of `rates_of`. Those
/// for which that changed, or whose source has other rates now, are in the temporary table `rate_source_moved`.
pub fn find_sources(transaction: &Transaction<'_>, rates_of: Option<&str>) -> Result<(), WarehouseError> {
    let shared = rates_of.map_or_else(|| "NULL::VARCHAR".to_owned(), literal);
    transaction
        .execute_batch(&include_str!("rate_sources.sql").replace("/* shared */ NULL", &shared))
        .context(|| "finding whose exchange rates count".to_owned())
}

/// The currencies that amounts of a workspace are in, its own, and the euro: a workspace of one currency keeps no
/// thirty others.
fn used(facts: &Facts) -> String {
    let of_fact = |fact: &Fact| -> BTreeSet<(String, String)> {
        let stated = fact.money.iter().map(|money| money.currency.clone());
        // A query of an installation may convert what its contract does not call money.
        let named = fact.column("currency").map(|column| column.name.clone());
        stated.chain(named).map(|column| (fact.id.clone(), column)).collect()
    };
    let of_facts: String = facts
        .iter()
        .filter(|fact| fact.id != "fx_rate")
        .flat_map(of_fact)
        .map(|(table, column)| {
            format!("UNION SELECT f.workspace, f.{column} FROM core.{table} AS f SEMI JOIN due USING (workspace)\n")
        })
        .collect();
    format!(
        "CREATE OR REPLACE TEMP TABLE used_currency AS
         SELECT workspace, currency FROM (
             SELECT workspace, currency FROM due
             UNION SELECT workspace, 'EUR' FROM due
             UNION SELECT v.workspace, v.currency FROM mart.subscription_value AS v SEMI JOIN due USING (workspace)
             {of_facts})
         WHERE currency IS NOT NULL"
    )
}
