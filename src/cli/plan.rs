//! `daybook plan`: every fire of a span with its reason. Works beside a running daemon.

use super::Outcome;
use super::show::{plain, wrapped};
use crate::app::{AppError, catalog, dated_streams, planned_jobs};
use crate::config;
use crate::domain::period::Period;
use crate::domain::schedule::forecast::{Known, PlannedFire, forecast};
use crate::report::format::Locale;
use crate::support::clock::Clock;
use crate::warehouse::{Warehouse, slots};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::path::Path;

/// A longer list is asked for in parts.
const MOST_FIRES: usize = 100_000;
const WIDTH: usize = 80;

#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// From this day (00:00 UTC) or instant, e.g. 2026-03-28 or 2026-03-28T01:00Z; now by default.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<DateTime<Utc>>,
    /// Until before this day or instant; one day after --from by default.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: Option<DateTime<Utc>>,
    /// Only this job.
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// Only this workspace.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
}

pub fn run(root: &Path, args: &PlanArgs, clock: &Clock, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let now = clock.now();
    let from = args.from.unwrap_or(now);
    let to = args.to.unwrap_or_else(|| from + TimeDelta::days(1));
    if to <= from {
        return Err(AppError::Usage("--to is not after --from".to_owned()).into());
    }
    let mut jobs = planned_jobs(&settings, &dated_streams(&settings, &catalog(&settings.root)?));
    let ids = |name: fn(&crate::domain::schedule::PlannedJob) -> &str| -> std::collections::BTreeSet<String> {
        jobs.iter().map(|job| name(job).to_owned()).collect()
    };
    let named =
        [("job", &args.job, ids(|job| &job.pair.job)), ("workspace", &args.workspace, ids(|job| &job.pair.workspace))];
    for (what, asked, known) in named {
        if let Some(asked) = asked.as_ref().filter(|asked| !known.contains(*asked)) {
            let known: Vec<String> = known.into_iter().collect();
            return Err(AppError::Usage(format!("there is no {what} {asked:?}; there are {}", known.join(", "))).into());
        }
    }
    jobs.retain(|job| {
        args.job.as_ref().is_none_or(|id| *id == job.pair.job)
            && args.workspace.as_ref().is_none_or(|id| *id == job.pair.workspace)
    });
    // The most a job can fire is once a minute, so the bound holds before anything is worked out.
    let days = usize::try_from((to - from).num_days()).unwrap_or(0) + 1;
    let at_most: usize = jobs.iter().map(|job| job.schedule.expression.most_a_day().saturating_mul(days)).sum();
    if at_most > MOST_FIRES {
        let message = format!("that may be {at_most} fires: ask for a shorter span, or for one --job or --workspace");
        return Err(AppError::Usage(message).into());
    }
    let known = known(&settings);
    let mut fires = forecast(&jobs, &known, from, to, now);
    let reported = reported(&settings, &fires);
    for (fire, days) in fires.iter_mut().zip(&reported) {
        if let Some(days) = days {
            let notes = [days.text(), std::mem::take(&mut fire.note)];
            fire.note = notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ");
        }
    }
    if json {
        let all = fires.iter().zip(&reported).map(|(fire, days)| as_json(fire, days.as_ref()));
        outln!("{}", serde_json::Value::Array(all.collect()));
    } else if fires.is_empty() {
        outln!("nothing is due from {} to {}", minute(from), minute(to));
    } else {
        super::out::print(&as_text(&fires));
    }
    Ok(Outcome::Done)
}

/// What the ledger says, if there is one and no daemon holds it.
fn known(settings: &config::Settings) -> Known {
    let path = settings.data_dir.join("daybook.duckdb");
    if !path.exists() {
        return Known::default();
    }
    let read = Warehouse::open(&path, &settings.warehouse).and_then(|warehouse| {
        let marks = warehouse.read_blocking(slots::marks)?;
        let slots = warehouse.read_blocking(|reader| slots::list(reader, None, None, 1_000_000))?;
        Ok(Known {
            marks: marks.into_iter().collect(),
            slots: slots.into_iter().map(|slot| (slot.key.clone(), slot)).collect(),
        })
    });
    read.unwrap_or_else(|error| {
        errln!("note: what ran or was missed is left out, because {error}");
        Known::default()
    })
}

