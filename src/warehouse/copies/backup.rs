//! Backups: a file with a backup's name was opened and counted; what is under way has another name.
//! Beside each lies a small JSON file that says what it holds.

use super::checksum::{open_read_only, prove};
use super::copy::copy;
use crate::domain::clock::lies_ahead;
use crate::support::regular_file;
use crate::warehouse::disk::{self, write_json};
use crate::warehouse::error::WarehouseError;
use crate::warehouse::migrate;
use crate::warehouse::outbox::{self, PayloadFiles};
use chrono::{DateTime, Utc};
use duckdb::Connection;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Backups made before migrations that are kept, besides the nightly ones.
const KEEP_BEFORE_MIGRATIONS: usize = 3;
/// What lies there half-written while this is held is of a crash.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
/// The ending of the list of a backup's payloads in files, a JSON array of their sums.
const PAYLOADS: &str = "payloads";
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// Why a backup was made; its name begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// At night or by hand: kept by number.
    Daybook,
    /// Before a migration.
    BeforeMigration,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Daybook => "daybook",
            Self::BeforeMigration => "before-migration",
        }
    }
}

/// What lies beside a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub made_at: DateTime<Utc>,
    pub kind: Kind,
    /// The Daybook that made it.
    pub daybook: String,
    /// The database's version.
    pub version: u32,
    pub bytes: u64,
    /// Rows by `schema.table`.
    pub tables: BTreeMap<String, u64>,
}

/// A good backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    pub path: PathBuf,
    #[serde(flatten)]
    pub manifest: Manifest,
}

impl Backup {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.manifest.tables.values().sum()
    }
}

/// `backups` beside the database.
pub fn default_dir(database: &Path) -> PathBuf {
    database.parent().unwrap_or(Path::new(".")).join("backups")
}

/// Makes a backup of what `connection` sees; readers and the writer go on meanwhile, a second backup
/// waits.
pub fn make(connection: &Connection, folder: &Path, kind: Kind, now: DateTime<Utc>) -> Result<Backup, WarehouseError> {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    remove_rests(folder);
    let version = migrate::versions(connection)?.last().copied().unwrap_or(0);
    let path = folder.join(format!("{}-{}-v{version}.duckdb", kind.name(), now.format(STAMP)));
    let copied = copy(connection, &path, &[])?;
    let manifest = Manifest {
        made_at: now,
        kind,
        daybook: env!("CARGO_PKG_VERSION").to_owned(),
        version,
        bytes: copied.bytes,
        tables: copied.proof.counts(),
    };
    // It holds what the warehouse holds, raw records included.
    fs::set_permissions(copied.path(), Permissions::from_mode(0o600))
        .map_err(|error| WarehouseError::io(copied.path(), error))?;
    write_json(&manifest_path(&path), &manifest)?;
    keep_payloads(connection, folder, &path)?;
    copied.place(&path)?;
    Ok(Backup { path, manifest })
}

/// The backup before a migration to version `to`.
pub fn before_migration(
    connection: &Connection,
    folder: &Path,
    to: u32,
    now: DateTime<Utc>,
) -> Result<Backup, WarehouseError> {
    let backup = make(connection, folder, Kind::BeforeMigration, now).map_err(|error| match error {
        WarehouseError::NoSpace { context, is_fatal } => WarehouseError::NoSpace {
            context: format!("{context}, the backup before the migration to version {to}; the migration has not begun"),
            is_fatal,
        },
        other => other,
    })?;
    prune(folder, Kind::BeforeMigration, KEEP_BEFORE_MIGRATIONS, now)?;
    Ok(backup)
}

/// Removes every backup of a kind. Returns what went.
pub fn remove_all(folder: &Path, kind: Kind, now: DateTime<Utc>) -> Result<Vec<PathBuf>, WarehouseError> {
    remove(list(folder, now)?.into_iter().filter(|backup| backup.manifest.kind == kind))
}

