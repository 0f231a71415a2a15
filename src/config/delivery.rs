//! The sections `[delivery.*]` of `daybook.toml`: mail, Slack hooks and the report folder.

mod oauth;

use super::Gathered;
use super::daemon::join;
use super::secrets::SecretPlace;
use crate::delivery::config::{
    DeliveryConfig, GIVE_UP_HOURS, MailConfig, MailHeaders, OperatorConfig, PER_SESSION, SENDERS, SLACK_API,
    SlackDestination, SmtpSecurity, UnknownPolicy, is_channel_id,
};
use crate::delivery::smtp::is_hello;
use crate::delivery::unsubscribe;
use crate::settings::Names;
use crate::settings::check_known;
use crate::settings::kinds::{
    boolean, id, list_of, mail_address, mailbox, one_of, path, secret_ref, text, whole_number,
};
use crate::settings::reader::{At, Section};
use crate::settings::values::quoted;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

#[derive(Clone, Copy)]
enum MailKind {
    Smtp,
    Folder,
}

#[derive(Clone, Copy)]
enum HookKind {
    Webhook,
    Bot,
    Folder,
}

/// Reads the section; folders become absolute, below `data_dir`.
pub(super) fn read(section: Option<Section<'_>>, data_dir: &Path, gathered: &Gathered) -> DeliveryConfig {
    let mut config = DeliveryConfig::default();
    if let Some(mut section) = section {
        section.about("How messages leave.");
        policy(&mut section, &mut config, gathered);
        // What is there but wrong has been reported already.
        let (has_mail, mut hooks) = (section.has("mail"), BTreeSet::new());
        if let Some((mail, headers)) = section.section("mail").map(|section| mail(section, data_dir, gathered)) {
            (config.mail, config.headers) = (mail, headers);
        }
        for (name, section) in section.named_sections(
            "slack",
            "Slack channels, under names that recipients refer to.",
            &Names::Ids("a name for a hook"),
        ) {
            hooks.insert(name.value.clone());
            if let Some(hook) = slack(section, &name.value, data_dir, gathered) {
                config.slack.insert(name.value, hook);
            }
        }
        if let Some(section) = section.section("operator") {
            config.operator = operator(section, has_mail, &hooks);
        }
        if let Some(mut files) = section.section("files") {
            files.about("The folder that report files are copied to.");
            if let Some(path) = files.required("path", "\"reports\"", path().about("Relative to data_dir.")) {
                config.files.path = path.value;
            }
            files.finish();
        }
        section.finish();
    }
    config.files.path = join(data_dir, &config.files.path);
    config
}

/// What stands in `[delivery]` itself.
fn policy(section: &mut Section<'_>, config: &mut DeliveryConfig, gathered: &Gathered) {
    if let Some(confirmed) = section.optional(
        "confirmed",
        boolean()
            .about("Let reports leave this machine; else the first ones are held until `daybook deliveries release`."),
    ) {
        config.confirmed = confirmed.value;
    }
    let policies = [("ask", UnknownPolicy::Ask), ("resend", UnknownPolicy::Resend)];
    if let Some(policy) = section.optional(
        "after_unknown",
        one_of(&policies).about("When nobody knows whether a message went out: ask you, or resend once."),
    ) {
        config.after_unknown = policy.value;
    }
    if let Some(hours) = section.optional(
        "give_up_after_hours",
        whole_number(1, 24 * 14).about("A message that nobody took by then has failed."),
    ) {
        config.give_up_after_hours = u32::try_from(hours.value).unwrap_or(GIVE_UP_HOURS);
    }
    config.heartbeat = section
        .optional(
            "heartbeat",
            secret_ref().about("An address called after a report's messages were all taken, for a watch outside."),
        )
        .map(|at| {
            gathered.secret(SecretPlace::new(section, at.line, "the heartbeat's address", &at.value));
            at.value
        });
}

/// Who is notified of trouble. One channel alone is better than none, but could be the one in trouble.
fn operator(mut section: Section<'_>, has_mail: bool, hooks: &BTreeSet<String>) -> OperatorConfig {
    section.about("Who is told when a message fails. The channel that is not in trouble itself is used.");
    let mail = section.optional("mail", list_of(mail_address()).about("Addresses."));
    let slack = section.optional("slack", list_of(id()).about("Names of hooks under [delivery.slack]."));
    if let Some(mail) = mail.as_ref().filter(|mail| !mail.value.is_empty() && !has_mail) {
        let message = "[delivery.operator]: there is no way to send mail";
        section.problem(mail.line, message, "add [delivery.mail] to config/daybook.toml");
    }
    if let Some(slack) = &slack {
        for hook in &slack.value {
            let hook = At { value: hook.clone(), line: slack.line };
            check_known(&section, &hook, Some(hooks), "Slack hook", "config/daybook.toml");
        }
    }
    section.finish();
    OperatorConfig {
        mail: mail.map(|at| at.value).unwrap_or_default(),
        slack: slack.map(|at| at.value).unwrap_or_default(),
    }
}

