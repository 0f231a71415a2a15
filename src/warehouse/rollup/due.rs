//! Which days are due though no load touched them: all of them where channel rules or queries of the installation
//! were edited, and those that somebody asks for.

use super::{RollupSql, own};
use crate::domain::channel::ChannelRules;
use crate::domain::fact::Facts;
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::support::ids::hex;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::load::literal;
use chrono::NaiveDate;
use duckdb::{Connection, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Names what days are computed by, besides what facts add.
fn fingerprint(rules: &ChannelRules, sql: &RollupSql) -> String {
    hex(&Sha256::digest(format!("{rules:?} {:?} {}", sql.metric_daily, sql.mrr_daily).as_bytes()))
}

/// Makes every day of workspaces due where what they were computed by has changed.
pub fn after_edits(
    connection: &Connection,
    asked: &[(Workspace, NaiveDate)],
    rules: &ChannelRules,
    sql: &RollupSql,
) -> Result<(), WarehouseError> {
    let step = || "comparing what days were computed by".to_owned();
    let mut statement = connection.prepare("SELECT workspace, fingerprint FROM ops.rollup_state").context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    let before: BTreeMap<String, String> = rows.collect::<Result<_, _>>().context(step)?;
    let now = fingerprint(rules, sql);
    for (workspace, today) in asked {
        let id = &workspace.id;
        match before.get(id) {
            Some(before) if *before == now => {}
            Some(_) => {
                touch(connection, &sql.facts, id, None, "edited rules")?;
                connection
                    .execute(
                        "UPDATE ops.rollup_state SET fingerprint = ?, changed_date = ? WHERE workspace = ?",
                        params![now, today, id],
                    )
                    .context(step)?;
            }
            None => {
                connection
                    .execute("INSERT INTO ops.rollup_state (workspace, fingerprint) VALUES (?, ?)", params![id, now])
                    .context(step)?;
            }
        }
    }
    Ok(())
}

/// Fills the temporary table `due(workspace, time_zone, currency, today, is_new, first_date, last_date)`: those asked
/// for that have touched days, another currency than before, or recurring revenue that is not known up to today.
/// `is_new`: all days of recurring revenue are computed. How many there are.
pub fn find(transaction: &Transaction<'_>, asked: &[(Workspace, NaiveDate)]) -> Result<u64, WarehouseError> {
    let step = || "finding what is to be computed".to_owned();
    transaction
        .execute_batch(
            "CREATE OR REPLACE TEMP TABLE asked (workspace VARCHAR, name VARCHAR, time_zone VARCHAR, currency VARCHAR,
                 week_starts_on INTEGER, today DATE)",
        )
        .context(step)?;
    let mut appender = transaction.appender("asked").context(step)?;
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
    appender.flush().context(step)?;
    drop(appender);
    transaction.execute_batch(include_str!("due.sql")).context(step)?;
    transaction.query_row("SELECT count(*)::UBIGINT FROM due", [], |row| row.get(0)).context(step)
}

/// The first and last day of each workspace in `due`: those of its facts, and of subscriptions from their first until
/// today. None where it has no data.
pub fn span(transaction: &Transaction<'_>, facts: &Facts) -> Result<(), WarehouseError> {
    let days: String = facts
        .iter()
        .filter(|fact| fact.contribution.is_some())
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

/// Makes days of the workspace due: those of `days`, or all.
pub fn touch(
    connection: &Connection,
    facts: &Facts,
    workspace: &str,
    days: Option<Period>,
    why: &str,
) -> Result<(), WarehouseError> {
    let step = || format!("making days of {workspace} due");
    let (start, end) = days.map(|days| (days.start, days.end)).unzip();
    for fact in facts.iter().filter(|fact| fact.contribution.is_some()) {
        let Some(day) = &fact.day else { continue };
        let sql = format!(
            "INSERT INTO ops.touched_day SELECT DISTINCT workspace, {day}, $4 FROM core.{}
             WHERE workspace = $1 AND {day} >= coalesce($2, {day}) AND {day} < coalesce($3, {day} + 1)",
            fact.id
        );
        connection.execute(&sql, params![workspace, start, end, why]).context(step)?;
    }
    let of_day =
        |sign: &str, day: Option<NaiveDate>| day.map_or(String::new(), |day| format!(" AND date {sign} DATE '{day}'"));
    let condition = format!("workspace = {}{}{}", literal(workspace), of_day(">=", start), of_day("<", end));
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
            "SELECT count(*)::UBIGINT FROM (SELECT DISTINCT m.workspace, m.date FROM mart.metric_daily AS m
                 JOIN ops.rollup_state AS s ON s.workspace = m.workspace AND s.fingerprint <> ?)",
            params![fingerprint(rules, sql)],
            |row| row.get(0),
        )
        .context(|| "counting the days that an edit makes due".to_owned())?;
    Ok(days + own::days_due(reader, &sql.facts)?)
}
