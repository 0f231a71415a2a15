//! Sends one request and streams the answer into the landing folder with bounded memory.

use super::auth::Credentials;
use super::decode::{Form, decode};
use super::error::ConnectorError;
use super::inside::Inside;
use super::landing::{PageWriter, PendingWrite, read_page};
use super::mask::Mask;
use super::paging::{Found, Lookup, answer_headers, scan_softly, scan_stream_softly};
use super::rules::{ErrorResponse, Verdict};
use super::spec::{ErrorRule, LimitSpec, Method, Part};
use crate::support::blocking::{in_pool, off_thread};
use crate::support::secret::Secret;
use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderValue};
use std::future::ready;
use std::time::Duration;

/// Error bodies are read up to here.
const ERROR_BYTES: usize = 64 << 10;
/// A page up to here is searched and compressed in memory; a larger one is read back from its file.
const MEMORY_BYTES: usize = 8 << 20;

/// A request ready to be sent.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: Method,
    pub url: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// The connector's allowance that the request uses up beside the credential's limit.
    pub allowance: Option<String>,
    /// Whether it proves nothing: its address is enough, and goes to another host.
    pub is_anonymous: bool,
    /// How its answer is read.
    pub form: Form,
    /// Rules for its answer, before the connector's own.
    pub rules: Vec<ErrorRule>,
}

/// What came back.
#[derive(Debug)]
pub enum Answer {
    /// `bytes` as received, decompressed.
    Page {
        bytes: u64,
        page: PendingWrite,
        found: Vec<Found>,
    },
    Error(Verdict),
}

/// What a connector says of answers, and what the pager wants of them.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub limits: &'a LimitSpec,
    pub rules: &'a [ErrorRule],
    pub lookups: &'a [Lookup],
    /// How a body is read that is the data.
    pub form: &'a Form,
    /// What no page is to hold.
    pub hidden: &'a [Secret],
}

/// The client of all connectors: no redirects (a vendor's API has none, and a redirect could carry a
/// credential elsewhere).
pub fn build() -> Result<reqwest::Client, ConnectorError> {
    reqwest::Client::builder()
        .user_agent(concat!("daybook/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(15))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| ConnectorError::Configuration { note: format!("the HTTP client cannot start: {error}") })
}

/// Sends `request`. An error response is judged by the rules; a page is searched for the lookups and
/// goes to `writer`, which may still be at it when this answers.
pub async fn send(
    client: &reqwest::Client,
    request: &Request,
    proof: &Credentials,
    expected: Expected<'_>,
    writer: PageWriter,
    now: DateTime<Utc>,
) -> Result<Answer, ConnectorError> {
    let limit = Duration::from_secs(expected.limits.timeout_secs);
    let outcome = tokio::time::timeout(limit, async {
        let response = prepare(client, request, proof).send().await.map_err(|error| unreachable(&error))?;
        receive(response, expected, writer.hiding(Mask::of(expected.hidden)), now).await
    });
    outcome.await.unwrap_or_else(|_| {
        Err(ConnectorError::Unavailable { note: format!("no complete answer within {} s", limit.as_secs()) })
    })
}

fn prepare(client: &reqwest::Client, request: &Request, proof: &Credentials) -> reqwest::RequestBuilder {
    let mut builder = match request.method {
        Method::Get => client.get(&request.url),
        Method::Post => client.post(&request.url),
    };
    builder = builder.query(&request.query);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = &request.body {
        if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            builder = builder.header(reqwest::header::CONTENT_TYPE, "application/json");
        }
        builder = builder.body(body.clone());
    }
    match proof {
        Credentials::None => builder,
        Credentials::Carried { parts, .. } => parts.iter().fold(builder, |builder, part| match part {
            Part::Header { name, value } => match sensitive(value) {
                Some(value) => builder.header(name, value),
                // It is refused when the request is written.
                None => builder.header(name, value.expose()),
            },
            // The address of a next page may hold it already.
            Part::Query { name, .. } if holds(&request.url, name) => builder,
            Part::Query { name, value } => builder.query(&[(name, value.expose())]),
        }),
    }
}

/// The value of a header that no library prints; `None` where no header may hold it.
fn sensitive(value: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn holds(url: &str, parameter: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| url.query_pairs().any(|(name, _)| name == parameter))
}

async fn receive(
    mut response: reqwest::Response,
    expected: Expected<'_>,
    writer: PageWriter,
    now: DateTime<Utc>,
) -> Result<Answer, ConnectorError> {
    let status = response.status().as_u16();
    let headers: HeaderMap = response.headers().clone();
    let mut head: Vec<u8> = Vec::new();
    while head.len() < ERROR_BYTES {
        match response.chunk().await.map_err(|error| unreachable(&error))? {
            Some(chunk) => head.extend_from_slice(&chunk),
            None => break,
        }
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(ERROR_BYTES)]);
    if let Some(verdict) = ErrorResponse::new(status, &headers, &text).verdict(expected.rules, now) {
        return Ok(Answer::Error(verdict));
    }
    if !expected.form.kind.is_json() {
        let mut answer = store_raw(response, head, expected, writer).await?;
        if let Answer::Page { found, .. } = &mut answer {
            answer_headers(&headers, expected.lookups, found);
        }
        return Ok(answer);
    }
    if let Some(problem) = not_json(&text) {
        return Err(ConnectorError::UnexpectedPayload { note: problem });
    }
    drop(text);
    let inside = Inside::new(expected.rules, status, &headers, now);
    let mut answer = store(response, head, (expected, inside), writer).await?;
    if let Answer::Page { found, .. } = &mut answer {
        answer_headers(&headers, expected.lookups, found);
    }
    Ok(answer)
}

