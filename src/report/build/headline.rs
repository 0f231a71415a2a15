//! Yesterday's headline figures against the day before, the same weekday and the target.

use super::figures::Reading;
use super::{DailyReadings, Drawer};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Block, Card, Section};
use rust_decimal::Decimal;

const METRICS: [&str; 9] =
    ["net_revenue", "orders", "customers", "sessions", "leads", "engagement_rate", "cost", "roas", "cac"];

/// Days shown in the small line of a card.
const SPARK_DAYS: u64 = 28;

pub fn section(readings: &DailyReadings, drawer: &mut Drawer<'_>) -> Section {
    let mut cards: Vec<Card> = METRICS.iter().filter_map(|metric| card(readings, drawer, metric)).collect();
    cards.extend(recurring(readings, drawer));
    Section {
        id: "headline".to_owned(),
        title: "Yesterday at a glance".to_owned(),
        lead: None,
        blocks: vec![Block::Cards { cards }],
    }
}

/// A metric that never had a value in two months is not this tenant's.
fn card(readings: &DailyReadings, drawer: &mut Drawer<'_>, metric: &str) -> Option<Card> {
    let is_known = readings.days.values().any(|sums| drawer.value(metric, sums).is_some_and(|value| !value.is_zero()));
    if !is_known {
        return None;
    }
    let day = Period::day(readings.date);
    let at = |period| Reading { metric: metric.to_owned(), period, channel: None, campaign: None };
    let figure = drawer.figure(at(day), &readings.day);
    let before = drawer.figure(at(day.back(1)), &readings.day_before);
    let weekday = drawer.figure(at(day.back(7)), &readings.same_weekday);
    let weekday_label = format!("last {}", readings.date.format("%A"));
    let mut comparisons = vec![
        drawer.comparison(metric, "day before", figure.value, before),
        drawer.comparison(metric, &weekday_label, figure.value, weekday),
    ];
    if let Some(target) = readings.targets.get(metric) {
        // A month's target, evenly by day.
        let days = Decimal::from(Period::month_of(readings.date).days());
        let base = drawer.plain(target.checked_div(days), drawer.unit(metric));
        comparisons.push(drawer.comparison(metric, "daily share of target", figure.value, base));
    }
    let first = readings.date - chrono::Days::new(SPARK_DAYS - 1);
    let spark = first
        .iter_days()
        .take(SPARK_DAYS as usize)
        .map(|date| readings.days.get(&date).and_then(|sums| drawer.value(metric, sums)))
        .collect();
    Some(Card { metric: metric.to_owned(), label: drawer.label(metric), figure, comparisons, spark })
}

/// Monthly recurring revenue is a level, not a sum of days.
fn recurring(readings: &DailyReadings, drawer: &Drawer<'_>) -> Option<Card> {
    let mrr = readings.mrr?;
    let figure = drawer.plain(Some(mrr), Unit::Money);
    let base = drawer.plain(readings.mrr_before, Unit::Money);
    let comparisons = vec![drawer.comparison("net_revenue", "day before", Some(mrr), base)];
    Some(Card { metric: "mrr".to_owned(), label: "MRR".to_owned(), figure, comparisons, spark: Vec::new() })
}
