//! Days and months that lie far off, and industries that no benchmark is of.

use super::{Findings, Step};
use crate::config::{Settings, WorkspaceSettings};
use crate::domain::target::{Target, Term};
use crate::support::nearest::unknown_remedy;
use Step::{Key, Nth};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use std::collections::BTreeSet;

/// Plans reach no further.
const MONTHS_AHEAD: u32 = 36;
const MONTHS_BACK: u32 = 120;
/// No vendor of marketing data has older days.
const FIRST_YEAR: i32 = 2000;

pub(super) fn review(settings: &Settings, now: DateTime<Utc>, found: &Findings<'_>) {
    let industries: BTreeSet<&str> = settings.benchmarks.iter().map(|benchmark| benchmark.industry.as_str()).collect();
    for workspace in &settings.workspaces {
        let today = now.with_timezone(&workspace.workspace.time_zone).date_naive();
        first_days(workspace, today, found);
        months(workspace, today, found);
        stated(workspace, today, found);
        if let Some(industry) = workspace.industry.as_deref().filter(|own| !industries.contains(own)) {
            let message =
                format!("industry: config/benchmarks.toml has no line of {industry:?}, so no figure is rated");
            let known: Vec<&str> = industries.iter().copied().collect();
            let remedy = unknown_remedy(industry, &known, "industries");
            found.warn(&workspace.file, &[Key("industry")], &message, &remedy);
        }
    }
}

fn first_days(workspace: &WorkspaceSettings, today: NaiveDate, found: &Findings<'_>) {
    let vendors = workspace.connections.iter().map(|own| (&own.id, own.since, own.line));
    let files = workspace.files.iter().map(|own| (&own.id, own.drop.since, own.line));
    for (id, since, line) in vendors.chain(files) {
        let Some(since) = since else { continue };
        if since > today {
            let message = format!("connection {id:?}: since = {since} is still to come, so nothing is loaded before");
            found.warn_at(&workspace.file, Some(line), &message, "write the first day to load, as 2026-01-31");
        } else if since.year() < FIRST_YEAR {
            let message = format!("connection {id:?}: since = {since} lies before the year {FIRST_YEAR}");
            found.warn_at(&workspace.file, Some(line), &message, "write the first day that the vendor has");
        }
    }
}

/// Days of events and experiments, and what a status says of them.
fn stated(workspace: &WorkspaceSettings, today: NaiveDate, found: &Findings<'_>) {
    for (index, event) in workspace.business.events.iter().enumerate() {
        let (message, key) = match () {
            () if event.from > today + Months::new(MONTHS_AHEAD) => ("ahead", "from"),
            () if event.to > event.from + Months::new(12) => ("long", "to"),
            () => continue,
        };
        let message = match message {
            "ahead" => format!("[[events]]: {} is more than {} years ahead", event.from, MONTHS_AHEAD / 12),
            _ => format!("[[events]]: {} to {} is more than a year", event.from, event.to),
        };
        found.warn(&workspace.file, &[Key("events"), Nth(index), Key(key)], &message, "correct the year");
    }
    for (index, own) in workspace.business.experiments.iter().enumerate() {
        if let Some(wrong) = own.contradiction(today) {
            let steps = [Key("experiments"), Nth(index), Key("status")];
            let message = format!("[[experiments]]: {:?} {wrong}", own.id);
            found.warn(&workspace.file, &steps, &message, "correct status, start or end");
        }
    }
}

fn months(workspace: &WorkspaceSettings, today: NaiveDate, found: &Findings<'_>) {
    let month = |day: NaiveDate| day.format("%Y-%m").to_string();
    let budgets = workspace.budgets.iter().enumerate();
    let budgets = budgets.map(|(index, own)| ("budgets", "month", index, own.month, month(own.month)));
    let of_target = |(index, own): (usize, &Target)| {
        let (start, last) = (own.period.start, own.period.last_day());
        let year = workspace.workspace.fiscal_year;
        let at = |key, day| ("targets", key, index, day, own.term.stated(day, year));
        match own.term {
            // The first day is checked where it is stated.
            Term::By if year.year_of(last).start != start => vec![at("from", start), at("by", last)],
            Term::By => vec![at("by", last)],
            term => vec![at(term.key(), start)],
        }
    };
    let targets = workspace.targets.iter().enumerate().flat_map(of_target);
    let campaigns = workspace.campaigns.iter().enumerate();
    let campaigns = campaigns.map(|(index, own)| ("campaigns", "start", index, own.start, own.start.to_string()));
    for (list, key, index, day, shown) in budgets.chain(targets).chain(campaigns) {
        let steps = [Key(list), Nth(index), Key(key)];
        if day > today + Months::new(MONTHS_AHEAD) {
            let message = format!("[[{list}]]: {shown} is more than {} years ahead", MONTHS_AHEAD / 12);
            found.warn(&workspace.file, &steps, &message, "correct the year");
        } else if day < today - Months::new(MONTHS_BACK) {
            let message = format!("[[{list}]]: {shown} is more than {} years ago", MONTHS_BACK / 12);
            found.warn(&workspace.file, &steps, &message, "correct the year");
        }
    }
    for (index, campaign) in workspace.campaigns.iter().enumerate() {
        if let Some(end) = campaign.end.filter(|end| *end > today + Months::new(12 * 10)) {
            let message = format!("[[campaigns]]: {:?} ends in {}", campaign.name, end.year());
            found.warn(&workspace.file, &[Key("campaigns"), Nth(index), Key("end")], &message, "correct the year");
        }
    }
}
