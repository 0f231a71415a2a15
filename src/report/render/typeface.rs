//! The embedded typeface: how wide a text is, and what to show for letters it lacks.

use std::sync::LazyLock;
use ttf_parser::{Face, GlyphId};

/// Open Sans, which covers Latin, Greek and Cyrillic, has figures of one width and a true minus sign.
pub const REGULAR: &[u8] = include_bytes!("../../../report-templates/fonts/OpenSans-Regular.ttf");
pub const BOLD: &[u8] = include_bytes!("../../../report-templates/fonts/OpenSans-Bold.ttf");

static FACES: LazyLock<[Option<Face<'static>>; 2]> =
    LazyLock::new(|| [Face::parse(REGULAR, 0).ok(), Face::parse(BOLD, 0).ok()]);

/// Regular or bold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    Regular,
    Bold,
}

pub fn face(weight: Weight) -> Option<&'static Face<'static>> {
    FACES[weight as usize].as_ref()
}

/// The glyph of a letter, if the typeface has it.
pub fn glyph(letter: char, weight: Weight) -> Option<GlyphId> {
    face(weight)?.glyph_index(letter)
}

/// The width of a text in the unit of `size`.
pub fn width(text: &str, size: f32, weight: Weight) -> f32 {
    let Some(face) = face(weight) else { return 0.0 };
    let units: u32 = text
        .chars()
        .map(|letter| {
            u32::from(face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph)).unwrap_or(600))
        })
        .sum();
    units as f32 * size / f32::from(face.units_per_em())
}

/// A text the typeface can show: letters it lacks become their code points in brackets, never empty
/// boxes; control and direction marks are dropped.
pub fn showable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut missing: Vec<String> = Vec::new();
    let flush = |missing: &mut Vec<String>, out: &mut String| {
        if !missing.is_empty() {
            let shown = missing.iter().take(6).cloned().collect::<Vec<_>>().join(" ");
            let more = if missing.len() > 6 { " …" } else { "" };
            out.push_str(&format!("[{shown}{more}]"));
            missing.clear();
        }
    };
    for letter in text.chars() {
        let is_mark = letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fe0f}');
        if is_mark {
            continue;
        }
        if glyph(letter, Weight::Regular).is_some() {
            flush(&mut missing, &mut out);
            out.push(letter);
        } else {
            missing.push(format!("U+{:04X}", u32::from(letter)));
        }
    }
    flush(&mut missing, &mut out);
    out
}

/// A showable text cut with an ellipsis so that it fits.
pub fn fit(text: &str, most: f32, size: f32, weight: Weight) -> String {
    // No line is wider than a page: far more letters than fit need not be measured.
    let text = showable(&text.chars().take(400).collect::<String>());
    if width(&text, size, weight) <= most {
        return text;
    }
    let room = most - width("…", size, weight);
    let mut used = 0.0;
    let cut: String = text
        .chars()
        .take_while(|letter| {
            used += width(letter.encode_utf8(&mut [0; 4]), size, weight);
            used <= room
        })
        .collect();
    format!("{}…", cut.trim_end())
}

/// A showable text broken into lines no wider than `most`; a word that is too long is cut.
pub fn wrap(text: &str, most: f32, size: f32, weight: Weight) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in showable(text).split_whitespace() {
        let word = fit(word, most, size, weight);
        let longer = if line.is_empty() { word.clone() } else { format!("{line} {word}") };
        if width(&longer, size, weight) <= most {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, word));
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_the_typeface_lacks_are_named_not_boxed() {
        assert_eq!(showable("Größe Ελλάδα Привет €−…"), "Größe Ελλάδα Привет €−…");
        assert_eq!(showable("日本 ok"), "[U+65E5 U+672C] ok");
        assert_eq!(showable("a\u{202e}b\u{0}c"), "abc");
    }

    #[test]
    fn a_fitted_text_fits() {
        let long = "x".repeat(10_000);
        let cut = fit(&long, 100.0, 9.0, Weight::Regular);
        assert!(cut.ends_with('…') && width(&cut, 9.0, Weight::Regular) <= 100.0);
        assert!(wrap(&format!("{long} two words"), 60.0, 9.0, Weight::Bold).iter().all(|line| width(
            line,
            9.0,
            Weight::Bold
        ) <= 60.0));
    }

    #[test]
    fn figures_have_one_width() {
        let one = |digit: char| width(&digit.to_string(), 10.0, Weight::Regular);
        assert!(('0'..='9').all(|digit| (one(digit) - one('0')).abs() < 0.001));
    }
}
