//! Which marketing channel a visit, person or payment belongs to: the first matching rule over
//! source, medium and campaign.

use regex::Regex;
use serde::Deserialize;

/// A rule as `config/channels.toml` states it. Conditions left out hold for anything; all given
/// ones must hold. Patterns are regular expressions that must match the whole lower-cased value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelRuleSpec {
    /// snake_case id, as in reports and budgets.
    pub channel: String,
    pub source: Option<String>,
    pub medium: Option<String>,
    pub campaign: Option<String>,
}

/// What links may be tagged with; empty lists allow anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    pub sources: Vec<String>,
    pub media: Vec<String>,
    /// A regular expression that names of campaigns match as a whole.
    pub campaigns: Option<String>,
}

impl Tags {
    /// Whether nothing is stated of tags.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.media.is_empty() && self.campaigns.is_none()
    }

    /// What of an origin is not allowed, as `source`, `medium` or `campaign` with its value. What vendors
    /// say themselves of visits without tags is no tag.
    pub fn unknown<'o>(&self, source: &'o str, medium: &'o str, campaign: &'o str) -> Vec<(&'static str, &'o str)> {
        let is_own = |value: &str| value.is_empty() || (value.starts_with('(') && value.ends_with(')'));
        if is_own(medium) || ["organic", "referral"].contains(&medium.to_lowercase().as_str()) {
            return Vec::new();
        }
        let lacks = |list: &[String], value: &str| {
            !list.is_empty() && !is_own(value) && !list.iter().any(|known| known == value)
        };
        let mut unknown = Vec::new();
        if lacks(&self.sources, source) {
            unknown.push(("source", source));
        }
        if lacks(&self.media, medium) {
            unknown.push(("medium", medium));
        }
        if !is_own(campaign) && !self.takes_campaign(campaign) {
            unknown.push(("campaign", campaign));
        }
        unknown
    }

    /// Whether a campaign may be called so.
    pub fn takes_campaign(&self, name: &str) -> bool {
        let fits =
            |pattern: &String| Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(name));
        self.campaigns.as_ref().is_none_or(fits)
    }
}

/// The rules in order, ready to use.
#[derive(Clone, Debug)]
pub struct ChannelRules {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    channel: String,
    source: Option<Regex>,
    medium: Option<Regex>,
    campaign: Option<Regex>,
}

/// A rule whose pattern is not a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {number} ({channel}): {message}")]
pub struct ChannelRuleError {
    /// Counts from 1.
    pub number: usize,
    pub channel: String,
    pub message: String,
}

/// The channel of whatever no rule matches.
pub const UNASSIGNED: &str = "unassigned";

impl ChannelRules {
    /// Compiles the rules; reports every bad pattern.
    pub fn new(specs: &[ChannelRuleSpec]) -> Result<Self, Vec<ChannelRuleError>> {
        let mut rules = Vec::new();
        let mut errors = Vec::new();
        for (index, spec) in specs.iter().enumerate() {
            match compile(spec) {
                Ok(rule) => rules.push(rule),
                Err(message) => {
                    errors.push(ChannelRuleError { number: index + 1, channel: spec.channel.clone(), message });
                }
            }
        }
        if errors.is_empty() { Ok(Self { rules }) } else { Err(errors) }
    }

    /// The channel of the first rule that matches, else [`UNASSIGNED`]. Case does not matter.
    pub fn channel(&self, source: &str, medium: &str, campaign: &str) -> &str {
        let (source, medium, campaign) = (source.to_lowercase(), medium.to_lowercase(), campaign.to_lowercase());
        let holds = |pattern: &Option<Regex>, value: &str| pattern.as_ref().is_none_or(|p| p.is_match(value));
        self.rules
            .iter()
            .find(|rule| {
                holds(&rule.source, &source) && holds(&rule.medium, &medium) && holds(&rule.campaign, &campaign)
            })
            .map_or(UNASSIGNED, |rule| &rule.channel)
    }

    /// Every channel a rule can give, in rule order, without repeats.
    pub fn channels(&self) -> Vec<&str> {
        let mut channels: Vec<&str> = Vec::new();
        for rule in &self.rules {
            if !channels.contains(&rule.channel.as_str()) {
                channels.push(&rule.channel);
            }
        }
        channels
    }
}

fn compile(spec: &ChannelRuleSpec) -> Result<Rule, String> {
    let pattern = |field: &str, text: &Option<String>| -> Result<Option<Regex>, String> {
        text.as_ref()
            .map(|text| {
                Regex::new(&format!("^(?:{text})$"))
                    .map_err(|_| format!("{field} = {text:?} is not a regular expression"))
            })
            .transpose()
    };
    Ok(Rule {
        channel: spec.channel.clone(),
        source: pattern("source", &spec.source)?,
        medium: pattern("medium", &spec.medium)?,
        campaign: pattern("campaign", &spec.campaign)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(channel: &str, source: Option<&str>, medium: Option<&str>) -> ChannelRuleSpec {
        let own = |text: Option<&str>| text.map(str::to_owned);
        ChannelRuleSpec { channel: channel.to_owned(), source: own(source), medium: own(medium), campaign: None }
    }

    #[test]
    fn the_first_matching_rule_decides_whatever_the_case() {
        let rules = ChannelRules::new(&[
            rule("paid_search", Some("google|bing"), Some("cpc|ppc")),
            rule("organic_search", None, Some("organic")),
        ])
        .expect("rules");
        assert_eq!(rules.channel("Google", "CPC", "x"), "paid_search");
        assert_eq!(rules.channel("google", "organic", ""), "organic_search");
        assert_eq!(rules.channel("googlebot", "cpc", ""), UNASSIGNED);
    }

    #[test]
    fn tags_that_are_not_allowed_are_known_and_untagged_visits_are_none() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let tags = Tags { sources: list(&["google"]), media: list(&["cpc"]), campaigns: Some("[a-z_]+".to_owned()) };
        assert_eq!(tags.unknown("google", "cpc", "spring_sale"), []);
        assert_eq!(
            tags.unknown("Google", "cpm", "Spring"),
            [("source", "Google"), ("medium", "cpm"), ("campaign", "Spring")]
        );
        assert_eq!(tags.unknown("duckduckgo.com", "organic", "X"), []);
        assert_eq!(tags.unknown("(direct)", "(none)", "(not set)"), []);
        assert_eq!(Tags::default().unknown("x", "y", "Z"), []);
    }

    #[test]
    fn every_bad_pattern_is_reported() {
        let errors =
            ChannelRules::new(&[rule("a", Some("("), None), rule("b", Some("x"), None), rule("c", None, Some("["))])
                .expect_err("two errors");
        assert_eq!(errors.iter().map(|error| error.number).collect::<Vec<_>>(), [1, 3]);
    }
}
