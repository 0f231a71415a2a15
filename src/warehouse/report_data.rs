//! Reads a report's data: sums of the unified metrics, levels, plans, movements, hours, posts and pages.

mod dimensions;

use super::error::{Context, WarehouseError};
use super::metric_sql;
use super::readings::{budgets, first_date, targets};
use crate::domain::fiscal::FiscalYear;
use crate::domain::metric::{Daily, Number, Part, Registry, Window};
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::report::data::{Needs, Pages, Post, ReportData, Span, Sums, Week};
use crate::report::definition::Filter;
use crate::report::receipt::{HourlyCount, Measure, Movement, PageMeasure, Plan};
use chrono::{Days, NaiveDate};
use duckdb::types::FromSql;
use duckdb::{Connection, OptionalExt, Row, params};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The query of MRR movements: workspace, opening day, closing day.
pub const MOVEMENTS: &str = include_str!("movements.sql");
/// The query of posts: workspace, first day, first day after.
pub const POSTS: &str = include_str!("posts.sql");

const MEASURES: [Measure; 4] = [Measure::Views, Measure::Engagements, Measure::Clicks, Measure::Cost];
/// The columns of [`MOVEMENTS`], in its order.
const MOVED: [Movement; 11] = [
    Movement::Opening,
    Movement::ExchangeRates,
    Movement::New,
    Movement::Reactivation,
    Movement::Expansion,
    Movement::Contraction,
    Movement::Churned,
    Movement::Closing,
    Movement::OpeningCustomers,
    Movement::PayingCustomers,
    Movement::LostCustomers,
];

/// Reads what a report needs of a workspace: the columns that `metrics` name. Plans are those of dropped files.
pub fn report_data(
    reader: &Connection,
    of: &Workspace,
    metrics: &Registry,
    needs: &Needs,
) -> Result<ReportData, WarehouseError> {
    let workspace = of.id.as_str();
    let mut data = ReportData {
        filter: needs.filter.clone(),
        first_date: first_date(reader, workspace)?,
        ..ReportData::default()
    };
    let source = Source::new(reader, of, metrics, &needs.filter);
    for period in &needs.spans {
        data.spans.insert(*period, source.span(*period)?);
    }
    for (period, dimension) in &needs.dimensions {
        let (parts, spellings) = source.parts(*dimension, *period)?;
        data.spans.entry(*period).or_default().dimensions.insert(*dimension, parts);
        data.spellings.extend(spellings.into_iter().map(|(part, text)| ((*dimension, part), text)));
    }
    if let Some(period) = needs.days {
        data.days = source.days(period)?;
    }
    for month in &needs.months {
        for (channel, amount) in budgets(reader, workspace, *month)? {
            data.plans.insert((Plan::Budget, channel, *month), amount);
        }
        for (metric, amount) in targets(reader, workspace, *month)? {
            data.plans.insert((Plan::Target, metric, *month), amount);
        }
    }
    for period in &needs.movements {
        data.movements.insert(*period, source.movements(*period)?);
    }
    for (event, period) in &needs.hours {
        data.hours.insert((*event, *period), source.hours(*event, *period)?);
    }
    for period in &needs.posts {
        data.posts.insert(*period, source.posts(*period)?);
    }
    for period in &needs.pages {
        data.pages.insert(*period, source.pages(*period)?);
    }
    if !needs.pages.is_empty() {
        data.pages_from = source.pages_from()?;
    }
    Ok(data)
}

/// Conditions for a part of the workspace, as two regular expressions that are empty for all.
pub fn patterns(filter: &Filter) -> (String, String) {
    let channels: Vec<String> = filter.channels.iter().map(|name| regex::escape(name)).collect();
    let channels = if channels.is_empty() { String::new() } else { format!("(?s)(?:{})", channels.join("|")) };
    let campaigns = if filter.campaigns.is_empty() { String::new() } else { metric_sql::campaigns(&filter.campaigns) };
    (channels, campaigns)
}

/// A workspace, or a part of it, as read by one connection.
struct Source<'a> {
    reader: &'a Connection,
    workspace: &'a str,
    filter: &'a Filter,
    year: FiscalYear,
    /// Sums of `mart.metric_daily` over the days that are asked for.
    summed: Vec<Column>,
    /// The same over the days of a window.
    windows: BTreeMap<Window, Vec<Column>>,
    /// The columns of `mart.metric_daily` that these are made of.
    columns: BTreeSet<String>,
    levels: BTreeSet<Daily>,
    distinct: BTreeSet<Daily>,
}

