//! Tables that break between rows and repeat their headings.

use super::columns::{Column, GUTTER, HEAD_SIZE, SIZE, columns, lines_up, longest_word, tail};
use super::figure::{color, link};
use super::page::{GRID, INK, Layout, MUTED};
use super::paper::Area;
use super::run::Part;
use super::tags::Tag;
use crate::report::document::{Cell, Figure, Row, Table, Tone};
use crate::report::render::typeface::{Weight, fit, name_lines, names, showable, width, wrap_most};
use rust_decimal::prelude::ToPrimitive;

pub const LINE: f32 = 11.5;
pub const PAD: f32 = 8.0;
const HEAD_LINE: f32 = 10.0;
/// Headings are set no smaller, so that a word of theirs stays whole; and stand so far apart.
const LEAST_HEAD_SIZE: f32 = 5.8;
const HEAD_GAP: f32 = 4.0;
/// So many rows stay together at the beginning and at the end of a table.
const LAST: usize = 3;

/// A table with its measures taken.
struct Measured<'a> {
    table: &'a Table,
    number: usize,
    name: f32,
    columns: Vec<Column>,
    heads: Vec<Vec<String>>,
    head_size: f32,
    /// The lines of each row's name, the total's last.
    names: Vec<Vec<String>>,
}

impl<'a> Measured<'a> {
    fn new(table: &'a Table, number: usize, layout: &Layout) -> Self {
        let (name, columns) = columns(table, layout.width(), layout.point);
        let head_size = head_size(table, &columns);
        let head = |(column, measure): (&crate::report::document::Column, &Column)| {
            wrap_most(&column.heading, head_room(measure), head_size, Weight::Bold, 4)
        };
        let heads = table.columns.iter().zip(&columns).map(head).collect();
        let names = row_names(table, name - GUTTER);
        Self { table, number, name, columns, heads, head_size, names }
    }

    fn head_height(&self) -> f32 {
        self.heads.iter().map(Vec::len).max().unwrap_or(1).max(1) as f32 * HEAD_LINE + 8.0
    }

    fn row_height(&self, number: usize) -> f32 {
        let (row, weight) = self.row_at(number);
        let texts = row.into_iter().flat_map(|row| &row.cells).zip(&self.columns).map(|(cell, column)| match cell {
            Cell::Text { text } => cell_lines(text, column, weight).len(),
            _ => 1,
        });
        let lines = texts.max().unwrap_or(1).max(self.names[number].len());
        lines as f32 * LINE + PAD
    }

    /// A row and how it is set; the total is the one after the last.
    fn row_at(&self, number: usize) -> (Option<&Row>, Weight) {
        match self.table.rows.get(number) {
            Some(row) => (Some(row), Weight::Regular),
            None => (self.table.total.as_ref(), Weight::Bold),
        }
    }

    fn total_height(&self) -> f32 {
        self.table.total.as_ref().map_or(0.0, |_| self.row_height(self.table.rows.len()))
    }

    /// What stays on one page: all of a short table, or the heading and the first rows.
    fn least(&self, page: f32) -> f32 {
        let rows = || (0..self.table.rows.len()).map(|number| self.row_height(number));
        // Many rows are too high together; there is no need to measure them all.
        let all = self.head_height() + self.total_height() + rows().take(30).sum::<f32>();
        if self.table.rows.len() <= LAST || all <= page / 5.0 {
            return all;
        }
        self.head_height() + rows().take(LAST).sum::<f32>()
    }

