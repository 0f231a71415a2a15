//! A section that is data: metrics that a job names, as cards, and by channel, campaign or a dimension as a table.

use super::figures::TARGET;
use super::headline::target_of_part;
use super::tables::{NOTHING, bounded, bounded_bars, columns, ranked, words};
use super::{FigureBuilder, Readings, known, trend, windows};
use crate::domain::period::Period;
use crate::report::data::{ReportData, Span, Sums};
use crate::report::definition::{GroupBy, MetricsChart, MetricsSection};
use crate::report::document::{Bar, Block, Card, Cell, Chart, Plot, Row, Section, Table};
use crate::report::receipt::{Expression, NOT_STATED, Reading};
use std::collections::BTreeMap;

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>, own: &MetricsSection) -> Option<Section> {
    let filter = readings.data.filter.and(&own.filter)?;
    let data = readings.data_of(&filter)?;
    let cards: Vec<Card> = own.metrics.iter().filter_map(|metric| card(readings, builder, data, metric)).collect();
    let shown: Vec<String> = cards.iter().map(|card| card.metric.clone()).collect();
    // Somebody named them: what is not there is reported, not left out.
    let missing: Vec<String> =
        own.metrics.iter().filter(|metric| !shown.contains(metric)).map(|metric| builder.label(metric)).collect();
    let mut blocks = Vec::new();
    if !missing.is_empty() {
        blocks.push(Block::Text { text: format!("Without a value in this period: {}.", missing.join(", ")) });
    }
    if shown.is_empty() {
        return Some(Section { id: own.id.clone(), title: own.title.clone(), lead: None, blocks });
    }
    blocks.insert(0, Block::Cards { cards });
    let table = own.by.and_then(|by| table(readings, builder, data, own, by, &shown));
    match own.chart {
        Some(MetricsChart::Line) => {
            if let Some(chart) = line(readings, builder, data, own, &shown[0]) {
                let named = known::named(readings, &shown[0], &chart).map(|text| Block::Text { text });
                blocks.extend(std::iter::once(Block::Chart(chart)).chain(named));
            }
        }
        Some(MetricsChart::Bars) => {
            blocks.extend(table.as_ref().and_then(|table| bars(builder, own, &shown[0], table)).map(Block::Chart));
        }
        None => {}
    }
    blocks.extend(table.map(Block::Table));
    Some(Section { id: own.id.clone(), title: own.title.clone(), lead: None, blocks })
}

/// A reading of the section's part of the workspace.
fn of(data: &ReportData, reading: Reading) -> Expression {
    Expression::metric(Reading { filter: data.filter.clone(), ..reading })
}

/// The metric of the part as a whole; none where it never had a value.
fn card(readings: &Readings, builder: &mut FigureBuilder<'_>, data: &ReportData, metric: &str) -> Option<Card> {
    if !builder.shows_in(data, metric) {
        return None;
    }
    let basis = of(data, Reading::of_all(metric, readings.period));
    if builder.value(&basis).is_none() && !builder.is_too_few(&basis) {
        return None;
    }
    let figure = builder.metric(metric, &basis);
    let mut comparisons = Vec::new();
    for (id, label, period) in windows::bases(readings, builder, metric) {
        let base = of(data, Reading::of_all(metric, period));
        comparisons.push(builder.comparison(metric, (id, &label), &basis, &base));
    }
    if let Some((label, target)) = target_of_part(readings, builder, metric, &data.filter) {
        comparisons.push(builder.comparison(metric, (TARGET, &label), &basis, &target));
    }
    let spark = trend::values_of(readings, builder, data, metric, trend::spark(readings.definition.cadence));
    Some(Card { metric: metric.to_owned(), label: builder.label(metric), figure, comparisons, spark })
}

