//! Opening the database of an installation: one that is gone, or went back in time, is not taken for a new
//! one.

use super::AppError;
use crate::config::Settings;
use crate::connectors::landed;
use crate::jobs::person::ERASURES;
use crate::support::secret::Secret;
use crate::warehouse::mark::{self, Past};
use crate::warehouse::outbox::{self, HandedOver};
use crate::warehouse::{BothWriter, Warehouse, WarehouseError, clock};
use crate::warehouse::{
    audit,
    maintenance::{backup, wal},
    privacy::{columns, erased, objection},
};
use chrono::{DateTime, Utc};
use duckdb::Connection;
use std::path::{Path, PathBuf};

/// What a person takes as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// An empty database where one was.
    pub empty: bool,
    /// A database that is older than it was.
    pub older: bool,
    /// That what the clock shows cannot be noted for want of room, where the command is to make room.
    pub no_room: bool,
}

/// How such an opening is called in the list of what was done.
pub const INCIDENTS: [&str; 5] = ["log_cut", "accepted_older", "accepted_empty", "went_back", "erased_again"];

/// Where the database lives.
pub fn database_file(settings: &Settings) -> PathBuf {
    settings.data_dir.join("daybook.duckdb")
}

/// The key of people's pseudonyms; empty if none is configured.
pub fn person_key(settings: &Settings) -> Result<Secret, AppError> {
    let reference = settings.privacy.person_key.as_ref();
    Ok(reference.map_or_else(|| Ok(Secret::new("")), |reference| reference.resolve(&settings.config_dir()))?)
}

/// Opens the database, and settles what it cannot know: messages of a process that is gone, and those that
/// went out after the instant it went back to.
pub fn open(settings: &Settings, accepted: Accepted, now: DateTime<Utc>) -> Result<Warehouse, AppError> {
    let path = database_file(settings);
    let mut incidents = Vec::new();
    match mark::examine(&path)? {
        Past::LogCut { bytes } => incidents.push((
            "log_cut",
            format!("{bytes} bytes of the database's log are gone: what was committed last is fetched again, and messages that went out are not sent again"),
        )),
        Past::Older if !accepted.older => return Err(WarehouseError::WentBack { path }.into()),
        Past::Older => incidents.push(("accepted_older", "the database is older than it was".to_owned())),
        Past::Sound | Past::Missing if std::fs::metadata(&path).map_or(0, |file| file.len()) > 0 => {}
        past => match evidence(settings, &path, past) {
            Some(evidence) if !accepted.empty => return Err(WarehouseError::Missing { path, evidence }.into()),
            Some(_) => incidents.push(("accepted_empty", "an empty database was begun where one was".to_owned())),
            None => {}
        },
    }
    let warehouse = Warehouse::open(&path, &settings.warehouse)?;
    // Recorded first, as the next start would find nothing to record.
    for (action, detail) in incidents {
        warehouse.write_blocking(move |connection| audit::note(connection, now, "start", action, None, &detail))?;
    }
    let tolerated = |done: Result<(), WarehouseError>| match done {
        Err(error) if accepted.no_room && error.ran_short() => {
            tracing::warn!(error = %error, "what a start notes is not noted");
            Ok(())
        }
        done => done,
    };
    tolerated(clock::note(&warehouse, now).map(drop))?;
    tolerated(warehouse.write_both_blocking(move |connection| reconcile(connection, now)))?;
    let erased = erase_again(settings, &warehouse)?;
    if erased > 0 {
        let detail =
            format!("{erased} identifiers of people who were erased stood in the database again and were erased anew");
        let noted =
            move |connection: &mut Connection| audit::note(connection, now, "start", "erased_again", None, &detail);
        warehouse.write_blocking(noted)?;
    }
    tolerated(warehouse.keep_mark())?;
    Ok(warehouse)
}

/// Messages of a process that is gone, and those that went out and are not known here, are unknown.
fn reconcile(connection: &mut BothWriter<'_>, now: DateTime<Utc>) -> Result<(), WarehouseError> {
    outbox::give_up_claims(&mut connection.ledger(), now)?;
    let Some(handed) = HandedOver::of(connection) else { return Ok(()) };
    outbox::reconcile(connection, &handed, now)
}

/// Takes up what was kept beside the database of people who were erased or objected, where an older copy does
/// not know it, and erases in columns that contracts declare personal since; returns how many identifiers were erased.
pub fn erase_again(settings: &Settings, warehouse: &Warehouse) -> Result<u64, AppError> {
    let erasures = erased::read_file(&settings.data_dir.join(ERASURES))?;
    let objections = objection::read_file(&settings.data_dir.join(objection::FILE))?;
    let is_due = warehouse.read_blocking(columns::are_due)?;
    if erasures.is_empty() && objections.is_empty() && !is_due {
        return Ok(0);
    }
    let key = person_key(settings)?;
    let again = warehouse.write_both_blocking(move |connection| {
        objection::take_up(connection, &objections)?;
        erased::set_key(connection, &key)?;
        let again = erased::apply_missing(connection, &erasures);
        erased::forget_key(connection);
        again
    })?;
    Ok(again)
}

/// What says that a database was here.
fn evidence(settings: &Settings, path: &Path, past: Past) -> Option<String> {
    let backups = settings.maintenance.backup.dir.clone().unwrap_or_else(|| backup::default_dir(path));
    let count = backup::list(&backups, DateTime::<Utc>::MAX_UTC).map_or(0, |all| all.len());
    if count > 0 {
        return Some(format!("{count} backups in {}", backups.display()));
    }
    let handed = HandedOver::beside(path).and_then(|handed| handed.read().ok().flatten()).map_or(0, |all| all.len());
    if handed > 0 {
        return Some(format!("handed-over.log names {handed} messages"));
    }
    let landing = settings.data_dir.join("landing");
    let landed = landed::entries(&landing).map_or(0, |all| all.iter().filter(|entry| entry.is_complete).count());
    if landed > 0 {
        return Some(format!("{landed} landed slices in {}", landing.display()));
    }
    let log = wal(path);
    if log.exists() {
        return Some(format!("its log, {}", log.display()));
    }
    (past == Past::Missing).then(|| "daybook.mark tells of one".to_owned())
}
