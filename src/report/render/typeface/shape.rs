//! From a line of text to glyphs in the order in which they are drawn.

use super::fonts::{Font, Weight};
use super::letters::{MISSING, is_direction, is_plain, letter};
use harfrust::{Direction, Script, ShapeOptions, ShapePlan, UnicodeBuffer};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use unicode_bidi::{BidiInfo, Level, ParagraphInfo};
use unicode_normalization::char::is_combining_mark;

/// A part of a line in one font, as it stands from left to right.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Letters that each are one glyph.
    Plain {
        font: Font,
        text: String,
    },
    Shaped {
        font: Font,
        clusters: Vec<Cluster>,
        from_right: bool,
    },
}

/// Letters that are drawn together, and what draws them.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// As it is read and copied.
    pub text: String,
    pub glyphs: Vec<Glyph>,
}

/// In ems.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    pub id: u16,
    pub advance: f32,
    /// How far it is moved from where it would stand, to the right and up.
    pub moved: (f32, f32),
}

/// A showable line in pieces of one font each, in the order in which they are drawn.
pub fn pieces(text: &str, weight: Weight) -> Vec<Piece> {
    if is_plain(text, weight) {
        return plain_pieces(text, weight);
    }
    let base = text.chars().next().filter(|mark| is_direction(*mark));
    let base = base.map(|mark| if mark == '\u{200f}' { Level::rtl() } else { Level::ltr() });
    let text: String = text.chars().filter(|each| !is_direction(*each)).collect();
    let info = BidiInfo::new(&text, base);
    let mut pieces = Vec::new();
    for paragraph in &info.paragraphs {
        let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let from_right = levels[run.start].is_rtl();
            run_pieces(&text, run, from_right, weight, &mut pieces);
        }
    }
    pieces
}

/// The width of a showable line in the unit of `size`.
pub fn width(text: &str, size: f32, weight: Weight) -> f32 {
    let ems = if is_plain(text, weight) {
        text.chars().map(|each| letter(each, weight).width).sum::<f32>()
    } else {
        pieces(text, weight).iter().map(|piece| piece.width(weight)).sum()
    };
    ems * size
}

/// Whether a paragraph is read from the right; nothing where no letter says so.
pub fn reads_from_right(text: &str) -> Option<bool> {
    let info = || BidiInfo::new(text, None);
    let level = |paragraph: &ParagraphInfo| paragraph.level.is_rtl();
    let says = text.chars().any(char::is_alphabetic);
    says.then(|| !text.is_ascii() && info().paragraphs.first().is_some_and(level))
}

impl Piece {
    pub fn font(&self) -> Font {
        match self {
            Self::Plain { font, .. } | Self::Shaped { font, .. } => *font,
        }
    }

    fn width(&self, weight: Weight) -> f32 {
        match self {
            Self::Plain { text, .. } => text.chars().map(|each| letter(each, weight).width).sum(),
            Self::Shaped { clusters, .. } => {
                clusters.iter().flat_map(|cluster| &cluster.glyphs).map(|glyph| glyph.advance).sum()
            }
        }
    }
}

fn plain_pieces(text: &str, weight: Weight) -> Vec<Piece> {
    let piece = |(font, range): (Font, Range<usize>)| Piece::Plain { font, text: text[range].to_owned() };
    split(text, 0..text.len(), weight).into_iter().map(piece).collect()
}

/// Parts of one font each, in reading order. A mark stays with the letter before it.
fn split(text: &str, range: Range<usize>, weight: Weight) -> Vec<(Font, Range<usize>)> {
    let mut parts: Vec<(Font, Range<usize>)> = Vec::new();
    for (at, each) in text[range.clone()].char_indices() {
        let at = range.start + at;
        let end = at + each.len_utf8();
        let before = parts.last().map(|(font, _)| *font);
        let own = letter(each, weight).font;
        let stays = |font: &Font| is_combining_mark(each) && font.has(each) || letter(each, weight).missing;
        let font = before.filter(stays).unwrap_or(own);
        match parts.last_mut().filter(|(last, _)| *last == font) {
            Some((_, part)) => part.end = end,
            None => parts.push((font, at..end)),
        }
    }
    parts
}

fn run_pieces(text: &str, run: Range<usize>, from_right: bool, weight: Weight, pieces: &mut Vec<Piece>) {
    let mut parts = split(text, run, weight);
    if from_right {
        parts.reverse();
    }
    for (font, range) in parts {
        let part = &text[range];
        if !from_right && is_plain(part, weight) {
            pieces.push(Piece::Plain { font, text: part.to_owned() });
        } else if let Some(clusters) = shape(part, font, from_right) {
            pieces.push(Piece::Shaped { font, clusters, from_right });
        }
    }
}

/// A plan says which features of a font apply; making it takes longer than shaping a word.
type Plans = HashMap<(Font, Script, bool), Arc<ShapePlan>>;

static PLANS: LazyLock<Mutex<Plans>> = LazyLock::new(Mutex::default);

