//! The sections `[delivery.*]` of `daybook.toml`: mail, Slack hooks and the report folder.

use super::Gathered;
use super::daemon::join;
use super::reader::{At, Section};
use super::secrets::SecretPlace;
use super::values::{mailbox, one_of, path, quoted, secret_ref, text, whole_number};
use crate::delivery::config::{DeliveryConfig, FilesConfig, MailConfig, SlackHook, SmtpSecurity};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

/// Seconds that a mail server may take, if the section does not say.
const DEFAULT_TIMEOUT_SECS: u64 = 60;

#[derive(Clone, Copy)]
enum MailKind {
    Smtp,
    Folder,
}

#[derive(Clone, Copy)]
enum HookKind {
    Webhook,
    Folder,
}

/// Reads the section; folders become absolute, below `data_dir`.
pub(super) fn read(section: Option<Section<'_>>, data_dir: &Path, gathered: &Gathered) -> DeliveryConfig {
    let mut config = DeliveryConfig { mail: None, slack: BTreeMap::new(), files: FilesConfig::default() };
    if let Some(mut section) = section {
        config.mail = section.section("mail").and_then(|section| mail(section, data_dir, gathered));
        for (name, section) in section.named_sections("slack") {
            if !super::values::is_id(&name.value) {
                let message = format!("{} is not a name for a hook", quoted(&name.value));
                section.problem(name.line, &message, "use lower-case letters, digits and _, beginning with a letter");
            }
            if let Some(hook) = slack(section, &name.value, data_dir, gathered) {
                config.slack.insert(name.value, hook);
            }
        }
        if let Some(mut files) = section.section("files") {
            if let Some(path) = files.required("path", "\"reports\"", path) {
                config.files.path = path.value;
            }
            files.finish();
        }
        section.finish();
    }
    config.files.path = join(data_dir, &config.files.path);
    config
}

fn mail(mut section: Section<'_>, data_dir: &Path, gathered: &Gathered) -> Option<MailConfig> {
    let kinds = [("smtp", MailKind::Smtp), ("folder", MailKind::Folder)];
    let config = match section.required("kind", "\"smtp\" or \"folder\"", one_of(&kinds))?.value {
        MailKind::Smtp => smtp(&mut section, gathered),
        MailKind::Folder => {
            let path = section.required("path", "\"outgoing/mail\"", path);
            let from = section.required("from", "\"Daybook <reports@example.com>\"", mailbox);
            path.zip(from)
                .map(|(path, from)| MailConfig::Folder { path: join(data_dir, &path.value), from: from.value })
        }
    };
    section.finish();
    config
}

fn smtp(section: &mut Section<'_>, gathered: &Gathered) -> Option<MailConfig> {
    let securities = [
        ("implicit_tls", SmtpSecurity::ImplicitTls),
        ("start_tls", SmtpSecurity::StartTls),
        ("plain", SmtpSecurity::Plain),
    ];
    let host = section.required("host", "\"smtp.example.com\"", text);
    let port = section.required("port", "465", whole_number(1, u64::from(u16::MAX)));
    let security = section.required("security", "\"implicit_tls\"", one_of(&securities));
    let username = section.optional("username", text);
    let has_password = section.has("password");
    let password = section.optional("password", secret_ref);
    let from = section.required("from", "\"Daybook <reports@example.com>\"", mailbox);
    let timeout = section.optional("timeout_secs", whole_number(1, 3600));

    if let Some(password) = &password {
        gathered.secret(SecretPlace::new(section, password.line, "mail", &password.value));
    }
    match (&username, has_password) {
        (Some(username), false) => {
            let remedy = "add password = { env = \"DAYBOOK_SMTP_PASSWORD\" }, or remove the username";
            section.problem(username.line, "[delivery.mail]: a username needs a password", remedy);
        }
        (None, true) => {
            let line = password.as_ref().map_or(section.line, |password| password.line);
            section.problem(line, "[delivery.mail]: a password needs a username", "add username = \"…\"");
        }
        _ => {}
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
        from: from?.value,
        timeout_secs: timeout.map_or(DEFAULT_TIMEOUT_SECS, |at| at.value),
    })
}

fn refuse_plain(section: &Section<'_>, host: &At<String>, security: &At<SmtpSecurity>) {
    let is_loopback = host.value == "localhost" || host.value.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if security.value == SmtpSecurity::Plain && !is_loopback {
        let message = format!("[delivery.mail]: \"plain\" would send reports unprotected to {}", quoted(&host.value));
        section.problem(security.line, &message, "use \"implicit_tls\" (port 465) or \"start_tls\" (port 587)");
    }
}

fn slack(mut section: Section<'_>, name: &str, data_dir: &Path, gathered: &Gathered) -> Option<SlackHook> {
    let kinds = [("webhook", HookKind::Webhook), ("folder", HookKind::Folder)];
    let hook = match section.required("kind", "\"webhook\" or \"folder\"", one_of(&kinds))?.value {
        HookKind::Webhook => section.required("url", "{ env = \"DAYBOOK_SLACK_MARKETING\" }", secret_ref).map(|url| {
            gathered.secret(SecretPlace::new(&section, url.line, &format!("the Slack hook {name}"), &url.value));
            SlackHook::Webhook { url: url.value }
        }),
        HookKind::Folder => section
            .required("path", "\"outgoing/slack\"", path)
            .map(|path| SlackHook::Folder { path: join(data_dir, &path.value) }),
    };
    section.finish();
    hook
}
