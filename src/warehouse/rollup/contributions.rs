//! What facts add to the unified metrics, for the touched days: `mart.<fact>_by` holds a contribution by its
//! dimensions, `mart.metric_daily` is the sum of all contributions, and `mart.metric_hourly` of those with hours. Each
//! is summed from the other's rows, so the tables cannot disagree.

use super::{days, named};
use crate::domain::fact::{Contribution, Fact, Facts, Measure};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts::marts::{HOURLY_DAYS, by_table};
use crate::warehouse::queries;
use duckdb::{Connection, Transaction, params};

/// What every contribution is computed by: replaced are `{apart}`, `{sums}` and `{query}`.
pub const CONTRIBUTION: &str = include_str!("contribution.sql");
/// The columns of the origin, as the unified metrics have them.
const ORIGIN: [&str; 5] = ["workspace", "date", "channel", "source", "campaign"];

/// A fact with what it adds.
pub(super) type Adding<'a> = (&'a Fact, &'a Contribution);

/// Computes the contributions of the touched days, `mart.metric_daily` among them, which `own` fills instead where
/// an installation has a query of its own. The relations `touched`, `rate`, `identity`, `payer`, `due` and the macro
/// `channel` must be there. Hours are kept for some days before each workspace's today.
pub fn add(transaction: &Transaction<'_>, facts: &Facts, own: Option<&str>) -> Result<(), WarehouseError> {
    let adding = adding(facts);
    for of in &adding {
        add_one(transaction, *of)?;
    }
    let hourly: Vec<Adding<'_>> = adding.iter().filter(|(fact, _)| fact.hour.is_some()).copied().collect();
    if !hourly.is_empty() {
        let parts = hourly.iter().map(|of| part(*of, ", hour", &temporary(of.0)));
        let measures = added(facts, &hourly);
        let query = together(parts, &measures, ", CAST(hour AS INTEGER) AS hour");
        days::replace_differing(transaction, "metric_hourly", &columns(&["hour"], &measures), &query)?;
        transaction
            .execute(
                "DELETE FROM mart.metric_hourly USING due WHERE due.workspace = metric_hourly.workspace
                     AND metric_hourly.date <= due.today - CAST(? AS INTEGER)",
                params![HOURLY_DAYS],
            )
            .context(|| "removing hours past their days".to_owned())?;
    }
    match own {
        Some(sql) => {
            queries::examine(transaction, sql).map_err(|error| named("metric_daily", error))?;
            days::replace(transaction, "metric_daily", sql).map_err(|error| named("metric_daily", error))?
        }
        None => {
            let parts = adding.iter().map(|of| match is_temporary(*of) {
                true => part(*of, "", &temporary(of.0)),
                false => part(*of, "", &format!("mart.{}", by_table(of.0))),
            });
            let measures = added(facts, &adding);
            let query = together(parts, &measures, "");
            days::replace_differing(transaction, "metric_daily", &columns(&[], &measures), &query)?
        }
    }
    for (fact, _) in adding.iter().filter(|of| is_temporary(**of)) {
        let sql = format!("DROP TABLE {}", temporary(fact));
        transaction.execute_batch(&sql).context(|| "forgetting what facts add".to_owned())?;
    }
    Ok(())
}

/// Fills the temporary table `computed_daily` with what facts add on the touched days, and nothing that is stored; a
/// query of the installation in their place is `own`.
pub fn compute_anew(transaction: &Connection, facts: &Facts, own: Option<&str>) -> Result<(), WarehouseError> {
    let adding = adding(facts);
    for of in &adding {
        compute(transaction, *of)?;
    }
    let sql = match own {
        Some(sql) => {
            queries::examine(transaction, sql).map_err(|error| named("metric_daily", error))?;
            sql.to_owned()
        }
        None => {
            let parts = adding.iter().map(|of| part(*of, "", &temporary(of.0)));
            together(parts, &added(facts, &adding), "")
        }
    };
    let sql = format!("CREATE OR REPLACE TEMP TABLE computed_daily AS {}", sql.trim_end().trim_end_matches(';'));
    transaction.execute_batch(&sql).context(|| "computing the unified metrics anew".to_owned())
}

/// The facts that add to the unified metrics.
pub(super) fn adding(facts: &Facts) -> Vec<Adding<'_>> {
    facts.iter().filter_map(|fact| Some((fact, fact.contribution.as_ref()?))).collect()
}

