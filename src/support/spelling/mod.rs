//! The spellings of one text: what vendors, mail programs and log lines make of an address or a secret,
//! read back. Whoever looks for a text looks for it in every reading.

mod base;
mod decode;
mod needs;
mod packed;
mod pieces;
mod words;

pub use words::{Kind, Words, addresses, without_endings};

use needs::Needs;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use unicode_normalization::UnicodeNormalization;

/// Encodings may lie in one another so deep: base64 of JSON with escapes in a percent-encoded field is three.
const DEEPEST: usize = 4;
/// Readings of one piece. What has more is made to have more.
const MOST: usize = 300;
/// Bytes of readings that are looked through for each byte of a text, and for a short one at least.
const MOST_EACH: usize = 200;
const LEAST_BYTES: usize = 8 << 20;

/// What a search for words came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Absent,
    Found,
    /// The text can be read in more ways than are looked through: nobody knows.
    TooMany,
}

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

/// Shows every reading of `text` to `is_found`, the text itself first and all by pieces, until it says yes.
pub fn search(text: &str, is_found: &mut dyn FnMut(&str) -> bool) -> Outcome {
    search_for(text, &Needs::default(), is_found)
}

/// The same, but for readings in which nothing can be found that has these needs.
fn search_for(text: &str, needs: &Needs, is_found: &mut dyn FnMut(&str) -> bool) -> Outcome {
    let budget = LEAST_BYTES + MOST_EACH * text.len();
    Search { is_found, needs, pieces: HashMap::new(), runs: HashMap::new(), budget }.text(text, DEEPEST)
}

struct Search<'a> {
    needs: &'a Needs,
    is_found: &'a mut dyn FnMut(&str) -> bool,
    /// Pieces that were looked through, by hash, with the depth they were followed to.
    pieces: HashMap<u64, usize>,
    /// The same for runs of base64 and hex.
    runs: HashMap<u64, usize>,
    budget: usize,
}

impl Search<'_> {
    fn text(&mut self, text: &str, depth: usize) -> Outcome {
        first(pieces::units(text), |unit| {
            if unit.len() <= pieces::WINDOW {
                return self.piece(unit, depth, true);
            }
            // What is packed is read as a whole, or not at all.
            match self.decoded(unit, depth) {
                Outcome::Absent => first(pieces::windows(unit), |window| self.piece(&window, depth, false)),
                other => other,
            }
        })
    }

    fn piece(&mut self, piece: &str, depth: usize, is_whole: bool) -> Outcome {
        let followed = self.pieces.entry(hash(piece)).or_default();
        // What was met deeper before was not followed as far as it can be from here.
        if *followed > depth {
            return Outcome::Absent;
        }
        *followed = depth + 1;
        if let Some(steps) = self.steps_in_vain(piece, depth) {
            // Its letters are no word in any reading; base64 and hex may hold one.
            let skipped = if is_whole { 0 } else { 1 };
            return first(steps.iter().zip((1..=depth).rev()).skip(skipped), |(step, left)| self.decoded(step, left));
        }
        match (self.readings(piece, depth, is_whole, &mut HashMap::new()), pieces::halves(piece)) {
            (Outcome::TooMany, Some(halves)) if self.budget > 0 => {
                first(halves.iter(), |half| self.piece(half, depth, is_whole))
            }
            (outcome, _) => outcome,
        }
    }

    fn readings(&mut self, text: &str, depth: usize, is_whole: bool, seen: &mut HashMap<u64, usize>) -> Outcome {
        let hash = hash(text);
        match seen.get(&hash) {
            Some(followed) if *followed >= depth => return Outcome::Absent,
            Some(_) => {}
            None if seen.len() >= MOST || self.budget < text.len() => {
                self.budget = self.budget.saturating_sub(text.len());
                return Outcome::TooMany;
            }
            None => {
                self.budget -= text.len();
                if (self.is_found)(text) {
                    return Outcome::Found;
                }
            }
        }
        seen.insert(hash, depth);
        if depth == 0 {
            return Outcome::Absent;
        }
        let all = decode::DECODERS.iter().filter_map(|decoder| decoder(text));
        match first(all, |reading| self.readings(&reading, depth - 1, true, seen)) {
            Outcome::Absent if is_whole => self.decoded(text, depth),
            other => other,
        }
    }

    /// A piece read by all rules at once, and what comes out again; `None` where a word may be in some other reading.
    fn steps_in_vain<'p>(&self, piece: &'p str, depth: usize) -> Option<Vec<Cow<'p, str>>> {
        let mut steps = vec![Cow::Borrowed(piece)];
        while !self.needs.may_be_in(steps.last()?) {
            let step = decode::SIGNS.iter().fold(steps.last()?.clone(), |text, decoder| match decoder(&text) {
                Some(read) => Cow::Owned(read),
                None => text,
            });
            if steps.len() > depth || Some(&step) == steps.last() {
                return Some(steps);
            }
            steps.push(step);
        }
        None
    }

    /// What base64 and hex in a text hold; texts of their own, of any length.
    fn decoded(&mut self, text: &str, depth: usize) -> Outcome {
        if depth == 0 {
            return Outcome::Absent;
        }
        let base::Decoded { scraps, texts } = base::decoded(text, &mut |run| {
            let followed = self.runs.entry(hash(run)).or_default();
            let is_new = *followed < depth;
            *followed = depth.max(*followed);
            is_new
        });
        if !scraps.is_empty() && (self.is_found)(&scraps) {
            return Outcome::Found;
        }
        first(texts.iter(), |inner| {
            // What was packed is longer than what it was packed in.
            self.budget += MOST_EACH * inner.len().saturating_sub(text.len());
            self.text(inner, depth - 1)
        })
    }
}

/// The first answer that is not [`Outcome::Absent`].
fn first<T>(all: impl Iterator<Item = T>, look: impl FnMut(T) -> Outcome) -> Outcome {
    all.map(look).find(|outcome| *outcome != Outcome::Absent).unwrap_or(Outcome::Absent)
}

fn hash(text: impl Hash) -> u64 {
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    hash.finish()
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
