//! Computes figures from facts anew and sets them beside what the rollups hold. Nothing is written: the transaction
//! is given up.

use super::error::{Context, WarehouseError};
use super::maintenance::retention::sealed_before;
use super::metric_sql;
use super::rollup::{RollupSql, compute_anew, due};
use crate::domain::channel::ChannelRules;
use crate::domain::metric::{Difference, Figures, Grain, Number, Registry};
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use chrono::{Days, NaiveDate};
use duckdb::{Connection, Transaction, params};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Days before today that are compared, together with the whole of the months they begin in.
const DAYS: u64 = 35;

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// The days compared; none where the workspace has days to roll up first.
    pub days: Option<Period>,
    /// Figures compared.
    pub figures: usize,
    pub differences: Vec<Difference>,
}

/// The days that are compared: from the first of the month 35 days ago until yesterday.
pub fn days(today: NaiveDate) -> Period {
    Period { start: Period::month_of(today - Days::new(DAYS)).start, end: today }
}

/// Compares a workspace's figures by day, week and month: `mart.metric_daily`, its views of weeks and months and
/// `mart.mrr_daily` with what the contributions of facts give now.
pub fn compare(
    connection: &mut Connection,
    workspace: &Workspace,
    (rules, sql, metrics): (&ChannelRules, &RollupSql, &Registry),
    today: NaiveDate,
) -> Result<Agreement, WarehouseError> {
    let step = || format!("comparing the figures of {}", workspace.id);
    let transaction = connection.transaction().context(step)?;
    let compared = compare_in(&transaction, workspace, (rules, sql, metrics), today);
    transaction.rollback().context(step)?;
    // Variables are no part of a transaction.
    connection.execute_batch("RESET VARIABLE workspace; RESET VARIABLE time_zone").context(step)?;
    compared
}

fn compare_in(
    transaction: &Transaction<'_>,
    workspace: &Workspace,
    (rules, sql, metrics): (&ChannelRules, &RollupSql, &Registry),
    today: NaiveDate,
) -> Result<Agreement, WarehouseError> {
    let step = || format!("comparing the figures of {}", workspace.id);
    // What was edited reaches stored figures with the next rollup, and so does another currency.
    due::after_edits(transaction, &[(workspace.clone(), today)], rules, sql)?;
    let is_waiting: bool = transaction
        .query_row(
            "SELECT count(*) > 0 FROM (
                 SELECT 1 FROM ops.touched_day WHERE workspace = $1
                 UNION ALL SELECT 1 FROM ops.workspace WHERE workspace = $1 AND currency <> $2)",
            params![workspace.id, workspace.currency.code()],
            |row| row.get(0),
        )
        .context(step)?;
    if is_waiting {
        return Ok(Agreement::default());
    }
    let whole = days(today);
    let Some(period) = Period::new(whole.start.max(sealed_before(transaction)?), whole.end) else {
        return Ok(Agreement::default());
    };
    compute_anew(transaction, workspace, rules, sql, period)?;
    let columns: Vec<(String, String)> = metrics
        .parts()
        .into_iter()
        .filter(|part| part.scope.window.is_none())
        .filter_map(|part| match &part.number {
            Number::Sum(column) => Some((part.name(), metric_sql::sum(column, &part.scope.rows))),
            _ => None,
        })
        .collect();
    let read = |table: &str, day: &str| sums(transaction, workspace, (table, day), &columns);
    let recurring = ["mrr", "subscriptions"].map(|column| (format!("mrr_daily.{column}"), format!("sum({column})")));
    let recurs = |table: &str| sums(transaction, workspace, (table, "date"), &recurring);
    let stored = laid_out(
        period,
        workspace,
        [
            read("mart.metric_daily", "date")?,
            read("mart.metric_weekly", "week_date")?,
            read("mart.metric_monthly", "month_date")?,
        ],
        &recurs("mart.mrr_daily")?,
    );
    let by_day = read("temp.computed_daily", "date")?;
    let (weeks, months) = (
        together(&by_day, &|date| Period::week_of(date, workspace.week_starts_on).start),
        together(&by_day, &|date| Period::month_of(date).start),
    );
    let computed = laid_out(period, workspace, [by_day, weeks, months], &recurs("temp.computed_recurring")?);
    let (differences, figures) = metrics.differences(&stored, &computed);
    Ok(Agreement { days: Some(period), figures, differences })
}

type ByDate = BTreeMap<NaiveDate, BTreeMap<String, Decimal>>;

fn sums(
    transaction: &Transaction<'_>,
    workspace: &Workspace,
    (table, day): (&str, &str),
    columns: &[(String, String)],
) -> Result<ByDate, WarehouseError> {
    let step = || format!("summing {table}");
    let values: String = columns.iter().map(|(_, sql)| format!(", CAST({sql} AS DECIMAL(38, 6))")).collect();
    let sql = format!("SELECT {day}{values} FROM {table} WHERE workspace = ? GROUP BY 1");
    let mut statement = transaction.prepare(&sql).context(step)?;
    let rows = statement
        .query_map(params![workspace.id], |row| {
            let mut values = BTreeMap::new();
            for (index, (name, _)) in columns.iter().enumerate() {
                if let Some(value) = row.get::<_, Option<Decimal>>(1 + index)? {
                    values.insert(name.clone(), value);
                }
            }
            Ok((row.get(0)?, values))
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Days put together by the first day that each belongs to.
fn together(by_day: &ByDate, first: &dyn Fn(NaiveDate) -> NaiveDate) -> ByDate {
    let mut all = ByDate::new();
    for (date, values) in by_day {
        let sums = all.entry(first(*date)).or_default();
        for (name, value) in values {
            *sums.entry(name.clone()).or_default() += value;
        }
    }
    all
}

/// The days of a period, and its weeks and months that lie in it as a whole. A level is that of the last day.
fn laid_out(period: Period, workspace: &Workspace, by_grain: [ByDate; 3], levels: &ByDate) -> Figures {
    let whole = |grain, start| match grain {
        Grain::Day => Period::day(start),
        Grain::Week => Period::week_of(start, workspace.week_starts_on),
        Grain::Month => Period::month_of(start),
    };
    let mut figures = Figures::new();
    for (grain, by_date) in [Grain::Day, Grain::Week, Grain::Month].into_iter().zip(by_grain) {
        for (start, mut numbers) in by_date {
            let of = whole(grain, start);
            if of.start >= period.start && of.end <= period.end {
                numbers.extend(levels.get(&of.last_day()).cloned().unwrap_or_default());
                figures.insert((grain, start), numbers);
            }
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_compared_are_whole_months_and_the_present_one() {
        let days = |today: &str| days(today.parse().expect("a date")).to_string();
        assert_eq!(days("2026-11-27"), "2026-10-01 to 2026-11-26");
        assert_eq!(days("2026-11-05"), "2026-10-01 to 2026-11-04");
        assert_eq!(days("2026-03-01"), "2026-01-01 to 2026-02-28");
    }
}
