//! Where messages go, as the configuration reads it: `config::delivery` says what may stand there.

use crate::support::secret::SecretRef;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The section `[delivery]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryConfig {
    pub mail: Option<MailConfig>,
    /// Named hooks, one a Slack channel.
    pub slack: BTreeMap<String, SlackDestination>,
    pub files: FilesConfig,
    pub operator: OperatorConfig,
    /// Called after a report's messages were all taken; the URL is itself the secret.
    pub heartbeat: Option<SecretRef>,
    /// Hours after which a message that nobody took has failed.
    pub give_up_after_hours: u32,
    pub after_unknown: UnknownPolicy,
    /// Whether reports may leave this machine without a release by hand.
    pub confirmed: bool,
    pub headers: MailHeaders,
}

impl DeliveryConfig {
    /// Folders that reports and messages are written to.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mail = self.mail.iter().filter_map(|mail| match mail {
            MailConfig::Folder { path, .. } => Some(path),
            MailConfig::Smtp { .. } => None,
        });
        let slack = self.slack.values().filter_map(|hook| match hook {
            SlackDestination::Folder { path } => Some(path),
            SlackDestination::Webhook { .. } | SlackDestination::Bot { .. } => None,
        });
        std::iter::once(&self.files.path).chain(mail).chain(slack).cloned().collect()
    }
}

/// Who is notified of messages that did not go out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorConfig {
    /// Addresses.
    pub mail: Vec<String>,
    /// Names of hooks.
    pub slack: Vec<String>,
}

/// What becomes of a message of which nobody knows whether it went out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownPolicy {
    /// The operator decides.
    #[default]
    Ask,
    /// It is sent once more: a reader may get it twice, with one Message-ID.
    Resend,
}

/// What every mail says besides the report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailHeaders {
    pub reply_to: Option<String>,
    /// `mailto:` addresses and `https:` URLs for List-Unsubscribe, with `{reader}` where the reader's token
    /// goes. A URL must take a one-click POST (RFC 8058).
    pub unsubscribe: Vec<String>,
    /// What tokens of readers are made with.
    pub unsubscribe_key: Option<SecretRef>,
}

/// How mail leaves.
#[derive(Clone, Debug, PartialEq)]
pub enum MailConfig {
    Smtp {
        host: String,
        port: u16,
        security: SmtpSecurity,
        username: Option<String>,
        password: Option<SecretRef>,
        /// Tokens instead of a password.
        oauth: Option<Box<OauthConfig>>,
        /// Certificates in PEM that vouch for the server instead of the system's, relative to the config
        /// folder.
        ca_file: Option<PathBuf>,
        /// e.g. `Daybook <reports@example.com>`.
        from: String,
        /// What EHLO names, instead of the domain of `from`.
        hello: Option<String>,
        /// Mails on one connection.
        per_session: u32,
        /// Mails under way at once, each on a connection of its own.
        senders: u32,
        /// Bounds the wait for each answer; none: what RFC 5321 asks for.
        timeout_secs: Option<u64>,
    },
    /// Each mail becomes an `.eml` file; for local work and the demo.
    Folder { path: PathBuf, from: String },
}

/// Where access tokens for the mail server come from.
#[derive(Clone, Debug, PartialEq)]
pub enum OauthConfig {
    Microsoft {
        /// The tenant's id or domain.
        tenant: String,
        client_id: String,
        grant: MicrosoftGrant,
        /// Where national clouds sign in.
        login_url: String,
    },
    Google {
        client_id: String,
        client_secret: SecretRef,
        refresh_token: SecretRef,
        token_url: String,
    },
    /// A service account that may write as the mailbox (domain-wide delegation).
    GoogleServiceAccount {
        /// The JSON file that Google gave.
        key: SecretRef,
        token_url: String,
    },
    /// Any other endpoint of RFC 6749, section 6.
    RefreshToken {
        token_url: String,
        client_id: String,
        client_secret: Option<SecretRef>,
        refresh_token: SecretRef,
        scope: Option<String>,
    },
}

/// How an app at Microsoft proves itself: by itself, or for a person who signed in.
#[derive(Clone, Debug, PartialEq)]
pub enum MicrosoftGrant {
    ClientSecret(SecretRef),
    RefreshToken(SecretRef),
}

/// Where Microsoft signs in.
pub const MICROSOFT_LOGIN: &str = "https://login.microsoftonline.com";
/// Where Google gives tokens.
pub const GOOGLE_TOKENS: &str = "https://oauth2.googleapis.com/token";

impl OauthConfig {
    pub fn token_url(&self) -> String {
        match self {
            Self::Microsoft { tenant, login_url, .. } => {
                format!("{}/{tenant}/oauth2/v2.0/token", login_url.trim_end_matches('/'))
            }
            Self::Google { token_url, .. }
            | Self::GoogleServiceAccount { token_url, .. }
            | Self::RefreshToken { token_url, .. } => token_url.clone(),
        }
    }
}

/// Mails on one connection, if the section does not say.
pub const PER_SESSION: u32 = 20;
/// Mails under way at once, if the section does not say: as many connections as Microsoft grants a mailbox
/// (<https://aka.ms/concurrent_sending>); Gmail grants more.
pub const SENDERS: u32 = 3;

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte, port 465.
    ImplicitTls,
    /// Plain, then STARTTLS, which must succeed, port 587.
    StartTls,
    /// No protection: accepted to loopback only.
    Plain,
}

/// A Slack channel's incoming webhook.
#[derive(Clone, Debug, PartialEq)]
pub enum SlackDestination {
    /// The URL is itself the secret.
    Webhook { url: SecretRef },
    /// An app's token: takes files too.
    Bot {
        token: SecretRef,
        /// The channel's id, e.g. `C0123456789`; the app must be a member.
        channel: String,
        api_url: String,
    },
    /// Each message becomes a `.json` file.
    Folder { path: PathBuf },
}

/// Where Slack's Web API is.
pub const SLACK_API: &str = "https://slack.com/api";

/// The folder for report files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesConfig {
    /// Relative to the data folder.
    pub path: PathBuf,
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self { path: PathBuf::from("reports") }
    }
}

/// Two days: what mail servers try among themselves.
pub const GIVE_UP_HOURS: u32 = 48;

/// No way out but the folder for report files.
impl Default for DeliveryConfig {
    fn default() -> Self {
        Self {
            mail: None,
            slack: BTreeMap::new(),
            files: FilesConfig::default(),
            operator: OperatorConfig::default(),
            heartbeat: None,
            give_up_after_hours: GIVE_UP_HOURS,
            after_unknown: UnknownPolicy::default(),
            confirmed: false,
            headers: MailHeaders::default(),
        }
    }
}

impl MailConfig {
    /// The sender as configured, e.g. `Daybook <reports@example.com>`.
    pub fn from(&self) -> &str {
        match self {
            Self::Smtp { from, .. } | Self::Folder { from, .. } => from,
        }
    }
}

/// Slack's ids of channels: letters and digits after C (public), G (private) or D (direct).
pub fn is_channel_id(text: &str) -> bool {
    (9..=20).contains(&text.len())
        && text.starts_with(['C', 'G', 'D'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
