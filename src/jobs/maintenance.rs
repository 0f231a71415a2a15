//! Maintenance, each night: log written, landed pages, backup, archive, retention, free space, the copy for BI
//! tools. Each step stands for itself; what removes something waits for a good backup.

use super::agreement::{self, FigureCheck};
use super::person::ERASURES;
use crate::connectors::{Manifest, landed};
use crate::support::secret::Secret;
use crate::warehouse::coverage::{Place, held_by_newer};
use crate::warehouse::maintenance::{MaintenanceConfig, backup, compact, export, retention, snapshot};
use crate::warehouse::outbox;
use crate::warehouse::privacy::{erased, objection};
use crate::warehouse::{Context, Warehouse, WarehouseError, clock};
use chrono::{DateTime, TimeDelta, Utc};
use duckdb::{Connection, params};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The step that compares figures with their facts.
pub const FIGURES: &str = "figures";

/// What maintenance works on.
#[derive(Clone, Debug)]
pub struct MaintenanceContext {
    pub warehouse: Warehouse,
    pub config: MaintenanceConfig,
    /// Absolute.
    pub data_dir: PathBuf,
    /// Days that landed pages are kept.
    pub keep_landing_days: u32,
    pub person_key: Secret,
    /// A person says that the clock is right: what is old goes, whatever speaks against the clock.
    pub is_clock_right: bool,
    /// Folders that reports and mails are written to.
    pub sent_folders: Vec<PathBuf>,
    /// What figures are computed by; they are compared with their facts.
    pub figures: Option<FigureCheck>,
}

impl MaintenanceContext {
    /// Where received pages are kept.
    pub fn landing(&self) -> PathBuf {
        self.data_dir.join("landing")
    }

    /// Where backups go.
    pub fn backups(&self) -> PathBuf {
        self.config.backup.dir.clone().unwrap_or_else(|| backup::default_dir(self.warehouse.path()))
    }
}

/// One step of the night.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub name: &'static str,
    /// What was done, or why it was not.
    pub says: String,
    pub is_ok: bool,
    /// Whether the next run may succeed without anybody's help.
    pub can_retry: bool,
}

/// What a run of maintenance did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MaintenanceRun {
    pub steps: Vec<Step>,
}

impl MaintenanceRun {
    pub fn is_ok(&self) -> bool {
        self.steps.iter().all(|step| step.is_ok)
    }

    /// The failures in one sentence; empty if there was none.
    pub fn failures(&self) -> String {
        let failed = self.steps.iter().filter(|step| !step.is_ok);
        failed.map(|step| format!("{}: {}", step.name, step.says)).collect::<Vec<_>>().join("; ")
    }

    fn add(&mut self, name: &'static str, done: Result<String, MaintenanceError>) -> bool {
        let step = match done {
            Ok(says) => Step { name, says, is_ok: true, can_retry: true },
            Err(error) => Step { name, can_retry: error.can_retry(), says: error.to_string(), is_ok: false },
        };
        let is_ok = step.is_ok;
        self.steps.push(step);
        is_ok
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Connector(#[from] crate::connectors::ConnectorError),
    #[error(
        "the person has too many identifiers to be looked for at once: erase by a single id with --id and --connection"
    )]
    TooMany,
    #[error("left for the next run, because {0} failed")]
    Waits(&'static str),
    #[error(
        "nothing is removed: {0}; if that is right, run `daybook maintain --clock-is-right`, else set the clock, then `daybook clock`"
    )]
    Clock(String),
    #[error("{0}")]
    Figures(String),
}

impl MaintenanceError {
    fn can_retry(&self) -> bool {
        match self {
            Self::Warehouse(error) => error.can_retry(),
            Self::Connector(_) | Self::Waits(_) | Self::Clock(_) => true,
            Self::TooMany | Self::Figures(_) => false,
        }
    }
}