/// Removes all but the newest `keep` backups of a kind; never the last one. Returns what went.
pub fn prune(folder: &Path, kind: Kind, keep: usize, now: DateTime<Utc>) -> Result<Vec<PathBuf>, WarehouseError> {
    remove(list(folder, now)?.into_iter().filter(|backup| backup.manifest.kind == kind).skip(keep.max(1)))
}

fn remove(backups: impl Iterator<Item = Backup>) -> Result<Vec<PathBuf>, WarehouseError> {
    // A backup that is being made may name payloads of those that go.
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut gone = Vec::new();
    for old in backups {
        fs::remove_file(&old.path).map_err(|error| WarehouseError::io(&old.path, error))?;
        let _ = fs::remove_file(manifest_path(&old.path));
        let _ = fs::remove_file(payloads_path(&old.path));
        gone.push(old.path);
    }
    if let Some(folder) = gone.first().and_then(|path| path.parent()) {
        sweep_payloads(folder)?;
    }
    Ok(gone)
}

/// Payloads in files of all backups of a folder; each backup lists its own.
pub fn payload_files(folder: &Path) -> PayloadFiles {
    PayloadFiles::at(folder.join("payloads"))
}

/// Keeps the payloads in files that a backup's messages name. They are listed before the backup has its place, so that
/// none is taken for unused.
fn keep_payloads(connection: &Connection, folder: &Path, backup: &Path) -> Result<(), WarehouseError> {
    let Some(live) = connection.path().and_then(PayloadFiles::of) else { return Ok(()) };
    let sums = outbox::sums_in_files(connection)?;
    if sums.is_empty() {
        return Ok(());
    }
    write_json(&payloads_path(backup), &sums)?;
    payload_files(folder).take(&live, &sums)
}

/// Removes payloads that no backup lists.
fn sweep_payloads(folder: &Path) -> Result<(), WarehouseError> {
    let mut listed = BTreeSet::new();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|ending| ending == PAYLOADS) {
            let list: BTreeSet<String> = regular_file::read(&path)
                .and_then(|text| serde_json::from_slice(&text).map_err(Into::into))
                .map_err(|error| WarehouseError::io(&path, error))?;
            listed.extend(list);
        }
    }
    payload_files(folder).sweep(&listed, None).map(drop)
}

/// The good backups, newest first; those dated ahead of `now` come last. A folder that is not there holds none.
pub fn list(folder: &Path, now: DateTime<Utc>) -> Result<Vec<Backup>, WarehouseError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(WarehouseError::io(folder, error)),
    };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|ending| ending != "duckdb") {
            continue;
        }
        let manifest =
            regular_file::read(&manifest_path(&path)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        found.extend(manifest.map(|manifest| Backup { path, manifest }));
    }
    let key = |backup: &Backup| (!lies_ahead(backup.manifest.made_at, now), backup.manifest.made_at);
    found.sort_by(|a: &Backup, b: &Backup| key(b).cmp(&key(a)).then(b.path.cmp(&a.path)));
    Ok(found)
}

/// Opens a backup and counts it again.
///
/// # Errors
/// `Invalid` where it does not hold what it held when it was made, `Damaged` where it cannot be read.
pub fn verify(backup: &Backup) -> Result<(), WarehouseError> {
    let found = prove(&open_read_only(&backup.path)?)?.counts();
    if found == backup.manifest.tables {
        return Ok(());
    }
    Err(WarehouseError::Invalid(format!(
        "the backup {} does not hold the rows it was made with: choose another of `daybook restore --list`",
        backup.path.display()
    )))
}

/// Removes what killed backups left: each had a name of its own, so no later one writes over it.
fn remove_rests(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in entries.filter(|path| path.to_str().is_some_and(|name| name.ends_with(".duckdb.part"))) {
        tracing::info!(path = %path.display(), "the rest of a backup that was not finished is removed");
        disk::remove(&path);
    }
}

fn payloads_path(backup: &Path) -> PathBuf {
    backup.with_extension(PAYLOADS)
}

fn manifest_path(backup: &Path) -> PathBuf {
    backup.with_extension("json")
}
