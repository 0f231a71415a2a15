//! Slices that are too large, that end the process, that lie in a wrong place, or that are older than what is
//! loaded.

use super::small::{Small, said};
use crate::support::{noon, source, texts};
use daybook::app::App;
use daybook::app::Selection;
use daybook::connectors::landing::{Landing, Manifest};
use daybook::connectors::{Engine, LandedSlice, Slice, Window, landed};
use daybook::jobs::sync::{SyncContext, SyncMode, attempts, load_landed};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::attempts::begin;
use daybook::warehouse::{Warehouse, WarehouseConfig};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A body of so many charges.
fn charges(count: usize) -> String {
    let charge = |number: usize| {
        format!(
            r#"{{"id": "ch_{number}", "object": "charge", "created": 1795600000, "livemode": true, "amount": 1000, "amount_captured": 1000,
            "currency": "eur", "status": "succeeded", "captured": true, "paid": true, "disputed": false, "customer": "cus_{}",
            "metadata": {{"note": "{}"}}}}"#,
            number % 100,
            "x".repeat(60)
        )
    };
    let all: Vec<String> = (0..count).map(charge).collect();
    format!(r#"{{"object": "list", "data": [{}], "has_more": false, "url": "/v1/charges"}}"#, all.join(","))
}

fn land(root: &Path, of: &daybook::jobs::sync::Source, body: &str) -> LandedSlice {
    let window = Window::Instants { start: noon() - chrono::TimeDelta::days(2), end: noon() };
    let manifest = Manifest::begun(&of.connection, "charges", Slice { partition: String::new(), window }, noon());
    let mut landing = Landing::begin(root, manifest).expect("a folder");
    let mut page = landing.page().expect("a page");
    page.write(body.as_bytes()).expect("written");
    landing.keep(page.finish().expect("finished"));
    landing.finish().expect("landed")
}

/// Source: duckdb/duckdb#25948, meltano/meltano#6331: a page within the limit of bodies that the query has no
/// memory for. Right: all of its records are loaded.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_page_loads_with_little_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = WarehouseConfig { memory_limit_mb: 128, threads: 2, ..WarehouseConfig::default() };
    let warehouse = Warehouse::open(&folder.path().join("daybook.duckdb"), &config).expect("a warehouse");
    let clock = Clock::fixed(noon());
    let landing = folder.path().join("landing");
    let engine = Arc::new(Engine::new(landing.clone(), clock.clone()).expect("an engine"));
    let context = SyncContext::new(engine, warehouse, clock, Secret::new("key"));
    let of = source("stripe", &[]);
    let body = charges(60_000);
    assert!(body.len() > 19 << 20, "{}", body.len());
    let landed = land(&landing, &of, &body);
    let loaded = load_landed(&context, &of, &landed, SyncMode::Live).await.expect("loaded");
    assert_eq!((loaded.rows_read, loaded.rows_quarantined), (60_000, 0));
    assert_eq!(texts(&context.warehouse, "SELECT count(DISTINCT payment_id)::VARCHAR FROM core.payment"), ["60000"]);
    let left: Vec<_> = fs::read_dir(&landed.folder).expect("the folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 2, "pieces are gone: {left:?}");
}

/// Source: langwatch/langwatch#5661 (a record that ends the worker is claimed again for 20 hours). Right: after
/// two deaths the slice is left aside and reported, the others go on, and a person can have it tried.
#[tokio::test(flavor = "multi_thread")]
async fn a_slice_at_which_the_process_died_twice_is_set_aside_and_reported() {
    let small = Small::start(3).await;
    let app = App::open(&small.root, Clock::System).expect("an installation");
    let payments = app.sources(&app.settings.workspaces[0]).expect("sources").remove(1);
    let at = daybook::connectors::slice::start_of_day(payments.since, chrono_tz::UTC);
    // The first window of charges begins a month before the first day.
    let window = Window::Instants { start: at - chrono::TimeDelta::days(31), end: at };
    let slice = Slice { partition: String::new(), window };
    let keys = vec![attempts::key("shop", &payments.connection.id, "charges", &slice)];
    for owner in ["one", "two"] {
        let (keys, now) = (keys.clone(), Clock::System.now());
        app.warehouse
            .write_blocking(move |writer| begin(writer, &keys, owner, now))
            .expect("as a killed process leaves it");
    }
    let outcomes = app.sync_on_schedule(&Selection::default()).await.expect("synced");
    let of = |stream: &str| outcomes.iter().find(|outcome| outcome.stream == stream).expect("the stream");
    let error = of("charges").error.clone().expect("told");
    assert!(error.message.contains("Daybook died 2 times while it loaded this slice"), "{error:?}");
    assert!(outcomes.iter().filter(|outcome| outcome.stream != "charges").all(|outcome| outcome.error.is_none()));
    drop(app);
    let told = small.well(&["status"]);
    assert!(told.contains("Daybook died 2 times"), "{told}");
    // A person asks: it is tried in a process of its own, which lives, and loaded.
    small.well(&["sync"]);
    assert!(!small.well(&["status"]).contains("died"));
    assert_ne!(small.texts("SELECT count(*)::VARCHAR FROM core.payment"), ["0"]);
    assert_eq!(small.texts("SELECT count(*)::VARCHAR FROM ops.slice_attempt"), ["0"]);
}

