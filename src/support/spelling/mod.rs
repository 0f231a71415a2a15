//! The spellings of one text: what vendors, mail programs and log lines make of an address or a secret,
//! read back. Whoever looks for a text looks for it in every reading.

mod base;
mod decode;
mod packed;
mod words;

pub use words::{Words, addresses};

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use unicode_normalization::UnicodeNormalization;

/// Encodings may lie in one another so deep: base64 of JSON with escapes in a percent-encoded field is three.
const DEEPEST: usize = 4;
/// Readings of one text. What has more is made to have more.
const MOST: usize = 300;

/// Text as it is compared: one form for letters that look alike (NFKC), no case, no letters without width.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let seen = text.nfkc().filter(|letter| !is_ignorable(*letter));
    // Upper case first: it knows that ß and SS, ς and σ are the same letters.
    seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

fn is_ignorable(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Bytes as text, whatever encoding they are in: what is no UTF-8 is read as Latin-1, and UTF-16 by its zeros.
pub fn lenient(bytes: &[u8]) -> String {
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let utf16 = match bytes {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        _ if (even + odd) * 4 > bytes.len() => {
            Some(if odd >= even { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE })
        }
        _ => None,
    };
    if let Some(encoding) = utf16 {
        return encoding.decode(bytes).0.into_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    text
}

/// Shows every reading of `text` to `is_found`, the text itself first, until it says yes. A text with more
/// readings than can be looked through counts as found: what cannot be looked at cannot be kept.
pub fn any_reading(text: &str, is_found: &mut dyn FnMut(&str) -> bool) -> bool {
    look(text, DEEPEST, &mut HashMap::new(), is_found)
}

fn look(text: &str, depth: usize, seen: &mut HashMap<u64, usize>, is_found: &mut dyn FnMut(&str) -> bool) -> bool {
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    let hash = hash.finish();
    // What was met deeper before was not followed as far as it can be from here.
    match seen.get(&hash) {
        Some(followed) if *followed >= depth => return false,
        Some(_) => {}
        None if seen.len() >= MOST || is_found(text) => return true,
        None => {}
    }
    seen.insert(hash, depth);
    if depth == 0 {
        return false;
    }
    let decoders = decode::DECODERS.iter().chain(&base::DECODERS);
    decoders.filter_map(|decoder| decoder(text)).any(|reading| look(&reading, depth - 1, seen, is_found))
}

/// The ways in which an address may have been given where its letters count one by one: accents apart from
/// their letters or with them, the domain as readers or as DNS know it. In lower case, without repeats.
pub fn of_address(address: &str) -> Vec<String> {
    let plain = address.trim().to_lowercase();
    let mut all = vec![plain.clone()];
    if let Some((local, domain)) = plain.rsplit_once('@') {
        let hosts = [super::mailbox::ascii_host(domain), Some(idna::domain_to_unicode(domain).0)];
        all.extend(hosts.into_iter().flatten().map(|host| format!("{local}@{host}")));
    }
    let forms = all.iter().flat_map(|one| [one.clone(), one.nfc().collect(), one.nfd().collect()]);
    let mut seen = HashSet::new();
    forms.filter(|form: &String| seen.insert(form.clone())).collect()
}

#[cfg(test)]
mod tests;
