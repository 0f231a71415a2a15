//! Posts messages to Slack's incoming webhooks. The answers are those of
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>.

use super::{parse, unthreaded};
use crate::delivery::channel::{Channel, accepted};
use crate::delivery::hook::Hook;
use crate::delivery::http::DEFAULT_DELAY;
use crate::delivery::{Accepted, BuildError, DeliveryError, DeliveryResult, ProbeResult};
use crate::support::secret::Secret;
use futures_util::future::BoxFuture;
use reqwest::Client;
use serde_json::Value;
use std::time::Duration;

/// A channel's hook. Its URL is the secret.
#[derive(Clone, Debug)]
pub struct Webhook {
    name: String,
    hook: Hook,
}

impl Webhook {
    /// `name` is the hook's name in the configuration. HTTPS is required but to this machine.
    pub fn new(name: &str, url: &Secret, client: Client) -> Result<Self, BuildError> {
        let hook = Hook::new(format!("the Slack hook {name:?}"), "slack", url, client)?;
        Ok(Self { name: name.to_owned(), hook })
    }

    /// Posts one message. Where Slack finds fault with the blocks, its text is sent alone, so that
    /// a change of Slack's rules doesn't silence the reports.
    pub async fn send(&self, payload: &[u8]) -> Result<Accepted, DeliveryError> {
        let (message, _) = unthreaded(parse(payload)?);
        match self.send_one(message.to_string().into_bytes()).await {
            Err(DeliveryError::Permanent { reason }) if reason.contains("invalid_blocks") => {
                let Some(text) = message.get("text").and_then(Value::as_str) else {
                    return Err(DeliveryError::Permanent { reason });
                };
                tracing::warn!(hook = self.name, "slack refused the blocks of a message, its text is sent alone");
                let taken = self.send_one(serde_json::json!({ "text": text }).to_string().into_bytes()).await?;
                Ok(accepted(&format!("{} (text only, the blocks were refused)", taken.response)))
            }
            result => result,
        }
    }

    async fn send_one(&self, body: Vec<u8>) -> Result<Accepted, DeliveryError> {
        let answer = self.hook.post(body).await?;
        judge(answer.status, &word(&answer.body), answer.retry_after)
    }
}

impl Channel for Webhook {
    fn post<'a>(&'a self, _message_id: &'a str, payload: &'a [u8]) -> BoxFuture<'a, DeliveryResult> {
        Box::pin(async move { self.send(payload).await.into() })
    }

    fn try_out(&self) -> BoxFuture<'_, Option<ProbeResult>> {
        let why = "an incoming webhook cannot be tried without a message in its channel".to_owned();
        let remedy = format!("post one: daybook send-test --channel slack:{}", self.name);
        Box::pin(async { Some(ProbeResult::Never(why, remedy)) })
    }
}

fn judge(status: u16, answer: &str, retry_after: Option<Duration>) -> Result<Accepted, DeliveryError> {
    let reason = format!("slack answered {status} {answer}").trim_end().to_owned();
    match status {
        200 if answer == "ok" => Ok(accepted("200 ok")),
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

/// Slack answers with one word; whole pages of a proxy are not repeated.
fn word(body: &str) -> String {
    let is_word = body.len() <= 100 && body.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word { body.to_owned() } else { "with an unexpected body".to_owned() }
}

#[cfg(test)]
mod tests;