fn manifests(small: &Small, stream: &str) -> Vec<PathBuf> {
    let entries = landed::entries(&small.root.join("landing")).expect("entries");
    let mut found: Vec<PathBuf> = entries.iter().map(landed::Entry::manifest).collect();
    found.retain(|path| path.iter().any(|part| part == stream));
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_answer_is_not_loaded_over_a_newer_one() {
    let small = Small::start(3).await;
    small.well(&["sync"]);
    let first = manifests(&small, "ad_daily").remove(0);
    small.well(&["sync"]);
    let path = first.to_str().expect("a path");
    let output = small.daybook(&["replay", path]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("newer answers are loaded for") && told.contains("--older"), "{told}");
    small.well(&["replay", "--older", path]);
    let newest = manifests(&small, "ad_daily").pop().expect("a manifest");
    small.well(&["sync"]);
    drop(newest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_decides_nothing_beyond_its_folder() {
    let small = Small::start(3).await;
    small.well(&["sync"]);
    let manifest = manifests(&small, "ad_daily").pop().expect("a manifest");
    let text = fs::read_to_string(&manifest).expect("read");
    let path = manifest.to_str().expect("a path").to_owned();
    let outside = small.root.join("outside");
    fs::create_dir_all(&outside).expect("a folder");
    for file in fs::read_dir(manifest.parent().expect("a folder")).expect("files").flatten() {
        fs::copy(file.path(), outside.join(file.file_name())).expect("copied");
    }
    let copied = outside.join("manifest.json").to_str().expect("a path").to_owned();
    for (from, to) in
        [("\"shop\"", "\"other\""), ("ad_daily", "account_daily"), ("\"ads\"", "\"payments\""), ("2026", "2025")]
    {
        fs::write(&manifest, text.replace(from, to)).expect("changed");
        let output = small.daybook(&["replay", "--older", &path]);
        assert!(!output.status.success(), "{from} as {to}: {}", said(&output));
    }
    fs::write(&manifest, &text).expect("as it was");
    let output = small.daybook(&["replay", "--older", &copied]);
    let told = said(&output);
    assert!(!output.status.success() && told.contains("does not lie in the landing folder"), "{told}");
    small.well(&["replay", "--older", &path]);
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_that_nobody_loaded_age_out_once_newer_answers_hold_their_days() {
    let small = Small::start(3).await;
    small.well(&["sync"]);
    small.well(&["sync"]);
    // As a kill between landing and loading leaves them.
    let first = manifests(&small, "ad_daily").remove(0);
    let app = App::open(&small.root, Clock::System).expect("an installation");
    let forget = format!("DELETE FROM ops.load WHERE manifest = '{}'", first.display());
    app.warehouse
        .write_blocking(move |writer| {
            daybook::warehouse::Context::context(writer.execute_batch(&forget), || "forgetting".to_owned())
        })
        .expect("forgotten");
    let later = Clock::System.now() + chrono::TimeDelta::days(31);
    let night = daybook::jobs::maintenance::maintain(&app.maintenance(), later);
    let told = night.steps.iter().find(|step| step.name == "landing").expect("the step");
    assert!(told.is_ok && told.says.contains("1 of them were never loaded"), "{told:?}");
    assert!(!first.exists());
}

/// A connector's query that writes or reads a file is refused before it runs; `check` included.
#[tokio::test(flavor = "multi_thread")]
async fn a_connectors_query_reaches_no_file() {
    let small = Small::start(1).await;
    let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/connectors/catalog/google_ads");
    let own = small.root.join("config/connectors/google_ads");
    fs::create_dir_all(&own).expect("a folder");
    for file in fs::read_dir(catalog).expect("files").flatten().filter(|file| file.path().is_file()) {
        fs::copy(file.path(), own.join(file.file_name())).expect("copied");
    }
    let query = own.join("ad_daily.sql");
    let sound = fs::read_to_string(&query).expect("the query");
    let stolen = small.root.join("stolen.csv");
    let read = format!("SELECT * FROM read_text('{}')", small.root.join("config/e").display());
    for bad in [format!("{}; COPY (SELECT 1) TO '{}'", sound.trim_end().trim_end_matches(';'), stolen.display()), read]
    {
        fs::write(&query, &bad).expect("changed");
        for command in [&["check"][..], &["sync"]] {
            let output = small.daybook(command);
            let told = said(&output);
            assert!(!output.status.success() && told.contains("the query is not run"), "{command:?}: {told}");
        }
        assert!(!stolen.exists());
    }
    fs::write(&query, sound).expect("as it was");
    small.well(&["check"]);
}

/// golang/vulndb#3215: a replaced rollup or check is looked at by `check`, also where no data would lead to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_statement_in_a_rollup_or_a_check_is_refused_by_check() {
    let small = Small::start(1).await;
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("jobs");
    for query in ["rollups/mrr_daily.sql", "rollups/metric_daily.sql", "checks/spend_is_not_negative.sql"] {
        // A query that installations of earlier versions have; Daybook itself adds up what facts say.
        let earlier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(query);
        let file = if earlier.exists() { earlier } else { shipped.join(query) };
        let sound = fs::read_to_string(file).expect("the query");
        let own = small.root.join("jobs").join(query);
        fs::create_dir_all(own.parent().expect("a folder")).expect("a folder");
        for more in ["DROP TABLE core.payment", "COPY (SELECT 1) TO 'x'", "SELECT FROM WHERE"] {
            fs::write(&own, format!("{sound}\n;\n{more}\n")).expect("changed");
            let output = small.daybook(&["check"]);
            let told = said(&output);
            assert_eq!(output.status.code(), Some(2), "{query} {more}: {told}");
            assert!(told.contains(query), "{query} {more}: {told}");
        }
        fs::write(&own, sound).expect("as it was");
        small.well(&["check"]);
    }
}
