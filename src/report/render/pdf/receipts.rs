//! The last pages: every figure with the receipt that `daybook explain` takes.

use super::page::{INK, Layout, MUTED, Target};
use super::paper::Area;
use super::tags::Tag;
use crate::report::document::Document;
use crate::report::render::typeface::{Weight, fit, width};
use std::collections::BTreeSet;

const SMALL: f32 = 7.0;
const TALL: f32 = 10.0;
const LEAD: &str = "Where a figure comes from: daybook explain with its receipt. A change follows from its two \
                    figures, whose receipts stand here; its own is in HTML and CSV.";

/// A figure's place within its section, its text and its receipt.
type Line = [String; 3];

/// Two columns of small print under each section's title; nothing where there are no receipts.
pub fn draw(document: &Document, layout: &mut Layout) {
    let groups = groups(document);
    if groups.is_empty() {
        return;
    }
    layout.heading("Receipts", 60.0);
    layout.paragraph(LEAD, 9.0, Weight::Regular, MUTED);
    for (title, lines) in groups {
        layout.ensure(TALL * 3.0 + 6.0);
        layout.space(TALL + 6.0);
        let title = fit(&title, layout.width(), 8.0, Weight::Bold);
        layout.within(Tag::H3, |layout| layout.text(layout.left(), layout.y, &title, 8.0, Weight::Bold, INK));
        layout.space(2.0);
        layout.within(Tag::L, |layout| draw_lines(&lines, layout));
    }
}

fn draw_lines(lines: &[Line], layout: &mut Layout) {
    for pair in lines.chunks(2) {
        layout.ensure(TALL + 3.0);
        for [_, _, receipt] in pair {
            layout.anchor(Target::Receipt(receipt.clone()));
        }
        layout.space(TALL);
        for (index, line) in pair.iter().enumerate() {
            let (x, wide) = layout.column(index, 2, 16.0);
            layout.item(|layout| draw_line(line, x, wide, layout));
        }
    }
}

fn draw_line([path, text, receipt]: &Line, x: f32, wide: f32, layout: &mut Layout) {
    layout.cell = Some(Area { x, y: layout.y - TALL, width: wide, height: TALL + 3.0 });
    let receipt_wide = width(receipt, SMALL, Weight::Regular).min(wide * 0.4);
    let receipt_x = x + wide - receipt_wide;
    let value = fit(text, wide * 0.3, SMALL, Weight::Regular);
    let value_x = receipt_x - 6.0 - width(&value, SMALL, Weight::Regular);
    let path = fit(path, value_x - x - 6.0, SMALL, Weight::Regular);
    layout.text(x, layout.y, &path, SMALL, Weight::Regular, MUTED);
    layout.text(value_x, layout.y, &value, SMALL, Weight::Regular, INK);
    let receipt = fit(receipt, receipt_wide + 0.1, SMALL, Weight::Regular);
    layout.text(receipt_x, layout.y, &receipt, SMALL, Weight::Regular, MUTED);
    layout.cell = None;
}

/// Each receipt once, by section.
fn groups(document: &Document) -> Vec<(String, Vec<Line>)> {
    let figures = document.figures();
    let mut seen = BTreeSet::new();
    let mut groups: Vec<(String, Vec<Line>)> = Vec::new();
    for section in &document.sections {
        let prefix = format!("{}/", section.id);
        let lines: Vec<Line> = figures
            .iter()
            .filter(|(path, _)| path.starts_with(&prefix) && !path.ends_with("/change"))
            .filter_map(|(path, figure)| {
                let receipt = figure.receipt.clone()?;
                seen.insert(receipt.clone()).then(|| [place(&path[prefix.len()..]), figure.text.clone(), receipt])
            })
            .collect();
        if !lines.is_empty() {
            groups.push((section.title.clone(), lines));
        }
    }
    groups
}

/// Row and column of a path; a long row's name gives way to the column.
fn place(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.len() > 2 {
        parts.remove(0);
    }
    let last = parts.pop().unwrap_or_default().replace('_', " ");
    let first = parts.join("/").replace('_', " ");
    let first: String =
        if first.chars().count() > 22 { first.chars().take(21).chain(['…']).collect() } else { first };
    if first.is_empty() { last } else { format!("{first} › {last}") }
}
