//! Looking for words of a person in texts and files, in every spelling.

use super::{any_reading, fold, lenient, of_address, packed};
use regex::Regex;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// Texts are searched in pieces of this size, unpacked. A packed value within a text is seen as far as it lies
/// in one piece.
const PIECE: usize = 4 << 20;
/// No word is longer, however it is spelt.
const OVERLAP: usize = 1 << 16;
/// A word counts where it stands alone, not as a part of a longer word or number.
const BEFORE: &str = r"(^|[^0-9A-Za-z_@.+-])";
const AFTER: &str = r"($|[^0-9A-Za-z_@+-])";

type IsOne = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Words to look for, and perhaps addresses that are only known by a test.
#[derive(Clone)]
pub struct Words {
    /// Over folded text; none where there is no word.
    pattern: Option<Regex>,
    /// Over text as it stands, to replace in it.
    plain: Option<Regex>,
    is_address: Option<IsOne>,
}

impl fmt::Debug for Words {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Words(***)")
    }
}

impl Words {
    /// # Errors
    /// Where the words are too many or too long for a pattern.
    pub fn new<S: AsRef<str>>(words: &[S]) -> Result<Self, regex::Error> {
        let mut all: Vec<String> = words.iter().flat_map(|word| of_address(word.as_ref())).collect();
        all.retain(|word| !word.is_empty());
        let build = |forms: Vec<String>, flags: &str| {
            let escaped: Vec<String> = forms.iter().map(|form| regex::escape(form)).collect();
            let pattern = format!("{flags}{BEFORE}(?:{}){AFTER}", escaped.join("|"));
            regex::RegexBuilder::new(&pattern).size_limit(64 << 20).build()
        };
        if all.is_empty() {
            return Ok(Self { pattern: None, plain: None, is_address: None });
        }
        let plain = build(all.clone(), "(?i)")?;
        let pattern = build(all.iter().map(|word| fold(word)).collect(), "")?;
        Ok(Self { pattern: Some(pattern), plain: Some(plain), is_address: None })
    }

    /// Also finds addresses that `is_one` knows; it is asked with them in lower case.
    #[must_use]
    pub fn or_addresses(self, is_one: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { is_address: Some(Arc::new(is_one)), ..self }
    }

    /// Whether a text names one of the words.
    pub fn are_in_text(&self, text: &str) -> bool {
        any_reading(text, &mut |reading| self.are_in_reading(reading))
    }

    fn are_in_reading(&self, reading: &str) -> bool {
        self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&fold(reading)))
            || self.is_address.as_ref().is_some_and(|is_one| addresses(reading).iter().any(|address| is_one(address)))
    }

    /// `text` with `by` in place of the words; all of it where a word stands in it in another spelling.
    pub fn replaced(&self, text: &str, by: &str) -> String {
        let mut done = text.to_owned();
        // A match takes what stands behind it along, so that of two in a row one is left for the next turn.
        while let Some(plain) = self.plain.as_ref().filter(|plain| plain.is_match(&done)) {
            done = plain.replace_all(&done, format!("${{1}}{}${{2}}", by.replace('$', "$$"))).into_owned();
        }
        if self.are_in_text(&done) { by.to_owned() } else { done }
    }

    /// Whether a file names one, packed or not.
    ///
    /// # Errors
    /// What cannot be read or unpacked.
    pub fn are_in_file(&self, path: &Path) -> io::Result<bool> {
        self.are_in(File::open(path)?)
    }

    /// The same of bytes that can be read twice.
    pub fn are_in(&self, source: impl Read + Seek) -> io::Result<bool> {
        packed::each(source, &mut |text| self.are_in_stream(text, PIECE))
    }

    /// Reads `text` to its end in pieces; the end of one goes along with the next, so that no word is cut.
    fn are_in_stream(&self, text: &mut dyn Read, piece: usize) -> io::Result<bool> {
        let mut held = Vec::new();
        let mut is_cut = false;
        loop {
            let is_last = text.take(piece as u64).read_to_end(&mut held)? < piece;
            // Only the text's own beginning and end bound a word, not a piece's.
            let mut window = String::from(if is_cut { "x" } else { "" });
            window.push_str(&lenient(&held));
            window.push_str(if is_last { "" } else { "x" });
            if self.are_in_text(&window) {
                return Ok(true);
            }
            if is_last {
                return Ok(false);
            }
            let seen = held.len().saturating_sub(OVERLAP);
            held.drain(..seen);
            is_cut |= seen > 0;
        }
    }
}

/// What looks like an address in a text as it stands, in lower case.
pub fn addresses(text: &str) -> Vec<String> {
    static ADDRESS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"[^\s"'<>(),;:&?=/\\|\[\]{}@]+@[^\s"'<>(),;:&?=/\\|\[\]{}@]+"#).ok());
    if !text.contains(['@', '\u{ff20}']) {
        return Vec::new();
    }
    let found = ADDRESS.iter().flat_map(|pattern| pattern.find_iter(text));
    let all = found.flat_map(|address| whole_and_shorter(address.as_str().trim_matches(['.', '!', '*', '`', '…'])));
    all.flat_map(of_address).collect()
}

/// An address, and what is left of it without the last parts of its domain: they may be a file's ending.
fn whole_and_shorter(address: &str) -> Vec<&str> {
    let least = address.find('@').map_or(0, |at| at + address[at..].find('.').unwrap_or(0));
    let ends = address.match_indices('.').map(|(at, _)| at).filter(|at| *at > least);
    ends.chain([address.len()]).map(|end| &address[..end]).collect()
}
