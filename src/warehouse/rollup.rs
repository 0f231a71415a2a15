//! Rollups: the days that loads touched are computed anew, in one transaction with the books that
//! say so. Running it again finds nothing to do.

use super::channels::RulesInUse;
use super::error::{Context, WarehouseError};
use super::facts::builtin;
use super::load::literal;
use super::maintenance::retention::sealed_before;
use super::queries;
use crate::domain::channel::ChannelRules;
use crate::domain::fact::{Fact, Facts};
use crate::domain::metric::{Columns, Daily};
use crate::domain::money::{Currency, cross_rate};
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use chrono::NaiveDate;
use duckdb::{Connection, Transaction, params};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::Arc;

mod contributions;
pub mod due;
mod identity;

/// What rollups are computed by, as shipped or as an admin changed it.
#[derive(Clone, Debug)]
pub struct RollupSql {
    /// What adds to the unified metrics.
    pub facts: Arc<Facts>,
    /// A query of the installation in place of what facts add together.
    pub metric_daily: Option<String>,
    pub mrr_daily: String,
}

impl RollupSql {
    /// What each is called, without ending.
    pub const NAMES: [&str; 2] = ["metric_daily", "mrr_daily"];

    /// The built-in facts and the queries that ship with Daybook.
    pub fn shipped() -> Self {
        Self {
            facts: builtin(),
            metric_daily: None,
            mrr_daily: include_str!("../../jobs/rollups/mrr_daily.sql").to_owned(),
        }
    }
}

/// What subscriptions were worth a month from date to date; reads the variables `workspace` and `time_zone`.
const VALUES: &str = include_str!("values.sql");

/// Units of the workspace's currency for one unit of another are fewer.
const LARGEST_RATE: u32 = 100_000_000;

/// What a rollup did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RolledUp {
    pub days: u64,
    pub rows: u64,
}

/// Computes the touched days of `workspace`, and what recurs up to `today` in its zone.
pub fn rollup(
    connection: &mut Connection,
    workspace: &Workspace,
    rules: &ChannelRules,
    sql: &RollupSql,
    today: NaiveDate,
) -> Result<RolledUp, WarehouseError> {
    let step = || format!("rolling up {}", workspace.id);
    let transaction = connection.transaction().context(step)?;
    let other_currency = register(&transaction, workspace)?;
    due::after_edits(&transaction, &workspace.id, rules, sql, today)?;
    // Facts and rates alike leave a touched day behind when they change.
    let touched_days: bool = transaction
        .query_row("SELECT count(*) > 0 FROM ops.touched_day WHERE workspace = ?", params![workspace.id], |row| {
            row.get(0)
        })
        .context(step)?;
    if !touched_days && !other_currency && recurs_through(&transaction, &workspace.id, today)? {
        transaction.commit().context(step)?;
        return Ok(RolledUp::default());
    }
    transaction
        .execute_batch(&format!(
            "SET VARIABLE workspace = {}; SET VARIABLE time_zone = {}",
            literal(&workspace.id),
            literal(workspace.time_zone.name())
        ))
        .context(|| "setting workspace".to_owned())?;
    values(&transaction, workspace)?;
    let span = span(&transaction, &sql.facts, &workspace.id, today)?;
    if let Some(span) = span {
        rates(&transaction, workspace, span)?;
    }
    transaction
        .execute_batch(&format!("SET VARIABLE workspace = {}", literal(&workspace.id)))
        .context(|| "setting workspace".to_owned())?;
    let days = touched(&transaction)?;
    let mut rows = 0;
    if days > 0 {
        let rules_in_use = RulesInUse::new(&transaction, rules)?;
        relations(&transaction)?;
        rows = contributions::add(&transaction, &sql.facts, sql.metric_daily.as_deref(), today)?;
        drop(rules_in_use);
        transaction.execute("DELETE FROM ops.touched_day WHERE workspace = ?", params![workspace.id]).context(step)?;
    }
    if let Some(span) = span {
        recurring(&transaction, workspace, span, today, sql)?;
    }
    transaction
        .execute_batch(
            "DROP VIEW IF EXISTS temp.rate; DROP TABLE IF EXISTS temp.payer; DROP TABLE IF EXISTS touched;
             DROP TABLE IF EXISTS identity; DROP TABLE IF EXISTS days;
             RESET VARIABLE workspace; RESET VARIABLE time_zone",
        )
        .context(step)?;
    transaction.commit().context(step)?;
    Ok(RolledUp { days, rows })
}