fn mail(mut section: Section<'_>, data_dir: &Path, gathered: &Gathered) -> (Option<MailConfig>, MailHeaders) {
    section.about("How mail leaves.");
    let kinds = [("smtp", MailKind::Smtp), ("folder", MailKind::Folder)];
    let headers = headers(&mut section, gathered);
    let Some(kind) =
        section.choice("kind", "\"smtp\" or \"folder\"", "How mail leaves: a server, or a folder to look at.", &kinds)
    else {
        return (None, headers);
    };
    let config = match kind.value {
        MailKind::Smtp => smtp(&mut section, gathered),
        MailKind::Folder => {
            let path = section.required(
                "path",
                "\"outgoing/mail\"",
                path().about("The folder that gets each mail as an .eml file, relative to data_dir."),
            );
            let from = section.required("from", "\"Daybook <reports@example.com>\"", mailbox().about("The sender."));
            path.zip(from)
                .map(|(path, from)| MailConfig::Folder { path: join(data_dir, &path.value), from: from.value })
        }
    };
    section.finish();
    (config, headers)
}

fn headers(section: &mut Section<'_>, gathered: &Gathered) -> MailHeaders {
    let reply_to = section.optional("reply_to", mailbox().about("Where answers go.")).map(|at| at.value);
    let unsubscribe = section.optional(
        "unsubscribe",
        list_of(text()).about("mailto: addresses, or https:// addresses with {reader} that take a one-click POST."),
    );
    let has_key = section.has("unsubscribe_key");
    let key =
        section.optional("unsubscribe_key", secret_ref().about("What the readers' tokens for {reader} are made with."));
    if let Some(key) = &key {
        gathered.secret(SecretPlace::new(section, key.line, "mail", &key.value));
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

fn smtp(section: &mut Section<'_>, gathered: &Gathered) -> Option<MailConfig> {
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
    let oauth = section.section("oauth").map(|section| (section.line, oauth::read(section, gathered)));
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
        gathered.secret(SecretPlace::new(section, password.line, "mail", &password.value));
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

fn slack(mut section: Section<'_>, name: &str, data_dir: &Path, gathered: &Gathered) -> Option<SlackDestination> {
    section.about("A Slack channel.");
    let kinds = [("webhook", HookKind::Webhook), ("bot", HookKind::Bot), ("folder", HookKind::Folder)];
    let hook = match section
        .choice(
            "kind",
            "\"webhook\", \"bot\" or \"folder\"",
            "An incoming webhook, an app's token, or a folder to look at.",
            &kinds,
        )?
        .value
    {
        HookKind::Webhook => section
            .required(
                "url",
                "{ env = \"DAYBOOK_SLACK_MARKETING\" }",
                secret_ref().about("The address of an incoming webhook, which is itself a secret."),
            )
            .map(|url| {
                gathered.secret(SecretPlace::new(&section, url.line, &format!("the Slack hook {name}"), &url.value));
                SlackDestination::Webhook { url: url.value }
            }),
        HookKind::Bot => bot(&mut section, name, gathered),
        HookKind::Folder => section
            .required(
                "path",
                "\"outgoing/slack\"",
                path().about("The folder that gets each message as a .json file, relative to data_dir."),
            )
            .map(|path| SlackDestination::Folder { path: join(data_dir, &path.value) }),
    };
    section.finish();
    hook
}

fn bot(section: &mut Section<'_>, name: &str, gathered: &Gathered) -> Option<SlackDestination> {
    let token = section.required(
        "token",
        "{ env = \"DAYBOOK_SLACK_TOKEN\" }",
        secret_ref().about("The token of an app with the scopes chat:write and files:write."),
    );
    let channel =
        section.required("channel", "\"C0123456789\"", text().about("The channel's id; the app must be a member."));
    let api_url = section.optional("api_url", text().about("Where Slack's Web API answers."));
    if let Some(token) = &token {
        gathered.secret(SecretPlace::new(section, token.line, &format!("the Slack hook {name}"), &token.value));
    }
    if let Some(channel) = channel.as_ref().filter(|channel| !is_channel_id(&channel.value)) {
        let message = format!("{}: {} is not a channel's id", section.name, quoted(&channel.value));
        section.problem(channel.line, &message, "copy it from the channel's details in Slack, e.g. \"C0123456789\"");
    }
    let api_url = api_url.map_or_else(|| SLACK_API.to_owned(), |at| at.value);
    Some(SlackDestination::Bot { token: token?.value, channel: channel?.value, api_url })
}
