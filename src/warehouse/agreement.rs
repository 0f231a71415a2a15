//! Computes figures from facts anew and compares them with what the rollups hold. Nothing is written but temporary
//! tables, whose transaction is rolled back.

use super::error::{Context, WarehouseError};
use super::metric_sql;
use super::rollup::{LeftOut, NotAdditive, Repeated, RollupSql, compute_anew, due, left_out, not_additive, repeated};
use super::sealed::sealed_before;
use crate::domain::channel::ChannelRules;
use crate::domain::metric::{Difference, Figures, Grain, Number, Registry};
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::warehouse::sql::literal;
use chrono::{Days, NaiveDate};
use duckdb::{Connection, params};
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
    /// Measures that count rows of their fact more than once.
    pub repeated: Vec<Repeated>,
    /// Measures that miss rows of their fact.
    pub left_out: Vec<LeftOut>,
    /// What the installation's queries add up that does not add up; the same for all workspaces.
    pub not_additive: Vec<NotAdditive>,
}

/// The days that are compared: from the first of the month 35 days ago until yesterday.
fn days(today: NaiveDate) -> Period {
    Period { start: Period::month_of(today - Days::new(DAYS)).start, end: today }
}

/// Compares the figures of workspaces by day, week and month: `mart.metric_daily`, its views of weeks and months and
/// `mart.mrr_daily` with what the contributions of facts give now. `today` is the day in the zone of each. A reader is
/// enough: what is computed is temporary, and goes.
///
/// # Errors
/// As a query fails for any of them.
pub fn compare(
    reader: &Connection,
    asked: &[(Workspace, NaiveDate)],
    (rules, sql, metrics): (&ChannelRules, &RollupSql, &Registry),
) -> Result<BTreeMap<String, Agreement>, WarehouseError> {
    let step = || "comparing figures with their facts".to_owned();
    let transaction = reader.unchecked_transaction().context(step)?;
    let compared = compare_in(&transaction, asked, (rules, sql, metrics));
    transaction.rollback().context(step)?;
    // Variables are no part of a transaction.
    reader.execute_batch("RESET VARIABLE workspace; RESET VARIABLE time_zone").context(step)?;
    compared
}

fn compare_in(
    reader: &Connection,
    asked: &[(Workspace, NaiveDate)],
    (rules, sql, metrics): (&ChannelRules, &RollupSql, &Registry),
) -> Result<BTreeMap<String, Agreement>, WarehouseError> {
    let waiting = due::waiting(reader, asked, rules, sql)?;
    let sealed = sealed_before(reader)?;
    let mut found: BTreeMap<String, Agreement> =
        asked.iter().map(|(of, _)| (of.id.clone(), Agreement::default())).collect();
    let ready: Vec<(&Workspace, Period)> = asked
        .iter()
        .filter(|(of, _)| !waiting.contains(&of.id))
        .filter_map(|(of, today)| {
            let whole = days(*today);
            Some((of, Period::new(whole.start.max(sealed), whole.end)?))
        })
        .collect();
    let (Some(start), Some(end)) = (ready.iter().map(|of| of.1.start).min(), ready.iter().map(|of| of.1.end).max())
    else {
        return Ok(found);
    };
    compute_anew(reader, &ready, rules, sql)?;
    let mut repeats = repeated(reader, &sql.facts)?;
    let mut misses = left_out(reader, &sql.facts)?;
    let not_additive = not_additive(reader, &sql.facts)?;
    let columns: Vec<(String, String)> = metrics
        .parts()
        .into_iter()
        .filter(|part| part.scope.window.is_none())
        .filter_map(|part| match &part.number {
            Number::Sum(column) => Some((part.name(), metric_sql::sum(column, &part.scope.rows))),
            _ => None,
        })
        .collect();
    let recurring = ["mrr", "subscriptions"].map(|column| (format!("mrr_daily.{column}"), format!("sum({column})")));
    // The first week may begin before the first day.
    let days = (start - Days::new(6), end);
    let read = |table: &str, day: &str| sums(reader, (table, day), &columns, days);
    let stored = [
        read("mart.metric_daily", "date")?,
        read("mart.metric_weekly", "week_date")?,
        read("mart.metric_monthly", "month_date")?,
    ];
    let computed = read("temp.computed_daily", "date")?;
    let recurs = |table: &str| sums(reader, (table, "date"), &recurring, days);
    let (levels, levels_computed) = (recurs("mart.mrr_daily")?, recurs("temp.computed_recurring")?);
    let nothing = ByDate::new();
    for (workspace, period) in ready {
        let of = |all: &BTreeMap<String, ByDate>| all.get(&workspace.id).cloned().unwrap_or_default();
        let [by_day, by_week, by_month] = &stored;
        let stored = [of(by_day), of(by_week), of(by_month)];
        let by_day = of(&computed);
        let (weeks, months) = (
            together(&by_day, &|date| Period::week_of(date, workspace.week_starts_on).start),
            together(&by_day, &|date| Period::month_of(date).start),
        );
        let stored = laid_out(period, workspace, stored, levels.get(&workspace.id).unwrap_or(&nothing));
        let computed = laid_out(
            period,
            workspace,
            [by_day, weeks, months],
            levels_computed.get(&workspace.id).unwrap_or(&nothing),
        );
        let (differences, figures) = metrics.differences(&stored, &computed);
        let repeated = repeats.remove(&workspace.id).unwrap_or_default();
        let left_out = misses.remove(&workspace.id).unwrap_or_default();
        let not_additive = not_additive.clone();
        found.insert(
            workspace.id.clone(),
            Agreement { days: Some(period), figures, differences, repeated, left_out, not_additive },
        );
    }
    Ok(found)
}

