//! `daybook coverage`: which days of each source are there, where the holes are, and what fills them.

use super::show::{count, plain, wrapped};
use super::{Outcome, out};
use crate::app::{App, Selection};
use crate::domain::coverage::{DayState, state};
use crate::domain::period::Period;
use crate::queries::coverage::{StreamCoverage, coverage};
use chrono::{Datelike, NaiveDate};

#[derive(Debug, clap::Args)]
pub struct CoverageArgs {
    /// Only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    workspace: Vec<String>,
    /// Only this connection; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    connection: Vec<String>,
    /// From this day on; else from where the connection begins.
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Up to and including this day; else today.
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Draw each month: # whole, + in part, . missing.
    #[arg(long)]
    map: bool,
}

pub fn run(app: &App, args: &CoverageArgs, json: bool) -> anyhow::Result<Outcome> {
    let selection = Selection { workspaces: args.workspace.clone(), connections: args.connection.clone() };
    let all = coverage(app, &selection, (args.from, args.to))?;
    if json {
        return out::json(&all);
    }
    if all.is_empty() {
        outln!("no source of days is configured here");
    }
    for of in &all {
        print(of);
        if args.map {
            draw(of);
        }
    }
    Ok(Outcome::Done)
}

fn print(of: &StreamCoverage) {
    let whole = of.days.iter().filter(|day| day.is_whole_day).count() as u64;
    let account = if of.partition.is_empty() { String::new() } else { format!(" {}", plain(&of.partition)) };
    outln!("{} {} {}{account}", of.workspace, of.connection, of.stream);
    let expected = of.expected().days().unsigned_abs();
    outln!("  {} of {} days whole, {} to {}", count(whole), count(expected), of.from, of.to);
    for gap in &of.gaps {
        let state = if gap.state == DayState::Part { "in part" } else { "missing" };
        let why = gap
            .reason
            .as_ref()
            .map_or(String::new(), |(standing, reason)| format!(" ({}: {})", standing.name(), plain(reason)));
        outln!("{}", wrapped("  ", &format!("{state} {}{why}", gap.period())));
        outln!("    filled by: {}", gap.filled_by);
    }
}

/// A line a month; days outside what is expected are blank.
fn draw(of: &StreamCoverage) {
    outln!("          1   5    10   15   20   25   30");
    let (expected, held) = (of.expected(), of.held());
    let mut month = Period::month_of(expected.start);
    while month.start < expected.end {
        let day = |date: NaiveDate| match state(&held, date) {
            _ if !expected.contains(date) => ' ',
            DayState::Whole => '#',
            DayState::Part => '+',
            DayState::Missing => '.',
        };
        let line: String = month.dates().map(day).collect();
        outln!("  {}-{:02} {}", month.start.year(), month.start.month(), line.trim_end());
        month = Period::month_of(month.end);
    }
}