/// The days that a run reports.
struct Reported {
    days: Period,
    /// Whole days between their end and the run.
    age: i64,
    /// Whether a run before it in the list reports the same days.
    is_again: bool,
}

impl Reported {
    fn text(&self) -> String {
        let days = Locale::STANDARD.days_text(self.days);
        let again = if self.is_again { ", as the run before: nothing new is sent" } else { "" };
        let age =
            if self.age > 0 { format!(", which ended {} days before the run's day", self.age) } else { String::new() };
        format!("reports {days}{age}{again}")
    }
}

/// What each run that reports speaks of. The age is shown where the job's time zone makes a report older than
/// its cadence does.
fn reported(settings: &config::Settings, fires: &[PlannedFire]) -> Vec<Option<Reported>> {
    let mut last = BTreeMap::new();
    let of = |fire: &PlannedFire| {
        let job = settings.jobs.iter().find(|job| job.id == fire.pair.job)?;
        let config::JobKind::Report(report) = &job.kind else { return None };
        let workspace = &settings.workspace(&fire.pair.workspace)?.workspace;
        let today = fire.at.with_timezone(&workspace.time_zone).date_naive();
        let days = job.days_on(report, today, workspace);
        let is_again = last.insert(fire.pair.clone(), days) == Some(days);
        Some(Reported { days, age: (today - days.end).num_days(), is_again })
    };
    fires.iter().map(of).collect()
}

fn as_json(fire: &PlannedFire, days: Option<&Reported>) -> serde_json::Value {
    serde_json::json!({
        "reports_from": days.map(|reported| reported.days.start),
        "reports_through": days.map(|reported| reported.days.last_day()),
        "job": fire.pair.job, "workspace": fire.pair.workspace, "time_zone": fire.zone.name(),
        "local": fire.wall.format("%Y-%m-%dT%H:%M").to_string(), "at": fire.at, "begins_at": fire.begins_at,
        "reason": fire.reason.name(), "note": fire.note,
    })
}

