//! Answers of vendors: the sandbox's own, spoilt on the way. What one bad answer brings may be set aside; the
//! process lives, and once the vendor answers well again, all that it has is there.

use super::Trial;
use crate::drops::fuzz::bytes::Chance;
use crate::support::{noon, texts};
use crate::tenants::{Simulation, world};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use chrono::TimeDelta;
use daybook::domain::period::Period;
use daybook::jobs::backfill::backfill;
use daybook::jobs::sync::{Gathered, Source, SyncContext, sync_connection};
use daybook::sandbox::{Faults, tenants};
use daybook::warehouse::{Warehouse, WarehouseConfig};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Days that the vendors know.
const DAYS: u64 = 2;
/// Answers spoilt in one round: a list that never ends is the vendor's right, and not what is tried here.
const MOST_SPOILT: u32 = 40;

/// Stands between Daybook and the sandbox.
struct Between {
    to: String,
    client: reqwest::Client,
    folder: PathBuf,
    spoils: Mutex<Option<(Chance, u32)>>,
    /// A round is many requests: each shows that it goes on.
    steps: Arc<AtomicU64>,
}

async fn answer(State(between): State<Arc<Between>>, request: Request) -> Response {
    between.steps.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let address = format!("{}{}", between.to, parts.uri);
    let mut passed = between.client.request(parts.method, address).body(body);
    for (name, value) in &parts.headers {
        if !["host", "content-length", "accept-encoding"].contains(&name.as_str()) {
            passed = passed.header(name, value);
        }
    }
    let answered = passed.send().await.expect("the sandbox");
    let (status, kind) = (answered.status(), answered.headers().get("content-type").cloned());
    let mut text = answered.bytes().await.expect("a body").to_vec();
    // Tokens are another matter, and without one nothing is asked.
    if !parts.uri.path().contains("token")
        && let Some((chance, left)) = between.spoils.lock().expect("chance").as_mut().filter(|(_, left)| *left > 0)
        && !chance.one_in(4)
    {
        *left -= 1;
        text = match chance.below(5) {
            0 => super::spoil::bytes(&text, b"{\"data\":[{}]}", chance),
            1 => chance
                .of(&[&b""[..], b"null", b"[]", b"{}", b"{\"data\":null}", b"[{}]", b"\xff\xfe", b"<html>"])
                .to_vec(),
            _ => super::spoil::json(&text, chance),
        };
        let name = parts.uri.path().replace('/', "_");
        std::fs::write(between.folder.join(format!("{left:02}{name}")), &text).expect("kept");
    }
    let mut response = Response::builder().status(status);
    if let Some(kind) = kind {
        response = response.header("content-type", kind);
    }
    response.body(Body::from(text)).expect("an answer")
}

/// The sources, asked through what stands between; each request once, and one at a time.
fn sources(world: &Simulation, between: &str) -> Vec<Source> {
    let shop = tenants().remove(1);
    let mut all = world.sources(&shop);
    let others = tenants().into_iter().filter(|tenant| tenant.has_crm).flat_map(|tenant| world.sources(&tenant));
    all.extend(others.filter(|source| source.connection.id == "hubspot").take(1));
    for source in &mut all {
        let mut connector = (*source.connection.connector).clone();
        connector.spec.limits.attempts = 1;
        connector.spec.limits.concurrency = 1;
        connector.spec.limits.requests = 10_000;
        source.connection.connector = Arc::new(connector);
        for name in ["base_url", "token_url"] {
            if let Some(toml::Value::String(url)) = source.connection.settings.get_mut(name) {
                *url = url.replace(&world.sandbox.base_url(), between);
            }
        }
    }
    all
}

