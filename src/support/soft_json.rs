//! JSON made fit for readers that recurse or give up as a whole: values nested too deep become `null`, and
//! halves of characters and bytes that are no UTF-8 become U+FFFD. One bad record does not cost its page.
//! What is sound comes out as it went in; what is no JSON at all stays so.

use std::io::{self, Read, Write};

/// Values may stand so deep in others. Vendors' answers have about ten levels; DuckDB's functions over whole
/// values recurse, and some thousand levels end the process.
pub const DEEPEST: usize = 100;

const UNKNOWN: &str = "\u{fffd}";

/// How much was replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Values that lay too deep.
    pub deep: u64,
    /// Halves of characters, and runs of bytes that are no UTF-8.
    pub letters: u64,
}

impl Replaced {
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// Whether a body needs no softening; reads it once. One that might is read as if it did.
pub fn is_sound(source: impl Read) -> io::Result<bool> {
    let mut guard = Guard::default();
    let mut is_sound = true;
    pieces(source, |piece| {
        is_sound &= matches!(piece, Piece::Text(text) if guard.passes(text));
        Ok(is_sound)
    })?;
    Ok(is_sound)
}

/// Writes a body as it may be read.
pub fn soften(source: impl Read, mut sink: impl Write) -> io::Result<Replaced> {
    let mut softener = Softener::default();
    let mut bad = 0;
    pieces(source, |piece| {
        let text = match piece {
            Piece::Text(text) => softener.feed(text),
            Piece::Bad => {
                bad += 1;
                softener.feed(UNKNOWN)
            }
        };
        sink.write_all(text.as_bytes()).map(|()| true)
    })?;
    sink.write_all(softener.end().as_bytes())?;
    sink.flush()?;
    Ok(Replaced { letters: softener.replaced.letters + bad, ..softener.replaced })
}

enum Piece<'a> {
    Text(&'a str),
    /// Bytes that are no UTF-8.
    Bad,
}

/// Hands out a source as text until `take` has enough; a letter is never cut in two.
fn pieces(mut source: impl Read, mut take: impl FnMut(Piece<'_>) -> io::Result<bool>) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    // Of a letter whose end has not been read.
    let mut held = 0;
    loop {
        let read = source.read(&mut buffer[held..])?;
        let end = held + read;
        let mut from = 0;
        while from < end {
            let (good, bad) = match std::str::from_utf8(&buffer[from..end]) {
                Ok(_) => (end, 0),
                Err(error) => {
                    let good = from + error.valid_up_to();
                    // At the end of all nothing completes a letter.
                    let rest = if read == 0 { end - good } else { 0 };
                    (good, error.error_len().unwrap_or(rest))
                }
            };
            let text = std::str::from_utf8(&buffer[from..good]).unwrap_or_default();
            if !text.is_empty() && !take(Piece::Text(text))? || bad > 0 && !take(Piece::Bad)? {
                return Ok(());
            }
            from = good + bad;
            if bad == 0 {
                break;
            }
        }
        buffer.copy_within(from..end, 0);
        held = end - from;
        if read == 0 {
            return Ok(());
        }
    }
}

/// Quick, for what nearly every page is.
#[derive(Debug, Default)]
struct Guard {
    depth: usize,
    in_string: bool,
    /// Since a backslash: 1 after it, 2 after its `u`.
    escape: u8,
}

impl Guard {
    fn passes(&mut self, text: &str) -> bool {
        for byte in text.bytes() {
            match (self.in_string, self.escape, byte) {
                // It may be half a character.
                (true, 2, b'd' | b'D') => return false,
                (true, 1, b'u') => self.escape = 2,
                (true, 1 | 2, _) => self.escape = 0,
                (true, _, b'\\') => self.escape = 1,
                (true, _, b'"') => self.in_string = false,
                (true, ..) => {}
                (false, _, b'"') => self.in_string = true,
                (false, _, b'{' | b'[') => self.depth += 1,
                (false, _, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
                (false, ..) => {}
            }
            if self.depth > DEEPEST {
                return false;
            }
        }
        true
    }
}

/// Takes a text in pieces.
#[derive(Debug, Default)]
struct Softener {
    depth: usize,
    in_string: bool,
    /// A backslash, and what came after it as long as it may be half a character.
    held: String,
    replaced: Replaced,
}

impl Softener {
    /// What may go on so far.
    fn feed(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            if self.in_string {
                self.within_string(letter, &mut out);
                continue;
            }
            match letter {
                '"' => {
                    self.in_string = true;
                    self.keep('"', &mut out);
                }
                '{' | '[' => {
                    self.depth += 1;
                    if self.depth == DEEPEST + 1 {
                        self.replaced.deep += 1;
                        out += "null";
                    }
                    self.keep(letter, &mut out);
                }
                '}' | ']' => {
                    self.keep(letter, &mut out);
                    self.depth = self.depth.saturating_sub(1);
                }
                other => self.keep(other, &mut out),
            }
        }
        out
    }

    /// What is left when nothing more comes.
    fn end(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        let mut out = String::new();
        held.chars().for_each(|letter| self.keep(letter, &mut out));
        out
    }

    fn keep(&self, letter: char, out: &mut String) {
        if self.depth <= DEEPEST {
            out.push(letter);
        }
    }

    fn keep_all(&self, text: &str, out: &mut String) {
        if self.depth <= DEEPEST {
            out.push_str(text);
        }
    }

    fn within_string(&mut self, letter: char, out: &mut String) {
        if self.held.is_empty() && letter != '\\' {
            self.in_string = letter != '"';
            self.keep(letter, out);
            return;
        }
        self.held.push(letter);
        loop {
            match look(&self.held) {
                Look::More => return,
                Look::Whole => {
                    let held = std::mem::take(&mut self.held);
                    self.keep_all(&held, out);
                    return;
                }
                // The first of two halves stands alone: what came after it is looked at anew.
                Look::Half(length) => {
                    self.replaced.letters += 1;
                    self.keep_all("\\ufffd", out);
                    self.held.drain(..length);
                    match self.held.chars().next() {
                        None => return,
                        Some('\\') => {}
                        // At most one letter: it made the difference.
                        Some(other) => {
                            self.held.clear();
                            self.within_string(other, out);
                            return;
                        }
                    }
                }
            }
        }
    }
}

enum Look {
    More,
    Whole,
    /// So many bytes are half a character.
    Half(usize),
}

/// What a held escape is so far: it begins with a backslash.
fn look(held: &str) -> Look {
    let Some(first) = unit(held) else {
        let may_go_on = held.len() < 6 && (held.len() < 2 || held.as_bytes()[1] == b'u') && is_hex(held.get(2..));
        return if may_go_on { Look::More } else { Look::Whole };
    };
    if (0xdc00..0xe000).contains(&first) {
        return Look::Half(6);
    }
    if !(0xd800..0xdc00).contains(&first) {
        return Look::Whole;
    }
    let rest = &held[6..];
    match unit(rest) {
        Some(second) if (0xdc00..0xe000).contains(&second) => Look::Whole,
        Some(_) => Look::Half(6),
        None if "\\u".starts_with(rest.get(..2).unwrap_or(rest)) && rest.len() < 6 && is_hex(rest.get(2..)) => {
            Look::More
        }
        None => Look::Half(6),
    }
}

fn is_hex(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The number of an escape at the beginning of a text.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    if !is_hex(Some(digits)) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text, and what was replaced; `None` where it was sound.
    fn softened(body: &[u8]) -> Option<(String, Replaced)> {
        let mut text = Vec::new();
        let replaced = soften(body, &mut text).expect("written");
        let text = String::from_utf8(text).expect("UTF-8");
        let is_same = text.as_bytes() == body;
        assert_eq!(is_same, replaced.is_none(), "{text}");
        assert!(is_same || !is_sound(body).expect("read"), "the quick look misses {text}");
        (!is_same).then_some((text, replaced))
    }

    fn soft(body: &str) -> String {
        softened(body.as_bytes()).map_or_else(|| body.to_owned(), |(text, _)| text)
    }

    /// Gives a few bytes at a time.
    struct Slowly<'a>(&'a [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(into.len()).min(3);
            let (now, rest) = self.0.split_at(count);
            into[..count].copy_from_slice(now);
            self.0 = rest;
            Ok(count)
        }
    }

    /// A name that ends in half an emoji, as databases with a limit of letters cut it.
    #[test]
    fn half_a_character_becomes_a_mark_and_whole_ones_stay() {
        for (body, right) in [
            (r#"["a\ud83d"]"#, r#"["a\ufffd"]"#),
            (r#"["\ud83d\ude00"]"#, r#"["\ud83d\ude00"]"#),
            (r#"["\uD83D\uDE00\uD83D"]"#, r#"["\uD83D\uDE00\ufffd"]"#),
            (r#"["\ude00x"]"#, r#"["\ufffdx"]"#),
            (r#"["\ud83dx"]"#, r#"["\ufffdx"]"#),
            (r#"["\ud83d\n"]"#, r#"["\ufffd\n"]"#),
            (r#"["\ud83d\u0041"]"#, r#"["\ufffd\u0041"]"#),
            (r#"["\ud83d\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
            (r#"["\\ud83d"]"#, r#"["\\ud83d"]"#),
            (r#"["\u00e4\"\\"]"#, r#"["\u00e4\"\\"]"#),
        ] {
            assert_eq!(soft(body), right);
            serde_json::from_str::<serde_json::Value>(right).expect("JSON");
        }
    }

    #[test]
    fn bytes_that_are_no_letters_become_a_mark() {
        let (text, replaced) = softened(b"{\"a\":\"x\xff\xfey\",\"b\":\"\xc3\xa4\"}").expect("softened");
        assert_eq!((text.as_str(), replaced.letters), ("{\"a\":\"x\u{fffd}\u{fffd}y\",\"b\":\"ä\"}", 2));
        assert_eq!(softened("{\"b\":\"ä\"}".as_bytes()), None);
    }

    /// 36 KB of one unused field ended the process at every start.
    #[test]
    fn what_lies_too_deep_is_nothing_and_its_neighbours_stay() {
        let deep = |count: usize| {
            format!(r#"[{{"id":1,"x":{}1{},"y":"}}]"}},{{"id":2}}]"#, r#"{"a":"#.repeat(count), "}".repeat(count))
        };
        assert_eq!(softened(deep(90).as_bytes()), None);
        let (text, replaced) = softened(deep(8000).as_bytes()).expect("softened");
        assert_eq!(replaced, Replaced { deep: 1, letters: 0 });
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((value[0]["y"].as_str(), value[1]["id"].as_u64()), (Some("}]"), Some(2)));
        assert!(text.len() < 1000);
    }

    proptest! {
        #[test]
        fn sound_json_stays_as_it_is(text in "[ -~äö€😀]{0,40}", numbers in prop::collection::vec(any::<i32>(), 0..9)) {
            let body = serde_json::json!({"t": text, "n": numbers, "d": [[{"x": [text]}]]}).to_string();
            prop_assert_eq!(softened(body.as_bytes()), None);
        }

        #[test]
        fn any_string_of_escapes_can_be_read_afterwards(parts in prop::collection::vec(
            prop_oneof![Just("\\ud83d"), Just("\\ude00"), Just("\\u0041"), Just("\\n"), Just("\\\\"), Just("x"), Just("\\\""), Just("é")], 0..12,
        )) {
            let body = format!("[\"{}\"]", parts.concat());
            let value: serde_json::Value = serde_json::from_str(&soft(&body)).expect("JSON");
            let text = value[0].as_str().expect("a text");
            let was_sound = serde_json::from_str::<serde_json::Value>(&body).is_ok();
            prop_assert_eq!(was_sound, !text.contains(UNKNOWN));
        }

        #[test]
        fn any_bytes_end_well(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\\'), Just(b'u'), Just(b'"'), Just(b'd'), Just(b'[')], 0..60)) {
            let (mut whole, mut slowly) = (Vec::new(), Vec::new());
            let replaced = soften(bytes.as_slice(), &mut whole).expect("written");
            prop_assert_eq!(soften(Slowly(&bytes), &mut slowly).expect("written"), replaced);
            prop_assert_eq!(&whole, &slowly);
            let text = String::from_utf8(whole);
            prop_assert!(text.is_ok());
            // Once is enough.
            prop_assert_eq!(softened(text.unwrap_or_default().as_bytes()), None);
        }
    }
}