fn table(
    readings: &Readings,
    builder: &mut FigureBuilder<'_>,
    data: &ReportData,
    own: &MetricsSection,
    by: GroupBy,
    metrics: &[String],
) -> Option<Table> {
    let span = data.spans.get(&readings.period)?;
    let metrics: Vec<&str> = metrics.iter().map(String::as_str).collect();
    let groups = groups(span, by)?;
    // Ranked by the first metric; what has none of it but another follows.
    let mut names: Vec<String> = Vec::new();
    for metric in &metrics {
        let more: Vec<String> =
            ranked(builder, metric, &groups).into_iter().filter(|name| !names.contains(name)).collect();
        names.extend(more);
    }
    if names.is_empty() {
        return None;
    }
    // What states no value is no rival of those that do.
    if let Some(at) = names.iter().position(String::is_empty) {
        let unstated = names.remove(at);
        names.push(unstated);
    }
    let cells = |builder: &mut FigureBuilder<'_>, reading: &dyn Fn(&str) -> Reading| -> Vec<Cell> {
        let cell = |metric: &&str| {
            let basis = of(data, reading(metric));
            // A level of a part, or a ratio by nothing, has no value.
            match builder.value(&basis).is_none() && !builder.is_too_few(&basis) {
                true => words(NOTHING),
                false => builder.cell(metric, &basis),
            }
        };
        metrics.iter().map(cell).collect()
    };
    let period = readings.period;
    let mut rows = Vec::new();
    for name in &names {
        let own = |metric: &str| reading(by, metric, period, name);
        let label = match by {
            GroupBy::Channel => readings.channel_label(name),
            GroupBy::Campaign | GroupBy::Dimension(_) if name.is_empty() => NOT_STATED.to_owned(),
            GroupBy::Campaign => name.clone(),
            GroupBy::Dimension(dimension) => data.spellings.get(&(dimension, name.clone())).unwrap_or(name).clone(),
        };
        let id = if name.is_empty() { "(not stated)" } else { name.as_str() };
        rows.push(Row::new(id, label, cells(builder, &own)));
    }
    let total = cells(builder, &|metric| Reading::of_all(metric, period));
    let (page_rows, others) = bounded(&names, &rows, |rest| {
        let of_rest = |metric: &&str| others(readings, builder, (data, by), metric, rest);
        metrics.iter().map(of_rest).collect()
    });
    let heading = match by {
        GroupBy::Channel => "Channel",
        GroupBy::Campaign => "Campaign",
        GroupBy::Dimension(dimension) => dimension.label(),
    };
    Some(Table {
        id: own.id.clone(),
        title: None,
        row_heading: heading.to_owned(),
        columns: columns(builder, &metrics),
        rows,
        total: Some(Row::new("all", "All".to_owned(), total)),
        empty_text: "Nothing in this period.".to_owned(),
        page_rows,
        others,
    })
}

fn groups(span: &Span, by: GroupBy) -> Option<BTreeMap<String, Sums>> {
    match by {
        GroupBy::Channel => Some(span.channels_and_windows()),
        GroupBy::Campaign => Some(span.campaigns_and_windows()),
        GroupBy::Dimension(dimension) => span.dimensions.get(&dimension).cloned(),
    }
}

fn reading(by: GroupBy, metric: &str, period: Period, name: &str) -> Reading {
    match by {
        GroupBy::Channel => Reading::of_channel(metric, period, name),
        GroupBy::Campaign => Reading::of_campaign(metric, period, name),
        GroupBy::Dimension(dimension) => Reading::of_member(metric, period, dimension, name),
    }
}

/// The rows that pages do not show, together; only what adds up has a sum.
fn others(
    readings: &Readings,
    builder: &mut FigureBuilder<'_>,
    (data, by): (&ReportData, GroupBy),
    metric: &str,
    rest: &[String],
) -> Cell {
    if !builder.adds_over_rows(metric) {
        return words(NOTHING);
    }
    let basis = |name: &String| of(data, reading(by, metric, readings.period, name));
    match builder.sum_of(rest.iter().map(basis)) {
        Some(sum) => builder.cell(metric, &sum),
        None => words(NOTHING),
    }
}

/// The course of the first metric, whole days, weeks or months.
fn line(
    readings: &Readings,
    builder: &mut FigureBuilder<'_>,
    data: &ReportData,
    own: &MetricsSection,
    metric: &str,
) -> Option<Chart> {
    let chart = trend::course(readings, builder, data, metric)?;
    Some(Chart { id: format!("{}_course", own.id), ..chart })
}

fn bars(builder: &FigureBuilder<'_>, own: &MetricsSection, metric: &str, table: &Table) -> Option<Chart> {
    let bar = |row: &Row| match row.cells.first() {
        Some(Cell::Figure { figure, .. }) if figure.value.is_some_and(|value| !value.is_zero()) => {
            Some(Bar { id: row.id.clone(), label: row.name.clone(), figure: figure.clone(), note: None })
        }
        _ => None,
    };
    let bars: Vec<Bar> = table.rows.iter().filter_map(bar).collect();
    if bars.len() < 2 {
        return None;
    }
    let bars = if builder.adds_over_rows(metric) {
        bounded_bars(bars, |sum| builder.text(metric, Some(sum)))
    } else {
        bars.into_iter().take(12).collect()
    };
    let alt = format!("{} has the most: {}.", bars[0].label, bars[0].figure.text);
    let title = format!("{} by {}", builder.label(metric), table.row_heading.to_lowercase());
    Some(Chart {
        id: format!("{}_bars", own.id),
        title,
        unit: builder.unit(metric),
        plot: Plot::Bars { bars },
        alt,
        events: Vec::new(),
    })
}
