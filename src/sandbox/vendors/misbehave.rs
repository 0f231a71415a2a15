//! Requests that fail, each in its vendor's own words.

use super::fault::Fault;
use super::shared::Shared;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Lets requests fail as the fault box says, each in its vendor's own words.
pub async fn misbehave(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let vendor = path.split('/').nth(1).unwrap_or_default().to_owned();
    tokio::time::sleep(shared.faults.latency()).await;
    match shared.strike(&vendor, &path) {
        None => next.run(request).await,
        Some(Fault::Slow) => {
            tokio::time::sleep(Duration::from_millis(120)).await;
            next.run(request).await
        }
        Some(Fault::Silence) => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Fault::Failure) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"error": {"code": 500, "message": "Internal error"}})))
                .into_response()
        }
        Some(Fault::Unavailable) => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"error": {"code": 503, "message": "Service unavailable"}})))
                .into_response()
        }
        Some(Fault::TooMany) => too_many(&vendor),
        Some(Fault::Html) => {
            axum::response::Html("<!DOCTYPE html><html><body>Sign in to the network</body></html>").into_response()
        }
        Some(Fault::Revoked) => revoked(&vendor, &path),
        Some(Fault::Forbidden) => {
            (StatusCode::FORBIDDEN, Json(json!({"error": {"code": 403, "message": "No right to read this."}})))
                .into_response()
        }
        Some(Fault::RepeatedCursor) => Json(json!({
            "results": [], "data": [{"id": "ch_same"}], "has_more": true, "rows": [], "rowCount": 0,
            "paging": {"next": {"after": "same"}}
        }))
        .into_response(),
        Some(Fault::CutBody) => cut(next.run(request).await).await,
        Some(Fault::HugePage) => huge(next.run(request).await).await,
        Some(fault @ (Fault::WrongTypes | Fault::NoList | Fault::MissingFields)) => {
            changed(next.run(request).await, fault).await
        }
        Some(Fault::GzipBomb) => bomb("gzip"),
        Some(Fault::DeflateBomb) => bomb("deflate"),
    }
}

/// A credential that is no longer taken, in each vendor's own words.
fn revoked(vendor: &str, path: &str) -> Response {
    let (status, body) = match vendor {
        "linkedin_ads" => (
            StatusCode::UNAUTHORIZED,
            json!({"status": 401, "serviceErrorCode": 65_602, "code": "EXPIRED_ACCESS_TOKEN",
                "message": "The token used in the request has expired"}),
        ),
        // All of its errors have status 200.
        "tiktok_ads" => (
            StatusCode::OK,
            json!({"code": 40105, "message": "Access token is incorrect or has been revoked.",
                "request_id": "sandbox", "data": {}}),
        ),
        _ => {
            let gone = json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."});
            (if path.contains("oauth2/") { StatusCode::BAD_REQUEST } else { StatusCode::UNAUTHORIZED }, gone)
        }
    };
    (status, Json(body)).into_response()
}

/// "Wait" in each vendor's own words.
fn too_many(vendor: &str) -> Response {
    let mut status = StatusCode::TOO_MANY_REQUESTS;
    let body: Value = match vendor {
        "microsoft_ads" => {
            status = StatusCode::BAD_REQUEST;
            let message = "You exceeded the number of calls that can be made in a minute.";
            json!({"Errors": [{"Code": 117, "Detail": null, "ErrorCode": "CallRateExceeded", "Message": message}],
                "TrackingId": "sandbox", "Type": "AdApiFaultDetail"})
        }
        "google_ads" => json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Too many requests.",
            "details": [{"errors": [{"errorCode": {"quotaError": "RESOURCE_TEMPORARILY_EXHAUSTED"},
                "details": {"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": "0.3s"}}}]}]}}]),
        "stripe" => {
            json!({"error": {"message": "Request rate limit exceeded.", "type": "invalid_request_error", "code": "rate_limit"}})
        }
        "hubspot" => {
            json!({"status": "error", "message": "You have reached your secondly limit.", "errorType": "RATE_LIMIT", "policyName": "SECONDLY"})
        }
        "linkedin_ads" => {
            json!({"status": 429, "serviceErrorCode": 101, "code": "TOO_MANY_REQUESTS",
                "message": "Resource level throttle APPLICATION_AND_MEMBER limit for calls to this resource is reached."})
        }
        // All of its errors have status 200.
        "tiktok_ads" => {
            let told =
                json!({"code": 40100, "message": "App reaches the QPS limit 20", "request_id": "sandbox", "data": {}});
            return Json(told).into_response();
        }
        _ => {
            json!({"error": {"code": 429, "message": "Too many requests for the moment.", "status": "RESOURCE_EXHAUSTED"}})
        }
    };
    (status, Json(body)).into_response()
}

/// States the whole length and sends half.
async fn cut(response: Response) -> Response {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    let half: Bytes = bytes.slice(..bytes.len() / 2);
    let stream = [Ok(half), Err(std::io::Error::other("the line went dead"))];
    let mut parts = stream.into_iter();
    let body = Body::from_stream(Repeat(std::iter::from_fn(move || parts.next())));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Pads a page to 50 MB with space, which JSON allows.
async fn huge(response: Response) -> Response {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    let space = Bytes::from(vec![b' '; 1 << 20]);
    let mut parts = std::iter::once(bytes).chain(std::iter::repeat_n(space, 50)).map(Ok::<_, std::io::Error>);
    let body = Body::from_stream(Repeat(std::iter::from_fn(move || parts.next())));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Records that are not as the vendor documents them.
async fn changed(response: Response, fault: Fault) -> Response {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    let mut body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let pages = match &mut body {
        Value::Array(pages) => pages.as_mut_slice(),
        page => std::slice::from_mut(page),
    };
    for page in pages {
        for name in ["results", "data", "rows"] {
            match (page.get_mut(name), fault) {
                (Some(list), Fault::NoList) => *list = json!({"0": "no list"}),
                (Some(Value::Array(records)), _) => {
                    records.iter_mut().step_by(2).for_each(|record| spoil(record, fault))
                }
                _ => {}
            }
        }
    }
    Json(body).into_response()
}

/// Leaves a record its shape, and nothing of use inside.
fn spoil(record: &mut Value, fault: Fault) {
    match record {
        Value::Object(fields) if fault == Fault::MissingFields => fields.retain(|name, _| name == "id"),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut().filter(|(name, _)| *name != "id") {
                match value {
                    Value::Object(_) | Value::Array(_) => spoil(value, fault),
                    _ => *value = if name.len() % 2 == 0 { json!({"deep": [name]}) } else { json!(["no", true, 1.5]) },
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| spoil(value, fault)),
        other => *other = json!({"wrong": true}),
    }
}

/// 64 MB of blanks inside an object, in a fraction of a megabyte.
fn bomb(packing: &'static str) -> Response {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blank = vec![b' '; 1 << 20];
    let written = packed.write_all(b"{").and_then(|()| (0..64).try_for_each(|_| packed.write_all(&blank)));
    let body = written.and_then(|()| packed.finish()).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, packing)], body).into_response()
}

/// An iterator as a stream that is always ready.
struct Repeat<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Repeat<I> {
    type Item = I::Item;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<I::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}
