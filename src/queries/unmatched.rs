//! Names in the configuration that no figure bears: a report about a misspelt campaign is empty, and
//! looks as if nothing had happened.

use crate::config::metrics::OWN;
use crate::config::{Problem, Settings, WorkspaceSettings};
use crate::domain::metric::{Condition, Kind, Origin, RowFilter};
use crate::support::nearest::nearest;
use crate::support::text_file;
use crate::warehouse::{WarehouseError, names};
use chrono::{DateTime, Utc};
use duckdb::Connection;
use std::collections::BTreeSet;
use std::path::Path;

/// At most so many names are listed where none is near.
const SHOWN: usize = 5;

/// Parts of reports, planned campaigns and rows of metrics of a workspace without a figure; none while it has no campaign
/// at all, since all of them are empty then.
pub fn unmatched(
    settings: &Settings,
    workspace: &WorkspaceSettings,
    reader: &Connection,
    now: DateTime<Utc>,
) -> Result<Vec<Problem>, WarehouseError> {
    let id = &workspace.workspace.id;
    let known = names::campaigns(reader, id)?;
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let mut told = Vec::new();
    for (job, report) in settings.report_jobs(id) {
        for split in &report.splits {
            let filter = &split.split.filter;
            if names::has_figures(reader, id, filter)? {
                continue;
            }
            let asked: Vec<&str> = filter.campaigns.iter().chain(&filter.channels).map(String::as_str).collect();
            let message = format!(
                "[[splits]] {:?}: {id} has no figure of {}, so this report is empty there",
                split.split.id,
                asked.join(", ")
            );
            let remedy = remedy(filter.campaigns.first().map_or("", String::as_str), &known);
            told.push(problem(settings, &job.file, &split.split.id, &message, &remedy));
        }
    }
    told.extend(metrics(settings, id, reader, &known)?);
    let today = now.with_timezone(&workspace.workspace.time_zone).date_naive();
    for campaign in workspace.campaigns.iter().filter(|campaign| campaign.start < today) {
        if !known.contains(&campaign.name) {
            let message = format!("[[campaigns]]: no figure belongs to {:?}, so its results are empty", campaign.name);
            let remedy = remedy(&campaign.name, &known);
            told.push(problem(settings, &workspace.file, &campaign.name, &message, &remedy));
        }
    }
    Ok(told)
}

/// Rows of printed metrics, and of what those are made of, that no figure is of. Names of channels were checked when
/// their file was read.
fn metrics(
    settings: &Settings,
    workspace: &str,
    reader: &Connection,
    known: &[String],
) -> Result<Vec<Problem>, WarehouseError> {
    let reports = settings.report_jobs(workspace).into_iter().map(|(_, report)| report);
    let editions = reports.flat_map(|report| {
        std::iter::once(&report.base.edition).chain(report.editions.iter().map(|edition| &edition.edition))
    });
    let mut waiting: Vec<&str> =
        editions.flat_map(|edition| &edition.own).flat_map(|own| &own.metrics).map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    let mut told = Vec::new();
    while let Some(id) = waiting.pop() {
        let Some(metric) = settings.metrics.get(id).filter(|_| seen.insert(id)) else { continue };
        waiting.extend(metric.kind.metrics());
        let (Kind::Sum { rows, .. } | Kind::Of { rows, .. }) = &metric.kind else { continue };
        for Condition { origin, names } in rows.conditions.iter().filter(|own| own.origin != Origin::Channel) {
            for name in names {
                let rows = RowFilter::new([Condition { origin: *origin, names: vec![name.clone()] }]);
                if names::has_rows(reader, workspace, &rows)? {
                    continue;
                }
                let message = format!("[{id}]: no figure of {workspace} is of {rows}, so nothing of it counts there");
                let remedy = match origin {
                    Origin::Campaign => remedy(name, known),
                    _ => "`daybook sources` lists those that have figures".to_owned(),
                };
                told.push(problem(settings, Path::new(OWN), name, &message, &remedy));
            }
        }
    }
    Ok(told)
}

/// The problem at the line that holds `text` in quotes.
fn problem(settings: &Settings, file: &Path, text: &str, message: &str, remedy: &str) -> Problem {
    let lines = text_file::text_or_nothing(&settings.root.join(file));
    let quoted = [format!("\"{text}\""), format!("'{text}'")];
    let is_there = |line: &str| !line.trim_start().starts_with('#') && quoted.iter().any(|text| line.contains(text));
    let line = lines.lines().position(is_there).map(|index| index + 1);
    Problem::new(file, line, message, remedy)
}

fn remedy(asked: &str, known: &[String]) -> String {
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let lower = asked.trim_matches('*').trim().to_lowercase();
    let same = names.iter().find(|name| name.to_lowercase().contains(&lower)).filter(|_| !lower.is_empty());
    match nearest(asked, &names).or(same.copied()) {
        Some(near) => format!("did you mean {near:?}? Small and capital letters differ"),
        None => {
            format!("names that have figures: {}", names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", "))
        }
    }
}
