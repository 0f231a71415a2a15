//! What the documentation of the source names is there: where something can be added, which files, which list, and
//! which test tells that it is done; in the walks of `src/lib.rs`, functions and types.

use super::sources;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What can be added, and the file whose documentation says how.
const ADDED: [(&str, &str); 15] = [
    ("a kind of job", "src/config/jobs.rs"),
    ("a delivery channel", "src/delivery/mod.rs"),
    ("a connector, a stream", "src/connectors/catalog.rs"),
    ("an auth scheme", "src/connectors/auth/mod.rs"),
    ("a pager", "src/connectors/paging/mod.rs"),
    ("a form of bodies", "src/connectors/decode/mod.rs"),
    ("a preset of dropped files", "src/connectors/file/presets.rs"),
    ("a fact", "src/warehouse/facts/mod.rs"),
    ("a check", "src/warehouse/facts/checks.rs"),
    ("a rollup", "src/warehouse/rollup.rs"),
    ("a metric", "src/domain/metric/mod.rs"),
    ("a country's holidays", "src/domain/holidays/mod.rs"),
    ("a section, a question", "src/report/sections/mod.rs"),
    ("a language", "src/report/format.rs"),
    ("a fixture", "tests/it/fixtures.rs"),
];

/// Beginnings of paths of this repository.
const FOLDERS: [&str; 4] = ["src/", "tests/", "jobs/", "config/schemas/"];

#[test]
fn what_can_be_added_says_how_and_names_files_and_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = names_of(root, &["fn "]);
    let mut wrong = Vec::new();
    for (what, file) in ADDED {
        let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let lines = text.lines().map_while(|line| line.strip_prefix("//!")).collect::<Vec<_>>().join("\n");
        let Some((_, adding)) = lines.split_once("Adding one") else {
            wrong.push(format!("{file} lacks a paragraph \"Adding one\" about {what}"));
            continue;
        };
        for word in adding.split('`').skip(1).step_by(2).filter(|word| !word.contains(['<', ' '])) {
            let is_path = FOLDERS.iter().any(|folder| word.starts_with(folder));
            if is_path && !root.join(word).exists() {
                wrong.push(format!("{file} names {word}, which is not there"));
            }
            let is_test = word.matches('_').count() >= 4 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            if is_test && !tests.contains(word) {
                wrong.push(format!("{file} names the test {word}, which is not there"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_walks_name_functions_and_types_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("src/lib.rs")).expect("the crate's documentation");
    let walks = text.split("# Three walks").nth(1).and_then(|rest| rest.split("//! # ").next()).expect("the walks");
    let names = names_of(root, &["fn ", "struct ", "enum "]);
    let words: Vec<&str> = walks.split('`').skip(1).step_by(2).filter(|word| word.contains("::")).collect();
    assert!(words.len() > 30, "{words:?}");
    let name = |word: &str| word.trim_end_matches("()").rsplit("::").next().unwrap_or_default().to_owned();
    let wrong: Vec<&str> = words.into_iter().filter(|word| !names.contains(&name(word))).collect();
    assert!(wrong.is_empty(), "the walks name what is not there: {wrong:?}");
}

/// What is called so in the source, behind one of `kinds`.
fn names_of(root: &Path, kinds: &[&str]) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests/it"), &mut files);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let of = |text: String| -> Vec<String> {
        let after = |kind: &str| -> Vec<String> {
            text.match_indices(kind)
                .map(|(at, _)| text[at + kind.len()..].chars().take_while(|c| is_name(*c)).collect())
                .collect()
        };
        kinds.iter().flat_map(|kind| after(kind)).collect()
    };
    files.into_iter().flat_map(|file| of(fs::read_to_string(file).expect("a source file"))).collect()
}
