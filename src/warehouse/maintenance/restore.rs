//! Putting a backup in the database's place. The file that was there is set aside, never deleted;
//! what it still knows of messages that went out is carried over, so that none goes out twice.

use crate::support::secret::Secret;
use crate::warehouse::audit;
use crate::warehouse::copies::backup::{self, Backup, verify};
use crate::warehouse::copies::checksum::open_read_only;
use crate::warehouse::disk::{remove, sync, wal};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::outbox::{self, PayloadFiles};
use crate::warehouse::privacy::erased::{self, Erasure};
use crate::warehouse::privacy::objection;
use crate::warehouse::sql::literal;
use crate::warehouse::worker::{Warehouse, WarehouseConfig};
use crate::warehouse::{mark, migrate};
use chrono::{DateTime, Utc};
use duckdb::{Connection, Transaction, params};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The ledger of what went out: rows of the replaced database win over the backup's. Each with the
/// columns that name a row.
const CARRIED: [(&str, &str); 11] = [
    ("ops.report", "report_id"),
    ("ops.report_wording", "report_id, wording"),
    ("ops.issued_file", "report_id, name"),
    ("ops.receipt", "receipt, report_id, path"),
    ("ops.outbox", "message_id"),
    ("ops.delivery_attempt", "message_id, attempt"),
    ("ops.suppression", "address, suppressed_at"),
    ("ops.slot", "job, workspace, slot_at"),
    ("ops.job_mark", "job, workspace"),
    ("ops.run", "run_id"),
    // Pages that are gone do not come back with the backup.
    ("ops.landing_removed", "load_id"),
];

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    pub from: Backup,
    /// Where the replaced database is now, if there was one.
    pub set_aside: Option<PathBuf>,
    /// Rows of the ledger of what went out that came from the replaced database; absent if it could
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
    // What stands there next is older on purpose.
    mark::remove(path)?;
    let set_aside = swap(&part, path, now)?;
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
    // The list beside the database may be lost or old: each database that followed the backup has its own.
    let mut erasures = erasures.to_vec();
    let mut objections = objection::read_file(&old.with_file_name(objection::FILE))?;
    for other in later(backup).into_iter().chain([old.to_owned()]) {
        if let Ok(reader) = open_read_only(&other) {
            erasures.extend(erased::all(&reader).unwrap_or_default());
            objections.extend(objection::all(&reader).unwrap_or_default());
        }
    }
    let (old, key) = (old.to_owned(), key.clone());
    let kept = backup::payload_files(backup.path.parent().unwrap_or(Path::new(".")));
    let name = backup.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = warehouse.write_both_blocking(move |connection| {
        let carried = carry(connection, &old);
        let unknown = if carried.is_none() { doubt(connection, now)? } else { 0 };
        erased::set_key(connection, &key)?;
        objection::take_up(connection, &objections)?;
        let again = erased::apply_missing(connection, &erasures);
        erased::forget_key(connection);
        let again = again?;
        audit::note(connection, now, "cli", "restore", None, &format!("from {name}"))?;
        let sums = outbox::sums_in_files(connection)?;
        PayloadFiles::of(&old).map_or(Ok(()), |files| files.take(&kept, &sums))?;
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

/// Backups made after one, from the newest on.
fn later(backup: &Backup) -> Vec<PathBuf> {
    let all =
        backup::list(backup.path.parent().unwrap_or(Path::new(".")), DateTime::<Utc>::MAX_UTC).unwrap_or_default();
    let later = all.into_iter().filter(|other| other.manifest.made_at > backup.manifest.made_at);
    later.map(|other| other.path).collect()
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
            // The payload column of an older outbox is carried over apart.
            let columns = "COLUMNS(name -> name <> 'payload')";
            rows += transaction
                .execute(&format!("INSERT INTO {table} BY NAME SELECT {columns} FROM replaced.{table}"), [])?;
        }
        carry_payloads(&transaction)?;
        transaction.commit()?;
        Ok(rows as u64)
    })();
    let _ = connection.execute_batch("DETACH replaced");
    match carried {
        Ok(rows) => Some(rows),
        Err(error) => {
            tracing::warn!(error = %error, "the replaced database's ledger could not be carried over");
            None
        }
    }
}

