//! The report as a message for each kind of channel, and a picture of it for previews. `delivery` posts these under the
//! same ids.
//!
//! # Adding one
//!
//! A file with a [`Post`], made of `brief`, and a line in [`POSTS`]. `delivery` says what else a channel needs.

mod brief;
mod slack;
mod teams;

use crate::report::document::Document;
use crate::report::look::Theme;
use serde_json::Value;
use std::collections::BTreeMap;

/// The report as a message for one kind of channel.
#[derive(Debug)]
pub struct Post {
    /// The id of the kind of channel.
    pub channel: &'static str,
    /// For people, e.g. `Slack`.
    pub label: &'static str,
    pub render: fn(&Document) -> Value,
    /// A page that shows the message roughly as its readers see it: message, title, time of sending, theme.
    pub picture: fn(&Value, &str, &str, &Theme) -> Result<String, minijinja::Error>,
    /// How large it is, and what is allowed.
    pub size: fn(&Value) -> String,
}

/// Every kind there is.
pub const POSTS: [Post; 2] = [slack::POST, teams::POST];

/// The message for every kind of channel, by its id.
pub fn render(document: &Document) -> BTreeMap<&'static str, Value> {
    POSTS.iter().map(|post| (post.channel, (post.render)(document))).collect()
}
