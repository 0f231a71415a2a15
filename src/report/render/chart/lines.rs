//! Lines over days: labelled at their ends, the subject in the accent colour.

use super::super::typeface::{Weight, fit};
use super::room as text_width;
use super::scale::{tick_text, ticks};
use super::{Anchor, Drawing, Ink, Mark, segments};
use crate::domain::metric::Unit;
use crate::domain::money::Currency;
use crate::report::document::{Role, Series};
use chrono::{Datelike, NaiveDate};
use rust_decimal::prelude::ToPrimitive;

const HEIGHT: f32 = 220.0;
const TOP: f32 = 12.0;
const BOTTOM: f32 = 26.0;
const SIZE: f32 = 11.0;

pub fn draw(dates: &[NaiveDate], series: &[Series], unit: Unit, currency: Currency, width: f32) -> Drawing {
    let values: Vec<Vec<Option<f64>>> =
        series.iter().map(|s| s.values.iter().map(|value| value.and_then(|value| value.to_f64())).collect()).collect();
    let known = || values.iter().flatten().flatten().copied();
    let ticks = ticks(known().fold(0.0, f64::min), known().fold(0.0, f64::max), 4);
    let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
    let tick_texts: Vec<String> = ticks.iter().map(|tick| tick_text(*tick, unit, currency)).collect();
    let left = tick_texts.iter().map(|text| text_width(text, SIZE, Weight::Regular)).fold(0.0, f32::max) + 8.0;
    let labels: Vec<String> = series.iter().map(|s| fit(&s.label, width * 0.22, SIZE, Weight::Bold)).collect();
    let right = labels.iter().map(|label| text_width(label, SIZE, Weight::Bold)).fold(0.0, f32::max) + 12.0;
    let across = (width - left - right).max(40.0);
    let y_of = |value: f64| TOP + ((high - value) / (high - low)) as f32 * (HEIGHT - TOP - BOTTOM);
    let x_of = |index: usize| left + across * index as f32 / (dates.len().max(2) - 1) as f32;
    let mut marks = Vec::new();
    for (tick, text) in ticks.iter().zip(tick_texts) {
        let y = y_of(*tick);
        let ink = if *tick == 0.0 { Ink::Compare } else { Ink::Grid };
        marks.push(Mark::Line { points: vec![(left, y), (left + across, y)], ink, width: 1.0 });
        marks.push(Mark::Text {
            x: left - 6.0,
            y: y + 4.0,
            text,
            size: SIZE,
            anchor: Anchor::End,
            ink: Ink::Muted,
            bold: false,
        });
    }
    marks.extend(day_marks(dates, &x_of, left + across));
    let mut ends: Vec<(usize, f32)> = Vec::new();
    for (index, line) in values.iter().enumerate() {
        let (ink, thickness) = match series[index].role {
            Role::Subject => (Ink::Accent, 2.0),
            Role::Comparison => (Ink::Compare, 1.5),
        };
        for points in segments(line, &|day, value| (x_of(day), y_of(value))) {
            marks.push(Mark::Line { points, ink, width: thickness });
        }
        if let Some((day, value)) = line.iter().enumerate().rev().find_map(|(day, value)| Some((day, (*value)?))) {
            if series[index].role == Role::Subject {
                marks.push(Mark::Dot { x: x_of(day), y: y_of(value), radius: 3.0, ink });
            }
            ends.push((index, y_of(value)));
        }
    }
    for (index, y) in apart(ends) {
        let ink = if series[index].role == Role::Subject { Ink::Accent } else { Ink::Muted };
        let text = labels[index].clone();
        marks.push(Mark::Text {
            x: left + across + 8.0,
            y: y + 4.0,
            text,
            size: SIZE,
            anchor: Anchor::Start,
            ink,
            bold: true,
        });
    }
    Drawing { width, height: HEIGHT, marks }
}

/// Moves labels that would touch so that each can be read.
fn apart(mut ends: Vec<(usize, f32)>) -> Vec<(usize, f32)> {
    const GAP: f32 = 14.0;
    ends.sort_by(|a, b| a.1.total_cmp(&b.1));
    for index in 1..ends.len() {
        ends[index].1 = ends[index].1.max(ends[index - 1].1 + GAP);
    }
    let over = ends.last().map_or(0.0, |(_, y)| (y - (HEIGHT - BOTTOM)).max(0.0));
    for (_, y) in &mut ends {
        *y -= over;
    }
    ends
}

/// About one day a week is named, the last always.
fn day_marks(dates: &[NaiveDate], x_of: &dyn Fn(usize) -> f32, right: f32) -> Vec<Mark> {
    let every = dates.len().div_ceil(5).max(1);
    let last = dates.len().saturating_sub(1);
    let named = (0..dates.len()).filter(|index| (last - index).is_multiple_of(every));
    named
        .map(|index| {
            let date = dates[index];
            let text = format!("{} {}", date.day(), date.format("%b"));
            let half = text_width(&text, SIZE, Weight::Regular) / 2.0;
            let x = x_of(index).clamp(half, right + half);
            Mark::Text { x, y: HEIGHT - 8.0, text, size: SIZE, anchor: Anchor::Middle, ink: Ink::Muted, bold: false }
        })
        .collect()
}
