//! Horizontal bars with their values beside them; in a narrow drawing label and value stand above.

use super::super::typeface::{Weight, fit, names};
use super::room as text_width;
use super::{Anchor, ColorRole, Drawing, Mark, NARROW};
use crate::report::document::Bar;
use rust_decimal::prelude::ToPrimitive;

pub const ROW: f32 = 26.0;
pub const SIZE: f32 = 12.0;
/// Of a narrow drawing: the row, and the line of its texts.
pub const TALL_ROW: f32 = 38.0;
const LINE: f32 = 18.0;

pub fn draw(bars: &[Bar], width: f32) -> Drawing {
    if width < NARROW {
        return draw_narrow(bars, width);
    }
    let labels = labels(bars, width * 0.3);
    let texts: Vec<String> = bars.iter().map(|bar| fit(&bar.figure.text, width * 0.3, SIZE, Weight::Bold)).collect();
    let (left, across) = across_of(&labels, &texts, width);
    let values: Vec<f64> =
        bars.iter().map(|bar| bar.figure.value.and_then(|value| value.to_f64()).unwrap_or(0.0)).collect();
    let low = values.iter().copied().fold(0.0, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    let span = if high > low { high - low } else { 1.0 };
    let zero = left + (-low / span) as f32 * across;
    let mut marks = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let y = index as f32 * ROW;
        let long = (value.abs() / span) as f32 * across;
        let x = if *value < 0.0 { zero - long } else { zero };
        let baseline = y + ROW / 2.0 + SIZE * 0.36;
        marks.push(Mark::Text {
            x: left - 8.0,
            y: baseline,
            text: labels[index].clone(),
            size: SIZE,
            anchor: Anchor::End,
            ink: ColorRole::Text,
            bold: false,
        });
        marks.push(Mark::Rect {
            x,
            y: y + 5.0,
            width: long.max(1.0),
            height: ROW - 10.0,
            ink: if *value < 0.0 { ColorRole::Compare } else { ColorRole::Accent },
        });
        let end = if *value < 0.0 { zero } else { zero + long };
        marks.push(Mark::Text {
            x: end + 6.0,
            y: baseline,
            text: texts[index].clone(),
            size: SIZE,
            anchor: Anchor::Start,
            ink: ColorRole::Text,
            bold: true,
        });
    }
    let height = (bars.len() as f32 * ROW).max(ROW);
    if low < 0.0 {
        marks.push(zero_line(zero, height));
    }
    let breaks = (1..bars.len()).map(|row| row as f32 * ROW).collect();
    Drawing { width, height, marks, frame: None, breaks }
}

/// Where bars begin between their names and their values, and how long they may be.
pub fn across_of(labels: &[String], texts: &[String], width: f32) -> (f32, f32) {
    let widest =
        |texts: &[String], weight| texts.iter().map(|text| text_width(text, SIZE, weight)).fold(0.0, f32::max) + 10.0;
    let (left, right) = (widest(labels, Weight::Regular), widest(texts, Weight::Bold));
    (left, (width - left - right).max(20.0))
}

/// Of one line each, no two of them alike.
pub fn labels(bars: &[Bar], most: f32) -> Vec<String> {
    let all: Vec<&str> = bars.iter().map(|bar| bar.label.as_str()).collect();
    names(&all, most, SIZE, Weight::Regular, 1).into_iter().map(|lines| lines.concat()).collect()
}

/// From which losses go to the left.
fn zero_line(x: f32, height: f32) -> Mark {
    Mark::Line { points: vec![(x, 0.0), (x, height)], ink: ColorRole::Muted, width: 1.0 }
}

fn draw_narrow(bars: &[Bar], width: f32) -> Drawing {
    let values: Vec<f64> =
        bars.iter().map(|bar| bar.figure.value.and_then(|value| value.to_f64()).unwrap_or(0.0)).collect();
    let low = values.iter().copied().fold(0.0, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    let span = if high > low { high - low } else { 1.0 };
    let zero = (-low / span) as f32 * width;
    let mut marks = Vec::new();
    for (index, (bar, value)) in bars.iter().zip(values).enumerate() {
        let y = index as f32 * TALL_ROW;
        let long = ((value.abs() / span) as f32 * width).max(1.0);
        let x = (if value < 0.0 { zero - long } else { zero }).clamp(0.0, width - long);
        let ink = if value < 0.0 { ColorRole::Compare } else { ColorRole::Accent };
        marks.extend(heading(&bar.label, &bar.figure.text, y, width));
        marks.push(Mark::Rect { x, y: y + LINE + 2.0, width: long, height: TALL_ROW - LINE - 8.0, ink });
    }
    let height = (bars.len() as f32 * TALL_ROW).max(TALL_ROW);
    if low < 0.0 {
        let zero = zero.clamp(0.5, width - 0.5);
        let lines = (0..bars.len()).map(|index| index as f32 * TALL_ROW + LINE);
        marks.extend(lines.map(|y| Mark::Line {
            points: vec![(zero, y), (zero, y + TALL_ROW - LINE - 4.0)],
            ink: ColorRole::Muted,
            width: 1.0,
        }));
    }
    Drawing { width, height, marks, frame: None, breaks: Vec::new() }
}

/// The texts above a narrow bar: label left, value right.
pub fn heading(label: &str, value: &str, y: f32, width: f32) -> [Mark; 2] {
    let text = |x, text, anchor, bold| Mark::Text {
        x,
        y: y + LINE - 4.0,
        text,
        size: SIZE,
        anchor,
        ink: ColorRole::Text,
        bold,
    };
    let value = fit(value, width * 0.5, SIZE, Weight::Bold);
    let room = width - text_width(&value, SIZE, Weight::Bold) - 10.0;
    let label = fit(label, room / 1.18, SIZE, Weight::Regular);
    [text(0.0, label, Anchor::Start, false), text(width, value, Anchor::End, true)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Plot;
    use crate::report::sample;
    use rust_decimal::dec;

    fn with_loss(width: f32) -> (Drawing, Vec<(f32, f32)>) {
        let document = sample::document();
        let plots = document.charts().map(|chart| &chart.plot);
        let mut bars =
            plots.into_iter().find_map(|plot| if let Plot::Bars { bars } = plot { Some(bars.clone()) } else { None });
        let bars = bars.as_mut().expect("bars");
        bars[1].figure.value = Some(dec!(-1735.87));
        let drawing = draw(bars, width);
        let rects = drawing.marks.iter().filter_map(|mark| match mark {
            Mark::Rect { x, width, .. } => Some((*x, x + width)),
            _ => None,
        });
        let rects = rects.collect();
        (drawing, rects)
    }

    /// TanStack/react-charts#265, vega/vega-lite#985: losses that did not begin at zero.
    #[test]
    fn a_loss_goes_to_the_left_of_the_zero_line_and_a_gain_to_the_right() {
        for width in [300.0, 584.0, 760.0] {
            let (drawing, rects) = with_loss(width);
            let zero = drawing.marks.iter().find_map(|mark| match mark {
                Mark::Line { points, .. } => Some(points[0].0),
                _ => None,
            });
            let zero = zero.expect("a zero line");
            assert!(rects[1].1 <= zero + 1.0 && rects[1].0 < zero - 5.0, "{width}: {rects:?} {zero}");
            assert!(rects[0].0 >= zero - 1.0, "{width}: {rects:?} {zero}");
        }
    }
}
