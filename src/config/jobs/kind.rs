//! What a kind of job is: how its file is read, when it goes before others, and what is run.

use super::super::{Known, WorkspaceSettings, Workspaces};
use crate::domain::schedule::{Outcome, Overlap, Slot};
use crate::settings::Section;
use futures_util::future::LocalBoxFuture;
use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Who goes first where not all can go at once. In order: somebody waits for a report; an hour's sync is short and keeps
/// data fresh; a rollup may take long, and maintenance is of what all have left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    Report,
    Sync,
    Rollup,
    Maintenance,
}

/// Whom a job works for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Each of its workspaces by itself.
    Workspace,
    /// All of them together.
    Installation,
}

/// How an attempt ended, and a sentence for a person.
pub type End = (Outcome, String);

/// A kind of job. Files name it by its id.
pub struct KindSpec {
    pub id: &'static str,
    pub priority: Priority,
    pub reach: Reach,
    /// What becomes of a slot while the last run is at work, where the file does not say.
    pub overlap: Overlap,
    /// Reads the keys of its own.
    pub read: fn(&mut Section<'_>, &JobNames<'_>) -> Option<Arc<dyn JobSettings>>,
    /// Does a slot's work.
    pub run: for<'a> fn(&'a dyn JobHost, Run<'a>) -> LocalBoxFuture<'a, End>,
}

/// What a file says of a job of some kind.
pub trait JobSettings: Any + fmt::Debug + Send + Sync {}

impl<T: Any + fmt::Debug + Send + Sync> JobSettings for T {}

/// A slot to work on.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The job's id.
    pub job: &'a str,
    pub kind: &'a JobKind,
    /// Of which workspace, and the instant it was due at, however late it is.
    pub slot: &'a Slot,
}

/// The opened installation as jobs use it. What a job does beyond these is a function of `crate::jobs`.
pub trait JobHost: Send + Sync {
    fn sync<'a>(&'a self, run: Run<'a>) -> LocalBoxFuture<'a, End>;
    fn rollup<'a>(&'a self, run: Run<'a>) -> LocalBoxFuture<'a, End>;
    fn report<'a>(&'a self, run: Run<'a>) -> LocalBoxFuture<'a, End>;
    /// All that a night has to do.
    fn maintain(&self) -> LocalBoxFuture<'_, End>;
    fn warehouse(&self) -> &crate::warehouse::Warehouse;
    fn clock(&self) -> &crate::support::clock::Clock;
    fn settings(&self) -> &super::super::Settings;
}

/// A kind with what the job's file says.
#[derive(Clone)]
pub struct JobKind {
    spec: &'static KindSpec,
    settings: Arc<dyn JobSettings>,
}

impl JobKind {
    pub fn new(spec: &'static KindSpec, settings: Arc<dyn JobSettings>) -> Self {
        Self { spec, settings }
    }

    pub fn id(&self) -> &'static str {
        self.spec.id
    }

    pub fn priority(&self) -> Priority {
        self.spec.priority
    }

    pub fn reach(&self) -> Reach {
        self.spec.reach
    }

    /// What the file says, if it is of this type.
    pub fn settings<T: 'static>(&self) -> Option<&T> {
        let settings: &dyn Any = self.settings.as_ref();
        settings.downcast_ref()
    }

    /// Does a slot's work.
    pub fn run<'a>(&'a self, host: &'a dyn JobHost, job: &'a str, slot: &'a Slot) -> LocalBoxFuture<'a, End> {
        (self.spec.run)(host, Run { job, kind: self, slot })
    }
}

impl fmt::Debug for JobKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {:?}", self.spec.id, self.settings)
    }
}

/// The names that a job's file may refer to.
pub struct JobNames<'a> {
    pub(super) workspaces: &'a Workspaces,
    /// Ids of the job's workspaces; all where absent.
    pub(super) chosen: Option<&'a [String]>,
    pub(in crate::config) others: &'a Known,
}

impl JobNames<'_> {
    /// What any of the job's workspaces has; `None` if one of them is unknown or could not be read.
    pub(super) fn any(&self, names: impl Fn(&WorkspaceSettings) -> BTreeSet<String>) -> Option<BTreeSet<String>> {
        let ids: Vec<&String> =
            self.chosen.map_or_else(|| self.workspaces.keys().collect(), |ids| ids.iter().collect());
        let mut all = BTreeSet::new();
        for id in ids {
            all.extend(names(self.workspaces.get(id)?.as_ref()?));
        }
        Some(all)
    }

    /// Ids of vendors' connections.
    pub fn vendors(&self) -> Option<BTreeSet<String>> {
        self.any(|workspace| workspace.connections.iter().map(|own| own.id.clone()).collect())
    }

    /// Ids of connections, dropped files included.
    pub fn connections(&self) -> Option<BTreeSet<String>> {
        self.any(|workspace| {
            let vendors = workspace.connections.iter().map(|own| own.id.clone());
            vendors.chain(workspace.files.iter().map(|files| files.id.clone())).collect()
        })
    }

    /// Groups of recipients.
    pub fn groups(&self) -> Option<BTreeSet<String>> {
        self.any(|workspace| workspace.recipients.keys().cloned().collect())
    }
}
