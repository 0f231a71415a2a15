//! Tables that break between rows and repeat their headings.

use super::blocks::color;
use super::page::{ACCENT, BAD, GRID, INK, LEFT, Layout, MUTED, WIDTH};
use crate::report::document::{Cell, Mood, Row, Table};
use crate::report::render::typeface::{Weight, fit, width, wrap};
use rust_decimal::prelude::ToPrimitive;

const SIZE: f32 = 9.0;
const HEAD_SIZE: f32 = 8.0;
const LINE: f32 = 11.5;
const PAD: f32 = 8.0;

/// A heading and two rows.
pub const LEAST: f32 = 70.0;

/// Draws a table of figures.
pub fn draw(table: &Table, layout: &mut Layout) {
    if table.rows.is_empty() {
        layout.paragraph(&table.empty_text, 9.5, Weight::Regular, MUTED);
        layout.space(6.0);
        return;
    }
    let widths = widths(table);
    let name = WIDTH - widths.iter().sum::<f32>();
    let heads: Vec<Vec<String>> = table
        .columns
        .iter()
        .zip(&widths)
        .map(|(column, wide)| wrap(&column.heading, wide - 6.0, HEAD_SIZE, Weight::Bold).into_iter().take(4).collect())
        .collect();
    let head = |layout: &mut Layout| {
        let lines = heads.iter().map(Vec::len).max().unwrap_or(1);
        let tall = lines as f32 * 10.0 + 6.0;
        let base = layout.y + tall - 6.0;
        let row_heading = fit(&table.row_heading, name - 6.0, HEAD_SIZE, Weight::Bold);
        layout.text(LEFT, base, &row_heading, HEAD_SIZE, Weight::Bold, MUTED);
        let mut right = LEFT + name;
        for (lines, wide) in heads.iter().zip(&widths) {
            right += wide;
            for (index, line) in lines.iter().rev().enumerate() {
                layout.text_right(right, base - index as f32 * 10.0, line, HEAD_SIZE, Weight::Bold, MUTED);
            }
        }
        layout.space(tall);
        layout.rule(layout.y, INK, 0.7);
    };
    layout.ensure(LEAST);
    head(layout);
    for (number, row) in table.rows.iter().enumerate() {
        let lines: Vec<String> = wrap(&cut(&row.name), name - 8.0, SIZE, Weight::Regular).into_iter().take(2).collect();
        // Sums do not stand alone on a page.
        let follows = table.total.is_some() && number + 1 == table.rows.len();
        let total = if follows { LINE + PAD } else { 0.0 };
        if layout.ensure(lines.len() as f32 * LINE + PAD + total) {
            head(layout);
        }
        draw_row(row, &lines, &widths, name, Weight::Regular, layout);
        layout.rule(layout.y, GRID, 0.5);
    }
    if let Some(total) = &table.total {
        if layout.ensure(LINE + PAD) {
            head(layout);
        }
        layout.rule(layout.y, INK, 0.7);
        let lines = vec![fit(&total.name, name - 8.0, SIZE, Weight::Bold)];
        draw_row(total, &lines, &widths, name, Weight::Bold, layout);
    }
    layout.space(10.0);
}

fn draw_row(row: &Row, lines: &[String], widths: &[f32], name: f32, weight: Weight, layout: &mut Layout) {
    let tall = lines.len() as f32 * LINE + PAD;
    let base = layout.y + LINE + 2.0;
    for (index, line) in lines.iter().enumerate() {
        layout.text(LEFT, base + index as f32 * LINE, line, SIZE, weight, INK);
    }
    let mut right = LEFT + name;
    for (cell, wide) in row.cells.iter().zip(widths) {
        right += wide;
        let room = wide - 6.0;
        match cell {
            Cell::Figure { figure, mood } => {
                let ink = if *mood == Mood::Neutral { INK } else { color(*mood) };
                let mark = if figure.provisional { 5.0 } else { 0.0 };
                let (text, size) = shrunk(&figure.text, SIZE, room - mark, weight);
                layout.text_right(right - mark, base, &text, size, weight, ink);
                if figure.provisional {
                    layout.text(right - mark + 0.8, base - 3.0, "p", 6.0, Weight::Regular, MUTED);
                }
            }
            Cell::Text { text } => {
                let text = fit(text, room, SIZE, weight);
                layout.text_right(right, base, &text, SIZE, weight, INK);
            }
            Cell::Progress { figure, share, mood } => {
                let (text, size) = shrunk(&figure.text, SIZE, room, weight);
                layout.text_right(right, base, &text, size, weight, INK);
                let full = (room - width(&text, size, weight) - 6.0).max(0.0);
                let share = share.and_then(|share| share.to_f32()).unwrap_or(0.0).clamp(0.0, 1.0);
                let left = right - room;
                layout.rect(left, base - 6.0, full, 5.0, GRID);
                layout.rect(left, base - 6.0, full * share, 5.0, if *mood == Mood::Bad { BAD } else { ACCENT });
            }
        }
    }
    layout.space(tall);
}

