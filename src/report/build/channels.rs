//! Where sessions, customers and revenue came from: by channel, and by campaign.

use super::figures::Reading;
use super::{DailyReadings, Drawer, Sums};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Bar, Block, Cell, Chart, Column, Mood, Plot, Row, Section, Table};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const COLUMNS: [&str; 6] = ["sessions", "leads", "orders", "net_revenue", "cost", "roas"];
const MOST_CAMPAIGNS: usize = 15;

pub fn section(readings: &DailyReadings, drawer: &mut Drawer<'_>) -> Option<Section> {
    let active = active(&readings.channels, drawer);
    if active.is_empty() {
        return None;
    }
    let columns = shown(&readings.channels, drawer);
    let day = Period::day(readings.date);
    let mut rows = Vec::new();
    let mut bars = Vec::new();
    for channel in &active {
        let sums = &readings.channels[channel];
        let name = readings.channel_labels.get(channel).unwrap_or(channel).clone();
        let at = |metric: &str| Reading {
            metric: metric.to_owned(),
            period: day,
            channel: Some(channel.clone()),
            campaign: None,
        };
        let mut cells: Vec<Cell> = columns
            .iter()
            .map(|metric| Cell::Figure { figure: drawer.figure(at(metric), sums), mood: Mood::Neutral })
            .collect();
        let before = readings.channels_before.get(channel).and_then(|sums| drawer.value("sessions", sums));
        cells.push(drawer.change_cell("sessions", drawer.value("sessions", sums), before));
        let revenue = drawer.figure(at("net_revenue"), sums);
        if revenue.value.is_some_and(|value| !value.is_zero()) {
            bars.push(Bar { label: name.clone(), figure: revenue, note: None });
        }
        rows.push(Row { name, cells });
    }
    let all = |metric: &str| Reading { metric: metric.to_owned(), period: day, channel: None, campaign: None };
    let mut total: Vec<Cell> = columns
        .iter()
        .map(|metric| Cell::Figure { figure: drawer.figure(all(metric), &readings.day), mood: Mood::Neutral })
        .collect();
    let (now, then) = (drawer.value("sessions", &readings.day), drawer.value("sessions", &readings.same_weekday));
    total.push(drawer.change_cell("sessions", now, then));
    let mut headings: Vec<Column> =
        columns.iter().map(|metric| Column { id: (*metric).to_owned(), heading: drawer.label(metric) }).collect();
    headings.push(Column {
        id: "sessions_change".to_owned(),
        heading: format!("Sessions vs last {}", readings.date.format("%a")),
    });
    let mut blocks = Vec::new();
    if bars.len() > 1 {
        let alt = format!("{} brought the most: {}.", bars[0].label, bars[0].figure.text);
        let chart = Chart {
            id: "channel_revenue".to_owned(),
            title: "Net revenue by channel".to_owned(),
            unit: Unit::Money,
            plot: Plot::Bars { bars },
            alt,
        };
        blocks.push(Block::Chart(chart));
    }
    blocks.push(Block::Table(Table {
        id: "channels".to_owned(),
        title: None,
        row_heading: "Channel".to_owned(),
        columns: headings,
        rows,
        total: Some(Row { name: "All channels".to_owned(), cells: total }),
        empty_text: "No channel had any activity.".to_owned(),
    }));
    Some(Section { id: "channels".to_owned(), title: "Channels".to_owned(), lead: None, blocks })
}

/// Paid campaigns of the day, dearest first.
pub fn campaigns(readings: &DailyReadings, drawer: &mut Drawer<'_>) -> Option<Section> {
    let mut paid: Vec<(&String, Decimal)> = readings
        .campaigns
        .iter()
        .filter_map(|(name, sums)| Some((name, drawer.value("cost", sums).filter(|cost| !cost.is_zero())?)))
        .collect();
    paid.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    if paid.is_empty() {
        return None;
    }
    let left = paid.len().saturating_sub(MOST_CAMPAIGNS);
    let columns = ["cost", "clicks", "cpc", "ctr", "platform_conversions", "cpa"];
    let day = Period::day(readings.date);
    let rows = paid.iter().take(MOST_CAMPAIGNS).map(|(name, _)| Row {
        name: (*name).clone(),
        cells: columns
            .iter()
            .map(|metric| {
                let reading = Reading {
                    metric: (*metric).to_owned(),
                    period: day,
                    channel: None,
                    campaign: Some((*name).clone()),
                };
                Cell::Figure { figure: drawer.figure(reading, &readings.campaigns[*name]), mood: Mood::Neutral }
            })
            .collect(),
    });
    let rows: Vec<Row> = rows.collect();
    let headings =
        columns.iter().map(|metric| Column { id: (*metric).to_owned(), heading: drawer.label(metric) }).collect();
    let lead = (left > 0).then(|| format!("The {MOST_CAMPAIGNS} dearest; {left} more spent less."));
    Some(Section {
        id: "campaigns".to_owned(),
        title: "Paid campaigns".to_owned(),
        lead,
        blocks: vec![Block::Table(Table {
            id: "campaigns".to_owned(),
            title: None,
            row_heading: "Campaign".to_owned(),
            columns: headings,
            rows,
            total: None,
            empty_text: "No campaign spent anything.".to_owned(),
        })],
    })
}

/// Channels with anything to show, by revenue, then sessions.
fn active(channels: &BTreeMap<String, Sums>, drawer: &Drawer<'_>) -> Vec<String> {
    let mut active: Vec<&String> =
        channels.iter().filter(|(_, sums)| sums.values().any(|value| !value.is_zero())).map(|(name, _)| name).collect();
    let key = |name: &String| (drawer.value("net_revenue", &channels[name]), drawer.value("sessions", &channels[name]));
    active.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| a.cmp(b)));
    active.into_iter().cloned().collect()
}

/// Columns that hold anything for this tenant.
fn shown(channels: &BTreeMap<String, Sums>, drawer: &Drawer<'_>) -> Vec<&'static str> {
    let has =
        |metric: &&str| channels.values().any(|sums| drawer.value(metric, sums).is_some_and(|value| !value.is_zero()));
    COLUMNS.into_iter().filter(has).collect()
}
