//! What facts add to the unified metrics, for the touched days: each contribution is computed once, by its
//! dimensions; `mart.<fact>_by` holds it, `mart.metric_daily` is the sum of all, and `mart.metric_hourly` of those
//! with hours. So the tables cannot disagree.

use super::named;
use crate::domain::fact::{Contribution, Fact, Facts, Measure};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts::marts::{HOURLY_DAYS, by_table};
use crate::warehouse::queries;
use duckdb::{Connection, Transaction, params};

/// Words of vendors for no campaign.
const NO_CAMPAIGN: &str = "('(not set)', '(none)', '(direct)', '(organic)', '(referral)')";
/// The columns of the origin, as the unified metrics have them.
const ORIGIN: &str = "workspace, date, channel, source, campaign";

/// Computes the contributions of the touched days, `mart.metric_daily` among them, which `own` fills instead where
/// an installation has a query of its own. The relations `touched`, `rate`, `identity`, `payer`, `due` and the macro
/// `channel` must be there. Hours are kept for some days before each workspace's today.
pub fn add(transaction: &Transaction<'_>, facts: &Facts, own: Option<&str>) -> Result<(), WarehouseError> {
    let adding = adding(facts);
    for (fact, adds) in &adding {
        compute(transaction, fact, adds)?;
        if !adds.dimensions.is_empty() {
            let table = by_table(fact);
            replace(transaction, &table, &by_dimension(fact, adds))?;
        }
    }
    let measures = facts.measures();
    let hourly: Vec<_> = adding.iter().filter(|(fact, _)| fact.hour.is_some()).collect();
    if !hourly.is_empty() {
        let parts = hourly.iter().map(|(fact, adds)| part(fact, adds, ", hour")).collect();
        replace(transaction, "metric_hourly", &together(parts, &measures, ", CAST(hour AS INTEGER) AS hour"))?;
        transaction
            .execute(
                "DELETE FROM mart.metric_hourly USING due WHERE due.workspace = metric_hourly.workspace
                     AND metric_hourly.date <= due.today - CAST(? AS INTEGER)",
                params![HOURLY_DAYS],
            )
            .context(|| "removing hours past their days".to_owned())?;
    }
    let parts = adding.iter().map(|(fact, adds)| part(fact, adds, "")).collect();
    match own {
        Some(sql) => {
            queries::examine(transaction, sql).map_err(|error| named("metric_daily", error))?;
            replace(transaction, "metric_daily", sql).map_err(|error| named("metric_daily", error))?
        }
        None => replace(transaction, "metric_daily", &together(parts, &measures, ""))?,
    }
    for (fact, _) in &adding {
        let sql = format!("DROP TABLE temp.{}", temporary(fact));
        transaction.execute_batch(&sql).context(|| "forgetting what facts add".to_owned())?;
    }
    Ok(())
}

/// The facts that add to the unified metrics.
fn adding(facts: &Facts) -> Vec<(&Fact, &Contribution)> {
    facts.iter().filter_map(|fact| Some((fact, fact.contribution.as_ref()?))).collect()
}

/// Fills the temporary table `computed_daily` with what facts add on the touched days, and nothing that is stored; a
/// query of the installation in their place is `own`.
pub fn compute_anew(transaction: &Connection, facts: &Facts, own: Option<&str>) -> Result<(), WarehouseError> {
    let adding = adding(facts);
    for (fact, adds) in &adding {
        compute(transaction, fact, adds)?;
    }
    let parts = adding.iter().map(|(fact, adds)| part(fact, adds, "")).collect();
    let sql = match own {
        Some(sql) => {
            queries::examine(transaction, sql).map_err(|error| named("metric_daily", error))?;
            sql.to_owned()
        }
        None => together(parts, &facts.measures(), ""),
    };
    let sql = format!("CREATE OR REPLACE TEMP TABLE computed_daily AS {}", sql.trim_end().trim_end_matches(';'));
    transaction.execute_batch(&sql).context(|| "computing the unified metrics anew".to_owned())
}

