//! A drawing as SVG text, and as PNG for mail.

use super::shapes::{self, escape};
use super::{Drawing, Frame, Mark, outlines};
use crate::report::look::Palette;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;
use std::fmt::Write as _;
use std::ops::Range;

/// A chart could not be turned into a picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chart cannot be drawn as PNG: {0}")]
pub struct ChartError(String);

/// Self-contained SVG: colours as attributes, classes for a page that wants its own, the words of
/// `alt` as title; hidden from screen readers where there are none, as the page then says it. What a
/// page may draw anew or hide is grouped, with the frame it lies in.
pub fn svg(drawing: &Drawing, alt: &str, palette: &Palette) -> String {
    svg_of(drawing, alt, &|mark, out| shapes::draw(mark, palette, out))
}

fn svg_of(drawing: &Drawing, alt: &str, draw: &dyn Fn(&Mark, &mut String)) -> String {
    let mut out = String::new();
    let (width, height) = (drawing.width, drawing.height);
    let _ = write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="Open Sans, system-ui, sans-serif""#
    );
    if let Some(frame) = &drawing.frame {
        let Frame { left, across, top, bottom, low, high, .. } = frame;
        let _ = write!(out, r#" data-frame="{left:.2} {across:.2} {top:.2} {bottom:.2} {low} {high}""#);
    }
    if alt.is_empty() {
        out.push_str(r#" aria-hidden="true">"#);
    } else {
        let _ = write!(out, r#" role="img"><title>{}</title>"#, escape(alt));
    }
    let groups = drawing.frame.as_ref().map(groups).unwrap_or_default();
    for (index, mark) in drawing.marks.iter().enumerate() {
        for (class, _) in groups.iter().filter(|(_, marks)| marks.start == index && !marks.is_empty()) {
            let _ = write!(out, r#"<g class="{class}">"#);
        }
        draw(mark, &mut out);
        for _ in groups.iter().filter(|(_, marks)| marks.end == index + 1 && !marks.is_empty()) {
            out.push_str("</g>");
        }
    }
    out.push_str("</svg>");
    out
}

/// The marks that stand in a group of their own, with its class.
fn groups(frame: &Frame) -> Vec<(String, Range<usize>)> {
    let series = frame.series.iter().enumerate().map(|(index, marks)| (format!("series s{index}"), marks.clone()));
    let events = frame.events.iter().map(|(marks, from, to)| (format!("event p{from} q{to}"), marks.clone()));
    std::iter::once(("days".to_owned(), frame.days.clone())).chain(events).chain(series).collect()
}

/// The drawing as PNG, `scale` pixels for each of its units, on white. Its texts are drawn as outlines:
/// usvg takes a font for a whole text, and a name may need several.
pub fn png(drawing: &Drawing, scale: f32, palette: &Palette) -> Result<Vec<u8>, ChartError> {
    let failed = |error: &dyn std::fmt::Display| ChartError(error.to_string());
    let picture = svg_of(drawing, "", &|mark, out| outlines::draw(mark, palette, out));
    let tree = usvg::Tree::from_str(&picture, &usvg::Options::default()).map_err(|error| failed(&error))?;
    let size = tree.size();
    let (width, height) = ((size.width() * scale).ceil() as u32, (size.height() * scale).ceil() as u32);
    let mut picture = Pixmap::new(width, height).ok_or_else(|| failed(&"it has no size"))?;
    picture.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().map_err(|error| failed(&error))
}
