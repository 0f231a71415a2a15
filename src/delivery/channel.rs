//! What every kind of channel has: how its sections are read, and how messages are posted to one.

use super::{Accepted, BuildError, DeliveryError, DeliveryResult, ProbeResult};
use crate::settings::reader::Section;
use crate::settings::{Names, ReadContext};
use futures_util::future::BoxFuture;
use reqwest::Client;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A kind of channel, e.g. Slack. Its messages are made by `report::posts` under the same id.
#[derive(Debug)]
pub struct ChannelKind {
    /// As in `[delivery.<id>.<name>]` and in references, `<id>:<name>`.
    pub id: &'static str,
    /// What one of them is called, e.g. `Slack hook`.
    pub noun: &'static str,
    /// What one of its sections says.
    pub about: &'static str,
    /// What all of its sections say.
    pub about_all: &'static str,
    /// What the key of its own in a list of recipients says.
    pub about_list: &'static str,
    /// Reads one section, with its name. Where its `kind` is wrong, its other keys are not reported.
    pub read: fn(Section<'_>, &str, &ReadContext<'_>) -> Option<Arc<dyn Destination>>,
    pub starter: Starter,
}

impl ChannelKind {
    /// Who needs the secrets of the channel with this name.
    pub fn owner(&self, name: &str) -> String {
        format!("the {} {name}", self.noun)
    }
}

/// What a new installation begins with: a section of one secret.
#[derive(Debug)]
pub struct Starter {
    /// The section's `kind`, and the key of the secret.
    pub kind: &'static str,
    pub key: &'static str,
    /// What the secret is, for who must get it.
    pub secret: &'static str,
}

/// One channel as it is configured. Two that were written the same look the same when debugged: settings say only
/// where secrets are.
pub trait Destination: fmt::Debug + Send + Sync {
    /// The folder that it writes to, where nothing leaves this machine.
    fn folder(&self) -> Option<&Path> {
        None
    }

    /// Whether it gets the PDF beside its message.
    fn takes_files(&self) -> bool {
        false
    }

    /// Why its secret hardly works, in words that follow "the secret of …", and what to do. Never the value itself; none
    /// where it cannot be read.
    fn doubt(&self, _config_dir: &Path) -> Option<(&'static str, &'static str)> {
        None
    }

    /// Reads the secrets, relative to `config_dir`; connects to nothing.
    fn build(&self, name: &str, config_dir: &Path, client: &Client) -> Result<Box<dyn Channel>, BuildError>;
}

/// One channel, ready for messages.
pub trait Channel: fmt::Debug + Send + Sync {
    /// Hands over one message, a JSON value that `report::posts` made.
    fn post<'a>(&'a self, message_id: &'a str, payload: &'a [u8]) -> BoxFuture<'a, DeliveryResult>;

    /// Hands over a file.
    fn upload<'a>(&'a self, file: File<'a>) -> BoxFuture<'a, DeliveryResult> {
        let reason = format!("the channel takes no files, such as {}", file.name);
        // Its other messages can go: they are not to wait until one that cannot is given up.
        Box::pin(async { Err(DeliveryError::Barred { reason }).into() })
    }

    /// Tries all but a message; none where there is nothing to try. Nobody sees it.
    fn try_out(&self) -> BoxFuture<'_, Option<ProbeResult>>;
}

/// A file for a channel.
#[derive(Clone, Copy)]
pub struct File<'a> {
    pub message_id: &'a str,
    pub name: &'a str,
    pub title: &'a str,
    pub bytes: &'a [u8],
}

/// The names of a kind's sections.
pub(super) fn names() -> Names {
    Names::Ids("a name for a channel")
}

/// An acceptance in the other side's words.
pub(super) fn accepted(response: &str) -> Accepted {
    Accepted { response: response.to_owned() }
}

pub(super) fn not_json() -> DeliveryError {
    DeliveryError::Permanent { reason: "the message is not JSON".to_owned() }
}
