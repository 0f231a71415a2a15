//! A Teams channel by the whole way: `init`, `send-test`, the outbox, and a workflow that a server plays.

use crate::init::init;
use crate::maintenance_faults::{daybook, said};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Mutex};

type Cards = Arc<Mutex<Vec<Value>>>;

/// A workflow that answers so, and the cards it was sent.
async fn workflow(status: u16, answer: &'static str) -> (String, Cards) {
    let cards = Cards::default();
    let kept = cards.clone();
    let path = "/powerautomate/automations/direct/workflows/1/triggers/manual/paths/invoke";
    let app = Router::new().route(
        path,
        post(move |Json(card): Json<Value>| async move {
            kept.lock().expect("a log").push(card);
            (StatusCode::from_u16(status).expect("a status"), answer)
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}{path}?api-version=1&sig=hunter2", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, cards)
}

/// A new installation that posts to the workflow.
fn installation(root: &Path, url: &str) {
    let flags =
        ["--yes", "--workspace", "acme", "--channel", "teams", "--secrets", "file", "--to", "reader@example.com"];
    let done = init(root, &flags, None);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    keep_address(root, url);
}

fn keep_address(root: &Path, url: &str) {
    std::fs::write(root.join("config/secrets/teams_marketing"), url).expect("a secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_reaches_a_teams_channel_as_a_card() {
    let folder = tempfile::tempdir().expect("a folder");
    let (url, cards) = workflow(202, "").await;
    installation(folder.path(), &url);
    let done = tokio::task::block_in_place(|| daybook(folder.path(), &["send-test", "--channel", "teams:marketing"]));
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(said(&done).contains("Teams marketing") && !said(&done).contains("hunter2"), "{}", said(&done));
    let cards = cards.lock().expect("a log");
    // A null list of attachments makes a workflow fail after its answer (bgptools/issues#203).
    let card = &cards[0]["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert!(card["content"]["body"][0]["text"].as_str().is_some_and(|title| title.contains("Test")), "{card}");
    let text = std::fs::read_to_string(folder.path().join("config/workspaces/acme.toml")).expect("read");
    assert!(text.contains("channels = [\"teams:marketing\"]"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_was_turned_off_waits_for_the_operator() {
    let folder = tempfile::tempdir().expect("a folder");
    let (url, _) = workflow(404, r#"{"error":{"code":"WorkflowNotFound","message":"gone"}}"#).await;
    installation(folder.path(), &url);
    let done = tokio::task::block_in_place(|| daybook(folder.path(), &["send-test", "--channel", "teams:marketing"]));
    assert_eq!(done.status.code(), Some(3), "{}", said(&done));
    assert!(said(&done).contains("the workflow answered 404 WorkflowNotFound"), "{}", said(&done));
    let done = daybook(folder.path(), &["deliveries", "--troubled", "--way", "teams"]);
    assert!(said(&done).contains("Teams marketing"), "{}", said(&done));
    // A name that is not there is told before anything is written.
    let done = daybook(folder.path(), &["send-test", "--channel", "teams:bord"]);
    assert!(said(&done).contains("there is no [delivery.teams.bord]"), "{}", said(&done));
    let done = daybook(folder.path(), &["send-test", "--channel", "tems:board"]);
    assert!(said(&done).contains("known are slack, teams"), "{}", said(&done));
}

#[test]
fn check_warns_of_the_address_of_a_retired_connector_and_names_the_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    installation(folder.path(), "https://acme.webhook.office.com/webhookb2/hunter2");
    let done = daybook(folder.path(), &["check"]);
    let told = said(&done).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("Teams channel marketing is the address of an Office 365 connector"), "{told}");
    assert!(told.contains("create the channel's workflow") && !told.contains("hunter2"), "{told}");
    keep_address(folder.path(), "https://prod-01.westeurope.logic.azure.com/workflows/hunter2");
    assert!(!said(&daybook(folder.path(), &["check"])).contains("Office 365"));
}