const DAILY: &str = "mart.metric_daily";

/// A sum, and the name that its value is kept under.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    sql: String,
}

/// What `within` means in SQL; both patterns are bound twice.
const PART: &str = "(? = '' OR regexp_full_match(channel, ?)) AND (? = '' OR regexp_full_match(campaign, ?))";

fn sums_sql(columns: &[Column]) -> String {
    columns.iter().map(|column| format!(", CAST({} AS DECIMAL(38, 6))", column.sql)).collect()
}

fn sums(row: &Row<'_>, columns: &[Column]) -> Result<Sums, duckdb::Error> {
    let mut sums = Sums::new();
    for (index, column) in columns.iter().enumerate() {
        if let Some(value) = row.get::<_, Option<Decimal>>(1 + index)? {
            sums.insert(column.name.clone(), value.normalize());
        }
    }
    Ok(sums)
}

impl<'a> Source<'a> {
    fn new(reader: &'a Connection, workspace: &'a Workspace, metrics: &Registry, filter: &'a Filter) -> Self {
        let mut source = Source {
            reader,
            workspace: &workspace.id,
            filter,
            year: workspace.fiscal_year,
            summed: Vec::new(),
            windows: BTreeMap::new(),
            columns: BTreeSet::new(),
            levels: BTreeSet::new(),
            distinct: BTreeSet::new(),
        };
        for part in metrics.parts() {
            let name = part.name();
            match part {
                Part { number: Number::Sum(column), scope } => {
                    source.columns.insert(column.clone());
                    let column = Column { name, sql: metric_sql::sum(&column, &scope.rows) };
                    match scope.window {
                        None => source.summed.push(column),
                        Some(window) => source.windows.entry(window).or_default().push(column),
                    }
                }
                Part { number: Number::Level(daily), .. } => drop(source.levels.insert(daily)),
                Part { number: Number::Distinct(daily), .. } => drop(source.distinct.insert(daily)),
            }
        }
        source
    }

    fn span(&self, period: Period) -> Result<Span, WarehouseError> {
        let mut span = Span {
            total: self.grouped("''", period)?.remove("").unwrap_or_default(),
            channels: self.grouped("channel", period)?,
            campaigns: self.grouped("campaign", period)?,
            ..Span::default()
        };
        // Visits without a campaign are no campaign.
        span.campaigns.remove("");
        if self.filter.is_all() {
            span.total.extend(self.levels(Period::day(period.last_day()))?.into_values().flatten());
            if period.days() == 1 {
                span.total.extend(self.distinct(period)?.into_values().flatten());
            }
        }
        Ok(span)
    }

    /// Sums of the period and of each window that ends with it.
    fn grouped(&self, key: &str, period: Period) -> Result<BTreeMap<String, Sums>, WarehouseError> {
        self.grouped_in(DAILY, key, period)
    }

    fn grouped_in(&self, from: &str, key: &str, period: Period) -> Result<BTreeMap<String, Sums>, WarehouseError> {
        let mut groups = self.sums_in(from, key, period, &self.summed)?;
        for (window, columns) in &self.windows {
            for (group, sums) in self.sums_in(from, key, window.days(period.last_day(), self.year), columns)? {
                groups.entry(group).or_default().extend(sums);
            }
        }
        Ok(groups)
    }

    fn sums_by<K: FromSql + Ord>(
        &self,
        key: &str,
        period: Period,
        columns: &[Column],
    ) -> Result<BTreeMap<K, Sums>, WarehouseError> {
        self.sums_in(DAILY, key, period, columns)
    }

