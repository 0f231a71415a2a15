//! Names of files and folders made from texts of others: accounts, partitions, dropped files. Distinct texts
//! have distinct names on every file system, one that ignores case included.

use super::ids::hex;
use super::spelling;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

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

/// How an address may stand in names that were made safe; the longest first.
pub fn spellings_in_paths(address: &str) -> Vec<String> {
    let forms = spelling::of_address(address).into_iter().map(|form| form.chars().map(shown).collect::<String>());
    let is_name = |form: &String| form.len() >= SHORTEST && form.contains(|letter: char| letter.is_ascii_alphabetic());
    let mut all: Vec<String> = forms.filter(is_name).collect();
    all.sort_by_key(|form| (std::cmp::Reverse(form.len()), form.clone()));
    all.dedup();
    all
}

/// A path in which whole names, and not parts of longer ones, are replaced by their words.
pub fn replaced_in_path(path: &str, names: &BTreeMap<String, String>) -> String {
    let mut sorted: Vec<(&String, &String)> = names.iter().collect();
    // A name with its hash before the part of it that is an address.
    sorted.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    sorted.into_iter().fold(path.to_owned(), |path, (name, word)| with_name_replaced(&path, name, word))
}

fn with_name_replaced(path: &str, name: &str, word: &str) -> String {
    let mut new = String::with_capacity(path.len());
    let mut at = 0;
    // Case is not kept by every system; what is shown is ASCII.
    let (low_path, low_name) = (path.to_ascii_lowercase(), name.to_ascii_lowercase());
    while let Some(found) = low_path[at..].find(&low_name).map(|found| found + at) {
        let end = found + name.len();
        if is_start(&path[..found]) && is_end(&path[end..]) {
            new.push_str(&path[at..found]);
            new.push_str(word);
            at = end;
        } else {
            let next = path[found..].chars().next().map_or(1, char::len_utf8);
            new.push_str(&path[at..found + next]);
            at = found + next;
        }
    }
    new + &path[at..]
}

/// After a dash, the name is the end of a longer one: `mary-jane-example-com` is Mary-Jane.
fn is_start(before: &str) -> bool {
    before.is_empty() || before.ends_with(['/', '\\', '~', '_'])
}

/// Before a dash it may be the beginning of a longer domain, unless a file's ending follows.
fn is_end(after: &str) -> bool {
    if after.is_empty() || after.starts_with(['/', '\\', MARK, '_']) {
        return true;
    }
    let Some(rest) = after.strip_prefix('-') else { return false };
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
    spelling::Kind::Name.is_ending(&rest[..end]) && is_end(&rest[end..])
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
    fn an_address_in_a_path_is_replaced_where_it_is_the_whole_of_a_name() {
        let names: BTreeMap<String, String> =
            spellings_in_paths("Jane@yahoo.com").into_iter().map(|form| (form, "gone".to_owned())).collect();
        for (path, wanted) in [
            ("landing/a/jane-yahoo-com~0011/20261121T010203000004Z", "landing/a/gone~0011/20261121T010203000004Z"),
            ("Jane-yahoo-com-csv-gz~0011_all", "gone-csv-gz~0011_all"),
            ("jane-yahoo-com", "gone"),
            ("jane-yahoo-com-br~0011_all", "jane-yahoo-com-br~0011_all"),
            ("a/mary-jane-yahoo-com~0011", "a/mary-jane-yahoo-com~0011"),
            ("a/ujane-yahoo-com/jane-yahoo-common", "a/ujane-yahoo-com/jane-yahoo-common"),
        ] {
            assert_eq!(replaced_in_path(path, &names), wanted);
        }
        assert_eq!(spellings_in_paths("120000"), Vec::<String>::new());
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
