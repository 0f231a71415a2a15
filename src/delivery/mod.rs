//! Messages out of the house: what goes where, and what the other side answered.

pub mod bounce;
pub mod config;
pub mod folder;
pub mod heartbeat;
pub mod note;
pub mod retry;
pub mod slack;
pub mod smtp;
pub mod unsubscribe;

use config::{DeliveryConfig, MailConfig, SlackDestination, UnknownPolicy};
use folder::Folder;
use heartbeat::Heartbeat;
use serde::{Deserialize, Serialize};
use slack::Webhook;
use slack::bot::Bot;
use smtp::Smtp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

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

/// The lane of mails.
pub const MAIL_LANE: &str = "mail";
/// The lane of files: the same file twice is one file.
pub const FILE_LANE: &str = "file";

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
    /// A file for a Slack channel; only a hook with a bot's token takes it.
    SlackFile {
        hook: String,
        file_name: String,
        title: String,
    },
    File {
        /// Relative to the folder for report files, e.g. `acme/daily-2026-11-20.pdf`.
        path: String,
    },
}

impl Route {
    /// The way out it shares with others, as the outbox names it: each Slack hook is one of its own.
    pub fn lane(&self) -> String {
        match self {
            Self::Mail { .. } => MAIL_LANE.to_owned(),
            Self::Slack { hook } | Self::SlackFile { hook, .. } => format!("slack:{hook}"),
            Self::File { .. } => FILE_LANE.to_owned(),
        }
    }

    /// For people: `mail to ceo@example.com`.
    pub fn text(&self) -> String {
        match self {
            Self::Mail { to, .. } => format!("mail to {to}"),
            Self::Slack { hook } => format!("Slack {hook}"),
            Self::SlackFile { hook, file_name, .. } => format!("Slack {hook}, {file_name}"),
            Self::File { path } => format!("file {path}"),
        }
    }
}

/// The other side took the message. Whether it reached anyone is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What was answered, e.g. `250 2.0.0 OK 1721900000`.
    pub response: String,
}

/// What the other side answered at one step, e.g. `RCPT TO` and `250 2.1.5 OK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub step: &'static str,
    pub text: String,
}

/// One try: how it ended and all that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryResult {
    pub result: Result<Accepted, DeliveryError>,
    /// In the order they came.
    pub replies: Vec<Reply>,
}

impl From<Result<Accepted, DeliveryError>> for DeliveryResult {
    fn from(result: Result<Accepted, DeliveryError>) -> Self {
        Self { result, replies: Vec::new() }
    }
}

/// A message was not accepted, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The same message may be accepted later.
    #[error("not accepted for now: {reason}")]
    Temporary { reason: String, retry_after: Option<Duration> },
    /// Nothing can go this way for now, so that other messages need not try.
    #[error("nothing can be handed over for now: {reason}")]
    Unavailable { reason: String, retry_after: Option<Duration> },
    /// This message will never be accepted.
    #[error("refused: {reason}")]
    Permanent { reason: String },
    /// The message was sent, and no answer came.
    #[error("it is not known whether it was accepted: {reason}")]
    Unknown { reason: String },
    /// No message can go this way until the configuration or the other side is changed.
    #[error("cannot be delivered as configured: {reason}")]
    Misconfigured { reason: String },
    /// The same for this place alone: others may be reached.
    #[error("cannot be delivered to this reader as configured: {reason}")]
    Barred { reason: String },
    /// The other side takes no message so large; `most_bytes` where it named its limit.
    #[error("too large: {reason}")]
    TooLarge { reason: String, most_bytes: Option<u64> },
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
            Self::Temporary { retry_after, .. } | Self::Unavailable { retry_after, .. } => {
                Disposition::Retry { after: *retry_after }
            }
            Self::Permanent { .. } | Self::TooLarge { .. } => Disposition::GiveUp,
            Self::Unknown { .. } => Disposition::AskOperator,
            Self::Misconfigured { .. } | Self::Barred { .. } => Disposition::TellOperator,
        }
    }

    /// The same error with its reason in other words.
    fn with_reason(mut self, words: impl FnOnce(&str) -> String) -> Self {
        let (Self::Temporary { reason, .. }
        | Self::Unavailable { reason, .. }
        | Self::Permanent { reason }
        | Self::Unknown { reason }
        | Self::Misconfigured { reason }
        | Self::Barred { reason }
        | Self::TooLarge { reason, .. }) = &mut self;
        *reason = words(reason);
        self
    }

    /// The same error with the limit that the other side named before.
    fn with_limit(self, named: Option<u64>) -> Self {
        match self {
            Self::TooLarge { reason, most_bytes } => Self::TooLarge { reason, most_bytes: most_bytes.or(named) },
            error => error,
        }
    }

    /// Whether the next message of the same way would fare no better.
    pub fn concerns_all(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Misconfigured { .. })
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
enum MailTransport {
    Smtp(Box<Smtp>),
    Folder(Folder),
}

