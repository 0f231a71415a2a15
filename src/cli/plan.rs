//! `daybook plan`: every fire of a span with its reason. Works beside a running daemon.

use super::show::{plain, wrapped};
use super::{Outcome, out};
use crate::queries::plan::{PlanEntry, PlanRequest, plan};
use crate::support::clock::Clock;
use chrono::{DateTime, NaiveDate, Utc};
use std::path::Path;

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
    let asked = PlanRequest { from: args.from, to: args.to, job: args.job.clone(), workspace: args.workspace.clone() };
    let found = plan(root, &asked, clock.now())?;
    if let Some(error) = &found.unread {
        errln!("note: what ran or was missed is left out, because {error}");
    }
    if json {
        return out::json(&found.fires);
    }
    if found.fires.is_empty() {
        outln!("nothing is due from {} to {}", minute(found.from), minute(found.to));
    } else {
        out::print(&as_text(&found.fires));
    }
    Ok(Outcome::Done)
}

/// A line a fire; where its reason is not normal, another one that says so. No line is longer than 80
/// columns.
fn as_text(fires: &[PlanEntry]) -> String {
    let zones = fires.iter().map(|fire| fire.time_zone.len()).max().unwrap_or(0);
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
        let local = fire.local.format("%a %d %H:%M").to_string();
        let who = format!("{} {}", fire.job, fire.workspace);
        let note = plain(&fire.note).replace('\n', " ");
        line(&at, &local, fire.time_zone, &who, fire.reason, &note);
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
    use crate::domain::schedule::forecast::{Known, PlannedFire, forecast};
    use crate::domain::schedule::{Expression, Mark, Pair, PlannedJob, Policy, Schedule};
    use chrono_tz::Tz;

    fn job(id: &str, cron: &str, zone: Tz, policy: Policy) -> PlannedJob {
        let schedule = Schedule { expression: Expression::parse(cron).expect("an expression"), zone };
        PlannedJob { pair: Pair::new(id, "acme"), schedule, policy, days_zone: zone }
    }

    fn entries(fires: Vec<PlannedFire>) -> Vec<PlanEntry> {
        fires.into_iter().map(Into::into).collect()
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
        let told = as_text(&entries(forecast(&jobs, &Known::default(), now, at("2026-03-29T12:00Z"), now)));
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
        let told = as_text(&entries(forecast(&jobs, &Known::default(), now, at("2026-04-02"), now)));
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