/// A body that fits into memory goes to a blocking thread as a whole, a larger one in chunks.
async fn store(
    mut response: reqwest::Response,
    head: Vec<u8>,
    (expected, inside): (Expected<'_>, Inside),
    writer: PageWriter,
) -> Result<Answer, ConnectorError> {
    let most = expected.limits.max_body_mb << 20;
    let mut body = head;
    let stated = usize::try_from(response.content_length().unwrap_or_default()).unwrap_or(MEMORY_BYTES);
    body.reserve_exact(stated.min(MEMORY_BYTES).saturating_sub(body.len()));
    loop {
        if body.len() as u64 > most {
            return Err(too_large(expected.limits));
        }
        if body.len() > MEMORY_BYTES {
            return store_stream(response, body, (expected, inside), writer).await;
        }
        match response.chunk().await.map_err(|error| unreachable(&error))? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => return land(body, (expected, inside), writer).await,
        }
    }
}

/// Chunks go to a blocking thread that compresses them; at most a few wait in between.
async fn store_stream(
    mut response: reqwest::Response,
    head: Vec<u8>,
    (expected, inside): (Expected<'_>, Inside),
    mut writer: PageWriter,
) -> Result<Answer, ConnectorError> {
    let most = expected.limits.max_body_mb << 20;
    let lookups: Vec<Lookup> = expected.lookups.iter().cloned().chain(inside.lookups()).collect();
    let mut received = head.len() as u64;
    let (chunks, mut inbox) = tokio::sync::mpsc::channel::<bytes::Bytes>(8);
    let writing = tokio::spawn(off_thread(move || -> Result<Answer, ConnectorError> {
        let path = writer.path().to_owned();
        writer.write(&head)?;
        drop(head);
        while let Some(chunk) = inbox.blocking_recv() {
            writer.write(&chunk)?;
        }
        let record = writer.finish()?;
        let mut found = scan_stream_softly(|| read_page(&path), &lookups)?.map_err(|error| unsound(&error))?;
        if let Some(verdict) = inside.verdict(&mut found) {
            return Ok(Answer::Error(verdict));
        }
        Ok(Answer::Page { bytes: record.bytes, page: tokio::spawn(ready(Ok(record))), found })
    }));
    let fed = async {
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            received += chunk.len() as u64;
            if received > most {
                return Err(too_large(expected.limits));
            }
            if chunks.send(chunk).await.is_err() {
                break; // the writer has failed and says why itself
            }
        }
        Ok(())
    };
    let fed = fed.await;
    drop(chunks);
    let written = writing.await.map_err(|_| ConnectorError::Landing { note: "the writer stopped".to_owned() })?;
    fed.and(written)
}

