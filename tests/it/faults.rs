//! What vendors do wrong, and how each ends: the good data loaded, the rest told.

use crate::support::texts;
use crate::tenants::{World, world};
use daybook::connectors::engine::Engine;
use daybook::connectors::{LandedSlice, Slice, Window};
use daybook::jobs::sync::{Source, StreamOutcome, sync_connection};
use daybook::sandbox::{Armed, Fault, Faults, tenants};

/// Syncs one connection of the shop with a fault armed on a path.
async fn struck(world: &World, connector: &str, path: &str, fault: Fault, times: u64) -> Vec<StreamOutcome> {
    world.sandbox.arm(Armed { path: path.to_owned(), fault, times });
    sync_connection(&world.context, &source(world, connector), &|_| {}).await
}

fn source(world: &World, connector: &str) -> Source {
    let shop = tenants().remove(1);
    world.sources(&shop).into_iter().find(|source| source.connection.id == connector).expect("a source")
}

fn error<'a>(outcomes: &'a [StreamOutcome], stream: &str) -> Option<&'a str> {
    let outcome = outcomes.iter().find(|outcome| outcome.stream == stream).expect("the stream");
    outcome.error.as_ref().map(|error| error.message.as_str())
}

fn days(world: &World) -> Vec<String> {
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
async fn a_page_of_html_is_told_and_leaves_no_trace() {
    let world = world(10, Faults::none()).await;
    let outcomes = struck(&world, "google_ads", "searchStream", Fault::Html, 1).await;
    assert!(error(&outcomes, "ad_daily").expect("an error").contains("HTML page where JSON was due"));
    assert_eq!(days(&world), ["0"]);
    assert_eq!(texts(&world.context.warehouse, "SELECT count(*)::VARCHAR FROM ops.coverage"), ["0"]);
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
    let world = world(30, Faults { token_uses: 3, ..Faults::none() }).await;
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
    let slice = Slice { partition: String::new(), window: Window::Whole };
    let landed = engine.fetch(&source.connection, "subscriptions", &slice, None, &|_| {}).await.expect("landed");
    assert!(LandedSlice::open(&landed.manifest_path()).is_ok());
    std::fs::write(&landed.files()[0], b"damaged").expect("written");
    let error = LandedSlice::open(&landed.manifest_path()).expect_err("damaged").to_string();
    assert!(error.contains("is damaged; fetch the slice again"), "{error}");
}
