//! From visit to customer: how many entered each stage on the day, and the rate from the last.

use super::figures::Reading;
use super::{DailyReadings, Drawer};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Bar, Block, Chart, Plot, Section};
use crate::report::format::value_text;
use rust_decimal::Decimal;

const STAGES: [&str; 6] =
    ["sessions", "leads", "qualified_leads", "sales_qualified_leads", "opportunities", "customers"];

pub fn section(readings: &DailyReadings, drawer: &mut Drawer<'_>) -> Option<Section> {
    let known = |metric: &&str| {
        readings.days.values().any(|sums| drawer.value(metric, sums).is_some_and(|value| !value.is_zero()))
    };
    let known: Vec<&str> = STAGES.into_iter().filter(known).collect();
    if known.len() < 2 {
        return None;
    }
    let day = Period::day(readings.date);
    let mut stages: Vec<Bar> = Vec::new();
    for metric in known {
        let reading = Reading { metric: metric.to_owned(), period: day, channel: None, campaign: None };
        let figure = drawer.figure(reading, &readings.day);
        let note = stages.last().and_then(|before: &Bar| {
            let rate = figure.value?.checked_div(before.figure.value?)?;
            let rate = value_text(Some(rate), Unit::Percent, readings.workspace.currency);
            Some(format!("{rate} of {}", before.label.to_lowercase()))
        });
        stages.push(Bar { label: drawer.label(metric), figure, note });
    }
    let first = stages.first().map(|stage| stage.figure.text.clone()).unwrap_or_default();
    let last = stages.last().map(|stage| (stage.figure.text.clone(), stage.label.to_lowercase())).unwrap_or_default();
    let bottleneck = narrowest(&stages);
    let chart = Chart {
        id: "funnel".to_owned(),
        title: "Who entered each stage on the day".to_owned(),
        unit: Unit::Count,
        plot: Plot::Funnel { stages },
        alt: format!("{first} sessions, {} {}.", last.0, last.1),
    };
    let mut blocks = vec![Block::Chart(chart)];
    blocks.extend(bottleneck.map(|text| Block::Text { text }));
    Some(Section { id: "funnel".to_owned(), title: "Funnel".to_owned(), lead: None, blocks })
}

/// The step with the lowest rate after the first, which is always the widest by far.
fn narrowest(stages: &[Bar]) -> Option<String> {
    let rate = |pair: &[Bar]| pair[1].figure.value?.checked_div(pair[0].figure.value?);
    let steps = stages.windows(2).skip(1).filter_map(|pair| Some((rate(pair)?, pair)));
    let (_, pair) = steps.min_by(|a: &(Decimal, _), b| a.0.cmp(&b.0))?;
    Some(format!(
        "After the first contact, the narrowest step is from {} to {}.",
        pair[0].label.to_lowercase(),
        pair[1].label.to_lowercase()
    ))
}