/// Computes the days of a period from facts into the temporary tables `computed_daily` and `computed_recurring`, to be
/// compared with what is stored. The transaction is to be given up: it holds what subscriptions are worth now.
pub fn compute_anew(
    transaction: &Transaction<'_>,
    workspace: &Workspace,
    rules: &ChannelRules,
    sql: &RollupSql,
    days: Period,
) -> Result<(), WarehouseError> {
    let step = || format!("computing the days of {} anew", workspace.id);
    transaction
        .execute_batch(&format!(
            "SET VARIABLE workspace = {}; SET VARIABLE time_zone = {}",
            literal(&workspace.id),
            literal(workspace.time_zone.name())
        ))
        .context(step)?;
    values(transaction, workspace)?;
    identity::identify(transaction)?;
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE days AS
             SELECT CAST({} AS VARCHAR) AS workspace, CAST(day AS DATE) AS date
             FROM generate_series(TIMESTAMP '{}', TIMESTAMP '{}', INTERVAL 1 DAY) AS d(day);
             CREATE OR REPLACE TEMP TABLE touched AS SELECT workspace, date FROM days",
            literal(&workspace.id),
            days.start,
            days.last_day()
        ))
        .context(step)?;
    let rules_in_use = RulesInUse::new(transaction, rules)?;
    relations(transaction)?;
    contributions::compute_anew(transaction, &sql.facts, sql.metric_daily.as_deref())?;
    drop(rules_in_use);
    queries::examine(transaction, &sql.mrr_daily).map_err(|error| named("mrr_daily", error))?;
    let recurring = sql.mrr_daily.trim_end().trim_end_matches(';');
    transaction
        .execute_batch(&format!("CREATE OR REPLACE TEMP TABLE computed_recurring AS {recurring}"))
        .context(step)
        .map_err(|error| named("mrr_daily", error))
}

/// Tells SQL about the workspace as configured; whether its currency has changed.
pub(super) fn register(transaction: &Transaction<'_>, workspace: &Workspace) -> Result<bool, WarehouseError> {
    let step = || "registering a workspace".to_owned();
    let own = workspace.currency.code();
    let other_currency = transaction
        .query_row(
            "SELECT count(*) > 0 FROM ops.workspace WHERE workspace = ? AND currency <> ?",
            params![workspace.id, own],
            |row| row.get(0),
        )
        .context(step)?;
    transaction
        .execute(
            "INSERT OR REPLACE INTO ops.workspace VALUES (?, ?, ?, ?, ?)",
            params![
                workspace.id,
                workspace.name,
                workspace.time_zone.name(),
                own,
                workspace.week_starts_on.number_from_monday()
            ],
        )
        .context(step)?;
    Ok(other_currency)
}

/// The days to compute: those touched, those whose rate changed, and those of people whose first
/// payment or origin may have moved.
fn touched(transaction: &Transaction<'_>) -> Result<u64, WarehouseError> {
    let step = || "finding the touched days".to_owned();
    identity::identify(transaction)?;
    let days = include_str!("rollup/touched.sql");
    transaction.execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE touched AS\n             SELECT CAST(getvariable('workspace') AS VARCHAR) AS workspace, date FROM ({days})"
        )).context(step)?;
    // A day whose facts are partly gone keeps the figures it had.
    let sealed = sealed_before(transaction)?;
    transaction.execute("DELETE FROM touched WHERE date < ?", params![sealed]).context(step)?;
    transaction.query_row("SELECT count(*)::UBIGINT FROM touched", [], |row| row.get(0)).context(step)
}

/// The relations that contributions read beside facts.
fn relations(transaction: &Transaction<'_>) -> Result<(), WarehouseError> {
    let payer = include_str!("rollup/payer.sql");
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP VIEW rate AS
                 SELECT workspace, date, currency, CAST(rate AS DECIMAL(38, 9)) AS rate FROM mart.fx_cross;
             CREATE OR REPLACE TEMP TABLE payer AS {payer}"
        ))
        .context(|| "finding the origin of payments".to_owned())
}

