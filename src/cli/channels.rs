//! `daybook channels unknown`: tags that were seen and are not allowed, and visits without a channel.

use super::Outcome;
use super::show::{count, table, wrapped};
use crate::app::{App, Selection};
use crate::domain::channel::{ChannelRules, Tags, UNASSIGNED};
use crate::support::nearest::nearest;
use crate::warehouse::names::{Origin, origins};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// So many days back are looked at by default.
const DAYS: u64 = 90;
/// At most so many lines of a workspace are printed.
const MOST_LINES: usize = 100;

#[derive(Debug, clap::Subcommand)]
pub enum ChannelsCommand {
    /// List tags that [tags] of config/channels.toml does not allow, and visits that no rule gives a channel.
    Unknown(UnknownArgs),
}

#[derive(Debug, clap::Args)]
pub struct UnknownArgs {
    /// Only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    workspace: Vec<String>,
    /// From this day on; 90 days back by default.
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
}

/// A tag, or an origin without a channel.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
struct Unknown {
    /// `source`, `medium` or `campaign`; `unassigned` for an origin that no rule takes.
    what: &'static str,
    value: String,
    sessions: i64,
    cost: Decimal,
    last_date: NaiveDate,
    /// An allowed tag that it resembles.
    near: Option<String>,
}

pub fn run(app: &App, command: &ChannelsCommand, json: bool) -> anyhow::Result<Outcome> {
    let ChannelsCommand::Unknown(args) = command;
    let selection = Selection { workspaces: args.workspace.clone(), connections: Vec::new() };
    let channels = &app.settings.channels;
    let mut all = Vec::new();
    for workspace in app.workspaces(&selection)? {
        let tenant = &workspace.workspace;
        let today = app.clock.now().with_timezone(&tenant.time_zone).date_naive();
        let from = args.from.unwrap_or(today - Days::new(DAYS));
        let id = tenant.id.clone();
        let found = app.warehouse.read_blocking(move |reader| origins(reader, &id, from))?;
        all.push((tenant, from, unknown(&found, &channels.tags, &channels.rules)));
    }
    if json {
        let lines = all.iter().map(|(tenant, from, found)| {
            serde_json::json!({ "workspace": tenant.id, "currency": tenant.currency.code(), "from": from, "unknown": found })
        });
        outln!("{}", serde_json::Value::Array(lines.collect()));
        return Ok(Outcome::Done);
    }
    if channels.tags.is_empty() {
        outln!(
            "{}",
            wrapped(
                "",
                "config/channels.toml has no [tags]: every tag is allowed, and only visits without a channel are listed"
            )
        );
    }
    for (tenant, from, found) in &all {
        if found.is_empty() {
            outln!("{}: nothing unknown since {from}", tenant.id);
            continue;
        }
        outln!("{} since {from}:", tenant.id);
        let heads = ["what", "seen", "sessions", &format!("cost {}", tenant.currency.code()), "last", "did you mean"];
        let lines = found.iter().take(MOST_LINES).map(|line| {
            let sessions = count(u64::try_from(line.sessions).unwrap_or(0));
            let near = line.near.clone().unwrap_or_default();
            vec![
                line.what.to_owned(),
                line.value.clone(),
                sessions,
                line.cost.round_dp(2).to_string(),
                line.last_date.to_string(),
                near,
            ]
        });
        outln!("{}", table(&heads, &[2, 3], lines.collect()));
        if found.len() > MOST_LINES {
            outln!("and {} more: --json lists all", found.len() - MOST_LINES);
        }
    }
    Ok(Outcome::Done)
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
