//! Tags that were seen and are not allowed, and visits without a channel.

use crate::app::{App, AppError, Selection};
use crate::domain::channel::{ChannelRules, Tags, UNASSIGNED};
use crate::support::nearest::nearest;
use crate::warehouse::names::{Origin, origins};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

/// So many days back are looked at by default.
const DAYS: u64 = 90;

/// What is unknown in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownTags {
    pub workspace: String,
    /// Of the costs: the code of the workspace's currency.
    pub currency: String,
    /// The first day that was looked at, in the workspace's zone.
    pub from: NaiveDate,
    /// Most sessions first, then most cost.
    pub unknown: Vec<Unknown>,
}

/// A tag, or an origin without a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// `source`, `medium` or `campaign`; `unassigned` for an origin that no rule takes.
    pub what: &'static str,
    pub value: String,
    pub sessions: i64,
    /// In the workspace's currency.
    pub cost: Decimal,
    /// When it was seen last.
    pub last_date: NaiveDate,
    /// An allowed tag that it resembles.
    pub near: Option<String>,
}

/// Of the chosen workspaces, from a day on; 90 days back where none is named.
pub fn unknown_tags(app: &App, selection: &Selection, from: Option<NaiveDate>) -> Result<Vec<UnknownTags>, AppError> {
    let channels = &app.settings.channels;
    let mut all = Vec::new();
    for workspace in app.workspaces(selection)? {
        let tenant = &workspace.workspace;
        let today = app.clock.now().with_timezone(&tenant.time_zone).date_naive();
        let from = from.unwrap_or(today - Days::new(DAYS));
        let found = app.warehouse.read_blocking(|reader| origins(reader, &tenant.id, from))?;
        all.push(UnknownTags {
            workspace: tenant.id.clone(),
            currency: tenant.currency.code().to_owned(),
            from,
            unknown: unknown(&found, &channels.tags, &channels.rules),
        });
    }
    Ok(all)
}

/// What is not allowed, or has no channel: most sessions first, then most cost.
fn unknown(origins: &[Origin], tags: &Tags, rules: &ChannelRules) -> Vec<Unknown> {
    let mut found: BTreeMap<(&'static str, String), Unknown> = BTreeMap::new();
    for origin in origins {
        let Origin { source, medium, campaign, .. } = origin;
        let refused = tags.unknown(source, medium, campaign).into_iter().map(|(what, value)| (what, value.to_owned()));
        let lost = rules.channel(source, medium, campaign) == UNASSIGNED;
        for (what, value) in refused.chain(lost.then(|| ("unassigned", format!("{source} / {medium}")))) {
            let allowed: Vec<&str> = match what {
                "source" => tags.sources.iter().map(String::as_str).collect(),
                "medium" => tags.media.iter().map(String::as_str).collect(),
                _ => Vec::new(),
            };
            let near = nearest(&value.to_lowercase(), &allowed).map(str::to_owned);
            let line = found.entry((what, value.clone())).or_insert_with(|| Unknown {
                what,
                value,
                sessions: 0,
                cost: Decimal::ZERO,
                last_date: origin.last_date,
                near,
            });
            line.sessions += origin.sessions;
            line.cost += origin.cost;
            line.last_date = line.last_date.max(origin.last_date);
        }
    }
    let mut found: Vec<Unknown> = found.into_values().collect();
    found.sort_by_key(|line| std::cmp::Reverse((line.sessions, line.cost)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::ChannelRuleSpec;

    #[test]
    fn unknown_tags_are_summed_and_the_largest_comes_first() {
        let spec = ChannelRuleSpec {
            channel: "email".to_owned(),
            source: None,
            medium: Some("e-?mail".to_owned()),
            campaign: None,
        };
        let rules = ChannelRules::new(&[spec]).expect("rules");
        let tags = Tags { sources: vec!["newsletter".to_owned()], media: vec!["email".to_owned()], campaigns: None };
        let origin = |source: &str, medium: &str, sessions: i64, cost: i64| Origin {
            source: source.to_owned(),
            medium: medium.to_owned(),
            campaign: String::new(),
            sessions,
            cost: Decimal::from(cost),
            last_date: NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day"),
        };
        let seen = [
            origin("newsletter", "email", 900, 0),
            origin("Newsleter", "email", 40, 1),
            origin("Newsleter", "e-mail", 2, 5),
            origin("(direct)", "(none)", 70, 0),
        ];
        let found = unknown(&seen, &tags, &rules);
        let lines: Vec<(&str, &str, i64)> = found.iter().map(|u| (u.what, u.value.as_str(), u.sessions)).collect();
        assert_eq!(
            lines,
            [("unassigned", "(direct) / (none)", 70), ("source", "Newsleter", 42), ("medium", "e-mail", 2)]
        );
        assert_eq!((found[1].near.as_deref(), found[1].cost), (Some("newsletter"), Decimal::from(6)));
    }
}
