//! `daybook note`: known events, and the public holidays beside them.

use super::Outcome;
use super::add::{self, note::NoteArgs};
use super::show::table;
use crate::app::AppError;
use crate::config::{self, WorkspaceSettings};
use crate::domain::business::KnownEvent;
use crate::domain::holidays::{RegionalHoliday, holidays_between};
use crate::domain::period::Period;
use crate::support::clock::Clock;
use crate::support::nearest::unknown_remedy;
use chrono::{Days, NaiveDate};
use std::path::Path;

/// Holidays are listed so far ahead where no last day is named.
const DAYS_AHEAD: u64 = 90;

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

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
struct Line {
    workspace: String,
    from: NaiveDate,
    to: NaiveDate,
    /// Of the event, or `holiday`.
    kind: String,
    text: String,
    /// Channels, metrics and countries; the regions of a holiday.
    scope: Vec<String>,
    mute: bool,
}

pub fn run(root: &Path, command: &NoteCommand, clock: &Clock, json: bool) -> anyhow::Result<Outcome> {
    match command {
        NoteCommand::Add(args) => add::add_note(root, args, json),
        NoteCommand::List(args) => list(root, args, clock, json),
    }
}

fn list(root: &Path, args: &ListArgs, clock: &Clock, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let known: Vec<&str> = settings.workspaces.iter().map(|own| own.workspace.id.as_str()).collect();
    if let Some(wrong) = args.workspace.iter().find(|id| !known.contains(&id.as_str())) {
        let near = unknown_remedy(wrong, &known, "workspaces");
        return Err(AppError::Usage(format!("there is no workspace {wrong:?}: {near}")).into());
    }
    if let (Some(from), Some(to)) = (args.from, args.to)
        && to < from
    {
        return Err(AppError::Usage("--to lies before --from".to_owned()).into());
    }
    let chosen = settings
        .workspaces
        .iter()
        .filter(|own| args.workspace.is_empty() || args.workspace.contains(&own.workspace.id));
    let lines: Vec<Line> = chosen
        .flat_map(|own| {
            let today = clock.now().with_timezone(&own.workspace.time_zone).date_naive();
            lines(own, args, today)
        })
        .collect();
    if json {
        outln!("{}", serde_json::to_string(&lines)?);
        return Ok(Outcome::Done);
    }
    if lines.is_empty() {
        outln!("no known events; add one: daybook note add \"what happened\" --on 2026-11-12");
        return Ok(Outcome::Done);
    }
    outln!("{}", table(&["workspace", "days", "kind", "what", "only"], &[], lines.iter().map(cells).collect()));
    Ok(Outcome::Done)
}

/// In order of their days.
fn lines(own: &WorkspaceSettings, args: &ListArgs, today: NaiveDate) -> Vec<Line> {
    let after = |date: NaiveDate, days| date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
    let events = own
        .business
        .events
        .iter()
        .filter(|event| args.from.is_none_or(|from| event.to >= from) && args.to.is_none_or(|to| event.from <= to));
    let mut lines: Vec<Line> = events.map(|event| of_event(own, event)).collect();
    if args.holidays {
        let start = args.from.or(args.to).unwrap_or(today);
        let last = args.to.unwrap_or_else(|| after(start, DAYS_AHEAD));
        let days = Period { start, end: after(last, 1) };
        let found = holidays_between(&own.business.holidays, days.start, days.end);
        lines.extend(found.into_iter().map(|holiday| of_holiday(own, holiday)));
    }
    lines.sort_by_key(|line| (line.from, line.to));
    lines
}

fn of_event(own: &WorkspaceSettings, event: &KnownEvent) -> Line {
    Line {
        workspace: own.workspace.id.clone(),
        from: event.from,
        to: event.to,
        kind: event.kind.word().to_owned(),
        text: event.text.clone(),
        scope: [event.channels.clone(), event.metrics.clone(), event.countries.clone()].concat(),
        mute: event.is_muted,
    }
}

fn of_holiday(own: &WorkspaceSettings, holiday: RegionalHoliday) -> Line {
    Line {
        workspace: own.workspace.id.clone(),
        from: holiday.date,
        to: holiday.date,
        kind: "holiday".to_owned(),
        text: holiday.name,
        scope: holiday.regions.iter().map(ToString::to_string).collect(),
        mute: false,
    }
}

fn cells(line: &Line) -> Vec<String> {
    let days = if line.from == line.to { line.from.to_string() } else { format!("{} to {}", line.from, line.to) };
    let kind = if line.mute { format!("{}, muted", line.kind) } else { line.kind.clone() };
    vec![line.workspace.clone(), days, kind, line.text.clone(), line.scope.join(", ")]
}
