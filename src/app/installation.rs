//! What every command works with: the installation in a folder, opened.

use super::AppError;
use super::lock::DataLock;
use super::opening::{self, Accepted, person_key};
use super::rollups::Rollups;
use super::sources::{catalog, sources_by};
use crate::config::{self, FileConnection, Problem, Settings, WorkspaceSettings};
use crate::connectors::auth::kept::FOLDER;
use crate::connectors::file::{FileDrop, Target};
use crate::connectors::{Catalog, Engine};
use crate::delivery::Deliverers;
use crate::domain::period::Period;
use crate::jobs::agreement::FigureCheck;
use crate::jobs::files::{FileSource, sync_files, tell_orphans};
use crate::jobs::maintenance::MaintenanceContext;
use crate::jobs::sync::{Progress, Source, StreamOutcome, SyncContext, allowances, sync_connection};
use crate::jobs::template_trial::bounded;
use crate::report::templates::{TemplateProblem, Templates};
use crate::support::clock::Clock;
use crate::support::secret::SecretRef;
use crate::warehouse::rollup::{RolledUp, RollupSql, due, own};
use crate::warehouse::stream_states::{StreamEnd, note};
use crate::warehouse::{Warehouse, WarehouseError};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The folder of templates that replace built-in ones, below the root folder.
pub const TEMPLATES: &str = "report-templates";

/// An opened installation.
#[derive(Debug)]
pub struct App {
    pub settings: Settings,
    pub warehouse: Warehouse,
    pub sync: SyncContext,
    pub clock: Clock,
    /// Read when first needed: replaced ones are tried in a process of their own.
    templates: OnceLock<ReadTemplates>,
    pub(super) catalog: Catalog,
    rollups: Rollups,
    /// Keeps other processes out of the data folder.
    lock: Arc<DataLock>,
}

/// The templates, and what of the replaced ones cannot be used.
#[derive(Debug)]
struct ReadTemplates {
    templates: Arc<Templates>,
    broken: Vec<TemplateProblem>,
}

/// Which tenants and connections a command works on; all where nothing is named.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub workspaces: Vec<String>,
    pub connections: Vec<String>,
}

impl App {
    /// Reads the configuration below `root` and opens the data folder for the command being run.
    pub fn open(root: &Path, clock: Clock) -> Result<Self, AppError> {
        Self::open_accepting(root, clock, Accepted::default())
    }

    /// The same, where a person takes a database as it is.
    pub fn open_accepting(root: &Path, clock: Clock, accepted: Accepted) -> Result<Self, AppError> {
        let settings = config::load(root).map_err(AppError::Config)?;
        let data = &settings.data_dir;
        std::fs::create_dir_all(data).map_err(|error| WarehouseError::io(data, error))?;
        let lock = Arc::new(DataLock::take(data, &command(), clock.now())?);
        super::file_modes::close(&settings);
        let now = clock.now();
        let warehouse = opening::open(&settings, accepted, now)?;
        let engine = Arc::new(Engine::new(data.join("landing"), clock.clone())?.keeping_tokens(data.join(FOLDER)));
        if let Err(error) = allowances::remember(&engine, &warehouse, now) {
            tracing::warn!(error = %error, "what was used up of vendors' allowances is not known; they are asked");
        }
        let sync = SyncContext {
            root: Some(std::path::absolute(root).unwrap_or_else(|_| root.to_owned())),
            ..SyncContext::new(engine, warehouse.clone(), clock.clone(), person_key(&settings)?)
        };
        let (templates, catalog) = (OnceLock::new(), catalog(&settings.root)?);
        Ok(Self { settings, warehouse, sync, clock, templates, catalog, rollups: Rollups::default(), lock })
    }

    /// The same installation under another configuration: what is open stays open. Where the database
    /// lies and how much of the machine it may use change at the next start only.
    pub fn with_settings(&self, settings: Settings) -> Result<Self, AppError> {
        Ok(Self {
            warehouse: self.warehouse.clone(),
            sync: SyncContext { person_key: person_key(&settings)?, ..self.sync.clone() },
            clock: self.clock.clone(),
            templates: OnceLock::new(),
            catalog: catalog(&settings.root)?,
            rollups: Rollups::default(),
            lock: self.lock.clone(),
            settings,
        })
    }

    /// The templates of pages and mails, those of the installation in place of the built-in ones; blocking when
    /// first asked for.
    pub fn templates(&self) -> Arc<Templates> {
        self.read_templates().templates.clone()
    }

    /// What is wrong with replaced templates and the theme, for which the built-in ones are used; blocking.
    pub fn template_problems(&self) -> Vec<Problem> {
        let read = self.read_templates();
        [template_problems(&read.broken), template_problems(&read.templates.check())].concat()
    }

    fn read_templates(&self) -> &ReadTemplates {
        self.templates.get_or_init(|| templates(&self.settings))
    }

    /// What is configured and cannot be used now: secrets, ways out, replaced templates. All else works without.
    pub fn lacks(&self) -> Vec<Problem> {
        let settings = &self.settings;
        let mut lacks = [settings.missing_secrets(), settings.unusable_ways(), self.template_problems()].concat();
        lacks.sort();
        lacks.dedup();
        lacks
    }

