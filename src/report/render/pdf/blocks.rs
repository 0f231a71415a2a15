//! Cards of headline figures, and what each block needs so that a heading is not left alone.

use super::page::{BAD, GOOD, INK, Layout, MUTED, PAPER, Rgb8, Target};
use super::paper::Area;
use super::{chart, picture, table};
use crate::report::document::{Block, Card, Comparison, Document, Figure, Mood};
use crate::report::render::typeface::{Weight, fit, width};

const ACROSS: usize = 3;
const GAP: f32 = 10.0;
const HEAD: f32 = 56.0;
const LINE: f32 = 13.0;
const SPARK: f32 = 26.0;

/// The height a block needs before its first break, so that a heading is not left alone.
pub fn least_height(block: &Block, document: &Document, layout: &Layout) -> f32 {
    match block {
        Block::Cards { cards } => cards.iter().take(ACROSS).map(height).fold(0.0, f32::max) + GAP,
        Block::Table(table) => table::least_height(table, layout),
        Block::Chart(of) => {
            let drawing = chart::draw(of, document, layout.width() / picture::SCALE);
            drawing.height * picture::scale(&drawing, layout)
        }
        Block::Text { text } => layout.paragraph_height(text, 10.0, Weight::Regular).min(90.0),
    }
}

/// Rows of three.
pub fn cards(cards: &[Card], layout: &mut Layout) {
    for row in cards.chunks(ACROSS) {
        let tall = row.iter().map(height).fold(0.0, f32::max);
        layout.ensure(tall + GAP);
        for (index, card) in row.iter().enumerate() {
            let (x, wide) = layout.column(index, ACROSS, GAP);
            draw(card, Area { x, y: layout.y, width: wide, height: tall }, layout);
        }
        layout.space(tall + GAP);
    }
}

fn height(card: &Card) -> f32 {
    HEAD + card.comparisons.len() as f32 * LINE + if card.spark.is_empty() { 6.0 } else { SPARK + 8.0 }
}

fn draw(card: &Card, area: Area, layout: &mut Layout) {
    layout.rect(area, PAPER);
    layout.cell = Some(area);
    let (inner, room) = (area.x + 10.0, area.width - 20.0);
    let label = fit(&card.label, room, 9.0, Weight::Regular);
    layout.text(inner, area.y + 17.0, &label, 9.0, Weight::Regular, MUTED);
    let (text, size) = table::shrunk(&card.figure.text, 19.0, room - 8.0, Weight::Bold);
    layout.text(inner, area.y + 41.0, &text, size, Weight::Bold, INK);
    link(&card.figure, layout);
    if card.figure.provisional {
        let end = inner + width(&text, size, Weight::Bold) + 1.5;
        layout.text(end, area.y + 35.0, "p", 7.5, Weight::Regular, MUTED);
    }
    for (index, comparison) in card.comparisons.iter().enumerate() {
        compare(comparison, inner, area.y + HEAD + index as f32 * LINE, room, layout);
    }
    if !card.spark.is_empty() {
        let drawing = chart::spark(&card.spark, room / picture::SCALE, SPARK / picture::SCALE);
        picture::draw_at(&drawing, inner, area.bottom() - SPARK - 6.0, picture::SCALE, layout);
    }
    layout.cell = None;
}

/// Figures are set smaller before anything is cut; the words between them give way first.
fn compare(comparison: &Comparison, x: f32, y: f32, room: f32, layout: &mut Layout) {
    let (change, size) = table::shrunk(&comparison.change.text, 8.5, room * 0.4, Weight::Bold);
    layout.text(x, y, &change, size, Weight::Bold, color(comparison.mood));
    let after = width(&change, size, Weight::Bold) + 4.0;
    let most = if comparison.label.is_empty() { room - after } else { room - after - 14.0 };
    let (base, size) = table::shrunk(&comparison.base.text, 7.5, most, Weight::Regular);
    let gap = width(" ", size, Weight::Regular);
    let left = room - after - gap - width(&base, size, Weight::Regular);
    let label = fit(&comparison.label, left, size, Weight::Regular);
    let label = if width(&label, size, Weight::Regular) > left { String::new() } else { format!("{label} ") };
    layout.text(x + after, y, &format!("{label}{base}"), size, Weight::Regular, MUTED);
    link(&comparison.base, layout);
}

/// A figure leads to its receipt.
pub fn link(figure: &Figure, layout: &mut Layout) {
    if let Some(receipt) = &figure.receipt {
        layout.link_last(Target::Receipt(receipt.clone()));
    }
}

/// Good, bad or neither.
pub fn color(mood: Mood) -> Rgb8 {
    match mood {
        Mood::Good => GOOD,
        Mood::Bad => BAD,
        Mood::Neutral => MUTED,
    }
}
