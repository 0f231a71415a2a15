//! Cards of headline figures.

use super::figure::{color, link, shrunk};
use super::page::{INK, Layout, MUTED, PAPER};
use super::paper::Area;
use super::tags::Tag;
use super::{chart, picture};
use crate::report::document::{Card, Comparison};
use crate::report::render::typeface::{Weight, width, wrap_most};

const GAP: f32 = 10.0;
const PAD: f32 = 10.0;
/// From the upper edge to the baseline of the label, from there to the figure, and to what follows.
const TOP: f32 = 17.0;
const FIGURE: f32 = 24.0;
const AFTER: f32 = 15.0;
const LABEL_LINE: f32 = 11.0;
const LINE: f32 = 13.0;
/// Between the lines of one comparison.
const CLOSE_LINE: f32 = 9.5;
const SPARK: f32 = 26.0;
const LABEL: f32 = 9.0;
const SMALL: f32 = 7.5;

/// The height of the first row of cards.
pub fn least_height(cards: &[Card], layout: &Layout) -> f32 {
    let (across, room) = across(cards, layout);
    cards.iter().take(across).map(|card| Measured::new(card, room).height()).fold(0.0, f32::max) + GAP
}

/// Rows of three, or of four where a row of three would leave one card alone.
pub fn cards(cards: &[Card], layout: &mut Layout) {
    layout.within(Tag::L, |layout| rows(cards, layout));
}

fn rows(cards: &[Card], layout: &mut Layout) {
    let (across, room) = across(cards, layout);
    for row in cards.chunks(across) {
        let row: Vec<Measured<'_>> = row.iter().map(|card| Measured::new(card, room)).collect();
        let tall = row.iter().map(Measured::height).fold(0.0, f32::max);
        layout.ensure(tall + GAP);
        for (index, card) in row.iter().enumerate() {
            let (x, wide) = layout.column(index, across, GAP);
            let area = Area { x, y: layout.y, width: wide, height: tall };
            layout.item(|layout| card.draw(area, layout));
        }
        layout.space(tall + GAP);
    }
}

/// How many cards stand side by side, and the room in each.
fn across(cards: &[Card], layout: &Layout) -> (usize, f32) {
    let across = if cards.len() % 3 == 1 && cards.len() > 1 { 4 } else { 3 };
    (across, layout.column(0, across, GAP).1 - 2.0 * PAD)
}

/// A card with its words broken into lines.
struct Measured<'a> {
    card: &'a Card,
    room: f32,
    label: Vec<String>,
    comparisons: Vec<Compared<'a>>,
}

impl<'a> Measured<'a> {
    fn new(card: &'a Card, room: f32) -> Self {
        let label = wrap_most(&card.label, room, LABEL, Weight::Regular, 3);
        let comparisons = card.comparisons.iter().map(|comparison| Compared::new(comparison, room)).collect();
        Self { card, room, label, comparisons }
    }

    fn head(&self) -> f32 {
        TOP + (self.label.len() - 1) as f32 * LABEL_LINE + FIGURE
    }

    fn height(&self) -> f32 {
        let compared = self.comparisons.iter().map(Compared::height).sum::<f32>();
        let spark = if self.card.spark.is_empty() { 6.0 } else { SPARK + 8.0 };
        self.head() + AFTER + compared + spark
    }

    fn draw(&self, area: Area, layout: &mut Layout) {
        layout.rect(area, PAPER);
        layout.cell = Some(area);
        let (x, figure) = (area.x + PAD, &self.card.figure);
        layout.within(Tag::P, |layout| {
            layout.lines(&self.label, |layout, index, line| {
                let y = area.y + TOP + index as f32 * LABEL_LINE;
                layout.text(x, y, line, LABEL, Weight::Regular, MUTED);
            });
        });
        let base = area.y + self.head();
        let (text, size) = shrunk(&figure.text, 19.0, self.room - 8.0, Weight::Bold);
        layout.within(Tag::P, |layout| {
            layout.text(x, base, &text, size, Weight::Bold, INK);
            link(figure, layout);
            if figure.provisional {
                let end = x + width(&text, size, Weight::Bold) + 1.5;
                layout.text(end, base - 6.0, "p", SMALL, Weight::Regular, MUTED);
            }
        });
        let mut y = base + AFTER;
        for comparison in &self.comparisons {
            layout.within(Tag::P, |layout| comparison.draw(x, y, layout));
            y += comparison.height();
        }
        if !self.card.spark.is_empty() {
            let drawing = chart::spark(&self.card.spark, self.room / picture::SCALE, SPARK / picture::SCALE);
            let y = area.bottom() - SPARK - 6.0;
            layout.artifact(|layout| picture::draw_at(&drawing, x, y, picture::SCALE, layout));
        }
        layout.cell = None;
    }
}

/// A comparison: the change, and beside it on one or more lines what it is a change of.
struct Compared<'a> {
    comparison: &'a Comparison,
    change: (String, f32),
    after: f32,
    lines: Vec<String>,
    size: f32,
}

impl<'a> Compared<'a> {
    /// Figures are set smaller before anything is cut; words take another line.
    fn new(comparison: &'a Comparison, room: f32) -> Self {
        let change = shrunk(&comparison.change.text, 8.5, room * 0.4, Weight::Bold);
        let after = width(&change.0, change.1, Weight::Bold) + 4.0;
        let most = room - after;
        let (base, size) = shrunk(&comparison.base.text, SMALL, most, Weight::Regular);
        let mut lines = wrap_most(&comparison.label, most, SMALL.min(size), Weight::Regular, 2);
        let last = lines.last_mut().filter(|last| !last.trim().is_empty());
        match last {
            Some(last) if width(&format!("{last} {base}"), size, Weight::Regular) <= most => {
                *last = format!("{last} {base}");
            }
            Some(_) => lines.push(base),
            None => lines = vec![base],
        }
        Self { comparison, change, after, lines, size }
    }

    fn height(&self) -> f32 {
        LINE + (self.lines.len() - 1) as f32 * CLOSE_LINE
    }

    fn draw(&self, x: f32, y: f32, layout: &mut Layout) {
        let (change, size) = &self.change;
        let ink = color(self.comparison.tone);
        layout.lines(&[change.clone(), String::new()], |layout, _, text| {
            layout.text(x, y, text, *size, Weight::Bold, ink);
        });
        layout.lines(&self.lines, |layout, index, line| {
            layout.text(x + self.after, y + index as f32 * CLOSE_LINE, line, self.size, Weight::Regular, MUTED);
        });
        link(&self.comparison.base, layout);
    }
}