/// The day on which each workspace was last compared; of one that never was, on which that was first tried.
pub fn last_compared(reader: &Connection) -> Result<BTreeMap<String, NaiveDate>, WarehouseError> {
    let step = || "reading when figures were compared".to_owned();
    let mut statement = reader.prepare("SELECT workspace, compared_date FROM ops.figure_check").context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Notes which workspaces were compared on a day, and which had to be left out.
pub fn note(
    connection: &mut Connection,
    (compared, left_out): (&[String], &[String]),
    today: NaiveDate,
) -> Result<(), WarehouseError> {
    let step = || "noting which figures were compared".to_owned();
    let transaction = connection.transaction().context(step)?;
    let listed = |ids: &[String]| ids.iter().map(|id| format!("({})", literal(id))).collect::<Vec<_>>().join(", ");
    if !compared.is_empty() {
        let ids = listed(compared);
        let sql = format!(
            "DELETE FROM ops.figure_check WHERE workspace IN (SELECT id FROM (VALUES {ids}) AS v(id));
             INSERT INTO ops.figure_check SELECT id, DATE '{today}' FROM (VALUES {ids}) AS v(id)"
        );
        transaction.execute_batch(&sql).context(step)?;
    }
    if !left_out.is_empty() {
        let sql = format!(
            "INSERT INTO ops.figure_check SELECT id, DATE '{today}' FROM (VALUES {}) AS v(id)
             WHERE id NOT IN (SELECT workspace FROM ops.figure_check)",
            listed(left_out)
        );
        transaction.execute_batch(&sql).context(step)?;
    }
    transaction.commit().context(step)
}

type ByDate = BTreeMap<NaiveDate, BTreeMap<String, Decimal>>;

/// Sums of a table by workspace and day, of the workspaces in `due`.
fn sums(
    reader: &Connection,
    (table, day): (&str, &str),
    columns: &[(String, String)],
    (start, end): (NaiveDate, NaiveDate),
) -> Result<BTreeMap<String, ByDate>, WarehouseError> {
    let step = || format!("summing {table}");
    let values: String = columns.iter().map(|(_, sql)| format!(", CAST({sql} AS DECIMAL(38, 6))")).collect();
    let sql = format!(
        "SELECT workspace, {day}{values} FROM {table} SEMI JOIN due USING (workspace) WHERE {day} >= ? AND {day} < ? GROUP BY 1, 2"
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement
        .query_map(params![start, end], |row| {
            let mut values = BTreeMap::new();
            for (index, (name, _)) in columns.iter().enumerate() {
                if let Some(value) = row.get::<_, Option<Decimal>>(2 + index)? {
                    values.insert(name.clone(), value);
                }
            }
            Ok((row.get::<_, String>(0)?, row.get::<_, NaiveDate>(1)?, values))
        })
        .context(step)?;
    let mut all: BTreeMap<String, ByDate> = BTreeMap::new();
    for row in rows {
        let (workspace, date, values) = row.context(step)?;
        all.entry(workspace).or_default().insert(date, values);
    }
    Ok(all)
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
