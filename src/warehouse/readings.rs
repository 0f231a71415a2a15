//! What reports read beside their figures: plans, checks, how far data reaches.

use super::error::{Context, WarehouseError};
use crate::domain::period::Period;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The first day a workspace has anything of.
pub fn first_date(reader: &Connection, workspace: &str) -> Result<Option<NaiveDate>, WarehouseError> {
    reader
        .query_row("SELECT min(date) FROM mart.metric_daily WHERE workspace = ?", params![workspace], |row| row.get(0))
        .context(|| "finding the first day".to_owned())
}

/// Planned amounts of a month from dropped files: by channel, with their currency.
pub fn budgets(
    reader: &Connection,
    workspace: &str,
    month: NaiveDate,
) -> Result<BTreeMap<String, Decimal>, WarehouseError> {
    pairs(
        reader,
        "SELECT b.channel, sum(CAST(round(b.amount * coalesce(f.rate, CASE WHEN b.currency = w.currency THEN 1 END), 6) AS DECIMAL(18, 6)))
         FROM core.budget AS b JOIN ops.workspace AS w USING (workspace)
         LEFT JOIN mart.fx_cross AS f ON f.workspace = b.workspace AND f.currency = b.currency AND f.date = b.month_date
         WHERE b.workspace = ? AND b.month_date = ? GROUP BY b.channel HAVING count(f.rate) > 0 OR bool_and(b.currency = w.currency)",
        workspace,
        month,
    )
}

/// Targets of a month from dropped files, by metric.
pub fn targets(
    reader: &Connection,
    workspace: &str,
    month: NaiveDate,
) -> Result<BTreeMap<String, Decimal>, WarehouseError> {
    pairs(
        reader,
        "SELECT metric, sum(amount) FROM core.target WHERE workspace = ? AND month_date = ? GROUP BY metric",
        workspace,
        month,
    )
}

fn pairs(
    reader: &Connection,
    sql: &str,
    workspace: &str,
    month: NaiveDate,
) -> Result<BTreeMap<String, Decimal>, WarehouseError> {
    let step = || "reading plans".to_owned();
    let mut statement = reader.prepare(sql).context(step)?;
    let rows = statement
        .query_map(params![workspace, month], |row| Ok((row.get(0)?, row.get::<_, Decimal>(1)?.normalize())))
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Days of a period whose facts changed since they were rolled up.
pub fn waiting_days(reader: &Connection, workspace: &str, period: Period) -> Result<u64, WarehouseError> {
    reader
        .query_row(
            "SELECT count(DISTINCT date)::UBIGINT FROM ops.touched_day WHERE workspace = ? AND date >= ? AND date < ?",
            params![workspace, period.start, period.end],
            |row| row.get(0),
        )
        .context(|| "looking for days to roll up".to_owned())
}

/// How many rows of a period a check of `jobs/checks` finds wrong; of all days where it names none.
pub fn check(reader: &Connection, workspace: &str, sql: &str, period: Period) -> Result<u64, WarehouseError> {
    let step = || "running a check".to_owned();
    let has_date = {
        let mut statement = reader.prepare(&format!("SELECT * FROM ({sql}) LIMIT 0")).context(step)?;
        let _ = statement.query([]).context(step)?;
        statement.column_names().iter().any(|name| name == "date")
    };
    if has_date {
        let sql = format!("SELECT count(*)::UBIGINT FROM ({sql}) WHERE workspace = ? AND date >= ? AND date < ?");
        return reader.query_row(&sql, params![workspace, period.start, period.end], |row| row.get(0)).context(step);
    }
    let sql = format!("SELECT count(*)::UBIGINT FROM ({sql}) WHERE workspace = ?");
    reader.query_row(&sql, params![workspace], |row| row.get(0)).context(step)
}

/// How far a stream's partition has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub connection: String,
    pub stream: String,
    /// The last day before the first hole or unfinished day, looking back from the newest.
    pub whole_through: Option<NaiveDate>,
    pub last_success_at: Option<DateTime<Utc>>,
}

/// The reach of every stream that covers days.
pub fn reach(reader: &Connection, workspace: &str) -> Result<Vec<Reach>, WarehouseError> {
    let step = || "reading coverage".to_owned();
    // A day counts once every partition has it whole; the first gap after the earliest day ends it.
    let sql = "
        WITH whole AS (
            SELECT connection, stream, partition, date, covered_at,
                date - CAST(row_number() OVER (PARTITION BY connection, stream, partition ORDER BY date) AS INTEGER) AS island
            FROM ops.coverage WHERE workspace = ? AND is_whole_day
        ),
        first_island AS (
            SELECT connection, stream, partition, arg_min(island, date) AS island FROM whole GROUP BY ALL
        ),
        reached AS (
            SELECT w.connection, w.stream, w.partition, max(w.date) AS through
            FROM whole AS w JOIN first_island AS f USING (connection, stream, partition, island) GROUP BY ALL
        ),
        success AS (
            SELECT connection, stream, max(fetched_at) AS at FROM ops.load WHERE workspace = ? GROUP BY ALL
        )
        SELECT s.connection, s.stream, min(r.through), any_value(s.at)
        FROM success AS s LEFT JOIN reached AS r USING (connection, stream)
        GROUP BY s.connection, s.stream ORDER BY 1, 2";
    let mut statement = reader.prepare(sql).context(step)?;
    let rows = statement
        .query_map(params![workspace, workspace], |row| {
            Ok(Reach {
                connection: row.get(0)?,
                stream: row.get(1)?,
                whole_through: row.get(2)?,
                last_success_at: row.get::<_, Option<NaiveDateTime>>(3)?.map(|at| at.and_utc()),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
