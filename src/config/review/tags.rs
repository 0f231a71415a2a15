//! Allowed tags that no rule takes: visits with them would be unassigned.

use super::{Findings, Step};
use crate::config::Settings;
use crate::config::channels::FILE;
use crate::domain::channel::UNASSIGNED;
use Step::Key;
use std::path::Path;

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    let (channels, tags) = (&settings.channels, &settings.channels.tags);
    let sources = tags.sources.iter().map(String::as_str);
    for medium in &tags.media {
        let mut tried = std::iter::once("any_source").chain(sources.clone());
        if tried.all(|source| channels.rules.channel(source, medium, "") == UNASSIGNED) {
            let message = format!("[tags]: no rule gives visits of the medium {medium:?} a channel");
            let remedy = "add a rule for it, or remove the medium";
            found.warn(Path::new(FILE), &[Key("tags"), Key("media")], &message, remedy);
        }
    }
}
