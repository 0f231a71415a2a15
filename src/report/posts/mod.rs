//! The report as a message for each kind of channel, and a picture of it for previews. `delivery` posts these under the
//! same ids.
//!
//! # Adding one
//!
//! A file with a [`Post`], made of `brief`, and a line in [`POSTS`]. `delivery` says what else a channel needs.

mod brief;
mod slack;
mod teams;

pub use slack::THREAD;

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
    /// A note of plain text: subject of one line, and text.
    pub note: fn(&str, &str) -> Value,
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

/// A note for a kind of channel; none where there is no such kind.
pub fn note(channel: &str, subject: &str, text: &str) -> Option<Value> {
    let post = POSTS.iter().find(|post| post.channel == channel)?;
    Some((post.note)(subject, text))
}

/// The beginning of a text of several lines.
fn cut(text: &str, chars: usize) -> String {
    let kept: String = text.chars().take(chars).collect();
    if kept.len() < text.len() { kept + "…" } else { kept }
}
