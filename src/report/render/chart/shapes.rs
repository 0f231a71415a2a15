//! Each mark as an element of SVG.

use super::{Anchor, Mark};
use crate::report::look::Palette;
use crate::report::render::typeface::reads_from_right;
use std::fmt::Write as _;

/// Adds a mark.
pub fn draw(mark: &Mark, palette: &Palette, out: &mut String) {
    let _ = match mark {
        Mark::Line { points, ink, width } => {
            let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            write!(
                out,
                r#"<polyline class="{}" points="{}" fill="none" stroke="{}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round"/>"#,
                ink.class(),
                points.join(" "),
                ink.color(palette)
            )
        }
        Mark::Rect { x, y, width, height, ink } => write!(
            out,
            r#"<rect class="{}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="2" fill="{}"/>"#,
            ink.class(),
            ink.color(palette)
        ),
        Mark::Dot { x, y, radius, ink } => {
            write!(
                out,
                r#"<circle class="{}" cx="{x:.1}" cy="{y:.1}" r="{radius}" fill="{}"/>"#,
                ink.class(),
                ink.color(palette)
            )
        }
        Mark::Text { x, y, text, size, anchor, ink, bold } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let weight = if *bold { "700" } else { "400" };
            write!(
                out,
                r#"<text class="{}" x="{x:.1}" y="{y:.1}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{}">{}</text>"#,
                ink.class(),
                ink.color(palette),
                directed(text)
            )
        }
    };
}

/// A text that is read from the right is turned as a whole.
fn directed(text: &str) -> String {
    let text = escape(text);
    if reads_from_right(&text) == Some(true) { format!("\u{2067}{text}\u{2069}") } else { text }
}

/// A text as it stands in SVG.
pub fn escape(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).fold(String::with_capacity(text.len()), |mut out, letter| {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
        out
    })
}
