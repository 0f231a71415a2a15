//! What reports read: sums of the unified metrics, spend against budget, how far data reaches.

use super::error::{Context, WarehouseError};
use super::rollup::SUMMED;
use crate::domain::period::Period;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, Row, params};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Sums of `mart.metric_daily` by column; a column is absent where there is no row at all.
pub type Sums = BTreeMap<String, Decimal>;

fn sums_sql() -> String {
    SUMMED.map(|column| format!("CAST(sum({column}) AS DECIMAL(38, 6))")).join(", ")
}

fn sums(row: &Row<'_>, first: usize) -> Result<Sums, duckdb::Error> {
    let mut sums = Sums::new();
    for (index, column) in SUMMED.iter().enumerate() {
        if let Some(value) = row.get::<_, Option<Decimal>>(first + index)? {
            sums.insert((*column).to_owned(), value.normalize());
        }
    }
    Ok(sums)
}

/// The sums of a period, of one channel or of all.
pub fn total(
    reader: &Connection,
    workspace: &str,
    period: Period,
    channel: Option<&str>,
) -> Result<Sums, WarehouseError> {
    let step = || "summing a period".to_owned();
    let sql = format!(
        "SELECT {} FROM mart.metric_daily WHERE workspace = ? AND date >= ? AND date < ? AND (?::VARCHAR IS NULL OR channel = ?)",
        sums_sql()
    );
    reader
        .query_row(&sql, params![workspace, period.start, period.end, channel, channel], |row| sums(row, 0))
        .context(step)
}

/// The sums of a period by channel.
pub fn by_channel(
    reader: &Connection,
    workspace: &str,
    period: Period,
) -> Result<BTreeMap<String, Sums>, WarehouseError> {
    keyed(reader, workspace, period, "channel")
}

/// The sums of a period by campaign; visits without one are left out.
pub fn by_campaign(
    reader: &Connection,
    workspace: &str,
    period: Period,
) -> Result<BTreeMap<String, Sums>, WarehouseError> {
    let mut all = keyed(reader, workspace, period, "campaign")?;
    all.remove("");
    Ok(all)
}

fn keyed(
    reader: &Connection,
    workspace: &str,
    period: Period,
    key: &str,
) -> Result<BTreeMap<String, Sums>, WarehouseError> {
    let step = || format!("summing by {key}");
    let sql = format!(
        "SELECT {key}, {} FROM mart.metric_daily WHERE workspace = ? AND date >= ? AND date < ? GROUP BY {key}",
        sums_sql()
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement
        .query_map(params![workspace, period.start, period.end], |row| Ok((row.get(0)?, sums(row, 1)?)))
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The sums of each day of a period that has any.
pub fn by_day(
    reader: &Connection,
    workspace: &str,
    period: Period,
) -> Result<BTreeMap<NaiveDate, Sums>, WarehouseError> {
    let step = || "summing by day".to_owned();
    let sql = format!(
        "SELECT date, {} FROM mart.metric_daily WHERE workspace = ? AND date >= ? AND date < ? GROUP BY date",
        sums_sql()
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement
        .query_map(params![workspace, period.start, period.end], |row| Ok((row.get(0)?, sums(row, 1)?)))
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
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

/// Monthly recurring revenue at the end of a day, if any subscription is known.
pub fn mrr(reader: &Connection, workspace: &str, date: NaiveDate) -> Result<Option<Decimal>, WarehouseError> {
    use duckdb::OptionalExt;
    reader
        .query_row("SELECT mrr FROM mart.mrr_daily WHERE workspace = ? AND date = ?", params![workspace, date], |row| {
            row.get(0)
        })
        .optional()
        .context(|| "reading recurring revenue".to_owned())
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
