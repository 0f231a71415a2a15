//! Encodings of whole texts: base64 of both alphabets, wherever in a run of letters it begins, and hex.

use super::decode::Decoder;
use super::{lenient, packed};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

pub const DECODERS: [Decoder; 2] = [base64, hex];

/// A shorter run is a word or a number, and whatever it decodes to is chance.
const SHORTEST_RUN: usize = 8;
const SHORTEST_HEX: usize = 12;
/// The same of what comes out.
const SHORTEST_TEXT: usize = 5;
/// Lines of mails and of certificates are broken; words of a sentence are not joined.
const BROKEN_LINE: usize = 40;

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn base64(text: &str) -> Option<String> {
    let mut found = String::new();
    let mut run: Vec<u8> = Vec::new();
    let mut in_line = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at <= bytes.len() {
        match bytes.get(at) {
            Some(b'-' | b'+') => run.push(b'+'),
            Some(b'_' | b'/') => run.push(b'/'),
            Some(byte) if byte.is_ascii_alphanumeric() => run.push(*byte),
            Some(b'\r' | b'\n') if in_line >= BROKEN_LINE => {
                in_line = 0;
                at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                continue;
            }
            _ => {
                of_run(&run, &mut found);
                run.clear();
                in_line = 0;
                at += 1;
                continue;
            }
        }
        in_line += 1;
        at += 1;
    }
    (!found.is_empty()).then_some(found)
}

/// A run may begin before its base64 does: all four places are tried.
fn of_run(run: &[u8], found: &mut String) {
    for start in 0..4 {
        let Some(own) = run.get(start..).filter(|own| own.len() >= SHORTEST_RUN) else { return };
        // One letter alone is less than a byte.
        let own = if own.len() % 4 == 1 { &own[..own.len() - 1] } else { own };
        if let Ok(bytes) = FORGIVING.decode(own) {
            keep(&bytes, found);
        }
    }
}

fn hex(text: &str) -> Option<String> {
    let mut found = String::new();
    for run in text.split(|letter: char| !letter.is_ascii_hexdigit()).filter(|run| run.len() >= SHORTEST_HEX) {
        for run in [run, &run[1..]] {
            let digits = run.as_bytes().chunks_exact(2);
            let bytes = digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
            keep(&bytes.collect::<Vec<u8>>(), &mut found);
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Keeps what looks like text, and what is packed text.
fn keep(bytes: &[u8], found: &mut String) {
    if let Some(text) = packed::unpacked(bytes) {
        found.push_str(&text);
        found.push('\n');
        return;
    }
    let plain: std::borrow::Cow<'_, str> =
        if bytes.contains(&0) { lenient(bytes).into() } else { String::from_utf8_lossy(bytes) };
    let is_edge =
        |letter: char| letter == char::REPLACEMENT_CHARACTER || letter.is_control() && !letter.is_whitespace();
    for text in plain.split(is_edge).filter(|text| text.len() >= SHORTEST_TEXT) {
        found.push_str(text);
        found.push('\n');
    }
}
