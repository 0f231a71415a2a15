//! Charts as vectors.

use super::page::{Layout, MUTED};
use super::paper::Area;
use super::tags::Tag;
use crate::report::render::chart::{Anchor, Drawing, Mark};
use crate::report::render::typeface::{Weight, width};

/// Pixels of a chart to points on paper.
pub const SCALE: f32 = 0.75;

/// How much a drawing is scaled: one that is higher than a page and cannot be parted, to the page.
pub fn scale(drawing: &Drawing, layout: &Layout) -> f32 {
    if !drawing.breaks.is_empty() {
        return SCALE;
    }
    SCALE.min((layout.room.height - 90.0) / drawing.height.max(1.0))
}

/// What of a drawing needs to be on one page: all of it, or its first rows.
pub fn least_height(drawing: &Drawing, layout: &Layout) -> f32 {
    const ROWS: usize = 4;
    let least = drawing.breaks.get(ROWS - 1).copied().unwrap_or(drawing.height);
    if says_something(drawing) { least * scale(drawing, layout) } else { 14.0 }
}

/// Whether there is anything to look at.
pub fn says_something(drawing: &Drawing) -> bool {
    drawing.marks.iter().any(|mark| matches!(mark, Mark::Text { text, .. } if !text.trim().is_empty()))
}

/// The chart at the next place, whole or parted where it may be.
pub fn draw(drawing: &Drawing, alt: &str, layout: &mut Layout) {
    if !says_something(drawing) {
        layout.paragraph("There is nothing to draw yet.", 9.5, Weight::Regular, MUTED);
        return;
    }
    let scale = scale(drawing, layout);
    let least = least_height(drawing, layout);
    layout.ensure(least);
    layout.within(Tag::Figure, |layout| {
        layout.tell(alt);
        draw_parts(drawing, scale, layout);
    });
}

fn draw_parts(drawing: &Drawing, scale: f32, layout: &mut Layout) {
    let mut from = 0.0;
    while from < drawing.height {
        let to = end(drawing, from, layout.left_over() / scale);
        let part = if (from, to) == (0.0, drawing.height) { drawing.clone() } else { drawing.part(from, to) };
        let (left, top) = (layout.left(), layout.y);
        let area = Area { x: left, y: top, width: part.width * scale, height: part.height * scale };
        layout.whole(area, |layout| draw_at(&part, left, top, scale, layout));
        layout.space(part.height * scale);
        from = to;
        if from < drawing.height {
            layout.ensure(layout.room.height);
        }
    }
}

/// Where the part that fits ends; no few last rows are left for another page.
fn end(drawing: &Drawing, from: f32, room: f32) -> f32 {
    const LAST: usize = 3;
    if drawing.breaks.is_empty() || drawing.height - from <= room + 0.01 {
        return drawing.height;
    }
    let most = drawing.breaks.len().saturating_sub(LAST - 1);
    let mut breaks = drawing.breaks.iter().take(most).copied().filter(|at| *at > from && at - from <= room);
    breaks.next_back().or_else(|| drawing.breaks.iter().copied().find(|at| *at > from)).unwrap_or(drawing.height)
}

/// The chart with its upper left corner at a place.
pub fn draw_at(drawing: &Drawing, left: f32, top: f32, scale: f32, layout: &mut Layout) {
    let place = |(x, y): (f32, f32)| (left + x * scale, top + y * scale);
    // Letters of a lowest line may hang a little below.
    layout.cell =
        Some(Area { x: left, y: top - 1.0, width: drawing.width * scale, height: drawing.height * scale + 2.0 });
    for mark in &drawing.marks {
        match mark {
            Mark::Line { points, ink, width } => {
                let points: Vec<_> = points.iter().map(|point| place(*point)).collect();
                layout.polyline(&points, ink.color(&layout.palette), width * scale);
            }
            Mark::Rect { x, y, width, height, ink } => {
                let (x, y) = place((*x, *y));
                layout.rect(Area { x, y, width: width * scale, height: height * scale }, ink.color(&layout.palette));
            }
            Mark::Dot { x, y, radius, ink } => {
                let ((x, y), radius) = (place((*x, *y)), radius * scale);
                let turn = std::f32::consts::TAU / 16.0;
                let around = (0..16).map(|n| turn * n as f32);
                let points: Vec<_> = around.map(|a| (x + radius * a.cos(), y + radius * a.sin())).collect();
                layout.fill(&points, ink.color(&layout.palette));
            }
            Mark::Text { x, y, text, size, anchor, ink, bold } => {
                let weight = if *bold { Weight::Bold } else { Weight::Regular };
                let (x, y) = place((*x, *y));
                // Beside axis texts of trillions there may be less room than a chart thinks.
                let room = match anchor {
                    Anchor::Start => left + drawing.width * scale - x,
                    Anchor::Middle => drawing.width * scale,
                    Anchor::End => x - left,
                };
                let size = (size * scale).min(room.max(1.0) / width(text, 1.0, weight).max(f32::EPSILON));
                let wide = width(text, size, weight);
                // The label of a line that ends at the very top.
                let y = y.max(top + size * 0.76);
                let x = match anchor {
                    Anchor::Start => x,
                    Anchor::Middle => (x - wide / 2.0).min(left + drawing.width * scale - wide).max(left),
                    Anchor::End => x - wide,
                };
                layout.text(x, y, text, size, weight, ink.color(&layout.palette));
            }
        }
    }
    layout.cell = None;
}
