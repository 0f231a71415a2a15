//! Where sessions, customers and revenue came from, by channel.

use super::tables::{Of, by_channel, shown, span};
use super::{Drawer, Readings};
use crate::domain::metric::Unit;
use crate::report::definition::{Cadence, Compare};
use crate::report::document::{Bar, Block, Chart, Column, Plot, Section};
use crate::report::format::in_sentence;
use crate::report::receipt::Basis;
use rust_decimal::Decimal;
use std::cmp::Reverse;

const COLUMNS: [&str; 6] = ["sessions", "leads", "orders", "net_revenue", "cost", "roas"];

pub fn section(readings: &Readings, drawer: &mut Drawer<'_>) -> Option<Section> {
    let groups = &span(readings, readings.period)?.channels;
    let active = groups.iter().filter(|(_, sums)| sums.values().any(|value| !value.is_zero()));
    let key = |name: &String| {
        let value = |metric: &str| drawer.of_sums(metric, &groups[name]);
        (Reverse(value("net_revenue")), Reverse(value("sessions")), name.clone())
    };
    let mut channels: Vec<String> = active.map(|(name, _)| name.clone()).collect();
    channels.sort_by_key(key);
    let metrics = shown(drawer, &COLUMNS, groups);
    if channels.is_empty() || metrics.is_empty() {
        return None;
    }
    let mut table = by_channel(readings, drawer, "channels", &metrics, &channels, Some("All channels"));
    let lead = change_column(readings, drawer, &mut table, &channels);
    let mut blocks = Vec::new();
    if drawer.shows("net_revenue") {
        blocks.extend(bars(readings, drawer, &channels).map(Block::Chart));
    }
    blocks.push(Block::Table(table));
    Some(Section { id: "channels".to_owned(), title: "Channels".to_owned(), lead, blocks })
}

/// Adds how a channel moved: its sessions by day, its revenue by week and month; returns what moved
/// most, in a sentence.
fn change_column(
    readings: &Readings,
    drawer: &mut Drawer<'_>,
    table: &mut crate::report::document::Table,
    channels: &[String],
) -> Option<String> {
    let (metric, compare) = match readings.definition.cadence {
        Cadence::Daily => ("sessions", Compare::SameWeekday),
        Cadence::Weekly | Cadence::Monthly => ("net_revenue", Compare::Previous),
    };
    let metric = if drawer.shows(metric) { metric } else { "sessions" };
    let (label, base) = readings.base(compare)?;
    if !drawer.shows(metric) || !readings.book.reaches(base) {
        return None;
    }
    let heading = format!("{} vs {label}", drawer.label(metric));
    table.columns.push(Column { id: format!("{metric}_change"), heading });
    let against = match readings.definition.cadence {
        Cadence::Weekly => format!("the {label}"),
        Cadence::Daily | Cadence::Monthly => label,
    };
    let mut most: Option<(Decimal, String)> = None;
    let of = channels.iter().cloned().map(Of::Channel).chain([Of::All]);
    for (of, row) in of.zip(table.rows.iter_mut().chain(table.total.as_mut())) {
        let (value, before) = (of.basis(drawer, metric, readings.period), of.basis(drawer, metric, base));
        row.cells.push(drawer.change_cell(metric, &value, &before));
        let moved = drawer.value(&value).unwrap_or_default() - drawer.value(&before).unwrap_or_default();
        if !matches!(of, Of::All) && most.as_ref().is_none_or(|(largest, _)| moved.abs() > largest.abs()) {
            let change = readings.wording.change_text(drawer.value(&Basis::change(value, before)));
            most = Some((
                moved,
                format!("{} moved most: {change} {} against {against}.", row.name, in_sentence(&drawer.label(metric))),
            ));
        }
    }
    most.filter(|(moved, _)| !moved.is_zero()).map(|(_, text)| text)
}

fn bars(readings: &Readings, drawer: &mut Drawer<'_>, channels: &[String]) -> Option<Chart> {
    let mut bars = Vec::new();
    for channel in channels {
        let basis = drawer.channel("net_revenue", readings.period, channel);
        let figure = drawer.metric("net_revenue", &basis);
        if figure.value.is_some_and(|value| !value.is_zero()) {
            bars.push(Bar { label: readings.channel_label(channel), figure, note: None });
        }
    }
    if bars.len() < 2 {
        return None;
    }
    let alt = format!("{} brought the most: {}.", bars[0].label, bars[0].figure.text);
    Some(Chart {
        id: "channel_revenue".to_owned(),
        title: "Net revenue by channel".to_owned(),
        unit: Unit::Money,
        plot: Plot::Bars { bars },
        alt,
    })
}
