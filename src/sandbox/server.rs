//! The vendors on loopback.

use super::company::Tenant;
use super::faults::{Armed, Fault, FaultBox, Faults};
use super::truth::{Truth, World, worlds};
use super::{google, hubspot, stripe};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// What a sandbox simulates.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    pub tenants: Vec<Tenant>,
    pub seed: u64,
    pub first_date: NaiveDate,
    pub as_of: DateTime<Utc>,
    /// What is planted lies before this instant and stays there as time passes.
    pub planted_at: DateTime<Utc>,
    /// 0 takes any free port.
    pub port: u16,
    pub faults: Faults,
}

/// The sandbox cannot start.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox cannot listen on port {port}: {source}")]
pub struct SandboxError {
    port: u16,
    source: std::io::Error,
}

/// The secrets a tenant's connections need; they open nothing but the sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Credentials {
    pub developer_token: &'static str,
    pub client_id: &'static str,
    pub client_secret: &'static str,
    pub refresh_token: &'static str,
    pub service_account_key: &'static str,
    pub stripe_key: &'static str,
    pub hubspot_token: &'static str,
}

/// Running vendors; they stop when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    port: u16,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
pub struct Shared {
    tenants: Vec<Tenant>,
    seed: u64,
    first: NaiveDate,
    is_hostile: bool,
    planted_at: DateTime<Utc>,
    worlds: RwLock<Arc<Vec<World>>>,
    pub faults: FaultBox,
    pub tokens: google::Tokens,
}

impl Shared {
    pub fn worlds(&self) -> Arc<Vec<World>> {
        Arc::clone(&self.worlds.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sandbox {
    /// Simulates the companies and serves their vendors on 127.0.0.1.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let shared = Arc::new(Shared {
            seed: options.seed,
            first: options.first_date,
            is_hostile: options.faults.is_hostile,
            planted_at: options.planted_at,
            worlds: RwLock::new(Arc::new(worlds(
                &options.tenants,
                options.seed,
                options.first_date,
                options.planted_at,
                options.as_of,
                options.faults.is_hostile,
            ))),
            faults: FaultBox::new(options.faults),
            tenants: options.tenants,
            tokens: google::Tokens::new(options.faults.token_uses),
        });
        let failed = |source| SandboxError { port: options.port, source };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let router = Router::new()
            .merge(google::routes())
            .merge(stripe::routes())
            .merge(hubspot::routes())
            .layer(middleware::from_fn_with_state(Arc::clone(&shared), misbehave))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { shared, port, server })
    }

    /// Where all vendors answer, e.g. `http://127.0.0.1:4123`.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What reports must equal.
    pub fn truth(&self) -> Truth {
        let tenants = self.worlds().iter().map(|world| (world.tenant.id.to_owned(), world.truth())).collect();
        let events = [
            "customerhappy: sessions nearly vanish 41 and 40 days back while ad clicks go on",
            "northwind_shop: campaign \"Schuhe Generisch\" costs four times as much 6 days back",
            "customerhappy: organic search from Google falls 35% over the last 14 days",
            "both: Google Ads conversions grow for 30 days after the click",
            "both: holds are captured days later, refunds fail, disputes are opened, won and lost, long after the payment",
            "customerhappy: coupons stack, customers have discounts, plans go up, collection pauses and goes on, trials are given later",
            "both: holds expire or are taken in part, and some payers had paid before the first day",
            "both: payers pay under another address, or without one",
            "customerhappy: contacts and deals are merged, restored from the bin or deleted for good, and some are found by the search only after 30 hours",
            "customerhappy: contacts and deals are deleted, and links between them come and go without a trace",
            "both: Google Ads sends a field \"campaign.labels\" during the last 60 days",
        ];
        let events = events.iter().chain(&super::mishaps::EVENTS).map(|event| (*event).to_owned());
        Truth { tenants, events: events.collect() }
    }

    pub fn worlds(&self) -> Arc<Vec<World>> {
        self.shared.worlds()
    }

    /// Time passes: more days, and restated ones.
    pub fn set_as_of(&self, at: DateTime<Utc>) {
        let shared = &self.shared;
        let later =
            Arc::new(worlds(&shared.tenants, shared.seed, shared.first, shared.planted_at, at, shared.is_hostile));
        *self.shared.worlds.write().unwrap_or_else(PoisonError::into_inner) = later;
    }

    pub fn arm(&self, armed: Armed) {
        self.shared.faults.arm(armed);
    }

    /// Vendors stop what they were armed to do.
    pub fn disarm(&self) {
        self.shared.faults.disarm();
    }

    /// Requests so far, by vendor.
    pub fn request_counts(&self) -> BTreeMap<String, u64> {
        self.shared.faults.counts()
    }

    /// Keys to the sandbox.
    pub fn credentials() -> Credentials {
        Credentials {
            developer_token: "sandbox-developer-token",
            client_id: "sandbox-client-id",
            client_secret: "sandbox-client-secret",
            refresh_token: "sandbox-refresh-token",
            service_account_key: google::SERVICE_ACCOUNT_KEY,
            stripe_key: "rk_sandbox_key",
            hubspot_token: "pat-sandbox-token",
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Lets requests fail as the fault box says, each in its vendor's own words.
async fn misbehave(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let vendor = path.split('/').nth(1).unwrap_or_default().to_owned();
    match shared.faults.strike(&vendor, &path) {
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
        Some(Fault::TooMany) => too_many(&vendor),
        Some(Fault::Html) => {
            axum::response::Html("<!DOCTYPE html><html><body>Sign in to the network</body></html>").into_response()
        }
        Some(Fault::Revoked) => {
            let gone = json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."});
            let status = if vendor == "oauth2" { StatusCode::BAD_REQUEST } else { StatusCode::UNAUTHORIZED };
            (status, Json(gone)).into_response()
        }
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

/// "Wait" in each vendor's own words.
fn too_many(vendor: &str) -> Response {
    let body: Value = match vendor {
        "google_ads" => json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Too many requests.",
            "details": [{"errors": [{"errorCode": {"quotaError": "RESOURCE_TEMPORARILY_EXHAUSTED"},
                "details": {"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": "0.3s"}}}]}]}}]),
        "stripe" => {
            json!({"error": {"message": "Request rate limit exceeded.", "type": "invalid_request_error", "code": "rate_limit"}})
        }
        "hubspot" => {
            json!({"status": "error", "message": "You have reached your secondly limit.", "errorType": "RATE_LIMIT", "policyName": "SECONDLY"})
        }
        _ => {
            json!({"error": {"code": 429, "message": "Too many requests for the moment.", "status": "RESOURCE_EXHAUSTED"}})
        }
    };
    (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
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
