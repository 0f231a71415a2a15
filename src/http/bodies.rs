//! Bodies of requests, whole before anything is done: handlers never wait for a slow sender, and none of them reads more
//! than fits.

use super::connections::Seat;
use super::limits::Limits;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use std::sync::Arc;

/// Reads the body within its bounds. From then on nobody takes the request's seat.
pub(super) async fn read_whole(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let seat = parts.extensions.get::<Arc<Seat>>().cloned();
    let whole = match tokio::time::timeout(limits.body, collect(body, limits.body_bytes)).await {
        Ok(Ok(whole)) => whole,
        Ok(Err(refused)) => return refused,
        Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "the body of the request was too slow\n"),
    };
    if let Some(seat) = seat {
        seat.set_served(true);
    }
    next.run(Request::from_parts(parts, Body::from(whole))).await
}

async fn collect(body: Body, most: usize) -> Result<Vec<u8>, Response> {
    let too_large = || refuse(StatusCode::PAYLOAD_TOO_LARGE, &format!("a body may have {most} bytes\n"));
    // What says its length is not read in vain.
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let (mut whole, mut parts) = (Vec::new(), body.into_data_stream());
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| refuse(StatusCode::BAD_REQUEST, "the body of the request broke off\n"))?;
        if whole.len() + part.len() > most {
            return Err(too_large());
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole)
}

/// An answer after which the rest of the request is not read.
fn refuse(status: StatusCode, text: &str) -> Response {
    let mut response = (status, text.to_owned()).into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
