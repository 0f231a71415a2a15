//! Putting a backup in the database's place. The file that was there is set aside, never deleted;
//! what it still knows of messages that went out is carried over, so that none goes out twice.

use super::audit;
use super::backup::{Backup, verify};
use super::copy::{remove, sync, wal};
use super::erased::{self, Erasure};
use super::proof::open_read_only;
use crate::support::secret::Secret;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::load::literal;
use crate::warehouse::migrate;
use crate::warehouse::worker::{Warehouse, WarehouseConfig};
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};
use std::fs;
use std::path::{Path, PathBuf};

/// The books of what went out: rows of the replaced database win over the backup's. Each with the
/// columns that name a row.
const CARRIED: [(&str, &str); 8] = [
    ("ops.report", "report_id"),
    ("ops.receipt", "receipt, report_id, path"),
    ("ops.outbox", "message_id"),
    ("ops.delivery_attempt", "message_id, attempt"),
    ("ops.suppression", "address, suppressed_at"),
    ("ops.slot", "job, workspace, slot_at"),
    ("ops.job_mark", "job, workspace"),
    ("ops.run", "run_id"),
];

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    pub from: Backup,
    /// Where the replaced database is now, if there was one.
    pub set_aside: Option<PathBuf>,
    /// Rows of the books of what went out that came from the replaced database; absent if it could
    /// not be read.
    pub carried: Option<u64>,
    /// Messages that were waiting when the backup was made and may have gone out since: they are shown
    /// as unknown and not sent.
    pub unknown: u64,
    /// Identifiers that were erased after the backup was made and have been erased again.
    pub erased_again: u64,
}

/// Puts `backup` in the place of the database at `path`, which nobody may have open.
///
/// # Errors
/// `Locked` if a process has the database open. The database is untouched after every error.
pub fn restore(
    path: &Path,
    config: &WarehouseConfig,
    backup: &Backup,
    (erasures, key): (&[Erasure], &Secret),
    now: DateTime<Utc>,
) -> Result<Restored, WarehouseError> {
    if path.exists()
        && let Err(error @ WarehouseError::Locked { .. }) = open_read_only(path).map(drop)
    {
        return Err(error);
    }
    let applied = migrate::versions(&open_read_only(&backup.path)?)?;
    migrate::refuse_newer(&open_read_only(&backup.path)?, &applied)?;
    verify(backup)?;
    let part = path.with_extension("restore");
    remove(&part);
    let ready = prepare(&part, path, config, backup, (erasures, key), now);
    let (carried, unknown, erased_again) = match ready {
        Ok(ready) => ready,
        Err(error) => {
            remove(&part);
            return Err(error);
        }
    };
    let set_aside = set_aside(path, now)?;
    fs::rename(&part, path).map_err(|error| WarehouseError::io(path, error))?;
    sync(path.parent().unwrap_or(Path::new(".")))?;
    Ok(Restored { from: backup.clone(), set_aside, carried, unknown, erased_again })
}

/// Makes the file that will take the place, complete.
fn prepare(
    part: &Path,
    old: &Path,
    config: &WarehouseConfig,
    backup: &Backup,
    (erasures, key): (&[Erasure], &Secret),
    now: DateTime<Utc>,
) -> Result<(Option<u64>, u64, u64), WarehouseError> {
    fs::copy(&backup.path, part).map_err(|error| WarehouseError::io(part, error))?;
    let warehouse = Warehouse::open(part, config)?;
    let (old, erasures, key) = (old.to_owned(), erasures.to_vec(), key.clone());
    let name = backup.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = warehouse.write_blocking(move |connection| {
        let carried = carry(connection, &old);
        let unknown = if carried.is_none() { doubt(connection, now)? } else { 0 };
        erased::set_key(connection, &key)?;
        let again = erased::apply_missing(connection, &erasures)?;
        audit::note(connection, now, "cli", "restore", None, &format!("from {name}"))?;
        connection.execute_batch("CHECKPOINT").context(|| "writing the restored database".to_owned())?;
        Ok((carried, unknown, again))
    })?;
    drop(warehouse);
    if wal(part).exists() {
        return Err(WarehouseError::Invalid(
            "the restored database could not be closed; nothing was changed".to_owned(),
        ));
    }
    sync(part)?;
    Ok(done)
}

/// Takes what the replaced database knows of reports and messages; `None` if it cannot be read.
fn carry(connection: &mut Connection, old: &Path) -> Option<u64> {
    let attach = format!("ATTACH {} AS replaced (READ_ONLY)", literal(old.to_str()?));
    if !old.exists() || connection.execute_batch(&attach).is_err() {
        return None;
    }
    let carried = (|| -> Result<u64, duckdb::Error> {
        let transaction = connection.transaction()?;
        let mut rows = 0;
        for (table, key) in CARRIED {
            transaction.execute_batch(&format!(
                "DELETE FROM {table} WHERE ({key}) IN (SELECT ({key}) FROM replaced.{table})"
            ))?;
            rows += transaction.execute(&format!("INSERT INTO {table} BY NAME SELECT * FROM replaced.{table}"), [])?;
        }
        transaction.commit()?;
        Ok(rows as u64)
    })();
    let _ = connection.execute_batch("DETACH replaced");
    match carried {
        Ok(rows) => Some(rows),
        Err(error) => {
            tracing::warn!(error = %error, "the replaced database's books could not be carried over");
            None
        }
    }
}

/// Where the replaced database could not be asked, messages that waited may have gone out since.
fn doubt(connection: &Connection, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let reason = "the database was restored from a backup in which this waited: it may have gone out since";
    let changed = connection
        .execute(
            "UPDATE ops.outbox SET state = 'unknown', answer = ?, ended_at = ? WHERE state IN ('pending', 'claimed')",
            params![reason, now.naive_utc()],
        )
        .context(|| "looking for messages that waited".to_owned())?;
    Ok(changed as u64)
}

/// Moves the database and its log to a name that says when.
fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, WarehouseError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".replaced-{}", now.format("%Y%m%dT%H%M%SZ")));
    let aside = PathBuf::from(aside);
    let log = wal(path);
    if log.exists() {
        fs::rename(&log, wal(&aside)).map_err(|error| WarehouseError::io(&log, error))?;
    }
    // A second name first, so that the database's own place is never empty; some file systems
    // know no second names.
    match fs::hard_link(path, &aside).or_else(|_| fs::rename(path, &aside)) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WarehouseError::io(path, error)),
    }
}
