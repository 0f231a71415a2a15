//! Opening the database of an installation: one that is gone, or went back in time, is not taken for a new
//! one.

use super::AppError;
use super::app::{database_file, person_key};
use crate::config::Settings;
use crate::connectors::landed;
use crate::jobs::person::ERASURES;
use crate::warehouse::care::{audit, backup, erased, objection};
use crate::warehouse::mark::{self, Past};
use crate::warehouse::outbox::{self, HandedOver};
use crate::warehouse::{Warehouse, WarehouseError, clock};
use chrono::{DateTime, Utc};
use std::path::Path;

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
        Past::Sound | Past::Missing => match evidence(settings, &path) {
            Some(evidence) if !accepted.empty => return Err(WarehouseError::Missing { path, evidence }.into()),
            Some(_) => incidents.push(("accepted_empty", "an empty database was begun where one was".to_owned())),
            None => {}
        },
    }
    if !incidents.is_empty() {
        mark::remove(&path)?;
    }
    let warehouse = Warehouse::open(&path, &settings.warehouse)?;
    warehouse.keep_mark()?;
    match warehouse.write_blocking(move |connection| clock::note(connection, now)) {
        Err(error) if accepted.no_room && error.ran_short() => tracing::warn!(error = %error, "the clock is not noted"),
        noted => drop(noted?),
    }
    let unknown = warehouse.write_blocking(move |connection| {
        outbox::give_up_claims(connection, now)?;
        match HandedOver::beside(&path) {
            Some(handed) => outbox::reconcile(connection, &handed, now),
            None => Ok(0),
        }
    })?;
    if unknown > 0 {
        incidents.push((
            "went_back",
            format!(
                "{unknown} messages went out that this database does not know: they are unknown and not sent again"
            ),
        ));
    }
    let erased = erase_again(settings, &warehouse)?;
    if erased > 0 {
        incidents.push((
            "erased_again",
            format!("{erased} identifiers of people who were erased stood in the database again and were erased anew"),
        ));
    }
    for (action, detail) in incidents {
        warehouse.write_blocking(move |connection| audit::note(connection, now, "start", action, None, &detail))?;
    }
    Ok(warehouse)
}

/// Takes up what was kept beside the database of people who were erased or objected, where an older copy does
/// not know it; returns how many identifiers were erased.
fn erase_again(settings: &Settings, warehouse: &Warehouse) -> Result<u64, AppError> {
    let erasures = erased::read_file(&settings.data_dir.join(ERASURES))?;
    let objections = objection::read_file(&settings.data_dir.join(objection::FILE))?;
    if erasures.is_empty() && objections.is_empty() {
        return Ok(0);
    }
    let key = person_key(settings)?;
    let again = warehouse.write_blocking(move |connection| {
        objection::take_up(connection, &objections)?;
        erased::set_key(connection, &key)?;
        let again = erased::apply_missing(connection, &erasures);
        erased::forget_key(connection);
        again
    })?;
    Ok(again)
}

/// What says that a database was here.
fn evidence(settings: &Settings, path: &Path) -> Option<String> {
    let backups = settings.care.backup.dir.clone().unwrap_or_else(|| backup::default_dir(path));
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
    let log = path.with_extension("duckdb.wal");
    log.exists().then(|| format!("its log, {}", log.display()))
}
