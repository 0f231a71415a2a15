//! Which days are due though no load touched them: all of them where channel rules or queries of the installation
//! were edited, and those that somebody asks for.

use super::{RollupSql, contributions, own, rates, reads};
use crate::domain::channel::ChannelRules;
use crate::domain::fact::Facts;
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::support::ids::hex;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts::rollup_tables;
use crate::warehouse::sql::literal;
use chrono::NaiveDate;
use duckdb::{Connection, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What Daybook itself computes days by, which an upgrade may change.
const SHIPPED: [&str; 4] = [
    contributions::CONTRIBUTION,
    include_str!("payer.sql"),
    include_str!("same_person.sql"),
    include_str!("values.sql"),
];

/// Names what days are computed by, besides what facts add.
fn fingerprint(rules: &ChannelRules, sql: &RollupSql) -> String {
    let text = format!("{SHIPPED:?} {rules:?} {:?} {}", sql.metric_daily, sql.mrr_daily);
    hex(&Sha256::digest(text.as_bytes()))
}

/// Makes every day of workspaces due where what they were computed by has changed, or a table without days that is read.
pub fn after_edits(
    connection: &Connection,
    asked: &[(Workspace, NaiveDate)],
    rules: &ChannelRules,
    sql: &RollupSql,
) -> Result<(), WarehouseError> {
    let step = || "noting what days are computed by".to_owned();
    let (before, now) = (computed_by(connection)?, fingerprint(rules, sql));
    let all: Vec<&str> = asked.iter().map(|(workspace, _)| workspace.id.as_str()).collect();
    reads::touch(connection, &all, &sql.facts)?;
    let is_other =
        |(workspace, _): &&(Workspace, NaiveDate)| before.get(&workspace.id).is_some_and(|known| *known != now);
    let edited: Vec<&(Workspace, NaiveDate)> = asked.iter().filter(is_other).collect();
    if !edited.is_empty() {
        let ids: Vec<&str> = edited.iter().map(|(workspace, _)| workspace.id.as_str()).collect();
        touch(connection, &sql.facts, &ids, None, "edited rules")?;
    }
    let new =
        asked.iter().filter(|(workspace, _)| !before.contains_key(&workspace.id)).map(|one| (one, "NULL".to_owned()));
    let changed = edited.into_iter().map(|one| (one, format!("DATE '{}'", one.1)));
    let rows: Vec<String> = changed
        .chain(new)
        .map(|((workspace, _), date)| format!("({}, '{now}', {date})", literal(&workspace.id)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    connection
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE computed_by AS FROM (VALUES {}) AS v(workspace, fingerprint, changed_date);
             DELETE FROM ops.rollup_state USING computed_by AS c WHERE c.workspace = rollup_state.workspace;
             INSERT INTO ops.rollup_state BY NAME
             SELECT workspace, fingerprint, CAST(changed_date AS DATE) AS changed_date FROM computed_by;
             DROP TABLE computed_by",
            rows.join(", ")
        ))
        .context(step)
}

/// By workspace, the fingerprint of what its days were computed by.
fn computed_by(reader: &Connection) -> Result<BTreeMap<String, String>, WarehouseError> {
    let step = || "reading what days were computed by".to_owned();
    let mut statement = reader.prepare("SELECT workspace, fingerprint FROM ops.rollup_state").context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Those asked for whose figures are to be computed first: they have touched days, or what they are computed by, their
/// currency, zone or week is another than when they were.
pub fn waiting(
    reader: &Connection,
    asked: &[(Workspace, NaiveDate)],
    rules: &ChannelRules,
    sql: &RollupSql,
) -> Result<BTreeSet<String>, WarehouseError> {
    let step = || "looking for figures that are to be computed first".to_owned();
    ask(reader, asked)?;
    let (before, now) = (computed_by(reader)?, fingerprint(rules, sql));
    let mut statement = reader
        .prepare(
            "SELECT a.workspace FROM asked AS a LEFT JOIN ops.workspace AS w USING (workspace)
             WHERE a.workspace IN (SELECT workspace FROM ops.touched_day)
                 OR (a.time_zone, a.currency, a.week_starts_on) IS DISTINCT FROM (w.time_zone, w.currency, w.week_starts_on)",
        )
        .context(step)?;
    let rows = statement.query_map([], |row| row.get(0)).context(step)?;
    let mut all: BTreeSet<String> = rows.collect::<Result<_, _>>().context(step)?;
    all.extend(before.into_iter().filter(|(_, known)| *known != now).map(|(workspace, _)| workspace));
    let ids: Vec<&str> = asked.iter().map(|(workspace, _)| workspace.id.as_str()).collect();
    all.extend(reads::waiting(reader, &ids, &sql.facts)?);
    Ok(all)
}

/// Fills the temporary table `asked` with workspaces and their days.
fn ask(connection: &Connection, asked: &[(Workspace, NaiveDate)]) -> Result<(), WarehouseError> {
    let step = || "naming the workspaces that are asked for".to_owned();
    connection
        .execute_batch(
            "CREATE OR REPLACE TEMP TABLE asked (workspace VARCHAR, name VARCHAR, time_zone VARCHAR, currency VARCHAR,
                 week_starts_on INTEGER, today DATE)",
        )
        .context(step)?;
    let mut appender = connection.appender("asked").context(step)?;
    for (workspace, today) in asked {
        let row = params![
            workspace.id,
            workspace.name,
            workspace.time_zone.name(),
            workspace.currency.code(),
            workspace.week_starts_on.number_from_monday(),
            today
        ];
        appender.append_row(row).context(step)?;
    }
    appender.flush().context(step)
}

/// Fills the temporary table `due(workspace, time_zone, currency, today, is_new, first_date, last_date)`: those asked
/// for that have touched days, another currency or other exchange rates than before, or recurring revenue that is not known up to today.
/// `is_new`: all days of recurring revenue are computed. How many there are.
pub fn find(
    transaction: &Transaction<'_>,
    asked: &[(Workspace, NaiveDate)],
    rates_of: Option<&str>,
) -> Result<u64, WarehouseError> {
    let step = || "finding what is to be computed".to_owned();
    ask(transaction, asked)?;
    rates::find_sources(transaction, rates_of)?;
    transaction.execute_batch(include_str!("due.sql")).context(step)?;
    transaction.query_row("SELECT count(*)::UBIGINT FROM due", [], |row| row.get(0)).context(step)
}

/// The first and last day of each workspace in `due`: those of its facts, and of subscriptions from their first until
/// today. None where it has no data.
pub fn span(transaction: &Transaction<'_>, facts: &Facts) -> Result<(), WarehouseError> {
    let days: String = facts
        .iter()
        // Amounts of a fact that adds nothing itself are converted by rollups and checks.
        .filter(|fact| fact.contribution.is_some() || fact.money.iter().any(|money| money.is_converted))
        .filter_map(|fact| {
            Some(format!(
                "SELECT workspace, min({0}) AS first_date, max({0}) AS last_date FROM core.{1} SEMI JOIN due USING (workspace)
                 GROUP BY workspace UNION ALL ",
                fact.day.as_ref()?,
                fact.id
            ))
        })
        .collect();
    let sql = format!(
        "UPDATE due SET first_date = s.first_date, last_date = s.last_date FROM (
             SELECT workspace, min(first_date) AS first_date, max(last_date) AS last_date FROM (
                 {days}
                 SELECT v.workspace, min(v.from_date), any_value(d.today)
                 FROM mart.subscription_value AS v JOIN due AS d USING (workspace)
                 GROUP BY v.workspace HAVING min(v.from_date) <= any_value(d.today))
             GROUP BY workspace) AS s
         WHERE s.workspace = due.workspace"
    );
    transaction.execute_batch(&sql).context(|| "finding the days of workspaces".to_owned())
}

