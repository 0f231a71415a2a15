//! `daybook channels unknown`: tags that were seen and are not allowed, and visits without a channel.

use super::Outcome;
use super::out;
use super::show::{count, table, wrapped};
use crate::app::{App, Selection};
use crate::queries::channels::unknown_tags;
use chrono::NaiveDate;

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

pub fn run(app: &App, command: &ChannelsCommand, json: bool) -> anyhow::Result<Outcome> {
    let ChannelsCommand::Unknown(args) = command;
    let selection = Selection { workspaces: args.workspace.clone(), connections: Vec::new() };
    let all = unknown_tags(app, &selection, args.from)?;
    if json {
        return out::json(&all);
    }
    if app.settings.channels.tags.is_empty() {
        outln!(
            "{}",
            wrapped(
                "",
                "config/channels.toml has no [tags]: every tag is allowed, and only visits without a channel are listed"
            )
        );
    }
    for of in &all {
        if of.unknown.is_empty() {
            outln!("{}: nothing unknown since {}", of.workspace, of.from);
            continue;
        }
        outln!("{} since {}:", of.workspace, of.from);
        let heads = ["what", "seen", "sessions", &format!("cost {}", of.currency), "last", "did you mean"];
        let lines = of.unknown.iter().take(MOST_LINES).map(|line| {
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
        if of.unknown.len() > MOST_LINES {
            outln!("and {} more: --json lists all", of.unknown.len() - MOST_LINES);
        }
    }
    Ok(Outcome::Done)
}
