//! Reports that go to nobody, groups that no report names, and parts of a workspace that do not exist.

use super::{Findings, Step};
use crate::config::jobs::Copy;
use crate::config::{Job, Recipients, ReportJob, Settings, WorkspaceSettings};
use crate::delivery::{ChannelRef, channels};
use crate::support::nearest::unknown_remedy;
use Step::{Key, Nth};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Channels of `[[splits]]` exist.
pub(super) fn refuse(settings: &Settings, found: &Findings<'_>) {
    let channels = settings.channels.ids();
    let known: Vec<&str> = channels.iter().map(String::as_str).collect();
    for (job, report) in reports(settings) {
        for (index, split) in report.splits.iter().enumerate() {
            for channel in split.split.filter.channels.iter().filter(|channel| !channels.contains(*channel)) {
                let message = format!("[[splits]]: config/channels.toml has no channel {channel:?}");
                let steps = [Key("splits"), Nth(index), Key("channels")];
                found.refuse(&job.file, &steps, &message, &unknown_remedy(channel, &known, "channels"));
            }
        }
    }
}

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    for (job, report) in reports(settings) {
        for workspace in settings.workspaces_of(job) {
            nobody(job, report, workspace, found);
        }
        patterns(job, report, found);
    }
    for workspace in &settings.workspaces {
        unnamed_groups(settings, workspace, found);
        made_twice(settings, workspace, found);
    }
    unused_channels(settings, found);
}

fn reports(settings: &Settings) -> impl Iterator<Item = (&Job, &ReportJob)> {
    settings.jobs.iter().filter_map(|job| Some((job, job.kind.report()?)))
}

fn reaches_somebody(recipients: &Recipients) -> bool {
    recipients.files || !recipients.mail.is_empty() || !recipients.channels.is_empty()
}

/// Reports documents of the job that nobody in the workspace gets.
fn nobody(job: &Job, report: &ReportJob, workspace: &WorkspaceSettings, found: &Findings<'_>) {
    let id = &workspace.workspace.id;
    let lost = |copy: &Copy| !copy.to.iter().any(|group| workspace.recipients.get(group).is_some_and(reaches_somebody));
    let copies = report.copies();
    let nobody: Vec<&Copy> = copies.iter().filter(|copy| lost(copy)).collect();
    let is_all = nobody.len() == copies.len();
    let mut told: BTreeSet<&[String]> = BTreeSet::new();
    let most = if is_all { 1 } else { usize::MAX };
    for copy in nobody.into_iter().filter(|copy| told.insert(&copy.to)).take(most) {
        let steps = place(report, &copy.to);
        let what = match copy.definition.variant() {
            _ if is_all => "the report".to_owned(),
            variant if variant.is_empty() => "the standard edition".to_owned(),
            variant => format!("the edition {variant:?}"),
        };
        let groups = copy.to.join(", ");
        let message = match copy.to.iter().find(|group| workspace.recipients.contains_key(*group)) {
            Some(_) => format!("{what} goes to nobody in {id}: {groups} has no address, no channel and no folder"),
            None => format!("{what} goes to nobody in {id}, which has no group {groups}"),
        };
        let group = copy.to.first().map_or("", String::as_str);
        let file = workspace.file.display();
        let remedy = format!("add [recipients.{group}] to {file} with somebody in it, or list workspaces in the job");
        found.warn(&job.file, &steps, &message, &remedy);
    }
    // Others of the list get it; one group is missed all the same.
    for copy in copies.iter().filter(|copy| !lost(copy)) {
        for group in copy.to.iter().filter(|group| !workspace.recipients.contains_key(*group)) {
            let message = format!("{id} has no group {group:?}: only the others of the list get the report there");
            let remedy = format!("add [recipients.{group}] to {}, or remove the group", workspace.file.display());
            found.warn(&job.file, &place(report, &copy.to), &message, &remedy);
        }
    }
}

