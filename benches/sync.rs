//! Sync of a paginated JSON API on loopback against DuckDB's own reading and inserting of the same
//! bytes, in one run: rows a second, peak memory, ratio. `cargo bench --bench sync [-- ROWS]`.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench speaks, and stops where it fails")]

#[path = "common/process.rs"]
mod process;
#[path = "common/vendor.rs"]
mod vendor;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, body::Bytes};
use chrono::{Days, NaiveDate};
use daybook::connectors::{Catalog, Connection, Connector, Engine};
use daybook::domain::money::Currency;
use daybook::jobs::sync::{Progress, Source, SyncContext, sync_connection};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::{Context, Warehouse, WarehouseConfig};
use process::{peak_mb, processor_seconds};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use vendor::{FIELDS, columns, query};

const PAGE: usize = 1_000;
const WINDOWS: usize = 4;
/// Both are timed in turn, so that a machine that changes its pace slows both.
const ROUNDS: usize = 5;

const REQUEST: &str = r#"{ url = "{{ settings.base_url }}/rows/{{ slice.start_date }}", query = [["offset", "{{ cursor.offset }}"], ["limit", "1000"]] }"#;
const STREAM: &str = r#"
slicing = { kind = "days", step_days = 30, reread_days = 30 }
paging = { kind = "offset", limit = 1000, total_pointer = "/total" }
"#;

/// The pages of each window, by its first day.
type Pages = BTreeMap<NaiveDate, Vec<Bytes>>;

/// Pages of 1,000 rows of about 300 bytes, in windows of 30 days as ad platforms are asked for.
fn pages(rows: usize) -> Pages {
    let of_window = rows / WINDOWS;
    (0..WINDOWS)
        .map(|window| {
            let start = since() + Days::new(30 * window as u64);
            let pages = (0..of_window / PAGE).map(|page| page_of(window * of_window + page * PAGE, start, of_window));
            (start, pages.collect())
        })
        .collect()
}

fn page_of(first: usize, start: NaiveDate, total: usize) -> Bytes {
    let mut body = String::from("{\"rows\":[");
    for n in first..first + PAGE {
        let comma = if n == first { "" } else { "," };
        let (day, campaign) = (start + Days::new(n as u64 % 30), n / 30);
        let _ = write!(
            body,
            r#"{comma}{{"date":"{day}","campaign_id":"{campaign}","campaign":"A campaign with a name of usual length, number {campaign}","status":"ENABLED","kind":"PERFORMANCE_MAX","currency":"EUR","impressions":"{}","clicks":"{}","cost":"{}.{:02}","conversions":"{}.5","value":"{}.25","note":"a field that nobody reads"}}"#,
            n * 7 % 90_000,
            n % 900,
            n % 500,
            n % 100,
            n % 9,
            n % 700
        );
    }
    let _ = write!(body, "],\"total\":{total}}}");
    Bytes::from(body)
}

fn since() -> NaiveDate {
    "2026-01-01".parse().expect("a date")
}

async fn serve(pages: Arc<Pages>) -> String {
    async fn rows(
        State(pages): State<Arc<Pages>>,
        axum::extract::Path(start): axum::extract::Path<NaiveDate>,
        Query(query): Query<BTreeMap<String, usize>>,
    ) -> impl IntoResponse {
        ([(header::CONTENT_TYPE, "application/json")], pages[&start][query["offset"] / PAGE].clone())
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/rows/{start}", get(rows)).with_state(pages);
    tokio::spawn(async move { drop(axum::serve(listener, router).await) });
    format!("http://{address}")
}

/// What DuckDB needs by itself, by the clock and in processor seconds: the same bytes as files, read and
/// inserted into the same table.
fn baseline(folder: &Path, pages: &Pages) -> (f64, f64) {
    for (number, page) in pages.values().flatten().enumerate() {
        std::fs::write(folder.join(format!("{number:05}.json")), page).expect("a page");
    }
    let warehouse = Warehouse::open(&folder.join("baseline.duckdb"), &WarehouseConfig::default()).expect("a warehouse");
    let sql = format!(
        "INSERT INTO core.ad_daily BY NAME
         SELECT 'w' AS workspace, 'c' AS connection, {}, 'l' AS load_id
         FROM (SELECT unnest(rows) AS r FROM read_json('{}/*.json', format = 'unstructured', columns = {{'rows': 'STRUCT({})[]'}}))",
        columns("r"),
        folder.display(),
        FIELDS.trim_matches(['{', '}']).replace("\": \"", "\" ").replace("VARCHAR\"", "VARCHAR")
    );
    let (begun, work) = (Instant::now(), processor_seconds(std::process::id()));
    warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| "the baseline".to_owned())).expect("inserted");
    (begun.elapsed().as_secs_f64(), processor_seconds(std::process::id()) - work)
}

