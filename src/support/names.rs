//! Names of files and folders made from texts of others: accounts, partitions, dropped files. Distinct texts
//! have distinct names on every file system, one that ignores case included.

use super::ids::hex;
use super::spelling;
use sha2::{Digest, Sha256};

/// Bytes of a text that its name shows; a name has at most 17 more.
const SHOWN: usize = 60;
/// Names Windows gives to devices.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
/// Stands between what is shown and the hash. No text that is its own name holds it.
const MARK: char = '~';
/// A shorter piece of a path may be any word.
const SHORTEST: usize = 6;

/// A text as a file name. Small letters, digits, `-` and `_` name themselves; where anything else stands, or a
/// text is long, a hash of the whole follows what can be shown of it.
pub fn safe(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    format!("{}{MARK}{}", safe_before(text), hex(&Sha256::digest(text)[..8]))
}

/// The name that versions before 0.2 made, which several texts may share: to find again what they wrote.
pub fn safe_before(text: &str) -> String {
    text.chars().take(SHOWN).map(shown).collect()
}

/// Whether a name is that of a text, by today's rule or that of before.
pub fn is_of(name: &str, text: &str) -> bool {
    name == safe(text) || name == safe_before(text)
}

/// How a word may stand in names that were made safe.
pub fn spellings_in_paths(word: &str) -> Vec<String> {
    let forms = spelling::of_address(word).into_iter().map(|form| form.chars().map(shown).collect::<String>());
    let mut all: Vec<String> = forms.filter(|form| form.len() >= SHORTEST).collect();
    all.dedup();
    all
}

fn shown(letter: char) -> char {
    if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' }
}

fn is_plain(text: &str) -> bool {
    let is_small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !text.is_empty() && text.len() <= SHOWN && text.bytes().all(is_small) && !is_device(text)
}

/// Whether Windows takes a name for a device, whatever its case and ending.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let device = stem.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let numbered = stem.len() == device.len() + 1;
    DEVICES.contains(&device) && (stem == device || (numbered && matches!(device, "com" | "lpt")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    /// Texts that differ in little: each letter has likely neighbours.
    fn text() -> impl Strategy<Value = String> {
        let letter = prop::sample::select(vec![
            "a",
            "A",
            "b",
            "-",
            "_",
            "/",
            ":",
            ".",
            "..",
            "~",
            " ",
            "é",
            "e\u{301}",
            "\u{e9}",
            "İ",
            "ß",
            "SS",
            "\0",
            "1",
            "con",
            "\u{202e}",
            "%2F",
            "0123456789abcdef",
            "😀",
        ]);
        prop::collection::vec(letter, 0..40).prop_map(|parts| parts.concat())
    }

    fn pair() -> impl Strategy<Value = (String, String)> {
        prop_oneof![
            (text(), text()),
            text().prop_map(|one| (one.to_uppercase(), one)),
            text().prop_map(|one| (one.nfd().collect(), one)),
            text().prop_map(|one| (safe(&one), one)),
            text().prop_map(|one| (safe_before(&one), one)),
            (text(), text()).prop_map(|(one, more)| (format!("{one}{more}"), one)),
            ("[a-z0-9_-]{55,65}", "[a-z]").prop_map(|(one, last)| (format!("{one}{last}"), one)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn distinct_texts_have_distinct_names_whatever_the_file_system((one, other) in pair()) {
            let as_seen = |name: String| name.to_lowercase().nfc().collect::<String>();
            prop_assert_eq!(one == other, as_seen(safe(&one)) == as_seen(safe(&other)), "{:?} {:?}", one, other);
        }

        #[test]
        fn a_name_is_one_part_of_a_path_on_any_system(text in text()) {
            let name = safe(&text);
            prop_assert!(name.len() <= 77 && !is_device(&name) && !name.ends_with(['.', ' ']), "{}", name);
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte)), "{}", name);
            prop_assert!(!name.is_empty() && is_of(&name, &text) && is_of(&safe_before(&text), &text));
        }
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for plain in ["acme", "123-456-7890", "ad_daily", "2026-11-01"] {
            assert_eq!(safe(plain), plain);
        }
        for odd in ["", ".", "..", "con", "COM1", "Acme", "a.b", "a/b"] {
            assert!(safe(odd).contains(MARK), "{odd}");
        }
    }
}