#[derive(Debug)]
enum SlackTransport {
    Webhook(Webhook),
    Bot(Bot),
    Folder(Folder),
}

/// Every way out that is configured.
#[derive(Debug)]
pub struct Deliverers {
    mail: Option<MailTransport>,
    slack: BTreeMap<String, SlackTransport>,
    files: Folder,
    heartbeat: Option<Heartbeat>,
    pub policy: Policy,
    /// A request to stop: no message is begun after it, and one is given up where that leaves no doubt.
    pub stop: CancellationToken,
}

/// How a way out was found, without a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// What was done and answered.
    Well(String),
    LoginRefused(String),
    Failed(DeliveryError),
    /// It cannot be tried without a message: why, and what to do instead.
    Never(String, String),
}

/// What to do about trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A message that was not taken so long after it was written has failed.
    pub give_up_after: Duration,
    pub after_unknown: UnknownPolicy,
    /// Where the operator is notified, mails first.
    pub operator: Vec<Route>,
    /// Whose reports may leave; everybody's where absent. Those of a workspace that was taken out stay.
    pub workspaces: Option<BTreeSet<String>>,
}

impl DeliveryConfig {
    /// Reads the secrets and prepares the ways; connects to nothing. Secret files are relative to
    /// `config_dir`, folders to `data_dir`.
    pub fn build(&self, config_dir: &Path, data_dir: &Path) -> Result<Deliverers, BuildError> {
        let mail = match &self.mail {
            None => None,
            Some(MailConfig::Folder { path, .. }) => Some(MailTransport::Folder(Folder::new(data_dir.join(path)))),
            Some(smtp) => Some(MailTransport::Smtp(Box::new(Smtp::build(smtp, config_dir)?))),
        };
        let client = slack::client()?;
        let mut hooks = BTreeMap::new();
        for (name, hook) in &self.slack {
            let way = match hook {
                SlackDestination::Folder { path } => SlackTransport::Folder(Folder::new(data_dir.join(path))),
                SlackDestination::Webhook { url } => {
                    SlackTransport::Webhook(Webhook::new(name, &url.resolve(config_dir)?, client.clone())?)
                }
                SlackDestination::Bot { token, channel, api_url } => {
                    SlackTransport::Bot(Bot::new(name, token.resolve(config_dir)?, channel, api_url, client.clone())?)
                }
            };
            hooks.insert(name.clone(), way);
        }
        // What mails are made with is read again then; a key that is not there is reported now.
        if let Some(key) = &self.headers.unsubscribe_key {
            key.resolve(config_dir)?;
        }
        let heartbeat = match &self.heartbeat {
            Some(url) => Some(Heartbeat::new(&url.resolve(config_dir)?, client)?),
            None => None,
        };
        let files = Folder::new(data_dir.join(&self.files.path));
        Ok(Deliverers { mail, slack: hooks, files, heartbeat, policy: self.policy(), stop: CancellationToken::new() })
    }

    fn policy(&self) -> Policy {
        let from = self.mail.as_ref().map(|mail| mail.from().to_owned());
        let mails = self.operator.mail.iter().filter_map(|to| {
            let from = from.clone()?;
            Some(Route::Mail { from, to: to.clone() })
        });
        let hooks = self.operator.slack.iter().map(|hook| Route::Slack { hook: hook.clone() });
        Policy {
            give_up_after: Duration::from_secs(u64::from(self.give_up_after_hours) * 3600),
            after_unknown: self.after_unknown,
            operator: mails.chain(hooks).collect(),
            workspaces: None,
        }
    }
}