pub fn hunt(mut trial: Trial) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = world(DAYS, Faults::none()).await;
        let between = Arc::new(Between {
            to: world.sandbox.base_url(),
            client: reqwest::Client::builder().build().expect("a client"),
            folder: trial.folder.clone(),
            spoils: Mutex::new(None),
            steps: trial.steps.clone(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(between.clone());
        tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let sources = sources(&world, &address);
        let mut calm = Wanted(world.context.clone(), BTreeSet::new());
        let (mut synced, mut failed) = (0u64, 0u64);
        while let Some(mut round) = trial.next() {
            let source = &sources[round.chance.below(sources.len())];
            let folder = tempfile::tempdir().expect("a folder");
            let context = fresh(&world.context, &folder);
            for _ in 0..=round.chance.below(2) {
                let seed = round.chance.next();
                *between.spoils.lock().expect("chance") = Some((Chance::new(seed), MOST_SPOILT));
                for outcome in sync_connection(&context, source, &|_| {}).await {
                    let done = &outcome.loaded;
                    let settled = done.rows_written + done.rows_unchanged + done.rows_quarantined;
                    // Rows of records that a list lacks are written without being read.
                    let has_more = source.connection.id == "hubspot";
                    assert!(has_more || settled <= done.rows_read, "{}: {done:?}", outcome.stream);
                    failed += u64::from(outcome.error.is_some());
                    synced += 1;
                    outcome.failures.iter().for_each(|error| super::is_told_well(&error.message));
                    done.notes.iter().for_each(|note| super::is_told_well(note));
                }
                context.clock.set(context.clock.now() + TimeDelta::hours(25));
            }
            *between.spoils.lock().expect("chance") = None;
            let period = Period { start: world.first, end: noon().date_naive() };
            for outcome in sync_connection(&context, source, &|_| {}).await {
                assert_eq!(outcome.error, None, "{}: the vendor answers well again", outcome.stream);
            }
            let filled = backfill(&context, source, period, &|_| {}).await.expect("the books are there");
            assert!(filled.is_whole(), "{filled:?}");
            calm.are_all_in(&context.warehouse, source).await;
            for kept in std::fs::read_dir(&trial.folder).expect("a folder").flatten() {
                drop(std::fs::remove_file(kept.path()));
            }
        }
        assert!(synced > failed, "{failed} of {synced} streams failed");
        println!("{synced} streams, {failed} failed");
    });
}

/// An empty warehouse with little memory.
fn fresh(of: &SyncContext, folder: &tempfile::TempDir) -> SyncContext {
    let config = WarehouseConfig { memory_limit_mb: 200, threads: 1, backup_dir: None, ..WarehouseConfig::default() };
    let warehouse = Warehouse::open(&folder.path().join("daybook.duckdb"), &config).expect("a warehouse");
    let clock = daybook::support::clock::Clock::fixed(noon());
    let engine = daybook::connectors::Engine::new(folder.path().join("landing"), clock.clone()).expect("an engine");
    SyncContext { engine: Arc::new(engine), warehouse, clock, gathered: Gathered::default(), ..of.clone() }
}

/// What a warehouse holds that received good answers only, and the sources it has asked so far.
struct Wanted(SyncContext, BTreeSet<String>);

const TABLES: [(&str, &str); 4] = [
    ("ad_daily", "workspace, connection, account_id, campaign_id, ad_id, device, country, date, clicks, cost"),
    ("payment", "workspace, connection, payment_id, status, amount, date"),
    ("web_daily", "* EXCLUDE (load_id)"),
    ("deal", "workspace, connection, deal_id, amount"),
];

fn rows(warehouse: &Warehouse, source: &Source, table: &str, columns: &str) -> Vec<String> {
    let (workspace, connection) = (&source.connection.workspace, &source.connection.id);
    texts(
        warehouse,
        &format!(
            "SELECT to_json(f)::VARCHAR FROM (SELECT {columns} FROM core.{table} WHERE workspace = '{workspace}' AND connection = '{connection}') AS f ORDER BY 1"
        ),
    )
}

impl Wanted {
    /// Rows of made-up keys may stand beside them: nobody can distinguish those from rows of the vendor.
    async fn are_all_in(&mut self, warehouse: &Warehouse, source: &Source) {
        if self.1.insert(source.connection.id.clone()) {
            for outcome in sync_connection(&self.0, source, &|_| {}).await {
                assert_eq!(outcome.error, None, "{}", outcome.stream);
            }
        }
        for (table, columns) in TABLES {
            let held = rows(warehouse, source, table, columns);
            for wanted in rows(&self.0.warehouse, source, table, columns) {
                assert!(held.binary_search(&wanted).is_ok(), "{table}: lost or wrong: {wanted}");
            }
        }
    }
}