/// Does everything that a night has to do; blocking. Running it again does no harm.
pub fn maintain(context: &MaintenanceContext, now: DateTime<Utc>) -> MaintenanceRun {
    let mut night = MaintenanceRun::default();
    let warehouse = &context.warehouse;
    let doubt = match context.is_clock_right {
        true => None,
        false => warehouse.read_blocking(|reader| clock::doubt(reader, now)).transpose(),
    };
    let believed = || match &doubt {
        None => Ok(()),
        Some(Ok(doubt)) => Err(MaintenanceError::Clock(doubt.clone())),
        Some(Err(_)) => Err(MaintenanceError::Waits("the look at the clock")),
    };
    night.add(
        "checkpoint",
        warehouse
            .write_both_blocking(|connection| compact::checkpoint(connection))
            .map(|()| "the log is written".to_owned())
            .map_err(Into::into),
    );
    // First what makes room and needs none.
    night.add("landing", believed().and_then(|()| prune_landing(context, now)));
    // By their number, which asks the clock only for their order.
    let is_set_back = warehouse.read_blocking(|reader| Ok(clock::seen(reader)?.is_behind(now).is_some()));
    let may_remove = context.is_clock_right || is_set_back.is_ok_and(|is| !is);
    let is_backed_up = night.add("backup", back_up(context, may_remove, now));
    let is_archived =
        context.config.archive.clone().is_none_or(|folder| night.add("archive", archive(context, &folder, now)));
    let is_kept_elsewhere = || match (is_backed_up, is_archived) {
        (false, _) => Err(MaintenanceError::Waits("the backup")),
        (_, false) => Err(MaintenanceError::Waits("the archive")),
        _ => believed(),
    };
    night.add("retention", is_kept_elsewhere().and_then(|()| retain(context, now)));
    night.add("payloads", is_kept_elsewhere().and_then(|()| drop_payloads(context, now)));
    night.add("compaction", compact_if_wasteful(context));
    if let Some(target) = &context.config.snapshot {
        night.add("snapshot", make_snapshot(context, target));
    }
    // What a restore needs is kept even where the ledger cannot be looked through.
    let (looked, kept) = (erase_in_ledger(context), keep_erasures(context));
    night.add("erasures", looked.and_then(|told| Ok(told + &kept?)));
    if let Some(figures) = &context.figures {
        night.add(
            FIGURES,
            agreement::check(warehouse, figures, agreement::Waiting::IsRolledUp, now)
                .map_err(MaintenanceError::Figures),
        );
    }
    for step in &night.steps {
        if step.is_ok {
            tracing::info!(maintenance.step = step.name, maintenance.says = step.says, "maintenance");
        } else {
            tracing::error!(maintenance.step = step.name, error = step.says, "maintenance failed");
        }
    }
    night
}

/// A backup, and the oldest ones away once it is good, where they may go.
pub fn back_up(context: &MaintenanceContext, may_remove: bool, now: DateTime<Utc>) -> Result<String, MaintenanceError> {
    let folder = context.backups();
    let made = context.warehouse.read_blocking(|reader| backup::make(reader, &folder, backup::Kind::Daybook, now))?;
    let keep = usize::try_from(context.config.backup.keep).unwrap_or(usize::MAX);
    let gone = match may_remove {
        true => backup::prune(&folder, backup::Kind::Daybook, keep, now)?,
        false => Vec::new(),
    };
    Ok(format!(
        "{} rows in {}, opened and counted; {} older removed",
        made.rows(),
        made.path.file_name().unwrap_or_default().to_string_lossy(),
        gone.len()
    ))
}

/// Months that retention is about to thin out go to the archive first.
fn archive(context: &MaintenanceContext, folder: &Path, now: DateTime<Utc>) -> Result<String, MaintenanceError> {
    let config = &context.config.retention;
    let most = config.tables.values().chain([&config.months]).filter(|months| **months > 0).min();
    let Some(before) = most.and_then(|months| retention::first_kept(now.date_naive(), *months)) else {
        return Ok("nothing is ever removed".to_owned());
    };
    let done = context.warehouse.read_blocking(|reader| export::export(reader, folder, before))?;
    let new = done.iter().filter(|month| month.is_new).count();
    Ok(format!("{new} months of tables written before {before}, {} were there", done.len() - new))
}

fn retain(context: &MaintenanceContext, now: DateTime<Utc>) -> Result<String, MaintenanceError> {
    let removed = retention::retain(&context.warehouse, &context.config.retention, now)?;
    if removed.is_empty() {
        return Ok("nothing is older than its retention".to_owned());
    }
    let lines = removed.iter().map(|gone| format!("{} rows of {} before {}", gone.rows, gone.table, gone.before));
    Ok(format!("removed {}", lines.collect::<Vec<_>>().join(", ")))
}

