//! What a piece must have for a word to be in one of its readings. Most pieces have it not, and their readings
//! need not be made: a page with tracking links has hundreds for each.

use super::fold;
use regex::Regex;
use std::sync::LazyLock;

/// A part of the word's letters is what has to stand in a piece that spells no plain letter otherwise.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// One of these runs of ASCII letters and digits; `None` where anything may be a word.
    runs: Option<Regex>,
    /// Whether any address may be a word.
    are_addresses: bool,
}

impl Needs {
    /// Of words in the forms in which they are looked for.
    ///
    /// # Errors
    /// Where they are too many for a pattern.
    pub fn of(forms: &[String]) -> Result<Self, regex::Error> {
        let runs: Option<Vec<&str>> = forms.iter().map(|form| run(form)).collect();
        let runs = runs.map(|runs| regex::RegexBuilder::new(&runs.join("|")).size_limit(64 << 20).build());
        Ok(Self { runs: runs.transpose()?, are_addresses: false })
    }

    #[must_use]
    pub fn or_addresses(self) -> Self {
        Self { are_addresses: true, ..self }
    }

    /// Whether a word may be in a reading of a piece, base64 and hex apart. A piece whose encodings are encoded
    /// themselves is to be asked about again once it is read.
    pub fn may_be_in(&self, piece: &str) -> bool {
        let Some(runs) = &self.runs else { return true };
        let folded = if piece.is_ascii() { piece.to_ascii_lowercase() } else { fold(piece) };
        runs.is_match(&folded)
            || self.are_addresses && is_match(&AT, &folded)
            || is_match(&LETTER, &folded)
            || has_quoted(&folded, self.are_addresses)
    }
}

/// The longest run of a word's ASCII letters and digits, of an address of what stands before the `@` if that has
/// one of any use. None where the word has no such letter.
fn run(form: &str) -> Option<&str> {
    let local = form.split_once('@').and_then(|(local, _)| longest(local)).filter(|run| run.len() >= 3);
    local.or_else(|| longest(form))
}

fn longest(text: &str) -> Option<&str> {
    let runs = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    runs.max_by_key(|run| run.len()).filter(|run| !run.is_empty())
}

fn is_match(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}

/// A letter or digit of ASCII in hex.
const ASCII: &str = "(?:3[0-9]|[46][1-9a-f]|[57][0-9a])";

/// A letter or digit of ASCII that is spelt otherwise, or what may stand for one: all but `À` to `ÿ`, which have
/// no other letter in them.
static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let all = [
        format!("%(?:25)*(?:{ASCII}|u|c[0-24-9a-f]|[def][0-9a-f])"),
        format!(r"\\u(?:\{{|0000|00{ASCII}|00a[1-9a-f]|00b|0[1-9a-f]|[1-9a-f])"),
        format!(r"\\x(?:{ASCII}|c[0-24-9a-f]|[def][0-9a-f])"),
        // A program's escape of a letter that needs none.
        r"\\[acdeg-moqsvwyz0-9]".to_owned(),
        "&(?:amp;)*#0*(?:4[89]|5[0-7]|6[5-9]|[78][0-9]|9[07-9]|1[01][0-9]|12[0-2]|1[6-8][0-9]|19[01])(?:[^0-9]|$)"
            .to_owned(),
        "&(?:amp;)*#0*(?:2[5-9][0-9]|[3-9][0-9][0-9]|[0-9]{4})".to_owned(),
        format!("&(?:amp;)*#x0*(?:{ASCII}|[ab][0-9a-f]|[1-9a-f][0-9a-f]{{2}})"),
        r"=(?:\?|\s|\\[rn]|$)".to_owned(),
    ];
    Regex::new(&all.join("|")).ok()
});

/// An `@`, however it is spelt.
static AT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let all = [
        "@".to_owned(),
        "%(?:25)*40".to_owned(),
        r"\\(?:u0040|u\{0*40|x40)".to_owned(),
        "&(?:amp;)*(?:#0*64|#x0*40|commat)".to_owned(),
    ];
    Regex::new(&all.join("|")).ok()
});

/// Whether a letter is spelt as mails do it, `=6a`. The parameter of a link is none: `?page=61`.
fn has_quoted(text: &str, or_at: bool) -> bool {
    static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("=(?:3d)*([0-9a-f]{2})").ok());
    let Some(quoted) = QUOTED.as_ref() else { return true };
    let bytes = text.as_bytes();
    quoted.captures_iter(text).any(|found| {
        let (Some(all), Some(code)) = (found.get(0), found.get(1)) else { return true };
        let is_letter = match u8::from_str_radix(code.as_str(), 16) {
            Ok(byte) => byte.is_ascii_alphanumeric() || byte >= 0xc0 && byte != 0xc3 || byte == b'@' && or_at,
            Err(_) => true,
        };
        let name = bytes[..all.start()].iter().rev();
        let length = name.clone().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(byte)).count();
        let is_parameter = length > 0 && all.start() > length && b"?&;".contains(&bytes[all.start() - length - 1]);
        is_letter && !is_parameter
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_links_and_texts_need_no_other_reading() {
        let needs =
            Needs::of(&["jane@example.com".to_owned(), "cus_1784".to_owned()]).expect("a pattern").or_addresses();
        for piece in [
            "/shop/dresses-123/?q=red%20shoes+12&utm_source=news%2Bletter&gclid=Cj0KC17-x_wE&ref=https%3A%2F%2Fexample.com",
            r"https:\/\/shop.example.com\/o?id=405&t=25+x",
            "caf\\u00e9 &amp; 100% cotton =&gt; <td style=\"a=b\">",
            "2026-11-21T10:00:00",
        ] {
            assert!(!needs.may_be_in(piece), "{piece}");
        }
        for piece in
            ["JANE", "x%40y", "a=%6a", "\\u006a", "&#106;ane", "=6A=61", "%2540", "\u{ff4a}ane", "1784", "&amp;#64;"]
        {
            assert!(needs.may_be_in(piece), "{piece}");
        }
    }
}
