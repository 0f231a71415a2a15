//! Posts messages and files with a bot's token: `chat.postMessage` and the three steps of an upload,
//! after <https://docs.slack.dev/messaging/working-with-files/>. HTTP says 200 even on failure; the
//! field `ok` decides.

use crate::delivery::channel::{Channel, File, accepted, not_json};
use crate::delivery::http::{DEFAULT_DELAY, is_protected, read_bounded, retry_after};
use crate::delivery::{Accepted, BuildError, DeliveryError, DeliveryResult, ProbeResult, Reply, one_line};
use crate::support::secret::Secret;
use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::{Value, json};
use std::time::Duration;

/// The longest answer that is read.
const ANSWER_BYTES: usize = 256 * 1024;
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(120);

/// A bot that is a member of one channel.
#[derive(Clone, Debug)]
pub struct Bot {
    name: String,
    token: Secret,
    channel: String,
    api: Url,
    client: Client,
}

/// Whether a lost answer may mean that people see the message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Harmless,
    Visible,
}

impl Bot {
    /// `name` is the hook's name in the configuration, `channel` an id such as `C0123456789`.
    pub fn new(name: &str, token: Secret, channel: &str, api: &str, client: Client) -> Result<Self, BuildError> {
        let invalid = |why: &str| BuildError::Invalid(format!("the Slack hook {name:?}: api_url {why}"));
        let api = Url::parse(&format!("{}/", api.trim_end_matches('/'))).map_err(|_| invalid("is not a URL"))?;
        if !is_protected(&api) {
            return Err(invalid("does not start with https://"));
        }
        Ok(Self { name: name.to_owned(), token, channel: channel.to_owned(), api, client })
    }

    /// Posts one message. Where Slack finds fault with the blocks, its text is sent alone. The outbox's
    /// id goes with it, so that a double can be recognised.
    ///
    /// Figures for its thread follow as a reply. The message counts as posted whatever becomes of them: a
    /// second try would post the message itself twice.
    pub async fn send(&self, message_id: &str, payload: &[u8]) -> DeliveryResult {
        let (message, thread) = match super::parse(payload) {
            Ok(message) => super::unthreaded(message),
            Err(error) => return Err(error).into(),
        };
        let answer = match self.post_one(message_id, message).await {
            Ok(answer) => answer,
            Err(error) => return Err(error).into(),
        };
        let mut replies = Vec::new();
        if let (Some(blocks), Some(ts)) = (thread, answer.1) {
            let reply = json!({ "channel": self.channel, "thread_ts": ts, "text": "Figures", "blocks": blocks });
            let text = match self.call("chat.postMessage", &reply, Step::Visible).await {
                Ok(answer) => posted(&answer),
                Err(error) => one_line(&format!("the figures in the thread: {error}")),
            };
            replies.push(Reply { step: "the thread", text });
        }
        DeliveryResult { result: Ok(accepted(&answer.0)), replies }
    }

    /// What Slack answered, and the message's own id for replies.
    async fn post_one(&self, message_id: &str, mut message: Value) -> Result<(String, Option<String>), DeliveryError> {
        let Some(fields) = message.as_object_mut() else { return Err(not_json()) };
        fields.insert("channel".to_owned(), json!(self.channel));
        fields.insert(
            "metadata".to_owned(),
            json!({ "event_type": "daybook_message", "event_payload": { "message_id": message_id } }),
        );
        match self.call("chat.postMessage", &message, Step::Visible).await {
            Err(DeliveryError::Permanent { reason }) if reason.contains("invalid_blocks") => {
                let Some(fields) = message.as_object_mut() else { return Err(not_json()) };
                fields.remove("blocks");
                tracing::warn!(hook = self.name, "slack refused the blocks of a message, its text is sent alone");
                let answer = self.call("chat.postMessage", &message, Step::Visible).await?;
                Ok((format!("{} (text only, the blocks were refused)", posted(&answer)), None))
            }
            result => {
                let answer = result?;
                let ts = answer["ts"].as_str().map(str::to_owned);
                Ok((posted(&answer), ts))
            }
        }
    }

