//! `jobs/<id>.toml`: one job each. The file's name is the job's id.
//!
//! # Adding one
//!
//! A kind of job is a file in `src/config/jobs/` with a [`KindSpec`] (the keys of its own, its place among others, and
//! what is run, which calls a function of `crate::jobs`) and its line in [`KINDS`] below. Write the schema again
//! (`the_committed_schemas_are_current` says how).

mod days;
mod kind;
mod maintenance;
mod report;
mod rollup;
mod sync;

use super::timing::{self, Timing};
use super::{Known, Workspaces};
use crate::domain::schedule::{Expression, Policy};
pub use crate::report::readiness::LatePolicy;
use crate::settings::check_known;
use crate::settings::files::{file_id, files_in, read_text};
use crate::settings::kinds::{self, cron, list_of, time_zone};
use crate::settings::reader::{At, Problems, Section, Source, read_toml, unknown_remedy};
use crate::settings::values::quoted;
use chrono_tz::Tz;
pub use kind::{End, JobHost, JobKind, JobNames, JobSettings, KindSpec, Priority, Reach, Run};
pub use report::{Copy, Covers, EditionJob, ReportJob, SplitJob};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
pub use sync::SyncJob;

/// Every kind, in the order in which files are offered them.
pub const KINDS: [&KindSpec; 4] = [&sync::KIND, &rollup::KIND, &report::KIND, &maintenance::KIND];

/// Something to be done on schedule.
#[derive(Clone, Debug)]
pub struct Job {
    /// snake_case, the file's name.
    pub id: String,
    /// Relative to the root folder.
    pub file: PathBuf,
    /// When it is due.
    pub cron: Expression,
    /// The zone of `cron`; the zone of each workspace if absent.
    pub time_zone: Option<Tz>,
    /// Ids of the workspaces it works for; all if absent.
    pub workspaces: Option<Vec<String>>,
    /// What to do about missed, overlapping, failing and waiting slots.
    pub policy: Policy,
    pub kind: JobKind,
}

impl JobKind {
    /// What a report's file says, if it is one.
    pub fn report(&self) -> Option<&ReportJob> {
        self.settings()
    }

    pub fn is_rollup(&self) -> bool {
        self.id() == rollup::KIND.id
    }

    pub fn is_maintenance(&self) -> bool {
        self.id() == maintenance::KIND.id
    }

    /// What a sync's file says, if it is one.
    pub fn sync(&self) -> Option<&SyncJob> {
        self.settings()
    }
}

/// Reads every job of `jobs/` but the metrics, which live beside them.
pub(super) fn read_all(root: &Path, workspaces: &Workspaces, known: &Known, problems: &Problems) -> Vec<Job> {
    let mut ids = BTreeSet::new();
    let found: Vec<(Job, Option<usize>)> = files_in(root, "jobs", "toml", problems)
        .into_iter()
        .filter(|file| file != Path::new(super::metrics::FILE))
        .filter_map(|file| {
            let id = file_id(&file, problems)?;
            ids.insert(id.clone());
            let text = read_text(root, &file, false, problems)?;
            let source = Source { file: &file, text: &text, problems };
            read_toml(source, |top| read_top(top, id, workspaces, known))?
        })
        .collect();
    check_order(&found, &ids, problems);
    found.into_iter().map(|(job, _)| job).collect()
}

/// Jobs named in `after` exist, and no job waits for itself.
fn check_order(found: &[(Job, Option<usize>)], ids: &BTreeSet<String>, problems: &Problems) {
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let waits_for = |id: &str| found.iter().find(|(job, _)| job.id == id).map_or(&[][..], |(job, _)| &job.policy.after);
    for (job, line) in found {
        for other in job.policy.after.iter().filter(|other| !ids.contains(*other)) {
            let message = format!("after: jobs has no job {}", quoted(other));
            problems.add(&job.file, *line, &message, &unknown_remedy(other, &names, "jobs"));
        }
        // Of a circle, the first job by name is reported.
        let (mut reached, mut next) = (BTreeSet::new(), vec![job.id.as_str()]);
        while let Some(id) = next.pop() {
            next.extend(waits_for(id).iter().map(String::as_str).filter(|other| reached.insert(*other)));
        }
        if reached.contains(job.id.as_str()) && reached.iter().all(|other| *other >= job.id.as_str()) {
            let message = "after: the job would wait for itself, by way of those it names";
            problems.add(&job.file, *line, message, "let one of them not wait for the other");
        }
    }
}

pub(super) fn read_top(
    mut top: Section<'_>,
    id: String,
    workspaces: &Workspaces,
    others: &Known,
) -> Option<(Job, Option<usize>)> {
    let file = top.source.file.to_owned();
    let kinds = KINDS.map(|kind| (kind.id, kind));
    let about = "What is done: sync loads what vendors have, rollup computes days, report sends, maintenance keeps the warehouse.";
    let spec = top.choice("kind", "\"sync\", \"rollup\", \"report\" or \"maintenance\"", about, &kinds)?.value;
    let cron = top.required("cron", "\"0 8 * * 1-5\"", cron().about("Minute, hour, day, month, weekday."));
    let time_zone =
        top.optional("time_zone", time_zone().about("The zone of cron; that of each workspace if left out."));
    let chosen = top.optional("workspaces", list_of(kinds::id()).about("Ids of workspaces; all if left out."));
    if let Some(chosen) = &chosen {
        let known: BTreeSet<String> = workspaces.keys().cloned().collect();
        check_each(&top, chosen, Some(&known), "workspace", super::workspaces::FOLDER);
    }
    let names = JobNames { workspaces, chosen: chosen.as_ref().map(|at| at.value.as_slice()), others };
    let default = Policy { overlap: spec.overlap, ..Policy::default() };
    let Timing { policy, after_line } = timing::read(&mut top, default, names.vendors().as_ref());
    let kind = (spec.read)(&mut top, &names).map(|settings| JobKind::new(spec, settings));
    top.finish();
    let job = Job {
        id,
        file,
        cron: cron?.value,
        time_zone: time_zone.map(|at| at.value),
        workspaces: chosen.map(|at| at.value),
        policy,
        kind: kind?,
    };
    Some((job, after_line))
}

fn check_each(top: &Section<'_>, names: &At<Vec<String>>, known: Option<&BTreeSet<String>>, what: &str, place: &str) {
    for name in &names.value {
        check_known(top, &At { value: name.clone(), line: names.line }, known, what, place);
    }
}
