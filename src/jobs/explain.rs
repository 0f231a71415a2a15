//! Where a printed figure comes from: its definition, a query that gives it again, the loads it
//! rests on and how far they reach.

use crate::domain::fact::Dimension;
use crate::domain::fiscal::FiscalYear;
use crate::domain::metric::{Daily, Number, Part, Registry, Window};
use crate::domain::period::Period;
use crate::jobs::readings::reach;
use crate::jobs::report_context::ReportContext;
use crate::jobs::restatement::{Known, StoredReceipt};
use crate::report::definition::Filter;
use crate::report::format::FEW;
use crate::report::questions::question;
use crate::report::readiness::SourceFreshness;
use crate::report::receipt::{DataPoint, Expression, Member, NOT_STATED, Plan, Reading};
use crate::warehouse::WarehouseError;
use crate::warehouse::facts::telling_apart;
use crate::warehouse::issued::{LoadLine, Receipt, loads};
use crate::warehouse::metric_sql::{self, Adds};
use crate::warehouse::readings::BUDGETS;
use crate::warehouse::report_data::patterns;
use crate::warehouse::sql::literal;
use duckdb::Connection;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The table of the unified metrics.
pub const DAILY: &str = "mart.metric_daily";

/// All there is to say about a figure.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What the figure is now, exactly and as printed.
    pub now: Option<Decimal>,
    pub now_text: String,
    pub definition: String,
    /// What each metric in it means.
    pub meanings: Vec<(String, String)>,
    /// Days and part of the workspace, in words.
    pub filters: Vec<String>,
    /// Gives the value again on the warehouse's file.
    pub sql: String,
    pub loads: Vec<LoadLine>,
    pub freshness: Vec<SourceFreshness>,
}

