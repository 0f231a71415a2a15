//! What is kept of a vendor's pages.

use super::echo::{Manner, PERSON, answer};
use super::search::{around, holders, in_tables};
use super::{MARK, Way, ways};
use crate::contract::fixtures;
use crate::contract::script::{slice, source};
use crate::engine::vendor::Vendor;
use daybook::connectors::Engine;
use daybook::domain::period::Period;
use daybook::jobs::sync::{decoded, load_request};
use daybook::support::clock::Clock;
use daybook::support::redact;
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use daybook::warehouse::facts::builtin;
use daybook::warehouse::load::load;
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The last page of a case of a stream: it ends the list.
fn last_page(connector: &str, stream: &str, case: &str) -> Value {
    let file = fixtures().join(connector).join(stream).join(format!("{case}.json"));
    let case: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("a case")).expect("JSON");
    case["pages"].as_array().and_then(|pages| pages.last()).cloned().expect("a page")
}

/// What came of asking for a stream: why it was not kept, and where a secret is.
async fn asked(
    way: &Way,
    stream: &str,
    manner: Manner,
    folder: &Path,
    warehouse: &Warehouse,
) -> (Option<String>, Vec<String>) {
    let base = Arc::new(OnceLock::<String>::new());
    let (own, id) = (Arc::clone(&base), way.id.clone());
    let pages = (last_page(&way.connector, stream, "ordinary"), last_page(&way.connector, stream, "empty"));
    let vendor = Vendor::start(move |asked| {
        answer(&id, manner, own.get().map_or("", String::as_str), asked, (&pages.0, &pages.1))
    })
    .await;
    base.set(vendor.base_url()).expect("once");
    let mut source = source(&way.connector, &vendor.base_url(), &way.settings);
    source.connection.id = way.id.clone();
    // As where they are read from a file.
    way.secrets().iter().for_each(|(_, value)| redact::keep(value));
    source.connection.secrets = way.secrets().into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    let landing = folder.join("landing");
    let engine = Engine::new(landing.clone(), Clock::System).expect("an engine").keeping_tokens(folder.join("tokens"));
    let days = Period::new("2026-11-01".parse().expect("a day"), "2026-12-01".parse().expect("a day"));
    let spec = source.connection.connector.spec.streams[stream].clone();
    let mut told = vec![format!("{:?}", engine.parts_of(&source.connection, &spec).await)];
    let slice = slice(&source, stream, days);
    let fetched = engine.fetch(&source.connection, stream, &slice, None, &|_| ()).await;
    let failed = fetched.as_ref().err().map(ToString::to_string);
    match fetched {
        Err(error) => told.push(error.to_string()),
        Ok(landed) => {
            let request = load_request(&source, &landed, &builtin(), &Secret::new("key"), true)
                .and_then(|request| decoded(request, &source, &landed));
            let loaded = request.and_then(|request| {
                warehouse.write_blocking(move |connection| load(connection, &request, request.fetched_at))
            });
            told.push(format!("{loaded:?}"));
        }
    }
    // Proofs that are made of secrets bear no mark.
    let made: Vec<String> = vendor
        .lines()
        .iter()
        .filter_map(|line| Some(line.split("appsecret_proof=").nth(1)?.split('&').next()?.to_owned()))
        .collect();
    let marks: Vec<String> = [MARK.to_owned(), PERSON.to_owned()].into_iter().chain(made).collect();
    let mut found = holders(&landing, &marks, &|_| true);
    found.extend(told.iter().filter_map(|told| around(told, &marks)));
    let place = format!("{}/{stream} {manner:?}", way.id);
    (failed, found.into_iter().map(|found| format!("{place}: {found}")).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_and_no_table_holds_what_proves_who_asks_whatever_the_vendor_repeats() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let (mut kept, mut refused, mut found) = (0, Vec::new(), Vec::new());
    for way in ways().iter().filter(|way| !way.spec.secrets.is_empty()) {
        for stream in way.spec.streams.keys() {
            for manner in [Manner::Pages, Manner::Archives, Manner::Refusals(400), Manner::NoTokens] {
                if manner == Manner::Archives && way.spec.streams[stream].body.is_json() {
                    continue;
                }
                let folder = tempfile::tempdir().expect("a folder");
                let (failed, holds) = asked(way, stream, manner, folder.path(), &warehouse).await;
                found.extend(holds);
                match failed {
                    _ if manner != Manner::Pages => {}
                    None => kept += 1,
                    Some(why) => refused.push(format!("{}/{stream}: {why}", way.id)),
                }
            }
        }
    }
    found.extend(in_tables(&warehouse, &[MARK.to_owned()]));
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
    assert!(kept > 40 && refused.is_empty(), "kept {kept}, not {refused:?}");
}
