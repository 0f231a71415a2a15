//! What an edit of the configuration changes, in words an admin can check before it is used.

mod recipients;

use super::jobs::Reach;
use super::{ConnectionSettings, FileConnection, Job, Settings, WorkspaceSettings};
use crate::domain::schedule::Schedule;
use crate::warehouse::WarehouseConfig;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// How many coming slots are named.
const SLOTS: usize = 3;

/// Each change in a sentence, in the order of the files; empty if none matters. Slots are listed from
/// `now` on, in UTC.
pub fn changes(old: &Settings, new: &Settings, now: DateTime<Utc>) -> Vec<String> {
    // Named one by one, so that a new field does not compile until it is reported or left out on purpose.
    let Settings {
        root: _,
        data_dir,
        warehouse,
        landing,
        log,
        admin,
        schedule,
        delivery,
        privacy,
        rates_of,
        maintenance,
        workspaces: _,
        channels,
        facts,
        metrics,
        benchmarks,
        jobs: _,
        rollups,
        checks,
        presets: _,
        secrets: _,
    } = old;
    let mut told = Vec::new();
    for (name, differs, when) in [
        ("[warehouse]", differ(&machine(warehouse), &machine(&new.warehouse)), "; it counts from the next start"),
        ("data_dir", differ(data_dir, &new.data_dir), "; it counts from the next start"),
        ("[admin]", differ(admin, &new.admin), "; it counts from the next start"),
        ("[log]", differ(log, &new.log), "; it counts from the next start"),
        ("[landing]", differ(landing, &new.landing), ""),
        ("[schedule]", differ(schedule, &new.schedule), ""),
        ("[privacy]", differ(privacy, &new.privacy), "; with another key, known people count as new"),
        ("[rates]", differ(rates_of, &new.rates_of), ": the next rollup computes the days it moves anew"),
        (
            "[delivery]",
            differ(&recipients::without_channels(delivery), &recipients::without_channels(&new.delivery)),
            ": how messages leave",
        ),
        (
            "[backup], [retention] or [maintenance]",
            differ(maintenance, &new.maintenance),
            ": from the next night of maintenance on",
        ),
        ("config/benchmarks.toml", differ(benchmarks, &new.benchmarks), ": what reports compare with"),
        ("config/channels.toml", differ(channels, &new.channels), ": the next rollup computes every day anew"),
        ("config/facts", differ(facts, &new.facts), ": tables and what is added to the metrics follow"),
        ("jobs/metrics.toml", differ(metrics, &new.metrics), ": every report's figures follow it"),
        ("jobs/rollups", differ(rollups, &new.rollups), ": the next rollup computes every day anew"),
        ("jobs/checks", differ(checks, &new.checks), ""),
    ] {
        if differs {
            told.push(format!("{name} changes{when}"));
        }
    }
    recipients::channels(&old.delivery, &new.delivery, &mut told);
    workspaces(old, new, &mut told);
    jobs(old, new, now, &mut told);
    told
}

/// What of the machine DuckDB may use.
fn machine(config: &WarehouseConfig) -> (u64, u32) {
    (config.memory_limit_mb, config.threads)
}

/// Settings print all they hold, but secrets as `***`; a reference to another secret differs.
fn differ(old: &impl Debug, new: &impl Debug) -> bool {
    format!("{old:?}") != format!("{new:?}")
}

