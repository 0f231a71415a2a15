//! Calls of a hook that plays Slack.

use super::*;
use crate::delivery::Disposition;
use crate::delivery::http::client;
use axum::http::{HeaderMap, HeaderValue, StatusCode as Status};
use axum::{Router, routing::post};
use reqwest::header::RETRY_AFTER;
use std::sync::{Arc, Mutex};

type Heard = Arc<Mutex<Vec<String>>>;

/// Answers the calls in turn; `path` plays the secret.
async fn slack(answers: Vec<(u16, &'static str, Option<&'static str>)>) -> (Webhook, Heard) {
    let heard: Heard = Arc::default();
    let (log, queue) = (heard.clone(), Arc::new(Mutex::new(answers.into_iter())));
    let app = Router::new().route(
        "/services/T0/B0/hunter2",
        post(move |body: String| async move {
            log.lock().expect("a log").push(body);
            let (status, body, delay) = queue.lock().expect("answers").next().expect("an answer");
            let mut headers = HeaderMap::new();
            headers.extend(delay.map(|delay| (RETRY_AFTER, HeaderValue::from_static(delay))));
            (Status::from_u16(status).expect("a status"), headers, body)
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let url = Secret::new(format!("http://127.0.0.1:{port}/services/T0/B0/hunter2"));
    (Webhook::new("reports", &url, client().expect("a client")).expect("a hook"), heard)
}

const MESSAGE: &[u8] = br#"{"text":"hello","blocks":[]}"#;

#[tokio::test]
async fn an_accepted_message_gives_slacks_answer() {
    let (hook, heard) = slack(vec![(200, "ok", None)]).await;
    assert_eq!(hook.send(MESSAGE).await.expect("accepted").response, "200 ok");
    assert_eq!(*heard.lock().expect("a log"), [String::from_utf8_lossy(MESSAGE)]);
}

#[tokio::test]
async fn the_answers_of_slack_decide_what_happens_next() {
    let retry = |seconds| Disposition::Retry { after: Some(Duration::from_secs(seconds)) };
    for (answer, disposition) in [
        ((429, "", Some("30")), retry(30)),
        ((429, "", None), retry(60)),
        ((429, "", Some("999999999")), retry(3600)),
        ((500, "rollup_error", None), Disposition::AskOperator),
        ((503, "", None), Disposition::AskOperator),
        ((400, "invalid_payload", None), Disposition::GiveUp),
        ((403, "action_prohibited", None), Disposition::TellOperator),
        ((404, "no_service", None), Disposition::TellOperator),
        ((410, "channel_is_archived", None), Disposition::TellOperator),
        ((302, "", None), Disposition::TellOperator),
        ((200, "<html>captive portal hunter2</html>", None), Disposition::AskOperator),
    ] {
        let (hook, _) = slack(vec![answer]).await;
        let error = hook.send(MESSAGE).await.expect_err("not accepted");
        assert_eq!(error.disposition(), disposition, "{error}");
        assert!(!format!("{error} {error:?} {hook:?}").contains("hunter2"));
    }
}

// node-slack-sdk#2641, alertmanager#3727: an outage that says when it ends is tried again.
#[tokio::test]
async fn an_outage_with_an_end_is_tried_again_and_one_without_is_unknown() {
    let (hook, _) = slack(vec![(503, "upstream connect error", Some("120"))]).await;
    let error = hook.send(MESSAGE).await.expect_err("an outage");
    let after = Some(std::time::Duration::from_secs(120));
    assert_eq!(error.disposition(), Disposition::Retry { after }, "{error}");
    let (hook, _) = slack(vec![(503, "upstream connect error", None)]).await;
    assert_eq!(hook.send(MESSAGE).await.expect_err("an outage").disposition(), Disposition::AskOperator);
}

#[tokio::test]
async fn a_webhook_is_not_sent_what_belongs_in_a_thread() {
    let (hook, heard) = slack(vec![(200, "ok", None)]).await;
    hook.send(br#"{"text":"hello","thread":[{"type":"section"}]}"#).await.expect("accepted");
    assert_eq!(heard.lock().expect("a log")[0], r#"{"text":"hello"}"#);
}

#[tokio::test]
async fn a_message_whose_blocks_are_refused_goes_out_as_text() {
    let (hook, heard) = slack(vec![(400, "invalid_blocks", None), (200, "ok", None)]).await;
    let accepted = hook.send(MESSAGE).await.expect("accepted");
    assert_eq!(accepted.response, "200 ok (text only, the blocks were refused)");
    assert_eq!(heard.lock().expect("a log")[1], r#"{"text":"hello"}"#);
}