/// Explains a receipt; `None` where this version cannot read it. Blocking.
pub fn explain(
    reader: &Connection,
    context: &ReportContext,
    receipt: &Receipt,
) -> Result<Option<Explained>, WarehouseError> {
    let Some(kept) = StoredReceipt::of(receipt) else { return Ok(None) };
    let known = Known::read(reader, context, [&kept.basis])?;
    let now = known.value(&kept.basis);
    let dimensions = dimensions(reader, &kept.basis)?;
    let mut facts: BTreeSet<(String, Period)> = BTreeSet::new();
    let mut meanings = Vec::new();
    let mut filters = Vec::new();
    for point in kept.basis.data_points() {
        match point {
            DataPoint::Metric(reading) => {
                if let Some(metric) = context.metrics.get(&reading.metric) {
                    let days = context.metrics.days(&metric.id, reading.period, context.workspace.fiscal_year);
                    facts.extend(metric.from.iter().map(|fact| (fact.clone(), days)));
                    meanings.push((metric.label.clone(), metric.about.clone()));
                }
                filters.push(filter(context, reading));
            }
            DataPoint::Answer { question: name, period, .. } => {
                let asked = question(name).map(|question| question.facts.as_slice()).unwrap_or_default();
                facts.extend(asked.iter().map(|fact| (fact.clone(), *period)));
                meanings.extend(question(name).map(|question| (name.replace('_', " "), question.about.clone())));
            }
            DataPoint::Plan { plan, month, .. } => {
                let fact = if *plan == Plan::Budget { "budget" } else { "target" };
                facts.insert((fact.to_owned(), Period::month_of(*month)));
            }
            DataPoint::Constant { .. } => {}
        }
    }
    meanings.dedup();
    let mut lines = Vec::new();
    for (fact, period) in &facts {
        for line in loads(reader, &context.workspace.id, fact, *period)? {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    let rests_on = |source: &SourceFreshness| facts.iter().any(|(fact, _)| *fact == source.fact);
    Ok(Some(Explained {
        now,
        now_text: if known.is_too_few(&kept.basis) { FEW.to_owned() } else { kept.text(now, context) },
        definition: kept.basis.definition(&context.metrics),
        meanings,
        filters,
        sql: basis_sql(context, &kept.basis, &dimensions),
        loads: lines,
        freshness: reach(reader, context)?.into_iter().filter(rests_on).collect(),
    }))
}

fn filter(context: &ReportContext, reading: &Reading) -> String {
    let mut text = format!("{}: {}", reading.metric, reading.period);
    let days = context.metrics.days(&reading.metric, reading.period, context.workspace.fiscal_year);
    match context.metrics.window(&reading.metric) {
        Some(window) => text += &format!(", {} ({days})", window.words()),
        None if days != reading.period => text += &format!(", days counted from {}", days.start),
        None => {}
    }
    for (what, name) in [("channel", &reading.channel), ("campaign", &reading.campaign)] {
        if let Some(name) = name {
            text += &format!(", {what} {}", if name.is_empty() { NOT_STATED } else { name });
        }
    }
    if let Some(member) = &reading.member {
        text += &format!(", {} {}", member.dimension.word(), member.text());
    }
    if !reading.filter.is_all() {
        let Filter { channels, campaigns } = &reading.filter;
        text += &format!(", within channels [{}] campaigns [{}]", channels.join(", "), campaigns.join(", "));
    }
    text
}

/// A query over the warehouse that gives a basis' value.
pub fn sql(reader: &Connection, context: &ReportContext, basis: &Expression) -> Result<String, WarehouseError> {
    Ok(basis_sql(context, basis, &dimensions(reader, basis)?))
}

/// By dimension that a basis is split by, the facts that do.
type Dimensions = BTreeMap<Dimension, Vec<Adds>>;

fn dimensions(reader: &Connection, basis: &Expression) -> Result<Dimensions, WarehouseError> {
    let members = basis.data_points().into_iter().filter_map(|point| match point {
        DataPoint::Metric(reading) => reading.member.as_ref().map(|member| member.dimension),
        _ => None,
    });
    members.map(|dimension| Ok((dimension, telling_apart(reader, dimension)?))).collect()
}

fn basis_sql(context: &ReportContext, basis: &Expression, dimensions: &Dimensions) -> String {
    basis.sql(&|point| point_sql(context, point, dimensions))
}

fn point_sql(context: &ReportContext, point: &DataPoint, dimensions: &Dimensions) -> String {
    let workspace = literal(&context.workspace.id);
    match point {
        DataPoint::Metric(reading) => metric_sql(context, reading, dimensions),
        DataPoint::Plan { plan, name, month } => {
            let key = (*month, name.clone());
            let stated = match plan {
                Plan::Budget => context.budgets.get(&key),
                Plan::Target => context.targets.get(&key),
            };
            match (stated, plan) {
                (Some(amount), _) => format!(
                    "SELECT CAST({amount} AS DECIMAL(38, 6)) /* config/workspaces/{}.toml */",
                    context.workspace.id
                ),
                (None, Plan::Target) => format!(
                    "SELECT sum(amount) FROM core.target\nWHERE workspace = {workspace} AND month_date = DATE '{month}' AND metric = {}",
                    literal(name)
                ),
                (None, Plan::Budget) => {
                    let query = bound(BUDGETS, &[&workspace, &format!("'{month}'")]);
                    format!("SELECT sum(amount) FROM (\n{query})\nWHERE channel = {}", literal(name))
                }
            }
        }
        DataPoint::Answer { question: name, keys, measure, period } => match question(name) {
            Some(question) => question.sql(keys, measure, (&context.workspace.id, *period), literal),
            None => format!("SELECT NULL /* the question {name} is no longer asked */"),
        },
        DataPoint::Constant { value, by } => {
            let by = by.replace('*', "");
            format!("SELECT CAST({value} AS DECIMAL(38, 9)) /* {by} */")
        }
    }
}

/// A query with its numbered parameters written out, the comments above it left away.
fn bound(query: &str, values: &[&str]) -> String {
    let body = query.lines().skip_while(|line| line.starts_with("--")).collect::<Vec<_>>().join("\n");
    values.iter().enumerate().fold(body, |query, (index, value)| query.replace(&format!("${}", index + 1), value))
}

fn metric_sql(context: &ReportContext, reading: &Reading, dimensions: &Dimensions) -> String {
    let workspace = literal(&context.workspace.id);
    let mut rows = String::new();
    for (column, value) in [("channel", &reading.channel), ("campaign", &reading.campaign)] {
        if let Some(value) = value {
            rows += &format!("\n  AND {column} = {}", literal(value));
        }
    }
    let mut from = DAILY.to_owned();
    if let Some(Member { dimension, value }) = &reading.member {
        let facts = dimensions.get(dimension).map_or(&[][..], Vec::as_slice);
        let columns = context.metrics.parts_of(&reading.metric).into_iter().filter_map(|part| match part.number {
            Number::Sum(column) => Some(column),
            _ => None,
        });
        from = metric_sql::by_dimension(*dimension, facts, &columns.collect());
        rows += &format!("\n  AND part = {}", literal(value));
    }
    let (channels, campaigns) = patterns(&reading.filter);
    for (column, pattern) in [("channel", channels), ("campaign", campaigns)] {
        if !pattern.is_empty() {
            rows += &format!("\n  AND regexp_full_match({column}, {})", literal(&pattern));
        }
    }
    // A channel or a part of the workspace has no level of its own, and several days no distinct count.
    let is_whole =
        reading.channel.is_none() && reading.campaign.is_none() && reading.member.is_none() && reading.filter.is_all();
    let (start, end) = (format!("DATE '{}'", reading.period.start), format!("DATE '{}'", reading.period.end));
    let of = AskedOf {
        workspace: &workspace,
        days: (&start, &end),
        last: &format!("DATE '{}'", reading.period.last_day()),
        from: &from,
        rows: &rows,
        is_whole,
        is_one: reading.period.days() == 1,
        year: context.workspace.fiscal_year,
    };
    sql_of(&context.metrics, &reading.metric, &of)
}

/// Of which days and rows a metric is asked for, in SQL.
#[derive(Clone, Copy, Debug)]
pub struct AskedOf<'a> {
    pub workspace: &'a str,
    /// The first day, and the first day after.
    pub days: (&'a str, &'a str),
    /// The last day.
    pub last: &'a str,
    /// The rows that are summed: `mart.metric_daily`, or the same by a dimension.
    pub from: &'a str,
    /// Further conditions on them, each after an `AND`.
    pub rows: &'a str,
    /// Whether it is asked of the whole workspace.
    pub is_whole: bool,
    pub is_one: bool,
    pub year: FiscalYear,
}

impl AskedOf<'_> {
    /// The condition on the rows that are summed, of the days or of a window that ends with the last one.
    fn daily(&self, window: Option<Window>) -> String {
        let Self { workspace, days: (start, end), last, rows, .. } = *self;
        let start = window.map_or_else(|| start.to_owned(), |window| window.start_sql(last, self.year));
        format!("workspace = {workspace} AND date >= {start} AND date < {end}{rows}")
    }
}