    /// The connectors at hand.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Where received pages are kept.
    pub fn landing(&self) -> PathBuf {
        self.settings.data_dir.join("landing")
    }

    /// What the warehouse's maintenance works on.
    pub fn maintenance(&self) -> MaintenanceContext {
        MaintenanceContext {
            warehouse: self.warehouse.clone(),
            config: self.settings.maintenance.clone(),
            data_dir: self.settings.data_dir.clone(),
            keep_landing_days: self.settings.landing.keep_days,
            person_key: self.sync.person_key.clone(),
            is_clock_right: false,
            sent_folders: self.settings.delivery.folders(),
            figures: Some(self.figures()),
        }
    }

    /// What every figure is computed by.
    pub fn figures(&self) -> FigureCheck {
        FigureCheck {
            workspaces: self.settings.workspaces.iter().map(|of| of.workspace.clone()).collect(),
            rules: self.settings.channels.rules.clone(),
            sql: rollup_sql(&self.settings),
            metrics: Arc::new(self.settings.metrics.clone()),
        }
    }

    /// The chosen tenants; an unknown name is an error.
    pub fn workspaces(&self, selection: &Selection) -> Result<Vec<&WorkspaceSettings>, AppError> {
        if selection.workspaces.is_empty() {
            return Ok(self.settings.workspaces.iter().collect());
        }
        let known = || self.settings.workspaces.iter().map(|w| w.workspace.id.as_str()).collect::<Vec<_>>().join(", ");
        let find = |id: &String| {
            self.settings
                .workspace(id)
                .ok_or_else(|| AppError::Usage(format!("there is no workspace {id:?}; there are {}", known())))
        };
        selection.workspaces.iter().map(find).collect()
    }

    /// A tenant's vendor accounts, secrets resolved.
    pub fn sources(&self, workspace: &WorkspaceSettings) -> Result<Vec<Source>, AppError> {
        let today = self.clock.now().date_naive();
        let mut short = None;
        let read = |reference: &SecretRef| {
            let read = reference.resolve(&self.settings.config_dir());
            read.inspect_err(|error| short = short.take().or_else(|| error.can_retry().then(|| error.clone())))
        };
        let (sources, problems) = sources_by(&self.settings, workspace, &self.catalog, today, read);
        if let Some(error) = short {
            return Err(error.into());
        }
        if problems.is_empty() { Ok(sources) } else { Err(AppError::Config(problems)) }
    }

    /// A tenant's drop folders.
    pub fn file_sources(&self, workspace: &WorkspaceSettings) -> Vec<FileSource> {
        // The first connection of a folder reports the files that none of them reads.
        let others = |file: &FileConnection| {
            let of_folder = || workspace.files.iter().filter(|other| other.drop.folder == file.drop.folder);
            let is_first = of_folder().next().is_some_and(|first| first.id == file.id);
            is_first.then(|| of_folder().map(|other| other.drop.pattern.clone()).collect())
        };
        let source = |file: &FileConnection| FileSource {
            workspace: workspace.workspace.clone(),
            id: file.id.clone(),
            drop: FileDrop {
                others: others(file),
                known: known_names(&self.settings, file.drop.preset.target),
                ..file.drop.clone()
            },
        };
        workspace.files.iter().map(source).collect()
    }

