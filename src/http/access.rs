//! The id of each request, and a line of the log for it. The log has the route that was matched and never what the
//! client wrote: no path, query, header or body, so that no secret of theirs gets into it.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;
use tracing::Instrument;

/// Where an answer has the id of its request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names a request in its answer and in the log; handlers find it among the request's extensions. One that a client
/// sends is not taken over: it could be that of another request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    fn next() -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(format!("req_{:016x}", KEY.hash_one(count)))
    }
}

/// Gives a request its id, and logs its end: reads that went well at debug, as they come every few seconds, and all else
/// at info.
pub(super) async fn log(State(listener): State<&'static str>, mut request: Request, next: Next) -> Response {
    let (id, begun) = (RequestId::next(), Instant::now());
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request.id = id.0);
    let mut response = next.run(request).instrument(span).await;
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A level is part of where a line is written, so one macro has both.
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(
                http.listener = listener,
                request.id = id.0,
                http.method = method,
                http.route = route,
                http.status = status,
                duration_ms,
                "a request was answered"
            )
        };
    }
    match matches!(method, "GET" | "HEAD") && status < 400 {
        true => answered!(debug),
        false => answered!(info),
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The method; clients may invent others.
fn known(method: &Method) -> &'static str {
    let all = [
        (Method::GET, "GET"),
        (Method::HEAD, "HEAD"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
        (Method::OPTIONS, "OPTIONS"),
    ];
    all.into_iter().find(|(other, _)| other == method).map_or("other", |(_, name)| name)
}
