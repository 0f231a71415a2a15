//! Everything an admin edits, read and checked at once: `config/` and `jobs/` below a root folder.
//!
//! [`load`] returns either settings that fit together or every problem of every file, each with its
//! line and a remedy. What may be meant but is suspicious, [`Settings::warnings`] reports. Secrets are only
//! named here; [`Settings::missing_secrets`] tries to read them.

pub mod benchmarks;
mod business;
mod campaigns;
pub mod channels;
pub mod connections;
pub mod daemon;
pub mod diff;
pub mod facts;
mod formats;
pub mod jobs;
pub mod metrics;
pub mod review;
pub mod schema;
pub mod secrets;
mod sections;
pub mod splits;
mod sql_files;
mod targets;
mod timing;
mod vendor_schema;
pub mod workspaces;

#[cfg(test)]
mod tests;

pub use crate::connectors::file::settings::FileConnection;
pub use crate::settings::SecretPlace;
pub use crate::settings::problems::Problem;
pub use crate::settings::values::is_id;
pub use channels::Channels;
pub use connections::ConnectionSettings;
pub use daemon::{AdminConfig, LandingConfig, LogConfig, LogFormat, PrivacyConfig, ScheduleConfig};
pub use formats::Format;
pub use jobs::{EditionJob, Job, JobKind, LatePolicy, ReportJob, SplitJob, SyncJob};
pub use sql_files::SqlFile;
pub use workspaces::{Budget, Reader, Recipients, WorkspaceSettings};

use crate::connectors::file::Presets;
use crate::delivery::settings::DeliveryConfig;
use crate::delivery::{BuildError, ChannelRef, Deliverers};
use crate::domain::benchmark::Benchmark;
use crate::domain::fact::Facts;
use crate::domain::metric::Registry;
use crate::settings::reader::Problems;
use crate::settings::{ReadContext, Secrets};
use crate::support::text_file;
use crate::warehouse::WarehouseConfig;
use crate::warehouse::maintenance::MaintenanceConfig;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The whole configuration; its parts fit together.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Absolute; holds `config/` and `jobs/`.
    pub root: PathBuf,
    /// Absolute; the database, the landing folder and what else is written.
    pub data_dir: PathBuf,
    pub warehouse: WarehouseConfig,
    pub landing: LandingConfig,
    pub log: LogConfig,
    pub admin: AdminConfig,
    pub schedule: ScheduleConfig,
    /// Folders in it are absolute.
    pub delivery: DeliveryConfig,
    pub privacy: PrivacyConfig,
    /// The workspace whose exchange rates count where one has none of its own.
    pub rates_of: Option<String>,
    /// Backups, retention and the rest of the nightly maintenance; folders in it are absolute.
    pub maintenance: MaintenanceConfig,
    /// By id.
    pub workspaces: Vec<WorkspaceSettings>,
    pub channels: Channels,
    /// Built-in ones and those of the installation.
    pub facts: Arc<Facts>,
    pub metrics: Registry,
    /// Of every industry.
    pub benchmarks: Vec<Benchmark>,
    /// By id.
    pub jobs: Vec<Job>,
    /// `jobs/rollups/*.sql`, by name.
    pub rollups: Vec<SqlFile>,
    /// `jobs/checks/*.sql` and the checks that follow from facts, by name.
    pub checks: Vec<SqlFile>,
    /// Of dropped files, an admin's own included.
    pub presets: Presets,
    /// Every secret that is referred to, and from where.
    pub secrets: Vec<SecretPlace>,
}

impl Settings {
    /// The folder that relative secret files start at.
    pub fn config_dir(&self) -> PathBuf {
        self.root.join("config")
    }

    /// A problem for each secret that cannot be read now.
    pub fn missing_secrets(&self) -> Vec<Problem> {
        secrets::missing(&self.secrets, &self.config_dir())
    }

    /// The ways messages leave, with their secrets. A way that cannot be used answers its messages so.
    ///
    /// # Errors
    /// Where no way at all can be prepared.
    pub fn ways_out(&self) -> Result<Deliverers, BuildError> {
        self.delivery.build(&self.config_dir(), &self.data_dir, &self.secrets)
    }

    /// What must be mended before a way out can be used: a secret, a certificate, the address of a hook.
    pub fn unusable_ways(&self) -> Vec<Problem> {
        let whole = |error: BuildError| {
            vec![Problem::new(Path::new(daemon::FILE), None, &error.to_string(), "correct the section [delivery]")]
        };
        self.ways_out().map_or_else(whole, |ways| ways.unusable())
    }

    /// What can be read but is hardly meant, at `now`: by file and line, with a remedy.
    pub fn warnings(&self, now: DateTime<Utc>) -> Vec<Problem> {
        review::warnings(self, now)
    }

    /// The workspace with this id.
    pub fn workspace(&self, id: &str) -> Option<&WorkspaceSettings> {
        self.workspaces.iter().find(|workspace| workspace.workspace.id == id)
    }

    /// The workspaces a job works for.
    pub fn workspaces_of(&self, job: &Job) -> impl Iterator<Item = &WorkspaceSettings> {
        let chosen = job.workspaces.clone();
        self.workspaces
            .iter()
            .filter(move |workspace| chosen.as_ref().is_none_or(|ids| ids.contains(&workspace.workspace.id)))
    }

    /// The report jobs of a workspace.
    pub fn report_jobs(&self, workspace: &str) -> Vec<(&Job, &ReportJob)> {
        let of = |job: &&Job| job.workspaces.as_ref().is_none_or(|ids| ids.iter().any(|id| id == workspace));
        let jobs = self.jobs.iter().filter(of);
        jobs.filter_map(|job| Some((job, job.kind.report()?))).collect()
    }
}

