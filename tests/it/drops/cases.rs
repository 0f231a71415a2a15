//! Files as public reports describe them, each with its right value: `tests/fixtures/drops/*.toml`. They are
//! read through the configuration, as an admin's connection would be.

use super::rest;
use crate::support::{noon, one_thread, place_database, texts};
use base64::Engine as _;
use daybook::app::known_names;
use daybook::connectors::Engine;
use daybook::jobs::files::{FileSource, sync_files};
use daybook::jobs::sync::{StreamOutcome, SyncContext};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The public report that shows the kind.
    source: String,
    #[allow(dead_code, reason = "for readers")]
    kind: String,
    right: String,
    /// What stands in the connection's block beside id, connector and folder.
    connection: String,
    /// An admin's own preset, `config/presets/own.toml`.
    preset: Option<String>,
    drops: Vec<Drop>,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drop {
    name: String,
    #[serde(default)]
    encoding: String,
    text: Option<String>,
    base64: Option<String>,
    minutes: Option<i64>,
    #[serde(default)]
    remove: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    query: String,
    rows: Vec<String>,
    #[serde(default)]
    told: Vec<String>,
    #[serde(default)]
    is_refused: bool,
}

impl Drop {
    fn bytes(&self) -> Vec<u8> {
        if let Some(packed) = &self.base64 {
            let packed: String = packed.split_whitespace().collect();
            return base64::engine::general_purpose::STANDARD.decode(packed).expect("base64");
        }
        let text = self.text.as_deref().expect("a text");
        let utf16 = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        match self.encoding.as_str() {
            "" | "utf-8" => text.as_bytes().to_vec(),
            "utf-8-bom" => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            "utf-16le" => [vec![0xff, 0xfe], utf16()].concat(),
            "utf-16le-raw" => utf16(),
            "windows-1252" => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
            other => panic!("the encoding {other} is not known"),
        }
    }
}

/// An installation as it is shipped, with one workspace and the case's connection.
fn settings(root: &Path, case: &Case) -> daybook::config::Settings {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["config/daybook.toml", "config/channels.toml", "config/benchmarks.toml", "jobs/metrics.toml"] {
        let to = root.join(file);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::copy(shipped.join(file), to).expect("copied");
    }
    for folder in ["jobs/rollups", "jobs/checks"] {
        std::fs::create_dir_all(root.join(folder)).expect("a folder");
        for file in std::fs::read_dir(shipped.join(folder)).expect("a folder").flatten() {
            std::fs::copy(file.path(), root.join(folder).join(file.file_name())).expect("copied");
        }
    }
    std::fs::create_dir_all(root.join("config/workspaces")).expect("a folder");
    let text = format!(
        "name = \"Acme\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n[[connections]]\nid = \"drop\"\nconnector = \"file\"\nfolder = \"drops\"\n{}",
        case.connection
    );
    std::fs::write(root.join("config/workspaces/acme.toml"), text).expect("written");
    if let Some(preset) = &case.preset {
        std::fs::create_dir_all(root.join("config/presets")).expect("a folder");
        std::fs::write(root.join("config/presets/own.toml"), preset).expect("written");
    }
    match daybook::config::load(root) {
        Ok(settings) => settings,
        Err(problems) => panic!("{}", daybook::settings::problems::for_terminal(&problems, 200)),
    }
}

/// Everything a sync says.
fn said(outcome: &StreamOutcome) -> String {
    let error = outcome.error.as_ref().map(|error| error.message.clone());
    error.into_iter().chain(outcome.loaded.notes.iter().cloned()).collect::<Vec<_>>().join(" | ")
}

async fn run(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let case: Case = toml::from_str(&text).map_err(|error| error.to_string())?;
    let root = tempfile::tempdir().expect("a folder");
    let settings = settings(root.path(), &case);
    let workspace = &settings.workspaces[0];
    let mut drop = workspace.files[0].drop.clone();
    drop.known = known_names(&settings, drop.preset.target);
    let folder = drop.folder.clone();
    std::fs::create_dir_all(&folder).expect("a folder");
    let source = FileSource { workspace: workspace.workspace.clone(), id: "drop".to_owned(), drop };
    let clock = Clock::fixed(noon());
    let engine = Arc::new(Engine::new(root.path().join("landing"), clock.clone()).expect("an engine"));
    let path = root.path().join("daybook.duckdb");
    place_database(&path);
    let warehouse = Warehouse::open(&path, &one_thread()).expect("a warehouse");
    let context = SyncContext::new(engine, warehouse, clock, Secret::new("key"));
    let mut last = None;
    for file in &case.drops {
        let path = folder.join(&file.name);
        if file.remove {
            std::fs::remove_file(&path).map_err(|error| error.to_string())?;
        } else {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, file.bytes()).expect("written");
            rest(&path, file.minutes.unwrap_or(60));
        }
        last = Some(sync_files(&context, &root.path().join("landing"), &source).await);
    }
    let last = last.ok_or("the case drops nothing")?;
    let said = said(&last);
    let about = format!("right: {}\n    said: {said}", case.right);
    let query = format!("SELECT CAST(columns(*) AS VARCHAR) FROM ({})", case.expect.query);
    let rows = texts(&context.warehouse, &query);
    if rows != case.expect.rows {
        return Err(format!("{rows:?} instead of {:?}\n    {about}", case.expect.rows));
    }
    if let Some(untold) = case.expect.told.iter().find(|part| !said.contains(*part)) {
        return Err(format!("{untold:?} is not told\n    {about}"));
    }
    if case.expect.is_refused && (last.loaded.rows_written > 0 || said.is_empty()) {
        return Err(format!("not refused\n    {about}"));
    }
    if case.source.is_empty() { Err("the case has no source".to_owned()) } else { Ok(()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_of_a_public_report_gives_its_right_value_or_a_clear_refusal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/drops");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the cases").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    assert!(paths.len() > 100);
    let only = daybook::support::environment::text("DAYBOOK_CASE");
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        if let Err(problem) = run(&path).await {
            wrong.push(format!("{name}: {problem}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}
