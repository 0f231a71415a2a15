//! What reports read beside their figures: plans, checks, how far data reaches.

use super::error::{Context, WarehouseError};
use crate::domain::period::Period;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Budgets of dropped files by channel, for a workspace and a month.
pub const BUDGETS: &str = include_str!("budgets.sql");

/// The first day a workspace has anything of. Subscriptions alone are older than what else is known, so they
/// tell it only where there is nothing else.
pub fn first_date(reader: &Connection, workspace: &str) -> Result<Option<NaiveDate>, WarehouseError> {
    reader
        .query_row(
            "SELECT coalesce((SELECT min(date) FROM mart.metric_daily WHERE workspace = $1),
                 (SELECT min(date) FROM mart.mrr_daily WHERE workspace = $1))",
            params![workspace],
            |row| row.get(0),
        )
        .context(|| "finding the first day".to_owned())
}

/// Planned amounts of a month from dropped files: by channel, with their currency.
pub fn budgets(
    reader: &Connection,
    workspace: &str,
    month: NaiveDate,
) -> Result<BTreeMap<String, Decimal>, WarehouseError> {
    pairs(reader, BUDGETS, workspace, month)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::migrate;

    fn database(rows: &str) -> Connection {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::apply(&mut connection, None).expect("migrated");
        connection.execute_batch(rows).expect("rows");
        connection
    }

    #[test]
    fn an_amount_without_a_rate_is_found_in_gifts_and_on_each_day_of_a_subscription() {
        let reader = database(
            "INSERT INTO core.influencer_post BY NAME SELECT 'w' AS workspace, 'c' AS connection, 'x' AS platform,
                '@jo' AS handle, '' AS campaign, 'p' AS post_key, DATE '2026-11-01' AS posted_date,
                25 AS product_cost, 'USD' AS currency, 'l' AS load_id;
             INSERT INTO mart.subscription_value BY NAME SELECT 'w' AS workspace, 'c' AS connection, id AS subscription_id, id AS customer_id,
                DATE '2026-11-02' AS from_date, ended AS until_date, 9 AS mrr, currency
                FROM (VALUES ('a', 'EUR', NULL), ('b', 'USD', DATE '2026-11-04')) AS v(id, currency, ended);
             INSERT INTO mart.mrr_daily BY NAME SELECT 'w' AS workspace, DATE '2026-11-01' + day::INTEGER AS date,
                0 AS mrr, 0 AS subscriptions FROM range(5) AS v(day);
             INSERT INTO mart.fx_cross BY NAME SELECT workspace, date, 'EUR' AS currency, 1 AS rate, false AS is_carried
                FROM mart.mrr_daily;
             INSERT INTO mart.fx_cross VALUES ('w', DATE '2026-11-02', 'USD', 0.9, false)",
        );
        let sql = include_str!("../../jobs/checks/every_amount_has_a_rate.sql");
        let lines: Vec<String> = reader
            .prepare(&format!("SELECT concat_ws(' ', date, currency, amount) FROM ({sql}) ORDER BY 1"))
            .expect("a query")
            .query_map([], |row| row.get(0))
            .expect("rows")
            .collect::<Result<_, _>>()
            .expect("texts");
        assert_eq!(lines, ["2026-11-01 USD 25.000000", "2026-11-03 USD 9.000000"]);
    }

    #[test]
    fn a_channel_whose_amounts_have_no_rate_has_no_budget() {
        let reader = database(
            "INSERT INTO ops.workspace BY NAME SELECT 'w' AS workspace, 'EUR' AS currency, 1 AS week_starts_on, 'W' AS name, 'UTC' AS time_zone;
             INSERT INTO core.budget BY NAME SELECT 'w' AS workspace, 'c' AS connection, DATE '2026-11-01' AS month_date,
                channel, 100 AS amount, currency, 'l' AS load_id
                FROM (VALUES ('email', 'EUR'), ('display', 'USD')) AS v(channel, currency)",
        );
        let month = "2026-11-01".parse().expect("a day");
        let found = budgets(&reader, "w", month).expect("budgets");
        assert_eq!(found, BTreeMap::from([("email".to_owned(), Decimal::ONE_HUNDRED)]));
    }
}
