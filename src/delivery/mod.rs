//! Messages out of the house: what goes where, and what the other side answered.
//!
//! # Adding one
//!
//! A channel is `src/delivery/<kind>.rs` with a [`ChannelKind`] (how its sections are read, how a message is posted, what
//! each answer means) and a line in [`channels::KINDS`]; `src/report/posts/<kind>.rs` (the report as its message, and a
//! picture of it) and a line in `src/report/posts/mod.rs`; an example in `config/daybook.toml`. Nothing else may name it:
//! `no_other_file_knows_a_kind_of_channel` holds that. The shared tests of `src/delivery/channel_tests.rs` ask for a line
//! with its good answer and then hold it to what all channels do; `the_committed_schemas_are_current` writes the schemas.

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
