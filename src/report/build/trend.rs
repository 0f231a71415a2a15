//! Four weeks of net revenue by day, with the four weeks before.

use super::{DailyReadings, Drawer};
use crate::domain::metric::Unit;
use crate::report::document::{Block, Chart, Plot, Role, Section, Series};
use crate::report::format::date_text;
use chrono::{Days, NaiveDate};

const SPAN: u64 = 28;

pub fn section(readings: &DailyReadings, drawer: &mut Drawer<'_>) -> Option<Section> {
    let start = readings.date - Days::new(SPAN - 1);
    let dates: Vec<NaiveDate> = start.iter_days().take(SPAN as usize).collect();
    let values = |back: u64| -> Vec<_> {
        let value = |date: &NaiveDate| drawer.value("net_revenue", readings.days.get(&(*date - Days::new(back)))?);
        dates.iter().map(value).collect()
    };
    let (now, before) = (values(0), values(SPAN));
    if now.iter().flatten().count() < 2 {
        return None;
    }
    let mut series = vec![Series { label: "Net revenue".to_owned(), values: now.clone(), role: Role::Subject }];
    if before.iter().any(Option::is_some) {
        series.insert(0, Series { label: "4 weeks before".to_owned(), values: before, role: Role::Comparison });
    }
    let text = |value: Option<_>| drawer.text("net_revenue", value);
    let alt = format!(
        "Net revenue by day from {} ({}) to {} ({}).",
        date_text(dates[0]),
        text(now[0]),
        date_text(readings.date),
        text(now.last().copied().flatten())
    );
    Some(Section {
        id: "trend".to_owned(),
        title: "Four weeks of net revenue".to_owned(),
        lead: None,
        blocks: vec![Block::Chart(Chart {
            id: "net_revenue_28d".to_owned(),
            title: "Net revenue by day".to_owned(),
            unit: Unit::Money,
            plot: Plot::Lines { dates, series },
            alt,
        })],
    })
}
