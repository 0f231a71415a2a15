//! What an edit changes in the channels, and in who gets reports.

use super::differ;
use crate::config::Recipients;
use crate::delivery::ChannelRef;
use crate::delivery::settings::DeliveryConfig;
use std::collections::{BTreeMap, BTreeSet};

/// What else of the section counts.
pub(super) fn without_channels(delivery: &DeliveryConfig) -> DeliveryConfig {
    DeliveryConfig { channels: BTreeMap::new(), ..delivery.clone() }
}

/// Each channel by itself. One that only has another name is called so: its messages do not follow it.
pub(super) fn channels(old: &DeliveryConfig, new: &DeliveryConfig, told: &mut Vec<String>) {
    let mut added: Vec<&ChannelRef> = new.channels.keys().filter(|at| !old.channels.contains_key(*at)).collect();
    for (at, before) in &old.channels {
        match new.channels.get(at) {
            Some(after) if differ(before, after) => told.push(format!("the channel {at} changes")),
            Some(_) => {}
            None => {
                let is_same = |other: &&ChannelRef| {
                    other.kind == at.kind && new.channels.get(*other).is_some_and(|after| !differ(before, after))
                };
                match added.iter().position(is_same) {
                    Some(index) => {
                        let name = added.remove(index);
                        told.push(format!(
                            "the channel {at} is called {name} now; what waits for {at} does not follow"
                        ));
                    }
                    None => told.push(format!("the channel {at} is removed; what waits for it stays")),
                }
            }
        }
    }
    told.extend(added.into_iter().map(|at| format!("the channel {at} is new")));
}

/// Who begins and who ceases to get a group's reports.
pub(super) fn groups(
    workspace: &str,
    old: &BTreeMap<String, Recipients>,
    new: &BTreeMap<String, Recipients>,
    told: &mut Vec<String>,
) {
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for group in all {
        let of = |groups: &BTreeMap<String, Recipients>| groups.get(group).map(places).unwrap_or_default();
        let (before, after) = (of(old), of(new));
        let join = |places: Vec<&String>| places.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let (gone, come) = (join(before.difference(&after).collect()), join(after.difference(&before).collect()));
        let change = match (gone.as_str(), come.as_str()) {
            ("", "") => continue,
            ("", come) => format!("now {come} too"),
            (gone, "") => format!("no more {gone}"),
            (gone, come) => format!("no more {gone}, but {come}"),
        };
        let which = match (old.contains_key(group), new.contains_key(group)) {
            (false, _) => "the new group",
            (_, false) => "the removed group",
            _ => "the group",
        };
        told.push(format!("{workspace}: {which} {group} of recipients: {change}"));
    }
}

/// Every place that a group's reports go to.
fn places(recipients: &Recipients) -> BTreeSet<String> {
    // Named one by one, so that a new field does not compile until it is reported.
    let Recipients { mail, channels, files } = recipients;
    let files = files.then(|| "the report folder".to_owned());
    mail.iter().cloned().chain(channels.iter().map(ToString::to_string)).chain(files).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Destination, FolderDestination};
    use std::sync::Arc;

    fn delivery(channels: &[(&str, &str)]) -> DeliveryConfig {
        let channels = channels.iter().map(|(at, folder)| {
            let folder: Arc<dyn Destination> = Arc::new(FolderDestination { path: folder.into() });
            (at.parse().expect("a reference"), folder)
        });
        DeliveryConfig { channels: channels.collect(), ..DeliveryConfig::default() }
    }

    // grafana/grafana#54896: a contact point got another name, and what referred to it did not follow.
    #[test]
    fn a_channel_that_only_has_another_name_is_said_to_be_renamed() {
        let old = delivery(&[("slack:ads", "/a"), ("slack:board", "/b"), ("slack:old", "/c")]);
        let new = delivery(&[("slack:marketing", "/a"), ("slack:board", "/other"), ("teams:board", "/d")]);
        let mut told = Vec::new();
        channels(&old, &new, &mut told);
        assert_eq!(
            told,
            [
                "the channel slack:ads is called slack:marketing now; what waits for slack:ads does not follow",
                "the channel slack:board changes",
                "the channel slack:old is removed; what waits for it stays",
                "the channel teams:board is new",
            ]
        );
    }

    // grafana/grafana#74238: of two receivers that were merged only one was notified afterwards, and nothing said so.
    #[test]
    fn who_ceases_to_get_reports_is_named() {
        let group = |mail: &[&str], channels: &[&str], files| Recipients {
            mail: mail.iter().map(|&at| at.to_owned()).collect(),
            channels: channels.iter().map(|at| at.parse().expect("a reference")).collect(),
            files,
        };
        let old = BTreeMap::from([
            ("board".to_owned(), group(&["ceo@example.com"], &["slack:board"], true)),
            ("same".to_owned(), group(&["a@example.com", "b@example.com"], &[], false)),
        ]);
        let new = BTreeMap::from([
            ("ads".to_owned(), group(&[], &["teams:ads"], false)),
            ("board".to_owned(), group(&["ceo@example.com"], &["teams:board"], false)),
            ("same".to_owned(), group(&["b@example.com", "a@example.com"], &[], false)),
        ]);
        let mut told = Vec::new();
        groups("acme", &old, &new, &mut told);
        groups("acme", &new, &BTreeMap::new(), &mut told);
        assert_eq!(
            told,
            [
                "acme: the new group ads of recipients: now teams:ads too",
                "acme: the group board of recipients: no more slack:board, the report folder, but teams:board",
                "acme: the removed group ads of recipients: no more teams:ads",
                "acme: the removed group board of recipients: no more ceo@example.com, teams:board",
                "acme: the removed group same of recipients: no more a@example.com, b@example.com",
            ]
        );
    }
}
