//! Slack: incoming webhooks, and apps with a token.

mod bot;
mod webhook;

use super::channel::{Channel, ChannelKind, Destination, Starter, not_json};
use super::{BuildError, DeliveryError, channel_folder};
use crate::report::posts::THREAD;
use crate::settings::kinds::{secret_ref, text};
use crate::settings::reader::Section;
use crate::settings::values::quoted;
use crate::settings::{ReadContext, SecretPlace};
use crate::support::secret::SecretRef;
use bot::Bot;
use reqwest::Client;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use webhook::Webhook;

pub const KIND: ChannelKind = ChannelKind {
    id: "slack",
    noun: "Slack hook",
    about: "A Slack channel.",
    about_all: "Slack channels, under names that recipients refer to.",
    about_list: "Slack channels by name alone: slack = [\"marketing\"] is channels = [\"slack:marketing\"].",
    read,
    starter: Starter {
        kind: "webhook",
        key: "url",
        secret: "the address of the incoming webhook of your Slack channel",
    },
};

/// Where Slack's Web API is.
pub const SLACK_API: &str = "https://slack.com/api";

/// A Slack channel as configured.
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
}

impl Destination for SlackDestination {
    fn takes_files(&self) -> bool {
        matches!(self, Self::Bot { .. })
    }

    fn build(&self, name: &str, config_dir: &Path, client: &Client) -> Result<Box<dyn Channel>, BuildError> {
        Ok(match self {
            Self::Webhook { url } => Box::new(Webhook::new(name, &url.resolve(config_dir)?, client.clone())?),
            Self::Bot { token, channel, api_url } => {
                Box::new(Bot::new(name, token.resolve(config_dir)?, channel, api_url, client.clone())?)
            }
        })
    }
}

#[derive(Clone, Copy)]
enum HookKind {
    Webhook,
    Bot,
    Folder,
}

fn read(mut section: Section<'_>, name: &str, context: &ReadContext<'_>) -> Option<Arc<dyn Destination>> {
    let kinds = [("webhook", HookKind::Webhook), ("bot", HookKind::Bot), ("folder", HookKind::Folder)];
    let about = "An incoming webhook, an app's token, or a folder to look at.";
    let kind = section.choice("kind", "\"webhook\", \"bot\" or \"folder\"", about, &kinds)?;
    let destination = match kind.value {
        HookKind::Webhook => read_webhook(&mut section, name, context),
        HookKind::Bot => read_bot(&mut section, name, context),
        HookKind::Folder => channel_folder::read(&mut section, "\"outgoing/slack\"", context),
    };
    section.finish();
    destination
}

fn read_webhook(section: &mut Section<'_>, name: &str, context: &ReadContext<'_>) -> Option<Arc<dyn Destination>> {
    let about = "The address of an incoming webhook, which is itself a secret.";
    let url = section.required("url", "{ env = \"DAYBOOK_SLACK_MARKETING\" }", secret_ref().about(about))?;
    context.secrets.add(SecretPlace::new(section, url.line, &KIND.owner(name), &url.value));
    Some(Arc::new(SlackDestination::Webhook { url: url.value }))
}

fn read_bot(section: &mut Section<'_>, name: &str, context: &ReadContext<'_>) -> Option<Arc<dyn Destination>> {
    let token = section.required(
        "token",
        "{ env = \"DAYBOOK_SLACK_TOKEN\" }",
        secret_ref().about("The token of an app with the scopes chat:write and files:write."),
    );
    let channel =
        section.required("channel", "\"C0123456789\"", text().about("The channel's id; the app must be a member."));
    let api_url = section.optional("api_url", text().about("Where Slack's Web API answers."));
    if let Some(token) = &token {
        context.secrets.add(SecretPlace::new(section, token.line, &KIND.owner(name), &token.value));
    }
    if let Some(channel) = channel.as_ref().filter(|channel| !is_channel_id(&channel.value)) {
        let message = format!("{}: {} is not a channel's id", section.name, quoted(&channel.value));
        section.problem(channel.line, &message, "copy it from the channel's details in Slack, e.g. \"C0123456789\"");
    }
    let api_url = api_url.map_or_else(|| SLACK_API.to_owned(), |at| at.value);
    Some(Arc::new(SlackDestination::Bot { token: token?.value, channel: channel?.value, api_url }))
}

/// Whose secret it is.
/// Slack's ids of channels: letters and digits after C (public), G (private) or D (direct).
fn is_channel_id(text: &str) -> bool {
    (9..=20).contains(&text.len())
        && text.starts_with(['C', 'G', 'D'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The message as Slack takes it, and the blocks of its thread.
fn unthreaded(mut message: Value) -> (Value, Option<Value>) {
    let thread = message.as_object_mut().and_then(|fields| fields.remove(THREAD));
    (message, thread.filter(|blocks| blocks.as_array().is_some_and(|blocks| !blocks.is_empty())))
}

fn parse(payload: &[u8]) -> Result<Value, DeliveryError> {
    serde_json::from_slice(payload).map_err(|_| not_json())
}
