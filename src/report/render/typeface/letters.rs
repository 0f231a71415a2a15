//! Single letters: which font has them, how wide they are, and what is shown of letters that none has.

use super::fonts::{Font, Weight};
use std::sync::OnceLock;
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};

/// Stands for a letter that no font has; the letter itself can still be copied out of the file.
pub const MISSING: char = '·';

/// A letter as measured.
#[derive(Clone, Copy, Debug)]
pub struct Letter {
    pub font: Font,
    /// In ems.
    pub width: f32,
    /// Joins its neighbours, stands on them, or is read from the right.
    pub shaped: bool,
    /// No font has it.
    pub missing: bool,
}

/// 256 letters that follow one another.
type Block = Box<[Letter; 256]>;

/// What was measured of the letters of a weight, 256 at a time as they are first met: a page has
/// thousands of letters and asks for each of them several times.
static MEASURED: [[OnceLock<Block>; 256]; 2] = [const { [const { OnceLock::new() }; 256] }; 2];

pub fn letter(letter: char, weight: Weight) -> Letter {
    let code = u32::from(letter) as usize;
    let Some(block) = MEASURED[weight as usize].get(code / 256) else { return measure(letter, weight) };
    let block = block.get_or_init(|| {
        let letter_at = |at: usize| char::from_u32(u32::try_from(code / 256 * 256 + at).unwrap_or_default());
        Box::new(std::array::from_fn(|at| measure(letter_at(at).unwrap_or(MISSING), weight)))
    });
    block[code % 256]
}

fn measure(letter: char, weight: Weight) -> Letter {
    let own = Font::of_weight(weight);
    let script = letter.script();
    let candidates = std::iter::once(own)
        .chain(Font::of_script(script))
        .chain(is_wide(letter).then_some(Font::WIDE))
        // Marks that several scripts share.
        .chain(Font::of_scripts().filter(|_| matches!(script, Script::Common | Script::Inherited)));
    let advance = |font: Font, letter: char| {
        let face = font.face()?;
        let wide = face.advance(face.glyph_index(letter)?)?;
        Some((font, wide / f32::from(face.units_per_em())))
    };
    let found = candidates.into_iter().find_map(|font| advance(font, letter));
    let (font, width) = found.or_else(|| advance(own, MISSING)).unwrap_or((own, 0.3));
    let missing = found.is_none() && !is_joiner(letter);
    let shaped = missing || font.script().is_some() || is_combining_mark(letter) || is_joiner(letter);
    Letter { font, width, shaped, missing }
}

/// Whether each of the letters stands by itself, from left to right.
pub fn is_plain(text: &str, weight: Weight) -> bool {
    text.is_ascii() || !text.chars().any(|each| letter(each, weight).shaped || is_direction(each))
}

/// What is set from left to right without shaping; other scripts of the fallback would be set wrongly.
pub fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{2ffff}')
}

/// Joins or parts letters of scripts that are shaped.
pub fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}')
}

/// Says in which direction a line runs; set by `wrap` and drawn as nothing.
pub fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}')
}

/// A showable text as it looks: letters that no font has are all alike.
pub fn looks(text: &str) -> String {
    let shown = |each: char| if letter(each, Weight::Regular).missing { MISSING } else { each };
    text.chars().filter(|letter| !is_direction(*letter)).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_no_font_has_look_alike() {
        assert_eq!(looks("ሰላም A"), "··· A");
        assert_eq!(looks("مرحبا हिन्दी ไทย עברית"), "مرحبا हिन्दी ไทย עברית");
    }

    #[test]
    fn figures_have_one_width() {
        let one = |digit: char| letter(digit, Weight::Regular).width;
        assert!(('0'..='9').all(|digit| (one(digit) - one('0')).abs() < 0.001));
    }
}
