//! Figures, as cards and tables set them.

use super::page::{BAD, GOOD, Layout, MUTED, Rgb8, Target};
use crate::report::document::{Figure, Tone};
use crate::report::render::typeface::{Weight, width};

/// A figure leads to its receipt.
pub fn link(figure: &Figure, layout: &mut Layout) {
    if let Some(receipt) = &figure.receipt {
        layout.link_last(Target::Receipt(receipt.clone()));
    }
}

/// Good, bad or neither.
pub fn color(tone: Tone) -> Rgb8 {
    match tone {
        Tone::Good => GOOD,
        Tone::Bad => BAD,
        Tone::Neutral => MUTED,
    }
}

/// A figure is never cut: it is set smaller until it fits.
pub fn shrunk(text: &str, most: f32, room: f32, weight: Weight) -> (String, f32) {
    let exact = (room / width(text, 1.0, weight).max(f32::EPSILON)).clamp(0.5, most);
    let sizes = [19.0, 16.0, 13.0, 10.0, 9.0, 8.5, 8.0, 7.5, 7.0, 6.0, 5.0, 4.0];
    let fits = |size: &f32| *size <= most && *size <= exact;
    // A sum of trillions in a narrow column is tiny, but all there.
    (text.to_owned(), sizes.into_iter().find(fits).unwrap_or(exact))
}
