//! A file behind an address: fetched at each sync, read as a dropped one, and kept where the answer is none.

use super::DaemonHandle;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use std::sync::{Arc, Mutex};

type Answer = (StatusCode, &'static str, String);

async fn serve(answer: Arc<Mutex<Answer>>) -> String {
    let sheet = move || {
        let (status, kind, body) = answer.lock().expect("an answer").clone();
        async move { (status, [(header::CONTENT_TYPE, kind)], body).into_response() }
    };
    let router = Router::new()
        .route("/sheet", get(sheet))
        .route("/pub", get(|| async { Redirect::temporary("/sheet") }))
        .route("/away", get(|| async { Redirect::temporary("http://192.0.2.1/sheet") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { drop(axum::serve(listener, router).await) });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_sheet_is_read_anew_when_it_changes_and_stays_when_it_cannot_be_had() {
    let answer =
        Arc::new(Mutex::new((StatusCode::OK, "text/csv", "month,channel,amount\n2026-11,seo,100\n".to_owned())));
    let base = serve(answer.clone()).await;
    let mut desk = DaemonHandle::new("budgets");
    desk.drop.settle_secs = 0;
    desk.drop.address = Some(format!("{base}/pub?output=csv").parse().expect("an address"));
    let now = |status, kind, body: &str| *answer.lock().expect("an answer") = (status, kind, body.to_owned());

    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.budgets(), ["2026-11-01 seo 100.000000 EUR"]);
    assert_eq!(desk.sync().await.slices, 0, "the same sheet is not loaded twice");
    now(StatusCode::OK, "text/csv", "month,channel,amount\n2026-11,seo,120\n");
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.budgets(), ["2026-11-01 seo 120.000000 EUR"]);

    // greenpeace/planet4-plugin-gutenberg-blocks#438, jennybc/googlesheets#126: a page that asks for a login.
    for (status, kind, body, told) in [
        (StatusCode::OK, "text/html; charset=utf-8", "<!DOCTYPE html>", "sends a web page, not a file"),
        (StatusCode::NOT_FOUND, "text/plain", "gone", "it is not there any more"),
        (StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "", "the next sync asks again"),
        (StatusCode::OK, "text/csv", "", "the file is empty"),
    ] {
        now(status, kind, body);
        let error = desk.sync().await.error.expect("told").message;
        assert!(error.contains(told), "{error}");
        assert_eq!(desk.budgets(), ["2026-11-01 seo 120.000000 EUR"], "what was said stays");
    }
    desk.drop.address = Some(format!("{base}/away").parse().expect("an address"));
    let error = desk.sync().await.error.expect("told").message;
    assert!(error.contains("307"), "a redirect to an unprotected address is not followed: {error}");
}
