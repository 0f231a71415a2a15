//! Expressions that mean something else than they seem to, and work that no job does.

use super::{Findings, Step};
use crate::config::{Job, JobKind, Settings};
use Step::Key;
use std::collections::BTreeSet;

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    for job in &settings.jobs {
        expression(job, found);
    }
    left_out(settings, found);
}

fn expression(job: &Job, found: &Findings<'_>) {
    let fields: Vec<&str> = job.cron.text().split_whitespace().collect();
    let [minute, hour, day, _, weekday] = fields[..] else { return };
    let warn = |message: &str, remedy: &str| found.warn(&job.file, &[Key("cron")], message, remedy);
    if minute == "*" && hour != "*" {
        let message = format!("cron: {:?} runs each minute of the hour, 60 times", job.cron.text());
        warn(&message, &format!("write the minute, as \"0 {hour} {day} * {weekday}\""));
    }
    let is_limited = |field: &str| field != "*" && field != "?" && !field.starts_with("*/");
    if is_limited(day) && is_limited(weekday) {
        let message = "cron: where day and weekday are both given, either of them is enough";
        warn(message, "write * for one of the two, or a weekday with its number in the month, as 1#1");
    }
    for (field, of, unit) in [(minute, 60, "minutes"), (hour, 24, "hours")] {
        let step = field.strip_prefix("*/").and_then(|step| step.parse::<u32>().ok());
        if let Some(step) = step.filter(|step| *step > 1 && of % step != 0) {
            let message = format!("cron: */{step} does not run every {step} {unit}: it begins anew at 0");
            warn(&message, &format!("choose a step that divides {of}, or list the {unit}"));
        }
    }
}

/// Workspaces and connections that jobs leave out.
fn left_out(settings: &Settings, found: &Findings<'_>) {
    if settings.jobs.is_empty() {
        let remedy = "add jobs to the folder jobs/: `daybook init` writes the usual ones";
        found.warn_at(std::path::Path::new("jobs"), None, "there is no job, so nothing runs by itself", remedy);
        return;
    }
    for workspace in &settings.workspaces {
        let id = &workspace.workspace.id;
        let of = |job: &&Job| job.workspaces.as_ref().is_none_or(|ids| ids.contains(id));
        let jobs: Vec<&Job> = settings.jobs.iter().filter(of).collect();
        let has_sources = !workspace.connections.is_empty() || !workspace.files.is_empty();
        let lacks = |is_there: bool, what: &str, kind: &str| {
            if !is_there {
                let message = format!("no job of the kind {kind:?} is for {id}, so {what}");
                let remedy = format!("add one to jobs/, or add {id:?} to the workspaces of one that is there");
                found.warn_at(&workspace.file, None, &message, &remedy);
            }
        };
        let any = |wanted: fn(&JobKind) -> bool| jobs.iter().any(|job| wanted(&job.kind));
        lacks(any(|kind| kind.report().is_some()), "nobody gets a report of it", "report");
        if !has_sources {
            continue;
        }
        lacks(any(JobKind::is_rollup), "its days are not computed", "rollup");
        let has_sync = any(|kind| kind.sync().is_some());
        lacks(has_sync, "nothing is read", "sync");
        if !has_sync {
            continue;
        }
        let mut read: BTreeSet<&str> = BTreeSet::new();
        let mut is_all = false;
        for job in &jobs {
            if let Some(sync) = job.kind.sync() {
                is_all |= sync.connections.is_none();
                read.extend(sync.connections.iter().flatten().map(String::as_str));
            }
        }
        let vendors = workspace.connections.iter().map(|own| (own.id.as_str(), own.line));
        let files = workspace.files.iter().map(|own| (own.id.as_str(), own.line));
        for (connection, line) in vendors.chain(files).filter(|(own, _)| !is_all && !read.contains(own)) {
            let message = format!("connection {connection:?}: no job reads it");
            found.warn_at(&workspace.file, Some(line), &message, "add it to connections of a job of the kind \"sync\"");
        }
    }
}