/// Puts the touched days of a table anew.
pub fn replace(transaction: &Transaction<'_>, table: &str, sql: &str) -> Result<(), WarehouseError> {
    let step = || format!("filling mart.{table}");
    transaction
        .execute_batch(&format!(
            "DELETE FROM mart.{table} USING touched AS t WHERE t.workspace = {table}.workspace AND t.date = {table}.date"
        ))
        .context(step)?;
    transaction.execute(&format!("INSERT INTO mart.{table} BY NAME {sql}"), []).map(drop).context(step)
}

fn temporary(fact: &Fact) -> String {
    format!("adds_{}", fact.id)
}

/// The columns by which a contribution is kept apart beside the origin.
fn apart(fact: &Fact, adds: &Contribution) -> Vec<String> {
    let hour = fact.hour.iter().map(|_| "hour".to_owned());
    hour.chain(adds.dimensions.iter().map(|dimension| dimension.word().to_owned())).collect()
}

/// Computes a contribution into a temporary table, by the channel of its origin and its dimensions.
fn compute(transaction: &Connection, fact: &Fact, adds: &Contribution) -> Result<(), WarehouseError> {
    let name = adds.file.display().to_string();
    queries::examine(transaction, &adds.sql).map_err(|error| named(&name, error))?;
    let apart: String = apart(fact, adds).iter().map(|column| format!(", {column}")).collect();
    let sums: String =
        adds.measures.iter().map(|measure| format!(", {0} AS {1}", sum(measure), measure.name)).collect();
    let sql = format!(
        "CREATE OR REPLACE TEMP TABLE {} AS
         SELECT CAST(workspace AS VARCHAR) AS workspace, CAST(date AS DATE) AS date,
             CAST(channel(source, medium, campaign) AS VARCHAR) AS channel, CAST(source AS VARCHAR) AS source,
             CAST(CASE WHEN campaign IN {NO_CAMPAIGN} THEN '' ELSE campaign END AS VARCHAR) AS campaign{apart}{sums}
         FROM (\n{}\n) SEMI JOIN touched USING (workspace, date)
         GROUP BY ALL",
        temporary(fact),
        adds.sql.trim_end().trim_end_matches(';')
    );
    transaction.execute_batch(&sql).context(|| format!("computing {name}")).map_err(|error| named(&name, error))
}

fn sum(measure: &Measure) -> String {
    format!("CAST(coalesce(sum({}), 0) AS {})", measure.name, measure.kind)
}

fn part(fact: &Fact, adds: &Contribution, more: &str) -> String {
    let measures: String = adds.measures.iter().map(|measure| format!(", {}", measure.name)).collect();
    format!("SELECT {ORIGIN}{more}{measures} FROM temp.{}", temporary(fact))
}

fn by_dimension(fact: &Fact, adds: &Contribution) -> String {
    let dimensions: String =
        adds.dimensions.iter().map(|dimension| format!(", CAST({0} AS VARCHAR) AS {0}", dimension.word())).collect();
    let sums: String =
        adds.measures.iter().map(|measure| format!(", {0} AS {1}", sum(measure), measure.name)).collect();
    format!("SELECT {ORIGIN}{dimensions}{sums} FROM temp.{} GROUP BY ALL", temporary(fact))
}

/// The union of parts by name, summed: a measure that a part does not have counts nothing there.
fn together(parts: Vec<String>, measures: &[Measure], more: &str) -> String {
    let all = parts.join("\nUNION ALL BY NAME ");
    let sums: String = measures
        .iter()
        .filter(|measure| all.contains(&format!(", {}", measure.name)))
        .map(|measure| format!(", {0} AS {1}", sum(measure), measure.name))
        .collect();
    format!("SELECT {ORIGIN}{more}{sums} FROM ({all}) GROUP BY ALL")
}
