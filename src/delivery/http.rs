//! The HTTP client of all channels, and what their answers have in common.

use super::BuildError;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, Url, redirect};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);
/// The wait after "too many requests" where the other side names none.
pub const DEFAULT_DELAY: Duration = Duration::from_secs(60);
const LONGEST_DELAY: Duration = Duration::from_secs(3600);

/// A client that never follows a redirect: the URL is a secret and goes to one host only.
pub fn client() -> Result<Client, BuildError> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .timeout(TIMEOUT)
        .user_agent(concat!("daybook/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| BuildError::Client(error.without_url().to_string()))
}

/// Whether what goes to `url` cannot be read on the way: HTTPS, or this machine.
pub fn is_protected(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// The wait that `Retry-After` names in seconds, bounded.
pub fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_DELAY))
}

/// The first bytes of a body.
pub async fn read_bounded(mut response: Response, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk[..chunk.len().min(limit - bytes.len())]);
        if bytes.len() >= limit {
            break;
        }
    }
    bytes
}
