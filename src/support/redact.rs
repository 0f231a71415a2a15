//! Taking secrets out of texts, in every spelling they may be sent or printed in.
//!
//! The rule: a secret of eight characters or more is replaced wherever it stands, and so is one of six or seven
//! that mixes letters with digits or signs. Another may be an ordinary word or number and is replaced only as a
//! value: behind a sign that begins one, such as `=`, `:` or a quote. Of three characters and less none is: who can
//! guess it has no need of a log.

mod quoted;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::{Arc, PoisonError, RwLock};

pub use quoted::{quoted, vendors_own};

const SHORT: usize = 8;
/// Of letters and others mixed.
const SHORT_MIXED: usize = 6;
const SHORTEST: usize = 4;
/// Of a longer secret the beginning is looked for, and what follows it goes along.
const LONG: usize = 48;
/// Fetched tokens that are remembered; each ends within a day.
const MOST_TOKENS: usize = 200;
/// Lines of a key file that are shorter say nothing.
const KEY_LINE: usize = 40;

/// What stands in the place of a secret.
pub const HIDDEN: &str = "***";

/// A secret in every spelling.
#[derive(Clone, Debug)]
struct Pattern {
    secret: String,
    regex: Regex,
}

/// All that this process has read or fetched.
#[derive(Debug, Default)]
struct Known {
    patterns: VecDeque<Arc<Pattern>>,
    /// How many of them are from the configuration and never forgotten; they come first.
    fixed: usize,
}

impl Known {
    fn of(&self, secret: &str) -> Option<Arc<Pattern>> {
        self.patterns.iter().find(|pattern| pattern.secret == secret).cloned()
    }
}

static KNOWN: RwLock<Known> = RwLock::new(Known { patterns: VecDeque::new(), fixed: 0 });

/// Remembers a secret of the configuration for [`all`].
pub fn keep(secret: &str) {
    for part in parts(secret) {
        enter(&part, true);
    }
}

/// Remembers a token that was fetched or made.
pub fn keep_token(token: &str) {
    enter(token, false);
}

fn enter(secret: &str, is_fixed: bool) {
    let known = |all: &Known| all.of(secret).is_some();
    if known(&KNOWN.read().unwrap_or_else(PoisonError::into_inner)) {
        return;
    }
    let Some(regex) = pattern(secret) else { return };
    let pattern = Arc::new(Pattern { secret: secret.to_owned(), regex });
    let mut all = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known(&all) {
        return;
    }
    if is_fixed {
        all.patterns.push_front(pattern);
        all.fixed += 1;
    } else {
        if all.patterns.len() - all.fixed >= MOST_TOKENS {
            let oldest = all.fixed;
            all.patterns.remove(oldest);
        }
        all.patterns.push_back(pattern);
    }
}

/// `text` without any secret that this process knows, and without what is a token by its form.
pub fn all(text: &str) -> String {
    let known: Vec<Arc<Pattern>> = {
        let all = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        all.patterns.iter().cloned().collect()
    };
    let text = known.iter().fold(text.to_owned(), |text, pattern| hidden(&text, &pattern.secret, &pattern.regex));
    tokens(&text)
}

/// `text` without one secret.
pub fn one(text: &str, secret: &str) -> String {
    parts(secret).into_iter().fold(text.to_owned(), |text, part| {
        // What is known already is hidden by [`all`], and need not be compiled anew.
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner).of(&part);
        match known.map(|pattern| pattern.regex.clone()).or_else(|| pattern(&part)) {
            Some(regex) => hidden(&text, &part, &regex),
            None => text,
        }
    })
}

fn hidden(text: &str, secret: &str, regex: &Regex) -> String {
    let text = match regex.is_match(text) {
        // The sign before a short secret stays; of others there is none.
        true => regex.replace_all(text, format!("${{before}}{HIDDEN}")).into_owned(),
        false => text.to_owned(),
    };
    without_cut(text, secret)
}

/// An error's text may have been cut within a secret.
fn without_cut(text: String, secret: &str) -> String {
    let end = text.trim_end_matches(['.', '…', '"', '\'', '\n', ' ']);
    let percent: String = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).collect();
    for form in [secret, percent.as_str()] {
        let starts = form.char_indices().map(|(at, _)| at).filter(|at| *at >= SHORT);
        if let Some(cut) = starts.rev().find(|at| end.ends_with(&form[..*at])) {
            return format!("{}{HIDDEN}{}", &end[..end.len() - cut], &text[end.len()..]);
        }
    }
    text
}

/// What is a token by its form: signed assertions, Slack's and Google's tokens and hooks, credentials in headers.
fn tokens(text: &str) -> String {
    static FORMS: std::sync::LazyLock<Option<Regex>> = std::sync::LazyLock::new(|| {
        let forms = [
            r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
            r"xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}",
            r"ya29\.[A-Za-z0-9_.-]{8,}",
            r"(?P<before>hooks\.slack\.com(?:/|%2[fF]|\\+/)(?:services|workflows|triggers)(?:/|%2[fF]|\\+/))[A-Za-z0-9/%\\_-]+",
        ];
        Regex::new(&forms.join("|")).ok()
    });
    FORMS
        .as_ref()
        .map_or_else(|| text.to_owned(), |forms| forms.replace_all(text, format!("${{before}}{HIDDEN}")).into_owned())
}

