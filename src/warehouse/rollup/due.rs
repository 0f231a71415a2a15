//! Which days are due though no load touched them: all of them where channel rules or queries of the installation
//! were edited, and those that somebody asks for.

use super::RollupSql;
use crate::domain::channel::ChannelRules;
use crate::domain::fact::Facts;
use crate::domain::period::Period;
use crate::support::ids::hex;
use crate::warehouse::error::{Context, WarehouseError};
use chrono::NaiveDate;
use duckdb::{Connection, OptionalExt, params};
use sha2::{Digest, Sha256};

/// Names what days are computed by, besides what facts add.
fn fingerprint(rules: &ChannelRules, sql: &RollupSql) -> String {
    hex(&Sha256::digest(format!("{rules:?} {:?} {}", sql.metric_daily, sql.mrr_daily).as_bytes()))
}

/// Makes every day of the workspace due where what it was computed by has changed; whether it has.
pub fn after_edits(
    connection: &Connection,
    workspace: &str,
    rules: &ChannelRules,
    sql: &RollupSql,
    today: NaiveDate,
) -> Result<bool, WarehouseError> {
    let step = || "comparing what days were computed by".to_owned();
    let before: Option<String> = connection
        .query_row("SELECT fingerprint FROM ops.rollup_state WHERE workspace = ?", params![workspace], |row| row.get(0))
        .optional()
        .context(step)?;
    let now = fingerprint(rules, sql);
    match before {
        Some(before) if before == now => Ok(false),
        Some(_) => {
            touch(connection, &sql.facts, workspace, None, "edited rules")?;
            connection
                .execute(
                    "UPDATE ops.rollup_state SET fingerprint = ?, changed_date = ? WHERE workspace = ?",
                    params![now, today, workspace],
                )
                .context(step)?;
            Ok(true)
        }
        None => {
            connection
                .execute("INSERT INTO ops.rollup_state (workspace, fingerprint) VALUES (?, ?)", params![workspace, now])
                .context(step)?;
            Ok(false)
        }
    }
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
    Ok(())
}

/// The day on which what a workspace's days are computed by last changed.
pub fn changed_date(reader: &Connection, workspace: &str) -> Result<Option<NaiveDate>, WarehouseError> {
    let sql = "SELECT max(changed_date) FROM ops.rollup_state WHERE workspace = ?";
    reader.query_row(sql, params![workspace], |row| row.get(0)).context(|| "reading when rules changed".to_owned())
}

/// Days that an edit of these rules and queries makes due.
pub fn days_due(reader: &Connection, rules: &ChannelRules, sql: &RollupSql) -> Result<u64, WarehouseError> {
    reader
        .query_row(
            "SELECT count(*)::UBIGINT FROM (SELECT DISTINCT m.workspace, m.date FROM mart.metric_daily AS m
                 JOIN ops.rollup_state AS s ON s.workspace = m.workspace AND s.fingerprint <> ?)",
            params![fingerprint(rules, sql)],
            |row| row.get(0),
        )
        .context(|| "counting the days that an edit makes due".to_owned())
}
