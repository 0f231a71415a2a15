//! The values that a printed line is asked for: the last one, the highest and the lowest.

use super::super::typeface::{Weight, width};
use super::events::Covered;
use super::{Anchor, ColorRole, Drawing, Frame, Mark};
use crate::domain::metric::Unit;
use crate::report::document::{Document, Role, Series};
use rust_decimal::prelude::ToPrimitive;

const SIZE: f32 = 11.0;

/// Writes them beside the line of the subject.
pub fn write(drawing: &mut Drawing, series: &[Series], unit: Unit, document: &Document) {
    let Some(frame) = drawing.frame.clone() else { return };
    let Some(subject) = series.iter().find(|line| line.role == Role::Subject) else { return };
    let values: Vec<Option<f64>> = subject.values.iter().map(|value| value.and_then(|value| value.to_f64())).collect();
    let known: Vec<(usize, f64)> = values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?))).collect();
    let (Some(last), Some(first)) = (known.last(), known.first()) else { return };
    if known.len() < 2 {
        return;
    }
    let extreme = |better: fn(f64, f64) -> bool| {
        known.iter().fold(first, |best, point| if better(point.1, best.1) { point } else { best })
    };
    let (highest, lowest) = (extreme(|a, b| a > b), extreme(|a, b| a < b));
    let mut covered: Vec<Covered> = super::events::rooms(drawing, &frame);
    // Where the line comes down to its last value, the text stands below it.
    let falls = known.get(known.len() - 2).is_some_and(|before| before.1 > last.1);
    for (point, is_low) in [(last, falls), (highest, false), (lowest, true)] {
        let text = document.locale.tick_text(three_digits(point.1), unit, document.currency);
        let (x, y) = place(&frame, values.len(), *point);
        let half = width(&text, SIZE, Weight::Bold) / 2.0;
        let middle = x.clamp(frame.left + half, (frame.left + frame.across - half).max(frame.left + half));
        let below = is_low && y + 16.0 < frame.bottom;
        let baseline = if below { y + 14.0 } else { (y - 7.0).max(SIZE) };
        let room = (middle - half - 4.0, middle + half + 4.0, baseline - SIZE, baseline + 3.0);
        if covered.iter().any(|other| touch(*other, room)) {
            continue;
        }
        covered.push(room);
        if point.0 != last.0 {
            drawing.marks.push(Mark::Dot { x, y, radius: 2.0, ink: ColorRole::Accent });
        }
        let bold = point.0 == last.0;
        let ink = if bold { ColorRole::Accent } else { ColorRole::Muted };
        drawing.marks.push(Mark::Text { x: middle, y: baseline, text, size: SIZE, anchor: Anchor::Middle, ink, bold });
    }
}

fn place(frame: &Frame, days: usize, (day, value): (usize, f64)) -> (f32, f32) {
    let x = frame.left + frame.across * day as f32 / (days.max(2) - 1) as f32;
    (x, frame.top + ((frame.high - value) / (frame.high - frame.low)) as f32 * (frame.bottom - frame.top))
}

fn touch(a: Covered, b: Covered) -> bool {
    a.0 < b.1 && b.0 < a.1 && a.2 < b.3 && b.2 < a.3
}

/// As much of a value as a glance takes in.
fn three_digits(value: f64) -> f64 {
    if value == 0.0 {
        return value;
    }
    let power = 10f64.powf(value.abs().log10().floor() - 2.0);
    (value / power).round() * power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Plot;
    use crate::report::render::chart::{draw, draw_printed};
    use crate::report::sample;

    #[test]
    fn a_printed_line_shows_its_last_highest_and_lowest_value() {
        let document = sample::document();
        let chart = document.charts().find(|chart| matches!(chart.plot, Plot::Lines { .. })).expect("a line");
        let texts = |drawing: Drawing| {
            let text = |mark: Mark| if let Mark::Text { text, .. } = mark { Some(text) } else { None };
            drawing.marks.into_iter().filter_map(text).collect::<Vec<_>>()
        };
        let (plain, printed) = (texts(draw(chart, &document, 640.0)), texts(draw_printed(chart, &document, 640.0)));
        assert_eq!(printed[plain.len()..], ["€11.4k", "€12.6k", "€10.2k"]);
    }

    #[test]
    fn values_are_rounded_to_three_digits() {
        let texts = [12_480.3, 0.02834, -4_211.0, 0.0].map(|value| format!("{:.6}", three_digits(value)));
        assert_eq!(texts, ["12500.000000", "0.028300", "-4210.000000", "0.000000"]);
    }
}
