//! Accounts whose names differ only in signs, case, length or accents never share a folder or a slice.

use daybook::connectors::landed::entries;
use daybook::connectors::landing::{Landing, Manifest};
use daybook::connectors::{Slice, Window};
use daybook::support::names;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

const ALIKE: [&str; 12] = ["a:b", "a/b", "a.b", "a-b", "A-B", "a b", "..", ".", "con", "Köln", "Ko\u{308}ln", "a\0b"];

fn land(root: &Path, partition: &str) -> String {
    let manifest = Manifest {
        workspace: "acme".to_owned(),
        connection: "seo".to_owned(),
        connector: "seo".to_owned(),
        stream: "ranks".to_owned(),
        slice: Slice { partition: partition.to_owned(), window: Window::Whole },
        fetched_at: crate::support::noon(),
        pages: Vec::new(),
        notes: Vec::new(),
        is_folded: false,
        quota_note: None,
        caveats: Vec::new(),
        cut: None,
        is_refused: false,
    };
    let mut landing = Landing::begin(root, manifest).expect("begun");
    let mut page = landing.page().expect("a page");
    page.write(partition.as_bytes()).expect("written");
    landing.keep(page.finish().expect("finished"));
    landing.finish().expect("landed").manifest.slice.id()
}

#[test]
fn slices_of_accounts_whose_names_look_alike_lie_side_by_side() {
    let dir = tempfile::tempdir().expect("a folder");
    let long = ["x".repeat(70), "x".repeat(71), "x".repeat(300)];
    let all: Vec<&str> = ALIKE.into_iter().chain(long.iter().map(String::as_str)).collect();
    let ids: BTreeSet<String> = all.iter().map(|partition| land(dir.path(), partition).to_lowercase()).collect();
    assert_eq!(ids.len(), all.len(), "{ids:?}");
    let found = entries(dir.path()).expect("entries");
    assert_eq!(found.len(), all.len(), "none has taken another's place");
    for entry in found {
        assert!(names::is_of(&entry.workspace, "acme") && entry.is_complete);
        for part in entry.folder.strip_prefix(dir.path()).expect("below") {
            assert!(part.len() <= 255 && part != "..", "{part:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn two_partitions_have_two_slices(one in "\\PC{0,90}", other in "\\PC{0,90}", days in any::<bool>()) {
        let period = daybook::domain::period::Period::day("2026-11-01".parse().expect("a date"));
        let window = if days { Window::Days { period } } else { Window::Whole };
        let id = |partition: &str| Slice { partition: partition.to_owned(), window }.id().to_lowercase();
        prop_assert_eq!(one == other, id(&one) == id(&other));
    }
}
