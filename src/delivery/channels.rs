//! The kinds of channels, and how sections name them.

use super::channel::ChannelKind;
use super::reference::ChannelRef;
use super::{slack, teams};
use crate::settings::check_known;
use crate::settings::kinds::{id, list_of};
use crate::settings::reader::{At, Section};
use crate::settings::values::read_text;
use crate::settings::{Kind, fault};
use std::collections::BTreeSet;

/// Every kind there is.
pub const KINDS: [&ChannelKind; 2] = [&slack::KIND, &teams::KIND];

/// The kind with this id.
pub fn kind(id: &str) -> Option<&'static ChannelKind> {
    KINDS.into_iter().find(|kind| kind.id == id)
}

/// Who the places of a channel's secrets are noted for, e.g. `the Slack hook marketing`.
pub fn owner(at: &ChannelRef) -> String {
    kind(&at.kind).map_or_else(|| at.text(), |kind| kind.owner(&at.name))
}

/// The channels that a section names: `channels = ["slack:marketing"]`, or of one kind, `slack = ["marketing"]`.
/// `known` are those that are configured; `None`: that could not be read.
pub fn read_references(section: &mut Section<'_>, known: Option<&BTreeSet<ChannelRef>>) -> Vec<ChannelRef> {
    let mut found = Vec::new();
    let about = "Channels of config/daybook.toml, by kind and name, as \"slack:marketing\".";
    if let Some(list) = section.optional("channels", list_of(reference()).about(about)) {
        let names = known.map(|known| known.iter().map(ToString::to_string).collect());
        for channel in list.value {
            let name = At { value: channel.to_string(), line: list.line };
            check_known(section, &name, names.as_ref(), "channel", "[delivery] of config/daybook.toml");
            found.push(channel);
        }
    }
    for kind in KINDS {
        let Some(list) = section.optional(kind.id, list_of(id()).about(kind.about_list)) else { continue };
        let of_kind = |known: &BTreeSet<ChannelRef>| {
            known.iter().filter(|channel| channel.kind == kind.id).map(|channel| channel.name.clone()).collect()
        };
        let names = known.map(of_kind);
        for name in list.value {
            let name = At { value: name, line: list.line };
            check_known(section, &name, names.as_ref(), kind.noun, "config/daybook.toml");
            found.push(ChannelRef::new(kind.id, &name.value));
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|channel| seen.insert(channel.clone()));
    found
}

/// `slack:marketing` as a value of a file.
fn reference<'k>() -> Kind<'k, ChannelRef> {
    let ids = KINDS.map(|kind| kind.id).join("|");
    let schema = serde_json::json!({ "pattern": format!("^({ids}):[a-z][a-z0-9_]*$") });
    Kind::text(schema, |value| {
        let text = read_text(value)?;
        let is_known = |channel: &ChannelRef| kind(&channel.kind).is_some();
        text.parse().ok().filter(is_known).ok_or_else(|| {
            let ids = KINDS.map(|kind| kind.id).join(" or ");
            fault(
                format!("{text:?} is no channel"),
                format!("write its kind ({ids}) and its name, as \"slack:marketing\""),
            )
        })
    })
}
