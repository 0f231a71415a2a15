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
    #[serde(default)]
    pub operator: OperatorConfig,
    /// Called after a report's messages were all taken; the URL is itself the secret.
    pub heartbeat: Option<SecretRef>,
    /// Hours after which a message that nobody took has failed.
    #[serde(default = "default_give_up_hours")]
    pub give_up_after_hours: u32,
    #[serde(default)]
    pub after_unknown: UnknownPolicy,
    #[serde(default)]
    pub headers: MailHeaders,
}

/// Who hears of messages that did not go out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperatorConfig {
    /// Addresses.
    pub mail: Vec<String>,
    /// Names of hooks.
    pub slack: Vec<String>,
}

/// What becomes of a message of which nobody knows whether it went out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPolicy {
    /// The operator decides.
    #[default]
    Ask,
    /// It is sent once more: a reader may get it twice, with one Message-ID.
    Resend,
}

/// What every mail says besides the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailHeaders {
    pub reply_to: Option<String>,
    /// `mailto:` addresses and `https:` URLs for List-Unsubscribe. A URL must take a one-click POST
    /// (RFC 8058).
    pub unsubscribe: Vec<String>,
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
        /// Certificates in PEM that vouch for the server instead of the system's, relative to the config
        /// folder.
        ca_file: Option<PathBuf>,
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
    /// An app's token: takes files too.
    Bot {
        token: SecretRef,
        /// The channel's id, e.g. `C0123456789`; the app must be a member.
        channel: String,
        #[serde(default = "default_slack_api")]
        api_url: String,
    },
    /// Each message becomes a `.json` file.
    Folder { path: PathBuf },
}

/// Where Slack's Web API is.
pub const SLACK_API: &str = "https://slack.com/api";

fn default_slack_api() -> String {
    SLACK_API.to_owned()
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

/// Two days: what mail servers try among themselves.
pub const GIVE_UP_HOURS: u32 = 48;

fn default_give_up_hours() -> u32 {
    GIVE_UP_HOURS
}

impl DeliveryConfig {
    /// What is wrong, each named by its key; empty when all is well. Reads no secret.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = self.mail.as_ref().map(MailConfig::validate).unwrap_or_default();
        for (name, hook) in &self.slack {
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
            {
                problems.push(format!("delivery.slack.{name:?}: use letters, digits, _ and - for the name of a hook"));
            }
            match hook {
                SlackHook::Folder { path } => {
                    problems.extend(folder_problem(&format!("delivery.slack.{name}.path"), path));
                }
                SlackHook::Bot { channel, .. } if !is_channel_id(channel) => {
                    problems.push(format!("delivery.slack.{name}.channel: not a channel's id such as C0123456789"));
                }
                _ => {}
            }
        }
        if let Some(hook) = self.operator.slack.iter().find(|hook| !self.slack.contains_key(*hook)) {
            problems.push(format!("delivery.operator.slack: there is no hook {hook:?}"));
        }
        if !self.operator.mail.is_empty() && self.mail.is_none() {
            problems.push("delivery.operator.mail: no [delivery.mail] is configured".to_owned());
        }
        if self.give_up_after_hours == 0 {
            problems.push("delivery.give_up_after_hours: must not be 0".to_owned());
        }
        for target in &self.headers.unsubscribe {
            if !is_unsubscribe(target) {
                problems.push("delivery.mail.unsubscribe: not a mailto: address or https: URL".to_owned());
            }
        }
        problems.extend(folder_problem("delivery.files.path", &self.files.path));
        problems
    }
}

impl MailConfig {
    /// The sender as configured, e.g. `Daybook <reports@example.com>`.
    pub fn from(&self) -> &str {
        match self {
            Self::Smtp { from, .. } | Self::Folder { from, .. } => from,
        }
    }

    fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.from().parse::<lettre::message::Mailbox>().is_err() {
            problems.push("delivery.mail.from: not an address such as \"Daybook <reports@example.com>\"".to_owned());
        }
        match self {
            Self::Folder { path, .. } => problems.extend(folder_problem("delivery.mail.path", path)),
            Self::Smtp { host, port, security, username, password, timeout_secs, .. } => {
                if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@') {
                    problems.push("delivery.mail.host: not a host name".to_owned());
                }
                if *port == 0 {
                    problems.push("delivery.mail.port: must not be 0".to_owned());
                }
                if *security == SmtpSecurity::Plain && !is_loopback(host) {
                    problems.push("delivery.mail.security: \"plain\" is for this machine only, use \"start_tls\" or \"implicit_tls\"".to_owned());
                }
                if username.is_some() != password.is_some() {
                    problems.push("delivery.mail: username and password belong together".to_owned());
                }
                if !(5..=900).contains(timeout_secs) {
                    problems.push("delivery.mail.timeout_secs: must be from 5 to 900".to_owned());
                }
            }
        }
        problems
    }
}

fn folder_problem(key: &str, path: &std::path::Path) -> Option<String> {
    path.as_os_str().is_empty().then(|| format!("{key}: must not be empty"))
}

/// Slack's ids of channels: letters and digits after C (public), G (private) or D (direct).
pub fn is_channel_id(text: &str) -> bool {
    (9..=20).contains(&text.len())
        && text.starts_with(['C', 'G', 'D'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether a target fits between the angle brackets of List-Unsubscribe.
pub fn is_unsubscribe(target: &str) -> bool {
    (target.starts_with("mailto:") || target.starts_with("https://"))
        && target.len() <= 900
        && target.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,".contains(&byte))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        toml::from_str::<DeliveryConfig>(text).expect("a section").validate()
    }

    #[test]
    fn mail_without_protection_stays_on_this_machine() {
        let text = |host: &str| {
            format!(
                "[mail]\nkind = \"smtp\"\nhost = \"{host}\"\nport = 25\nsecurity = \"plain\"\nfrom = \"a@example.com\""
            )
        };
        assert_eq!(problems(&text("127.0.0.1")), Vec::<String>::new());
        assert!(problems(&text("mail.example.com"))[0].starts_with("delivery.mail.security"));
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let text = "[mail]\nkind = \"smtp\"\nhost = \"\"\nport = 0\nsecurity = \"start_tls\"\nfrom = \"nobody\"\n\
                    username = \"x\"\ntimeout_secs = 0\n[slack.\"a b\"]\nkind = \"folder\"\npath = \"\"";
        assert_eq!(problems(text).len(), 7, "{:?}", problems(text));
    }
}
