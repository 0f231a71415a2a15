//! Cards of headline figures.

use super::page::{BAD, GOOD, INK, LEFT, Layout, MUTED, PAPER, Rgb8, WIDTH};
use super::{CHART_SCALE, chart, table};
use crate::report::document::{Block, Card, Document, Mood};
use crate::report::render::typeface::{Weight, fit, width};

const ACROSS: usize = 3;
const GAP: f32 = 10.0;
const HEAD: f32 = 56.0;
const LINE: f32 = 13.0;
const SPARK: f32 = 26.0;

/// The height a block needs before its first break, so that a heading is not left alone.
pub fn least_height(block: &Block, document: &Document) -> f32 {
    match block {
        Block::Cards { cards } => cards.first().map_or(0.0, height),
        Block::Table(_) => table::LEAST,
        Block::Chart(of) => chart::draw(of, document.currency, WIDTH / CHART_SCALE).height * CHART_SCALE,
        Block::Text { .. } => 20.0,
    }
}

/// Rows of three.
pub fn cards(cards: &[Card], layout: &mut Layout) {
    for row in cards.chunks(ACROSS) {
        let tall = row.iter().map(height).fold(0.0, f32::max);
        layout.ensure(tall + GAP);
        let wide = (WIDTH - GAP * (ACROSS as f32 - 1.0)) / ACROSS as f32;
        for (index, card) in row.iter().enumerate() {
            draw(card, LEFT + index as f32 * (wide + GAP), wide, tall, layout);
        }
        layout.space(tall + GAP);
    }
}

fn height(card: &Card) -> f32 {
    HEAD + card.comparisons.len() as f32 * LINE + if card.spark.is_empty() { 6.0 } else { SPARK + 8.0 }
}

fn draw(card: &Card, x: f32, wide: f32, tall: f32, layout: &mut Layout) {
    let top = layout.y;
    layout.rect(x, top, wide, tall, PAPER);
    let inner = x + 10.0;
    let room = wide - 20.0;
    let label = fit(&card.label, room, 9.0, Weight::Regular);
    layout.text(inner, top + 17.0, &label, 9.0, Weight::Regular, MUTED);
    let size = [19.0, 16.0, 13.0, 10.0, 8.0]
        .into_iter()
        .find(|size| width(&card.figure.text, *size, Weight::Bold) <= room - 8.0)
        .unwrap_or(7.0);
    let text = fit(&card.figure.text, room - 8.0, size, Weight::Bold);
    layout.text(inner, top + 41.0, &text, size, Weight::Bold, INK);
    if card.figure.provisional {
        let end = inner + width(&text, size, Weight::Bold) + 1.5;
        layout.text(end, top + 35.0, "p", 7.5, Weight::Regular, MUTED);
    }
    let mut y = top + HEAD;
    for comparison in &card.comparisons {
        // Figures are set smaller before anything is cut; the words between them give way first.
        let (change, size) = table::shrunk(&comparison.change.text, 8.5, room * 0.4, Weight::Bold);
        layout.text(inner, y, &change, size, Weight::Bold, color(comparison.mood));
        let after = width(&change, size, Weight::Bold) + 4.0;
        let (base, size) = table::shrunk(&comparison.base.text, 7.5, room - after, Weight::Regular);
        let gap = width(" ", size, Weight::Regular);
        let label =
            fit(&comparison.label, room - after - gap - width(&base, size, Weight::Regular), size, Weight::Regular);
        layout.text(inner + after, y, &format!("{label} {base}"), size, Weight::Regular, MUTED);
        y += LINE;
    }
    if !card.spark.is_empty() {
        let drawing = chart::spark(&card.spark, room / CHART_SCALE, SPARK / CHART_SCALE);
        layout.drawing_at(&drawing, inner, top + tall - SPARK - 6.0, CHART_SCALE);
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