/// What of a secret is one by itself: the path of a hook's URL, the lines of a private key, each line of a file.
fn parts(secret: &str) -> Vec<String> {
    let mut all = vec![secret.to_owned()];
    if let Some((_, rest)) = secret.split_once("://")
        && let Some(path) = rest.find('/').map(|at| &rest[at..])
        && path.len() >= SHORT
    {
        all.push(path.to_owned());
    }
    let text = match serde_json::from_str::<serde_json::Value>(secret) {
        Ok(serde_json::Value::Object(fields)) => {
            let is_secret =
                |name: &str| ["private_key", "private_key_id", "client_secret", "refresh_token"].contains(&name);
            let fields: Vec<String> = fields
                .iter()
                .filter(|(name, _)| is_secret(name))
                .filter_map(|(_, value)| value.as_str().map(str::to_owned))
                .collect();
            all.extend(fields.iter().filter(|field| !field.contains('\n')).cloned());
            fields.join("\n")
        }
        _ => secret.to_owned(),
    };
    if text.contains('\n') {
        all.extend(text.lines().map(str::trim).filter(|line| line.len() >= KEY_LINE).map(str::to_owned));
    }
    all
}

/// A secret's spellings as a pattern; none for one that is too short.
fn pattern(secret: &str) -> Option<Regex> {
    let letters: Vec<char> = secret.chars().collect();
    if letters.len() < SHORTEST {
        return None;
    }
    let is_long = letters.len() > LONG;
    let head: String = letters.iter().take(LONG).collect();
    let rest = if is_long { r#"(?:[^\s"'<>,;&\\]|\\+[^\s"'\\])*"# } else { "" };
    let plain = spelt(&head) + rest;
    if letters.len() < SHORT && !is_mixed(&letters) {
        // A word's end bounds what ends with a letter.
        let end = if letters.last().is_some_and(|letter| letter.is_alphanumeric()) { r"\b" } else { "" };
        let pattern = format!(r#"(?P<before>[=:"'/(\[]\s?|(?:[Bb]earer|[Bb]asic|[Tt]oken) ){plain}{end}"#);
        return Regex::new(&pattern).ok();
    }
    let mut all = vec![plain];
    // In base64 a text looks different by its place; what stands around it goes along.
    for skipped in 0..3 {
        let text = [&b"\0\0"[..skipped], head.as_bytes()].concat();
        let encoded = STANDARD.encode(&text);
        let from = if skipped == 0 { 0 } else { skipped + 1 };
        let whole = text.len() / 3 * 4;
        if let Some(middle) = encoded.get(from..whole).filter(|middle| middle.len() >= SHORT_MIXED) {
            let middle: String = middle.chars().map(base64_letter).collect();
            let around = r"(?:[A-Za-z0-9+/_=-]|%2[bBfF]|%3[dD]|\\+/)*";
            all.push(format!("{around}{middle}{around}"));
        }
    }
    let hex: String = head.bytes().map(|byte| format!("{byte:02x}")).collect();
    all.push(format!("(?i:{hex})[0-9A-Fa-f]*"));
    regex::RegexBuilder::new(&format!(
        "(?P<before>){}",
        all.iter().map(|one| format!("(?:{one})")).collect::<Vec<_>>().join("|")
    ))
    .size_limit(32 << 20)
    .build()
    .ok()
}

fn is_mixed(letters: &[char]) -> bool {
    let of_letters = letters.iter().filter(|letter| letter.is_alphabetic()).count();
    letters.len() >= SHORT_MIXED && of_letters > 0 && of_letters < letters.len()
}

fn base64_letter(letter: char) -> String {
    match letter {
        '+' => r"(?:[+-]|%2[bB])".to_owned(),
        '/' => r"(?:\\*/|_|%2[fF])".to_owned(),
        other => other.to_string(),
    }
}

/// Every letter in each of its spellings: as it is, escaped as in JSON and by programs, percent, HTML, mail. A
/// backslash and a percent sign may themselves be escaped, once or more.
fn spelt(text: &str) -> String {
    const BACKSLASH: &str = r"(?:\\|%(?:25)*5[cC]|&#92;)+";
    const PERCENT: &str = "(?:%(?:25)*)";
    let mut pattern = String::new();
    for letter in text.chars() {
        let code = u32::from(letter);
        let mut units = [0; 2];
        let units = letter.encode_utf16(&mut units);
        let mut utf8 = [0; 4];
        let bytes = letter.encode_utf8(&mut utf8).as_bytes();
        let each = |prefix: &str| bytes.iter().map(|byte| format!("{prefix}(?i:{byte:02x})")).collect::<String>();
        let unicode: String = units.iter().map(|unit| format!("{BACKSLASH}u(?i:{unit:04x})")).collect();
        let named = match letter {
            '&' => "|&amp;",
            '<' => "|&lt;",
            '>' => "|&gt;",
            '"' => "|&quot;|\"\"",
            '\'' => "|&apos;",
            ' ' => r"|\+|&nbsp;|_",
            '\n' => "|(?:\\\\)+n",
            '\r' => "|(?:\\\\)+r",
            '\t' => "|(?:\\\\)+t",
            // Read as a form, it is a space.
            '+' => "| ",
            _ => "",
        };
        let plain = regex::escape(&letter.to_string());
        // Letters and digits are never escaped by a backslash alone; what else is may be encoded once more.
        let escape = if letter.is_alphanumeric() { String::new() } else { format!("(?:{BACKSLASH})?") };
        let _ = write!(
            pattern,
            "(?:{escape}(?:{plain}{named}|{}|&(?:amp;)*#(?:0*{code}|[xX]0*(?i:{code:x}));|{})|{unicode}|{BACKSLASH}u\\{{0*(?i:{code:x})\\}}|{})",
            each(PERCENT),
            each("="),
            each(&format!("{BACKSLASH}x")),
        );
    }
    pattern
}

/// Writes what it is given without secrets. Each call is taken for a whole: a line of the log is written at once.
#[derive(Debug)]
pub struct Redacting<W>(pub W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(all(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