/// The query that gives a metric.
pub fn sql_of(metrics: &Registry, metric: &str, of: &AskedOf<'_>) -> String {
    let AskedOf { workspace, last, from, is_whole, is_one, .. } = *of;
    let is_plain = |part: &Part| matches!(part.number, Number::Sum(_)) && part.scope.window.is_none();
    if metrics.parts_of(metric).iter().all(is_plain) {
        let sum = |part: &Part| metric_sql::sum(&part.number.name(), &part.scope.rows);
        let expression = metrics.sql(metric, &sum).unwrap_or_default();
        return format!("SELECT {expression} FROM {from}\nWHERE {}", of.daily(None));
    }
    let part = |part: &Part| match &part.number {
        Number::Sum(column) => format!(
            "(SELECT {} FROM {from} WHERE {})",
            metric_sql::sum(column, &part.scope.rows),
            of.daily(part.scope.window)
        ),
        Number::Level(Daily { schema, table, day, column }) if is_whole => {
            format!("(SELECT sum({column}) FROM {schema}.{table}\n WHERE workspace = {workspace} AND {day} = {last})")
        }
        Number::Distinct(Daily { schema, table, day, column }) if is_whole && is_one => format!(
            "(SELECT any_value({column}) FROM {schema}.{table}\n WHERE workspace = {workspace} AND {day} = {last} HAVING count(*) = 1)"
        ),
        _ => "NULL".to_owned(),
    };
    format!("SELECT {}", metrics.sql(metric, &part).unwrap_or_else(|| "NULL".to_owned()))
}
