//! Rollups: the days that loads touched are computed anew, in one transaction with the ledger that
//! says so. Running it again finds nothing to do.
//!
//! # Adding one
//!
//! What a fact adds to the unified metrics is its `src/warehouse/facts/<fact>.metrics.sql`. A further table of `mart`
//! is `jobs/rollups/<table>.sql`, whose header is its contract (`Rollup`, `Table`, `Grain`, `Columns`, `Inputs`,
//! `Window`); nothing lists it. `tests/it/own_rollup.rs` has one to copy: rows in, rows out, and a row that comes
//! late. It is done when such a test passes and `daybook check` has tried the query.

use super::error::{Context, WarehouseError};
use super::facts::builtin;
use super::functions::RulesInUse;
use super::queries;
use super::sealed::sealed_before;
use crate::domain::channel::ChannelRules;
use crate::domain::fact::{Fact, Facts};
use crate::domain::metric::{Columns, Daily};
use crate::domain::money::Currency;
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::warehouse::sql::literal;
use chrono::NaiveDate;
use duckdb::{Connection, Transaction, params};
use std::collections::BTreeMap;
use std::sync::Arc;

mod additive;
mod contributions;
mod days;
pub mod due;
mod identity;
mod left_out;
pub mod own;
mod rates;
mod reads;
mod recurring;
mod repeated;

pub use additive::{NotAdditive, not_additive};
pub use left_out::{LeftOut, left_out};
pub use recurring::try_recurring;
pub use repeated::{Repeated, repeated};

/// What rollups are computed by, as shipped or as an admin changed it.
#[derive(Clone, Debug)]
pub struct RollupSql {
    /// What adds to the unified metrics.
    pub facts: Arc<Facts>,
    /// A query of the installation in place of what facts add together.
    pub metric_daily: Option<String>,
    pub mrr_daily: String,
    /// The workspace whose exchange rates count where one has none of its own.
    pub rates_of: Option<String>,
}

impl RollupSql {
    /// What each is called, without ending.
    pub const NAMES: [&str; 2] = ["metric_daily", "mrr_daily"];

    /// Whether a query of the installation names one workspace by the variable that earlier versions set.
    pub fn reads_one_workspace(&self) -> bool {
        self.metric_daily.iter().chain([&self.mrr_daily]).any(|sql| sql.contains("getvariable"))
    }

    /// The built-in facts and the queries that ship with Daybook.
    pub fn shipped() -> Self {
        Self {
            facts: builtin(),
            metric_daily: None,
            mrr_daily: include_str!("../../jobs/rollups/mrr_daily.sql").to_owned(),
            rates_of: None,
        }
    }
}

/// What a rollup did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RolledUp {
    pub days: u64,
    pub rows: u64,
}

/// Computes the touched days of `workspace`, and what recurs up to `today` in its zone.
///
/// # Errors
/// As a query fails; nothing is written then.
pub fn rollup(
    connection: &mut Connection,
    workspace: &Workspace,
    rules: &ChannelRules,
    sql: &RollupSql,
    today: NaiveDate,
) -> Result<RolledUp, WarehouseError> {
    let done = rollup_all(connection, &[(workspace.clone(), today)], rules, sql)?;
    Ok(done.get(&workspace.id).copied().unwrap_or_default())
}

