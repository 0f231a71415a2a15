//! An address that takes messages, and is itself the secret: incoming webhooks.

use super::http::{is_protected, read_bounded, retry_after};
use super::{BuildError, DeliveryError};
use crate::support::secret::Secret;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use std::time::Duration;

/// Nothing longer than this is worth reading of an answer.
const ANSWER_BYTES: usize = 2048;

/// Where messages are posted to.
#[derive(Clone, Debug)]
pub struct Hook {
    /// For people, e.g. `the Slack hook "marketing"`.
    what: String,
    /// Who answers there, e.g. `slack`.
    who: &'static str,
    url: Secret,
    client: Client,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// Its beginning, without the address.
    pub body: String,
}

impl Hook {
    /// HTTPS is required but to this machine.
    pub fn new(what: String, who: &'static str, url: &Secret, client: Client) -> Result<Self, BuildError> {
        let invalid = |why: &str| BuildError::Invalid(format!("the URL of {what} {why}"));
        let parsed = Url::parse(url.expose()).map_err(|_| invalid("is not a URL"))?;
        if !is_protected(&parsed) {
            return Err(invalid("does not start with https://"));
        }
        Ok(Self { what, who, url: url.clone(), client })
    }

    /// Posts a JSON body and waits for the answer.
    pub async fn post(&self, body: Vec<u8>) -> Result<Answer, DeliveryError> {
        let request = self.client.post(self.url.expose()).header(CONTENT_TYPE, "application/json").body(body);
        let response = request.send().await.map_err(|error| self.not_answered(&error))?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
        let bytes = read_bounded(response, ANSWER_BYTES).await;
        let body = self.url.redact(String::from_utf8_lossy(&bytes).trim());
        Ok(Answer { status, retry_after, body })
    }

    /// The error's own words may hold the address.
    fn not_answered(&self, error: &reqwest::Error) -> DeliveryError {
        let who = self.who;
        if error.is_connect() {
            DeliveryError::Unavailable { reason: format!("no connection to {who}"), retry_after: None }
        } else if error.is_builder() {
            DeliveryError::Misconfigured { reason: format!("{} cannot be called", self.what) }
        } else if error.is_timeout() {
            DeliveryError::Unknown { reason: format!("no answer from {who} in time") }
        } else {
            DeliveryError::Unknown { reason: format!("the connection to {who} broke") }
        }
    }
}