/// What accumulates while files are read.
#[derive(Debug)]
struct Gathered {
    problems: Problems,
    facts: Arc<Facts>,
    secrets: Secrets,
    presets: Presets,
}

impl Default for Gathered {
    fn default() -> Self {
        let (problems, facts, secrets) = (Problems::default(), crate::warehouse::facts::builtin(), Secrets::default());
        Self { problems, facts, secrets, presets: Presets::default() }
    }
}

impl Gathered {
    fn context<'a>(&'a self, data_dir: &'a Path) -> ReadContext<'a> {
        ReadContext { data_dir, secrets: &self.secrets }
    }
}

/// What files may refer to in other files. `None`: the other file could not be read, so nothing can be
/// said about references to it, and one mistake is not reported twice.
#[derive(Debug, Default)]
struct Known {
    channels: Option<BTreeSet<String>>,
    metrics: Option<BTreeSet<String>>,
    /// Metrics that only a workspace as a whole has a value of.
    whole_metrics: BTreeSet<String>,
    splits: splits::Splits,
    /// Channels that messages are posted to.
    posted: Option<BTreeSet<ChannelRef>>,
    has_mail: Option<bool>,
}

/// Where the data of the installation below `root` lies, as far as can be known: a command must find
/// the running daemon even while a file has mistakes.
pub fn data_dir(root: &Path) -> PathBuf {
    let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let text = text_file::text_or_nothing(&root.join(daemon::FILE));
    let named = text.parse::<toml::Table>().ok().and_then(|table| Some(table.get("data_dir")?.as_str()?.to_owned()));
    named.map_or_else(|| root.clone(), |named| root.join(named))
}

/// Reads and checks every file below `root`. Needs neither network nor secrets.
///
/// # Errors
/// Every problem found, by file and line.
pub fn load(root: &Path) -> Result<Settings, Vec<Problem>> {
    let mut gathered = Gathered::default();
    // Paths in the settings stay right wherever the process moves to.
    let root = &std::path::absolute(root).unwrap_or_else(|_| root.to_owned());

    gathered.facts = facts::read(root, &gathered.problems);
    gathered.presets.add_facts(&gathered.facts);
    gathered.presets.add_own(root, &gathered.problems);
    let facts = gathered.facts.clone();
    let daemon = daemon::read(root, &gathered);
    let channels = channels::read(root, &gathered.problems);
    let channel_ids = channels.as_ref().map(Channels::ids);
    let metrics = metrics::read(root, &facts, channel_ids.as_ref(), &gathered.problems);
    let known = Known {
        channels: channel_ids,
        metrics: metrics.as_ref().map(|metrics| metrics.iter().map(|metric| metric.id.clone()).collect()),
        whole_metrics: metrics.as_ref().map_or_else(BTreeSet::new, |metrics| {
            let ids = metrics.iter().map(|metric| metric.id.clone());
            ids.filter(|id| !metrics.has_parts(id)).collect()
        }),
        splits: metrics.as_ref().map(|metrics| splits::Splits::of(metrics, &facts)).unwrap_or_default(),
        posted: daemon.as_ref().map(|daemon| daemon.delivery.channels.keys().cloned().collect()),
        has_mail: daemon.as_ref().map(|daemon| daemon.delivery.mail.is_some()),
    };
    let data_dir = daemon.as_ref().map_or(root, |daemon| &daemon.data_dir);
    let workspaces = workspaces::read_all(root, data_dir, &known, &gathered);
    if let Some(of) = daemon.as_ref().and_then(|daemon| daemon.rates_of.as_ref()) {
        daemon::check_rates(of, &workspaces, &gathered.problems);
    }
    let jobs = jobs::read_all(root, &workspaces, &known, &gathered.problems);
    let benchmarks = benchmarks::read(root, &known, &gathered.problems);
    let rollups = sql_files::read_rollups(root, &gathered.problems);
    let checks = facts::with_checks(sql_files::read_all(root, "jobs/checks", &gathered.problems), &facts);

    let Gathered { problems, secrets, presets, .. } = gathered;
    let problems = problems.into_sorted();
    match (daemon, channels, metrics) {
        (Some(daemon), Some(channels), Some(metrics)) if problems.is_empty() => reviewed(Settings {
            root: root.clone(),
            data_dir: daemon.data_dir,
            warehouse: WarehouseConfig { facts: facts.clone(), ..daemon.warehouse },
            landing: daemon.landing,
            log: daemon.log,
            schedule: daemon.schedule,
            admin: daemon.admin,
            delivery: daemon.delivery,
            privacy: daemon.privacy,
            rates_of: daemon.rates_of.map(|of| of.value),
            maintenance: daemon.maintenance,
            workspaces: workspaces.into_values().flatten().collect(),
            channels,
            facts,
            metrics,
            benchmarks,
            jobs,
            rollups,
            checks,
            presets,
            secrets: secrets.into_places(),
        }),
        _ => Err(problems),
    }
}

/// The settings, unless something in them cannot be meant.
fn reviewed(settings: Settings) -> Result<Settings, Vec<Problem>> {
    let errors = review::errors(&settings);
    if errors.is_empty() { Ok(settings) } else { Err(errors) }
}

/// Workspaces by id; `None` where the file exists but could not be read.
type Workspaces = BTreeMap<String, Option<WorkspaceSettings>>;
