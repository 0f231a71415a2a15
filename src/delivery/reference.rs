//! How recipients name a channel: `slack:marketing`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A configured channel by its kind and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ChannelRef {
    /// As in `[delivery.<kind>.<name>]`.
    pub kind: String,
    pub name: String,
}

impl ChannelRef {
    pub fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned() }
    }

    /// For people: `Slack marketing`. Routes in the outbox may name a kind that this version does not know.
    pub fn text(&self) -> String {
        let mut letters = self.kind.chars();
        let kind: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        format!("{kind} {}", self.name)
    }
}

impl fmt::Display for ChannelRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.kind, self.name)
    }
}

impl FromStr for ChannelRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(Self::new(kind, name)),
            _ => Err(format!("{text:?} is no kind and name of a channel, such as slack:marketing")),
        }
    }
}

impl From<ChannelRef> for String {
    fn from(channel: ChannelRef) -> Self {
        channel.to_string()
    }
}

impl TryFrom<String> for ChannelRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
