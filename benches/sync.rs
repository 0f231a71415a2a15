//! Sync of a paginated JSON API on loopback against DuckDB's own reading and inserting of the same
//! bytes, in one run: rows a second, peak memory, ratio. `cargo bench --bench sync [-- ROWS]`.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench speaks, and stops where it fails")]

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
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

const PAGE: usize = 1_000;
const WINDOWS: usize = 4;
/// Both are timed in turn, so that a machine that changes its pace slows both.
const ROUNDS: usize = 5;

const CONNECTOR: &str = r#"
name = "bench"
label = "Bench"
docs = "none"
[settings.base_url]
about = "Where the API answers."
kind = "url"
[auth]
kind = "none"
[limits]
requests = 100000
concurrency = 8
[streams.ad_daily]
about = "Rows."
records = "$.rows[*]"
request = { url = "{{ settings.base_url }}/rows/{{ slice.start_date }}", query = [["offset", "{{ cursor.offset }}"], ["limit", "1000"]] }
slicing = { kind = "days", step_days = 30, reread_days = 30 }
paging = { kind = "offset", limit = 1000, total_pointer = "/total" }
[[streams.ad_daily.loads]]
table = "ad_daily"
key = ["account_id", "campaign_id", "date"]
mode = { kind = "replace_window", column = "date", days_stand_alone = true }
touches = ["date"]
"#;

const FIELDS: &str = r#"{"date": "VARCHAR", "campaign_id": "VARCHAR", "campaign": "VARCHAR", "status": "VARCHAR", "kind": "VARCHAR", "currency": "VARCHAR", "impressions": "VARCHAR", "clicks": "VARCHAR", "cost": "VARCHAR", "conversions": "VARCHAR", "value": "VARCHAR"}"#;

fn columns(r: &str) -> String {
    format!(
        "'1' AS account_id, {r}.campaign_id AS campaign_id, {r}.campaign AS campaign_name, {r}.status AS campaign_status,
         {r}.kind AS campaign_type, '' AS ad_group_id, '' AS ad_id, '' AS device, '' AS country,
         TRY_CAST({r}.date AS DATE) AS date, 'google' AS source, 'cpc' AS medium, {r}.currency AS currency,
         TRY_CAST({r}.impressions AS BIGINT) AS impressions, TRY_CAST({r}.clicks AS BIGINT) AS clicks,
         TRY_CAST({r}.cost AS DECIMAL(18, 6)) AS cost, TRY_CAST({r}.conversions AS DECIMAL(18, 6)) AS conversions,
         TRY_CAST({r}.value AS DECIMAL(18, 6)) AS conversion_value"
    )
}

fn query() -> String {
    format!(
        "WITH list AS (SELECT page_no, from_json(body, '{{\"rows\": [{FIELDS}]}}').rows AS rows FROM page),
         record AS (SELECT page_no, unnest(rows) AS r, unnest(range(len(rows))) AS record_no FROM list)
         SELECT {}, page_no, CAST(record_no AS INTEGER) AS record_no,
             problems([required('campaign_id', r.campaign_id), bad_date('date', r.date), bad_whole('clicks', r.clicks),
                 bad_whole('impressions', r.impressions), bad_decimal('cost', r.cost)]) AS problem
         FROM record",
        columns("r")
    )
}

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

/// Peak resident memory of this process so far, in MB.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("VmHWM: 0 kB");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Processor seconds this process has used so far, over all threads; steadier than the clock on a shared machine.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    ticks / 100.0
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
    let (begun, work) = (Instant::now(), processor_seconds());
    warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| "the baseline".to_owned())).expect("inserted");
    (begun.elapsed().as_secs_f64(), processor_seconds() - work)
}

#[tokio::main]
async fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let pages = Arc::new(pages(rows));
    let bytes: usize = pages.values().flatten().map(Bytes::len).sum();
    let before = peak_mb();
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
        peak = peak.max(if round == 1 { peak_mb() } else { 0 });
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
    std::fs::write(own.join("connector.toml"), CONNECTOR).expect("written");
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
    let (begun, work) = (Instant::now(), processor_seconds());
    let last_page = Mutex::new(begun);
    let show = |progress: Progress<'_>| {
        if let Progress::Page { .. } = progress {
            *last_page.lock().expect("no panic") = Instant::now();
        }
    };
    let outcomes = sync_connection(&context, &source, &show).await;
    let (synced, work) = (begun.elapsed().as_secs_f64(), processor_seconds() - work);
    let after = last_page.lock().expect("no panic").elapsed().as_secs_f64();
    assert!(outcomes[0].error.is_none(), "{:?}", outcomes[0].error);
    assert_eq!(outcomes[0].loaded.rows_written, rows as u64);
    (synced, work, after)
}
