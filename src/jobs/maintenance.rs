//! Maintenance, each night: log written, landed pages, backup, archive, retention, free space, the copy for BI
//! tools. Each step stands for itself; what removes something waits for a good backup.

mod context;
mod landing;

use super::agreement;
use crate::warehouse::clock;
use crate::warehouse::maintenance::{backup, compact, export, retention, snapshot};
use crate::warehouse::outbox;
use crate::warehouse::privacy::{erased, objection};
use chrono::{DateTime, Utc};
use landing::prune_landing;
use serde::Serialize;
use std::path::Path;

pub use context::{MaintenanceContext, MaintenanceError};
pub use landing::{landed_key, loads_by_manifest, note_removed};

/// The step that compares figures with their facts.
pub const FIGURES: &str = "figures";

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
    erased::write_file(&context.data_dir.join(erased::FILE), &all)?;
    let objections = context.warehouse.read_blocking(objection::all)?;
    objection::write_file(&context.data_dir.join(objection::FILE), &objections)?;
    Ok(format!("{} identifiers are erased for good", all.len()))
}