    /// Asks Slack whose token it is; nobody sees it.
    pub async fn probe(&self) -> ProbeResult {
        match self.call("auth.test", &json!({}), Step::Harmless).await {
            Ok(answer) => {
                let of = |key: &str| one_line(answer[key].as_str().unwrap_or("unknown"));
                ProbeResult::Well(format!(
                    "the token is that of {} in {}; rights and channel show on posting",
                    of("user"),
                    of("team")
                ))
            }
            Err(DeliveryError::Misconfigured { reason }) => ProbeResult::LoginRefused(reason),
            Err(error) => ProbeResult::Failed(error),
        }
    }

    /// Uploads a file and shares it in the channel. Nobody sees it before the last step, so only an
    /// answer lost there leaves the outcome unknown.
    pub async fn share(&self, file_name: &str, title: &str, bytes: &[u8]) -> DeliveryResult {
        let mut replies = Vec::new();
        let result = self.upload_steps(file_name, title, bytes, &mut replies).await;
        DeliveryResult { result, replies }
    }

    async fn upload_steps(
        &self,
        file_name: &str,
        title: &str,
        bytes: &[u8],
        replies: &mut Vec<Reply>,
    ) -> Result<Accepted, DeliveryError> {
        let mut heard = |step: &'static str, text: &str| replies.push(Reply { step, text: one_line(text) });
        // This method reads forms only.
        let length = bytes.len().to_string();
        let form = [("filename", file_name), ("length", length.as_str())];
        let request = self.request("files.getUploadURLExternal")?.form(&form);
        let place = self.answer("files.getUploadURLExternal", request, Step::Harmless).await?;
        let (Some(url), Some(id)) = (place["upload_url"].as_str(), place["file_id"].as_str()) else {
            return Err(DeliveryError::Temporary {
                reason: "slack named no place for the file".to_owned(),
                retry_after: None,
            });
        };
        heard("files.getUploadURLExternal", id);
        let url = Url::parse(url).ok().filter(|url| self.is_slacks(url));
        let url = url.ok_or_else(|| DeliveryError::Permanent {
            reason: "slack named a place for the file that is not its own".to_owned(),
        })?;
        let sent = self
            .client
            .post(url)
            .timeout(UPLOAD_TIMEOUT)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, bytes.len())
            .body(bytes.to_vec())
            .send()
            .await
            .map_err(|_| DeliveryError::Temporary {
                reason: "the file did not reach slack".to_owned(),
                retry_after: None,
            })?;
        let status = sent.status().as_u16();
        heard("the file", &format!("{status}"));
        if status != 200 {
            // The place is used up: the next try starts over.
            let retry_after = retry_after(&sent);
            return Err(DeliveryError::Temporary {
                reason: format!("slack answered {status} to the file"),
                retry_after,
            });
        }
        let body = json!({ "files": [{ "id": id, "title": title }], "channel_id": self.channel });
        let shared = self.call("files.completeUploadExternal", &body, Step::Visible).await?;
        let link = shared["files"][0]["id"].as_str().unwrap_or(id);
        heard("files.completeUploadExternal", link);
        Ok(accepted(&format!("ok, file {}", one_line(link))))
    }

    /// The upload's address must be Slack's own: the answer of a proxy must not draw reports elsewhere.
    fn is_slacks(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let own = self.api.host_str().unwrap_or_default();
        let family = ["slack.com", "slack-gov.com"]
            .iter()
            .any(|domain| own.ends_with(domain) && (host == *domain || host.ends_with(&format!(".{domain}"))));
        is_protected(url) && (host == own || family)
    }

    fn request(&self, method: &str) -> Result<RequestBuilder, DeliveryError> {
        let url = self.api.join(method).map_err(|_| DeliveryError::Misconfigured {
            reason: format!("the Slack hook {:?} cannot be called", self.name),
        })?;
        Ok(self.client.post(url).bearer_auth(self.token.expose()))
    }

    async fn call(&self, method: &str, body: &Value, step: Step) -> Result<Value, DeliveryError> {
        let request =
            self.request(method)?.header(CONTENT_TYPE, "application/json; charset=utf-8").body(body.to_string());
        self.answer(method, request, step).await
    }

    async fn answer(&self, method: &str, request: RequestBuilder, step: Step) -> Result<Value, DeliveryError> {
        let lost = |what: &str| {
            let reason = format!("{what} ({method})");
            match step {
                Step::Visible => DeliveryError::Unknown { reason },
                Step::Harmless => DeliveryError::Temporary { reason, retry_after: None },
            }
        };
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                DeliveryError::Unavailable { reason: "no connection to slack".to_owned(), retry_after: None }
            } else if error.is_timeout() {
                lost("no answer from slack in time")
            } else {
                lost("the connection to slack broke")
            }
        })?;
        let (status, delay) = (response.status().as_u16(), retry_after(&response));
        let bytes = read_bounded(response, ANSWER_BYTES).await;
        if status == 429 {
            let reason = "slack answered 429 ratelimited".to_owned();
            return Err(DeliveryError::Unavailable { reason, retry_after: Some(delay.unwrap_or(DEFAULT_DELAY)) });
        }
        if status >= 500 {
            return Err(lost(&format!("slack answered {status}")));
        }
        let Ok(answer) = serde_json::from_slice::<Value>(&bytes) else {
            return Err(lost(&format!("slack answered {status} with an unexpected body")));
        };
        if answer["ok"] == true {
            return Ok(answer);
        }
        match answer["error"].as_str().unwrap_or("no reason") {
            // "It's possible some aspect of the operation succeeded before the error was raised":
            // https://docs.slack.dev/reference/methods/chat.postMessage
            error @ ("internal_error" | "fatal_error") => Err(lost(&format!("slack answered {error}"))),
            error => Err(refusal(method, error, &self.token, delay)),
        }
    }
}

