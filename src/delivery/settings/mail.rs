//! The section `[delivery.mail]`.

use super::oauth::{self, OauthConfig};
use crate::delivery::hello_name::is_hello;
use crate::delivery::unsubscribe;
use crate::settings::files::join;
use crate::settings::kinds::{list_of, mailbox, one_of, path, secret_ref, text, whole_number};
use crate::settings::reader::{At, Section};
use crate::settings::values::quoted;
use crate::settings::{ReadContext, SecretPlace};
use crate::support::secret::SecretRef;
use std::net::IpAddr;
use std::path::PathBuf;

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

impl MailConfig {
    /// The sender as configured, e.g. `Daybook <reports@example.com>`.
    pub fn from(&self) -> &str {
        match self {
            Self::Smtp { from, .. } | Self::Folder { from, .. } => from,
        }
    }
}

#[derive(Clone, Copy)]
enum MailKind {
    Smtp,
    Folder,
}

pub(super) fn read(mut section: Section<'_>, context: &ReadContext<'_>) -> (Option<MailConfig>, MailHeaders) {
    section.about("How mail leaves.");
    let kinds = [("smtp", MailKind::Smtp), ("folder", MailKind::Folder)];
    let headers = headers(&mut section, context);
    let Some(kind) =
        section.choice("kind", "\"smtp\" or \"folder\"", "How mail leaves: a server, or a folder to look at.", &kinds)
    else {
        return (None, headers);
    };
    let config = match kind.value {
        MailKind::Smtp => smtp(&mut section, context),
        MailKind::Folder => {
            let path = section.required(
                "path",
                "\"outgoing/mail\"",
                path().about("The folder that gets each mail as an .eml file, relative to data_dir."),
            );
            let from = section.required("from", "\"Daybook <reports@example.com>\"", mailbox().about("The sender."));
            path.zip(from)
                .map(|(path, from)| MailConfig::Folder { path: join(context.data_dir, &path.value), from: from.value })
        }
    };
    section.finish();
    (config, headers)
}

fn headers(section: &mut Section<'_>, context: &ReadContext<'_>) -> MailHeaders {
    let reply_to = section.optional("reply_to", mailbox().about("Where answers go.")).map(|at| at.value);
    let unsubscribe = section.optional(
        "unsubscribe",
        list_of(text()).about("mailto: addresses, or https:// addresses with {reader} that take a one-click POST."),
    );
    let has_key = section.has("unsubscribe_key");
    let key =
        section.optional("unsubscribe_key", secret_ref().about("What the readers' tokens for {reader} are made with."));
    if let Some(key) = &key {
        context.secrets.add(SecretPlace::new(section, key.line, "mail", &key.value));
    }
    for target in unsubscribe.iter().flat_map(|at| &at.value) {
        let line = unsubscribe.as_ref().map_or(section.line, |at| at.line);
        if let Some(fault) = unsubscribe::fault(target) {
            let message = format!("[delivery.mail]: unsubscribe: {} {fault}", quoted(target));
            let remedy = "write \"mailto:off@example.com?subject={reader}\", or \"https://…/{reader}\" that takes a one-click POST";
            section.problem(line, &message, remedy);
        } else if target.contains(unsubscribe::READER) && !has_key {
            let message = format!("[delivery.mail]: unsubscribe: {} needs a key for {{reader}}", quoted(target));
            section.problem(line, &message, "add unsubscribe_key = { env = \"DAYBOOK_UNSUBSCRIBE_KEY\" }");
        }
    }
    MailHeaders {
        reply_to,
        unsubscribe: unsubscribe.map(|at| at.value).unwrap_or_default(),
        unsubscribe_key: key.map(|at| at.value),
    }
}

