//! Refresh tokens that are good for one use.

use super::double::{Asked, Vendor, engine, fetch, noon};
use crate::connectors::auth::kept::{self, FOLDER, KeptTokens};
use crate::connectors::spec::Refresh;
use crate::connectors::{Connection, ConnectorError};
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const AUTH: &str = r#"
[secrets.refresh_token]
about = "A token."
[auth]
kind = "oauth2_refresh"
token_url = "{url}/token"
client_id = "app"
refresh_token = "{{ secrets.refresh_token }}"
"#;

/// Takes the newest refresh token, once; `looks` sees each request before its answer.
async fn single_use(first: &'static str, looks: impl Fn(&Asked) + Send + Sync + 'static) -> Vendor {
    let living = Mutex::new((first.to_owned(), 1));
    Vendor::serve(move |asked| {
        looks(asked);
        if asked.path != "/token" {
            return (200, r#"{"rows":[]}"#.to_owned());
        }
        let mut living = living.lock().expect("the living token");
        if asked.field("refresh_token").as_ref() != Some(&living.0) {
            return (400, r#"{"error":"invalid_grant"}"#.to_owned());
        }
        living.1 += 1;
        living.0 = format!("refresh-token-{}", living.1);
        let answer = serde_json::json!({
            "access_token": format!("access-token-{}", living.1), "refresh_token": living.0, "expires_in": 3600
        });
        (200, answer.to_string())
    })
    .await
}

fn connection(vendor: &Vendor, auth: &str, refresh_token: &str) -> Connection {
    vendor.connection(auth, &[], &[("refresh_token", refresh_token)])
}

fn rotating() -> String {
    format!("{AUTH}rotates = true\n")
}

fn place(data: &Path, configured: &str) -> kept::Place {
    let refresh = Refresh { configured: Secret::new(configured), client_id: "app".to_owned(), rotates: true };
    KeptTokens::in_folder(data.join(FOLDER)).place(&refresh).expect("a place")
}

fn sent(vendor: &Vendor) -> Vec<String> {
    vendor.asked("/token").iter().filter_map(|asked| asked.field("refresh_token")).collect()
}

fn note(result: Result<(), ConnectorError>) -> String {
    result.expect_err("an error").to_string()
}

// singer-io/tap-salesforce#216, airbytehq/airbyte#80783, dust-tt/dust#20853
#[tokio::test(flavor = "multi_thread")]
async fn a_new_refresh_token_is_on_the_disk_before_the_access_token_is_used() {
    let data = tempfile::tempdir().expect("a folder");
    let (seen, folder) = (Arc::new(Mutex::new(Vec::new())), data.path().to_owned());
    let own = seen.clone();
    let vendor = single_use("refresh-token-1", move |asked| {
        if asked.path == "/token" {
            return;
        }
        let kept = place(&folder, "refresh-token-1").read().expect("read").expect("kept");
        let token = kept.refresh_token.expect("a token").expose().to_owned();
        own.lock().expect("what was seen").push((asked.header("authorization").to_owned(), token));
    })
    .await;
    let (clock, connection) = (Clock::fixed(noon()), connection(&vendor, AUTH, "refresh-token-1"));
    fetch(&engine(data.path(), &clock), &connection).await.expect("rows");
    // Another process, later.
    fetch(&engine(data.path(), &clock), &connection).await.expect("rows");
    let pair = |n: u32| (format!("Bearer access-token-{n}"), format!("refresh-token-{n}"));
    assert_eq!(*seen.lock().expect("what was seen"), [pair(2), pair(3)]);
    assert_eq!(sent(&vendor), ["refresh-token-1", "refresh-token-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_in_the_configuration_counts_at_once() {
    let data = tempfile::tempdir().expect("a folder");
    let clock = Clock::fixed(noon());
    let first = single_use("refresh-token-1", |_| {}).await;
    fetch(&engine(data.path(), &clock), &connection(&first, AUTH, "refresh-token-1")).await.expect("rows");
    let second = single_use("connected-again", |_| {}).await;
    fetch(&engine(data.path(), &clock), &connection(&second, AUTH, "connected-again")).await.expect("rows");
    assert_eq!(sent(&second), ["connected-again"]);
}

// UsefulSoftwareCo/executor#1377: a store that failed cost the connection.
#[tokio::test(flavor = "multi_thread")]
async fn where_a_new_token_could_not_be_kept_the_vendor_is_not_asked() {
    let data = tempfile::tempdir().expect("a folder");
    fs::write(data.path().join(FOLDER), "a file in the way").expect("written");
    let vendor = single_use("refresh-token-1", |_| {}).await;
    let connection = connection(&vendor, &rotating(), "refresh-token-1");
    let clock = Clock::fixed(noon());
    let told = note(fetch(&engine(data.path(), &clock), &connection).await);
    assert!(told.contains("it was not asked, and nothing is lost"), "{told}");
    assert!(told.contains(&data.path().join(FOLDER).display().to_string()), "{told}");
    assert_eq!((sent(&vendor).len(), vendor.asked("/rows").len()), (0, 0));
    fs::remove_file(data.path().join(FOLDER)).expect("cleared");
    fetch(&engine(data.path(), &clock), &connection).await.expect("rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_not_used_while_the_refresh_token_beside_it_is_unwritten() {
    let data = tempfile::tempdir().expect("a folder");
    let vendor = single_use("refresh-token-1", |_| {}).await;
    // The connector does not say that it rotates: the vendor is asked, and then there is something in the way.
    let connection = connection(&vendor, AUTH, "refresh-token-1");
    fs::write(data.path().join(FOLDER), "a file in the way").expect("written");
    let engine = engine(data.path(), &Clock::fixed(noon()));
    let told = note(fetch(&engine, &connection).await);
    assert!(told.contains("connect the account again") && told.contains("held in memory"), "{told}");
    assert!(!told.contains("refresh-token-2") && !told.contains("access-token"), "{told}");
    let again = note(fetch(&engine, &connection).await);
    assert!(again.contains("it was not asked"), "{again}");
    assert_eq!((sent(&vendor).len(), vendor.asked("/rows").len()), (1, 0));
    fs::remove_file(data.path().join(FOLDER)).expect("cleared");
    fetch(&engine, &connection).await.expect("rows");
    assert_eq!(sent(&vendor), ["refresh-token-1", "refresh-token-2"], "nothing was lost");
    let kept = place(data.path(), "refresh-token-1").read().expect("read").expect("kept");
    assert_eq!(kept.refresh_token.map(|token| token.expose().to_owned()).as_deref(), Some("refresh-token-3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_after_the_answer_costs_nothing_while_the_process_lives() {
    let data = tempfile::tempdir().expect("a folder");
    let path = place(data.path(), "refresh-token-1").path();
    let (own, first) = (path.clone(), std::sync::Once::new());
    let vendor =
        single_use("refresh-token-1", move |_| first.call_once(|| fs::create_dir(&own).expect("in the way"))).await;
    let connection = connection(&vendor, &rotating(), "refresh-token-1");
    let engine = engine(data.path(), &Clock::fixed(noon()));
    let told = note(fetch(&engine, &connection).await);
    assert!(told.contains("held in memory"), "{told}");
    assert_eq!((sent(&vendor).len(), vendor.asked("/rows").len()), (1, 0));
    fs::remove_dir(&path).expect("cleared");
    fetch(&engine, &connection).await.expect("rows");
    assert_eq!(sent(&vendor), ["refresh-token-1", "refresh-token-2"]);
}

// cloudflare/workers-sdk#15136, agntcy/slim#1971
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_at_once_renew_one_after_the_other() {
    let data = tempfile::tempdir().expect("a folder");
    let vendor = single_use("refresh-token-1", |_| {}).await;
    let (clock, connection) = (Clock::fixed(noon()), connection(&vendor, &rotating(), "refresh-token-1"));
    let engines: Vec<_> = (0..6).map(|_| engine(data.path(), &clock)).collect();
    let all = futures_util::future::join_all(engines.iter().map(|engine| fetch(engine, &connection))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(sent(&vendor).len(), 6, "each once, with the token in force");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_another_process_renewed_meanwhile_is_read_once_more() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = data.path().to_owned();
    let vendor = Vendor::serve(move |asked| match asked.field("refresh_token").as_deref() {
        Some("refresh-token-1") => {
            // The other process was first.
            let place = place(&folder, "refresh-token-1");
            let refresh_token = Some(Secret::new("refresh-token-2"));
            let (connector, connection) = ("shop".to_owned(), "acme/shop".to_owned());
            let kept = kept::Kept { connector, connection, refresh_token, renewed_at: noon(), ends_at: None };
            place.write(place.room().expect("room"), &kept).expect("written");
            (400, r#"{"error":"invalid_grant"}"#.to_owned())
        }
        Some("refresh-token-2") => (200, r#"{"access_token":"a","refresh_token":"refresh-token-3"}"#.to_owned()),
        Some(_) => (400, r#"{"error":"invalid_grant"}"#.to_owned()),
        None => (200, r#"{"rows":[]}"#.to_owned()),
    })
    .await;
    let connection = connection(&vendor, AUTH, "refresh-token-1");
    fetch(&engine(data.path(), &Clock::fixed(noon())), &connection).await.expect("rows");
    assert_eq!(sent(&vendor), ["refresh-token-1", "refresh-token-2"]);
    let kept = place(data.path(), "refresh-token-1").read().expect("read").expect("kept");
    assert_eq!(kept.refresh_token.map(|token| token.expose().to_owned()).as_deref(), Some("refresh-token-3"));
}

// ethyca/fides#4547: repeated refusals lock the account.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_token_that_is_refused_is_sent_once_and_its_file_is_named() {
    let data = tempfile::tempdir().expect("a folder");
    let clock = Clock::fixed(noon());
    let first = single_use("refresh-token-1", |_| {}).await;
    fetch(&engine(data.path(), &clock), &connection(&first, AUTH, "refresh-token-1")).await.expect("rows");
    let dead = Vendor::serve(|_| (400, r#"{"error":"invalid_grant","error_description":"revoked"}"#.to_owned())).await;
    let told = note(fetch(&engine(data.path(), &clock), &connection(&dead, AUTH, "refresh-token-1")).await);
    assert!(
        told.contains("connect the account again (the refresh token that was sent is of 2026-11-20 12:00 UTC"),
        "{told}"
    );
    assert!(told.contains(&place(data.path(), "refresh-token-1").path().display().to_string()), "{told}");
    assert_eq!(sent(&dead), ["refresh-token-2"]);
    assert!(!told.contains("refresh-token-2"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_gives_no_new_token_leaves_no_trace() {
    let data = tempfile::tempdir().expect("a folder");
    // HubSpot answers with the token that it was sent.
    for answer in [r#"{"access_token":"a"}"#, r#"{"access_token":"a","refresh_token":"refresh-token-1"}"#] {
        let vendor = Vendor::serve(move |asked| match asked.path.as_str() {
            "/token" => (200, answer.to_owned()),
            _ => (200, r#"{"rows":[]}"#.to_owned()),
        })
        .await;
        let connection = connection(&vendor, AUTH, "refresh-token-1");
        fetch(&engine(data.path(), &Clock::fixed(noon())), &connection).await.expect("rows");
        assert!(!data.path().join(FOLDER).exists(), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_refresh_token_ends_is_noted_once() {
    let data = tempfile::tempdir().expect("a folder");
    let vendor = Vendor::serve(|asked| match asked.path.as_str() {
        "/token" => (200, r#"{"access_token":"a","refresh_token_expires_in":31536000}"#.to_owned()),
        _ => (200, r#"{"rows":[]}"#.to_owned()),
    })
    .await;
    let (clock, connection) = (Clock::fixed(noon()), connection(&vendor, AUTH, "refresh-token-1"));
    fetch(&engine(data.path(), &clock), &connection).await.expect("rows");
    let path: PathBuf = place(data.path(), "refresh-token-1").path();
    let kept = place(data.path(), "refresh-token-1").read().expect("read").expect("noted");
    assert_eq!(kept.ends_at, Some("2027-11-20T12:00:00Z".parse().expect("an instant")));
    assert_eq!(kept.refresh_token, None, "the configured one is still in force");
    let first = fs::read(&path).expect("a file");
    fetch(&engine(data.path(), &clock), &connection).await.expect("rows");
    assert_eq!(fs::read(&path).expect("a file"), first);
    assert_eq!(sent(&vendor), ["refresh-token-1", "refresh-token-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_told_with_its_remedy() {
    let data = tempfile::tempdir().expect("a folder");
    let (clock, vendor) = (Clock::fixed(noon()), single_use("refresh-token-1", |_| {}).await);
    let connection = connection(&vendor, AUTH, "refresh-token-1");
    fetch(&engine(data.path(), &clock), &connection).await.expect("rows");
    fs::write(place(data.path(), "refresh-token-1").path(), "{\"refresh_token\":\"canary-0815\"").expect("damaged");
    let told = note(fetch(&engine(data.path(), &clock), &connection).await);
    assert!(told.contains("the file is damaged") && told.contains("remove the file"), "{told}");
    assert!(!told.contains("canary"), "{told}");
    assert_eq!(sent(&vendor).len(), 1);
}
