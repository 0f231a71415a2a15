//! Encodings of whole texts: base64 of both alphabets, wherever in a run of letters it begins, and hex.

use super::pieces::BROKEN_LINE;
use super::{lenient, packed};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What runs of base64 and hex decode to.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Whatever looks like text, of each line one. Most of it is chance: words are looked for in it and no more.
    pub scraps: String,
    /// What is text beyond doubt or was packed, and may hold spellings of its own.
    pub texts: Vec<String>,
}

/// A shorter run is a word or a number, and whatever it decodes to is chance.
const SHORTEST_RUN: usize = 8;
const SHORTEST_HEX: usize = 12;
/// The same of what comes out.
const SHORTEST_TEXT: usize = 5;
/// A strip of so many letters is no chance: of eight random bytes, all are letters once in three thousand times.
const SURE_TEXT: usize = 8;

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Only of runs that `is_new` says are: readings of one text have most of theirs in common.
pub fn decoded(text: &str, is_new: &mut dyn FnMut(&[u8]) -> bool) -> Decoded {
    let mut found = Decoded::default();
    base64(text, is_new, &mut found);
    hex(text, is_new, &mut found);
    found
}

fn base64(text: &str, is_new: &mut dyn FnMut(&[u8]) -> bool, found: &mut Decoded) {
    let mut run: Vec<u8> = Vec::new();
    let mut in_line = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at <= bytes.len() {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'-' | b'+'), _) => run.push(b'+'),
            (Some(b'_' | b'/'), _) => run.push(b'/'),
            (Some(byte), _) if byte.is_ascii_alphanumeric() => run.push(*byte),
            // As JSON may write a slash, and the end of a line.
            (Some(b'\\'), Some(b'/')) => {
                at += 1;
                continue;
            }
            (Some(b'\\'), Some(b'r' | b'n')) if in_line >= BROKEN_LINE || in_line == 0 && !run.is_empty() => {
                in_line = 0;
                at += 2;
                continue;
            }
            (Some(b'\r' | b'\n'), _) if in_line >= BROKEN_LINE => {
                in_line = 0;
                at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                continue;
            }
            _ => {
                if run.len() >= SHORTEST_RUN && is_new(&run) {
                    of_run(&run, found);
                }
                run.clear();
                in_line = 0;
                at += 1;
                continue;
            }
        }
        in_line += 1;
        at += 1;
    }
}

/// A run may begin before its base64 does: all four places are tried.
fn of_run(run: &[u8], found: &mut Decoded) {
    for start in 0..4 {
        let Some(own) = run.get(start..).filter(|own| own.len() >= SHORTEST_RUN) else { return };
        // One letter alone is less than a byte.
        let own = if own.len() % 4 == 1 { &own[..own.len() - 1] } else { own };
        if let Ok(bytes) = FORGIVING.decode(own) {
            keep(&bytes, found);
        }
    }
}

fn hex(text: &str, is_new: &mut dyn FnMut(&[u8]) -> bool, found: &mut Decoded) {
    let runs = text.as_bytes().split(|byte| !byte.is_ascii_hexdigit()).filter(|run| run.len() >= SHORTEST_HEX);
    for run in runs.filter(|run| is_new(&[b"0x", *run].concat())).collect::<Vec<_>>() {
        for run in [run, &run[1..]] {
            let digits = run.chunks_exact(2);
            let bytes = digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
            keep(&bytes.collect::<Vec<u8>>(), found);
        }
    }
}

/// Keeps what looks like text, and what is packed text.
fn keep(bytes: &[u8], found: &mut Decoded) {
    if let Some(text) = packed::unpacked(bytes) {
        found.texts.push(text);
        return;
    }
    let plain: std::borrow::Cow<'_, str> =
        if bytes.contains(&0) { lenient(bytes).into() } else { String::from_utf8_lossy(bytes) };
    let is_edge =
        |letter: char| letter == char::REPLACEMENT_CHARACTER || letter.is_control() && !letter.is_whitespace();
    for text in plain.split(is_edge).filter(|text| text.len() >= SHORTEST_TEXT) {
        if text.len() >= SURE_TEXT {
            found.texts.push(text.to_owned());
        } else {
            found.scraps.push_str(text);
            found.scraps.push('\n');
        }
    }
}