/// Rebuilds the workspace's exchange rates for every day of its data; days whose rate is new or has
/// changed are touched.
fn rates(
    transaction: &Transaction<'_>,
    workspace: &Workspace,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<(), WarehouseError> {
    let step = || "working out exchange rates".to_owned();
    let mut statement = transaction
        .prepare("SELECT currency, date, rate FROM core.fx_rate WHERE workspace = ? ORDER BY currency, date")
        .context(step)?;
    let rows = statement
        .query_map(params![workspace.id], |row| Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?))))
        .context(step)?;
    let mut stated: BTreeMap<String, Vec<(NaiveDate, Decimal)>> = BTreeMap::new();
    for row in rows {
        let (currency, rate) = row.context(step)?;
        stated.entry(currency).or_default().push(rate);
    }
    let own = workspace.currency;
    transaction
        .execute_batch("CREATE OR REPLACE TEMP TABLE rate_now (workspace VARCHAR, date DATE, currency VARCHAR, rate DECIMAL(18, 9), is_carried BOOLEAN)")
        .context(step)?;
    let mut appender = transaction.appender("rate_now").context(step)?;
    let mut currencies: Vec<String> = stated.keys().cloned().collect();
    currencies.extend(["EUR", own.code()].map(str::to_owned));
    currencies.sort();
    currencies.dedup();
    for date in first.iter_days().take_while(|date| *date <= last) {
        for currency in &currencies {
            let rate = if currency == own.code() {
                Some((Decimal::ONE, false))
            } else {
                let from = rate_on(&stated, currency, date);
                let to = rate_on(&stated, own.code(), date);
                let crossed = from.zip(to).and_then(|(from, to)| Some((cross_rate(from.0, to.0)?, from.1 || to.1)));
                // No two currencies are that far apart: a rate is a slip, and told as missing.
                crossed.filter(|(rate, _)| *rate < Decimal::from(LARGEST_RATE))
            };
            if let Some((rate, is_carried)) = rate {
                appender.append_row(params![workspace.id, date, currency, rate, is_carried]).context(step)?;
            }
        }
    }
    appender.flush().context(step)?;
    drop(appender);
    transaction
        .execute_batch(
            "CREATE OR REPLACE TEMP TABLE rate_new AS
                 SELECT workspace, date, currency, rate, is_carried FROM rate_now
                 EXCEPT SELECT workspace, date, currency, rate, is_carried FROM mart.fx_cross;
             CREATE OR REPLACE TEMP TABLE rate_gone AS
                 SELECT workspace, date, currency, rate, is_carried FROM mart.fx_cross
                 WHERE workspace IN (SELECT workspace FROM rate_now)
                 EXCEPT SELECT workspace, date, currency, rate, is_carried FROM rate_now;
             INSERT INTO ops.touched_day
             SELECT DISTINCT workspace, date, 'fx' FROM (
                 SELECT workspace, date, currency, rate FROM rate_new
                 EXCEPT SELECT workspace, date, currency, rate FROM mart.fx_cross
                 UNION ALL
                 (SELECT workspace, date, currency, rate FROM rate_gone
                  EXCEPT SELECT workspace, date, currency, rate FROM rate_now));
             DELETE FROM mart.fx_cross USING rate_gone
                 WHERE rate_gone.workspace = fx_cross.workspace AND rate_gone.date = fx_cross.date
                     AND rate_gone.currency = fx_cross.currency;
             INSERT INTO mart.fx_cross SELECT workspace, date, currency, rate, is_carried FROM rate_new;
             DROP TABLE rate_new; DROP TABLE rate_gone;
             DROP TABLE rate_now",
        )
        .context(step)
}

/// A currency's rate for one euro on a day or the last earlier one; whether it was carried forward.
fn rate_on(
    stated: &BTreeMap<String, Vec<(NaiveDate, Decimal)>>,
    currency: &str,
    date: NaiveDate,
) -> Option<(Decimal, bool)> {
    if currency == "EUR" {
        return Some((Decimal::ONE, false));
    }
    let rates = stated.get(currency)?;
    let next = rates.partition_point(|(day, _)| *day <= date);
    let (day, rate) = rates.get(next.checked_sub(1)?)?;
    Some((*rate, *day != date))
}

