//! `config/channels.toml`: the rules that give a visit its channel, and the channels' names.

use crate::domain::channel::{ChannelRuleSpec, ChannelRules, Tags, UNASSIGNED};
use crate::settings::files::read_text;
use crate::settings::kinds::{id, list_of, text};
use crate::settings::reader::{At, Fault, Problems, Section, Source, fault, read_toml};
use crate::settings::values::{quoted, read_text as any_text};
use crate::settings::{Kind, Names};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::de::DeValue;

/// The file's place.
pub const FILE: &str = "config/channels.toml";
/// What a rule's conditions hold.
const PATTERN: &str = "A regular expression that must match the whole value in lower case.";
/// Used where the file is absent.
pub const SHIPPED: &str = include_str!("../../config/channels.toml");

/// The channels of this installation.
#[derive(Clone, Debug)]
pub struct Channels {
    pub rules: ChannelRules,
    /// The rules as they are written, in their order.
    pub specs: Vec<ChannelRuleSpec>,
    /// What links may be tagged with.
    pub tags: Tags,
    /// As printed, by channel id.
    pub labels: BTreeMap<String, String>,
}

impl Channels {
    /// Every channel that a rule gives or a label names, and [`UNASSIGNED`].
    pub fn ids(&self) -> BTreeSet<String> {
        let of_rules = self.rules.channels().into_iter().map(str::to_owned);
        of_rules.chain(self.labels.keys().cloned()).chain([UNASSIGNED.to_owned()]).collect()
    }

    /// The name to print; the id where no label is given.
    pub fn label<'a>(&'a self, channel: &'a str) -> &'a str {
        self.labels.get(channel).map_or(channel, String::as_str)
    }
}

/// The channels of the installation below `root`, whatever its other files hold.
///
/// # Errors
/// Every problem of the file.
pub fn load(root: &Path) -> Result<Channels, Vec<super::Problem>> {
    let problems = Problems::default();
    let channels = read(root, &problems);
    channels.ok_or_else(|| problems.into_sorted())
}

/// Reads the file, or the shipped rules if it is absent.
pub(super) fn read(root: &Path, problems: &Problems) -> Option<Channels> {
    let file = Path::new(FILE);
    let before = problems.count();
    let text = read_text(root, file, true, problems);
    if problems.count() > before {
        return None;
    }
    let text = text.as_deref().unwrap_or(SHIPPED);
    let channels = read_toml(Source { file, text, problems }, read_top)??;
    (problems.count() == before).then_some(channels)
}

pub(super) fn read_top(mut top: Section<'_>) -> Option<Channels> {
    let labels =
        top.entries("labels", &Names::Ids("a channel id"), text().about("The channels' names as printed, by id."));
    let tags = top.section("tags").map(tags).unwrap_or_default();
    let mut specs = Vec::new();
    let mut catch_all: Option<usize> = None;
    for section in top.list("rules") {
        if let Some(line) = catch_all.take() {
            let message = "[[rules]]: this rule has no condition, so no later rule is ever reached";
            top.problem(line, message, "move it to the end, or give it a source, medium or campaign");
        }
        let line = section.line;
        // One that is there but wrong has been reported, and is a condition all the same.
        let has_condition = ["source", "medium", "campaign"].iter().any(|key| section.has(key));
        let Some(spec) = rule(section) else { continue };
        if !has_condition {
            catch_all = Some(line);
        }
        specs.push(spec);
    }
    let source = top.source;
    top.finish();
    match ChannelRules::new(&specs) {
        Ok(rules) => Some(Channels {
            rules,
            specs,
            tags,
            labels: labels.into_iter().map(|(channel, label)| (channel, label.value)).collect(),
        }),
        Err(errors) => {
            for error in errors {
                source.problem(1, &error.to_string(), "correct the pattern");
            }
            None
        }
    }
}

/// `[tags]`: what people may tag links with.
fn tags(mut section: Section<'_>) -> Tags {
    section.about("What links may be tagged with; `daybook link` makes such links, `daybook channels unknown` lists others that were seen.");
    let tag = || Kind::text(serde_json::json!({ "pattern": "^[^A-Z\\s]+$" }), tag);
    let sources = section.optional("sources", list_of(tag()).about("Allowed sources; any if left out."));
    let media = section.optional("media", list_of(tag()).about("Allowed media; any if left out."));
    let campaigns = section.optional(
        "campaigns",
        Kind::text(serde_json::json!({}), pattern)
            .about("A regular expression that names of campaigns must match as a whole."),
    );
    section.finish();
    Tags {
        sources: sources.map(|at| at.value).unwrap_or_default(),
        media: media.map(|at| at.value).unwrap_or_default(),
        campaigns: campaigns.map(|at| at.value),
    }
}

/// A tag as it goes into a link.
fn tag(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = any_text(value)?;
    match text.chars().find(|c| c.is_whitespace() || c.is_uppercase()) {
        Some(c) if c.is_whitespace() => {
            Err(fault(format!("{} has a blank", quoted(&text)), "write _ or - in place of blanks"))
        }
        Some(_) => {
            let remedy = format!("write it in lower case: {}", quoted(&text.to_lowercase()));
            Err(fault(format!("{} has capital letters", quoted(&text)), remedy))
        }
        None => Ok(text),
    }
}