impl Deliverers {
    /// Hands one message over and waits for the answer.
    pub async fn deliver(&self, outgoing: &Outgoing) -> DeliveryResult {
        let Outgoing { message_id, route, payload } = outgoing;
        match route {
            Route::Mail { from, to } => match &self.mail {
                None => Err(misconfigured("no [delivery.mail] is configured")).into(),
                Some(MailTransport::Folder(folder)) => {
                    folder.write(&folder::file_name(message_id, "eml"), payload).await.into()
                }
                Some(MailTransport::Smtp(smtp)) => smtp.send(from, to, payload, &self.stop).await,
            },
            Route::Slack { hook } => match self.slack.get(hook) {
                None => Err(misconfigured(&format!("no Slack hook {hook:?} is configured"))).into(),
                Some(SlackTransport::Folder(folder)) => match slack::pretty(payload) {
                    Ok(pretty) => folder.write(&folder::file_name(message_id, "json"), &pretty).await.into(),
                    Err(error) => Err(error).into(),
                },
                Some(SlackTransport::Webhook(webhook)) => webhook.send(payload).await.into(),
                Some(SlackTransport::Bot(bot)) => bot.post(message_id, payload).await,
            },
            Route::SlackFile { hook, file_name, title } => match self.slack.get(hook) {
                Some(SlackTransport::Bot(bot)) => bot.upload(file_name, title, payload).await,
                Some(SlackTransport::Folder(folder)) => {
                    folder.write(&format!("{message_id}/{file_name}"), payload).await.into()
                }
                _ => Err(misconfigured(&format!("the Slack hook {hook:?} takes no files"))).into(),
            },
            Route::File { path } => self.files.write(path, payload).await.into(),
        }
    }

    /// The same, but ending with `stop`.
    pub fn until(self, stop: CancellationToken) -> Self {
        Self { stop, ..self }
    }

    /// Messages that may leave through a lane at once. A Slack channel takes one a second, and a folder is quick.
    pub fn senders(&self, lane: &str) -> u32 {
        match &self.mail {
            Some(MailTransport::Smtp(smtp)) if lane == MAIL_LANE => smtp.senders(),
            _ => 1,
        }
    }

    /// Closes what was kept open for a next message.
    pub async fn rest(&self) {
        if let Some(MailTransport::Smtp(smtp)) = &self.mail {
            smtp.rest().await;
        }
    }

    /// Tries each way up to where a message would begin; `mail`, `Slack <hook>`, `heartbeat`. Nobody
    /// is notified.
    pub async fn try_ways(&self) -> Vec<(String, ProbeResult)> {
        let mut tried = Vec::new();
        if let Some(MailTransport::Smtp(smtp)) = &self.mail {
            tried.push(("mail".to_owned(), smtp.try_out().await));
        }
        for (name, way) in &self.slack {
            let found = match way {
                SlackTransport::Folder(_) => continue,
                SlackTransport::Bot(bot) => bot.try_out().await,
                SlackTransport::Webhook(_) => ProbeResult::Never(
                    "an incoming webhook cannot be tried without a message in its channel".to_owned(),
                    format!("post one: daybook send-test --slack {name}"),
                ),
            };
            tried.push((format!("Slack {name}"), found));
        }
        if self.heartbeat.is_some() {
            let why = "to call it would tell the watch that all is well".to_owned();
            tried.push((
                "heartbeat".to_owned(),
                ProbeResult::Never(why, "look at the watch after the next report".to_owned()),
            ));
        }
        tried
    }

    /// Notifies the outside watch that all is well, if one is configured.
    pub async fn beat(&self) -> Option<Result<(), DeliveryError>> {
        match &self.heartbeat {
            Some(heartbeat) => Some(heartbeat.beat().await),
            None => None,
        }
    }
}

/// A limit in bytes for people: `35.9 MB`, `60 kB`.
pub fn limit_text(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{} kB", bytes / 1000) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

fn misconfigured(reason: &str) -> DeliveryError {
    DeliveryError::Misconfigured { reason: reason.to_owned() }
}

/// An answer of the other side, fit for a log line: one line, bounded.
fn one_line(text: &str) -> String {
    crate::support::shown::cut_line(text, 300)
}

#[cfg(test)]
mod tests;