/// Messages that went out keep their report's document, from which they are made again.
fn drop_payloads(context: &MaintenanceContext, now: DateTime<Utc>) -> Result<String, MaintenanceError> {
    let done = context.warehouse.write_ledger_blocking(move |ledger| {
        let done = outbox::drop_payloads(ledger, now)?;
        outbox::sweep_files(ledger, false, now)?;
        Ok(done)
    })?;
    let days = outbox::KEPT_FOR.num_days();
    Ok(match done.messages {
        0 => format!("no report went out more than {days} days ago and has its payload still"),
        count => format!("{count} messages of reports, {} bytes, that went out more than {days} days ago", done.bytes),
    })
}

/// Landed pages that were loaded long ago, and what crashes left. A finished slice that was never loaded goes
/// once newer answers hold its days; else it stays and is reported: it may be all there is of those rows.
fn prune_landing(context: &MaintenanceContext, now: DateTime<Utc>) -> Result<String, MaintenanceError> {
    let loads = context.warehouse.read_blocking(loads_by_manifest)?;
    let noted = context.warehouse.read_blocking(noted_by_manifest)?;
    let old = now - TimeDelta::days(i64::from(context.keep_landing_days));
    let (mut rests, mut waiting, mut overtaken) = (0, 0, 0);
    let (mut leaving, mut ids) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for entry in landed::entries(&context.landing())? {
        seen.insert(landed_key(&entry.manifest()));
        if !entry.is_complete && entry.fetched_at < now - TimeDelta::days(1) {
            entry.remove()?;
            rests += 1;
        } else if entry.is_complete && entry.fetched_at < old {
            let key = landed_key(&entry.manifest());
            if let Some(own) = loads.get(&key) {
                ids.extend(own.iter().cloned());
                leaving.push(entry);
            } else if noted.contains_key(&key) {
                // A run before this one noted it and was stopped.
                leaving.push(entry);
            } else if is_overtaken(context, &entry, now)? {
                overtaken += 1;
                leaving.push(entry);
            } else {
                waiting += 1;
            }
        }
    }
    ids.extend(loads_of_old_pages_gone(&loads, &seen, old));
    // Where there is no room for the note, the pages make it; a run that finds them gone notes it as well.
    let has_room = match note_removed(&context.warehouse, &ids, now) {
        Err(error) if error.ran_short() => false,
        noted => noted.map(|()| true)?,
    };
    let removed = leaving.len();
    for entry in leaving {
        entry.remove()?;
    }
    if !has_room {
        note_removed(&context.warehouse, &ids, now)?;
    }
    let mut never = String::new();
    if overtaken > 0 {
        never += &format!("; {overtaken} of them were never loaded, and newer answers hold their days");
    }
    if waiting > 0 {
        never += &format!("; {waiting} old slices were never loaded and stay: `daybook replay` their manifests");
    }
    Ok(format!("{removed} slices older than {} days removed, {rests} unfinished{never}", context.keep_landing_days))
}

/// Whether newer answers hold every day of a slice that was never loaded.
fn is_overtaken(
    context: &MaintenanceContext,
    entry: &landed::Entry,
    now: DateTime<Utc>,
) -> Result<bool, MaintenanceError> {
    let Ok(manifest) = Manifest::read(&entry.manifest()) else { return Ok(false) };
    let place = Place::new(&manifest.workspace, &manifest.connection, &manifest.stream, &manifest.slice.partition);
    let (days, fetched_at) = (manifest.slice.window.days(), manifest.fetched_at);
    let (newer, all) =
        context.warehouse.read_blocking(|reader| held_by_newer(reader, &place, days, fetched_at, now))?;
    Ok(newer == all)
}

/// Loads whose pages would go by their age and are gone already, noted by nobody.
fn loads_of_old_pages_gone(
    loads: &BTreeMap<String, Vec<String>>,
    seen: &BTreeSet<String>,
    old: DateTime<Utc>,
) -> Vec<String> {
    let is_gone = |key: &String| !seen.contains(key) && landed::fetched_at(Path::new(key)).is_some_and(|at| at < old);
    loads.iter().filter(|(key, _)| is_gone(key)).flat_map(|(_, ids)| ids.clone()).collect()
}