fn smtp(section: &mut Section<'_>, context: &ReadContext<'_>) -> Option<MailConfig> {
    let securities = [
        ("implicit_tls", SmtpSecurity::ImplicitTls),
        ("start_tls", SmtpSecurity::StartTls),
        ("plain", SmtpSecurity::Plain),
    ];
    let host = section.required("host", "\"smtp.example.com\"", text().about("The server's name."));
    let port = section.required(
        "port",
        "465",
        whole_number(1, u64::from(u16::MAX)).about("465 for implicit_tls, 587 for start_tls."),
    );
    let security = section.required(
        "security",
        "\"implicit_tls\"",
        one_of(&securities).about("How the connection is protected; plain is for this machine only."),
    );
    let username = section.optional("username", text().about("The login, if the server wants one."));
    let has_password = section.has("password");
    let password = section.optional("password", secret_ref().about("The login's password."));
    let oauth = section.section("oauth").map(|section| (section.line, oauth::read(section, context)));
    let ca_file =
        section.optional("ca_file", path().about("Who vouches for a private server, in PEM; relative to config/."));
    let from = section.required("from", "\"Daybook <reports@example.com>\"", mailbox().about("The sender."));
    let hello = section.optional(
        "hello",
        text().about("The host name that EHLO names; without it the domain of from, or an address in brackets."),
    );
    let per_session = section.optional("per_session", whole_number(1, 1000).about("Mails on one connection."));
    let senders = section.optional(
        "senders",
        whole_number(1, 50)
            .about("Mails under way at once, each on a connection of its own; fewer where the server takes fewer."),
    );
    let timeout = section.optional(
        "timeout_secs",
        whole_number(5, 600).about("The longest wait for any answer; without it 5 minutes, and 10 after a mail."),
    );

    if let Some(password) = &password {
        context.secrets.add(SecretPlace::new(section, password.line, "mail", &password.value));
    }
    match (&username, has_password, &oauth) {
        (_, true, Some((line, _))) => {
            section.problem(*line, "[delivery.mail]: there are a password and oauth", "keep one of the two");
        }
        (None, false, Some((line, _))) => {
            let remedy = "add username = \"…\", the mailbox that mails are sent as";
            section.problem(*line, "[delivery.mail]: oauth needs a username", remedy);
        }
        (Some(username), false, None) => {
            let remedy = "add password = { env = \"DAYBOOK_SMTP_PASSWORD\" }, or remove the username";
            section.problem(username.line, "[delivery.mail]: a username needs a password", remedy);
        }
        (None, true, _) => {
            let line = password.as_ref().map_or(section.line, |password| password.line);
            section.problem(line, "[delivery.mail]: a password needs a username", "add username = \"…\"");
        }
        _ => {}
    }
    if let Some(wrong) = hello.as_ref().filter(|hello| !is_hello(&hello.value)) {
        let message = format!("[delivery.mail]: {} is no full host name", quoted(&wrong.value));
        section.problem(
            wrong.line,
            &message,
            "write a name such as \"daybook.example.com\", or an address such as \"[192.0.2.1]\"",
        );
    }
    if let (Some(host), Some(security)) = (&host, &security) {
        refuse_plain(section, host, security);
    }
    Some(MailConfig::Smtp {
        host: host?.value,
        port: u16::try_from(port?.value).ok()?,
        security: security?.value,
        username: username.map(|at| at.value),
        password: password.map(|at| at.value),
        oauth: match oauth {
            Some((_, oauth)) => Some(Box::new(oauth?)),
            None => None,
        },
        ca_file: ca_file.map(|at| at.value),
        from: from?.value,
        hello: hello.map(|at| at.value),
        per_session: per_session.and_then(|at| u32::try_from(at.value).ok()).unwrap_or(PER_SESSION),
        senders: senders.and_then(|at| u32::try_from(at.value).ok()).unwrap_or(SENDERS),
        timeout_secs: timeout.map(|at| at.value),
    })
}

fn refuse_plain(section: &Section<'_>, host: &At<String>, security: &At<SmtpSecurity>) {
    let is_loopback = host.value == "localhost" || host.value.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if security.value == SmtpSecurity::Plain && !is_loopback {
        let message = format!("[delivery.mail]: \"plain\" would send reports unprotected to {}", quoted(&host.value));
        section.problem(security.line, &message, "use \"implicit_tls\" (port 465) or \"start_tls\" (port 587)");
    }
}
