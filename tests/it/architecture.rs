//! The order of the modules: what stands left may be used by what stands right, never the other way.

mod adding;
mod channels;
mod cycles;

use std::fs;
use std::path::{Path, PathBuf};

/// Modules by rank; those of one rank never use one another.
const RANKS: [&[&str]; 12] = [
    &["support"],
    &["domain"],
    &["settings"],
    &["report"],
    &["connectors", "warehouse", "delivery"],
    &["jobs"],
    &["config"],
    &["app"],
    &["queries"],
    &["http"],
    &["daemon", "sandbox"],
    &["cli"],
];

fn rank(module: &str) -> Option<usize> {
    RANKS.iter().position(|modules| modules.contains(&module))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_module_uses_one_to_its_right_or_beside_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 60, "only {} files seen", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).expect("inside src");
        let module = relative.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        let Some(own) = rank(&module) else { continue };
        let text = fs::read_to_string(&file).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            for used in line
                .match_indices("crate::")
                .filter_map(|(at, _)| line[at + 7..].split([':', ';', ' ', '{', ',']).next())
            {
                if used != module && rank(used).is_some_and(|other| other >= own) {
                    wrong.push(format!("{}:{}: {used}", relative.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_domain_counts_in_decimals_and_whole_numbers() {
    let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain");
    let mut files = Vec::new();
    sources(&domain, &mut files);
    assert!(files.iter().any(|file| file.ends_with("money.rs")), "money is not where this test looks");
    let is_float = |line: &str| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == "f64" || word == "f32");
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        let lines = text.lines().enumerate().filter(|(_, line)| is_float(line));
        wrong.extend(lines.map(|(number, line)| format!("{}:{}: {}", file.display(), number + 1, line.trim())));
    }
    assert!(wrong.is_empty(), "a float holds no cent exactly: use Decimal or Money {wrong:#?}");
}

/// What a command prints and what a page answers are values of `queries`: no JSON by hand, no SQL.
#[test]
fn printers_and_pages_build_no_json_by_hand_and_ask_no_sql() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    ["cli", "daemon", "http"].iter().for_each(|folder| sources(&src.join(folder), &mut files));
    assert!(files.len() > 60, "only {} files seen", files.len());
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
        let text = fs::read_to_string(file).expect("a source file");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let found =
            ["json!(", "query_map(", "query_row(", "execute_batch("].into_iter().filter(|call| text.contains(call));
        wrong.extend(found.map(|call| format!("{}: {call}", file.strip_prefix(&src).expect("inside src").display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