impl Channel for Bot {
    fn post<'a>(&'a self, message_id: &'a str, payload: &'a [u8]) -> BoxFuture<'a, DeliveryResult> {
        Box::pin(self.send(message_id, payload))
    }

    fn upload<'a>(&'a self, file: File<'a>) -> BoxFuture<'a, DeliveryResult> {
        Box::pin(self.share(file.name, file.title, file.bytes))
    }

    fn try_out(&self) -> BoxFuture<'_, Option<ProbeResult>> {
        Box::pin(async { Some(self.probe().await) })
    }
}

fn refusal(method: &str, error: &str, token: &Secret, delay: Option<Duration>) -> DeliveryError {
    let reason = one_line(&token.redact(&format!("slack answered {error} to {method}")));
    match error {
        "ratelimited" | "rate_limited" => {
            DeliveryError::Unavailable { reason, retry_after: Some(delay.unwrap_or(DEFAULT_DELAY)) }
        }
        // The request came in pieces, or was not taken up.
        "request_timeout" | "service_unavailable" => DeliveryError::Temporary { reason, retry_after: delay },
        "invalid_auth"
        | "not_authed"
        | "account_inactive"
        | "token_revoked"
        | "token_expired"
        | "missing_scope"
        | "channel_not_found"
        | "not_in_channel"
        | "is_archived"
        | "restricted_action"
        | "no_permission"
        | "team_access_not_granted" => DeliveryError::Misconfigured { reason },
        _ => DeliveryError::Permanent { reason },
    }
}

fn posted(answer: &Value) -> String {
    format!("ok, ts {}", one_line(answer["ts"].as_str().unwrap_or("unknown")))
}

#[cfg(test)]
mod tests;