    fn head(&self, layout: &mut Layout) {
        let tall = self.head_height();
        let base = layout.y + tall - 6.0;
        let row_heading = fit(&self.table.row_heading, self.name - GUTTER, self.head_size, Weight::Bold);
        layout.part = Part::Head(self.number);
        let left = layout.left();
        let size = self.head_size;
        layout.within(Tag::ColumnHead, |layout| layout.text(left, base, &row_heading, size, Weight::Bold, MUTED));
        let mut right = layout.left() + self.name;
        for (lines, column) in self.heads.iter().zip(&self.columns) {
            let left = right;
            right += column.width;
            layout.cell = Some(Area { x: left, y: layout.y, width: column.width, height: tall });
            layout.within(Tag::ColumnHead, |layout| {
                layout.lines(lines, |layout, index, line| {
                    let y = base - (lines.len() - 1 - index) as f32 * HEAD_LINE;
                    layout.text_right(right - column.mark, y, line, size, Weight::Bold, MUTED);
                });
            });
        }
        layout.cell = None;
        layout.part = Part::Body;
        layout.space(tall);
        layout.rule(layout.y, INK, 0.7);
    }

    fn rows(&self, layout: &mut Layout) {
        let count = self.table.rows.len();
        for (number, row) in self.table.rows.iter().enumerate() {
            // Neither a few last rows nor the sums stand alone on a page.
            let together = match count - number {
                1..=LAST => (number..count).map(|at| self.row_height(at)).sum::<f32>() + self.total_height(),
                _ => self.row_height(number),
            };
            if layout.ensure(together) {
                layout.artifact(|layout| self.head(layout));
            }
            layout.within(Tag::Tr, |layout| self.row(row, number, Weight::Regular, layout));
            layout.rule(layout.y, GRID, 0.5);
        }
        if let Some(total) = &self.table.total {
            layout.rule(layout.y, INK, 0.7);
            layout.within(Tag::Tr, |layout| self.row(total, count, Weight::Bold, layout));
        }
    }

    fn row(&self, row: &Row, number: usize, weight: Weight, layout: &mut Layout) {
        let tall = self.row_height(number);
        let (top, base) = (layout.y, layout.y + LINE + 2.0);
        layout.part = Part::Row(self.number, number);
        layout.cell = Some(Area { x: layout.left(), y: top, width: self.name, height: tall });
        layout.within(Tag::RowHead, |layout| {
            layout.lines(&self.names[number], |layout, index, line| {
                layout.text(layout.left(), base + index as f32 * LINE, line, SIZE, weight, INK);
            });
        });
        let mut right = layout.left() + self.name;
        for (cell, column) in row.cells.iter().zip(&self.columns) {
            layout.cell = Some(Area { x: right, y: top, width: column.width, height: tall });
            right += column.width;
            layout.within(Tag::Td, |layout| draw_cell(cell, column, right, base, weight, layout));
        }
        // Each row of a table has as many cells.
        for _ in row.cells.len()..self.columns.len() {
            layout.within(Tag::Td, |_| {});
        }
        layout.cell = None;
        layout.part = Part::Body;
        layout.space(tall);
    }
}

fn head_room(column: &Column) -> f32 {
    column.width - HEAD_GAP - column.mark
}

/// The size of all headings: the largest at which each word fits its column, within bounds.
fn head_size(table: &Table, columns: &[Column]) -> f32 {
    let fits = |(head, measure): (&crate::report::document::Column, &Column)| {
        let longest = longest_word(&head.heading).max(1.0);
        // A little less than the room, which rounding would break the word by.
        HEAD_SIZE * ((head_room(measure) - 0.1) / longest).min(1.0)
    };
    table.columns.iter().zip(columns).map(fits).fold(HEAD_SIZE, f32::min).max(LEAST_HEAD_SIZE)
}

/// The lines of each row's name and of the total's.
fn row_names(table: &Table, room: f32) -> Vec<Vec<String>> {
    fn named(row: &Row) -> &str {
        if showable(&row.name).trim().is_empty() { "(no name)" } else { &row.name }
    }
    let all: Vec<&str> = table.rows.iter().map(named).collect();
    let mut lines = names(&all, room, SIZE, Weight::Regular, 2);
    lines.extend(table.total.as_ref().map(|total| name_lines(named(total), room, SIZE, Weight::Bold, 2)));
    lines
}

