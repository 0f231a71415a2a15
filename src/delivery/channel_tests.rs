//! What every kind of channel must do, whatever the other side answers. A new kind needs a line in [`GOOD`].

use super::channels::KINDS;
use super::settings::{DeliveryConfig, read};
use super::{Channel, ChannelKind, DeliveryResult, Disposition, http};
use crate::report::posts;
use crate::settings::reader::{Problems, Source, read_toml};
use crate::settings::{ReadContext, Secrets};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use axum::{Router, body::Bytes};
use reqwest::header::RETRY_AFTER;
use std::path::Path;
use std::time::Duration;

/// A good answer of each kind: status and body.
const GOOD: [(&str, u16, &str); 2] = [("slack", 200, "ok"), ("teams", 202, "")];

/// Plays the secret in the address.
const SECRET: &str = "hunter2";

/// A section of the kind as a new installation begins it, with its secret in the file `hook`.
fn config(kind: &ChannelKind) -> DeliveryConfig {
    let starter = &kind.starter;
    let text = format!("[{}.team]\nkind = \"{}\"\n{} = {{ file = \"hook\" }}\n", kind.id, starter.kind, starter.key);
    let (problems, secrets) = (Problems::default(), Secrets::default());
    let source = Source { file: Path::new("x.toml"), text: &text, problems: &problems };
    let context = ReadContext { data_dir: Path::new("/nowhere"), secrets: &secrets };
    let config = read_toml(source, |top| read(Some(top), &context)).expect("TOML");
    assert!(problems.into_sorted().is_empty(), "{text}");
    assert_eq!(secrets.into_places().len(), 1, "{}: the secret is named", kind.id);
    config
}

fn note(kind: &ChannelKind) -> Vec<u8> {
    posts::note(kind.id, "subject", "text").expect("a note").to_string().into_bytes()
}

fn channel(kind: &ChannelKind, url: &str) -> Box<dyn Channel> {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("hook"), url).expect("a secret");
    let config = config(kind);
    let (at, destination) = config.channels.first_key_value().expect("a channel");
    destination.build(&at.name, dir.path(), &http::client().expect("a client")).expect("a channel")
}

/// Posts a note to a server that answers so.
async fn answered(kind: &ChannelKind, status: u16, body: &'static str, delay: Option<&'static str>) -> DeliveryResult {
    let app = Router::new().fallback(post(move |_: Bytes| async move {
        let mut headers = HeaderMap::new();
        headers.extend(delay.map(|delay| (RETRY_AFTER, HeaderValue::from_static(delay))));
        (StatusCode::from_u16(status).expect("a status"), headers, body)
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/{SECRET}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    channel(kind, &url).post("msg_1", &note(kind)).await
}

#[tokio::test]
async fn each_kind_takes_a_good_answer_for_one() {
    assert_eq!(GOOD.map(|(id, ..)| id), KINDS.map(|kind| kind.id), "each kind has its good answer");
    for (kind, (_, status, body)) in KINDS.into_iter().zip(GOOD) {
        let result = answered(kind, status, body, None).await.result;
        assert!(result.is_ok(), "{}: {result:?}", kind.id);
    }
}

#[tokio::test]
async fn each_kind_says_of_every_answer_what_to_do_and_never_tells_the_secret() {
    let minutes = Disposition::Retry { after: Some(Duration::from_secs(120)) };
    for kind in KINDS {
        for (status, body, delay, disposition) in [
            (429, "too many", Some("120"), minutes),
            (503, "down", Some("120"), minutes),
            (503, "down", None, Disposition::AskOperator),
            (500, "broken", None, Disposition::AskOperator),
            (400, "wrong", None, Disposition::GiveUp),
            (302, "", None, Disposition::TellOperator),
            (401, "who", None, Disposition::TellOperator),
            (403, "not you", None, Disposition::TellOperator),
            (404, "nothing", None, Disposition::TellOperator),
            (410, "gone", None, Disposition::TellOperator),
            (200, "<html>captive portal hunter2</html>", None, Disposition::AskOperator),
        ] {
            let error = answered(kind, status, body, delay).await.result.expect_err("not accepted");
            assert_eq!(error.disposition(), disposition, "{} {status}: {error}", kind.id);
            assert!(!format!("{error} {error:?}").contains(SECRET), "{}: {error}", kind.id);
        }
        let error = answered(kind, 429, "", None).await.result.expect_err("too many");
        assert!(matches!(error.disposition(), Disposition::Retry { after: Some(_) }), "{}: {error}", kind.id);
        assert!(error.concerns_all(), "{}: the other messages would fare no better", kind.id);
    }
}

#[tokio::test]
async fn each_kind_is_unsure_of_a_broken_connection_and_sure_where_nobody_listens() {
    for kind in KINDS {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/{SECRET}", listener.local_addr().expect("an address"));
        let channel = channel(kind, &url);
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut buffer = [0; 4096];
            tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await.expect("a request");
        });
        let message = note(kind);
        let error = channel.post("msg_1", &message).await.result.expect_err("no answer");
        server.await.expect("the server");
        assert_eq!(error.disposition(), Disposition::AskOperator, "{}: {error}", kind.id);
        let error = channel.post("msg_1", &message).await.result.expect_err("nobody");
        assert_eq!(error.disposition(), Disposition::Retry { after: None }, "{}: {error}", kind.id);
        assert!(!format!("{error} {error:?} {channel:?}").contains(SECRET), "{}", kind.id);
    }
}

#[test]
fn each_kind_refuses_an_address_that_others_can_read_on_the_way() {
    let dir = tempfile::tempdir().expect("a folder");
    for kind in KINDS {
        for url in ["http://hooks.example.com/hunter2", "ftp://127.0.0.1/hunter2", "hunter2"] {
            std::fs::write(dir.path().join("hook"), url).expect("a secret");
            let config = config(kind);
            let destination = config.channels.values().next().expect("a channel");
            let built = destination.build("team", dir.path(), &http::client().expect("a client"));
            let error = built.expect_err("refused").to_string();
            assert!(!error.contains(SECRET), "{}: {error}", kind.id);
        }
    }
}