/// A line a fire; where its reason is not normal, another one that says so. No line is longer than 80
/// columns.
fn as_text(fires: &[PlannedFire]) -> String {
    let zones = fires.iter().map(|fire| fire.zone.name().len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut line = |at: &str, local: &str, zone: &str, who: &str, reason: &str, note: &str| {
        let mut head = format!("{at:<16} {local:<12} {zone:<zones$}");
        // What does not fit goes to lines of its own.
        let mut rest = Vec::new();
        for part in if note.is_empty() { vec![who, reason] } else { vec![who] } {
            if rest.is_empty() && head.len() + 1 + part.len() <= WIDTH {
                head = format!("{head} {part}");
            } else {
                rest.push(part.to_owned());
            }
        }
        if !note.is_empty() {
            rest.push(format!("{reason}: {note}"));
        }
        out.push_str(&format!("{}\n", head.trim_end()));
        for text in rest.iter().filter(|text| !text.trim().is_empty()) {
            out.push_str(&wrapped("    ", text));
            out.push('\n');
        }
    };
    line("UTC", "local", "in", "job, workspace and reason", "", "");
    for fire in fires {
        let at = fire.at.format("%Y-%m-%d %H:%M").to_string();
        let local = fire.wall.format("%a %d %H:%M").to_string();
        let who = format!("{} {}", fire.pair.job, fire.pair.workspace);
        let note = plain(&fire.note).replace('\n', " ");
        line(&at, &local, fire.zone.name(), &who, fire.reason.name(), &note);
    }
    out
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%MZ").to_string()
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    let with_seconds =
        text.strip_suffix('Z').filter(|rest| rest.matches(':').count() == 1).map(|rest| format!("{rest}:00Z"));
    with_seconds
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| "write a day as 2026-03-28 or an instant as 2026-03-28T01:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::{Expression, Mark, Pair, PlannedJob, Policy, Schedule};
    use chrono_tz::Tz;

    fn job(id: &str, cron: &str, zone: Tz, policy: Policy) -> PlannedJob {
        let schedule = Schedule { expression: Expression::parse(cron).expect("an expression"), zone };
        PlannedJob { pair: Pair::new(id, "acme"), schedule, policy, days_zone: zone }
    }

    fn at(text: &str) -> DateTime<Utc> {
        instant(text).expect("an instant")
    }

    #[test]
    fn every_fire_is_shown_with_zone_instant_and_reason() {
        let gated = Policy { after: vec!["night".to_owned()], ..Policy::default() };
        let jobs = [
            job("night", "30 2 * * *", Tz::Europe__Berlin, Policy::default()),
            job("morning", "0 8 * * *", Tz::Europe__Berlin, gated),
        ];
        let now = at("2026-03-28T00:00Z");
        let told = as_text(&forecast(&jobs, &Known::default(), now, at("2026-03-29T12:00Z"), now));
        assert_eq!(
            told,
            "UTC              local        in            job, workspace and reason\n\
             2026-03-28 01:30 Sat 28 02:30 Europe/Berlin night acme normal\n\
             2026-03-28 07:00 Sat 28 08:00 Europe/Berlin morning acme\n    \
                 gated: after night, or 120 minutes later without\n\
             2026-03-29 01:00 Sun 29 03:00 Europe/Berlin night acme\n    \
                 gap: the clock skips 02:30\n\
             2026-03-29 06:00 Sun 29 08:00 Europe/Berlin morning acme\n    \
                 gated: after night, or 120 minutes later without\n"
        );
    }

    #[test]
    fn what_would_be_caught_up_and_what_not_is_shown() {
        let gated = Policy { after: vec!["sync".to_owned()], ..Policy::default() };
        let night = job("night", "30 2 * * *", Tz::UTC, gated);
        let seen = at("2026-11-18T12:00Z");
        let known = Known { marks: [(night.pair.clone(), Mark::first(seen))].into(), ..Known::default() };
        let fires = forecast(&[night], &known, at("2026-11-18"), at("2026-11-22"), at("2026-11-20T12:00Z"));
        let told: Vec<_> = fires.iter().map(|fire| (fire.at.format("%d").to_string(), fire.reason.name())).collect();
        let expected = [("18", "normal"), ("19", "missed"), ("20", "catch-up"), ("21", "gated")];
        assert_eq!(told, expected.map(|(day, reason)| (day.to_owned(), reason)));
        let waits: Vec<bool> = fires.iter().map(|fire| fire.note.contains("after sync")).collect();
        assert_eq!(waits, [false, false, true, true], "what is over waits for nothing");
    }

    #[test]
    fn no_line_is_longer_than_a_terminal() {
        let after = (0..9).map(|index| format!("another_job_with_a_long_name_{index}")).collect();
        let long = "a".repeat(60);
        let jobs =
            [job(&long, "30 2 * * *", Tz::America__Argentina__ComodRivadavia, Policy { after, ..Policy::default() })];
        let now = at("2026-03-28T00:00Z");
        let told = as_text(&forecast(&jobs, &Known::default(), now, at("2026-04-02"), now));
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        assert!(told.contains(&long) && told.contains("another_job_with_a_long_name_8"));
    }

    #[test]
    fn times_are_read_as_days_or_instants() {
        assert_eq!(at("2026-03-28"), at("2026-03-28T00:00Z"));
        assert_eq!(at("2026-03-28T01:30:00+01:00"), at("2026-03-28T00:30Z"));
        for wrong in ["", "yesterday", "2026-02-30", "28.03.2026"] {
            assert!(instant(wrong).is_err(), "{wrong:?}");
        }
    }
}
