//! Tables of metrics by channel or campaign, which several parts share.

use super::{Drawer, Readings};
use crate::domain::period::Period;
use crate::report::book::{Span, Sums};
use crate::report::document::{Cell, Column, Figure, Mood, Row, Table};
use crate::report::receipt::Basis;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What a row of a table is about.
#[derive(Clone, Debug)]
pub enum Of {
    Channel(String),
    Campaign(String),
    All,
}

impl Of {
    pub fn basis(&self, drawer: &Drawer<'_>, metric: &str, period: Period) -> Basis {
        match self {
            Self::Channel(channel) => drawer.channel(metric, period, channel),
            Self::Campaign(campaign) => drawer.campaign(metric, period, campaign),
            Self::All => drawer.all(metric, period),
        }
    }
}

/// A column of metrics' values.
pub fn columns(drawer: &Drawer<'_>, metrics: &[&str]) -> Vec<Column> {
    metrics.iter().map(|metric| Column { id: (*metric).to_owned(), heading: drawer.label(metric) }).collect()
}

/// A column by id and heading.
pub fn column(id: &str, heading: &str) -> Column {
    Column { id: id.to_owned(), heading: heading.to_owned() }
}

/// The metrics' cells of one row.
pub fn cells(drawer: &mut Drawer<'_>, metrics: &[&str], of: &Of, period: Period) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(metrics.len());
    for metric in metrics {
        let basis = of.basis(drawer, metric, period);
        cells.push(drawer.cell(metric, &basis));
    }
    cells
}

/// A table of metrics by channel, with the sums of all where a `total` is named.
pub fn by_channel(
    readings: &Readings,
    drawer: &mut Drawer<'_>,
    id: &str,
    metrics: &[&str],
    channels: &[String],
    total: Option<&str>,
) -> Table {
    let mut rows = Vec::new();
    for channel in channels {
        let of = Of::Channel(channel.clone());
        rows.push(Row { name: readings.channel_label(channel), cells: cells(drawer, metrics, &of, readings.period) });
    }
    let total =
        total.map(|name| Row { name: name.to_owned(), cells: cells(drawer, metrics, &Of::All, readings.period) });
    Table {
        id: id.to_owned(),
        title: None,
        row_heading: "Channel".to_owned(),
        columns: columns(drawer, metrics),
        rows,
        total,
        empty_text: "No channel had any activity.".to_owned(),
    }
}

/// The metrics of `all` that hold anything in one of `groups`.
pub fn shown<'m>(drawer: &mut Drawer<'_>, all: &[&'m str], groups: &BTreeMap<String, Sums>) -> Vec<&'m str> {
    let mut shown = Vec::new();
    for metric in all {
        let has = |sums: &Sums| drawer.of_sums(metric, sums).is_some_and(|value| !value.is_zero());
        if groups.values().any(has) && drawer.shows(metric) {
            shown.push(*metric);
        }
    }
    shown
}

/// The groups in which `metric` is not zero, highest first, ties by name.
pub fn ranked(drawer: &Drawer<'_>, metric: &str, groups: &BTreeMap<String, Sums>) -> Vec<String> {
    let value = |(name, sums): (&String, &Sums)| {
        let value = drawer.of_sums(metric, sums).filter(|value| !value.is_zero())?;
        Some((name.clone(), value))
    };
    let mut ranked: Vec<(String, Decimal)> = groups.iter().filter_map(value).collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.into_iter().map(|(name, _)| name).collect()
}

/// The period's groups; empty where the period was not read.
pub fn span(readings: &Readings, period: Period) -> Option<&Span> {
    readings.book.spans.get(&period)
}

/// A neutral cell.
pub fn plain(figure: Figure) -> Cell {
    Cell::Figure { figure, mood: Mood::Neutral }
}

/// A cell of words.
pub fn words(text: impl Into<String>) -> Cell {
    Cell::Text { text: text.into() }
}
