//! What can go wrong with a vendor, as a caller would decide on it.

use serde::Serialize;
use std::time::Duration;

/// An error of a fetch. Messages hold no secrets and no raw bodies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectorError {
    /// The vendor does not accept the credentials or rights.
    #[error("{note}")]
    Unauthorized { note: String },
    /// Asked too much; the vendor's patience outlasted ours.
    #[error("the vendor asks to wait{} ({note})", .wait.map(|wait| format!(" for {}", span(wait))).unwrap_or_default())]
    RateLimited { wait: Option<Duration>, note: String },
    /// The day's allowance is used up.
    #[error("{note}")]
    QuotaSpent { note: String },
    /// No answer, or a failure on the vendor's side.
    #[error("{note}")]
    Unavailable { note: String },
    /// The vendor was not reached at all.
    #[error("{note}")]
    Unreachable { obstacle: ConnectionError, note: String },
    /// An answer that is not what the vendor documents.
    #[error("{note}")]
    UnexpectedPayload { note: String },
    /// More was asked for at once than the vendor gives: less has to be asked for.
    #[error("{note}")]
    Cut { less: Less, note: String },
    /// The vendor refuses the request itself.
    #[error("the vendor refuses the request (HTTP {status}): {note}")]
    Rejected { status: u16, note: String },
    /// The settings or the connector's own description are wrong.
    #[error("{note}")]
    Configuration { note: String },
    /// Room on the disk, memory or file handles ran short, which others give back.
    #[error("{note}")]
    RanShort { note: String },
    /// The landing folder cannot be written or read.
    #[error("landing: {note}")]
    Landing { note: String },
}

/// What to ask less of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Less {
    /// Records in a page.
    Page,
    /// Days, or whatever else cuts a query into several.
    Window,
}

/// What stood in the way of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionError {
    /// No address is known for the name.
    Name,
    /// The host is there, and nothing listens at the port.
    Refused,
    /// TLS failed: mostly the certificate.
    Tls,
    /// Nobody answered in time.
    Silence,
    /// Anything else between here and there.
    Network,
}

/// `8 h 33 min`, `2 min`, `40 s`.
fn span(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The same call may succeed soon.
    Retry,
    /// Not today.
    RetryTomorrow,
    /// A person has to act.
    TellOperator,
}

impl ConnectorError {
    /// What a caller should do about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::Unreachable { .. }
            | Self::RanShort { .. }
            | Self::Landing { .. } => Disposition::Retry,
            Self::QuotaSpent { .. } => Disposition::RetryTomorrow,
            Self::Unauthorized { .. }
            | Self::UnexpectedPayload { .. }
            | Self::Cut { .. }
            | Self::Rejected { .. }
            | Self::Configuration { .. } => Disposition::TellOperator,
        }
    }
}