fn workspaces(old: &Settings, new: &Settings, told: &mut Vec<String>) {
    let by_id = |settings: &Settings| -> BTreeMap<String, WorkspaceSettings> {
        settings.workspaces.iter().map(|w| (w.workspace.id.clone(), w.clone())).collect()
    };
    let (old, new) = (by_id(old), by_id(new));
    for (id, before) in &old {
        let Some(after) = new.get(id) else {
            told.push(format!("the workspace {id} is removed; its data stays"));
            continue;
        };
        let WorkspaceSettings {
            file: _,
            workspace,
            gross_margin,
            contact,
            connections: _,
            files: _,
            recipients,
            readers,
            budgets,
            targets,
            campaigns,
            business,
            industry,
            locale,
        } = before;
        if differ(workspace, &after.workspace) {
            told.push(format!("{id}: name, zone, currency or week change; days computed from now on follow"));
        }
        // jameskokoska/Cashew#614: amounts that somebody wrote have no currency of their own.
        let is_kept = !differ(budgets, &after.budgets) && !differ(targets, &after.targets);
        let has_amounts = !after.budgets.is_empty() || !after.targets.is_empty();
        if workspace.currency != after.workspace.currency && is_kept && has_amounts {
            let (old, new) = (workspace.currency.code(), after.workspace.currency.code());
            told.push(format!(
                "{id}: amounts of its budgets and targets stay as they are written and mean {new} from now on: write them \
                 anew if they were {old}"
            ));
        }
        connections(id, before, after, told);
        recipients::groups(id, recipients, &after.recipients, told);
        for (what, differs) in [
            ("what single readers prefer changes", differ(readers, &after.readers)),
            ("the language of numbers and dates or the display of currencies changes", differ(locale, &after.locale)),
            ("budgets change", differ(budgets, &after.budgets)),
            ("targets change", differ(targets, &after.targets)),
            ("campaigns change", differ(campaigns, &after.campaigns)),
            ("competitors change", differ(&business.competitors, &after.business.competitors)),
            ("known events change", differ(&business.events, &after.business.events)),
            ("holidays change", differ(&business.holidays, &after.business.holidays)),
            ("experiments change", differ(&business.experiments, &after.business.experiments)),
            ("gross_margin changes", differ(gross_margin, &after.gross_margin)),
            ("contact changes", differ(contact, &after.contact)),
            ("industry changes; other benchmarks hold", differ(industry, &after.industry)),
        ] {
            if differs {
                told.push(format!("{id}: {what}"));
            }
        }
    }
    told.extend(new.keys().filter(|id| !old.contains_key(*id)).map(|id| format!("the workspace {id} is new")));
}

fn connections(workspace: &str, old: &WorkspaceSettings, new: &WorkspaceSettings, told: &mut Vec<String>) {
    let by_id = |settings: &WorkspaceSettings| -> BTreeMap<String, String> {
        // Lines move with every edit above them and mean nothing.
        let vendors = settings.connections.iter().map(|own| {
            let bare = ConnectionSettings { line: 0, lines: BTreeMap::new(), ..own.clone() };
            (own.id.clone(), format!("{bare:?}"))
        });
        let files = settings.files.iter().map(|own| {
            let bare = FileConnection { line: 0, ..own.clone() };
            (own.id.clone(), format!("{bare:?}"))
        });
        vendors.chain(files).collect()
    };
    let (old, new) = (by_id(old), by_id(new));
    for (id, before) in &old {
        match new.get(id) {
            None => told.push(format!("{workspace}: the connection {id} is removed; its data stays")),
            Some(after) if after != before => told.push(format!("{workspace}: the connection {id} changes")),
            Some(_) => {}
        }
    }
    told.extend(
        new.keys().filter(|id| !old.contains_key(*id)).map(|id| format!("{workspace}: the connection {id} is new")),
    );
}

fn jobs(old: &Settings, new: &Settings, now: DateTime<Utc>, told: &mut Vec<String>) {
    for before in &old.jobs {
        let Some(after) = new.jobs.iter().find(|job| job.id == before.id) else {
            told.push(format!("the job {} is removed; it runs no more", before.id));
            continue;
        };
        let (slots_before, slots_after) = (coming(old, before, now), coming(new, after, now));
        if slots_before != slots_after {
            told.push(format!(
                "the job {} runs at {} instead of {}",
                before.id,
                listed(&slots_after),
                listed(&slots_before)
            ));
        }
        if differ(&before.policy, &after.policy) {
            told.push(format!("the job {}: how it waits, retries or catches up changes", before.id));
        }
        if differ(&before.kind, &after.kind) {
            let what = if after.kind.report().is_some() { "its reports change" } else { "what it does changes" };
            told.push(format!("the job {}: {what}", before.id));
        }
    }
    for job in new.jobs.iter().filter(|job| old.jobs.iter().all(|known| known.id != job.id)) {
        told.push(format!("the job {} is new and runs at {}", job.id, listed(&coming(new, job, now))));
    }
}

