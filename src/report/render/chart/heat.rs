//! A grid of hours by weekday: the darker a cell, the more happened.

use super::super::typeface::{Weight, fit};
use super::room as text_width;
use super::{Anchor, ColorRole, Drawing, Mark};
use crate::domain::metric::Unit;
use crate::report::document::Document;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const ROW: f32 = 22.0;
const SIZE: f32 = 11.0;
const HEAD: f32 = 20.0;
/// Shades from almost nothing to the most.
const SHADES: f64 = 5.0;

pub fn draw(rows: &[String], columns: &[String], cells: &[Vec<Option<Decimal>>], width: f32) -> Drawing {
    let labels: Vec<String> = rows.iter().map(|row| fit(row, width * 0.25, SIZE, Weight::Regular)).collect();
    let left = labels.iter().map(|label| text_width(label, SIZE, Weight::Regular)).fold(0.0, f32::max) + 10.0;
    let across = (width - left).max(40.0) / columns.len().max(1) as f32;
    let number = |value: &Option<Decimal>| value.and_then(|value| value.to_f64()).unwrap_or(0.0).max(0.0);
    let most = cells.iter().flatten().map(number).fold(0.0, f64::max);
    let text = |x: f32, y: f32, text: &str, anchor, ink| Mark::Text {
        x,
        y,
        text: text.to_owned(),
        size: SIZE,
        anchor,
        ink,
        bold: false,
    };
    let mut marks = Vec::new();
    let every = if across < 24.0 { 3 } else { 1 };
    for (index, column) in columns.iter().enumerate().filter(|(index, _)| index % every == 0) {
        marks.push(text(left + (index as f32 + 0.5) * across, HEAD - 7.0, column, Anchor::Middle, ColorRole::Muted));
    }
    for (row, (label, values)) in labels.iter().zip(cells).enumerate() {
        let y = HEAD + row as f32 * ROW;
        marks.push(text(left - 8.0, y + ROW / 2.0 + SIZE * 0.36, label, Anchor::End, ColorRole::Text));
        for (column, value) in values.iter().enumerate() {
            let value = number(value);
            let shade = if value > 0.0 && most > 0.0 { (value / most * SHADES).ceil() as u8 } else { 0 };
            let x = left + column as f32 * across;
            marks.push(Mark::Rect {
                x: x + 1.0,
                y: y + 1.0,
                width: across - 2.0,
                height: ROW - 2.0,
                ink: ColorRole::Heat(shade),
            });
        }
    }
    Drawing { width, height: HEAD + rows.len() as f32 * ROW, marks, frame: None, breaks: Vec::new() }
}

/// Adds what the shades mean: `0 □■■■■■ 16`.
pub fn explain(drawing: &mut Drawing, cells: &[Vec<Option<Decimal>>], unit: Unit, document: &Document) {
    const SIDE: f32 = 12.0;
    let Some(most) = cells.iter().flatten().flatten().max().filter(|most| most.is_sign_positive()) else { return };
    let text = |value: Decimal| document.locale.value_text(Some(value), unit, document.currency);
    let (least, most) = (text(Decimal::ZERO), text(*most));
    let y = drawing.height + 8.0;
    let label = |x: f32, text: String, anchor| Mark::Text {
        x,
        y: y + SIDE - 2.0,
        text,
        size: SIZE,
        anchor,
        ink: ColorRole::Muted,
        bold: false,
    };
    let most_wide = text_width(&most, SIZE, Weight::Regular);
    let start = (drawing.width - most_wide - 6.0 - 6.0 * (SIDE + 2.0)).max(0.0);
    drawing.marks.push(label(start - 6.0, least, Anchor::End));
    for shade in 0..=SHADES as u8 {
        let x = start + f32::from(shade) * (SIDE + 2.0);
        drawing.marks.push(Mark::Rect { x, y, width: SIDE, height: SIDE, ink: ColorRole::Heat(shade) });
    }
    drawing.marks.push(label(drawing.width, most, Anchor::End));
    drawing.height = y + SIDE + 4.0;
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn the_most_is_darkest_and_nothing_is_palest() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let cells = vec![vec![Some(dec!(0)), Some(dec!(1))], vec![None, Some(dec!(50))]];
        let drawing = draw(&names(&["Mon", "Tue"]), &names(&["00", "01"]), &cells, 400.0);
        let inks: Vec<ColorRole> = drawing
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rect { ink, .. } => Some(*ink),
                _ => None,
            })
            .collect();
        assert_eq!(inks, [ColorRole::Heat(0), ColorRole::Heat(1), ColorRole::Heat(0), ColorRole::Heat(5)]);
    }
}