/// Whether recurring revenue is known through a day, or there is none.
fn recurs_through(connection: &Connection, workspace: &str, today: NaiveDate) -> Result<bool, WarehouseError> {
    connection
        .query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM mart.subscription_value WHERE workspace = $1
                 AND from_date <= $2 AND (until_date IS NULL OR until_date > $2))
                 OR EXISTS (SELECT 1 FROM mart.mrr_daily WHERE workspace = $1 AND date >= $2)",
            params![workspace, today],
            |row| row.get(0),
        )
        .context(|| "finding how far recurring revenue is known".to_owned())
}

/// Tells from all known states of subscriptions what they were worth.
fn values(transaction: &Transaction<'_>, workspace: &Workspace) -> Result<(), WarehouseError> {
    let step = || "working out what subscriptions were worth".to_owned();
    transaction
        .execute("DELETE FROM mart.subscription_value WHERE workspace = ?", params![workspace.id])
        .context(step)?;
    transaction.execute(&format!("INSERT INTO mart.subscription_value BY NAME {VALUES}"), []).context(step)?;
    Ok(())
}

/// The first and last day of a workspace: those of its facts, and of subscriptions from their first until today.
fn span(
    connection: &Connection,
    facts: &Facts,
    workspace: &str,
    today: NaiveDate,
) -> Result<Option<(NaiveDate, NaiveDate)>, WarehouseError> {
    let days: String = facts
        .iter()
        .filter(|fact| fact.contribution.is_some())
        .filter_map(|fact| {
            Some(format!(
                "SELECT {0} AS date FROM core.{1} WHERE workspace = $1 UNION ALL ",
                fact.day.as_ref()?,
                fact.id
            ))
        })
        .collect();
    let sql = format!(
        "SELECT min(date), max(date) FROM ({days}
             SELECT unnest([from_date, CAST($2 AS DATE)]) FROM (
                 SELECT min(from_date) AS from_date FROM mart.subscription_value WHERE workspace = $1 HAVING min(from_date) <= $2))"
    );
    let (first, last): (Option<NaiveDate>, Option<NaiveDate>) = connection
        .query_row(&sql, params![workspace, today], |row| Ok((row.get(0)?, row.get(1)?)))
        .context(|| "finding the days of a workspace".to_owned())?;
    Ok(first.zip(last))
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

fn recurring(
    transaction: &Transaction<'_>,
    workspace: &Workspace,
    (first, last): (NaiveDate, NaiveDate),
    today: NaiveDate,
    sql: &RollupSql,
) -> Result<(), WarehouseError> {
    let step = || "the rollup mrr_daily".to_owned();
    let sealed = sealed_before(transaction)?;
    let first = first.max(sealed);
    // Facts may lie ahead of today: what recurs then is not known yet.
    let last = last.min(today);
    transaction
        .execute(
            "CREATE OR REPLACE TEMP TABLE days AS
             SELECT ?::VARCHAR AS workspace, CAST(day AS DATE) AS date
             FROM generate_series(CAST(? AS TIMESTAMP), CAST(? AS TIMESTAMP), INTERVAL 1 DAY) AS d(day)",
            params![workspace.id, first, last],
        )
        .context(step)?;
    transaction
        .execute("DELETE FROM mart.mrr_daily WHERE workspace = ? AND date >= ?", params![workspace.id, sealed])
        .context(step)?;
    queries::examine(transaction, &sql.mrr_daily).map_err(|error| named("mrr_daily", error))?;
    transaction.execute(&format!("INSERT INTO mart.mrr_daily BY NAME {}", sql.mrr_daily), []).context(step)?;
    Ok(())
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
    let transaction = connection.transaction().context(|| "trying the rollup mrr_daily".to_owned())?;
    // Dropped without a commit.
    recurring(&transaction, workspace, (today, today), today, sql)
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
        let numbers = fact.columns.iter().filter(|column| column.kind.is_number());
        numbers.map(|column| Daily::new("core", &fact.id, day, &column.name)).collect()
    };
    Columns {
        summed: measures.collect(),
        daily: recurring.into_iter().chain(facts.iter().flat_map(of)).collect(),
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