/// Where a list of groups stands in the job's file.
fn place<'s>(report: &ReportJob, to: &[String]) -> Vec<Step<'s>> {
    if report.to == to {
        return vec![Key("to")];
    }
    let edition = report.editions.iter().position(|edition| edition.to == to);
    let split = report.splits.iter().position(|split| split.to.as_deref() == Some(to));
    match (edition, split) {
        (Some(index), _) => vec![Key("editions"), Nth(index), Key("to")],
        (None, Some(index)) => vec![Key("splits"), Nth(index), Key("to")],
        (None, None) => vec![Key("kind")],
    }
}

/// Patterns of campaigns in the words of another language of patterns.
fn patterns(job: &Job, report: &ReportJob, found: &Findings<'_>) {
    for (index, split) in report.splits.iter().enumerate() {
        for name in &split.split.filter.campaigns {
            let is_regex = name.contains(".*") || name.starts_with('^') || name.ends_with('$') || name.contains("\\d");
            let remedy = if name.trim() != name.as_str() {
                "remove the blanks at its ends"
            } else if is_regex || name.contains('%') {
                "write * for anything, and every other sign as it is"
            } else {
                continue;
            };
            let message = format!("[[splits]]: {name:?} is compared letter by letter, with * for anything");
            found.warn(&job.file, &[Key("splits"), Nth(index), Key("campaigns")], &message, remedy);
        }
    }
}

/// A document of a period is issued once: of two jobs that make it, the later one sends nothing.
fn made_twice(settings: &Settings, workspace: &WorkspaceSettings, found: &Findings<'_>) {
    let mut first: BTreeMap<(String, String), &Job> = BTreeMap::new();
    for (job, report) in settings.report_jobs(&workspace.workspace.id) {
        for copy in report.copies() {
            let (of, variant) = (copy.definition.report.clone(), copy.definition.variant());
            let Some(other) = first.get(&(of.clone(), variant.clone())) else {
                first.insert((of, variant), job);
                continue;
            };
            if other.id == job.id {
                continue;
            }
            let what = if variant.is_empty() { of } else { format!("{of} ({variant})") };
            let message = format!(
                "{} makes {what} for {} as well: it is issued once, so the later of the two jobs sends nothing",
                other.id, workspace.workspace.id
            );
            let remedy = format!(
                "add the groups to {}, or write them under [[editions]] with an id of its own",
                other.file.display()
            );
            found.warn(&job.file, &place(report, &copy.to), &message, &remedy);
        }
    }
}

/// Groups whose readers get nothing.
fn unnamed_groups(settings: &Settings, workspace: &WorkspaceSettings, found: &Findings<'_>) {
    let jobs = settings.report_jobs(&workspace.workspace.id);
    // Where there is no report at all, that is reported instead.
    if jobs.is_empty() {
        return;
    }
    let named: BTreeSet<String> =
        jobs.iter().flat_map(|(_, report)| report.copies()).flat_map(|copy| copy.to).collect();
    for (group, recipients) in &workspace.recipients {
        if named.contains(group) || !reaches_somebody(recipients) {
            continue;
        }
        let message = format!("[recipients.{group}]: no report names this group, so it gets nothing");
        let remedy = format!("add {group:?} to the \"to\" of a job in jobs/, or remove the group");
        found.warn(&workspace.file, &[Key("recipients"), Key(group)], &message, &remedy);
    }
}

fn unused_channels(settings: &Settings, found: &Findings<'_>) {
    let of_groups =
        settings.workspaces.iter().flat_map(|own| own.recipients.values()).flat_map(|group| &group.channels);
    let used: BTreeSet<&ChannelRef> = of_groups.chain(&settings.delivery.operator.channels).collect();
    for (channel, destination) in &settings.delivery.channels {
        // A folder to look at stands there from the beginning.
        if used.contains(channel) || destination.folder().is_some() {
            continue;
        }
        let ChannelRef { kind, name } = channel;
        let noun = channels::kind(kind).map_or("channel", |kind| kind.noun);
        let message =
            format!("[delivery.{kind}.{name}]: no group of recipients names this {noun}, so nothing is posted");
        let remedy = format!("add channels = [\"{channel}\"] to a group of a workspace, or remove the {noun}");
        let steps = [Key("delivery"), Key(kind), Key(name)];
        found.warn(Path::new(crate::config::daemon::FILE), &steps, &message, &remedy);
    }
}