/// Payloads follow their message, one by one, as many at once would not fit into memory.
fn carry_payloads(transaction: &Transaction<'_>) -> Result<(), duckdb::Error> {
    transaction
        .execute_batch("DELETE FROM ops.payload WHERE message_id IN (SELECT message_id FROM replaced.ops.outbox)")?;
    let has = |column: &str| -> Result<bool, duckdb::Error> {
        transaction.query_row(
            "SELECT count(*) > 0 FROM duckdb_columns() WHERE database_name = 'replaced' AND schema_name = 'ops'
                 AND table_name = 'payload' AND column_name = ?",
            params![column],
            |row| row.get(0),
        )
    };
    let (of, columns, is_any) = match (has("payload")?, has("in_file")?) {
        (true, true) => ("replaced.ops.payload", "message_id, bytes, sha256, payload, in_file", ""),
        (true, false) => ("replaced.ops.payload", "message_id, bytes, sha256, payload, false", ""),
        (false, _) => (
            "replaced.ops.outbox",
            "message_id, octet_length(payload), sha256(payload), payload, false",
            "AND octet_length(payload) > 0",
        ),
    };
    let ids: Vec<String> = {
        let mut statement = transaction.prepare(&format!("SELECT message_id FROM {of}"))?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    let one = format!(
        "INSERT INTO ops.payload (message_id, bytes, sha256, payload, in_file)
         SELECT {columns} FROM {of} WHERE message_id = ? {is_any}"
    );
    for id in ids {
        transaction.execute(&one, params![id])?;
    }
    Ok(())
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

/// Puts `part` in the database's place; what stood there goes on under a name that says when. Up to
/// the last step the database and its log are where they were; after an error they are again.
fn swap(part: &Path, path: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, WarehouseError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".replaced-{}", now.format("%Y%m%dT%H%M%SZ")));
    let aside = PathBuf::from(aside);
    if aside.exists() {
        let what = format!("{} is there already: nothing was changed; restore once more", aside.display());
        return Err(WarehouseError::Invalid(what));
    }
    let (log, log_aside) = (wal(path), wal(&aside));
    let kept = (|| {
        let kept = second_name(path, &aside)?;
        second_name(&log, &log_aside)?;
        sync(path.parent().unwrap_or(Path::new(".")))?;
        Ok(kept)
    })();
    // The log of another database must never meet the new one.
    let placed = kept.and_then(|kept| {
        gone(fs::remove_file(&log)).map_err(|error| WarehouseError::io(&log, error))?;
        fs::rename(part, path).map_err(|error| WarehouseError::io(path, error))?;
        Ok(kept)
    });
    match placed {
        Ok(kept) => Ok(kept.then_some(aside)),
        Err(error) => {
            if log.exists() || second_name(&log_aside, &log).is_ok() {
                remove(&aside);
            }
            remove(part);
            Err(error)
        }
    }
}

/// Gives a file a second name, or a copy where the file system knows no second names; false if there
/// is no such file.
fn second_name(from: &Path, to: &Path) -> Result<bool, WarehouseError> {
    let copied = || fs::copy(from, to).map_err(|error| WarehouseError::io(to, error)).and_then(|_| sync(to));
    match fs::hard_link(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(_) => copied().map(|()| true),
    }
}

/// What is not there need not be removed.
fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    removed.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_sets_database_and_log_aside_and_one_that_fails_leaves_both() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, part) = (folder.path().join("d.duckdb"), folder.path().join("d.restore"));
        let now = "2026-11-21T00:00:00Z".parse().expect("an instant");
        let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        fs::write(&path, "old").expect("a database");
        fs::write(wal(&path), "log").expect("its log");
        swap(&part, &path, now).expect_err("there is nothing to put in its place");
        assert_eq!((text(&path).as_str(), text(&wal(&path)).as_str()), ("old", "log"));
        assert_eq!(fs::read_dir(folder.path()).expect("files").count(), 2, "and no third file");
        fs::write(&part, "new").expect("a part");
        let aside = swap(&part, &path, now).expect("swapped").expect("something stood there");
        assert_eq!((text(&path).as_str(), text(&aside).as_str(), text(&wal(&aside)).as_str()), ("new", "old", "log"));
        assert!(!wal(&path).exists());
    }
}