/// The same for many workspaces, by workspace: one statement computes the days of all, so that each costs the same
/// however many there are. `today` is the day in the zone of each. Those with nothing to do are left out.
///
/// # Errors
/// As a query fails for any of them; nothing is written then.
pub fn rollup_all(
    connection: &mut Connection,
    asked: &[(Workspace, NaiveDate)],
    rules: &ChannelRules,
    sql: &RollupSql,
) -> Result<BTreeMap<String, RolledUp>, WarehouseError> {
    if sql.reads_one_workspace() && asked.len() > 1 {
        let mut done = BTreeMap::new();
        for one in asked {
            done.extend(rollup_all(connection, std::slice::from_ref(one), rules, sql)?);
        }
        return Ok(done);
    }
    let step = || match asked {
        [(workspace, _)] => format!("rolling up {}", workspace.id),
        _ => format!("rolling up {} workspaces", asked.len()),
    };
    let transaction = connection.transaction().context(step)?;
    due::after_edits(&transaction, asked, rules, sql)?;
    if due::find(&transaction, asked, sql.rates_of.as_deref())? == 0 {
        transaction.execute_batch("DROP TABLE due; DROP TABLE rate_source_moved").context(step)?;
        transaction.commit().context(step)?;
        own::run(connection, asked, rules, &sql.facts)?;
        return Ok(BTreeMap::new());
    }
    if let [(workspace, _)] = asked {
        set_workspace(&transaction, workspace)?;
    }
    recurring::values(&transaction)?;
    due::span(&transaction, &sql.facts)?;
    rates::compute(&transaction, &sql.facts)?;
    if touched(&transaction)? > 0 {
        let rules_in_use = RulesInUse::new(&transaction, rules)?;
        relations(&transaction)?;
        contributions::add(&transaction, &sql.facts, sql.metric_daily.as_deref())?;
        drop(rules_in_use);
    }
    recurring::compute(&transaction, sql)?;
    own::hand_on(&transaction, &sql.facts)?;
    let done = count(&transaction)?;
    transaction
        .execute_batch(
            "DELETE FROM ops.touched_day USING due WHERE due.workspace = touched_day.workspace;
             DROP TABLE IF EXISTS temp.rate; DROP TABLE IF EXISTS temp.payer; DROP TABLE touched; DROP TABLE identity;
             DROP TABLE due; DROP TABLE days; DROP TABLE value_moved; DROP TABLE rate_moved;
             RESET VARIABLE workspace; RESET VARIABLE time_zone",
        )
        .context(step)?;
    transaction.commit().context(step)?;
    own::run(connection, asked, rules, &sql.facts)?;
    Ok(done)
}

/// Sets for queries of an installation which workspace is computed.
fn set_workspace(connection: &Connection, workspace: &Workspace) -> Result<(), WarehouseError> {
    connection
        .execute_batch(&format!(
            "SET VARIABLE workspace = {}; SET VARIABLE time_zone = {}",
            literal(&workspace.id),
            literal(workspace.time_zone.name())
        ))
        .context(|| "setting workspace".to_owned())
}

/// Computes days of workspaces from facts into the temporary tables `computed_daily` and `computed_recurring`, to be
/// compared with what is stored; leaves the workspaces in `due`. The caller rolls the transaction back.
pub fn compute_anew(
    reader: &Connection,
    asked: &[(&Workspace, Period)],
    rules: &ChannelRules,
    sql: &RollupSql,
) -> Result<(), WarehouseError> {
    let step = || "computing figures from facts".to_owned();
    if let [(workspace, _)] = asked {
        set_workspace(reader, workspace)?;
    }
    let row = |(of, days): &(&Workspace, Period)| {
        let (id, zone) = (literal(&of.id), literal(of.time_zone.name()));
        format!("({id}, {zone}, TIMESTAMP '{}', TIMESTAMP '{}')", days.start, days.last_day())
    };
    reader
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE due AS
             FROM (VALUES {}) AS v(workspace, time_zone, first_at, last_at);
             CREATE OR REPLACE TEMP TABLE days AS
             SELECT workspace, CAST(day AS DATE) AS date
             FROM due, unnest(generate_series(first_at, last_at, INTERVAL 1 DAY)) AS s(day);
             CREATE OR REPLACE TEMP TABLE touched AS FROM days;
             CREATE OR REPLACE TEMP TABLE computed_value AS {}",
            asked.iter().map(row).collect::<Vec<_>>().join(", "),
            include_str!("rollup/values.sql")
        ))
        .context(step)?;
    identity::identify(reader, "due")?;
    let rules_in_use = RulesInUse::new(reader, rules)?;
    relations(reader)?;
    contributions::compute_anew(reader, &sql.facts, sql.metric_daily.as_deref())?;
    drop(rules_in_use);
    queries::examine(reader, &sql.mrr_daily).map_err(|error| named("mrr_daily", error))?;
    // What subscriptions are worth is computed as well, not read.
    let recurring =
        sql.mrr_daily.trim_end().trim_end_matches(';').replace("mart.subscription_value", "temp.computed_value");
    reader
        .execute_batch(&format!("CREATE OR REPLACE TEMP TABLE computed_recurring AS {recurring}"))
        .context(step)
        .map_err(|error| named("mrr_daily", error))
}

