//! From the configuration to what the planner knows: each job for each of its workspaces.

use crate::config::jobs::Reach;
use crate::config::{LatePolicy, Settings, WorkspaceSettings};
use crate::connectors::Catalog;
use crate::connectors::spec::{LoadSpec, SlicingSpec, StreamSpec};
use crate::domain::metric::Registry;
use crate::domain::schedule::{Pair, PlannedJob, Schedule};
use crate::warehouse::slots::Dated;
use std::collections::BTreeSet;

/// Every job for each workspace it works for; one of the installation is there once.
pub fn planned_jobs(settings: &Settings, dated: &Dated) -> Vec<PlannedJob> {
    let mut planned = Vec::new();
    for job in &settings.jobs {
        if job.kind.reach() == Reach::Installation {
            let zone = job.time_zone.unwrap_or(chrono_tz::UTC);
            planned.push(PlannedJob {
                pair: Pair::new(&job.id, ""),
                schedule: Schedule { expression: job.cron.clone(), zone },
                policy: job.policy.clone(),
                days_zone: zone,
            });
            continue;
        }
        for workspace in settings.workspaces_of(job) {
            let days_zone = workspace.workspace.time_zone;
            let schedule = Schedule { expression: job.cron.clone(), zone: job.time_zone.unwrap_or(days_zone) };
            let mut policy = job.policy.clone();
            let own = |id: &String| workspace.connections.iter().any(|connection| connection.id == *id);
            policy.after_coverage.retain(own);
            let holds = job.kind.report().is_some_and(|report| report.late == LatePolicy::Hold);
            if holds && job.policy.after_coverage.is_empty() {
                policy.after_coverage = all_dated(workspace, dated);
            }
            planned.push(PlannedJob { pair: Pair::new(&job.id, &workspace.workspace.id), schedule, policy, days_zone });
        }
    }
    planned
}

fn all_dated(workspace: &WorkspaceSettings, dated: &Dated) -> Vec<String> {
    let id = &workspace.workspace.id;
    let has_days = |connection: &String| dated.contains_key(&(id.clone(), connection.clone()));
    workspace.connections.iter().map(|connection| connection.id.clone()).filter(has_days).collect()
}

/// The streams of each connection whose days a report depends on.
pub fn dated_streams(settings: &Settings, catalog: &Catalog) -> Dated {
    let mut dated = Dated::new();
    for workspace in &settings.workspaces {
        let printed = printed(settings, workspace);
        for connection in &workspace.connections {
            let Some(connector) = catalog.get(&connection.connector) else { continue };
            for (id, stream) in &connector.spec.streams {
                // Of one that is complete days later nobody waits for yesterday.
                if stream.complete_after_days == 0 && daily_load(stream, &settings.metrics, &printed).is_some() {
                    let key = (workspace.workspace.id.clone(), connection.id.clone());
                    dated.entry(key).or_default().insert(id.clone());
                }
            }
        }
    }
    dated
}

/// Metrics that a workspace's reports print because files say so: in sections of their own, as goals of the workspace
/// and of its campaigns, and beside benchmarks of its industry.
pub fn printed<'a>(settings: &'a Settings, workspace: &'a WorkspaceSettings) -> BTreeSet<&'a str> {
    let reports = settings.jobs.iter().filter_map(|job| job.kind.report());
    let editions = reports.flat_map(|report| {
        std::iter::once(&report.base.edition).chain(report.editions.iter().map(|edition| &edition.edition))
    });
    let own = editions.flat_map(|edition| edition.own.iter().flat_map(|own| &own.metrics));
    let goals = workspace.targets.iter().map(|target| &target.metric);
    let of_campaigns = workspace.campaigns.iter().flat_map(|campaign| campaign.targets.keys());
    let rated = settings.benchmarks.iter().filter(|rated| Some(&rated.industry) == workspace.industry.as_ref());
    own.chain(goals).chain(of_campaigns).chain(rated.map(|rated| &rated.metric)).map(String::as_str).collect()
}

/// The load by which a stream fills days that some metric rests on, if it does: what readiness,
/// freshness and the scheduler all mean by a source that is late. For a breakdown of another stream's figures nobody
/// waits who does not print one of them.
pub fn daily_load<'a>(stream: &'a StreamSpec, metrics: &Registry, printed: &BTreeSet<&str>) -> Option<&'a LoadSpec> {
    let by_day = |load: &&LoadSpec| load.touches.iter().any(|column| column.ends_with("date"));
    let is_daily = matches!(stream.slicing, SlicingSpec::Days { .. });
    let load = stream.loads.iter().rev().find(by_day);
    let load = load.or_else(|| stream.loads.last().filter(|_| is_daily))?;
    let is_wanted = |id: &str| stream.breakdown_of.is_none() || printed.contains(id);
    let of_metrics = metrics.iter().any(|metric| metric.from.contains(&load.table) && is_wanted(&metric.id));
    let is_used = of_metrics || crate::report::questions::rest_on(&load.table);
    (is_used && stream.has_days()).then_some(load)
}
