//! Lines over days: labelled at their ends (above the plot in a narrow drawing), the subject in the
//! accent colour.

use super::super::typeface::{Weight, fit};
use super::room as text_width;
use super::scale::ticks;
use super::{Anchor, ColorRole, Drawing, Frame, Mark, NARROW, events, segments};
use crate::report::document::{Chart, Document, Role, Series};
use crate::report::format::Locale;
use chrono::NaiveDate;
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeSet;

const HEIGHT: f32 = 220.0;
/// In a brief edition, which is read on two pages.
const LOW: f32 = 172.0;
const TOP: f32 = 12.0;
const BOTTOM: f32 = 26.0;
const SIZE: f32 = 11.0;
/// A line of labels above a narrow plot, and the dash before each of them.
const KEY_LINE: f32 = 17.0;
const KEY_DASH: f32 = 18.0;

pub fn draw(dates: &[NaiveDate], series: &[Series], chart: &Chart, document: &Document, width: f32) -> Drawing {
    let unit = chart.unit;
    let values: Vec<Vec<Option<f64>>> =
        series.iter().map(|s| s.values.iter().map(|value| value.and_then(|value| value.to_f64())).collect()).collect();
    let known = || values.iter().flatten().flatten().copied();
    let ticks = ticks(known().fold(0.0, f64::min), known().fold(0.0, f64::max), 4);
    let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
    let locale = document.locale;
    let tick_texts: Vec<String> = ticks.iter().map(|tick| locale.tick_text(*tick, unit, document.currency)).collect();
    let left = tick_texts.iter().map(|text| text_width(text, SIZE, Weight::Regular)).fold(0.0, f32::max) + 8.0;
    let beside = width >= NARROW;
    let most = if beside { width * 0.22 } else { width - KEY_DASH };
    let labels: Vec<String> = series.iter().map(|s| fit(&s.label, most, SIZE, Weight::Bold)).collect();
    let widest = labels.iter().map(|label| text_width(label, SIZE, Weight::Bold)).fold(0.0, f32::max);
    let (right, top) = if beside { (widest + 12.0, TOP) } else { (6.0, TOP + KEY_LINE * series.len() as f32) };
    let marked = events::points(&chart.events, dates);
    // Numbers of events have a line of their own above the plot.
    let top = if marked.is_empty() { top } else { top + events::LINE };
    let across = (width - left - right).max(40.0);
    let height = if document.is_brief { LOW } else { HEIGHT };
    let bottom = height - BOTTOM;
    let y_of = |value: f64| top + ((high - value) / (high - low)) as f32 * (bottom - top);
    let x_of = |index: usize| left + across * index as f32 / (dates.len().max(2) - 1) as f32;
    let mut marks = Vec::new();
    for (tick, text) in ticks.iter().zip(tick_texts) {
        let y = y_of(*tick);
        let ink = if *tick == 0.0 { ColorRole::Compare } else { ColorRole::Grid };
        marks.push(Mark::Line { points: vec![(left, y), (left + across, y)], ink, width: 1.0 });
        marks.push(Mark::Text {
            x: left - 6.0,
            y: y + 4.0,
            text,
            size: SIZE,
            anchor: Anchor::End,
            ink: ColorRole::Muted,
            bold: false,
        });
    }
    let first_day = marks.len();
    marks.extend(day_marks(dates, locale, &x_of, (left, left + across), (width, height)));
    let days = first_day..marks.len();
    let events = events::draw(&marked, &x_of, (top, bottom), left + across, &mut marks);
    let last_of = |line: &[Option<f64>]| line.iter().enumerate().rev().find_map(|(day, value)| Some((day, (*value)?)));
    let ends = values.iter().enumerate().filter_map(|(index, line)| Some((index, y_of(last_of(line)?.1))));
    let mut label_y: Vec<Option<f32>> = vec![None; series.len()];
    for (index, y) in apart(ends.collect(), bottom) {
        label_y[index] = Some(y);
    }
    let mut groups = Vec::new();
    for (index, line) in values.iter().enumerate() {
        let start = marks.len();
        let (ink, label_ink, thickness) = match series[index].role {
            Role::Subject => (ColorRole::Accent, ColorRole::Accent, 2.0),
            Role::Comparison => (ColorRole::Compare, ColorRole::Muted, 1.0),
        };
        for points in segments(line, &|day, value| (x_of(day), y_of(value))) {
            marks.push(Mark::Line { points, ink, width: thickness });
        }
        if let Some((day, value)) = last_of(line).filter(|_| series[index].role == Role::Subject) {
            marks.push(Mark::Dot { x: x_of(day), y: y_of(value), radius: 3.0, ink });
        }
        let text = labels[index].clone();
        let bold = series[index].role == Role::Subject;
        let label = |x, y| Mark::Text { x, y, text, size: SIZE, anchor: Anchor::Start, ink: label_ink, bold };
        if !beside {
            let y = KEY_LINE * index as f32 + SIZE;
            // A rectangle, because a page takes the lines of a series for its values.
            marks.push(Mark::Rect { x: 0.0, y: y - 5.0, width: KEY_DASH - 6.0, height: 2.5, ink });
            marks.push(label(KEY_DASH, y));
        } else if let Some(y) = label_y[index] {
            marks.push(label(left + across + 8.0, y + 4.0));
        }
        groups.push(start..marks.len());
    }
    let frame = Frame { left, across, top, bottom, high, low, series: groups, days, events };
    Drawing { width, height, marks, frame: Some(frame), breaks: Vec::new() }
}

