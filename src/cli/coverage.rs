//! `daybook coverage`: which days of each source are there, where the holes are, and what fills them.

use super::Outcome;
use super::show::{count, plain, wrapped};
use crate::app::{App, Selection};
use crate::app::{SecretsAre, catalog, sources};
use crate::domain::coverage::{DayState, Gap, Standing, gaps, state};
use crate::domain::period::Period;
use crate::jobs::sync::Source;
use crate::warehouse::coverage::{CoveredDay, covered};
use chrono::{Datelike, Days, NaiveDate};
use std::collections::BTreeMap;

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

/// A stream's partition: what is expected and what is there.
struct Reached {
    workspace: String,
    connection: String,
    stream: String,
    partition: String,
    expected: Period,
    /// The running day of the account's zone.
    today: NaiveDate,
    held: BTreeMap<NaiveDate, bool>,
    days: Vec<CoveredDay>,
    gaps: Vec<Gap>,
}

pub fn run(app: &App, args: &CoverageArgs, json: bool) -> anyhow::Result<Outcome> {
    let selection = Selection { workspaces: args.workspace.clone(), connections: args.connection.clone() };
    let mut all = Vec::new();
    for workspace in app.workspaces(&selection)? {
        let id = workspace.workspace.id.clone();
        let now = app.clock.now();
        let days = app.warehouse.read_blocking(|reader| covered(reader, &id, now))?;
        let today = now.date_naive();
        let (sources, _) = sources(&app.settings, workspace, &catalog(&app.settings.root)?, today, SecretsAre::Assumed);
        for source in sources {
            if args.connection.is_empty() || args.connection.contains(&source.connection.id) {
                all.extend(reached(app, &source, &days, args));
            }
        }
    }
    if json {
        outln!("{}", serde_json::Value::Array(all.iter().map(as_json).collect()));
    } else if all.is_empty() {
        outln!("no source of days is configured here");
    } else {
        for reached in &all {
            print(reached, args.map);
        }
    }
    Ok(Outcome::Done)
}

fn reached(app: &App, source: &Source, days: &[CoveredDay], args: &CoverageArgs) -> Vec<Reached> {
    let connection = &source.connection;
    let mut all = Vec::new();
    for (id, stream) in &connection.connector.spec.streams {
        if !stream.has_days() {
            continue;
        }
        let zone = connection.time_zone(stream.time_zone_setting.as_deref());
        let today = app.clock.now().with_timezone(&zone).date_naive();
        let last = args.to.unwrap_or(today).min(today);
        let Some(expected) = Period::new(args.from.unwrap_or(source.since).max(source.since), last + Days::new(1))
        else {
            continue;
        };
        for partition in connection.partitions(stream.partition_over.as_deref()) {
            let own = |day: &&CoveredDay| {
                day.connection == connection.id
                    && day.stream == *id
                    && day.partition == partition
                    && expected.contains(day.date)
            };
            let days: Vec<CoveredDay> = days.iter().filter(own).cloned().collect();
            let held = days.iter().map(|day| (day.date, day.is_whole_day)).collect();
            all.push(Reached {
                workspace: connection.workspace.clone(),
                connection: connection.id.clone(),
                stream: id.clone(),
                partition,
                expected,
                today,
                gaps: gaps(&held, expected),
                held,
                days,
            });
        }
    }
    all
}

/// What brings a gap's days in.
fn filled_by(reached: &Reached, gap: &Gap) -> String {
    if gap.period.last_day() >= reached.today - Days::new(1) && reached.days.iter().any(|d| d.date < gap.period.end) {
        return "the next sync".to_owned();
    }
    if reached.days.is_empty() || reached.days.iter().any(|d| gap.period.contains(d.date) && d.standing.is_some()) {
        return format!("daybook sync -w {} -c {}", reached.workspace, reached.connection);
    }
    format!(
        "daybook backfill -w {} -c {} --from {} --to {}",
        reached.workspace,
        reached.connection,
        gap.period.start,
        gap.period.last_day()
    )
}

fn print(reached: &Reached, map: bool) {
    let whole = reached.held.values().filter(|is_whole| **is_whole).count() as u64;
    let account = if reached.partition.is_empty() { String::new() } else { format!(" {}", plain(&reached.partition)) };
    outln!("{} {} {}{account}", reached.workspace, reached.connection, reached.stream);
    outln!(
        "  {} of {} days whole, {} to {}",
        count(whole),
        count(reached.expected.days().unsigned_abs()),
        reached.expected.start,
        reached.expected.last_day()
    );
    for gap in &reached.gaps {
        let state = if gap.state == DayState::Part { "in part" } else { "missing" };
        let why = reached.days.iter().find(|day| gap.period.contains(day.date) && day.standing.is_some());
        let why = why.map_or(String::new(), |day| {
            let standing = day.standing.map_or("", Standing::name);
            format!(" ({standing}: {})", plain(day.reason.as_deref().unwrap_or_default()))
        });
        outln!("{}", wrapped("  ", &format!("{state} {}{why}", gap.period)));
        outln!("    filled by: {}", filled_by(reached, gap));
    }
    if map {
        draw(reached);
    }
}

/// A line a month; days outside what is expected are blank.
fn draw(reached: &Reached) {
    outln!("          1   5    10   15   20   25   30");
    let mut month = Period::month_of(reached.expected.start);
    while month.start < reached.expected.end {
        let day = |date: NaiveDate| match state(&reached.held, date) {
            _ if !reached.expected.contains(date) => ' ',
            DayState::Whole => '#',
            DayState::Part => '+',
            DayState::Missing => '.',
        };
        let line: String = month.dates().map(day).collect();
        outln!("  {}-{:02} {}", month.start.year(), month.start.month(), line.trim_end());
        month = Period::month_of(month.end);
    }
}

fn as_json(reached: &Reached) -> serde_json::Value {
    let gaps = reached.gaps.iter().map(|gap| {
        serde_json::json!({"from": gap.period.start, "to": gap.period.last_day(), "state": gap.state,
            "filled_by": filled_by(reached, gap)})
    });
    serde_json::json!({
        "workspace": reached.workspace, "connection": reached.connection, "stream": reached.stream,
        "partition": reached.partition, "from": reached.expected.start, "to": reached.expected.last_day(),
        "gaps": gaps.collect::<Vec<_>>(),
        "days": reached.days.iter().map(|day| serde_json::json!({"date": day.date, "is_whole_day": day.is_whole_day,
            "load_id": day.load_id, "covered_at": day.covered_at})).collect::<Vec<_>>(),
    })
}
