//! The section `[delivery]` of `daybook.toml`: policy, mail, channels, the report folder.

mod mail;
mod oauth;

pub use mail::{MailConfig, MailHeaders, PER_SESSION, SENDERS, SmtpSecurity};
pub use oauth::{GOOGLE_TOKENS, MICROSOFT_LOGIN, MicrosoftGrant, OauthConfig};

use super::channel::{self, Destination};
use super::channels;
use super::message::{MAIL_LANE, Route};
use super::reference::ChannelRef;
use crate::settings::files::join;
use crate::settings::kinds::{boolean, list_of, mail_address, one_of, path, secret_ref, whole_number};
use crate::settings::reader::Section;
use crate::settings::{ReadContext, SecretPlace};
use crate::support::secret::SecretRef;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The section `[delivery]`.
#[derive(Clone, Debug)]
pub struct DeliveryConfig {
    pub mail: Option<MailConfig>,
    pub channels: BTreeMap<ChannelRef, Arc<dyn Destination>>,
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
            MailConfig::Folder { path, .. } => Some(path.clone()),
            MailConfig::Smtp { .. } => None,
        });
        let channels = self.channels.values().filter_map(|channel| channel.folder().map(Path::to_path_buf));
        std::iter::once(self.files.path.clone()).chain(mail).chain(channels).collect()
    }

    /// The ways that lead out of this machine, as long as nobody confirmed that they may be used, by lane.
    pub fn held_lanes(&self) -> BTreeSet<String> {
        if self.confirmed {
            return BTreeSet::new();
        }
        let mail = matches!(self.mail, Some(MailConfig::Smtp { .. })).then(|| MAIL_LANE.to_owned());
        let leaving = self.channels.iter().filter(|(_, channel)| channel.folder().is_none());
        mail.into_iter().chain(leaving.map(|(at, _)| Route::Channel(at.clone()).lane())).collect()
    }
}

/// Who is notified of messages that did not go out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorConfig {
    /// Addresses.
    pub mail: Vec<String>,
    pub channels: Vec<ChannelRef>,
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

/// Who needs the address of the outside watch.
pub(super) const HEARTBEAT: &str = "the heartbeat's address";
/// Two days: what mail servers try among themselves.
pub const GIVE_UP_HOURS: u32 = 48;

/// No way out but the folder for report files.
impl Default for DeliveryConfig {
    fn default() -> Self {
        Self {
            mail: None,
            channels: BTreeMap::new(),
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

/// Reads the section; folders become absolute, below `data_dir`.
pub fn read(section: Option<Section<'_>>, context: &ReadContext<'_>) -> DeliveryConfig {
    let mut config = DeliveryConfig::default();
    if let Some(mut section) = section {
        section.about("How messages leave.");
        policy(&mut section, &mut config, context);
        // What is there but wrong has been reported already.
        let (has_mail, mut known) = (section.has("mail"), BTreeSet::new());
        if let Some((mail, headers)) = section.section("mail").map(|section| mail::read(section, context)) {
            (config.mail, config.headers) = (mail, headers);
        }
        for kind in channels::KINDS {
            for (name, section) in section.named_sections(kind.id, kind.about_all, &channel::names()) {
                section.about(kind.about);
                let at = ChannelRef::new(kind.id, &name.value);
                known.insert(at.clone());
                let read = (kind.read)(section, &name.value, context);
                config.channels.extend(read.map(|destination| (at, destination)));
            }
        }
        if let Some(section) = section.section("operator") {
            config.operator = operator(section, has_mail, &known);
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
    config.files.path = join(context.data_dir, &config.files.path);
    config
}

/// What stands in `[delivery]` itself.
fn policy(section: &mut Section<'_>, config: &mut DeliveryConfig, context: &ReadContext<'_>) {
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
            context.secrets.add(SecretPlace::new(section, at.line, HEARTBEAT, &at.value));
            at.value
        });
}

/// Who is notified of trouble. One channel alone is better than none, but could be the one in trouble.
fn operator(mut section: Section<'_>, has_mail: bool, known: &BTreeSet<ChannelRef>) -> OperatorConfig {
    section.about("Who is told when a message fails. The channel that is not in trouble itself is used.");
    let mail = section.optional("mail", list_of(mail_address()).about("Addresses."));
    let channels = channels::read_references(&mut section, Some(known));
    if let Some(mail) = mail.as_ref().filter(|mail| !mail.value.is_empty() && !has_mail) {
        let message = "[delivery.operator]: there is no way to send mail";
        section.problem(mail.line, message, "add [delivery.mail] to config/daybook.toml");
    }
    section.finish();
    OperatorConfig { mail: mail.map(|at| at.value).unwrap_or_default(), channels }
}
