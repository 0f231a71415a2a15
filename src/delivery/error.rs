//! What the other side answered, and what to do about it.

use std::time::Duration;

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
    pub(super) fn with_reason(mut self, words: impl FnOnce(&str) -> String) -> Self {
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
    pub(super) fn with_limit(self, named: Option<u64>) -> Self {
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

/// A limit in bytes for people: `35.9 MB`, `60 kB`.
pub fn limit_text(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{} kB", bytes / 1000) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

pub(super) fn misconfigured(reason: &str) -> DeliveryError {
    DeliveryError::Misconfigured { reason: reason.to_owned() }
}

/// An answer of the other side, fit for a log line: one line, bounded.
pub(super) fn one_line(text: &str) -> String {
    crate::support::shown::cut_line(text, 300)
}
