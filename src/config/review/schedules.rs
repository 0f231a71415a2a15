//! Reports whose schedule and period do not go together: which period a run covers, and which it repeats.

use super::{Findings, Step};
use crate::config::{Job, ReportJob, Settings};
use crate::domain::period::Period;
use crate::domain::schedule::{Fire, Schedule};
use crate::domain::workspace::Workspace;
use crate::report::definition::Cadence;
use Step::Key;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeSet;

/// So many runs show how a schedule goes.
const RUNS: usize = 40;
const DAYS: i64 = 120;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) fn review(settings: &Settings, now: DateTime<Utc>, found: &Findings<'_>) {
    for job in &settings.jobs {
        missing_days(job, now, found);
        let Some(report) = job.kind.report() else { continue };
        let mut told = BTreeSet::new();
        for workspace in settings.workspaces_of(job) {
            for (message, remedy) in judge(job, report, &workspace.workspace, now) {
                // Workspaces of one zone and week have the same to report.
                if told.insert(message.clone()) {
                    found.warn(&job.file, &[Key("cron")], &message, &remedy);
                }
            }
        }
    }
}

/// A run, the day it is in the workspace, and what it covers.
struct Run {
    fire: Fire,
    today: NaiveDate,
    covers: Period,
}

fn runs(job: &Job, cadence: Cadence, tenant: &Workspace, now: DateTime<Utc>) -> Vec<Run> {
    let zone = job.time_zone.unwrap_or(tenant.time_zone);
    let schedule = Schedule { expression: job.cron.clone(), zone };
    let fires = schedule.fires(now, now + TimeDelta::days(DAYS));
    let run = |fire: Fire| {
        let today = fire.at.with_timezone(&tenant.time_zone).date_naive();
        Run { fire, today, covers: cadence.last_whole(today, tenant.calendar()) }
    };
    fires.into_iter().take(RUNS).map(run).collect()
}

fn judge(job: &Job, report: &ReportJob, tenant: &Workspace, now: DateTime<Utc>) -> Vec<(String, String)> {
    let cadence = report.base.cadence;
    let runs = runs(job, cadence, tenant, now);
    let Some(first) = runs.first() else { return Vec::new() };
    let id = &tenant.id;
    let (minute, hour) = (first.fire.wall.format("%-M"), first.fire.wall.format("%-H"));
    // The day after the period, where the report is new.
    let suggestion = match cadence {
        Cadence::Daily => format!("{minute} {hour} * * *"),
        Cadence::Weekly => format!("{minute} {hour} * * {}", tenant.week_starts_on.num_days_from_sunday()),
        Cadence::Monthly => format!("{minute} {hour} 1 * *"),
        Cadence::Quarterly => format!("{minute} {hour} 1 {} *", tenant.fiscal_year.quarter_months()),
    };
    let covered: BTreeSet<Period> = runs.iter().map(|run| run.covers).collect();
    if covered.len() < runs.len() {
        // Whole periods only: the first and last may be cut.
        let most = covered.iter().map(|period| runs.iter().filter(|run| run.covers == *period).count()).max();
        let message = format!(
            "cron: runs {} times for one {} of {id}: what was issued once is not sent again",
            most.unwrap_or_default(),
            cadence.noun()
        );
        return vec![(message, format!("run once for each {}, as cron = \"{suggestion}\"", cadence.noun()))];
    }
    let mut told = Vec::new();
    if let Some(zone) = job.time_zone {
        // In the job's own zone the period would be another one.
        let shifted = runs.iter().find(|run| cadence.last_whole(run.fire.wall.date(), tenant.calendar()) != run.covers);
        if let Some(run) = shifted {
            let there = run.fire.at.with_timezone(&tenant.time_zone);
            let message = format!(
                "cron: at {} in {} it is {} in {}, the zone of {id}: the report covers {}, a {} older than it seems",
                run.fire.wall.format("%a %H:%M"),
                zone.name(),
                there.format("%a %H:%M"),
                tenant.time_zone.name(),
                shown(run.covers, cadence),
                cadence.noun()
            );
            told.push((message, "leave time_zone out, or run later".to_owned()));
            return told;
        }
    }
    let late = runs.iter().map(|run| (run.today - run.covers.end).num_days()).min().unwrap_or_default();
    let is_late = match cadence {
        Cadence::Daily => late >= 1,
        Cadence::Weekly => late >= 2,
        Cadence::Monthly => late >= 15,
        Cadence::Quarterly => late >= 30,
    };
    if is_late {
        let message = format!(
            "cron: the run on {} covers {} of {id}, which ended {late} days before",
            first.today.format("%a %-d %b"),
            shown(first.covers, cadence),
        );
        told.push((message, format!("run on the day after the {}, as cron = \"{suggestion}\"", cadence.noun())));
    }
    told
}

fn shown(period: Period, cadence: Cadence) -> String {
    match cadence {
        Cadence::Daily => period.start.format("%a %-d %b").to_string(),
        Cadence::Weekly => {
            format!("the week from {} to {}", period.start.format("%a %-d %b"), period.last_day().format("%a %-d %b"))
        }
        Cadence::Monthly => period.start.format("%B").to_string(),
        Cadence::Quarterly => {
            format!("the quarter from {} to {}", period.start.format("%-d %b"), period.last_day().format("%-d %b"))
        }
    }
}

/// Days of the month that some months do not have.
fn missing_days(job: &Job, now: DateTime<Utc>, found: &Findings<'_>) {
    let fields: Vec<&str> = job.cron.text().split_whitespace().collect();
    let [minute, hour, day, "*", "*"] = fields[..] else { return };
    let numbers: Option<Vec<u32>> = day.split(',').map(|day| day.parse().ok()).collect();
    let Some(least) = numbers.and_then(|numbers| numbers.into_iter().min()).filter(|day| *day >= 29) else { return };
    let schedule = Schedule { expression: job.cron.clone(), zone: job.time_zone.unwrap_or(chrono_tz::UTC) };
    let with: BTreeSet<u32> =
        schedule.fires(now, now + TimeDelta::days(365)).iter().map(|fire| fire.meant.month()).collect();
    let without: Vec<&str> = (1..=12)
        .filter(|month| !with.contains(month))
        .filter_map(|month: u32| MONTHS.get(usize::try_from(month - 1).ok()?).copied())
        .collect();
    if !without.is_empty() {
        let message = format!("cron: the day {least} does not run in {}", without.join(", "));
        let remedy = format!("write \"{minute} {hour} 1 * *\" for the day after the month, or L for its last day");
        found.warn(&job.file, &[Key("cron")], &message, &remedy);
    }
}
