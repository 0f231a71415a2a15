//! Calls of a fake of Slack's Web API.

use super::*;
use crate::delivery::Disposition;
use crate::delivery::http::client;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode as Status, Uri};
use axum::routing::post;
use axum::{Router, body::Bytes};
use std::sync::{Arc, Mutex};

/// What was asked, and what is answered next: status and body; an empty body breaks the connection.
#[derive(Clone, Default)]
struct Fake {
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<(u16, String)>>>,
}

async fn answer(State(fake): State<Fake>, uri: Uri, headers: HeaderMap, body: Bytes) -> (Status, String) {
    let has_token = headers.get("authorization").is_some_and(|value| value == "Bearer xoxb-hunter2");
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let line = format!("{} token={has_token} {kind} {}", uri.path(), String::from_utf8_lossy(&body));
    fake.heard.lock().expect("a log").push(line);
    let (status, body) = fake.answers.lock().expect("answers").remove(0);
    (Status::from_u16(status).expect("a status"), body)
}

async fn slack(answers: &[(u16, &str)]) -> (Bot, Fake) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let fake = Fake::default();
    *fake.answers.lock().expect("answers") =
        answers.iter().map(|(status, body)| (*status, body.replace("{base}", &base))).collect();
    let app = Router::new().fallback(post(answer)).with_state(fake.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let token = Secret::new("xoxb-hunter2");
    (Bot::new("team", token, "C0123456789", &format!("{base}/api"), client().expect("a client")).expect("a bot"), fake)
}

const PLACE: &str = r#"{"ok":true,"upload_url":"{base}/upload/v1/abc","file_id":"F123"}"#;
const SHARED: &str = r#"{"ok":true,"files":[{"id":"F123","title":"x"}]}"#;

