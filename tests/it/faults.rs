//! What vendors do wrong, and how each ends: the good data loaded, the rest reported.

use crate::support::{noon, texts};
use crate::tenants::{Simulation, world};
use chrono::TimeDelta;
use daybook::connectors::engine::Engine;
use daybook::connectors::spec::LimitSpec;
use daybook::connectors::{LandedSlice, Slice, Window};
use daybook::jobs::sync::{Source, StreamOutcome, sync_connection};
use daybook::sandbox::{Armed, Fault, Faults, tenants};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Syncs one connection of the shop with a fault armed on a path.
async fn struck(world: &Simulation, connector: &str, path: &str, fault: Fault, times: u64) -> Vec<StreamOutcome> {
    world.sandbox.arm(Armed { path: path.to_owned(), fault, times });
    sync_connection(&world.context, &source(world, connector), &|_| {}).await
}

fn source(world: &Simulation, connector: &str) -> Source {
    let shop = tenants().remove(1);
    world.sources(&shop).into_iter().find(|source| source.connection.id == connector).expect("a source")
}

fn error<'a>(outcomes: &'a [StreamOutcome], stream: &str) -> Option<&'a str> {
    let outcome = outcomes.iter().find(|outcome| outcome.stream == stream).expect("the stream");
    outcome.error.as_ref().map(|error| error.message.as_str())
}

