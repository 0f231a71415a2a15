//! Stages as centred bars from wide to narrow. Widths follow the square root of the counts, because
//! a customer in a thousand visits would otherwise be no line at all; the numbers stand beside.

use super::super::typeface::{Weight, fit};
use super::room as text_width;
use super::{Anchor, Drawing, Ink, Mark, bars};
use crate::report::document::Bar;
use rust_decimal::prelude::ToPrimitive;

const ROW: f32 = 34.0;
const SIZE: f32 = 12.0;
/// Below this width label, value and note leave no room for the bar beside them; and the row then.
const NARROW: f32 = 500.0;
const TALL_ROW: f32 = 58.0;

pub fn draw(stages: &[Bar], width: f32) -> Drawing {
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
            ink: Ink::Text,
            bold: false,
        });
        marks.push(Mark::Rect {
            x: left + (across - long) / 2.0,
            y: y + 4.0,
            width: long,
            height: ROW - 8.0,
            ink: Ink::Accent,
        });
        marks.push(Mark::Text {
            x: after,
            y: baseline,
            text,
            size: SIZE,
            anchor: Anchor::Start,
            ink: Ink::Text,
            bold: true,
        });
        marks.push(Mark::Text {
            x: note_x,
            y: baseline,
            text: note,
            size: SIZE,
            anchor: Anchor::Start,
            ink: Ink::Muted,
            bold: false,
        });
    }
    Drawing { width, height: (stages.len() as f32 * ROW).max(ROW), marks, frame: None }
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
        marks.push(Mark::Rect { x, y: y + 20.0, width: long, height: 16.0, ink: Ink::Accent });
        marks.push(Mark::Text {
            x: width / 2.0,
            y: y + 48.0,
            text: note,
            size: SIZE,
            anchor: Anchor::Middle,
            ink: Ink::Muted,
            bold: false,
        });
    }
    Drawing { width, height: (stages.len() as f32 * TALL_ROW).max(TALL_ROW), marks, frame: None }
}

fn root(stage: &Bar) -> f64 {
    stage.figure.value.and_then(|value| value.to_f64()).unwrap_or(0.0).max(0.0).sqrt()
}
