//! The embedded typefaces: how wide a text is, and what to show for letters none of them has.

use std::sync::{LazyLock, OnceLock};
use ttf_parser::{Face, GlyphId};

/// Open Sans, which covers Latin, Greek and Cyrillic, has figures of one width and a true minus sign.
pub const REGULAR: &[u8] = include_bytes!("../../../report-templates/fonts/OpenSans-Regular.ttf");
pub const BOLD: &[u8] = include_bytes!("../../../report-templates/fonts/OpenSans-Bold.ttf");
/// Droid Sans Fallback: Chinese, Japanese and Korean, in one weight.
pub const WIDE: &[u8] = include_bytes!("../../../report-templates/fonts/DroidSansFallback.ttf");

static FACES: LazyLock<[Option<Face<'static>>; 3]> =
    LazyLock::new(|| [REGULAR, BOLD, WIDE].map(|bytes| Face::parse(bytes, 0).ok()));

/// Regular or bold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    Regular,
    Bold,
}

/// An embedded font file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Font {
    Regular,
    Bold,
    Wide,
}

impl Font {
    pub const ALL: [Self; 3] = [Self::Regular, Self::Bold, Self::Wide];

    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
            Self::Wide => WIDE,
        }
    }

    pub fn face(self) -> Option<&'static Face<'static>> {
        FACES[self as usize].as_ref()
    }

    /// Its name in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regular => "OpenSans-Regular",
            Self::Bold => "OpenSans-Bold",
            Self::Wide => "DroidSansFallback",
        }
    }

    fn of_weight(weight: Weight) -> Self {
        match weight {
            Weight::Regular => Self::Regular,
            Weight::Bold => Self::Bold,
        }
    }
}

/// A letter as measured: its font, and its width in ems.
type Measured = (Font, f32);

/// 256 letters that follow one another.
type Block = Box<[Option<Measured>; 256]>;

/// What was measured of the letters of a weight, 256 at a time as they are first met: a page has
/// thousands of letters and asks for each of them several times.
static MEASURED: [[OnceLock<Block>; 256]; 2] = [const { [const { OnceLock::new() }; 256] }; 2];

/// The font that shows a letter and the letter's width; nothing where no font has it.
fn measured(letter: char, weight: Weight) -> Option<Measured> {
    let code = u32::from(letter) as usize;
    let Some(block) = MEASURED[weight as usize].get(code / 256) else { return measure(letter, weight) };
    let block = block.get_or_init(|| {
        let letter_at = |at: usize| char::from_u32(u32::try_from(code / 256 * 256 + at).ok()?);
        Box::new(std::array::from_fn(|at| measure(letter_at(at)?, weight)))
    });
    block[code % 256]
}

fn measure(letter: char, weight: Weight) -> Option<Measured> {
    let (font, glyph) = glyph(letter, weight)?;
    let face = font.face()?;
    Some((font, f32::from(face.glyph_hor_advance(glyph)?) / f32::from(face.units_per_em())))
}

/// The font that shows a letter, and its glyph there.
fn glyph(letter: char, weight: Weight) -> Option<(Font, GlyphId)> {
    let own = Font::of_weight(weight);
    let wide = is_wide(letter).then_some(Font::Wide);
    [Some(own), wide].into_iter().flatten().find_map(|font| Some((font, font.face()?.glyph_index(letter)?)))
}

/// What is set from left to right without shaping; other scripts of the fallback would be set wrongly.
fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{2ffff}')
}

/// A showable text in pieces of one font each.
pub fn pieces(text: &str, weight: Weight) -> Vec<(Font, &str)> {
    let font_of = |letter| measured(letter, weight).map_or(Font::of_weight(weight), |(font, _)| font);
    let mut pieces: Vec<(Font, &str)> = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, letter) in text.char_indices() {
        let font = font_of(letter);
        if let Some(before) = last.filter(|before| *before != font) {
            pieces.push((before, &text[start..at]));
            start = at;
        }
        last = Some(font);
    }
    pieces.extend(last.map(|font| (font, &text[start..])));
    pieces
}

