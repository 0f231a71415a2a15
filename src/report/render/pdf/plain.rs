//! Tables of plain texts.

use super::columns::{HEAD_SIZE, SIZE};
use super::page::{GRID, INK, Layout, MUTED};
use super::paper::Area;
use super::run::Part;
use super::table::{LINE, PAD};
use super::tags::Tag;
use crate::report::render::typeface::{Weight, wrap_most};

/// What a heading before a table of plain texts needs to stay with.
pub fn least_height<const N: usize>(rows: &[[String; N]], layout: &Layout) -> f32 {
    stays_together(&measured(rows, layout), layout)
}

/// A row of plain texts: its height, and the lines of its cells.
type PlainRow = (f32, Vec<Vec<String>>);

fn measured<const N: usize>(rows: &[[String; N]], layout: &Layout) -> Vec<PlainRow> {
    let lines = |text: &String| wrap_most(&cut(text), layout.column(0, N, 8.0).1, SIZE, Weight::Regular, 3);
    let measured = |row: &[String; N]| {
        let cells: Vec<Vec<String>> = row.iter().map(lines).collect();
        let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
        (lines as f32 * LINE + PAD, cells)
    };
    rows.iter().map(measured).collect()
}

/// All of a short table, or its heading and two rows.
fn stays_together(rows: &[PlainRow], layout: &Layout) -> f32 {
    let height = |count: usize| 16.0 + rows.iter().take(count).map(|(tall, _)| tall).sum::<f32>();
    let all = height(rows.len());
    if all <= layout.room.height / 3.0 { all } else { height(2) }
}

/// A table of plain texts.
pub fn draw<const N: usize>(heads: [&str; N], rows: &[[String; N]], layout: &mut Layout) {
    layout.tables += 1;
    let number = layout.tables;
    let head = |layout: &mut Layout| {
        layout.part = Part::Head(number);
        layout.space(10.0);
        for (index, head) in heads.iter().enumerate() {
            let x = layout.column(index, N, 8.0).0;
            layout.within(Tag::ColumnHead, |layout| layout.text(x, layout.y, head, HEAD_SIZE, Weight::Bold, MUTED));
        }
        layout.part = Part::Body;
        layout.space(6.0);
        layout.rule(layout.y, INK, 0.7);
    };
    let measured = measured(rows, layout);
    layout.ensure(stays_together(&measured, layout));
    layout.within(Tag::Table, |layout| {
        layout.within(Tag::Tr, head);
        for (index, row) in measured.iter().enumerate() {
            let last = if index + 2 == measured.len() { measured[index + 1].0 } else { 0.0 };
            if layout.ensure(row.0 + last) {
                layout.artifact(head);
            }
            layout.part = Part::Row(number, index);
            layout.within(Tag::Tr, |layout| draw_row::<N>(row, layout));
            layout.part = Part::Body;
            layout.space(row.0);
            layout.rule(layout.y, GRID, 0.5);
        }
    });
    layout.space(6.0);
}

fn draw_row<const N: usize>((tall, cells): &PlainRow, layout: &mut Layout) {
    for (column, cell) in cells.iter().enumerate() {
        let (x, width) = layout.column(column, N, 8.0);
        layout.cell = Some(Area { x, y: layout.y, width, height: *tall });
        layout.within(if column == 0 { Tag::RowHead } else { Tag::Td }, |layout| {
            layout.lines(cell, |layout, line, text| {
                let y = layout.y + LINE + 2.0 + line as f32 * LINE;
                layout.text(x, y, text, SIZE, Weight::Regular, INK);
            });
        });
    }
    layout.cell = None;
}

/// No name fills more than two lines: the rest need not be measured.
fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}
