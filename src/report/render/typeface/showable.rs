//! Texts without what no typeface shows.

use super::emoji;
use super::fonts::Weight;
use super::letters::{Letter, is_joiner, letter};
use std::borrow::Cow;
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_segmentation::UnicodeSegmentation;

/// A text as it is set: composed letters, no control and direction marks, no emoji. A text of nothing
/// but emoji is written in words.
pub fn showable(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    // Only composed letters are sure to have a glyph.
    let text: Cow<'_, str> = if is_nfc(text) { text.into() } else { text.nfc().collect::<String>().into() };
    let mut out = String::with_capacity(text.len());
    let mut left_out = false;
    for cluster in text.graphemes(true) {
        if emoji::is_left_out(cluster) {
            left_out = true;
        } else {
            push_cluster(cluster, &mut out);
        }
    }
    if left_out {
        // What stood around an emoji was one gap.
        let kept: Vec<&str> = crate::report::render::words::words(&out).collect();
        return if kept.is_empty() { format!("({})", emoji::in_words(&text)) } else { kept.join(" ") };
    }
    out
}

fn push_cluster(cluster: &str, out: &mut String) {
    let mut before = None;
    for each in cluster.chars() {
        let found = letter(each, Weight::Regular);
        let is_mark = is_combining_mark(each);
        let joins = is_joiner(each) && before.is_some_and(|before: Letter| before.font.script().is_some());
        let drops = is_control(each) && !joins || is_mark && (found.missing || before.is_none() && out.is_empty());
        if !drops {
            out.push(each);
            before = Some(found);
        }
    }
}

/// Shows nothing itself, and could disturb what stands around it.
fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The text with its emoji in words at its end: `Sale (fire)`; nothing where it has none.
pub fn told(text: &str) -> Option<String> {
    let words = emoji::in_words(text);
    let rest = showable(text);
    (!words.is_empty() && !rest.starts_with('(')).then(|| format!("{rest} ({words})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// typst/typst#144, frappe/frappe#5322: boxes where emoji were.
    #[test]
    fn emoji_and_control_marks_are_left_out() {
        assert_eq!(showable("Größe Ελλάδα Привет €−…"), "Größe Ελλάδα Привет €−…");
        assert_eq!(showable("日本 한국 🚀🎉 ok"), "日本 한국 ok");
        assert_eq!(showable("Sale 👨‍👩‍👧 ❤️ 1️⃣ 🇩🇪 ©️"), "Sale 1 ©");
        assert_eq!(showable("a\u{202e}b\u{0}c"), "abc");
    }

    #[test]
    fn a_name_of_emoji_alone_is_written_in_words() {
        assert_eq!(showable("🚀🎉"), "(rocket, party popper)");
        assert_eq!(showable(" 🔥 "), "(fire)");
    }

    /// foliojs/pdfkit#1661, prawnpdf/prawn#1154: an accent typed apart from its letter.
    #[test]
    fn an_accent_typed_apart_is_joined_to_its_letter() {
        assert_eq!(showable("Bu\u{308}ro Tie\u{302}\u{301}ng"), "Büro Tiếng");
    }

    #[test]
    fn letters_that_no_font_has_stay_themselves() {
        assert_eq!(showable("ሰላም"), "ሰላም");
    }

    #[test]
    fn joiners_stay_where_a_script_needs_them() {
        assert_eq!(showable("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(showable("a\u{200d}b\u{200c}c"), "abc");
    }
}
