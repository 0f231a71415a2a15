//! Reads a report's data: sums of the unified metrics, levels, plans and what questions answer.

use super::error::WarehouseError;
use super::metric_sql;
use super::readings::{budgets, first_date, targets};
use crate::domain::fiscal::FiscalYear;
use crate::domain::metric::{Daily, Number, Part, Registry, Window};
use crate::domain::workspace::Workspace;
use crate::report::data::{Needs, ReportData};
use crate::report::definition::Filter;
use crate::report::questions::question;
use crate::report::receipt::Plan;
use duckdb::Connection;
use std::collections::{BTreeMap, BTreeSet};

mod answers;
mod dimensions;
mod sums;

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
    for (name, period) in &needs.answers {
        // What a question of an earlier version asked is not known any more.
        let Some(question) = question(name) else { continue };
        data.answers.insert((name.clone(), *period), answers::read(reader, workspace, (name, question), *period)?);
        if !data.known_since.contains_key(name)
            && let Some(date) = answers::known_since(reader, workspace, question)?
        {
            data.known_since.insert(name.clone(), date);
        }
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

/// A sum, and the name that its value is kept under.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    sql: String,
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
}

#[cfg(test)]
mod tests;
