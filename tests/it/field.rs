//! What real accounts do, from public reports of people who read them with other tools: each case is
//! a fixture below `tests/fixtures/wire` with its sources and the right value, and a test.

mod case;
mod double;
pub mod installation;
mod judge;

mod answers;
mod apart;
mod checks;
mod lists;
mod lookback;
mod missing;
mod money;
mod people;
mod recurring;
mod refused;

/// A case that no test runs would look as if it held.
#[test]
fn every_case_is_run_by_a_test() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = |folder: &str| std::fs::read_dir(root.join(folder)).expect("a folder").flatten();
    let tests: String = files("it/field").filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
    let cases: Vec<String> = files("fixtures/wire")
        .filter_map(|file| file.file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    let lost: Vec<&String> = cases.iter().filter(|case| !tests.contains(&format!("run(\"{case}\")"))).collect();
    assert!(cases.len() > 30 && lost.is_empty(), "{lost:?}");
}