#[tokio::test]
async fn a_message_goes_to_the_bots_channel_with_the_outboxs_id() {
    let (bot, fake) = slack(&[(200, r#"{"ok":true,"channel":"C0123456789","ts":"1503435956.000247"}"#)]).await;
    let accepted = bot.send("msg_1", br#"{"text":"hello"}"#).await.result.expect("accepted");
    assert_eq!(accepted.response, "ok, ts 1503435956.000247");
    let heard = fake.heard.lock().expect("a log")[0].clone();
    assert!(heard.starts_with("/api/chat.postMessage token=true application/json; charset=utf-8 {"), "{heard}");
    assert!(heard.contains(r#""channel":"C0123456789""#) && heard.contains(r#""message_id":"msg_1""#), "{heard}");
}

#[tokio::test]
async fn figures_follow_in_the_thread_and_what_becomes_of_them_is_reported() {
    let payload = br#"{"text":"hello","thread":[{"type":"section"}]}"#;
    let ok = (200, r#"{"ok":true,"channel":"C0123456789","ts":"1503435956.000247"}"#);
    let (bot, fake) = slack(&[ok, ok]).await;
    let handed = bot.send("msg_1", payload).await;
    assert!(handed.result.is_ok() && handed.replies.len() == 1, "{handed:?}");
    let heard = fake.heard.lock().expect("a log").clone();
    assert!(!heard[0].contains(r#""thread":"#), "{heard:?}");
    assert!(heard[1].contains(r#""thread_ts":"1503435956.000247""#), "{heard:?}");
    // The message was posted: a thread that fails must not post it again.
    let (bot, _) = slack(&[ok, (503, "")]).await;
    let handed = bot.send("msg_1", payload).await;
    assert!(handed.result.is_ok(), "{handed:?}");
    assert!(handed.replies[0].text.starts_with("the figures in the thread"), "{handed:?}");
}

#[tokio::test]
async fn a_file_goes_up_in_three_steps_and_its_bytes_go_without_the_token() {
    let (bot, fake) = slack(&[(200, PLACE), (200, "OK - 4"), (200, SHARED)]).await;
    let handed = bot.share("daily & more.pdf", "Daily", b"%PDF").await;
    assert_eq!(handed.result.expect("accepted").response, "ok, file F123");
    assert_eq!(handed.replies.len(), 3);
    let heard = fake.heard.lock().expect("a log").clone();
    assert_eq!(
        heard[0],
        "/api/files.getUploadURLExternal token=true application/x-www-form-urlencoded filename=daily+%26+more.pdf&length=4"
    );
    assert_eq!(heard[1], "/upload/v1/abc token=false application/octet-stream %PDF");
    assert!(
        heard[2].contains(r#"{"files":[{"id":"F123","title":"Daily"}],"channel_id":"C0123456789"}"#),
        "{}",
        heard[2]
    );
}

#[tokio::test]
async fn the_answers_of_slack_decide_what_happens_next() {
    let retry = |after| Disposition::Retry { after };
    let minute = Some(Duration::from_secs(60));
    for (answers, disposition) in [
        (vec![(200, r#"{"ok":false,"error":"not_in_channel"}"#)], Disposition::TellOperator),
        (vec![(200, r#"{"ok":false,"error":"invalid_auth"}"#)], Disposition::TellOperator),
        (vec![(200, r#"{"ok":false,"error":"ratelimited"}"#)], retry(minute)),
        (vec![(429, "")], retry(minute)),
        (vec![(503, "")], retry(None)),
        (vec![(200, r#"{"ok":false,"error":"invalid_arguments"}"#)], Disposition::GiveUp),
        (vec![(200, "<html>hunter2")], retry(None)),
        (vec![(200, r#"{"ok":true,"upload_url":"https://evil.example/x","file_id":"F1"}"#)], Disposition::GiveUp),
        (vec![(200, PLACE), (500, "")], retry(None)),
        (vec![(200, PLACE), (200, "OK"), (200, r#"{"ok":false,"error":"service_unavailable"}"#)], retry(None)),
        (vec![(200, PLACE), (200, "OK"), (429, "")], retry(minute)),
        (vec![(200, r#"{"ok":false,"error":"internal_error"}"#)], retry(None)),
        // The file may be seen by now.
        (vec![(200, PLACE), (200, "OK"), (200, r#"{"ok":false,"error":"internal_error"}"#)], Disposition::AskOperator),
        (vec![(200, PLACE), (200, "OK"), (200, r#"{"ok":false,"error":"fatal_error"}"#)], Disposition::AskOperator),
        (vec![(200, PLACE), (200, "OK"), (503, "")], Disposition::AskOperator),
        (vec![(200, PLACE), (200, "OK"), (200, "<html>")], Disposition::AskOperator),
    ] {
        let (bot, _) = slack(&answers).await;
        let handed = bot.share("x.pdf", "x", b"%PDF").await;
        let error = handed.result.expect_err("not accepted");
        assert_eq!(error.disposition(), disposition, "{answers:?}: {error}");
        assert!(!format!("{error} {error:?} {bot:?} {:?}", handed.replies).contains("hunter2"));
    }
}

#[tokio::test]
async fn a_message_whose_blocks_are_refused_goes_out_as_text() {
    let (bot, fake) =
        slack(&[(200, r#"{"ok":false,"error":"invalid_blocks"}"#), (200, r#"{"ok":true,"ts":"1.2"}"#)]).await;
    let accepted = bot.send("msg_1", br#"{"text":"hello","blocks":[{}]}"#).await.result.expect("accepted");
    assert_eq!(accepted.response, "ok, ts 1.2 (text only, the blocks were refused)");
    assert!(!fake.heard.lock().expect("a log")[1].contains("blocks"));
}

#[test]
fn a_token_goes_over_tls_only() {
    for url in ["http://slack.com/api", "ftp://127.0.0.1", "api"] {
        let bot = Bot::new("team", Secret::new("xoxb"), "C0123456789", url, client().expect("a client"));
        assert!(bot.is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_token_is_tried_without_a_message_and_a_revoked_one_is_a_refused_login() {
    let answers =
        [(200, r#"{"ok":true,"user":"daybook","team":"Acme"}"#), (200, r#"{"ok":false,"error":"invalid_auth"}"#)];
    let (bot, fake) = slack(&answers).await;
    let tried = bot.probe().await;
    assert!(matches!(&tried, ProbeResult::Well(says) if says.contains("daybook in Acme")), "{tried:?}");
    let tried = bot.probe().await;
    assert!(matches!(&tried, ProbeResult::LoginRefused(says) if says.contains("invalid_auth")), "{tried:?}");
    let heard = fake.heard.lock().expect("a log").clone();
    assert!(heard.iter().all(|line| line.starts_with("/api/auth.test token=true")), "{heard:?}");
}