/// The width of a text in the unit of `size`.
pub fn width(text: &str, size: f32, weight: Weight) -> f32 {
    text.chars().map(|letter| letter_width(letter, weight)).sum::<f32>() * size
}

/// In ems.
fn letter_width(letter: char, weight: Weight) -> f32 {
    measured(letter, weight).map_or(0.3, |(_, width)| width)
}

/// A text the typefaces can show: letters they lack become their code points in brackets, never empty
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
        if measured(letter, Weight::Regular).is_some() {
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

/// A showable text broken into lines no wider than `most`; a word that is too long is cut, and text
/// without spaces breaks between Chinese, Japanese or Korean letters.
pub fn wrap(text: &str, most: f32, size: f32, weight: Weight) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for (gap, word) in words(&showable(text)) {
        let word = fit(&word, most, size, weight);
        let longer = if line.is_empty() { word.clone() } else { format!("{line}{gap}{word}") };
        if width(&longer, size, weight) <= most {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, word));
        }
    }
    lines.push(line);
    lines
}

/// At most so many lines; the last says with an ellipsis that there was more.
pub fn wrap_most(text: &str, most: f32, size: f32, weight: Weight, lines: usize) -> Vec<String> {
    let mut all = wrap(text, most, size, weight);
    if all.len() > lines {
        all.truncate(lines);
        if let Some(last) = all.last_mut() {
            // Something follows, so that `fit` sees that it must be cut.
            let room = most - width("…", size, weight);
            while width(last, size, weight) > room && last.pop().is_some() {}
            *last = format!("{}…", last.trim_end_matches(['…', ' ']));
        }
    }
    all
}

/// What may stand on a line of its own, with what stands before it on the same line.
fn words(text: &str) -> Vec<(&'static str, String)> {
    let mut words: Vec<(&'static str, String)> = Vec::new();
    for spaced in super::words::words(text) {
        let mut gap = " ";
        let mut before = None;
        for letter in spaced.chars() {
            let stays = before.is_some_and(|last| !is_wide(last) && !is_wide(letter)) || closes(letter);
            match words.last_mut().filter(|_| before.is_some() && stays) {
                Some((_, word)) => word.push(letter),
                None => words.push((std::mem::take(&mut gap), letter.to_string())),
            }
            before = Some(letter);
        }
    }
    words
}

/// Marks that no line begins with.
fn closes(letter: char) -> bool {
    matches!(letter, '、' | '。' | '，' | '．' | '」' | '』' | '】' | '）' | '！' | '？' | '：' | '；' | 'ー')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_the_typeface_lacks_are_named_not_boxed() {
        assert_eq!(showable("Größe Ελλάδα Привет €−…"), "Größe Ελλάδα Привет €−…");
        assert_eq!(showable("日本 한국 🚀🎉 ok"), "日本 한국 [U+1F680 U+1F389] ok");
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
    fn letters_of_another_font_are_set_from_it() {
        let found = pieces("Kampagne 日本 2", Weight::Bold);
        assert_eq!(found, [(Font::Bold, "Kampagne "), (Font::Wide, "日本"), (Font::Bold, " 2")]);
        assert!((width("日本", 10.0, Weight::Bold) - 20.0).abs() < 0.1);
    }

    #[test]
    fn chinese_breaks_between_letters_and_what_is_left_out_is_told() {
        let lines = wrap("春季促销活动。新客户", 45.0, 9.0, Weight::Regular);
        assert_eq!(lines, ["春季促销活", "动。新客户"]);
        assert_eq!(wrap_most("one two three", 30.0, 9.0, Weight::Regular, 2), ["one", "two…"]);
    }

    #[test]
    fn an_amount_stays_with_its_currency() {
        let lines = wrap("cost 1.204,50\u{a0}€ more", 60.0, 9.0, Weight::Regular);
        assert_eq!(lines, ["cost", "1.204,50\u{a0}€", "more"]);
        assert_eq!(showable("1\u{a0}204"), "1\u{a0}204");
    }

    #[test]
    fn figures_have_one_width() {
        let one = |digit: char| width(&digit.to_string(), 10.0, Weight::Regular);
        assert!(('0'..='9').all(|digit| (one(digit) - one('0')).abs() < 0.001));
    }
}