fn shape(text: &str, font: Font, from_right: bool) -> Option<Vec<Cluster>> {
    let (reference, data) = font.shaping()?;
    let shaper = data.shaper(reference).build();
    let mut buffer = UnicodeBuffer::new();
    for (at, each) in text.char_indices() {
        let shown = if font.has(each) || !letter(each, Weight::Regular).missing { each } else { MISSING };
        buffer.add(shown, u32::try_from(at).ok()?);
    }
    buffer.set_direction(if from_right { Direction::RightToLeft } else { Direction::LeftToRight });
    buffer.guess_segment_properties();
    let (script, direction) = (buffer.script(), buffer.direction());
    let plan = {
        let mut plans = PLANS.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(ShapePlan::new(&shaper, direction, Some(script), None, &[]));
        Arc::clone(plans.entry((font, script, from_right)).or_insert_with(made))
    };
    let shaped = shaper.shape(buffer, ShapeOptions::new().plan(Some(&plan)));
    let em = |units: i32| units as f32 / shaper.units_per_em().max(1) as f32;
    let mut clusters: Vec<(usize, Cluster)> = Vec::new();
    for (info, place) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
        let start = info.cluster as usize;
        let moved = (em(place.x_offset), em(place.y_offset));
        let glyph = Glyph { id: u16::try_from(info.glyph_id).ok()?, advance: em(place.x_advance), moved };
        match clusters.last_mut().filter(|(last, _)| *last == start) {
            Some((_, cluster)) => cluster.glyphs.push(glyph),
            None => clusters.push((start, Cluster { text: String::new(), glyphs: vec![glyph] })),
        }
    }
    // A cluster's letters reach to where the next one in reading order begins.
    let mut starts: Vec<usize> = clusters.iter().map(|(start, _)| *start).collect();
    starts.push(text.len());
    starts.sort_unstable();
    for (start, cluster) in &mut clusters {
        let end = starts.iter().find(|next| **next > *start).copied().unwrap_or(text.len());
        cluster.text = text.get(*start..end)?.to_owned();
    }
    Some(clusters.into_iter().map(|(_, cluster)| cluster).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str) -> Vec<String> {
        pieces(text, Weight::Regular)
            .into_iter()
            .map(|piece| match piece {
                Piece::Plain { text, .. } => text,
                Piece::Shaped { clusters, .. } => clusters.into_iter().map(|cluster| cluster.text + "|").collect(),
            })
            .collect()
    }

    #[test]
    fn letters_of_another_font_are_set_from_it() {
        let fonts = |text: &str, weight| pieces(text, weight).iter().map(Piece::font).collect::<Vec<_>>();
        assert_eq!(fonts("Kampagne 日本 2", Weight::Bold), [Font::BOLD, Font::WIDE, Font::BOLD]);
        assert!((width("日本", 10.0, Weight::Bold) - 20.0).abs() < 0.1);
    }

    #[test]
    fn hebrew_is_drawn_from_the_right_and_figures_in_it_from_the_left() {
        assert_eq!(drawn("שלום 25"), ["25", " |", "ם|ו|ל|ש|"]);
        assert_eq!(drawn("Sale שלום 25!"), ["Sale ", "25", " |", "ם|ו|ל|ש|", "!"]);
    }

    /// bpampuch/pdfmake#517: letters reversed and apart. DavBfr/dart_pdf#1743: apart beside Latin ones.
    #[test]
    fn arabic_letters_are_joined() {
        let ids = |text: &str| -> Vec<u16> {
            let pieces = pieces(text, Weight::Regular);
            let of = |piece: &Piece| match piece {
                Piece::Shaped { clusters, .. } => {
                    clusters.iter().flat_map(|cluster| &cluster.glyphs).map(|glyph| glyph.id).collect::<Vec<_>>()
                }
                Piece::Plain { .. } => Vec::new(),
            };
            pieces.iter().flat_map(of).collect()
        };
        assert_eq!(drawn("سلام"), ["م|لا|س|"], "lam and alef are one glyph");
        let alone: Vec<u16> = ["ب", "ي", "ت"].iter().flat_map(|each| ids(each)).collect();
        let joined: Vec<u16> = ids("بيت").into_iter().rev().collect();
        assert_eq!(ids("Sale بيت"), ids("بيت"), "also beside Latin letters");
        assert!(joined.len() == 3 && joined.iter().zip(&alone).all(|(joined, alone)| joined != alone));
    }

    /// metanorma/metanorma-iso#628: an accent on a letter that has no composed form stood on the one before.
    #[test]
    fn an_accent_stays_on_its_letter() {
        let found = drawn("ěst\u{301}");
        assert_eq!(found.concat(), "ě|s|t\u{301}|");
        assert!((width("st\u{301}", 10.0, Weight::Regular) - width("st", 10.0, Weight::Regular)).abs() < 0.01);
    }

    /// dompdf/dompdf#655: the sign in "सुविधा" was drawn after its letter.
    #[test]
    fn a_vowel_sign_is_drawn_before_its_letter_in_devanagari() {
        let piece = pieces("कि", Weight::Regular).remove(0);
        let Piece::Shaped { clusters, .. } = piece else { panic!("shaped") };
        assert_eq!((clusters.len(), clusters[0].text.as_str(), clusters[0].glyphs.len()), (1, "कि", 2));
        let ka = Font::of_script(unicode_script::Script::Devanagari).and_then(Font::face).expect("a font");
        assert_eq!(clusters[0].glyphs[1].id, ka.glyph_index('क').expect("ka"));
    }

    #[test]
    fn a_mark_above_a_thai_letter_takes_no_room() {
        assert!((width("กี่", 10.0, Weight::Regular) - width("ก", 10.0, Weight::Regular)).abs() < 0.01);
    }

    #[test]
    fn a_letter_without_a_font_is_a_dot_that_can_be_copied() {
        assert_eq!(drawn("aሰላ"), ["a|ሰ|ላ|"]);
    }
}
