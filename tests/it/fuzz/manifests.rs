//! Manifests of landed pages that somebody wrote or a disk spoilt.

use super::Trial;
use crate::support::{land_and_load, noon, source};
use daybook::connectors::LandedSlice;
use daybook::jobs::sync::load_request;
use daybook::support::secret::Secret;
use daybook::warehouse::load::load;
use daybook::warehouse::{Warehouse, WarehouseConfig};
use std::path::{Path, PathBuf};

const BODY: &str = r#"{"object":"list","has_more":false,"data":[{"id":"ch_1","object":"charge","created":1763500000,"amount":1000,"amount_captured":1000,"currency":"eur","status":"succeeded","captured":true,"disputed":false,"customer":"cus_1","metadata":{}}]}"#;
/// Names of pages that lead elsewhere.
const PLACES: [&str; 12] = [
    "../manifest.json",
    "/etc/passwd",
    "..",
    ".",
    "",
    "a/b",
    "page-00001.json.zst/",
    "\\u0000",
    "file:///etc/passwd",
    "page-4294967295.json.zst",
    "*.zst",
    "https://x.example/a.json",
];

pub fn hunt(mut trial: Trial) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = WarehouseConfig { memory_limit_mb: 200, threads: 1, backup_dir: None, ..WarehouseConfig::default() };
    let warehouse = Warehouse::open(&folder.path().join("daybook.duckdb"), &config).expect("a warehouse");
    let source = source("stripe", &[]);
    let landing = folder.path().join("landing");
    land_and_load(&warehouse, &landing, &source, "charges", &[BODY.to_owned()]).expect("a load");
    let manifest = find(&landing).expect("a manifest");
    let whole = std::fs::read(&manifest).expect("its text");
    let slice = manifest.parent().expect("a folder");
    let (mut taken, mut loaded) = (0, 0);
    while let Some(mut round) = trial.next() {
        let chance = &mut round.chance;
        let mut text = match chance.below(4) {
            0 => super::spoil::bytes(&whole, b"\"file\":\"../../x\"", chance),
            1 | 2 => super::spoil::json(&whole, chance),
            _ => String::from_utf8_lossy(&whole).replace("page-00001.json.zst", chance.of(&PLACES)).into_bytes(),
        };
        if chance.one_in(20) {
            text = whole.clone();
        }
        trial.keep("manifest.json", &text);
        std::fs::write(&manifest, &text).expect("written");
        let landed = match LandedSlice::open(&manifest) {
            Ok(landed) => landed,
            Err(error) => {
                super::is_told_well(&error.to_string());
                continue;
            }
        };
        taken += 1;
        for file in landed.files() {
            let real = file.canonicalize().expect("it is there");
            assert!(real.starts_with(slice.canonicalize().expect("a folder")), "{} lies elsewhere", real.display());
        }
        let Ok(mut request) =
            load_request(&source, &landed, &daybook::warehouse::facts::builtin(), &Secret::new("key"), false)
        else {
            continue;
        };
        request.load_id += &format!("_{}", round.number);
        match warehouse.write_blocking(move |connection| load(connection, &request, noon())) {
            Ok(done) => {
                loaded += 1;
                // A page that is named twice repeats its keys.
                let settled = done.rows_written + done.rows_unchanged + done.rows_quarantined;
                let is_repeated = done.notes.iter().any(|note| note.contains("repeated a key"));
                assert!(done.rows_read == settled || is_repeated && settled < done.rows_read, "{done:?}");
            }
            Err(error) => super::is_told_well(&error.to_string()),
        }
    }
    println!("{taken} taken, {loaded} loaded");
}

fn find(folder: &Path) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).find_map(|path| match path.is_dir() {
        true => find(&path),
        false => path.ends_with("manifest.json").then_some(path),
    })
}

#[test]
fn a_manifest_that_somebody_wrote_is_refused_without_its_own_letters() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("manifest.json");
    let text = |file: &str| {
        format!(
            r#"{{"workspace":"a","connection":"b","connector":"stripe","stream":"charges","slice":{{"partition":"","window":{{"kind":"whole"}}}},"fetched_at":"2026-11-20T12:00:00Z","pages":[{{"file":"{file}","bytes":1,"sha256":""}}],"notes":[]}}"#
        )
    };
    for (file, words) in
        [("\\u0000", "\u{fffd}"), ("a\\u001b[2J\\u202e", "a\u{fffd}[2J\u{fffd}"), ("../x", "outside its folder")]
    {
        std::fs::write(&manifest, text(file)).expect("written");
        let told = LandedSlice::open(&manifest).expect_err("no such page").to_string();
        assert!(told.contains(words), "{told:?}");
        super::is_told_well(&told);
    }
    std::fs::write(&manifest, vec![b' '; (32 << 20) + 2]).expect("written");
    let told = LandedSlice::open(&manifest).expect_err("too large").to_string();
    assert!(told.contains("larger than 32 MB"), "{told}");
}
