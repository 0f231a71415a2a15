//! Where sessions, customers and revenue came from, by channel.

use super::kind::{CHANNELS, StandardSection, nothing_more};
use super::tables::{Of, bounded_bars, by_channel, shown, span};
use super::{FigureBuilder, Readings, known};
use crate::domain::metric::Unit;
use crate::report::definition::Cadence;
use crate::report::document::{Bar, Block, Chart, Column, Plot, Section};
use crate::report::format::in_sentence;
use crate::report::receipt::Expression;
use rust_decimal::Decimal;
use std::cmp::Reverse;

pub const SECTION: StandardSection = StandardSection {
    id: CHANNELS,
    place: |_| Some(60),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

/// Where the rules for channels find none.
const UNASSIGNED: &str = "unassigned";

const COLUMNS: [&str; 6] = ["sessions", "leads", "orders", "net_revenue", "cost", "roas"];

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let groups = &span(readings, readings.period)?.channels;
    let active = groups.iter().filter(|(_, sums)| sums.values().any(|value| !value.is_zero()));
    let key = |name: &String| {
        let value = |metric: &str| builder.of_sums(metric, &groups[name]);
        (Reverse(value("net_revenue")), Reverse(value("sessions")), name.clone())
    };
    let mut channels: Vec<String> = active.map(|(name, _)| name.clone()).collect();
    channels.sort_by_key(key);
    let mut metrics = shown(builder, &COLUMNS, groups);
    // What the change is about stands first, beside it: phones show the first columns.
    let leading = leading(readings, builder);
    metrics.sort_by_key(|metric| *metric != leading);
    if channels.is_empty() || metrics.is_empty() {
        return None;
    }
    let mut table = by_channel(readings, builder, "channels", &metrics, &channels, Some("All channels"));
    let moved = change_column(readings, builder, &mut table, &channels);
    let lead: Vec<String> =
        moved.into_iter().chain(unassigned(readings, builder)).chain(known::of_channels(readings, &channels)).collect();
    let lead = (!lead.is_empty()).then(|| lead.join(" "));
    let mut blocks = Vec::new();
    if builder.shows("net_revenue") {
        blocks.extend(bars(readings, builder, &channels).map(Block::Chart));
    }
    blocks.push(Block::Table(table));
    Some(Section { id: "channels".to_owned(), title: "Channels".to_owned(), lead, blocks })
}

/// What channels are judged by: their sessions by day, their revenue by week and month.
fn leading(readings: &Readings, builder: &mut FigureBuilder<'_>) -> &'static str {
    match readings.definition.cadence {
        Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly if builder.shows("net_revenue") => "net_revenue",
        _ => "sessions",
    }
}

/// Adds how a channel moved: its sessions by day, its revenue by week and month; returns what moved
/// most, in a sentence.
fn change_column(
    readings: &Readings,
    builder: &mut FigureBuilder<'_>,
    table: &mut crate::report::document::Table,
    channels: &[String],
) -> Option<String> {
    let metric = leading(readings, builder);
    let (_, label, base) = readings.leading()?;
    if !builder.shows(metric) || !readings.data.reaches(base) {
        return None;
    }
    let heading = format!("{} vs {label}", builder.label(metric));
    table.columns.insert(1.min(table.columns.len()), Column { id: format!("{metric}_change"), heading });
    let mut most: Option<(Decimal, &String)> = None;
    let rest = table.page_rows.map(|shown| Of::Channels(channels[shown..].to_vec()));
    let rows = table.rows.iter_mut().chain(table.others.as_mut()).chain(table.total.as_mut());
    for (of, row) in channels.iter().cloned().map(Of::Channel).chain(rest).chain([Of::All]).zip(rows) {
        let (value, before) = (of.basis(builder, metric, readings.period), of.basis(builder, metric, base));
        row.cells.insert(1.min(row.cells.len()), builder.change_cell(metric, &value, &before));
    }
    for channel in channels {
        let value = |period| builder.value(&builder.channel(metric, period, channel)).unwrap_or_default();
        let moved = value(readings.period) - value(base);
        if most.as_ref().is_none_or(|(largest, _)| moved.abs() > largest.abs()) {
            most = Some((moved, channel));
        }
    }
    let (_, channel) = most.filter(|(moved, _)| !moved.is_zero())?;
    let totals = (builder.all(metric, readings.period), builder.all(metric, base));
    if builder.is_unlike(metric, &totals.0, &totals.1) {
        return None;
    }
    let (value, before) = (builder.channel(metric, readings.period, channel), builder.channel(metric, base, channel));
    let name = format!("{}: {}", readings.channel_label(channel), builder.label(metric));
    let (by, change) =
        (builder.difference(metric, &value, &before, &name), builder.change(metric, &value, &before, &name));
    let percent =
        if change.unit == by.unit || change.value.is_none() { String::new() } else { format!(" ({})", change.text) };
    let of = in_sentence(&builder.label(metric));
    Some(format!("Largest change: {}, {} {of}{percent} vs {label}.", readings.channel_label(channel), by.text))
}

/// Revenue that no channel can claim is named, or a reader takes it for a channel.
fn unassigned(readings: &Readings, builder: &FigureBuilder<'_>) -> Option<String> {
    let of = |basis: &Expression| builder.value(basis).filter(|value| *value > Decimal::ZERO);
    let none = of(&builder.channel("net_revenue", readings.period, UNASSIGNED))?;
    let all = of(&builder.all("net_revenue", readings.period))?;
    let share = none.checked_div(all).filter(|share| *share >= rust_decimal::dec!(0.05))?;
    let share = readings.locale.value_text(Some(share), Unit::Percent, readings.workspace.currency);
    Some(format!(
        "{share} of net revenue is unassigned: the checkout named no source for it, and the CRM does not know where its \
         payers came from."
    ))
}

fn bars(readings: &Readings, builder: &mut FigureBuilder<'_>, channels: &[String]) -> Option<Chart> {
    let mut bars = Vec::new();
    for channel in channels {
        let basis = builder.channel("net_revenue", readings.period, channel);
        let figure = builder.metric("net_revenue", &basis);
        if figure.value.is_some_and(|value| !value.is_zero()) {
            bars.push(Bar { id: channel.clone(), label: readings.channel_label(channel), figure, note: None });
        }
    }
    if bars.len() < 2 {
        return None;
    }
    let bars = bounded_bars(bars, |sum| builder.text("net_revenue", Some(sum)));
    let alt = format!("{} brought the most: {}.", bars[0].label, bars[0].figure.text);
    Some(Chart {
        id: "channel_revenue".to_owned(),
        title: "Net revenue by channel".to_owned(),
        unit: Unit::Money,
        plot: Plot::Bars { bars },
        alt,
        events: Vec::new(),
    })
}