/// Finds the days to compute: those touched, those whose rate changed, and those of people whose first payment or
/// origin may have moved. How many there are.
fn touched(transaction: &Transaction<'_>) -> Result<u64, WarehouseError> {
    let step = || "finding the touched days".to_owned();
    identity::identify(transaction, "due SEMI JOIN ops.touched_day USING (workspace)")?;
    let days = include_str!("rollup/touched.sql");
    transaction.execute_batch(&format!("CREATE OR REPLACE TEMP TABLE touched AS {days}")).context(step)?;
    // A day whose facts are partly gone keeps the figures it had.
    let sealed = sealed_before(transaction)?;
    transaction.execute("DELETE FROM touched WHERE date < ?", params![sealed]).context(step)?;
    transaction.query_row("SELECT count(*)::UBIGINT FROM touched", [], |row| row.get(0)).context(step)
}

/// What was computed, by workspace.
fn count(transaction: &Transaction<'_>) -> Result<BTreeMap<String, RolledUp>, WarehouseError> {
    let step = || "counting what was computed".to_owned();
    let sql = "SELECT t.workspace, t.days::UBIGINT, coalesce(m.written, 0)::UBIGINT
        FROM (SELECT workspace, count(*) AS days FROM touched GROUP BY workspace) AS t
        LEFT JOIN (SELECT workspace, count(*) AS written FROM mart.metric_daily SEMI JOIN touched USING (workspace, date)
                   GROUP BY workspace) AS m USING (workspace)";
    let mut statement = transaction.prepare(sql).context(step)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, RolledUp { days: row.get(1)?, rows: row.get(2)? })))
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The relations that contributions read beside facts.
fn relations(connection: &Connection) -> Result<(), WarehouseError> {
    let payer = include_str!("rollup/payer.sql");
    connection
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE rate AS
                 SELECT workspace, date, currency, CAST(rate AS DECIMAL(38, 9)) AS rate
                 FROM mart.fx_cross SEMI JOIN touched USING (workspace, date);
             CREATE OR REPLACE TEMP TABLE payer AS {payer}"
        ))
        .context(|| "finding the origin of payments".to_owned())
}

fn named(rollup: &str, error: WarehouseError) -> WarehouseError {
    match error {
        WarehouseError::Invalid(says) => WarehouseError::Invalid(format!("the rollup {rollup}: {says}")),
        WarehouseError::Query { context, source } => {
            WarehouseError::Query { context: format!("the rollup {rollup}: {context}"), source }
        }
        other => other,
    }
}

/// The columns that metrics may name: measures of the unified metrics, and numbers by day.
pub fn columns(facts: &Facts) -> Columns {
    let measures = facts.measures().into_iter().map(|measure| {
        let from = facts.adding_to(&measure.name).into_iter().map(str::to_owned).collect();
        (measure.name, from)
    });
    let recurring = ["mrr", "subscriptions"].map(|column| Daily::new("mart", "mrr_daily", "date", column));
    let of = |fact: &Fact| -> Vec<Daily> {
        let Some(day) = &fact.day else { return Vec::new() };
        let numbers = fact.columns.iter().filter(|column| column.kind.is_number() && column.adds_up);
        numbers.map(|column| Daily::new("core", &fact.id, day, &column.name)).collect()
    };
    let own = facts.rollups().iter().flat_map(|rollup| {
        let numbers = rollup.columns.iter().filter(|(_, kind)| kind.is_number());
        numbers.map(|(column, _)| Daily::new("mart", &rollup.id, "date", column))
    });
    Columns {
        summed: measures.collect(),
        daily: recurring.into_iter().chain(facts.iter().flat_map(of)).chain(own).collect(),
        rests_on: facts.rollups().iter().map(|rollup| (rollup.id.clone(), rollup.rests_on(facts))).collect(),
        days_of_rows: facts.rollups().iter().map(|rollup| (rollup.id.clone(), rollup.days_of_rows(facts))).collect(),
        ..Columns::default()
    }
}

/// A currency that a workspace's amounts came in without a rate, over how many days.
pub fn unconverted(reader: &Connection, workspace: &str, check: &str) -> Result<Vec<(Currency, u64)>, WarehouseError> {
    let step = || "looking for amounts without a rate".to_owned();
    let sql = format!(
        "SELECT currency, count(DISTINCT date)::UBIGINT FROM ({check}) WHERE workspace = ? GROUP BY currency ORDER BY 1"
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows =
        statement.query_map(params![workspace], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).context(step)?;
    let mut found = Vec::new();
    for row in rows {
        let (code, days) = row.context(step)?;
        if let Ok(currency) = Currency::new(&code) {
            found.push((currency, days));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
