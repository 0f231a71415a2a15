//! Channel rules that are never reached, and channels that are misspelt.

use super::cover::Language;
use super::{Findings, Step};
use crate::config::Settings;
use crate::config::channels::FILE;
use crate::domain::channel::{ChannelRuleSpec, UNASSIGNED};
use crate::support::nearest::nearest;
use Step::{Key, Nth};
use std::collections::BTreeSet;
use std::path::Path;

/// More rules than this are not compared with each other.
const MOST_RULES: usize = 300;

const CONDITIONS: [&str; 3] = ["source", "medium", "campaign"];

fn conditions(rule: &ChannelRuleSpec) -> [Option<&str>; 3] {
    [rule.source.as_deref(), rule.medium.as_deref(), rule.campaign.as_deref()]
}

/// What a rule's conditions take; `None` for a condition that nothing is known of.
fn languages(rule: &ChannelRuleSpec) -> [Option<Language>; 3] {
    conditions(rule).map(|pattern| pattern.map_or_else(Language::everything, Language::new))
}

/// A rule that takes everything is for the end of the list.
pub(super) fn refuse(settings: &Settings, found: &Findings<'_>) {
    let specs = &settings.channels.specs;
    // Most patterns are distinguished from "everything" by a glance: they do not take the empty text.
    let takes_all = |pattern: Option<&str>| {
        pattern.is_none_or(|pattern| {
            regex::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|p| p.is_match("") && p.is_match("\u{1f600}"))
                && Language::new(pattern)
                    .zip(Language::everything())
                    .is_some_and(|(own, all)| own.takes_all_of(&all) == Some(true))
        })
    };
    let all_but_last = &specs[..specs.len().saturating_sub(1)];
    if let Some(index) = all_but_last.iter().position(|rule| conditions(rule).into_iter().all(takes_all)) {
        let message = "[[rules]]: this rule takes everything, so no later rule is ever reached";
        let remedy = "move it to the end, or narrow its conditions";
        found.refuse(Path::new(FILE), &[Key("rules"), Nth(index)], message, remedy);
    }
}

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    if settings.channels.specs.is_empty() {
        let message = "there is no rule, so every visit is \"unassigned\"";
        found.warn_at(
            Path::new(FILE),
            None,
            message,
            "write [[rules]], or remove the file: the shipped rules hold then",
        );
    }
    never_reached(&settings.channels.specs, found);
    names(settings, found);
}

fn never_reached(specs: &[ChannelRuleSpec], found: &Findings<'_>) {
    let file = Path::new(FILE);
    let known: Vec<[Option<Language>; 3]> = specs.iter().take(MOST_RULES).map(languages).collect();
    for (index, own) in known.iter().enumerate() {
        let steps = [Key("rules"), Nth(index)];
        if let Some(at) = own.iter().position(|language| language.as_ref().is_some_and(Language::is_empty)) {
            let message = format!("[[rules]]: {} can never match", CONDITIONS[at]);
            found.warn(file, &[steps[0], steps[1], Key(CONDITIONS[at])], &message, "correct the pattern");
            continue;
        }
        let covers = |earlier: &[Option<Language>; 3]| {
            earlier.iter().zip(own).all(|pair| match pair {
                (Some(earlier), Some(own)) => earlier.takes_all_of(own) == Some(true),
                _ => false,
            })
        };
        let Some(earlier) = known[..index].iter().position(covers) else { continue };
        let line = found.places.line(file, &[Key("rules"), Nth(earlier)]).unwrap_or(1);
        let message = format!("[[rules]]: this rule is never reached: the one at line {line} takes all it would take");
        let remedy = if specs[earlier].channel == specs[index].channel {
            "remove it: it gives the same channel"
        } else {
            "move it before that rule, or narrow that rule's conditions"
        };
        found.warn(file, &steps, &message, remedy);
    }
}

fn names(settings: &Settings, found: &Findings<'_>) {
    let (file, channels) = (Path::new(FILE), &settings.channels);
    let ruled: BTreeSet<&str> = channels.rules.channels().into_iter().collect();
    let labelled: Vec<&str> = channels.labels.keys().map(String::as_str).collect();
    let nth = |channel: &str| channels.specs.iter().position(|rule| rule.channel == channel).unwrap_or_default();
    for channel in ruled.iter().filter(|channel| !channels.labels.contains_key(**channel)) {
        let message = format!("[[rules]]: the channel {channel:?} has no label");
        let add = format!("add {channel} = \"…\" to [labels]");
        let remedy =
            nearest(channel, &labelled).map_or(add.clone(), |near| format!("did you mean {near:?}? If not, {add}"));
        found.warn(file, &[Key("rules"), Nth(nth(channel)), Key("channel")], &message, &remedy);
    }
    for (channel, _) in channels.labels.iter().filter(|(id, _)| *id != UNASSIGNED && !ruled.contains(id.as_str())) {
        let message = format!("[labels]: no rule gives the channel {channel:?}");
        found.warn(file, &[Key("labels"), Key(channel)], &message, "add a rule for it, or remove the label");
    }
    for (channel, label) in &channels.labels {
        let first = channels.labels.iter().find(|(_, other)| *other == label).map(|(id, _)| id);
        if let Some(first) = first.filter(|first| *first != channel) {
            let message =
                format!("[labels]: {channel:?} is printed like {first:?}: reports would show two lines {label:?}");
            found.warn(file, &[Key("labels"), Key(channel)], &message, "give each a label of its own");
        }
    }
}