    /// Syncs the chosen connections because a person asks: dropped files first, then vendors, a tenant's all
    /// at once.
    pub async fn sync(
        &self,
        selection: &Selection,
        show: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Vec<StreamOutcome>, AppError> {
        self.sync_in(&self.sync, selection, show).await
    }

    /// The same on the schedule.
    pub async fn sync_on_schedule(&self, selection: &Selection) -> Result<Vec<StreamOutcome>, AppError> {
        let context = SyncContext { is_scheduled: true, ..self.sync.clone() };
        self.sync_in(&context, selection, &|_| {}).await
    }

    async fn sync_in(
        &self,
        context: &SyncContext,
        selection: &Selection,
        show: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Vec<StreamOutcome>, AppError> {
        let chosen = |id: &str| selection.connections.is_empty() || selection.connections.iter().any(|name| name == id);
        let mut outcomes = Vec::new();
        let mut running = Vec::new();
        for workspace in self.workspaces(selection)? {
            for source in self.file_sources(workspace).into_iter().filter(|source| chosen(&source.id)) {
                outcomes.push(sync_files(context, &self.landing(), &source).await);
            }
            if selection.connections.is_empty() {
                let configured: Vec<String> = workspace.files.iter().map(|file| file.id.clone()).collect();
                outcomes.extend(tell_orphans(context, &workspace.workspace.id, &configured)?);
            }
            running.extend(self.sources(workspace)?.into_iter().filter(|source| chosen(&source.connection.id)));
        }
        let files = outcomes.len();
        let all = running.iter().map(|source| sync_connection(context, source, show));
        outcomes.extend(join_all(all).await.into_iter().flatten());
        // Folders are looked through each time; a vendor that nothing was asked of has not answered.
        let (of_files, of_vendors) = outcomes.split_at(files);
        let asked = of_vendors.iter().filter(|outcome| outcome.slices > 0 || outcome.error.is_some());
        let ends: Vec<StreamEnd> = of_files.iter().chain(asked).map(ended).collect();
        let now = self.clock.now();
        self.warehouse.write(move |writer| note(writer, &ends, now)).await?;
        Ok(outcomes)
    }

    /// Rolls up what changed for the chosen tenants.
    pub async fn rollup(&self, selection: &Selection) -> Result<Vec<(String, RolledUp)>, AppError> {
        self.rollup_days(selection, None).await
    }

    /// The same, and the days of a period whether they changed or not.
    pub async fn rollup_days(
        &self,
        selection: &Selection,
        days: Option<Period>,
    ) -> Result<Vec<(String, RolledUp)>, AppError> {
        let (sql, rules) = (rollup_sql(&self.settings), &self.settings.channels.rules);
        let workspaces = self.workspaces(selection)?;
        if days.is_some() {
            let ids: Vec<String> = workspaces.iter().map(|of| of.workspace.id.clone()).collect();
            let facts = sql.facts.clone();
            self.warehouse
                .write(move |connection| {
                    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                    due::touch(connection, &facts, &ids, days, "asked for")
                })
                .await?;
        }
        let all = workspaces.into_iter().map(|of| async {
            let today = self.clock.now().with_timezone(&of.workspace.time_zone).date_naive();
            let rolled = self.rollups.run(&self.warehouse, (&of.workspace, today), rules, &sql).await?;
            Ok((of.workspace.id.clone(), rolled))
        });
        join_all(all).await.into_iter().collect()
    }

    /// Rollups of the installation that failed last for the chosen workspaces: rollup, workspace, and why.
    pub async fn failed_rollups(&self, selection: &Selection) -> Result<Vec<(String, String, String)>, AppError> {
        let chosen: Vec<&str> = self.workspaces(selection)?.iter().map(|of| of.workspace.id.as_str()).collect();
        let mut failed = self.warehouse.read(own::failures).await?;
        failed.retain(|(_, workspace, _)| chosen.contains(&workspace.as_str()));
        Ok(failed)
    }

    /// The ways messages leave.
    pub fn deliverers(&self) -> Result<Deliverers, AppError> {
        let mut ways = self.settings.ways_out()?;
        ways.policy.workspaces = Some(self.settings.workspaces.iter().map(|of| of.workspace.id.clone()).collect());
        Ok(ways)
    }
}

/// How this process is named to those who find the folder in use.
fn command() -> String {
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let name = words.iter().find(|word| !word.starts_with('-') && !word.contains('/')).cloned().unwrap_or_default();
    format!("daybook {name}").trim_end().to_owned()
}

fn templates(settings: &Settings) -> ReadTemplates {
    let (templates, broken) = bounded(&settings.root.join(TEMPLATES));
    for problem in &broken {
        tracing::warn!(template.file = %problem.file, error = problem.message, "a template override is broken; the built-in one is used");
    }
    for warning in Templates::warnings(&settings.root.join(TEMPLATES)) {
        tracing::warn!(template.file = %warning.file, warning = warning.message, "a template override is used in another form");
    }
    ReadTemplates { templates: Arc::new(templates), broken }
}

/// What is wrong with files of the folder of templates, with their place below the root folder.
pub fn template_problems(found: &[TemplateProblem]) -> Vec<Problem> {
    let problem = |problem: &TemplateProblem| {
        let line = Some(problem.line).filter(|line| *line > 0);
        Problem::new(&Path::new(TEMPLATES).join(&problem.file), line, &problem.message, &problem.remedy)
    };
    found.iter().map(problem).collect()
}

fn ended(outcome: &StreamOutcome) -> StreamEnd {
    StreamEnd {
        workspace: outcome.workspace.clone(),
        connection: outcome.connection.clone(),
        stream: outcome.stream.clone(),
        error: outcome.error.as_ref().map(|error| (error.message.clone(), error.can_retry)),
    }
}

/// The names that plans in dropped files may use, by field.
pub fn known_names(settings: &Settings, target: Target) -> BTreeMap<&'static str, Vec<String>> {
    match target {
        Target::Budgets => BTreeMap::from([("channel", settings.channels.ids().into_iter().collect())]),
        Target::Targets => {
            let metrics = settings.metrics.iter().map(|metric| metric.id.clone()).collect();
            BTreeMap::from([("metric", metrics)])
        }
        _ => BTreeMap::new(),
    }
}

/// The rollups of `jobs/rollups`, the shipped ones where there is none.
pub fn rollup_sql(settings: &Settings) -> RollupSql {
    let mut sql =
        RollupSql { facts: settings.facts.clone(), rates_of: settings.rates_of.clone(), ..RollupSql::shipped() };
    for file in &settings.rollups {
        match file.name.as_str() {
            "metric_daily" => sql.metric_daily = Some(file.text.clone()),
            "mrr_daily" => sql.mrr_daily = file.text.clone(),
            _ => {}
        }
    }
    sql
}
