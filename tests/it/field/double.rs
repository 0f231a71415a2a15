//! Doubles of Stripe, HubSpot, Google Ads and Google Analytics on loopback. They answer a small world
//! as the vendors' documentation says: filters, paging, envelopes; and count what they are asked.

mod ads;
mod analytics;
mod hubspot;
mod short;
mod stripe;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A request with its answer's status.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// With its query, as sent.
    pub path: String,
    pub body: String,
    pub status: u16,
}

impl Asked {
    /// One line to be searched.
    pub fn line(&self) -> String {
        format!("{} {} {} {}", self.method, self.path, self.body, self.status)
    }
}

/// A status and a body.
pub type Answer = (u16, Value);

/// What a handler receives of a request.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Value,
}

impl Call {
    /// The first value of a parameter.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that is given more than once.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.parse().ok()
    }
}

#[derive(Debug, Default)]
struct Shared {
    world: Value,
    asked: Vec<Asked>,
}

/// Running doubles; they stop when this is dropped.
#[derive(Debug)]
pub struct Double {
    shared: Arc<Mutex<Shared>>,
    port: u16,
    server: tokio::task::JoinHandle<()>,
}

impl Double {
    /// Serves an empty world on a free port.
    pub async fn start() -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { shared, port, server }
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on the vendors know this world, whose records may be in short forms.
    pub fn set_world(&self, world: &Value) {
        lock(&self.shared).world = short::completed(world);
    }

    /// What was asked since the last call.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.shared).asked)
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let query = parts.uri.query().unwrap_or_default();
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect(),
        body: serde_json::from_str(&text).unwrap_or_default(),
    };
    let (status, answer) = route(&call, &lock(&shared).world);
    let path = parts.uri.to_string();
    lock(&shared).asked.push(Asked { method: call.method, path, body: text, status });
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

fn route(call: &Call, world: &Value) -> Answer {
    let path = call.path.as_str();
    if path.starts_with("/token") {
        match fault(&world["token"]) {
            Some(fault) => fault,
            None => (200, json!({"access_token": "t", "expires_in": 3599, "token_type": "Bearer"})),
        }
    } else if path.starts_with("/v1/") {
        stripe::answer(call, &world["stripe"])
    } else if path.starts_with("/crm/") {
        hubspot::answer(call, &world["hubspot"])
    } else if path.contains("googleAds:search") {
        ads::answer(call, &world["google_ads"]["accounts"])
    } else if path.contains(":runReport") {
        analytics::answer(call, &world["ga4"]["properties"])
    } else {
        (404, json!({"error": {"message": "nothing here"}}))
    }
}

/// `{status, body}` as an answer.
pub fn fault(value: &Value) -> Option<Answer> {
    Some((value["status"].as_u64()?.try_into().ok()?, value["body"].clone()))
}

/// The fault of the first window that shares a day with `from` to `to`; windows may hold for one table.
pub fn fault_of_window(windows: &Value, (from, to): (&str, &str), table: &str) -> Option<Answer> {
    windows_over(windows, (from, to), table).find_map(fault)
}

/// The windows of a list that share a day with `from` to `to`.
pub fn windows_over<'a>(
    windows: &'a Value,
    (from, to): (&'a str, &'a str),
    table: &'a str,
) -> impl Iterator<Item = &'a Value> {
    list(windows).iter().filter(move |window| {
        let is_of_table = window["table"].as_str().is_none_or(|own| own == table);
        is_of_table && from <= text(&window["to"]) && text(&window["from"]) <= to
    })
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn pair(pair: &str) -> (String, String) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (plain(name), plain(value))
}

/// A part of a URL without its escapes.
pub fn plain(escaped: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), escaped.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
