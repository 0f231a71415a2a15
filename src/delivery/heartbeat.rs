//! Notifies an outside watch (a dead-man's switch such as healthchecks.io) that reports went out. Silence
//! is its alarm, so a failed call is worth a log line and nothing more.

use super::{BuildError, DeliveryError};
use crate::support::secret::Secret;
use reqwest::{Client, Url};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);
const TRIES: u32 = 3;

/// The watch's address, which is a secret: whoever knows it can feign life.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    url: Secret,
    client: Client,
}

impl Heartbeat {
    /// HTTPS is required but to this machine.
    pub fn new(url: &Secret, client: Client) -> Result<Self, BuildError> {
        let invalid = |why: &str| BuildError::Invalid(format!("delivery.heartbeat: the address {why}"));
        let parsed = Url::parse(url.expose()).map_err(|_| invalid("is not a URL"))?;
        if !super::http::is_protected(&parsed) {
            return Err(invalid("does not start with https://"));
        }
        Ok(Self { url: url.clone(), client })
    }

    /// Calls the address, three times at most.
    pub async fn beat(&self) -> Result<(), DeliveryError> {
        let mut reason = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(500 << attempt)).await;
            }
            match self.client.get(self.url.expose()).timeout(TIMEOUT).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => reason = format!("the watch answered {}", answer.status().as_u16()),
                // The error's own words hold the address.
                Err(error) if error.is_timeout() => reason = "the watch did not answer in time".to_owned(),
                Err(_) => reason = "no connection to the watch".to_owned(),
            }
        }
        Err(DeliveryError::Temporary { reason, retry_after: None })
    }
}