fn rule(mut section: Section<'_>) -> Option<ChannelRuleSpec> {
    let channel = section.required(
        "channel",
        "\"paid_search\"",
        id().about("The channel that a visit, person or payment gets which fits."),
    );
    section.about("The first rule that fits decides; conditions left out hold for anything, all given ones must hold.");
    let [source, medium, campaign] = ["source", "medium", "campaign"].map(|key| {
        let pattern = Kind::text(serde_json::json!({}), pattern).about(PATTERN);
        let pattern: Option<At<String>> = section.optional(key, pattern);
        pattern.map(|at| at.value)
    });
    section.finish();
    Some(ChannelRuleSpec { channel: channel?.value, source, medium, campaign })
}

/// A regular expression over a lower-case value.
fn pattern(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = any_text(value)?;
    // Alone first: `a)|(b` only becomes well-formed inside the group that makes it match the whole.
    if Regex::new(&text).is_err() || Regex::new(&format!("^(?:{text})$")).is_err() {
        let remedy = "write ( ) [ ] + * ? . | as \\( and so on where the sign itself is meant, in '…' quotes";
        return Err(fault(format!("{} is not a regular expression", quoted(&text)), remedy));
    }
    if has_capital(&text) {
        let remedy = format!("write it in lower case: '{}'", text.to_lowercase());
        return Err(fault(format!("{} can never match: values are compared in lower case", quoted(&text)), remedy));
    }
    Ok(text)
}

/// Whether a capital letter stands for itself; those after a backslash are classes such as `\S`.
fn has_capital(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            c if c.is_uppercase() && !pattern.contains("\\p{") && !pattern.contains("(?P<") => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Channels {
        let folder = tempfile::tempdir().expect("a folder");
        read(folder.path(), &Problems::default()).expect("the shipped rules")
    }

    /// Cases after Google's definitions, support.google.com/analytics/answer/9756891.
    #[test]
    fn shipped_rules_group_as_google_analytics_does() {
        let channels = shipped();
        for (source, medium, campaign, expected) in [
            ("(direct)", "(none)", "(not set)", "direct"),
            ("(direct)", "(not set)", "", "direct"),
            ("influencer", "referral", "spring", "influencer"),
            ("instagram", "influencer", "spring", "influencer"),
            ("amazon", "cpc", "", "paid_shopping"),
            ("google", "cpc", "summer shopping feed", "paid_shopping"),
            ("google", "cpc", "workshop series", "paid_search"),
            ("google", "cpc", "brand", "paid_search"),
            ("Bing", "PPC", "brand", "paid_search"),
            ("google", "cpm", "", "paid_search"),
            ("facebook", "paid_social", "lookalike", "paid_social"),
            ("lnkd.in", "cpc", "", "paid_social"),
            ("youtube", "cpv-cpm", "", "paid_video"),
            ("dv360", "display", "", "display"),
            ("programmatic", "cpm", "", "display"),
            ("newsletter-swap", "cpa", "", "paid_other"),
            ("google", "retargeting-x", "", "organic_search"),
            ("etsy.com", "referral", "", "organic_shopping"),
            ("blog", "referral", "shop the look", "organic_shopping"),
            ("l.facebook.com", "referral", "", "organic_social"),
            ("t.co", "referral", "", "organic_social"),
            ("some-app", "social-network", "", "organic_social"),
            ("m.youtube.com", "referral", "", "organic_video"),
            ("partner", "video-embed", "", "organic_video"),
            ("google", "organic", "(not set)", "organic_search"),
            ("search.brave.com", "referral", "", "organic_search"),
            ("de.search.yahoo.com", "referral", "", "organic_search"),
            ("intranet", "organic", "", "organic_search"),
            ("partner.example", "referral", "", "referral"),
            ("ios", "app", "", "referral"),
            ("mailchimp", "email", "november", "email"),
            ("e-mail", "newsletter", "", "email"),
            ("awin", "affiliate", "", "affiliates"),
            ("spotify", "audio", "", "audio"),
            ("sms", "text", "", "sms"),
            ("twilio", "sms", "", "sms"),
            ("firebase", "x", "", "mobile_push"),
            ("braze", "web-push", "", "mobile_push"),
            ("braze", "notification", "", "mobile_push"),
            ("call_centre", "offline", "", "offline"),
            ("(unknown)", "(unknown)", "", "unassigned"),
            ("", "", "", "unassigned"),
        ] {
            assert_eq!(channels.rules.channel(source, medium, campaign), expected, "{source} / {medium} / {campaign}");
        }
    }

    #[test]
    fn every_shipped_channel_has_a_label_and_no_label_is_idle() {
        let channels = shipped();
        let labelled: BTreeSet<String> = channels.labels.keys().cloned().collect();
        assert_eq!(labelled, channels.ids());
        let ruled = channels.rules.channels().len();
        assert_eq!(ruled + 1, labelled.len(), "each channel but `unassigned` has a rule");
    }
}
