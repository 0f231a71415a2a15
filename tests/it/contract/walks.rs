//! Slices that are asked for page by page, from the first request to the tables.

use super::data::Walk;
use super::script::{UNASKED, answer, is_for_a_token, slice, source};
use crate::engine::vendor::Vendor;
use crate::support::texts;
use daybook::connectors::landing::Manifest;
use daybook::connectors::parts_of::PartOf;
use daybook::connectors::{Catalog, Engine, LandedSlice};
use daybook::domain::period::Period;
use daybook::jobs::sync::{Source, decoded, load_request};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use daybook::warehouse::facts::builtin;
use daybook::warehouse::load::load;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock};

pub fn engine(folder: &Path) -> Engine {
    let engine = Engine::new(folder.join("landing"), Clock::System).expect("an engine");
    engine.keeping_tokens(folder.join("tokens"))
}

/// The manifests and pages below a folder.
pub fn kept(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        match path.is_dir() {
            true => found.extend(kept(&path)),
            false if name.starts_with("page-") || name == "manifest.json" => found.push(path.display().to_string()),
            false => {}
        }
    }
    found
}

/// Loads what was landed into a warehouse of its own.
fn loaded(source: &Source, landed: &LandedSlice) -> Result<(Warehouse, Vec<String>), String> {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let request = load_request(source, landed, &builtin(), &Secret::new("key"), true)
        .and_then(|request| decoded(request, source, landed))
        .map_err(|error| format!("the load cannot begin: {error}"))?;
    let done = warehouse
        .write_blocking(move |connection| load(connection, &request, request.fetched_at))
        .map_err(|error| format!("the load fails: {error}"))?;
    Ok((warehouse, done.notes.into_iter().chain(done.caveats).collect()))
}

/// What does not come out as the file says.
async fn wrong(connector: &str, walk: &Walk) -> Result<(), String> {
    let (base, unasked) = (Arc::new(OnceLock::<String>::new()), Arc::new(Mutex::new(Vec::new())));
    let given: Vec<AtomicUsize> = walk.answers.iter().map(|_| AtomicUsize::new(0)).collect();
    let (own, answers, surprises) = (Arc::clone(&base), walk.answers.clone(), Arc::clone(&unasked));
    let vendor = Vendor::start(move |asked| {
        let found = answer(&answers, &given, own.get().map_or("", String::as_str), asked);
        if found.0 == UNASKED {
            surprises.lock().expect("a list").push(format!("{} {}", asked.line, asked.body));
        }
        found
    })
    .await;
    base.set(vendor.base_url()).expect("once");
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(connector, &vendor.base_url(), &walk.settings);
    let engine = engine(folder.path());
    let spec = source.connection.connector.spec.streams.get(&walk.stream).ok_or("there is no such stream")?.clone();
    if let Some(lists) = &walk.lists {
        let parts = engine.parts_of(&source.connection, &spec).await.map_err(|error| error.to_string())?;
        let named = |part: PartOf| part.partition + if part.refused.is_some() { " refused" } else { "" };
        let found: Vec<String> = parts.into_iter().map(named).collect();
        let came = unasked.lock().expect("a list").clone();
        return if found == *lists { Ok(()) } else { Err(format!("the accounts are {found:?}; unasked: {came:?}")) };
    }
    let days = walk.days.map(|(first, after)| Period::new(first, after).expect("days"));
    let slice = slice(&source, &walk.stream, days);
    let fetched = engine.fetch(&source.connection, &walk.stream, &slice, None, &|_| ()).await;
    let surprises = unasked.lock().expect("a list").clone();
    if !surprises.is_empty() {
        return Err(format!("nobody should ask {surprises:#?}"));
    }
    let asked = vendor.asked().iter().filter(|asked| !is_for_a_token(asked)).count();
    if walk.asked.is_some_and(|wanted| wanted != asked) {
        return Err(format!("it asks {asked} times: {:#?}", vendor.lines()));
    }
    match (fetched, &walk.error) {
        (Err(error), Some(wanted)) if error.to_string().contains(wanted) => {
            let kept = kept(folder.path());
            if kept.is_empty() { Ok(()) } else { Err(format!("something is kept: {kept:?}")) }
        }
        (Err(error), _) => Err(format!("it fails: {error}")),
        (Ok(_), Some(wanted)) => Err(format!("it does not fail with {wanted:?}")),
        (Ok(landed), None) => {
            let Manifest { notes, cut, caveats, .. } = landed.manifest.clone();
            let (warehouse, of_load) = loaded(&source, &landed)?;
            let told: Vec<String> = notes.into_iter().chain(cut).chain(caveats).chain(of_load).collect();
            for wanted in &walk.told {
                if !told.iter().any(|note| note.contains(wanted)) {
                    return Err(format!("{wanted:?} is not told: {told:?}"));
                }
            }
            let found = walk.sql.as_ref().map(|sql| texts(&warehouse, sql)).unwrap_or_default();
            if found == walk.gives { Ok(()) } else { Err(format!("the tables hold {found:?}")) }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_truncated_answers_give_the_rows_that_each_file_says() {
    let (mut tried, mut faults) = (0, Vec::new());
    for (name, contract) in super::all() {
        for walk in &contract.walks {
            tried += 1;
            if let Err(fault) = wrong(&name, walk).await {
                faults.push(format!("{name}: {}: {}\n    {fault}", walk.kind, walk.about));
            }
        }
    }
    assert!(tried > 15 && faults.is_empty(), "{}", faults.join("\n"));
}

/// Of JSON: what a table lacks at its end only a count or an archive tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_an_answer_is_none_of_any_stream() {
    let catalog = Catalog::built_in().expect("a sound catalog");
    let days = Period::new("2026-11-10".parse().expect("a day"), "2026-11-11".parse().expect("a day"));
    let mut faults = Vec::new();
    for name in catalog.names() {
        let spec = &catalog.get(name).expect("a connector").spec;
        for stream in spec.streams.iter().filter(|(_, stream)| stream.body.is_json()).map(|(stream, _)| stream) {
            let file = super::fixtures().join(name).join(stream).join("ordinary.json");
            let case: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(file).expect("a case")).expect("JSON");
            let page = case["pages"][0].to_string();
            let half = page[..page.floor_char_boundary(page.len() / 2)].to_owned();
            let vendor = Vendor::start(move |asked| match is_for_a_token(asked) {
                true => answer(&[], &[], "", asked),
                false => (200, Vec::new(), half.clone().into_bytes()),
            })
            .await;
            let folder = tempfile::tempdir().expect("a folder");
            let source = source(name, &vendor.base_url(), &Default::default());
            let slice = slice(&source, stream, days);
            let fetched = engine(folder.path()).fetch(&source.connection, stream, &slice, None, &|_| ()).await;
            let kept = kept(folder.path());
            let told = fetched.map(|landed| landed.manifest.pages.len()).map_err(|error| error.to_string());
            if !(told.as_ref().is_err_and(|told| told.contains("the answer is cut short")) && kept.is_empty()) {
                faults.push(format!("{name}/{stream}: {told:?} {kept:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
