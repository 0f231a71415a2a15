//! Looking for words of a person in texts and files, in every spelling.

use super::super::regular_file;
use super::needs::Needs;
use super::{Outcome, fold, lenient, of_address, packed, search_for};
use regex::Regex;
use std::fmt;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// Texts are searched in pieces of this size, unpacked. A packed value within a text is seen as far as it lies
/// in one piece.
const PIECE: usize = 4 << 20;
/// No word is longer, however it is spelt.
const OVERLAP: usize = 1 << 16;
/// A word counts where it stands alone, not as a part of a longer word, number or address.
const BEFORE: &str = r"(^|[^\p{L}\p{M}\p{Nd}_@.+-])";
/// A full stop behind it may end a sentence; a longer domain goes on.
const AFTER: &str = r"(?:$|[^\p{L}\p{M}\p{Nd}_@.+-]|\.(?:$|[^\p{L}\p{M}\p{Nd}]))";
/// Endings of files that may follow an address and are no domain.
const ENDINGS: [&str; 10] = ["json", "zst", "gz", "csv", "xlsx", "eml", "txt", "pdf", "html", "parquet"];
/// One that is: only in names is it taken for a file's.
const ZIP: &str = "zip";

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// The name of a file or a path.
    Name,
}

impl Kind {
    pub fn is_ending(self, ending: &str) -> bool {
        ENDINGS.iter().chain((self == Self::Name).then_some(&ZIP)).any(|known| ending.eq_ignore_ascii_case(known))
    }
}

type IsOne = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Words to look for, and perhaps addresses that are only known by a test.
#[derive(Clone)]
pub struct Words {
    /// The bare words, quick to look for, over folded text; none where there is no word.
    any: Option<Regex>,
    /// The same where they stand alone.
    pattern: Option<Regex>,
    /// Over text as it stands, to replace in it.
    plain: Option<Regex>,
    is_address: Option<IsOne>,
    kind: Kind,
    needs: Needs,
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
        Self::of(words, Kind::Text)
    }

    /// # Errors
    /// As [`Self::new`].
    pub fn of<S: AsRef<str>>(words: &[S], kind: Kind) -> Result<Self, regex::Error> {
        let mut all: Vec<String> = words.iter().flat_map(|word| of_address(word.as_ref())).collect();
        all.retain(|word| !word.is_empty());
        let endings: Vec<&str> = ENDINGS.into_iter().chain((kind == Kind::Name).then_some(ZIP)).collect();
        let build = |forms: Vec<String>, flags: &str| {
            let escaped: Vec<String> = forms.iter().map(|form| regex::escape(form)).collect();
            let endings = endings.join("|");
            let pattern = format!("{flags}{BEFORE}(?:{})((?:\\.(?:{endings}))*{AFTER})", escaped.join("|"));
            regex::RegexBuilder::new(&pattern).size_limit(64 << 20).build()
        };
        if all.is_empty() {
            return Ok(Self { any: None, pattern: None, plain: None, is_address: None, kind, needs: Needs::default() });
        }
        let plain = build(all.clone(), "(?i)")?;
        let folded: Vec<String> = all.iter().map(|word| fold(word)).collect();
        let escaped: Vec<String> = folded.iter().map(|form| regex::escape(form)).collect();
        let any = regex::RegexBuilder::new(&escaped.join("|")).size_limit(64 << 20).build()?;
        let needs = Needs::of(&folded)?;
        let pattern = build(folded, "")?;
        Ok(Self { any: Some(any), pattern: Some(pattern), plain: Some(plain), is_address: None, kind, needs })
    }

    /// Also finds addresses that `is_one` knows; it is asked with them in lower case.
    #[must_use]
    pub fn or_addresses(self, is_one: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { is_address: Some(Arc::new(is_one)), needs: self.needs.clone().or_addresses(), ..self }
    }

    /// Whether a text names one of the words. One with too many readings counts as one that does: what cannot be
    /// looked at cannot be kept.
    pub fn are_in_text(&self, text: &str) -> bool {
        self.look_in_text(text) != Outcome::Absent
    }

    pub fn look_in_text(&self, text: &str) -> Outcome {
        search_for(text, &self.needs, &mut |reading| self.are_in_reading(reading))
    }

    pub(super) fn are_in_reading(&self, reading: &str) -> bool {
        let is_one = |is_one: &IsOne| addresses(reading, self.kind).iter().any(|address| is_one(address));
        let is_word = |(any, pattern): (&Regex, &Regex)| {
            let folded = fold(reading);
            any.is_match(&folded) && pattern.is_match(&folded)
        };
        self.any.as_ref().zip(self.pattern.as_ref()).is_some_and(is_word)
            || self.is_address.as_ref().is_some_and(is_one)
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
    pub fn look_in_file(&self, path: &Path) -> io::Result<Outcome> {
        self.look_in(regular_file::open(path)?)
    }

    /// The same of bytes that can be read twice.
    pub fn look_in(&self, source: impl Read + Seek) -> io::Result<Outcome> {
        let mut outcome = Outcome::Absent;
        packed::each(source, &mut |text| {
            outcome = self.look_in_stream(text, PIECE)?;
            Ok(outcome != Outcome::Absent)
        })?;
        Ok(outcome)
    }

    /// Reads `text` to its end in pieces; the end of one goes along with the next, so that no word is cut.
    fn look_in_stream(&self, text: &mut dyn Read, piece: usize) -> io::Result<Outcome> {
        let mut held = Vec::new();
        let mut is_cut = false;
        loop {
            let is_last = text.take(piece as u64).read_to_end(&mut held)? < piece;
            // Only the text's own beginning and end bound a word, not a piece's.
            let mut window = String::from(if is_cut { "x" } else { "" });
            window.push_str(&lenient(&held));
            window.push_str(if is_last { "" } else { "x" });
            let outcome = self.look_in_text(&window);
            if is_last || outcome != Outcome::Absent {
                return Ok(outcome);
            }
            let seen = held.len().saturating_sub(OVERLAP);
            held.drain(..seen);
            is_cut |= seen > 0;
        }
    }
}

/// What looks like an address in a text as it stands, in lower case.
pub fn addresses(text: &str, kind: Kind) -> Vec<String> {
    static ADDRESS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"[^\s"'<>(),;:&?=/\\|\[\]{}@]+@[^\s"'<>(),;:&?=/\\|\[\]{}@]+"#).ok());
    if !text.contains(['@', '\u{ff20}']) {
        return Vec::new();
    }
    let found = ADDRESS.iter().flat_map(|pattern| pattern.find_iter(text));
    let all = found.flat_map(|address| without_endings(address.as_str().trim_matches(['.', '!', '*', '`', '…']), kind));
    all.flat_map(of_address).collect()
}

/// A word, and what is left of it without the endings of a file.
pub fn without_endings(word: &str, kind: Kind) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(word), move |word| {
        word.rsplit_once('.').filter(|(_, ending)| kind.is_ending(ending)).map(|(rest, _)| rest)
    })
}
