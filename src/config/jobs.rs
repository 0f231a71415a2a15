//! `jobs/<id>.toml`: one job each. The file's name is the job's id.

use super::Workspaces;
use super::files::{file_id, files_in, read_text};
use super::reader::{At, Problems, Section, Source, read_toml, unknown_remedy};
use super::timing::{self, Timing};
use super::values::{check_known, cron, id, list_of, one_of, quoted, time_zone};
use crate::domain::schedule::{Expression, Overlap, Policy};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Reports that can be built.
pub const REPORTS: [&str; 1] = ["daily_performance"];

/// Something to be done on schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobKind {
    Sync(SyncJob),
    Rollup,
    Report(ReportJob),
    /// Backup, retention and the rest of the warehouse's care; of all workspaces together.
    Care,
}

/// Load what vendors and folders have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncJob {
    /// Ids of connections; all if absent.
    pub connections: Option<Vec<String>>,
}

/// Build a report and send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportJob {
    /// One of [`REPORTS`].
    pub report: String,
    /// Groups of recipients.
    pub to: Vec<String>,
    pub formats: Vec<Format>,
    pub compare: Vec<Comparison>,
    /// What to do when data is late.
    pub late: LatePolicy,
}

/// A rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Pdf,
    Html,
    Csv,
}

/// What figures are set against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    DayBefore,
    SameWeekday,
    Target,
}

/// What to do when data is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatePolicy {
    /// Wait until the deadline, then send with the gaps named on top.
    Hold,
    /// Send at once and name the gaps on top.
    SendWithBanner,
    /// Send at once without the sections that lack data.
    DropSection,
}

#[derive(Clone, Copy)]
enum Kind {
    Sync,
    Rollup,
    Report,
    Care,
}

/// Reads every job of `jobs/` but the metrics, which live beside them.
pub(super) fn read_all(root: &Path, workspaces: &Workspaces, problems: &Problems) -> Vec<Job> {
    let mut ids = BTreeSet::new();
    let found: Vec<(Job, Option<usize>)> = files_in(root, "jobs", "toml", problems)
        .into_iter()
        .filter(|file| file != Path::new(super::metrics::FILE))
        .filter_map(|file| {
            let id = file_id(&file, problems)?;
            ids.insert(id.clone());
            let text = read_text(root, &file, false, problems)?;
            let source = Source { file: &file, text: &text, problems };
            read_toml(source, |top| read(top, id, workspaces))?
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
        // Of a circle, the first job by name is told.
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

fn read(mut top: Section<'_>, id: String, workspaces: &Workspaces) -> Option<(Job, Option<usize>)> {
    let file = top.source.file.to_owned();
    let kinds = [("sync", Kind::Sync), ("rollup", Kind::Rollup), ("report", Kind::Report), ("care", Kind::Care)];
    let kind = top.required("kind", "\"sync\", \"rollup\", \"report\" or \"care\"", one_of(&kinds))?.value;
    let cron = top.required("cron", "\"0 8 * * 1-5\"", cron);
    let time_zone = top.optional("time_zone", time_zone);
    let chosen = top.optional("workspaces", list_of(super::values::id));
    if let Some(chosen) = &chosen {
        let known: BTreeSet<String> = workspaces.keys().cloned().collect();
        check_each(&top, chosen, Some(&known), "workspace", super::workspaces::FOLDER);
    }
    let scope = Scope { workspaces, chosen: chosen.as_ref().map(|at| at.value.as_slice()) };
    let default = match kind {
        // The next sync fetches what this one would have.
        Kind::Sync => Policy { overlap: Overlap::Skip, ..Policy::default() },
        Kind::Rollup | Kind::Report | Kind::Care => Policy::default(),
    };
    let vendors = scope.any(|workspace| workspace.connections.iter().map(|own| own.id.clone()).collect());
    let Timing { policy, after_line } = timing::read(&mut top, default, vendors.as_ref());
    let kind = match kind {
        Kind::Sync => read_sync(&mut top, &scope).map(JobKind::Sync),
        Kind::Rollup => Some(JobKind::Rollup),
        Kind::Report => read_report(&mut top, &scope).map(JobKind::Report),
        Kind::Care => Some(JobKind::Care),
    };
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

/// The workspaces of a job.
struct Scope<'a> {
    workspaces: &'a Workspaces,
    chosen: Option<&'a [String]>,
}

impl Scope<'_> {
    /// What any of them has; `None` if one of them is unknown or could not be read.
    fn any(&self, names: impl Fn(&super::WorkspaceSettings) -> BTreeSet<String>) -> Option<BTreeSet<String>> {
        let ids: Vec<&String> =
            self.chosen.map_or_else(|| self.workspaces.keys().collect(), |ids| ids.iter().collect());
        let mut all = BTreeSet::new();
        for id in ids {
            all.extend(names(self.workspaces.get(id)?.as_ref()?));
        }
        Some(all)
    }
}

fn read_sync(top: &mut Section<'_>, scope: &Scope<'_>) -> Option<SyncJob> {
    let connections = top.optional("connections", list_of(id));
    if let Some(connections) = &connections {
        let known = scope.any(|workspace| {
            let vendors = workspace.connections.iter().map(|connection| connection.id.clone());
            vendors.chain(workspace.files.iter().map(|files| files.id.clone())).collect()
        });
        check_each(top, connections, known.as_ref(), "connection", "the job's workspaces");
    }
    Some(SyncJob { connections: connections.map(|at| at.value) })
}

fn read_report(top: &mut Section<'_>, scope: &Scope<'_>) -> Option<ReportJob> {
    let formats = [("pdf", Format::Pdf), ("html", Format::Html), ("csv", Format::Csv)];
    let comparisons = [
        ("day_before", Comparison::DayBefore),
        ("same_weekday", Comparison::SameWeekday),
        ("target", Comparison::Target),
    ];
    let policies = [
        ("hold", LatePolicy::Hold),
        ("send_with_banner", LatePolicy::SendWithBanner),
        ("drop_section", LatePolicy::DropSection),
    ];
    let report = top.required("report", "\"daily_performance\"", one_of(&REPORTS.map(|report| (report, report))));
    let to = top.required("to", "[\"marketing\"]", list_of(id));
    let formats = top.required("formats", "[\"pdf\", \"html\", \"csv\"]", list_of(one_of(&formats)));
    let compare = top.optional("compare", list_of(one_of(&comparisons)));
    let late = top.optional("late", one_of(&policies)).map_or(LatePolicy::Hold, |at| at.value);
    if let Some(to) = &to {
        let known = scope.any(|workspace| workspace.recipients.keys().cloned().collect());
        check_each(top, to, known.as_ref(), "recipient group", "the job's workspaces");
        refuse_empty(top, to, "to", "name at least one group");
    }
    if let Some(formats) = &formats {
        refuse_empty(top, formats, "formats", "name at least one of \"pdf\", \"html\", \"csv\"");
    }
    Some(ReportJob {
        report: report?.value.to_owned(),
        to: to?.value,
        formats: formats?.value,
        compare: compare.map(|at| at.value).unwrap_or_default(),
        late,
    })
}

fn check_each(top: &Section<'_>, names: &At<Vec<String>>, known: Option<&BTreeSet<String>>, what: &str, place: &str) {
    for name in &names.value {
        check_known(top, &At { value: name.clone(), line: names.line }, known, what, place);
    }
}

fn refuse_empty<T>(top: &Section<'_>, list: &At<Vec<T>>, key: &str, remedy: &str) {
    if list.value.is_empty() {
        top.problem(list.line, &format!("{key}: the list is empty"), remedy);
    }
}