/// What a heading before the table needs to stay with.
pub fn least_height(table: &Table, caption: Option<&str>, layout: &Layout) -> f32 {
    let caption = caption.map_or(0.0, |title| layout.caption_height(title));
    if table.rows.is_empty() && table.total.is_none() {
        let height = layout.paragraph_height(&table.empty_text, 9.5, Weight::Regular).min(90.0);
        return if height > 0.0 { caption + height } else { 0.0 };
    }
    caption + Measured::new(table, 0, layout).least(layout.room.height)
}

/// Draws a table of figures.
pub fn draw(table: &Table, caption: Option<&str>, layout: &mut Layout) {
    if table.rows.is_empty() && table.total.is_none() {
        let height = layout.paragraph_height(&table.empty_text, 9.5, Weight::Regular);
        if let Some(title) = caption.filter(|_| height > 0.0) {
            layout.caption(title, height.min(90.0));
        }
        layout.paragraph(&table.empty_text, 9.5, Weight::Regular, MUTED);
        layout.space(6.0);
        return;
    }
    layout.tables += 1;
    let measured = Measured::new(table, layout.tables, layout);
    let least = measured.least(layout.room.height);
    match caption {
        Some(title) => layout.caption(title, least),
        None => {
            layout.ensure(least);
        }
    }
    layout.within(Tag::Table, |layout| {
        layout.within(Tag::Tr, |layout| measured.head(layout));
        measured.rows(layout);
    });
    layout.space(10.0);
}

fn draw_cell(cell: &Cell, column: &Column, right: f32, base: f32, weight: Weight, layout: &mut Layout) {
    match cell {
        Cell::Figure { figure, tone } => {
            let ink = if *tone == Tone::Neutral { INK } else { color(*tone) };
            draw_figure(figure, column, right, base, weight, ink, layout);
        }
        Cell::Text { text } => {
            layout.lines(&cell_lines(text, column, weight), |layout, index, line| {
                layout.text_right(right - column.mark, base + index as f32 * LINE, line, SIZE, weight, INK);
            });
        }
        Cell::Progress { figure, share, tone } => {
            let starts = draw_figure(figure, column, right, base, weight, INK, layout);
            // Bars of a column begin in line.
            let bar = Area {
                x: right - column.width,
                y: base - 6.0,
                width: column.bar.min(starts - right + column.width),
                height: 5.0,
            };
            draw_bar(bar, share.and_then(|share| share.to_f32()).unwrap_or(0.0), column.full, *tone, layout);
        }
    }
}

/// A bar with a mark at its goal; what is beyond the goal goes on after the mark.
fn draw_bar(bar: Area, share: f32, full: f32, tone: Tone, layout: &mut Layout) {
    let goal = bar.width / full.max(1.0);
    layout.rect(Area { width: goal, ..bar }, GRID);
    let ink = if tone == Tone::Neutral { layout.palette.accent } else { color(tone) };
    layout.rect(Area { width: (goal * share).clamp(0.0, bar.width), ..bar }, ink);
    layout.polyline(&[(bar.x + goal, bar.y - 2.0), (bar.x + goal, bar.bottom() + 2.0)], INK, 0.8);
}

/// Sets a figure with its decimal point in line with the column's; gives where it begins.
fn draw_figure(
    figure: &Figure,
    column: &Column,
    right: f32,
    base: f32,
    weight: Weight,
    ink: super::page::Rgb8,
    layout: &mut Layout,
) -> f32 {
    let (text, size) = (&figure.text, column.size);
    let own = if lines_up(text) { width(tail(text, column.point), size, weight) } else { column.tail };
    let end = right - column.mark - (column.tail - own).max(0.0);
    layout.text_right(end, base, text, size, weight, ink);
    link(figure, layout);
    if figure.provisional {
        layout.text(end + 0.8, base - 3.0, "p", 6.0, Weight::Regular, MUTED);
    }
    end - width(text, size, weight)
}

fn cell_lines(text: &str, column: &Column, weight: Weight) -> Vec<String> {
    name_lines(text, column.width - GUTTER - column.mark, SIZE, weight, 2)
}