/// The measures that any of `adding` has.
fn added(facts: &Facts, adding: &[Adding<'_>]) -> Vec<Measure> {
    let has = |name: &str| adding.iter().any(|(_, adds)| adds.measures.iter().any(|measure| measure.name == name));
    facts.measures().into_iter().filter(|measure| has(&measure.name)).collect()
}

/// Fills the table of a fact by its dimensions, and the temporary table of its contribution where it is read from there.
fn add_one(transaction: &Transaction<'_>, of: Adding<'_>) -> Result<(), WarehouseError> {
    let (fact, adds) = of;
    if is_temporary(of) {
        compute(transaction, of)?;
    }
    if adds.dimensions.is_empty() {
        return Ok(());
    }
    let dimensions: Vec<&str> = adds.dimensions.iter().map(|dimension| dimension.word()).collect();
    let query = match is_temporary(of) {
        true => part(of, &text_columns(&dimensions), &temporary(fact)),
        false => query(transaction, of)?,
    };
    days::replace_differing(transaction, &by_table(fact), &columns(&dimensions, &adds.measures), &query)
        .map_err(|error| named(&adds.file.display().to_string(), error))
}

/// Whether a contribution is read from a temporary table: it has hours, which its table by dimensions has not, or no
/// such table.
fn is_temporary((fact, adds): Adding<'_>) -> bool {
    fact.hour.is_some() || adds.dimensions.is_empty()
}

/// The temporary table of a fact's contribution.
pub(super) fn temporary(fact: &Fact) -> String {
    format!("temp.adds_{}", fact.id)
}

/// Computes a contribution into its temporary table.
fn compute(transaction: &Connection, of: Adding<'_>) -> Result<(), WarehouseError> {
    let name = of.1.file.display().to_string();
    let sql = format!("CREATE OR REPLACE TEMP TABLE {} AS {}", temporary(of.0), query(transaction, of)?);
    transaction.execute_batch(&sql).context(|| format!("computing {name}")).map_err(|error| named(&name, error))
}

/// A contribution on the touched days by the channel of its origin, its hour and its dimensions.
fn query(transaction: &Connection, (fact, adds): Adding<'_>) -> Result<String, WarehouseError> {
    queries::examine(transaction, &adds.sql).map_err(|error| named(&adds.file.display().to_string(), error))?;
    let dimensions: Vec<&str> = adds.dimensions.iter().map(|dimension| dimension.word()).collect();
    let (dimensions, sums) = (text_columns(&dimensions), sums(&adds.measures));
    let hour = if fact.hour.is_some() { ", hour" } else { "" };
    let all = CONTRIBUTION.replace("{apart}", &format!("{hour}{dimensions}")).replace("{sums}", &sums);
    Ok(all.replace("{query}", adds.sql.trim_end().trim_end_matches(';')))
}

fn text_columns(names: &[&str]) -> String {
    names.iter().map(|name| format!(", CAST({name} AS VARCHAR) AS {name}")).collect()
}

fn sums(measures: &[Measure]) -> String {
    let sum = |of: &Measure| format!(", CAST(coalesce(sum({0}), 0) AS {1}) AS {0}", of.name, of.kind);
    measures.iter().map(sum).collect()
}

/// A contribution on the touched days by its origin and `more`, read from where it is computed.
fn part((_, adds): Adding<'_>, more: &str, from: &str) -> String {
    let (origin, sums) = (ORIGIN.join(", "), sums(&adds.measures));
    format!("SELECT {origin}{more}{sums} FROM {from} SEMI JOIN touched USING (workspace, date) GROUP BY ALL")
}

/// The union of parts by name, summed: a measure that a part does not have counts nothing there.
fn together(parts: impl Iterator<Item = String>, measures: &[Measure], more: &str) -> String {
    let all: Vec<String> = parts.collect();
    let (origin, sums) = (ORIGIN.join(", "), sums(measures));
    format!("SELECT {origin}{more}{sums} FROM ({}) GROUP BY ALL", all.join("\nUNION ALL BY NAME "))
}

/// The columns of a table: the origin, `more` and measures.
fn columns<'a>(more: &[&'a str], measures: &'a [Measure]) -> Vec<&'a str> {
    ORIGIN.into_iter().chain(more.iter().copied()).chain(measures.iter().map(|measure| measure.name.as_str())).collect()
}