/// The next slots of a job, by workspace.
fn coming(settings: &Settings, job: &Job, now: DateTime<Utc>) -> Vec<(String, Vec<DateTime<Utc>>)> {
    let slots = |zone| {
        let schedule = Schedule { expression: job.cron.clone(), zone };
        let next = |at: &DateTime<Utc>| schedule.next(*at).map(|fire| fire.at);
        std::iter::successors(next(&now), |at| next(&(*at + chrono::TimeDelta::seconds(1)))).take(SLOTS).collect()
    };
    if job.kind.reach() == Reach::Installation {
        return vec![("all workspaces".to_owned(), slots(job.time_zone.unwrap_or(chrono_tz::UTC)))];
    }
    settings
        .workspaces_of(job)
        .map(|workspace| {
            let tenant = &workspace.workspace;
            (tenant.id.clone(), slots(job.time_zone.unwrap_or(tenant.time_zone)))
        })
        .collect()
}

fn listed(slots: &[(String, Vec<DateTime<Utc>>)]) -> String {
    if slots.is_empty() {
        return "no time for any workspace".to_owned();
    }
    let of = |(workspace, times): &(String, Vec<DateTime<Utc>>)| {
        let times: Vec<String> = times.iter().map(|at| at.format("%m-%d %H:%M").to_string()).collect();
        format!("{} UTC for {workspace}", times.join(", "))
    };
    slots.iter().map(of).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn care_benchmarks_and_all_that_a_workspace_plans_are_reported() {
        let old = crate::config::load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the shipped files");
        let now = "2026-11-21T00:00:00Z".parse().expect("an instant");
        assert_eq!(changes(&old, &old.clone(), now), Vec::<String>::new());
        let mut new = old.clone();
        new.maintenance.backup.keep += 1;
        new.benchmarks.clear();
        let own = new.workspaces.iter_mut().find(|own| own.workspace.id == "example").expect("the example");
        own.readers.insert("jo@example.com".to_owned(), crate::config::Reader::default());
        own.locale.language = crate::report::format::Language::De;
        own.campaigns.clear();
        own.business = crate::domain::business::Business::default();
        own.gross_margin = own.gross_margin.map_or(Some(rust_decimal::Decimal::ONE), |_| None);
        own.industry = own.industry.as_ref().map_or(Some("farming".to_owned()), |_| None);
        assert_eq!(
            changes(&old, &new, now),
            [
                "[backup], [retention] or [maintenance] changes: from the next night of maintenance on",
                "config/benchmarks.toml changes: what reports compare with",
                "example: what single readers prefer changes",
                "example: the language of numbers and dates or the display of currencies changes",
                "example: campaigns change",
                "example: competitors change",
                "example: known events change",
                "example: holidays change",
                "example: experiments change",
                "example: gross_margin changes",
                "example: industry changes; other benchmarks hold",
            ]
        );
    }

    #[test]
    fn amounts_that_another_currency_leaves_as_they_are_are_reported() {
        let old = crate::config::load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the shipped files");
        let now = "2026-11-21T00:00:00Z".parse().expect("an instant");
        let mut new = old.clone();
        let own = new.workspaces.iter_mut().find(|own| own.workspace.id == "example").expect("the example");
        own.workspace.currency = crate::domain::money::Currency::new("CHF").expect("a currency");
        let told = changes(&old, &new, now);
        assert!(told.iter().any(|text| text.contains("budgets and targets stay as they are written")), "{told:?}");
        let own = new.workspaces.iter_mut().find(|own| own.workspace.id == "example").expect("the example");
        own.budgets.clear();
        own.targets.clear();
        assert!(changes(&old, &new, now).iter().all(|text| !text.contains("stay as they are written")));
    }
}
