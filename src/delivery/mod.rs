//! Messages out of the house: what goes where, and what the other side answered.
//!
//! # Adding a channel
//!
//! 1. `delivery/<kind>.rs` with a [`ChannelKind`]: how its sections are read, how a message is posted, and what each
//!    answer means. Its tests run the shared ones of `channel_tests`.
//! 2. A line in [`channels::KINDS`].
//! 3. `report/posts/<kind>.rs`: the report as its message, and a picture of it for previews; a line in
//!    `report::posts::POSTS`.
//! 4. An example in `config/daybook.toml`; `daybook schema` writes the schemas again.

mod channel;
mod channel_folder;
pub mod channels;
mod deliverers;
mod error;
mod hello_name;
mod hook;
mod http;
mod message;
mod reference;
mod unusable;

pub mod bounce;
pub mod folder;
pub mod heartbeat;
pub mod note;
pub mod retry;
pub mod settings;
pub mod slack;
pub mod smtp;
pub mod teams;
pub mod unsubscribe;

#[cfg(test)]
mod channel_tests;

pub use channel::{Channel, ChannelKind, Destination, File, Starter};
pub use channel_folder::FolderDestination;
pub use deliverers::{Deliverers, Policy};
pub use error::{Accepted, BuildError, DeliveryError, DeliveryResult, Disposition, ProbeResult, Reply, limit_text};
pub use message::{FILE_LANE, MAIL_LANE, Outgoing, Route};
pub use reference::ChannelRef;

use error::one_line;
