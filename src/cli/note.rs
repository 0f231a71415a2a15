//! `daybook note`: known events, and the public holidays beside them.

use super::add::{self, note::NoteArgs};
use super::show::table;
use super::{Outcome, out};
use crate::queries::events::{EventEntry, EventsRequest, events};
use crate::support::clock::Clock;
use chrono::NaiveDate;
use std::path::Path;

#[derive(Debug, clap::Subcommand)]
pub enum NoteCommand {
    /// Add a known event: reports mark it on charts and name it beside comparisons.
    Add(Box<NoteArgs>),
    /// List known events, and public holidays if asked.
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    workspace: Vec<String>,
    /// Only what has days from this one on.
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Only what has days up to this one.
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// The public holidays of these days too; the next 90 days if no days are named.
    #[arg(long)]
    holidays: bool,
}

pub fn run(root: &Path, command: &NoteCommand, clock: &Clock, json: bool) -> anyhow::Result<Outcome> {
    match command {
        NoteCommand::Add(args) => add::add_note(root, args, json),
        NoteCommand::List(args) => list(root, args, clock, json),
    }
}

fn list(root: &Path, args: &ListArgs, clock: &Clock, json: bool) -> anyhow::Result<Outcome> {
    let asked =
        EventsRequest { workspaces: args.workspace.clone(), from: args.from, to: args.to, holidays: args.holidays };
    let found = events(root, &asked, clock.now())?;
    if json {
        return out::json(&found);
    }
    if found.is_empty() {
        outln!("no known events; add one: daybook note add \"what happened\" --on 2026-11-12");
        return Ok(Outcome::Done);
    }
    outln!("{}", table(&["workspace", "days", "kind", "what", "only"], &[], found.iter().map(cells).collect()));
    Ok(Outcome::Done)
}

fn cells(line: &EventEntry) -> Vec<String> {
    let days = if line.from == line.to { line.from.to_string() } else { format!("{} to {}", line.from, line.to) };
    let kind = if line.mute { format!("{}, muted", line.kind) } else { line.kind.clone() };
    vec![line.workspace.clone(), days, kind, line.text.clone(), line.scope.join(", ")]
}
