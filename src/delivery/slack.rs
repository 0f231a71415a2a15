//! Posts messages to Slack's incoming webhooks. The answers are those of
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>.

pub mod bot;

use super::{Accepted, BuildError, DeliveryError, one_line};
use crate::support::secret::Secret;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde_json::Value;
use std::time::Duration;

/// A good answer is `ok`; nothing longer than this is worth reading.
const ANSWER_BYTES: usize = 2048;
const TIMEOUT: Duration = Duration::from_secs(30);
/// What Slack allows one hook when it does not say: a message a second.
const DEFAULT_DELAY: Duration = Duration::from_secs(60);
const LONGEST_DELAY: Duration = Duration::from_secs(3600);

/// A channel's hook. Its URL is the secret.
#[derive(Clone, Debug)]
pub struct Webhook {
    name: String,
    url: Secret,
    client: Client,
}

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
pub(super) fn is_protected(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// A message as people read it in a file.
pub fn pretty(payload: &[u8]) -> Result<Vec<u8>, DeliveryError> {
    let value: Value = parse(payload)?;
    let mut text = serde_json::to_vec_pretty(&value).map_err(|_| not_json())?;
    text.push(b'\n');
    Ok(text)
}

impl Webhook {
    /// `name` is the hook's name in the configuration. HTTPS is required but to this machine.
    pub fn new(name: &str, url: &Secret, client: Client) -> Result<Self, BuildError> {
        let invalid = |why: &str| BuildError::Invalid(format!("the URL of the Slack hook {name:?} {why}"));
        let parsed = Url::parse(url.expose()).map_err(|_| invalid("is not a URL"))?;
        if !is_protected(&parsed) {
            return Err(invalid("does not start with https://"));
        }
        Ok(Self { name: name.to_owned(), url: url.clone(), client })
    }

    /// Posts one message. Where Slack finds fault with the blocks, its text is sent alone, so that
    /// a change of Slack's rules doesn't silence the reports.
    pub async fn send(&self, payload: &[u8]) -> Result<Accepted, DeliveryError> {
        let (message, _) = unthreaded(parse(payload)?);
        match self.post(message.to_string().into_bytes()).await {
            Err(DeliveryError::Permanent { reason }) if reason.contains("invalid_blocks") => {
                let Some(text) = message.get("text").and_then(Value::as_str) else {
                    return Err(DeliveryError::Permanent { reason });
                };
                tracing::warn!(hook = self.name, "slack refused the blocks of a message, its text is sent alone");
                let accepted = self.post(serde_json::json!({ "text": text }).to_string().into_bytes()).await?;
                Ok(Accepted { response: format!("{} (text only, the blocks were refused)", accepted.response) })
            }
            result => result,
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<Accepted, DeliveryError> {
        let request = self.client.post(self.url.expose()).header(CONTENT_TYPE, "application/json").body(body);
        let response = request.send().await.map_err(|error| self.not_answered(&error))?;
        let status = response.status();
        let retry_after = retry_after(&response);
        let answer = self.url.redact(&one_line(&answer(response).await));
        judge(status, &answer, retry_after)
    }

    fn not_answered(&self, error: &reqwest::Error) -> DeliveryError {
        // The error's own words may hold the URL.
        if error.is_connect() {
            let reason = "no connection to slack".to_owned();
            DeliveryError::Unavailable { reason, retry_after: None }
        } else if error.is_builder() {
            DeliveryError::Misconfigured { reason: format!("the Slack hook {:?} cannot be called", self.name) }
        } else {
            let what =
                if error.is_timeout() { "no answer from slack in time" } else { "the connection to slack broke" };
            DeliveryError::Unknown { reason: what.to_owned() }
        }
    }
}

fn judge(status: StatusCode, answer: &str, retry_after: Option<Duration>) -> Result<Accepted, DeliveryError> {
    let reason = format!("slack answered {} {answer}", status.as_u16()).trim_end().to_owned();
    match status.as_u16() {
        200 if answer == "ok" => Ok(Accepted { response: "200 ok".to_owned() }),
        // Some proxy may have answered in Slack's place.
        200..=299 => Err(DeliveryError::Unknown { reason }),
        429 => Err(DeliveryError::Unavailable { reason, retry_after: Some(retry_after.unwrap_or(DEFAULT_DELAY)) }),
        408 => Err(DeliveryError::Temporary { reason, retry_after }),
        // Whoever names an instant for another try has not taken this one.
        503 if retry_after.is_some() => Err(DeliveryError::Unavailable { reason, retry_after }),
        // Nothing says that such a message was not posted.
        500..=599 => Err(DeliveryError::Unknown { reason }),
        // The hook was removed, its channel archived or its app switched off.
        300..=399 | 401 | 403 | 404 | 410 => Err(DeliveryError::Misconfigured { reason }),
        _ => Err(DeliveryError::Permanent { reason }),
    }
}

pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_DELAY))
}

async fn answer(response: Response) -> String {
    let bytes = read_bounded(response, ANSWER_BYTES).await;
    // Slack answers with one word; whole pages of a proxy are not repeated.
    let text = String::from_utf8_lossy(&bytes);
    let word = |text: &str| text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if word(text.trim()) { text.trim().to_owned() } else { "with an unexpected body".to_owned() }
}

pub(super) async fn read_bounded(mut response: Response, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk[..chunk.len().min(limit - bytes.len())]);
        if bytes.len() >= limit {
            break;
        }
    }
    bytes
}

/// What a message carries for its thread, under this key; Slack itself knows no such field.
const THREAD: &str = "thread";

/// The message as Slack takes it, and the blocks of its thread.
fn unthreaded(mut message: Value) -> (Value, Option<Value>) {
    let thread = message.as_object_mut().and_then(|fields| fields.remove(THREAD));
    (message, thread.filter(|blocks| blocks.as_array().is_some_and(|blocks| !blocks.is_empty())))
}

fn parse(payload: &[u8]) -> Result<Value, DeliveryError> {
    serde_json::from_slice(payload).map_err(|_| not_json())
}

fn not_json() -> DeliveryError {
    DeliveryError::Permanent { reason: "the message is not JSON".to_owned() }
}

#[cfg(test)]
mod tests;
