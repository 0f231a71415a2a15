//! `[[campaigns]]` of a workspace: what was planned, to hold results against.

use super::Known;
use crate::domain::campaign::{Campaign, Status};
use crate::settings::Names;
use crate::settings::check_known;
use crate::settings::kinds::{amount, date, decimal, one_of, text};
use crate::settings::reader::{At, Section};
use crate::settings::values::quoted;
use std::collections::BTreeMap;

pub(super) fn read(top: &mut Section<'_>, known: &Known) -> Vec<Campaign> {
    let mut campaigns: Vec<Campaign> = Vec::new();
    for section in top.list("campaigns") {
        let line = section.line;
        let Some(campaign) = campaign(section, known) else { continue };
        if campaigns.iter().any(|other| other.name == campaign.name) {
            let message = format!("[[campaigns]]: {} is there twice", quoted(&campaign.name));
            top.problem(line, &message, "keep one of the two");
        }
        campaigns.push(campaign);
    }
    campaigns
}

fn campaign(mut section: Section<'_>, known: &Known) -> Option<Campaign> {
    let states = [("active", Status::Active), ("completed", Status::Completed), ("archived", Status::Archived)];
    section.about("A planned campaign, to hold its results against.");
    let name = section.required("name", "\"Spring Sale\"", text().about("The name that ads and links carry."));
    let label = section.optional("label", text().about("The name as printed."));
    let status = section
        .optional("status", one_of(&states).about("How the plan stands; active if left out."))
        .map_or(Status::Active, |at| at.value);
    let start = section.required("start", "2026-11-01", date().about("The first day."));
    let end = section.optional("end", date().about("The last day that counts; open if left out."));
    let budget =
        section.optional("budget", amount().about("Money for the whole campaign, in the workspace's currency."));
    let targets = section.entries(
        "targets",
        &Names::Any,
        decimal().about("What metrics should reach over the whole campaign, by metric; percentages as fractions."),
    );
    if let (Some(start), Some(end)) = (&start, &end)
        && end.value < start.value
    {
        section.problem(end.line, "[[campaigns]]: end lies before start", "write the last day that counts");
    }
    let mut by_metric = BTreeMap::new();
    for (metric, amount) in targets {
        let name = At { value: metric.clone(), line: amount.line };
        check_known(&section, &name, known.metrics.as_ref(), "metric", "jobs/metrics.toml");
        by_metric.insert(metric, amount.value);
    }
    section.finish();
    Some(Campaign {
        name: name?.value,
        label: label.map(|at| at.value),
        status,
        start: start?.value,
        end: end.map(|at| at.value),
        budget: budget.map(|at| at.value),
        targets: by_metric,
    })
}