fn days(world: &Simulation) -> Vec<String> {
    texts(&world.context.warehouse, "SELECT count(DISTINCT date)::VARCHAR FROM core.ad_daily")
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_pass_are_waited_out_and_nothing_is_missing() {
    for fault in [Fault::TooMany, Fault::Failure, Fault::CutBody, Fault::Slow] {
        let world = world(10, Faults::none()).await;
        let outcomes = struck(&world, "google_ads", "searchStream", fault, 2).await;
        assert_eq!(error(&outcomes, "ad_daily"), None, "{fault:?}");
        assert_eq!(days(&world), ["10"], "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_html_is_reported_and_leaves_no_trace() {
    let world = world(10, Faults::none()).await;
    let outcomes = struck(&world, "google_ads", "searchStream", Fault::Html, 2).await;
    assert!(error(&outcomes, "ad_daily").expect("an error").contains("HTML page where JSON was due"));
    assert_eq!(days(&world), ["0"]);
    assert_eq!(
        texts(
            &world.context.warehouse,
            "SELECT count(*)::VARCHAR FROM ops.coverage WHERE standing IS NULL AND stream IN ('account_daily', 'ad_daily')"
        ),
        ["0"]
    );
    sync_connection(&world.context, &source(&world, "google_ads"), &|_| {}).await;
    assert_eq!(days(&world), ["10"], "the next run goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_asks_for_a_person_and_never_prints_the_secret() {
    let world = world(10, Faults::none()).await;
    let outcomes = struck(&world, "google_ads", "/oauth2/token", Fault::Revoked, 1).await;
    let told = outcomes[0].error.clone().expect("an error");
    assert!(told.message.contains("connect the account again") && !told.can_retry, "{told:?}");
    assert!(!told.message.contains("sandbox-refresh-token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_early_is_renewed_once() {
    // More than are fetched at once: a new token is not to be used up before all have received it.
    let world = world(30, Faults { token_uses: 8, ..Faults::none() }).await;
    let outcomes = sync_connection(&world.context, &source(&world, "google_analytics"), &|_| {}).await;
    assert!(outcomes.iter().all(|outcome| outcome.error.is_none()), "{outcomes:?}");
    assert!(world.sandbox.request_counts()["oauth2"] >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_repeats_ends_with_an_error_and_the_other_streams_go_on() {
    let world = world(10, Faults::none()).await;
    let outcomes = struck(&world, "stripe", "/v1/charges", Fault::RepeatedCursor, 5).await;
    assert!(error(&outcomes, "charges").expect("an error").contains("repeats the page cursor"));
    assert_eq!(error(&outcomes, "refunds"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_50_mb_is_loaded_like_any_other() {
    let world = world(10, Faults::none()).await;
    let outcomes = struck(&world, "google_ads", "searchStream", Fault::HugePage, 1).await;
    assert_eq!(error(&outcomes, "ad_daily"), None);
    assert_eq!(days(&world), ["10"]);
    assert_eq!(texts(&world.context.warehouse, "SELECT (max(bytes) > 50000000)::VARCHAR FROM ops.load"), ["true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_is_not_replayed() {
    let world = world(10, Faults::none()).await;
    let engine: &Engine = &world.context.engine;
    let source = source(&world, "stripe");
    let slice = Slice {
        partition: String::new(),
        window: Window::Instants { start: noon() - TimeDelta::days(30), end: noon() },
    };
    let landed = engine.fetch(&source.connection, "subscriptions", &slice, None, &|_| {}).await.expect("landed");
    assert!(LandedSlice::open(&landed.manifest_path()).is_ok());
    std::fs::write(&landed.files()[0], b"damaged").expect("written");
    let error = LandedSlice::open(&landed.manifest_path()).expect_err("damaged").to_string();
    assert!(error.contains("is damaged; fetch the slice again"), "{error}");
}

/// The shop's source with other limits.
fn limited(world: &Simulation, connector: &str, limits: LimitSpec) -> Source {
    let mut source = source(world, connector);
    let mut changed = (*source.connection.connector).clone();
    changed.spec.limits = limits;
    source.connection.connector = Arc::new(changed);
    source
}

fn impatient() -> LimitSpec {
    LimitSpec { timeout_secs: 1, attempts: 2, requests: 1000, ..LimitSpec::default() }
}

fn arm(world: &Simulation, path: &str, fault: Fault) {
    world.sandbox.arm(Armed { path: path.to_owned(), fault, times: u64::MAX });
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_at_the_configured_limit_and_the_other_streams_go_on() {
    let world = world(5, Faults::none()).await;
    arm(&world, "/v1/charges", Fault::Silence);
    let begun = Instant::now();
    let outcomes = sync_connection(&world.context, &limited(&world, "stripe", impatient()), &|_| {}).await;
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let told = outcomes.iter().find_map(|outcome| outcome.error.clone()).expect("an error");
    assert_eq!((told.message.as_str(), told.can_retry), ("no complete answer within 1 s (2 attempts)", true));
    assert_eq!((error(&outcomes, "refunds"), error(&outcomes, "subscriptions")), (None, None));
    assert_eq!(texts(&world.context.warehouse, "SELECT count(*)::VARCHAR FROM core.payment"), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_accepts_and_never_answers_is_reported_as_one() {
    let world = world(5, Faults::none()).await;
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut source = limited(&world, "stripe", impatient());
    let url = format!("http://{}", deaf.local_addr().expect("an address"));
    source.connection.settings.insert("base_url".to_owned(), url.into());
    let outcomes = sync_connection(&world.context, &source, &|_| {}).await;
    assert!(outcomes.iter().all(|outcome| outcome.error.as_ref().is_some_and(|error| error.can_retry)), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_keeps_silent_or_floods_ends_too() {
    for (fault, wanted) in [
        (Fault::Silence, "the token endpoint gave no complete answer within 1 s"),
        (Fault::GzipBomb, "the token endpoint sends more than a token"),
    ] {
        let world = world(5, Faults::none()).await;
        arm(&world, "/oauth2/token", fault);
        let limits = if fault == Fault::Silence { impatient() } else { LimitSpec::default() };
        let outcomes = sync_connection(&world.context, &limited(&world, "google_ads", limits), &|_| {}).await;
        assert_eq!(error(&outcomes, "ad_daily"), Some(wanted));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_types_and_missing_fields_in_bulk_leave_the_good_rows() {
    for fault in [Fault::WrongTypes, Fault::MissingFields] {
        for (connector, path, table, reason) in [
            ("google_ads", "searchStream", "ad_daily", "segments.date"),
            ("google_analytics", "runReport", "web_daily", "date"),
            ("stripe", "/v1/charges", "payment", "created"),
        ] {
            let world = world(10, Faults::none()).await;
            arm(&world, path, fault);
            let outcomes = sync_connection(&world.context, &source(&world, connector), &|_| {}).await;
            let stopped: Vec<_> = outcomes.iter().filter(|outcome| outcome.error.is_some()).collect();
            assert!(stopped.is_empty(), "{fault:?} {connector}: {stopped:?}");
            let warehouse = &world.context.warehouse;
            let good = texts(warehouse, &format!("SELECT (count(*) > 5)::VARCHAR FROM core.{table}"));
            let bad = format!(
                "SELECT (count(*) > 5 AND bool_and(reason LIKE '%{reason}%' AND raw IS NOT NULL))::VARCHAR
                 FROM ops.quarantine WHERE table_name = '{table}'"
            );
            let why = texts(warehouse, "SELECT DISTINCT reason FROM ops.quarantine LIMIT 5");
            assert_eq!(
                (good, texts(warehouse, &bad)),
                (vec!["true".to_owned()], vec!["true".to_owned()]),
                "{fault:?} {connector}: {why:?}"
            );
            let told: u64 = outcomes.iter().map(|outcome| outcome.loaded.rows_quarantined).sum();
            assert!(told > 5, "{fault:?} {connector}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_where_the_records_were_due_is_no_empty_day() {
    let world = world(10, Faults::none()).await;
    let outcomes = struck(&world, "google_ads", "searchStream", Fault::NoList, u64::MAX).await;
    let told = error(&outcomes, "ad_daily").expect("an error");
    assert!(told.contains("the vendor sends object where the list $.results was due"), "{told}");
    assert_eq!(
        texts(
            &world.context.warehouse,
            "SELECT count(*)::VARCHAR FROM ops.coverage WHERE standing IS NULL AND stream IN ('account_daily', 'ad_daily')"
        ),
        ["0"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_bomb_stops_at_the_limit_and_leaves_no_trace() {
    for (fault, wanted) in [
        (Fault::GzipBomb, "the answer is larger than 8 MB decompressed"),
        (Fault::DeflateBomb, "the answer is not JSON"),
    ] {
        let world = world(5, Faults::none()).await;
        arm(&world, "searchStream", fault);
        let limits = LimitSpec { max_body_mb: 8, ..LimitSpec::default() };
        let outcomes = sync_connection(&world.context, &limited(&world, "google_ads", limits), &|_| {}).await;
        let told = outcomes[0].error.clone().expect("an error");
        assert_eq!((told.message.as_str(), told.can_retry), (wanted, false));
        assert_eq!(days(&world), ["0"]);
        let landed = world.folder.path().join("landing").join("northwind_shop/google_ads/ad_daily");
        let left = std::fs::read_dir(landed).expect("a folder").flatten().flat_map(|slice| {
            std::fs::read_dir(slice.path()).expect("a folder").flatten().map(|entry| entry.path()).collect::<Vec<_>>()
        });
        assert_eq!(left.collect::<Vec<_>>(), [""; 0].map(std::path::PathBuf::from));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_not_there_is_an_error_and_not_a_thousand_deals_gone() {
    use axum::http::StatusCode;
    let search = axum::routing::post(async || r#"{"results": [{"id": "1"}, {"id": "2"}]}"#);
    let missing = async || (StatusCode::NOT_FOUND, r#"{"message": "no such place (HTTP 200)"}"#);
    let app = axum::Router::new().route("/crm/objects/{version}/deals/search", search).fallback(missing);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let source = crate::support::source("hubspot", &[("base_url", base.into())]);
    let folder = tempfile::tempdir().expect("a folder");
    let engine =
        Engine::new(folder.path().to_owned(), daybook::support::clock::Clock::fixed(noon())).expect("an engine");
    let window = Window::Instants { start: noon() - TimeDelta::days(30), end: noon() };
    let slice = Slice { partition: String::new(), window };
    let fetched = engine.fetch(&source.connection, "deals_contacts", &slice, None, &|_| {}).await;
    let told = fetched.expect_err("no such place").to_string();
    assert!(told.contains("HTTP 404") && told.contains("/deals/contacts/batch/read, asked for 2 objects"), "{told}");
}
