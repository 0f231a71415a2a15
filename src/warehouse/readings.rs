//! What reports read beside their figures: plans, checks, how far data reaches.

mod reach;

pub use reach::{Reach, reach, reach_of_all};

use super::error::{Context, WarehouseError};
use super::queries;
use super::sql::literal;
use crate::domain::period::Period;
use chrono::NaiveDate;
use duckdb::{Connection, params};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Budgets of dropped files by channel, for a workspace and a month.
pub const BUDGETS: &str = include_str!("budgets.sql");

/// The first day a workspace has anything of. Subscriptions alone are older than what else is known, so they
/// show it only where there is nothing else.
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

/// What a check of `jobs/checks` finds wrong in a period; of all days where it names none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// So many rows break its claim.
    Broken(u64),
    /// What it says, of a check between streams: one whose rows have a column `says`. It is reported and
    /// holds no report.
    Told(Vec<String>),
}

/// At most so many sentences of one check are reported.
const MOST_TOLD: usize = 5;

/// Runs a check. Its query may ask for the period by the variables `period_start` and `period_end`.
pub fn check(reader: &Connection, workspace: &str, sql: &str, period: Period) -> Result<Checked, WarehouseError> {
    let step = || "running a check".to_owned();
    let sql = sql.trim_end().trim_end_matches(';');
    reader
        .execute_batch(&format!(
            "SET VARIABLE period_start = DATE '{}'; SET VARIABLE period_end = DATE '{}'",
            period.start, period.end
        ))
        .context(step)?;
    queries::examine(reader, sql)?;
    let columns = {
        let mut statement = reader.prepare(&format!("SELECT * FROM ({sql}) LIMIT 0")).context(step)?;
        let _ = statement.query([]).context(step)?;
        statement.column_names()
    };
    let has = |wanted: &str| columns.iter().any(|name| name == wanted);
    let of_days = if has("date") {
        format!("AND date >= DATE '{}' AND date < DATE '{}'", period.start, period.end)
    } else {
        String::new()
    };
    // Values in the text: a statement with parameters is planned twice.
    let of_workspace = format!("workspace = {}", literal(workspace));
    if !has("says") {
        let sql = format!("SELECT count(*)::UBIGINT FROM ({sql}) WHERE {of_workspace} {of_days}");
        return reader.query_row(&sql, [], |row| row.get(0)).context(step).map(Checked::Broken);
    }
    let order = if has("date") { "ORDER BY date DESC" } else { "" };
    let sql = format!("SELECT says FROM ({sql}) WHERE {of_workspace} AND says IS NOT NULL {of_days} {order}");
    let mut statement = reader.prepare(&sql).context(step)?;
    let mut says: Vec<String> =
        statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)?;
    let more = says.len().saturating_sub(MOST_TOLD);
    if more > 0 {
        says.truncate(MOST_TOLD);
        says.push(format!("The same is found {more} more times in these days."));
    }
    Ok(Checked::Told(says))
}

/// Like [`check`], but one that cannot be run says so and ends nothing else.
pub fn check_or_say(
    reader: &Connection,
    workspace: &str,
    (claim, sql): (&str, &str),
    period: Period,
) -> Result<Checked, String> {
    check(reader, workspace, sql, period).map_err(|error| {
        // A query that fails ends its transaction: what is still to be read is read as it stands now.
        if reader.execute_batch("ROLLBACK").is_ok() {
            reader.execute_batch("BEGIN TRANSACTION").ok();
        }
        let why: String = error.to_string().lines().next().unwrap_or_default().chars().take(200).collect();
        format!("A check could not be run, so nothing is known of its claim ({}): {why}", claim.trim_end_matches('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::{facts, migrate};

    fn database(rows: &str) -> Connection {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::apply(&mut connection).expect("migrated");
        facts::apply(&mut connection, &facts::builtin()).expect("tables of the facts");
        connection.execute_batch(rows).expect("rows");
        connection
    }

    #[test]
    fn a_check_that_cannot_be_run_says_so_and_ends_nothing_else() {
        // dj-stripe/dj-stripe#1992
        let mut reader = database("");
        reader
            .execute_batch("CREATE TEMP TABLE facts AS SELECT 'w' AS workspace, 3000000000 AS amount")
            .expect("facts");
        let snapshot = reader.transaction().expect("a transaction");
        let sql = "SELECT workspace, CAST(CAST(amount AS INTEGER) AS VARCHAR) AS says FROM facts";
        let day = Period::day(NaiveDate::MIN);
        let told = check_or_say(&snapshot, "w", ("Amounts are small.", sql), day).expect_err("not run");
        assert!(
            told.starts_with("A check could not be run, so nothing is known of its claim (Amounts are small): "),
            "{told}"
        );
        let left: u64 =
            snapshot.query_row("SELECT count(*)::UBIGINT FROM facts", [], |row| row.get(0)).expect("read on");
        assert_eq!(left, 1);
        snapshot.commit().expect("ended");
    }

    #[test]
    fn amounts_at_a_rate_that_is_months_old_are_reported() {
        let reader = database(
            "INSERT INTO ops.workspace VALUES ('w', 'W', 'UTC', 'EUR', 1);
             INSERT INTO core.fx_rate BY NAME SELECT 'w' AS workspace, 'fx' AS connection, date, 'USD' AS currency, 1.1 AS rate, 'l' AS load_id
                 FROM (VALUES (DATE '2026-09-01'), (DATE '2026-11-06')) AS v(date);
             INSERT INTO core.offline_conversion BY NAME SELECT 'w' AS workspace, 'c' AS connection, id AS conversion_id, date,
                 'sale' AS kind, '' AS source, '' AS medium, '' AS campaign, 5 AS amount, currency, 'l' AS load_id
                 FROM (VALUES ('a', DATE '2026-11-05', 'USD'), ('b', DATE '2026-11-09', 'USD'), ('c', DATE '2026-11-05', 'EUR'))
                     AS v(id, date, currency)",
        );
        let check = include_str!("../../jobs/checks/exchange_rates_are_recent.sql");
        let told = || -> Vec<String> {
            reader
                .prepare(&format!("SELECT says FROM ({check})"))
                .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
                .expect("rows")
        };
        let due =
            "amounts in USD of 2026-11-05 are converted at the rate of 2026-09-01: newer exchange rates are missing";
        assert_eq!(told(), [due]);
        let shared =
            "UPDATE core.fx_rate SET workspace = 'rates'; INSERT INTO ops.rate_source VALUES ('w', 'rates', '')";
        reader.execute_batch(shared).expect("shared");
        assert_eq!(told(), [due], "rates of another workspace");
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
        let all = facts::checks::checks(&facts::builtin());
        let sql = &all[1].sql;
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
