//! A grid of hours by weekday: the darker a cell, the more happened.

use super::super::typeface::{Weight, fit};
use super::room as text_width;
use super::{Anchor, Drawing, Ink, Mark};
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
        marks.push(text(left + (index as f32 + 0.5) * across, HEAD - 7.0, column, Anchor::Middle, Ink::Muted));
    }
    for (row, (label, values)) in labels.iter().zip(cells).enumerate() {
        let y = HEAD + row as f32 * ROW;
        marks.push(text(left - 8.0, y + ROW / 2.0 + SIZE * 0.36, label, Anchor::End, Ink::Text));
        for (column, value) in values.iter().enumerate() {
            let value = number(value);
            let shade = if value > 0.0 && most > 0.0 { (value / most * SHADES).ceil() as u8 } else { 0 };
            let x = left + column as f32 * across;
            marks.push(Mark::Rect {
                x: x + 1.0,
                y: y + 1.0,
                width: across - 2.0,
                height: ROW - 2.0,
                ink: Ink::Heat(shade),
            });
        }
    }
    Drawing { width, height: HEAD + rows.len() as f32 * ROW, marks, frame: None }
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
        let inks: Vec<Ink> = drawing
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rect { ink, .. } => Some(*ink),
                _ => None,
            })
            .collect();
        assert_eq!(inks, [Ink::Heat(0), Ink::Heat(1), Ink::Heat(0), Ink::Heat(5)]);
    }
}
