//! Every stream of every built-in connector over answers in its vendor's shape, through its real query and the real
//! load: what stands in the tables afterwards is held against rows that were worked out by hand.
//!
//! # Adding one
//!
//! A case is two files in `tests/fixtures/<connector>/<stream>/`. `<case>.json` has the pages of an answer, written in
//! the shape of the vendor's documentation with made-up values:
//!
//! - `about`: what the case shows, as a sentence.
//! - `pages`: the bodies, as the vendor sends them; one that is no JSON as a text. `parts` and `parents` have those of
//!   the stream's parts, and of objects that are asked for by their ids, by name; those of a part that were asked for by
//!   an id as `part/id`.
//! - `time_zone` of the workspace, `settings` of the connection, `days` that were asked for (first, and first after)
//!   and `before`, earlier answers (`stream`, `pages`): each may be left out.
//!
//! `<case>.rows.json` has a list of rows for each table that the stream fills, `quarantine` (`table: reason`) and
//! `notes`, what the load says beside; what is left out is null or empty. Amounts are as they should read, an address
//! is `person of <address>`. Work the rows out from the vendor's documentation. Where the test finds others it names
//! them, and writes what it found to a file that it names too, to be looked at. `DAYBOOK_CASE=stripe/refunds` runs
//! the cases of one path.

mod case;
mod expected;
mod folder;

use daybook::connectors::Catalog;
use daybook::support::environment;
use daybook::warehouse::Warehouse;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[test]
fn every_stream_has_cases_and_each_gives_the_rows_beside_it() {
    let catalog = Catalog::built_in().expect("a sound catalog");
    let (cases, mut faults) = folder::cases(&root(), &catalog);
    let only = environment::text("DAYBOOK_CASE").unwrap_or_default();
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let landing = tempfile::tempdir().expect("a folder");
    let mut tried = 0;
    for case in cases.iter().filter(|case| case.path.contains(&only)) {
        tried += 1;
        let workspace = format!("case_{tried}");
        let read = |ending: &str| fs::read_to_string(root().join(format!("{}{ending}", case.path)));
        let found = case::load(&warehouse, landing.path(), &workspace, case, &read(".json").expect("a case"));
        let different = found.and_then(|found| {
            let told = expected::differences(&read(".rows.json").expect("rows"), &found)?;
            Ok(if told.is_empty() { None } else { Some(format!("{told}\n{}", written(&case.path, &found))) })
        });
        match different {
            Ok(None) => {}
            Ok(Some(told)) | Err(told) => faults.push(format!("tests/fixtures/{}: {told}", case.path)),
        }
    }
    assert!(tried > 0, "no case is called {only}");
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// Leaves what was found where somebody can look at it; where that is.
fn written(path: &str, found: &expected::Found) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures").join(format!("{path}.rows.json"));
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(&file, expected::as_text(found)).expect("written");
    format!("    all that was found: {}", file.display())
}