#[tokio::main]
async fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let pages = Arc::new(pages(rows));
    let bytes: usize = pages.values().flatten().map(Bytes::len).sum();
    let before = peak_mb(std::process::id());
    let connector = connector(folder.path());
    let settings = BTreeMap::from([("base_url".to_owned(), toml::Value::from(serve(Arc::clone(&pages)).await))]);

    println!("{rows} rows, {} MB of JSON, {} bytes a row", bytes / 1_000_000, bytes / rows);
    println!("daybook sync: HTTP, landing, load with history and books; alone: DuckDB's read_json and insert of the");
    println!("same bytes from disk; processor seconds in brackets, of a sync with those of serving the pages");
    let mut ratios = Vec::new();
    let mut peak = 0;
    for round in 1..=ROUNDS {
        let own = folder.path().join(round.to_string());
        std::fs::create_dir_all(&own).expect("a folder");
        let (synced, sync_work, after) = sync(&own, &connector, &settings, rows).await;
        peak = peak.max(if round == 1 { peak_mb(std::process::id()) } else { 0 });
        let (alone, own_work) = baseline(&own, &pages);
        println!(
            "sync {synced:.2} s ({sync_work:.1}), {after:.2} s after the last page, {:.0} rows/s; alone {alone:.2} s ({own_work:.1}); ratio {:.2} ({:.2})",
            rows as f64 / synced,
            synced / alone,
            sync_work / own_work
        );
        ratios.push(synced / alone);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "median ratio {:.2}; peak memory of a sync {peak} MB, of which {before} MB are the served pages",
        ratios[ROUNDS / 2]
    );
}

/// The bench's own connector.
fn connector(folder: &Path) -> Arc<Connector> {
    let own = folder.join("connectors/bench");
    std::fs::create_dir_all(&own).expect("a folder");
    std::fs::write(own.join("connector.toml"), vendor::connector(REQUEST, STREAM)).expect("written");
    std::fs::write(own.join("ad_daily.sql"), query()).expect("written");
    let mut catalog = Catalog::default();
    catalog.add_folder(&folder.join("connectors")).unwrap_or_else(|problems| panic!("{problems:?}"));
    catalog.get("bench").expect("a connector")
}

/// A first sync of everything into a warehouse in `folder`: by the clock, in processor seconds, and by the
/// clock from the last page on.
async fn sync(
    folder: &Path,
    connector: &Arc<Connector>,
    settings: &BTreeMap<String, toml::Value>,
    rows: usize,
) -> (f64, f64, f64) {
    let (connector, settings) = (Arc::clone(connector), settings.clone());
    let connection =
        Connection::new("w", "c", connector, settings, BTreeMap::new(), chrono_tz::UTC).expect("a connection");
    let warehouse = Warehouse::open(&folder.join("sync.duckdb"), &WarehouseConfig::default()).expect("a warehouse");
    let last_day = since() + Days::new(30 * WINDOWS as u64 - 1);
    let clock = Clock::fixed(last_day.and_hms_opt(12, 0, 0).expect("noon").and_utc());
    let engine = Arc::new(Engine::new(folder.join("landing"), clock.clone()).expect("an engine"));
    let context = SyncContext::new(engine, warehouse, clock, Secret::new("key"));
    let source = Source { connection, currency: Currency::new("EUR").expect("a currency"), since: since() };
    let (begun, work) = (Instant::now(), processor_seconds(std::process::id()));
    let last_page = Mutex::new(begun);
    let show = |progress: Progress<'_>| {
        if let Progress::Page { .. } = progress {
            *last_page.lock().expect("no panic") = Instant::now();
        }
    };
    let outcomes = sync_connection(&context, &source, &show).await;
    let (synced, work) = (begun.elapsed().as_secs_f64(), processor_seconds(std::process::id()) - work);
    let after = last_page.lock().expect("no panic").elapsed().as_secs_f64();
    assert!(outcomes[0].error.is_none(), "{:?}", outcomes[0].error);
    assert_eq!(outcomes[0].loaded.rows_written, rows as u64);
    (synced, work, after)
}
