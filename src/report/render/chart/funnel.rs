//! Stages as centred bars from wide to narrow. Widths follow the square root of the counts, because
//! a customer in a thousand visits would otherwise be no line at all; the numbers stand beside.

use super::super::typeface::{Weight, fit};
use super::room as text_width;
use super::{Anchor, ColorRole, Drawing, Mark, bars};
use crate::report::document::Bar;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, dec};

const ROW: f32 = 34.0;
const SIZE: f32 = 12.0;
/// Below this width label, value and note leave no room for the bar beside them; and the row then.
const NARROW: f32 = 500.0;
const TALL_ROW: f32 = 58.0;
/// Below this share a stage is a sliver.
const SLIVER: Decimal = dec!(0.05);

pub fn draw(stages: &[Bar], width: f32) -> Drawing {
    if let [from, to] = stages
        && is_sliver(from, to)
    {
        return draw_rate(from, to, width);
    }
    if width < NARROW {
        return draw_narrow(stages, width);
    }
    let fitted = |text: &str, weight| fit(text, width * 0.3, SIZE, weight);
    let labels: Vec<String> = stages.iter().map(|stage| fitted(&stage.label, Weight::Regular)).collect();
    let left = labels.iter().map(|label| text_width(label, SIZE, Weight::Regular)).fold(0.0, f32::max) + 12.0;
    let values: Vec<String> = stages.iter().map(|stage| fitted(&stage.figure.text, Weight::Bold)).collect();
    let notes: Vec<String> =
        stages.iter().map(|stage| fitted(stage.note.as_deref().unwrap_or_default(), Weight::Regular)).collect();
    let beside = |index: usize| {
        text_width(&values[index], SIZE, Weight::Bold) + text_width(&notes[index], SIZE, Weight::Regular) + 22.0
    };
    let right = (0..stages.len()).map(beside).fold(0.0, f32::max);
    let across = (width - left - right).max(20.0);
    let widest = stages.iter().map(root).fold(0.0, f64::max).max(1e-9);
    let mut marks = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let y = index as f32 * ROW;
        let long = ((root(stage) / widest) as f32 * across).max(2.0);
        let baseline = y + ROW / 2.0 + SIZE * 0.36;
        let (text, note) = (values[index].clone(), notes[index].clone());
        let after = left + across + 8.0;
        let note_x = after + text_width(&text, SIZE, Weight::Bold) + 8.0;
        marks.push(Mark::Text {
            x: left - 10.0,
            y: baseline,
            text: labels[index].clone(),
            size: SIZE,
            anchor: Anchor::End,
            ink: ColorRole::Text,
            bold: false,
        });
        marks.push(Mark::Rect {
            x: left + (across - long) / 2.0,
            y: y + 4.0,
            width: long,
            height: ROW - 8.0,
            ink: ColorRole::Accent,
        });
        marks.push(Mark::Text {
            x: after,
            y: baseline,
            text,
            size: SIZE,
            anchor: Anchor::Start,
            ink: ColorRole::Text,
            bold: true,
        });
        marks.push(Mark::Text {
            x: note_x,
            y: baseline,
            text: note,
            size: SIZE,
            anchor: Anchor::Start,
            ink: ColorRole::Muted,
            bold: false,
        });
    }
    Drawing { width, height: (stages.len() as f32 * ROW).max(ROW), marks, frame: None, breaks: Vec::new() }
}

fn draw_narrow(stages: &[Bar], width: f32) -> Drawing {
    let widest = stages.iter().map(root).fold(0.0, f64::max).max(1e-9);
    let mut marks = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let y = index as f32 * TALL_ROW;
        let long = ((root(stage) / widest) as f32 * width).max(2.0);
        let note = fit(stage.note.as_deref().unwrap_or_default(), width / 1.18, SIZE, Weight::Regular);
        marks.extend(bars::heading(&stage.label, &stage.figure.text, y, width));
        let x = (width - long) / 2.0;
        marks.push(Mark::Rect { x, y: y + 20.0, width: long, height: 16.0, ink: ColorRole::Accent });
        marks.push(Mark::Text {
            x: width / 2.0,
            y: y + 48.0,
            text: note,
            size: SIZE,
            anchor: Anchor::Middle,
            ink: ColorRole::Muted,
            bold: false,
        });
    }
    Drawing { width, height: (stages.len() as f32 * TALL_ROW).max(TALL_ROW), marks, frame: None, breaks: Vec::new() }
}

/// Of two stages the second is too small to be drawn beside the first.
fn is_sliver(from: &Bar, to: &Bar) -> bool {
    let share = to.figure.value.zip(from.figure.value).and_then(|(to, from)| to.checked_div(from));
    to.note.is_some() && share.is_some_and(|share| share >= Decimal::ZERO && share < SLIVER)
}

/// The rate in large print, with what it was made of below.
fn draw_rate(from: &Bar, to: &Bar, width: f32) -> Drawing {
    let text = |y, text, size, ink, bold| Mark::Text { x: 0.0, y, text, size, anchor: Anchor::Start, ink, bold };
    let rate = to.note.as_deref().unwrap_or_default();
    // In a page the reader's typeface may be wider.
    let rate = fit(rate, width / 1.18, 26.0, Weight::Bold);
    let stage = |stage: &Bar| format!("{} {}", stage.label, stage.figure.text);
    let below = fit(&format!("{} › {}", stage(from), stage(to)), width / 1.18, SIZE, Weight::Regular);
    let marks = vec![text(28.0, rate, 26.0, ColorRole::Accent, true), text(50.0, below, SIZE, ColorRole::Text, false)];
    Drawing { width, height: 58.0, marks, frame: None, breaks: Vec::new() }
}

fn root(stage: &Bar) -> f64 {
    stage.figure.value.and_then(|value| value.to_f64()).unwrap_or(0.0).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Plot;
    use crate::report::sample;

    #[test]
    fn two_stages_far_apart_are_a_rate_in_large_print() {
        let document = sample::document();
        let stages = document.charts().find_map(|chart| match &chart.plot {
            Plot::Funnel { stages } => Some(stages.clone()),
            _ => None,
        });
        let stages = stages.expect("a funnel");
        let drawing = draw(&stages[..2], 640.0);
        assert!(matches!(&drawing.marks[0], Mark::Text { text, size: 26.0, .. } if text == "0.9% of sessions"));
        assert!(matches!(&drawing.marks[1], Mark::Text { text, .. } if text == "Sessions 4,211 › Leads 38"));
        assert!(draw(&stages[1..3], 640.0).marks.iter().any(|mark| matches!(mark, Mark::Rect { .. })));
    }
}
