//! Where messages go: the sections `[delivery.*]` of `daybook.toml`.

use crate::support::secret::SecretRef;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The section `[delivery]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryConfig {
    pub mail: Option<MailConfig>,
    /// Named hooks, one a Slack channel.
    #[serde(default)]
    pub slack: BTreeMap<String, SlackHook>,
    #[serde(default)]
    pub files: FilesConfig,
}

/// How mail leaves.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MailConfig {
    Smtp {
        host: String,
        port: u16,
        security: SmtpSecurity,
        username: Option<String>,
        password: Option<SecretRef>,
        /// e.g. `Daybook <reports@example.com>`.
        from: String,
        #[serde(default = "default_timeout_secs")]
        timeout_secs: u64,
    },
    /// Each mail becomes an `.eml` file; for local work and the demo.
    Folder { path: PathBuf, from: String },
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// TLS from the first byte, port 465.
    ImplicitTls,
    /// Plain, then STARTTLS, which must succeed, port 587.
    StartTls,
    /// No protection: accepted to loopback only.
    Plain,
}

/// A Slack channel's incoming webhook.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SlackHook {
    /// The URL is itself the secret.
    Webhook { url: SecretRef },
    /// Each message becomes a `.json` file.
    Folder { path: PathBuf },
}

/// The folder for report files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    /// Relative to the data folder.
    pub path: PathBuf,
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self { path: PathBuf::from("reports") }
    }
}

fn default_timeout_secs() -> u64 {
    60
}
