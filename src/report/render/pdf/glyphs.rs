//! The drawing operations of a line of text.

use crate::report::render::typeface::{Cluster, Font, Glyph, Piece, Weight, pieces};
use printpdf::{Codepoint, DictItem, FontId, Op, PdfFontHandle, Pt, TextItem};
use std::collections::BTreeMap;

/// Draws nothing, and is nothing when it is copied.
const NOTHING: &str = "\u{200b}";

/// A line to be drawn.
#[derive(Clone, Debug)]
pub struct Shown {
    pub ops: Vec<Op>,
    /// Some of it is drawn in another order than it is read in.
    pub turned: bool,
}

/// Shows a showable line from where the text cursor stands.
pub fn show(text: &str, size: f32, weight: Weight) -> Shown {
    let mut ops = Vec::new();
    let mut turned = false;
    for piece in pieces(text, weight) {
        turned |= matches!(piece, Piece::Shaped { from_right: true, .. });
        let font = PdfFontHandle::External(FontId(font_name(piece.font())));
        ops.push(Op::SetFont { font, size: Pt(size) });
        match piece {
            Piece::Plain { text, .. } => ops.push(Op::ShowText { items: vec![TextItem::Text(text)] }),
            Piece::Shaped { font, clusters, from_right: false } => from_left(font, &clusters, size, &mut ops),
            Piece::Shaped { font, clusters, from_right: true } => from_right(font, &clusters, size, &mut ops),
        }
    }
    Shown { ops, turned }
}

/// Begins what a page marks with a number.
pub fn marked(tag: &str, mark: usize) -> Op {
    let properties = dictionary([("MCID", DictItem::Int(i64::try_from(mark).unwrap_or(i64::MAX)))]);
    Op::BeginMarkedContentWithProperties { tag: tag.to_owned(), properties }
}

/// A cluster of one glyph is given to readers by the font's map of glyphs to letters, one of several by
/// the letters themselves.
fn from_left(font: Font, clusters: &[Cluster], size: f32, ops: &mut Vec<Op>) {
    let mut items = Vec::new();
    for cluster in clusters {
        match cluster.glyphs.as_slice() {
            [glyph] if glyph.moved == (0.0, 0.0) => items.push(item(font, glyph, &cluster.text)),
            glyphs => {
                flush(&mut items, ops);
                ops.push(span(&cluster.text));
                // For readers that look at glyphs alone, the widest one stands for all.
                let widest = widest(glyphs);
                for (at, glyph) in glyphs.iter().enumerate() {
                    let text = if Some(at) == widest { cluster.text.as_str() } else { NOTHING };
                    moved(font, glyph, text, size, ops);
                }
                ops.push(Op::EndMarkedContentWithProperties);
            }
        }
    }
    flush(&mut items, ops);
}

/// Readers turn around what was drawn from right to left, glyph by glyph: so each letter has a glyph of
/// its own. Of letters that are drawn as one, or that stand on others, this glyph shows nothing.
fn from_right(font: Font, clusters: &[Cluster], size: f32, ops: &mut Vec<Op>) {
    let empty = font.face().and_then(|face| face.glyph_index('\u{200c}'));
    for cluster in clusters {
        let first = cluster.text.chars().next().map(String::from).unwrap_or_default();
        for letter in cluster.text.chars().skip(1).collect::<Vec<_>>().into_iter().rev() {
            if let Some(empty) = empty {
                let nothing = Glyph { id: empty, advance: 0.0, moved: (0.0, 0.0) };
                moved(font, &nothing, letter.encode_utf8(&mut [0; 4]), size, ops);
            }
        }
        let text = if empty.is_some() { &first } else { &cluster.text };
        let widest = widest(&cluster.glyphs);
        for (at, glyph) in cluster.glyphs.iter().enumerate() {
            if Some(at) == widest {
                moved(font, glyph, text, size, ops);
            } else {
                ops.push(span(""));
                moved(font, glyph, NOTHING, size, ops);
                ops.push(Op::EndMarkedContentWithProperties);
            }
        }
    }
}

/// Begins a part that stands for a text.
fn span(text: &str) -> Op {
    let properties = dictionary([("ActualText", text_string(text))]);
    Op::BeginMarkedContentWithProperties { tag: "Span".to_owned(), properties }
}

fn widest(glyphs: &[Glyph]) -> Option<usize> {
    glyphs.iter().enumerate().max_by(|a, b| a.1.advance.total_cmp(&b.1.advance)).map(|(at, _)| at)
}

/// A glyph that may stand elsewhere than after the one before.
fn moved(font: Font, glyph: &Glyph, text: &str, size: f32, ops: &mut Vec<Op>) {
    let (right, up) = glyph.moved;
    let offset = |ems: f32| TextItem::Offset(-ems * 1000.0);
    let mut items = vec![item(font, glyph, text)];
    if right != 0.0 {
        items = [vec![offset(right)], items, vec![offset(-right)]].concat();
    }
    if up != 0.0 {
        ops.push(Op::SetLineOffset { multiplier: up * size });
    }
    ops.push(Op::ShowText { items });
    if up != 0.0 {
        ops.push(Op::SetLineOffset { multiplier: 0.0 });
    }
}

/// A glyph, with what its shaped width lacks to the width that the font says.
fn item(font: Font, glyph: &Glyph, text: &str) -> TextItem {
    let own = font.face().and_then(|face| Some(face.advance(glyph.id)? / f32::from(face.units_per_em())));
    let offset = (own.unwrap_or(glyph.advance) - glyph.advance) * 1000.0;
    TextItem::GlyphIds(vec![Codepoint { gid: glyph.id, offset, cid: Some(text.to_owned()) }])
}

fn flush(items: &mut Vec<TextItem>, ops: &mut Vec<Op>) {
    if !items.is_empty() {
        ops.push(Op::ShowText { items: std::mem::take(items) });
    }
}

fn dictionary<const N: usize>(entries: [(&str, DictItem); N]) -> DictItem {
    DictItem::Dict { map: BTreeMap::from(entries.map(|(key, value)| (key.to_owned(), value))) }
}

/// Text as PDF has it outside of fonts.
fn text_string(text: &str) -> DictItem {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    DictItem::String { data: units.flat_map(u16::to_be_bytes).collect(), literal: false }
}

/// The name of an embedded font.
pub fn font_name(font: Font) -> String {
    format!("F{}", font.at() + 1)
}