/// Moves labels that would touch so that each can be read.
fn apart(mut ends: Vec<(usize, f32)>, bottom: f32) -> Vec<(usize, f32)> {
    const GAP: f32 = 14.0;
    ends.sort_by(|a, b| a.1.total_cmp(&b.1));
    for index in 1..ends.len() {
        ends[index].1 = ends[index].1.max(ends[index - 1].1 + GAP);
    }
    let over = ends.last().map_or(0.0, |(_, y)| (y - bottom).max(0.0));
    for (_, y) in &mut ends {
        *y -= over;
    }
    ends
}

/// At most five points are named, the first and the last always. `left` and `right` are where the plot ends; no
/// name leaves the drawing, `width` wide.
fn day_marks(
    dates: &[NaiveDate],
    locale: Locale,
    x_of: &dyn Fn(usize) -> f32,
    (left, right): (f32, f32),
    (width, height): (f32, f32),
) -> Vec<Mark> {
    let step = step(dates);
    let texts: Vec<String> = dates.iter().map(|date| axis_text(*date, step, locale)).collect();
    let widest = texts.iter().map(|text| text_width(text, SIZE, Weight::Regular)).fold(0.0, f32::max);
    let most = ((right - left) / (widest + 16.0)).clamp(2.0, 5.0) as usize;
    let last = dates.len().saturating_sub(1);
    let gaps = (most.min(dates.len()).saturating_sub(1)).max(1);
    let at: BTreeSet<usize> = (0..=gaps).map(|gap| (gap * last + gaps / 2) / gaps).collect();
    let named = texts.into_iter().enumerate().filter(|(index, _)| at.contains(index));
    named
        .map(|(index, text)| {
            let half = text_width(&text, SIZE, Weight::Regular) / 2.0;
            let x = x_of(index).clamp(half, (right + half).min(width - half));
            Mark::Text {
                x,
                y: height - 8.0,
                text,
                size: SIZE,
                anchor: Anchor::Middle,
                ink: ColorRole::Muted,
                bold: false,
            }
        })
        .collect()
}

/// What lies between two points of a line: `day`, `week` or `month`.
pub fn step(dates: &[NaiveDate]) -> &'static str {
    match dates {
        [first, second, ..] if (*second - *first).num_days() >= 28 => "month",
        [first, second, ..] if (*second - *first).num_days() >= 7 => "week",
        _ => "day",
    }
}

/// A point along an axis: `9 Nov`, or `Nov 2026` among months.
pub fn axis_text(date: NaiveDate, step: &str, locale: Locale) -> String {
    if step == "month" { locale.short_month_text(date) } else { locale.short_day_text(date) }
}

#[cfg(test)]
mod tests {
    use super::super::svg;
    use super::*;
    use crate::report::document::Plot;
    use crate::report::sample;

    fn trend(width: f32) -> Drawing {
        let document = sample::document();
        let chart = document.charts().find(|chart| matches!(chart.plot, Plot::Lines { .. })).expect("a line");
        super::super::draw(chart, &document, width)
    }

    #[test]
    fn a_series_has_its_marks_in_one_group() {
        let drawing = trend(760.0);
        let frame = drawing.frame.clone().expect("a frame");
        let lines = |marks: &[Mark]| marks.iter().filter(|mark| matches!(mark, Mark::Line { .. })).count();
        // The day without data breaks each line in two.
        assert_eq!(frame.series.iter().map(|part| lines(&drawing.marks[part.clone()])).collect::<Vec<_>>(), [2, 2]);
        let picture = svg(&drawing, "", &crate::report::look::Palette::default());
        assert!(picture.contains("<g class=\"series s0\">") && picture.contains("<g class=\"series s1\">"));
        assert_eq!(picture.matches("<g ").count(), picture.matches("</g>").count());
    }

    #[test]
    fn the_step_of_a_line_is_read_from_its_dates() {
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("a date");
        assert_eq!(step(&[day(2, 1), day(3, 1)]), "month");
        assert_eq!(step(&[day(2, 2), day(2, 9)]), "week");
        assert_eq!(step(&[day(2, 2)]), "day");
        let text = |step| axis_text(day(2, 1), step, Locale::STANDARD);
        assert_eq!((text("month").as_str(), text("day").as_str()), ("Feb 2026", "1 Feb"));
    }

    #[test]
    fn the_first_and_the_last_day_are_named() {
        for width in [300.0, 640.0, 760.0] {
            let drawing = trend(width);
            let days = drawing.frame.as_ref().expect("a frame").days.clone();
            let names: Vec<&str> = drawing.marks[days]
                .iter()
                .filter_map(|mark| match mark {
                    Mark::Text { text, .. } => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!((names.first(), names.last()), (Some(&"24 Oct"), Some(&"20 Nov")), "{width}");
        }
    }

    #[test]
    fn labels_of_a_narrow_drawing_stand_above_the_plot_and_are_whole() {
        let drawing = trend(300.0);
        let top = drawing.frame.as_ref().expect("a frame").top;
        let labels = drawing.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, y, anchor: Anchor::Start, .. } => Some((text.as_str(), *y < top)),
            _ => None,
        });
        assert_eq!(labels.collect::<Vec<_>>(), [("28 days before", true), ("Net revenue", true)]);
    }
}
