//! What a slice costs by itself: a thousand of ten rows, read first, read again with nothing changed, and read again
//! with one row changed; against DuckDB's own insert of the same bytes, one transaction a slice, in one run.
//! `cargo bench --bench slices [-- SLICES]`.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench speaks, and stops where it fails")]

#[path = "common/process.rs"]
mod process;
#[path = "common/vendor.rs"]
mod vendor;

use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, body::Bytes};
use chrono::{Days, NaiveDate};
use daybook::connectors::{Catalog, Connection, Connector, Engine};
use daybook::domain::money::Currency;
use daybook::jobs::sync::{Source, SyncContext, sync_connection};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::{Context, Warehouse, WarehouseConfig};
use process::{peak_mb, processor_seconds};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use vendor::{FIELDS, columns, query};

const ROWS: u64 = 10;
const REQUEST: &str = r#"{ url = "{{ settings.base_url }}/rows/{{ slice.start_date }}" }"#;

/// A page of a day; the first row's clicks follow the round, so that it can change.
fn page(day: NaiveDate, round: u64) -> Bytes {
    let row = |n: u64| {
        let clicks = if n == 0 { round } else { n };
        format!(
            r#"{{"date":"{day}","campaign_id":"{n}","campaign":"Campaign {n}","status":"ENABLED","kind":"SEARCH","currency":"EUR","impressions":"{}","clicks":"{clicks}","cost":"{n}.50","conversions":"{n}.5","value":"{n}.25"}}"#,
            n + 100
        )
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    Bytes::from(format!("{{\"rows\":[{}]}}", rows.join(",")))
}

async fn serve(round: Arc<AtomicU64>) -> String {
    async fn rows(State(round): State<Arc<AtomicU64>>, UrlPath(day): UrlPath<NaiveDate>) -> impl IntoResponse {
        ([(header::CONTENT_TYPE, "application/json")], page(day, round.load(Ordering::Relaxed)))
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/rows/{day}", get(rows)).with_state(round);
    tokio::spawn(async move { drop(axum::serve(listener, router).await) });
    format!("http://{address}")
}

/// What DuckDB needs by itself, in milliseconds a slice by the clock and of the processor.
fn baseline(folder: &Path, since: NaiveDate, slices: u64) -> (f64, f64) {
    let warehouse = Warehouse::open(&folder.join("baseline.duckdb"), &WarehouseConfig::default()).expect("a warehouse");
    let (begun, work) = (Instant::now(), processor_seconds(std::process::id()));
    for number in 0..slices {
        let file = folder.join(format!("{number:05}.json"));
        std::fs::write(&file, page(since + Days::new(number), 0)).expect("a page");
        let sql = format!(
            "INSERT INTO core.ad_daily BY NAME
             SELECT 'w' AS workspace, 'c' AS connection, {}, 'l' AS load_id
             FROM (SELECT unnest(rows) AS r FROM read_json('{}', format = 'unstructured', columns = {{'rows': 'STRUCT({})[]'}}))",
            columns("r"),
            file.display(),
            FIELDS.trim_matches(['{', '}']).replace("\": \"", "\" ").replace("VARCHAR\"", "VARCHAR")
        );
        warehouse
            .write_blocking(move |c| c.execute_batch(&sql).context(|| "the baseline".to_owned()))
            .expect("inserted");
    }
    let each = |seconds: f64| seconds * 1e3 / slices as f64;
    (each(begun.elapsed().as_secs_f64()), each(processor_seconds(std::process::id()) - work))
}

#[tokio::main]
async fn main() {
    let slices: u64 = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(1_000);
    let folder = tempfile::tempdir().expect("a folder");
    let round = Arc::new(AtomicU64::new(0));
    let settings = BTreeMap::from([("base_url".to_owned(), toml::Value::from(serve(Arc::clone(&round)).await))]);
    let since: NaiveDate = "2024-01-01".parse().expect("a date");
    let own = baseline(folder.path(), since, slices);
    println!("{slices} slices of {ROWS} rows; milliseconds a slice by the clock, and in brackets of the processor");
    println!("alone, a transaction each: {:.1} ms ({:.1})", own.0, own.1);
    for (name, stands_alone) in [("days that stand alone", true), ("slices one by one", false)] {
        let at = folder.path().join(name);
        let connector = connector(&at, slices, stands_alone);
        let warehouse = Warehouse::open(&at.join("sync.duckdb"), &WarehouseConfig::default()).expect("a warehouse");
        let connection = Connection::new("w", "c", connector, settings.clone(), BTreeMap::new(), chrono_tz::UTC);
        let currency = Currency::new("EUR").expect("a currency");
        let source = Source { connection: connection.expect("a connection"), currency, since };
        round.store(0, Ordering::Relaxed);
        let steps = [("first", slices * ROWS), ("again, nothing changed", 0), ("again, a row changed", slices)];
        for (hour, (step, written)) in (12..).zip(steps) {
            if step == "again, a row changed" {
                round.store(1, Ordering::Relaxed);
            }
            // A load is known by when it was asked for.
            let now = (since + Days::new(slices - 1)).and_hms_opt(hour, 0, 0).expect("an hour").and_utc();
            let clock = Clock::fixed(now);
            let engine = Arc::new(Engine::new(at.join("landing"), clock.clone()).expect("an engine"));
            let context = SyncContext::new(engine, warehouse.clone(), clock, Secret::new("key"));
            let (begun, work) = (Instant::now(), processor_seconds(std::process::id()));
            let outcomes = sync_connection(&context, &source, &|_| {}).await;
            let (clock, work) = (begun.elapsed().as_secs_f64(), processor_seconds(std::process::id()) - work);
            assert!(outcomes[0].error.is_none(), "{:?}", outcomes[0].error);
            assert_eq!((outcomes[0].slices as u64, outcomes[0].loaded.rows_written), (slices, written));
            let (clock, work) = (clock * 1e3 / slices as f64, work * 1e3 / slices as f64);
            println!("{name}, {step}: {clock:.1} ms ({work:.1}); ratio {:.1} ({:.1})", clock / own.0, work / own.1);
        }
    }
    println!("peak memory {} MB", peak_mb(std::process::id()));
}

/// A connector whose slices are days, all of which are read again each time.
fn connector(folder: &Path, slices: u64, stands_alone: bool) -> Arc<Connector> {
    let own = folder.join("connectors/bench");
    std::fs::create_dir_all(&own).expect("a folder");
    let stream = format!("slicing = {{ kind = \"days\", step_days = 1, reread_days = {slices} }}");
    let text = vendor::connector(REQUEST, &stream);
    let text = if stands_alone { text } else { text.replace("days_stand_alone = true", "days_stand_alone = false") };
    std::fs::write(own.join("connector.toml"), text).expect("written");
    std::fs::write(own.join("ad_daily.sql"), query()).expect("written");
    let mut catalog = Catalog::default();
    catalog.add_folder(&folder.join("connectors")).unwrap_or_else(|problems| panic!("{problems:?}"));
    catalog.get("bench").expect("a connector")
}
