//! Tables of metrics by channel or campaign, which several parts share.

use super::{FigureBuilder, Readings};
use crate::domain::period::Period;
use crate::report::data::{Span, Sums};
use crate::report::document::{Bar, Cell, Column, Figure, Row, Table, Tone};
use crate::report::format::FEW;
use crate::report::receipt::Expression;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Printed where nothing was measured.
pub const NOTHING: &str = "–";
/// Rows of a list that pages show.
const ON_PAGE: usize = 12;
/// Rows whose figures have receipts; of the others data files have the values.
pub const WITH_RECEIPTS: usize = 200;

/// What a row of a table is about.
#[derive(Clone, Debug)]
pub enum Of {
    Channel(String),
    /// Together.
    Channels(Vec<String>),
    Campaign(String),
    All,
}

impl Of {
    pub fn basis(&self, builder: &FigureBuilder<'_>, metric: &str, period: Period) -> Expression {
        match self {
            Self::Channel(channel) => builder.channel(metric, period, channel),
            Self::Channels(channels) => builder.channels(metric, period, channels),
            Self::Campaign(campaign) => builder.campaign(metric, period, campaign),
            Self::All => builder.all(metric, period),
        }
    }
}

/// A column of metrics' values.
pub fn columns(builder: &FigureBuilder<'_>, metrics: &[&str]) -> Vec<Column> {
    metrics.iter().map(|metric| Column { id: (*metric).to_owned(), heading: builder.label(metric) }).collect()
}

/// A column by id and heading.
pub fn column(id: &str, heading: &str) -> Column {
    Column { id: id.to_owned(), heading: heading.to_owned() }
}

/// The metrics' cells of one row.
pub fn cells(builder: &mut FigureBuilder<'_>, metrics: &[&str], of: &Of, period: Period) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(metrics.len());
    // Where nothing was spent, nothing was measured: a cost per lead of zero would be read as a bargain.
    let costs = match of {
        Of::Channel(_) => builder.value(&of.basis(builder, "cost", period)).is_some_and(|cost| !cost.is_zero()),
        _ => true,
    };
    for metric in metrics {
        if !costs && builder.rests_on(metric, "cost") {
            cells.push(words(NOTHING));
            continue;
        }
        if let Of::Channels(channels) = of {
            // Only pages show them together; ratios of a window or of some rows are not known of several channels.
            if !builder.has_channels_together(metric) && builder.is_derived(metric) {
                cells.push(words(NOTHING));
                continue;
            }
            if builder.are_too_few(metric, period, channels) {
                cells.push(words(FEW));
                continue;
            }
        }
        let basis = of.basis(builder, metric, period);
        cells.push(builder.cell(metric, &basis));
    }
    cells
}

/// A table of metrics by channel, with the sums of all where a `total` is named.
pub fn by_channel(
    readings: &Readings,
    builder: &mut FigureBuilder<'_>,
    id: &str,
    metrics: &[&str],
    channels: &[String],
    total: Option<&str>,
) -> Table {
    let mut rows = Vec::new();
    for channel in channels {
        let of = Of::Channel(channel.clone());
        let cells = cells(builder, metrics, &of, readings.period);
        rows.push(Row::new(channel, readings.channel_label(channel), cells));
    }
    let total = total.map(|name| Row::new("all", name, cells(builder, metrics, &Of::All, readings.period)));
    let (page_rows, others) =
        bounded(channels, &rows, |rest| cells(builder, metrics, &Of::Channels(rest.to_vec()), readings.period));
    Table {
        id: id.to_owned(),
        title: None,
        row_heading: "Channel".to_owned(),
        columns: columns(builder, metrics),
        rows,
        total,
        empty_text: "No channel had any activity.".to_owned(),
        page_rows,
        others,
    }
}

/// How many rows of a long list pages show, and the row that stands for the others; `cells_of` adds them up.
pub fn bounded(
    ids: &[String],
    rows: &[Row],
    cells_of: impl FnOnce(&[String]) -> Vec<Cell>,
) -> (Option<usize>, Option<Row>) {
    // A row that stands for one other would only hide its name.
    if rows.len() <= ON_PAGE + 1 || ids.len() != rows.len() {
        return (None, None);
    }
    let rest = &ids[ON_PAGE..];
    (Some(ON_PAGE), Some(Row::new("others", format!("{} others", rest.len()), cells_of(rest))))
}

/// Bars that fit a chart, and one for the others where values add up.
pub fn bounded_bars(mut bars: Vec<Bar>, text: impl FnOnce(Decimal) -> String) -> Vec<Bar> {
    if bars.len() <= ON_PAGE + 1 {
        return bars;
    }
    let rest = bars.split_off(ON_PAGE);
    let sum: Decimal = rest.iter().filter_map(|bar| bar.figure.value).sum();
    let figure = Figure {
        value: Some(sum),
        text: text(sum),
        receipt: None,
        provisional: rest.iter().any(|bar| bar.figure.provisional),
        unit: rest[0].figure.unit,
    };
    bars.push(Bar { id: "others".to_owned(), label: format!("{} others", rest.len()), figure, note: None });
    bars
}

/// The metrics of `all` that hold anything in one of `groups`.
pub fn shown<'m>(builder: &mut FigureBuilder<'_>, all: &[&'m str], groups: &BTreeMap<String, Sums>) -> Vec<&'m str> {
    let mut shown = Vec::new();
    for metric in all {
        let has = |sums: &Sums| builder.of_sums(metric, sums).is_some_and(|value| !value.is_zero());
        if groups.values().any(has) && builder.shows(metric) {
            shown.push(*metric);
        }
    }
    shown
}

/// The groups in which `metric` is not zero, highest first, ties by name.
pub fn ranked(builder: &FigureBuilder<'_>, metric: &str, groups: &BTreeMap<String, Sums>) -> Vec<String> {
    let value = |(name, sums): (&String, &Sums)| {
        let value = builder.of_sums(metric, sums).filter(|value| !value.is_zero())?;
        Some((name.clone(), value))
    };
    let mut ranked: Vec<(String, Decimal)> = groups.iter().filter_map(value).collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.into_iter().map(|(name, _)| name).collect()
}

/// The period's groups; empty where the period was not read.
pub fn span(readings: &Readings, period: Period) -> Option<&Span> {
    readings.data.spans.get(&period)
}

/// A neutral cell.
pub fn plain(figure: Figure) -> Cell {
    Cell::Figure { figure, tone: Tone::Neutral }
}

/// A cell of words.
pub fn words(text: impl Into<String>) -> Cell {
    Cell::Text { text: text.into() }
}
