//! The parts of a long text that are read one by one: values of JSON and lines, and windows of what is longer.
//! A short text has few readings; those of a page as a whole are the product of all that its parts allow.

use std::borrow::Cow;

/// A longer part is read in windows of this size.
pub const WINDOW: usize = 4096;
/// Where a window has to end within a word, the next one begins so much earlier.
const OVERLAP: usize = 2048;
/// A smaller piece is not halved: no part of it would hold a word in a long spelling.
const SMALLEST: usize = 1024;
/// A line of so many letters of base64 is broken in mails and certificates: the next one goes on.
pub const BROKEN_LINE: usize = 40;
/// Stands for what lies beyond an end that is none of the text's own, so that no word ends there.
const BEYOND: char = 'x';

/// The values and lines of a text. No spelling reaches over an end of one.
pub fn units(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut is_done = false;
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let mut at = start;
        while let Some(end) = memchr::memchr2(b'"', b'\n', &bytes[at..]).map(|found| at + found) {
            if is_end(bytes, start, end) {
                let unit = &text[start..end];
                start = end + 1;
                return Some(unit);
            }
            at = end + 1;
        }
        is_done = true;
        Some(&text[start..])
    })
    .filter(|unit| !unit.trim().is_empty())
}

fn is_end(bytes: &[u8], start: usize, at: usize) -> bool {
    let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\t' | b'\r' | b'\n' | b'\\');
    if bytes[at] == b'"' {
        // A quote of JSON, within JSON or CSV too; not one within an address.
        let before = bytes[..at].iter().rev().take(64).find(|byte| !is_blank(byte));
        let after = bytes[at + 1..].iter().take(64).find(|byte| !is_blank(byte));
        return !matches!(before, Some(before) if !b"{[,:".contains(before))
            || !matches!(after, Some(after) if !b",:]}".contains(after));
    }
    let line = bytes[start..at].strip_suffix(b"\r").unwrap_or(&bytes[start..at]);
    let of_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    // Lines of mails go on after `=`, which also ends an encoded word.
    !line.ends_with(b"=") && line.iter().rev().take_while(of_base64).take(BROKEN_LINE).count() < BROKEN_LINE
}

/// A part of a text, cut where nothing can be cut in two if there is such a place.
pub fn windows(unit: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut start = 0;
    let mut is_glued = false;
    let mut is_done = false;
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        if unit.len() - start <= WINDOW {
            is_done = true;
            return Some(glued(&unit[start..], is_glued, false));
        }
        let end = floor(unit, start + WINDOW);
        let safe = floor(unit, end - WINDOW / 4);
        // Blanks and brackets stand in no spelling of a word; a header's words have one between them.
        let bytes = unit.as_bytes();
        let cut = (safe..end).rev().find(|at| b" \n<>(){}".contains(&bytes[*at]) && bytes[*at - 1] != b'=');
        let window = match cut {
            Some(cut) => glued(&unit[start..cut], is_glued, false),
            None => glued(&unit[start..end], is_glued, true),
        };
        is_glued = cut.is_none();
        start = cut.unwrap_or_else(|| floor(unit, end - OVERLAP));
        Some(window)
    })
}

/// The two halves of a piece, with what lies about the middle in both; none of a small one.
pub fn halves(piece: &str) -> Option<[Cow<'_, str>; 2]> {
    if piece.len() <= SMALLEST {
        return None;
    }
    let (from, to) = (floor(piece, piece.len() / 8 * 3), floor(piece, piece.len() / 8 * 5));
    Some([glued(&piece[..to], false, true), glued(&piece[from..], true, false)])
}

fn glued(text: &str, before: bool, after: bool) -> Cow<'_, str> {
    let glue = |is: bool| is.then_some(BEYOND);
    if before || after {
        glue(before).into_iter().chain(text.chars()).chain(glue(after)).collect()
    } else {
        text.into()
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_lines_are_apart_and_what_goes_on_is_not() {
        let of = |text| units(text).collect::<Vec<&str>>();
        assert_eq!(of(r#"{"a": "x y","b":[1, "z"]}"#), ["{", "a", ": ", "x y", ",", "b", ":[1, ", "z", "]}"]);
        assert_eq!(of(r#"{\"a\":\"b\"}"#), [r"{\", r"a\", r":\", r"b\", "}"]);
        assert_eq!(of("a,b\r\nc,d"), ["a,b\r", "c,d"]);
        assert_eq!(of("to \"jane doe\"@example.com"), ["to \"jane doe\"@example.com"]);
        for whole in ["a=40=\r\nb", "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", &format!("{}\r\nb", "QUJD".repeat(19))] {
            assert_eq!(of(whole), [whole]);
        }
    }

    #[test]
    fn windows_hold_all_of_a_text_and_end_in_no_word_unless_it_is_longer() {
        let words = "jane@example.com ".repeat(1000);
        let all: Vec<_> = windows(&words).collect();
        assert_eq!(all.concat(), words);
        assert!(all.len() > 3 && all.iter().all(|window| window.trim_end().ends_with(".com")));
        let run = "ö1".repeat(3000);
        let all: Vec<_> = windows(&run).collect();
        assert!(all.len() > 3 && all[0].ends_with('x') && all[1].starts_with('x') && !all[0].starts_with('x'));
        assert!(all.iter().all(|window| window.len() <= WINDOW + 2));
    }
}
