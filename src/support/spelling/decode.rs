//! Encodings that name single letters: escapes of JSON and of programs, percent, HTML, mail.

use super::lenient;
use base64::Engine;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Each gives the text read by its rules, or nothing where it has nothing to read.
pub type Decoder = fn(&str) -> Option<String>;

pub const DECODERS: [Decoder; 7] = [escapes, percent, form, entities, encoded_words, quoted_printable, doubled_quotes];

/// Those that leave a run of base64 in one.
pub const SIGNS: [Decoder; 4] = [escapes, percent, entities, quoted_printable];

/// `\u00f6`, halves of a letter in two, `\u{f6}`, `\U000000f6`, `\xc3\xb6`, `\/`, `\"`.
fn escapes(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return None;
    }
    let mut read: Vec<u8> = Vec::with_capacity(text.len());
    let letter = |code: u32, read: &mut Vec<u8>| {
        let known = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        read.extend_from_slice(known.encode_utf8(&mut [0; 4]).as_bytes());
    };
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        read.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let Some(kind) = rest.chars().next() else { break };
        rest = &rest[kind.len_utf8()..];
        match kind {
            'u' | 'U' | 'x' => {
                let (code, used) = match (kind, rest.strip_prefix('{')) {
                    (_, Some(braced)) => {
                        let digits = braced.find('}').filter(|end| *end <= 6).unwrap_or(0);
                        (hex(braced, digits), digits + 2)
                    }
                    ('u', _) => (hex(rest, 4), 4),
                    ('U', _) => (hex(rest, 8), 8),
                    _ => (hex(rest, 2), 2),
                };
                let Some(code) = code else {
                    read.extend_from_slice(kind.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                };
                rest = &rest[used..];
                let low = || hex(rest.strip_prefix("\\u")?, 4).filter(|low| (0xdc00..0xe000).contains(low));
                match (code, kind) {
                    (0xd800..0xdc00, 'u') if low().is_some() => {
                        letter(0x1_0000 + ((code - 0xd800) << 10) + (low().unwrap_or(0xdc00) - 0xdc00), &mut read);
                        rest = &rest[6..];
                    }
                    // A byte of a letter, perhaps.
                    (0..0x100, 'x') => read.push(u8::try_from(code).unwrap_or(b'?')),
                    _ => letter(code, &mut read),
                }
            }
            'n' | 'r' | 't' | 'b' | 'f' => read.push(b' '),
            other => read.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    read.extend_from_slice(rest.as_bytes());
    Some(lenient(&read))
}

fn hex(text: &str, digits: usize) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| !digits.is_empty())?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// `%40`, and `%u0040` as old scripts write it.
fn percent(text: &str) -> Option<String> {
    static OLD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("%u([0-9A-Fa-f]{4})").ok());
    if !text.contains('%') {
        return None;
    }
    let new = OLD.as_ref().map_or(Cow::Borrowed(text), |old| {
        old.replace_all(text, |found: &Captures<'_>| {
            hex(&found[1], 4).and_then(char::from_u32).map(String::from).unwrap_or_default()
        })
    });
    let read = lenient(&percent_encoding::percent_decode_str(&new).collect::<Vec<u8>>());
    (read != text).then_some(read)
}

/// A form, where `+` is a space.
fn form(text: &str) -> Option<String> {
    text.contains('+').then(|| text.replace('+', " "))
}

/// Names of the letters from U+00C0 on, without their `&` and `;`.
const LATIN: &str = "Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc \
    Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave \
    aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve \
    oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

/// `&#64;`, `&#x40;`, `&amp;`, `&ouml;`.
fn entities(text: &str) -> Option<String> {
    static ENTITY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new("&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z]{2,8}));?").ok());
    if !text.contains('&') {
        return None;
    }
    let read = ENTITY.as_ref()?.replace_all(text, |found: &Captures<'_>| {
        let code = match (found.get(1), found.get(2), found.get(3)) {
            (Some(decimal), ..) => decimal.as_str().parse().ok(),
            (_, Some(digits), _) => u32::from_str_radix(digits.as_str(), 16).ok(),
            (.., Some(name)) => match name.as_str() {
                "amp" => Some('&'.into()),
                "lt" => Some('<'.into()),
                "gt" => Some('>'.into()),
                "quot" => Some('"'.into()),
                "apos" => Some('\''.into()),
                "commat" => Some('@'.into()),
                "plus" => Some('+'.into()),
                "period" => Some('.'.into()),
                "nbsp" => Some(' '.into()),
                other => LATIN.split_whitespace().zip(0xc0..).find(|(name, _)| *name == other).map(|(_, code)| code),
            },
            _ => None,
        };
        code.and_then(char::from_u32).map_or_else(|| found[0].to_owned(), String::from)
    });
    // A query string has names like `&utm`, which stand for no letter.
    (read != text).then(|| read.into_owned())
}

/// `=?utf-8?Q?J=C3=B6rg?=` and its kin with B, in the headers of mails.
fn encoded_words(text: &str) -> Option<String> {
    static WORD: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"=\?([A-Za-z0-9_.:-]+)(?:\*[^?]*)?\?([QqBb])\?([^? ]*)\?=(?:\s+(=\?))?").ok());
    if !text.contains("=?") {
        return None;
    }
    // A word takes the blanks to the next one with it, and the beginning of the next: it goes by turns.
    let (mut read, mut text) = (String::new(), Cow::Borrowed(text));
    while let Some(found) = WORD.as_ref()?.captures(&text) {
        let all = found.get(0)?;
        let bytes = match &found[2] {
            "B" | "b" => base64::engine::general_purpose::STANDARD.decode(&found[3]).unwrap_or_default(),
            _ => signs(&found[3].replace('_', " ")),
        };
        let label = encoding_rs::Encoding::for_label(found[1].as_bytes()).unwrap_or(encoding_rs::UTF_8);
        read.push_str(&text[..all.start()]);
        read.push_str(&label.decode(&bytes).0);
        text = Cow::Owned(format!("{}{}", found.get(4).map_or("", |next| next.as_str()), &text[all.end()..]));
    }
    (!read.is_empty()).then(|| read + &text)
}

/// `J=C3=B6rg`, and lines that `=` joins.
fn quoted_printable(text: &str) -> Option<String> {
    static BREAK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("=[ \t]*\r?\n").ok());
    if !text.contains('=') {
        return None;
    }
    let joined = BREAK.as_ref()?.replace_all(text, "");
    let read = lenient(&signs(&joined));
    (read != text).then_some(read)
}

fn signs(text: &str) -> Vec<u8> {
    let mut read = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        read.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        match hex(rest, 2) {
            Some(code) => {
                read.push(u8::try_from(code).unwrap_or(b'?'));
                rest = &rest[2..];
            }
            None => read.push(b'='),
        }
    }
    read.extend_from_slice(rest.as_bytes());
    read
}

/// A quote within a field of CSV.
fn doubled_quotes(text: &str) -> Option<String> {
    text.contains("\"\"").then(|| text.replace("\"\"", "\""))
}