/// A figure is never cut: it is set smaller until it fits.
pub fn shrunk(text: &str, most: f32, room: f32, weight: Weight) -> (String, f32) {
    let sizes = [most, 8.0, 7.0, 6.0, 5.0, 4.0];
    let fits = |size: &f32| *size <= most && width(text, *size, weight) <= room;
    // A sum of trillions in a narrow column is tiny, but all there.
    let exact = || (room / width(text, 1.0, weight).max(f32::EPSILON)).clamp(0.5, most);
    (text.to_owned(), sizes.into_iter().find(fits).unwrap_or_else(exact))
}

/// Columns as wide as their figures need, so that the name keeps at least a quarter.
fn widths(table: &Table) -> Vec<f32> {
    let most = WIDTH * 0.75 / table.columns.len().max(1) as f32;
    let need = |index: usize| {
        let cells = table.rows.iter().chain(&table.total).filter_map(|row| row.cells.get(index));
        cells.fold(34.0f32, |wide, cell| {
            wide.max(match cell {
                Cell::Figure { figure, .. } => width(&figure.text, SIZE, Weight::Bold) + 16.0,
                Cell::Progress { figure, .. } => width(&figure.text, SIZE, Weight::Bold) + 70.0,
                Cell::Text { text } => width(&fit(text, most, SIZE, Weight::Bold), SIZE, Weight::Bold) + 14.0,
            })
        })
    };
    let heading = |index: usize| {
        let words = table.columns[index].heading.split_whitespace();
        words.map(|word| width(word, HEAD_SIZE, Weight::Bold)).fold(0.0, f32::max) + 8.0
    };
    (0..table.columns.len()).map(|index| need(index).max(heading(index)).min(most)).collect()
}

/// A table of plain texts.
pub fn draw_plain<const N: usize>(heads: [&str; N], rows: &[[String; N]], layout: &mut Layout) {
    let wide = WIDTH / N as f32;
    let head = |layout: &mut Layout| {
        layout.space(10.0);
        for (index, head) in heads.iter().enumerate() {
            layout.text(LEFT + index as f32 * wide, layout.y, head, HEAD_SIZE, Weight::Bold, MUTED);
        }
        layout.space(6.0);
        layout.rule(layout.y, INK, 0.7);
    };
    layout.ensure(50.0);
    head(layout);
    for row in rows {
        let cells: Vec<Vec<String>> = row
            .iter()
            .map(|text| wrap(&cut(text), wide - 8.0, SIZE, Weight::Regular).into_iter().take(3).collect())
            .collect();
        let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
        if layout.ensure(lines as f32 * LINE + PAD) {
            head(layout);
        }
        for (index, cell) in cells.iter().enumerate() {
            for (number, line) in cell.iter().enumerate() {
                let y = layout.y + LINE + 2.0 + number as f32 * LINE;
                layout.text(LEFT + index as f32 * wide, y, line, SIZE, Weight::Regular, INK);
            }
        }
        layout.space(lines as f32 * LINE + PAD);
        layout.rule(layout.y, GRID, 0.5);
    }
    layout.space(6.0);
}

/// Receipts, two columns of small print.
pub fn draw_receipts(rows: &[[String; 3]], layout: &mut Layout) {
    const SMALL: f32 = 7.0;
    const TALL: f32 = 10.0;
    let wide = WIDTH / 2.0;
    for pair in rows.chunks(2) {
        layout.ensure(TALL);
        layout.space(TALL);
        for (index, [path, text, receipt]) in pair.iter().enumerate() {
            let left = LEFT + index as f32 * wide;
            let receipt_x = left + wide - 68.0;
            let value = fit(text, 60.0, SMALL, Weight::Regular);
            let path = fit(&cut(path), wide - 140.0, SMALL, Weight::Regular);
            layout.text(left, layout.y, &path, SMALL, Weight::Regular, MUTED);
            layout.text_right(receipt_x - 6.0, layout.y, &value, SMALL, Weight::Regular, INK);
            layout.text(receipt_x, layout.y, receipt, SMALL, Weight::Regular, MUTED);
        }
    }
}

/// No name fills more than two lines: the rest need not be measured.
fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}