    fn sums_in<K: FromSql + Ord>(
        &self,
        from: &str,
        key: &str,
        period: Period,
        columns: &[Column],
    ) -> Result<BTreeMap<K, Sums>, WarehouseError> {
        let step = || format!("summing by {key}");
        let sql = format!(
            "SELECT {key}{} FROM {from} WHERE workspace = ? AND date >= ? AND date < ? AND {PART} GROUP BY 1",
            sums_sql(columns)
        );
        let (channels, campaigns) = patterns(self.filter);
        let mut statement = self.reader.prepare(&sql).context(step)?;
        let values = params![self.workspace, period.start, period.end, channels, channels, campaigns, campaigns];
        let rows = statement.query_map(values, |row| Ok((row.get(0)?, sums(row, columns)?))).context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    fn days(&self, period: Period) -> Result<BTreeMap<NaiveDate, Sums>, WarehouseError> {
        let mut days: BTreeMap<NaiveDate, Sums> = self.sums_by("date", period, &self.summed)?;
        for (window, columns) in &self.windows {
            self.windows_of_days(period, *window, columns, &mut days)?;
        }
        if self.filter.is_all() {
            for (date, values) in self.levels(period)?.into_iter().chain(self.distinct(period)?) {
                days.entry(date).or_default().extend(values);
            }
        }
        Ok(days)
    }

    /// The sums of the window that ends with each day. Days without a row are days of the window like others.
    fn windows_of_days(
        &self,
        period: Period,
        window: Window,
        columns: &[Column],
        days: &mut BTreeMap<NaiveDate, Sums>,
    ) -> Result<(), WarehouseError> {
        let whole = Period { start: window.days(period.start, self.year).start, end: period.end };
        let by_day: BTreeMap<NaiveDate, Sums> = self.sums_by("date", whole, columns)?;
        for column in columns {
            // What had come in before each day, and on how many days: a window is the difference of two.
            let mut before: BTreeMap<NaiveDate, (u32, Decimal)> = BTreeMap::new();
            let mut so_far = (0, Decimal::ZERO);
            for date in whole.dates() {
                before.insert(date, so_far);
                if let Some(value) = by_day.get(&date).and_then(|sums| sums.get(&column.name)) {
                    so_far = (so_far.0 + 1, so_far.1 + value);
                }
            }
            before.insert(whole.end, so_far);
            for date in period.dates() {
                let of = window.days(date, self.year);
                let (Some(start), Some(end)) = (before.get(&of.start), before.get(&of.end)) else { continue };
                if end.0 > start.0 {
                    days.entry(date).or_default().insert(column.name.clone(), (end.1 - start.1).normalize());
                }
            }
        }
        Ok(())
    }

    /// Levels at the end of each day.
    fn levels(&self, period: Period) -> Result<BTreeMap<NaiveDate, Vec<(String, Decimal)>>, WarehouseError> {
        self.by_date(&self.levels, "sum", "", period)
    }

    /// Distinct counts of each day. Several properties may share people, so they have none together.
    fn distinct(&self, period: Period) -> Result<BTreeMap<NaiveDate, Vec<(String, Decimal)>>, WarehouseError> {
        self.by_date(&self.distinct, "any_value", " HAVING count(*) = 1", period)
    }

    /// Each table is asked once for all of its columns.
    fn by_date(
        &self,
        columns: &BTreeSet<Daily>,
        function: &str,
        having: &str,
        period: Period,
    ) -> Result<BTreeMap<NaiveDate, Vec<(String, Decimal)>>, WarehouseError> {
        let mut tables: BTreeMap<(&str, &str, &str), Vec<&Daily>> = BTreeMap::new();
        for daily in columns {
            tables.entry((&daily.schema, &daily.table, &daily.day)).or_default().push(daily);
        }
        let mut days: BTreeMap<NaiveDate, Vec<(String, Decimal)>> = BTreeMap::new();
        for ((schema, table, day), columns) in tables {
            let step = || format!("reading {schema}.{table}");
            let values: String =
                columns.iter().map(|daily| format!(", CAST({function}({}) AS DECIMAL(38, 6))", daily.column)).collect();
            let sql = format!(
                "SELECT {day}{values} FROM {schema}.{table} WHERE workspace = ? AND {day} >= ? AND {day} < ? GROUP BY {day}{having}"
            );
            let mut statement = self.reader.prepare(&sql).context(step)?;
            let rows = statement
                .query_map(params![self.workspace, period.start, period.end], |row| {
                    let mut values = Vec::new();
                    for (index, daily) in columns.iter().enumerate() {
                        if let Some(value) = row.get::<_, Option<Decimal>>(index + 1)? {
                            values.push((daily.name(), value.normalize()));
                        }
                    }
                    Ok((row.get::<_, NaiveDate>(0)?, values))
                })
                .context(step)?;
            for row in rows {
                let (date, values) = row.context(step)?;
                days.entry(date).or_default().extend(values);
            }
        }
        Ok(days)
    }

    fn movements(&self, period: Period) -> Result<BTreeMap<Movement, Decimal>, WarehouseError> {
        let step = || "reading how recurring revenue moved".to_owned();
        let opening = period.start - Days::new(1);
        let found = self
            .reader
            .query_row(MOVEMENTS, params![self.workspace, opening, period.last_day()], |row| {
                let mut moved = BTreeMap::new();
                for (index, movement) in MOVED.iter().enumerate() {
                    if let Some(amount) = row.get::<_, Option<Decimal>>(index)? {
                        moved.insert(*movement, amount.normalize());
                    }
                }
                Ok(moved)
            })
            .optional()
            .context(step)?;
        let moved = found.unwrap_or_default();
        Ok(if moved.contains_key(&Movement::Closing) { moved } else { BTreeMap::new() })
    }

    fn hours(&self, event: HourlyCount, period: Period) -> Result<Week, WarehouseError> {
        let step = || format!("reading the hours of {}", event.label());
        let sql = format!("{} GROUP BY 1, 2", hours_sql(event, "?", "?", "?"));
        let mut statement = self.reader.prepare(&sql).context(step)?;
        let rows = statement
            .query_map(params![self.workspace, period.start, period.end], |row| {
                Ok(((row.get(0)?, row.get(1)?), Decimal::from(row.get::<_, u64>(2)?)))
            })
            .context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    fn posts(&self, period: Period) -> Result<Vec<Post>, WarehouseError> {
        let step = || "reading posts".to_owned();
        let mut statement = self.reader.prepare(POSTS).context(step)?;
        let rows = statement
            .query_map(params![self.workspace, period.start, period.end], |row| {
                let mut values = BTreeMap::new();
                for (index, measure) in MEASURES.iter().enumerate() {
                    if let Some(value) = row.get::<_, Option<Decimal>>(5 + index)? {
                        values.insert(*measure, value.normalize());
                    }
                }
                Ok(Post {
                    platform: row.get(0)?,
                    handle: row.get(1)?,
                    campaign: row.get(2)?,
                    post_key: row.get(3)?,
                    posted_date: row.get(4)?,
                    values,
                })
            })
            .context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    fn pages(&self, period: Period) -> Result<Pages, WarehouseError> {
        let step = || "reading pages".to_owned();
        let sums = PageMeasure::ALL.map(|measure| format!("CAST(sum({}) AS DECIMAL(38, 6))", measure.column()));
        let sql = pages_sql(&format!("page, {}", sums.join(", ")), "?", "?", "?") + " GROUP BY page";
        let mut statement = self.reader.prepare(&sql).context(step)?;
        let rows = statement
            .query_map(params![self.workspace, period.start, period.end], |row| {
                let mut values = BTreeMap::new();
                for (index, measure) in PageMeasure::ALL.into_iter().enumerate() {
                    values.insert(measure, row.get::<_, Decimal>(1 + index)?.normalize());
                }
                Ok((row.get(0)?, values))
            })
            .context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    fn pages_from(&self) -> Result<Option<NaiveDate>, WarehouseError> {
        let sql = "SELECT min(date) FROM core.page_daily WHERE workspace = ?";
        let found = self.reader.query_row(sql, params![self.workspace], |row| row.get(0));
        found.context(|| "reading since when pages are known".to_owned())
    }
}

/// Columns of the sessions by the page they began on; the three values are placeholders or literals.
pub fn pages_sql(columns: &str, workspace: &str, start: &str, end: &str) -> String {
    format!(
        "SELECT {columns}
FROM core.page_daily WHERE workspace = {workspace} AND date >= {start} AND date < {end}"
    )
}

/// Events by weekday and hour, without its grouping; the three values are placeholders or literals.
pub fn hours_sql(event: HourlyCount, workspace: &str, start: &str, end: &str) -> String {
    let (fact, at, day, which) = match event {
        HourlyCount::Payments => ("payment", "created_at", "date", "e.is_captured AND e.status = 'succeeded'"),
        // Of contacts that were deleted or merged into others none counts.
        HourlyCount::Leads => (
            "contact_stage",
            "entered_at",
            "entered_date",
            "e.stage = 'lead' AND EXISTS (SELECT 1 FROM core.contact AS c WHERE c.workspace = e.workspace
    AND c.connection = e.connection AND c.contact_id = e.contact_id AND c.archived_at IS NULL)",
        ),
    };
    format!(
        "SELECT CAST(isodow(e.{day}) AS UINTEGER) AS weekday, CAST(local_hour(e.{at}, w.time_zone) AS UINTEGER) AS hour,
    CAST(count(*) AS UBIGINT) AS events
FROM core.{fact} AS e JOIN ops.workspace AS w USING (workspace)
WHERE e.workspace = {workspace} AND e.{day} >= {start} AND e.{day} < {end} AND {which}"
    )
}

#[cfg(test)]
mod tests;
