//! JSON made fit for readers that recurse or give up as a whole: values nested too deep, and words that are
//! none of JSON's, such as NaN, become `null`; halves of characters and bytes that are no UTF-8 become U+FFFD;
//! control characters are escaped, and commas too many left out. One bad record does not cost its page. What
//! is sound comes out as it went in; what is no JSON at all stays so.

mod token;

use std::io::{self, Read, Write};
use token::Token;

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
    /// Words such as NaN where a value was due, and values that are missing.
    pub values: u64,
    /// Places that could mean one thing alone: control characters, unknown escapes, commas too many.
    pub signs: u64,
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

/// A small body as it may be read.
pub fn readable(body: Vec<u8>) -> Vec<u8> {
    let mut soft = Vec::new();
    match is_sound(body.as_slice()) {
        Ok(true) => body,
        _ if soften(body.as_slice(), &mut soft).is_ok() => soft,
        _ => body,
    }
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

/// Bytes that stand in a text as they are: most of a page, so they are passed over by this table alone.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < b' ' as usize {
        plain[byte] = false;
        byte += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

/// Quick, for what nearly every page is.
#[derive(Debug, Default)]
struct Guard {
    depth: usize,
    in_string: bool,
    /// Since a backslash: 1 after it, 2 after its `u`, then one more with each digit.
    escape: u8,
    token: Token,
    /// The last sign outside texts that is no blank; of a word or number its first.
    last: u8,
}

impl Guard {
    fn passes(&mut self, text: &str) -> bool {
        let mut bytes = text.as_bytes();
        loop {
            if self.in_string && self.escape == 0 {
                let plain = bytes.iter().take_while(|byte| PLAIN[usize::from(**byte)]).count();
                bytes = &bytes[plain..];
            }
            let Some((&byte, rest)) = bytes.split_first() else { return true };
            bytes = rest;
            if self.in_string {
                match (self.escape, byte) {
                    // It may be half a character.
                    (2, b'd' | b'D') | (_, ..b' ') => return false,
                    (2..=5, _) if !byte.is_ascii_hexdigit() => return false,
                    (2..=4, _) => self.escape += 1,
                    (1, b'u') => self.escape = 2,
                    (1, _) if !is_escape(byte.into()) => return false,
                    (1 | 5, _) => self.escape = 0,
                    (_, b'\\') => self.escape = 1,
                    (_, b'"') => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            let is_structure = matches!(byte, b'"' | b'{' | b'[' | b'}' | b']' | b',' | b':');
            if !is_structure && !is_blank(byte.into()) {
                self.token = self.token.then(byte);
                self.last = byte;
                continue;
            }
            if !std::mem::take(&mut self.token).is_whole() {
                return false;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if matches!(self.last, b',' | b':') => return false,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b',' if matches!(self.last, b',' | b':' | b'{' | b'[' | 0) => return false,
                _ => {}
            }
            if self.depth > DEEPEST {
                return false;
            }
            if is_structure {
                self.last = byte;
            }
        }
    }
}

/// A word or number is held at most so long; a longer one passes as it is.
const LONGEST_TOKEN: usize = 1 << 20;

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\n' | '\r' | '\t')
}

/// What may follow a backslash.
fn is_escape(letter: char) -> bool {
    matches!(letter, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')
}

/// Takes a text in pieces.
#[derive(Debug, Default)]
struct Softener {
    depth: usize,
    in_string: bool,
    /// A backslash, and what came after it as long as it may be half a character.
    held: String,
    /// A word or number so far.
    word: String,
    /// A comma, and blanks after it, as long as the list may end there.
    comma: String,
    /// The last sign outside texts that is no blank; of a word or number any.
    last: char,
    replaced: Replaced,
}

impl Softener {
    /// What may go on so far.
    fn feed(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            if self.in_string {
                self.within_string(letter, &mut out);
            } else {
                self.outside(letter, &mut out);
            }
        }
        out
    }

    fn outside(&mut self, letter: char, out: &mut String) {
        match letter {
            '"' | '{' | '[' | '}' | ']' | ',' | ':' => self.structure(letter, out),
            letter if is_blank(letter) => {
                self.end_word(out);
                match self.comma.is_empty() {
                    true => self.keep(letter, out),
                    false => self.comma.push(letter),
                }
            }
            // Byte order marks and padding say nothing.
            letter if letter == '\u{feff}' || letter.is_whitespace() || letter.is_control() => {
                if !self.word.is_empty() {
                    self.end_word(out);
                    self.keep(' ', out);
                }
                self.replaced.signs += 1;
            }
            letter => {
                self.flush_comma(out);
                self.word.push(letter);
                self.last = letter;
                if self.word.len() > LONGEST_TOKEN {
                    let word = std::mem::take(&mut self.word);
                    self.keep_all(&word, out);
                }
            }
        }
    }

    fn structure(&mut self, letter: char, out: &mut String) {
        self.end_word(out);
        let is_end = matches!(letter, '}' | ']');
        if self.last == ':' && (is_end || letter == ',') && self.depth > 0 {
            self.replaced.values += 1;
            self.keep_all("null", out);
        }
        if letter == ',' {
            if matches!(self.last, ',' | '{' | '[') {
                self.replaced.signs += 1;
            } else {
                self.comma.push(',');
            }
            // After an opening nothing has come yet.
            self.last = if matches!(self.last, '{' | '[') { self.last } else { ',' };
            return;
        }
        if is_end && !self.comma.is_empty() {
            self.replaced.signs += 1;
            self.comma.remove(0);
        }
        self.flush_comma(out);
        let before = std::mem::replace(&mut self.last, letter);
        match letter {
            '"' => {
                self.in_string = true;
                self.keep('"', out);
            }
            '{' | '[' => {
                self.depth += 1;
                if self.depth == DEEPEST + 1 {
                    self.replaced.deep += 1;
                    *out += if matches!(before, ',' | ':' | '[' | '{') { "null" } else { " null" };
                }
                self.keep(letter, out);
            }
            '}' | ']' => {
                self.keep(letter, out);
                self.depth = self.depth.saturating_sub(1);
            }
            other => self.keep(other, out),
        }
    }

    fn flush_comma(&mut self, out: &mut String) {
        let comma = std::mem::take(&mut self.comma);
        self.keep_all(&comma, out);
    }

    fn end_word(&mut self, out: &mut String) {
        let word = std::mem::take(&mut self.word);
        // A body that is a word as a whole is no JSON of ours.
        if self.depth == 0 || word.is_empty() || word.bytes().fold(Token::default(), Token::then).is_whole() {
            return self.keep_all(&word, out);
        }
        self.replaced.values += 1;
        self.keep_all("null", out);
    }

    /// What is left when nothing more comes.
    fn end(&mut self) -> String {
        let mut out = String::new();
        for rest in [std::mem::take(&mut self.comma), std::mem::take(&mut self.word), std::mem::take(&mut self.held)] {
            self.keep_all(&rest, &mut out);
        }
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
            if letter < ' ' {
                self.replaced.signs += 1;
                self.keep_all(&format!("\\u{:04x}", u32::from(letter)), out);
            } else {
                self.keep(letter, out);
            }
            return;
        }
        self.held.push(letter);
        match look(&self.held) {
            Look::More => {}
            Look::Whole => {
                let held = std::mem::take(&mut self.held);
                self.keep_all(&held, out);
            }
            // The first of two halves stands alone: what came after it is looked at anew.
            Look::Half => {
                self.replaced.letters += 1;
                self.keep_all("\\ufffd", out);
                self.again(6, out);
            }
            // A backslash that begins no escape stands for itself.
            Look::NoEscape => {
                self.replaced.signs += 1;
                self.keep_all("\\\\", out);
                self.again(1, out);
            }
        }
    }

    /// Looks anew at what is held behind its first letters: at most another escape.
    fn again(&mut self, from: usize, out: &mut String) {
        let rest = self.held.split_off(from);
        self.held.clear();
        rest.chars().for_each(|letter| match self.in_string {
            true => self.within_string(letter, out),
            false => self.outside(letter, out),
        });
    }
}

enum Look {
    More,
    Whole,
    /// Its first six letters are half a character.
    Half,
    NoEscape,
}

/// What a held escape is so far: it begins with a backslash.
fn look(held: &str) -> Look {
    let Some(first) = unit(held) else {
        return match held.chars().nth(1) {
            None => Look::More,
            Some('u') if held.len() < 6 && is_hex(held.get(2..)) => Look::More,
            Some(other) if other != 'u' && is_escape(other) => Look::Whole,
            Some(_) => Look::NoEscape,
        };
    };
    if (0xdc00..0xe000).contains(&first) {
        return Look::Half;
    }
    if !(0xd800..0xdc00).contains(&first) {
        return Look::Whole;
    }
    let rest = &held[6..];
    match unit(rest) {
        Some(second) if (0xdc00..0xe000).contains(&second) => Look::Whole,
        Some(_) => Look::Half,
        None if "\\u".starts_with(rest.get(..2).unwrap_or(rest)) && rest.len() < 6 && is_hex(rest.get(2..)) => {
            Look::More
        }
        None => Look::Half,
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
mod tests;
