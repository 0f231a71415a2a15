//! Channels as flags name them.

use crate::delivery::{ChannelRef, channels};

/// Channels of `config/daybook.toml`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ChannelArgs {
    /// A channel of config/daybook.toml by kind and name, e.g. slack:marketing; may be given more than once.
    #[arg(long, value_name = "KIND:NAME", value_parser = reference)]
    channel: Vec<ChannelRef>,
    /// The earlier form of --channel slack:NAME.
    #[arg(long, value_name = "NAME", hide = true)]
    slack: Vec<String>,
}

impl ChannelArgs {
    /// All that are named.
    pub fn all(&self) -> Vec<ChannelRef> {
        let earlier = self.slack.iter().map(|name| ChannelRef::new("slack", name));
        self.channel.iter().cloned().chain(earlier).collect()
    }
}

/// A channel of a known kind.
pub fn reference(text: &str) -> Result<ChannelRef, String> {
    let channel: ChannelRef = text.parse()?;
    let known = channels::KINDS.map(|kind| kind.id).join(", ");
    match channels::kind(&channel.kind) {
        Some(_) => Ok(channel),
        None => Err(format!("there is no channel of the kind {:?}: known are {known}", channel.kind)),
    }
}

/// The kind that an answer means; "yes" and "no" were asked for while there was one kind.
pub fn present_answer(text: &str) -> &str {
    match text {
        "yes" => "slack",
        "no" => "none",
        other => other,
    }
}

/// What a message may go by, of `--way`.
pub fn ways() -> Vec<&'static str> {
    let channels = channels::KINDS.into_iter().map(|kind| kind.id);
    ["mail"].into_iter().chain(channels).chain(["file"]).collect()
}
