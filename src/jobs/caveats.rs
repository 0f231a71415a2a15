//! What limits figures though they are there, in sentences for readers and admins: lists, dropped files, rollups, levels,
//! and what is not known of the past.

use super::report_context::ReportContext;
use crate::domain::metric::{Daily, Number};
use crate::domain::period::Period;
use crate::report::definition::Definition;
use crate::report::sections::GOALS;
use crate::warehouse::level_parts::lacking_parts;
use crate::warehouse::new_customers::counted_since;
use crate::warehouse::plan_history::plans_since;
use crate::warehouse::rollup::own;
use crate::warehouse::{WarehouseError, dropped, lists};
use chrono::NaiveDate;
use duckdb::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// What sources say of their lists, a sentence each. `Readers` receive those that figures are made of.
pub fn limits_of_lists(
    reader: &Connection,
    context: &ReportContext,
    hearers: Hearers,
) -> Result<Vec<String>, WarehouseError> {
    let mut told = Vec::new();
    for limit in lists::caveats(reader, &context.workspace.id)? {
        let Some(list) = context.lists.get(&format!("{}/{}", limit.connection, limit.stream)) else { continue };
        if list.has_rows || hearers == Hearers::Admins {
            told.push(format!("{}: {}.", list.label, limit.caveat));
        }
    }
    Ok(told)
}

/// For whom something is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearers {
    Readers,
    Admins,
}

/// Dropped files whose rows are missing from figures of a period, a sentence each.
pub fn files_in_trouble(
    reader: &Connection,
    context: &ReportContext,
    period: Period,
) -> Result<Vec<String>, WarehouseError> {
    let files = dropped::list(reader, &context.workspace.id, None)?.into_iter().map(|noted| noted.file);
    let touching = files.filter(|file| file.touches(period.start, period.last_day()));
    let told = touching.map(|file| {
        let trouble: String = file.trouble().chars().take(300).collect();
        format!("Dropped file ({}): {}.", file.stream.replace('_', " "), trouble.trim_end_matches('.'))
    });
    Ok(told.collect())
}

/// Metrics that a report prints because the installation says so: in sections of its own, and as goals.
fn printed<'a>(context: &'a ReportContext, definition: &'a Definition) -> BTreeSet<&'a str> {
    let own = definition.edition.own.iter().flat_map(|own| &own.metrics);
    let months = context.targets.keys().map(|(_, metric)| metric);
    let longer = context.longer_targets.iter().map(|target| &target.metric);
    let goals = months.chain(longer).filter(|_| definition.edition.has(GOALS));
    own.chain(goals).map(String::as_str).collect()
}

/// Rollups of the installation that a report's metrics rest on and that could not be computed, a sentence each.
pub(super) fn rollups_in_trouble(
    reader: &Connection,
    context: &ReportContext,
    definition: &Definition,
) -> Result<Vec<String>, WarehouseError> {
    let printed = printed(context, definition);
    let failed = own::failures(reader)?.into_iter().filter(|(_, workspace, _)| *workspace == context.workspace.id);
    let told = failed.filter_map(|(rollup, _, error)| {
        let labels: BTreeSet<&str> = printed
            .iter()
            .filter(|id| context.metrics.tables_of(id).contains(&rollup))
            .filter_map(|id| Some(context.metrics.get(id)?.label.as_str()))
            .collect();
        let labels: Vec<&str> = labels.into_iter().collect();
        let error: String = error.chars().take(300).collect();
        (!labels.is_empty()).then(|| {
            let (labels, error) = (labels.join(", "), error.trim_end_matches('.').to_owned());
            format!("The rollup {rollup} could not be computed: {error}: {labels} may be missing or as it was before.")
        })
    });
    Ok(told.collect())
}

/// Levels that a report prints and that lack parts on its last day, a sentence each.
pub(super) fn levels_in_trouble(
    reader: &Connection,
    context: &ReportContext,
    definition: &Definition,
    period: Period,
) -> Result<Vec<String>, WarehouseError> {
    let mut labels: BTreeMap<Daily, BTreeSet<&str>> = BTreeMap::new();
    for id in printed(context, definition) {
        let Some(metric) = context.metrics.get(id) else { continue };
        for part in context.metrics.parts_of(id) {
            if let Number::Level(daily) = part.number
                && daily.schema == "core"
            {
                labels.entry(daily).or_default().insert(&metric.label);
            }
        }
    }
    let mut told = Vec::new();
    for (daily, labels) in labels {
        let place = (daily.table.as_str(), daily.column.as_str());
        let Some(found) = lacking_parts(reader, &context.workspace.id, place, period.last_day())? else { continue };
        let labels: Vec<&str> = labels.into_iter().collect();
        told.push(format!(
            "{} of {} parts of {} have no row for {}, though they had one within the week before ({}{}): {} may be too low.",
            found.lacking,
            found.parts,
            daily.table,
            period.last_day(),
            found.example,
            if found.lacking > 1 { ", …" } else { "" },
            labels.join(", ")
        ));
    }
    Ok(told)
}

/// Since when new customers are distinguished from old ones where that is not always, a sentence for each source.
pub fn first_seen_since(reader: &Connection, context: &ReportContext) -> Result<Vec<String>, WarehouseError> {
    let since = counted_since(reader, &context.workspace.id, &context.payers)?.into_iter().map(|since| {
        format!(
            "New customers of {} are first since {}: whether they paid before could not be read, so new customers are too \
             many and CAC is too low.",
            context.source_label(&since.connection),
            since.date
        )
    });
    Ok(since.collect())
}

/// What is not known of subscriptions before they were first read, a sentence for each source, with the day
/// before which their figures are unsure.
pub fn plans_known_since(
    reader: &Connection,
    context: &ReportContext,
    period: Period,
) -> Result<(Vec<String>, Option<NaiveDate>), WarehouseError> {
    let all = plans_since(reader, &context.workspace.id, &context.plans)?;
    // What a period began with is what the day before it ended with.
    let told = all.iter().filter(|since| period.start <= since.date).map(|since| {
        let label = context.source_label(&since.connection);
        let stopped = match since.stopped {
            0 => String::new(),
            1 => " One subscription was paused or unpaid by then, since an unknown day: it is not in MRR before.".to_owned(),
            count => format!(
                " {count} subscriptions were paused or unpaid by then, since unknown days: they are not in MRR before."
            ),
        };
        format!(
            "MRR of {label} before {} is that of the plans as they stand since then: earlier changes of plan are not known.{stopped}",
            since.date
        )
    });
    Ok((told.collect(), all.iter().map(|since| since.date).max()))
}
