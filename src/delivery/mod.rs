//! Messages out of the house: what goes where, and what the other side answered.

pub mod config;
pub mod folder;
pub mod slack;
pub mod smtp;

use config::{DeliveryConfig, MailConfig, SlackHook};
use folder::Folder;
use serde::{Deserialize, Serialize};
use slack::Webhook;
use smtp::Smtp;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// A message as it lies in the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Stable over retries; also names files of folder deliverers.
    pub message_id: String,
    pub route: Route,
    /// A whole mail, a Slack message as JSON, or the bytes of a file.
    pub payload: Vec<u8>,
}

/// Payloads hold a company's figures, so only their length is printed.
impl fmt::Debug for Outgoing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Outgoing")
            .field("message_id", &self.message_id)
            .field("route", &self.route)
            .field("payload_bytes", &self.payload.len())
            .finish()
    }
}

/// Where a message goes. Never holds a secret: hooks are named, not spelt out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Route {
    Mail {
        from: String,
        to: String,
    },
    Slack {
        /// The name of a configured hook.
        hook: String,
    },
    File {
        /// Relative to the folder for report files, e.g. `acme/daily-2026-11-20.pdf`.
        path: String,
    },
}

/// The other side took the message. Whether it reached anyone is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What was answered, e.g. `250 2.0.0 OK 1721900000`.
    pub response: String,
}

/// A message was not accepted, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The same message may be accepted later.
    #[error("not accepted for now: {reason}")]
    Temporary { reason: String, retry_after: Option<Duration> },
    /// This message will never be accepted.
    #[error("refused: {reason}")]
    Permanent { reason: String },
    /// The message was sent, and no answer came.
    #[error("it is not known whether it was accepted: {reason}")]
    Unknown { reason: String },
    /// No message can go this way until the configuration or the other side is changed.
    #[error("cannot be delivered as configured: {reason}")]
    Misconfigured { reason: String },
}

/// What to do about a [`DeliveryError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Try again, not before the delay if there is one.
    Retry { after: Option<Duration> },
    /// Record the refusal; another try is useless.
    GiveUp,
    /// A second copy may result from another try, so a person or the configured policy decides.
    AskOperator,
    /// Keep the message and say what must be put right.
    TellOperator,
}

impl DeliveryError {
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Temporary { retry_after, .. } => Disposition::Retry { after: *retry_after },
            Self::Permanent { .. } => Disposition::GiveUp,
            Self::Unknown { .. } => Disposition::AskOperator,
            Self::Misconfigured { .. } => Disposition::TellOperator,
        }
    }
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Secret(#[from] crate::support::secret::SecretError),
    #[error("{0}")]
    Invalid(String),
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

#[derive(Debug)]
enum MailWay {
    Smtp(Smtp),
    Folder(Folder),
}

#[derive(Debug)]
enum SlackWay {
    Webhook(Webhook),
    Folder(Folder),
}

/// Every way out that is configured.
#[derive(Debug)]
pub struct Deliverers {
    mail: Option<MailWay>,
    slack: BTreeMap<String, SlackWay>,
    files: Folder,
}

impl DeliveryConfig {
    /// Reads the secrets and prepares the ways; connects to nothing. Secret files are relative to
    /// `config_dir`, folders to `data_dir`.
    pub fn build(&self, config_dir: &Path, data_dir: &Path) -> Result<Deliverers, BuildError> {
        if let Some(problem) = self.validate().into_iter().next() {
            return Err(BuildError::Invalid(problem));
        }
        let mail = match &self.mail {
            None => None,
            Some(MailConfig::Folder { path, .. }) => Some(MailWay::Folder(Folder::new(data_dir.join(path)))),
            Some(smtp) => Some(MailWay::Smtp(Smtp::build(smtp, config_dir)?)),
        };
        let client = slack::client()?;
        let mut hooks = BTreeMap::new();
        for (name, hook) in &self.slack {
            let way = match hook {
                SlackHook::Folder { path } => SlackWay::Folder(Folder::new(data_dir.join(path))),
                SlackHook::Webhook { url } => {
                    SlackWay::Webhook(Webhook::new(name, &url.resolve(config_dir)?, client.clone())?)
                }
            };
            hooks.insert(name.clone(), way);
        }
        Ok(Deliverers { mail, slack: hooks, files: Folder::new(data_dir.join(&self.files.path)) })
    }
}

impl Deliverers {
    /// Hands one message over and waits for the answer.
    pub async fn deliver(&self, outgoing: &Outgoing) -> Result<Accepted, DeliveryError> {
        let Outgoing { message_id, route, payload } = outgoing;
        match route {
            Route::Mail { from, to } => match &self.mail {
                None => Err(misconfigured("no [delivery.mail] is configured")),
                Some(MailWay::Folder(folder)) => folder.write(&folder::file_name(message_id, "eml"), payload).await,
                Some(MailWay::Smtp(smtp)) => smtp.send(from, to, payload).await,
            },
            Route::Slack { hook } => match self.slack.get(hook) {
                None => Err(misconfigured(&format!("no Slack hook {hook:?} is configured"))),
                Some(SlackWay::Folder(folder)) => {
                    let pretty = slack::pretty(payload)?;
                    folder.write(&folder::file_name(message_id, "json"), &pretty).await
                }
                Some(SlackWay::Webhook(webhook)) => webhook.send(payload).await,
            },
            Route::File { path } => self.files.write(path, payload).await,
        }
    }
}

fn misconfigured(reason: &str) -> DeliveryError {
    DeliveryError::Misconfigured { reason: reason.to_owned() }
}

/// An answer of the other side, fit for a log line: one line, bounded.
fn one_line(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests;