/// Makes days of workspaces due: those of `days`, or all.
pub fn touch(
    connection: &Connection,
    facts: &Facts,
    workspaces: &[&str],
    days: Option<Period>,
    why: &str,
) -> Result<(), WarehouseError> {
    let ids: Vec<String> = workspaces.iter().map(|id| literal(id)).collect();
    let mut condition = format!("workspace IN ({})", ids.join(", "));
    if let Some(days) = days {
        condition += &format!(" AND date >= DATE '{}' AND date < DATE '{}'", days.start, days.end);
    }
    let of_facts = facts.iter().filter(|fact| fact.contribution.is_some());
    let tables = of_facts
        .filter_map(|fact| Some(format!("SELECT workspace, {} AS date FROM core.{}", fact.day.as_ref()?, fact.id)));
    // What recurs has days on which nothing was loaded.
    let all: Vec<String> = tables.chain(["SELECT workspace, date FROM mart.mrr_daily".to_owned()]).collect();
    let sql = format!(
        "INSERT INTO ops.touched_day SELECT DISTINCT workspace, date, {} FROM ({}) WHERE {condition}",
        literal(why),
        all.join(" UNION ALL ")
    );
    connection.execute_batch(&sql).context(|| "making days due".to_owned())?;
    own::ask_for(connection, facts, &condition)
}

/// The day on which what a workspace's days are computed by last changed.
pub fn changed_date(reader: &Connection, workspace: &str) -> Result<Option<NaiveDate>, WarehouseError> {
    let sql = "SELECT max(changed_date) FROM ops.rollup_state WHERE workspace = ?";
    reader.query_row(sql, params![workspace], |row| row.get(0)).context(|| "reading when rules changed".to_owned())
}

/// Days that an edit of these rules and queries makes due.
pub fn days_due(reader: &Connection, rules: &ChannelRules, sql: &RollupSql) -> Result<u64, WarehouseError> {
    let days: u64 = reader
        .query_row(
            "SELECT count(*)::UBIGINT FROM (SELECT DISTINCT m.workspace, m.date
                 FROM (SELECT workspace, date FROM mart.metric_daily UNION ALL SELECT workspace, date FROM mart.mrr_daily) AS m
                 JOIN ops.rollup_state AS s ON s.workspace = m.workspace AND s.fingerprint <> ?)",
            params![fingerprint(rules, sql)],
            |row| row.get(0),
        )
        .context(|| "counting the days that an edit makes due".to_owned())?;
    Ok(days + rollup_tables::days_due(reader, &sql.facts)?)
}