/// Load ids by the place of their manifest within the landing folder, which may have moved; those
/// whose pages are noted as gone left out.
pub fn loads_by_manifest(reader: &Connection) -> Result<BTreeMap<String, Vec<String>>, WarehouseError> {
    by_manifest(reader, "ANTI")
}

/// The others: loads whose pages are noted as gone.
fn noted_by_manifest(reader: &Connection) -> Result<BTreeMap<String, Vec<String>>, WarehouseError> {
    by_manifest(reader, "SEMI")
}

fn by_manifest(reader: &Connection, join: &str) -> Result<BTreeMap<String, Vec<String>>, WarehouseError> {
    let step = || "listing the loads".to_owned();
    let sql = format!("SELECT manifest, load_id FROM ops.load {join} JOIN ops.landing_removed USING (load_id)");
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).context(step)?;
    let mut loads: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let (manifest, load) = row.context(step)?;
        loads.entry(landed_key(Path::new(&manifest))).or_default().push(load);
    }
    Ok(loads)
}

/// The last six parts of a manifest's path: workspace, connection, stream, slice, instant, file.
pub fn landed_key(manifest: &Path) -> String {
    let parts: Vec<_> = manifest.iter().rev().take(6).map(|part| part.to_string_lossy()).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// Notes that the pages of these loads are rightly gone, before they go; all or none.
pub fn note_removed(warehouse: &Warehouse, loads: &[String], now: DateTime<Utc>) -> Result<(), WarehouseError> {
    if loads.is_empty() {
        return Ok(());
    }
    let loads = loads.to_vec();
    warehouse.write_blocking(move |connection| {
        let step = || "noting which pages go".to_owned();
        let transaction = connection.transaction().context(step)?;
        for load in &loads {
            transaction
                .execute(
                    "INSERT INTO ops.landing_removed (load_id, removed_at) VALUES (?, ?)",
                    params![load, now.naive_utc()],
                )
                .context(step)?;
        }
        transaction.commit().context(step)
    })
}

fn compact_if_wasteful(context: &MaintenanceContext) -> Result<String, MaintenanceError> {
    let space = context.warehouse.read_blocking(compact::space)?;
    if !space.is_wasteful(context.config.compact_at_free_percent.0) {
        return Ok(format!("{} % of the file is free, nothing to do", space.free_percent()));
    }
    let done = compact::compact(&context.warehouse)?;
    Ok(format!("{} rows proved equal; from {} to {} bytes", done.rows, done.bytes_before, done.bytes_after))
}

/// The copy for BI tools.
pub fn make_snapshot(context: &MaintenanceContext, target: &Path) -> Result<String, MaintenanceError> {
    let done = context.warehouse.read_blocking(|reader| snapshot::snapshot(reader, target))?;
    Ok(format!("{} rows in {}", done.rows, target.display()))
}

/// Errors of vendors may have named somebody since who was erased. Every text is read beside the writers, who are
/// held only where one is to be changed.
fn erase_in_ledger(context: &MaintenanceContext) -> Result<String, MaintenanceError> {
    let found = context.warehouse.snapshot_blocking(|reader| erased::named_in_ledger(reader, &context.person_key))?;
    let changed = match found.is_empty() {
        true => 0,
        false => context.warehouse.write_both_blocking(move |writer| erased::replace_in_ledger(writer, &found))?,
    };
    Ok(if changed > 0 { format!("{changed} texts named erased people and do no more; ") } else { String::new() })
}

/// Writes beside the database who was erased, for the day a backup is restored.
pub fn keep_erasures(context: &MaintenanceContext) -> Result<String, MaintenanceError> {
    let all = context.warehouse.read_blocking(erased::all)?;
    erased::write_file(&context.data_dir.join(ERASURES), &all)?;
    let objections = context.warehouse.read_blocking(objection::all)?;
    objection::write_file(&context.data_dir.join(objection::FILE), &objections)?;
    Ok(format!("{} identifiers are erased for good", all.len()))
}