/// Keeps a body that is no JSON as it comes, and decodes it once to know that it is sound.
async fn store_raw(
    mut response: reqwest::Response,
    head: Vec<u8>,
    expected: Expected<'_>,
    mut writer: PageWriter,
) -> Result<Answer, ConnectorError> {
    let (form, lookups, hidden) = (expected.form.clone(), expected.lookups.to_vec(), Mask::of(expected.hidden));
    let (chunks, mut inbox) = tokio::sync::mpsc::channel::<bytes::Bytes>(8);
    let mut received = head.len() as u64;
    let writing = tokio::spawn(off_thread(move || -> Result<Answer, ConnectorError> {
        let path = writer.path().to_owned();
        writer.write(&head)?;
        drop(head);
        while let Some(chunk) = inbox.blocking_recv() {
            writer.write(&chunk)?;
        }
        let record = writer.finish()?;
        // What is packed was written as it came.
        let decoded = decode(&path, &form, &mut |piece| if hidden.finds(piece) { Err(repeats()) } else { Ok(()) })?;
        let fingerprint = u64::from_str_radix(&record.sha256[..16], 16).unwrap_or_default();
        let found = lookups.iter().map(|lookup| lookup.of_rows(decoded.rows, fingerprint)).collect();
        Ok(Answer::Page { bytes: record.bytes, page: tokio::spawn(ready(Ok(record))), found })
    }));
    let fed = async {
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            received += chunk.len() as u64;
            if received > expected.limits.max_body_mb << 20 {
                return Err(too_large(expected.limits));
            }
            if chunks.send(chunk).await.is_err() {
                break; // the writer has failed and says why itself
            }
        }
        Ok(())
    };
    let fed = fed.await;
    drop(chunks);
    let written = writing.await.map_err(|_| ConnectorError::Landing { note: "the writer stopped".to_owned() })?;
    fed.and(written)
}

/// Answers once the body is known to be sound; it is compressed and written meanwhile.
async fn land(
    body: Vec<u8>,
    (expected, inside): (Expected<'_>, Inside),
    mut writer: PageWriter,
) -> Result<Answer, ConnectorError> {
    let bytes = body.len() as u64;
    let lookups: Vec<Lookup> = expected.lookups.iter().cloned().chain(inside.lookups()).collect();
    let (tell, told) = tokio::sync::oneshot::channel();
    let page = tokio::spawn(in_pool(move || {
        let found = scan_softly(&body, &lookups).map_err(|error| unsound(&error));
        let judged = found.map(|mut found| (inside.verdict(&mut found), found));
        let is_wanted = matches!(judged, Ok((None, _)));
        if tell.send(judged).is_err() || !is_wanted {
            return Err(ConnectorError::Landing { note: "nobody wants the page".to_owned() });
        }
        writer.write(&body)?;
        writer.finish()
    }));
    let stopped = |_| ConnectorError::Landing { note: "the writer stopped".to_owned() };
    Ok(match told.await.map_err(stopped)?? {
        (Some(verdict), _) => Answer::Error(verdict),
        (None, found) => Answer::Page { bytes, page, found },
    })
}

/// A body that ends too early is the connection's fault more often than the vendor's.
fn unsound(error: &serde_json::Error) -> ConnectorError {
    match error.classify() {
        serde_json::error::Category::Eof | serde_json::error::Category::Io => {
            ConnectorError::Unavailable { note: "the answer is cut short".to_owned() }
        }
        _ => ConnectorError::UnexpectedPayload { note: format!("the answer is not sound JSON: {error}") },
    }
}

fn repeats() -> ConnectorError {
    let note = "the packed answer repeats a credential of this connection, which is never kept: it was thrown away";
    ConnectorError::UnexpectedPayload { note: note.to_owned() }
}

fn too_large(limits: &LimitSpec) -> ConnectorError {
    let note = format!("the answer is larger than {} MB decompressed", limits.max_body_mb);
    ConnectorError::UnexpectedPayload { note }
}

/// What a body that cannot be JSON seems to be.
fn not_json(head: &str) -> Option<String> {
    let start = head.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with(['{', '[']) {
        return None;
    }
    let low = start.get(..15.min(start.len())).unwrap_or_default().to_ascii_lowercase();
    Some(if start.is_empty() {
        "the answer is empty where JSON was due".to_owned()
    } else if low.starts_with("<!doctype") || low.starts_with("<html") {
        "the answer is an HTML page where JSON was due: a proxy or a login page may stand in between".to_owned()
    } else {
        "the answer is not JSON".to_owned()
    })
}

/// reqwest's words without the URL, which may hold a key.
fn unreachable(error: &reqwest::Error) -> ConnectorError {
    if let Some(error) = super::connection_error::unreachable(error) {
        return error;
    }
    if error.is_builder() {
        let note = "the request cannot be written: a header or the address holds what none may hold; look at the connection's settings and secrets";
        return ConnectorError::Configuration { note: note.to_owned() };
    }
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the request failed on its way"
    };
    ConnectorError::Unavailable { note: kind.to_owned() }
}
