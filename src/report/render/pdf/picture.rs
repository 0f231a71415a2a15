//! Charts as vectors.

use super::page::{Layout, MUTED};
use super::paper::Area;
use crate::report::render::chart::{Anchor, Drawing, Mark};
use crate::report::render::typeface::{Weight, width};

/// Pixels of a chart to points on paper.
pub const SCALE: f32 = 0.75;

/// How much a drawing is scaled: one that is higher than a page, to the page.
pub fn scale(drawing: &Drawing, layout: &Layout) -> f32 {
    SCALE.min((layout.room.height - 90.0) / drawing.height.max(1.0))
}

/// Whether there is anything to look at.
pub fn says_something(drawing: &Drawing) -> bool {
    drawing.marks.iter().any(|mark| matches!(mark, Mark::Text { text, .. } if !text.trim().is_empty()))
}

/// The chart at the next place, whole.
pub fn draw(drawing: &Drawing, layout: &mut Layout) {
    if !says_something(drawing) {
        layout.paragraph("There is nothing to draw yet.", 9.5, Weight::Regular, MUTED);
        return;
    }
    let scale = scale(drawing, layout);
    layout.ensure(drawing.height * scale);
    let (left, top) = (layout.left(), layout.y);
    draw_at(drawing, left, top, scale, layout);
    layout.space(drawing.height * scale);
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
                layout.polyline(&points, ink.color(), width * scale);
            }
            Mark::Rect { x, y, width, height, ink } => {
                let (x, y) = place((*x, *y));
                layout.rect(Area { x, y, width: width * scale, height: height * scale }, ink.color());
            }
            Mark::Dot { x, y, radius, ink } => {
                let ((x, y), radius) = (place((*x, *y)), radius * scale);
                let turn = std::f32::consts::TAU / 16.0;
                let around = (0..16).map(|n| turn * n as f32);
                let points: Vec<_> = around.map(|a| (x + radius * a.cos(), y + radius * a.sin())).collect();
                layout.fill(&points, ink.color());
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
                layout.text(x, y, text, size, weight, ink.color());
            }
        }
    }
    layout.cell = None;
}
