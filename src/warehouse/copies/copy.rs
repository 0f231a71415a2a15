//! A copy of the whole database that is opened and compared before anybody sees it.

use super::checksum::{Checksum, open_read_only, prove, tables};
use crate::warehouse::disk::{remove, sync};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::{named, path_literal, quoted};
use duckdb::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Copies begun: each has a name of its own while it is attached, as a backup and a snapshot may be
/// under way together.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// A copy under its working name: complete, closed, and proved equal to what was copied. Removed
/// unless it is given its place.
#[derive(Debug)]
pub struct Copy {
    part: PathBuf,
    pub proof: Checksum,
    pub bytes: u64,
}

/// Copies what the connection sees to a file beside `target`, free space left out; then opens the
/// file by itself and compares every table. `without` tables come along empty.
pub fn copy(connection: &Connection, target: &Path, without: &[&str]) -> Result<Copy, WarehouseError> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| WarehouseError::io(folder, error))?;
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // The rest of a crash.
    remove(&part);
    let copied = write(connection, &part, without).and_then(|mut proof| {
        let found = prove(&open_read_only(&part)?)?;
        for name in without {
            proof.0.remove(*name);
        }
        let found = Checksum(found.0.into_iter().filter(|(name, _)| !without.contains(&name.as_str())).collect());
        match proof.difference(&found) {
            None => Ok(found),
            Some(what) => Err(WarehouseError::Invalid(format!(
                "the copy {} is not like the original ({what}) and was thrown away",
                part.display()
            ))),
        }
    });
    match copied {
        Ok(proof) => {
            let bytes = fs::metadata(&part).map_err(|error| WarehouseError::io(&part, error))?.len();
            Ok(Copy { part, proof, bytes })
        }
        Err(error) => {
            remove(&part);
            Err(error)
        }
    }
}

/// A load may write for minutes.
const TIMEOUT: Duration = Duration::from_secs(600);
const POLL_EVERY: Duration = Duration::from_millis(50);

impl Copy {
    /// Gives the copy its place, in one step and for good, whatever stood there.
    pub fn place(mut self, target: &Path) -> Result<(Checksum, u64), WarehouseError> {
        sync(&self.part)?;
        fs::rename(&self.part, target).map_err(|error| WarehouseError::io(target, error))?;
        sync(target.parent().unwrap_or(Path::new(".")))?;
        self.part = PathBuf::new();
        Ok((std::mem::take(&mut self.proof), self.bytes))
    }

    /// The file under its working name.
    pub fn path(&self) -> &Path {
        &self.part
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.part.as_os_str().is_empty() {
            remove(&self.part);
        }
    }
}

/// Writes the copy in one transaction, so that it is of one instant; returns what it is made from.
fn write(connection: &Connection, part: &Path, without: &[&str]) -> Result<Checksum, WarehouseError> {
    let step = || format!("writing {}", part.display());
    let copy = format!("daybook_copy_{}", BEGUN.fetch_add(1, Ordering::Relaxed));
    connection
        .execute_batch(&format!("ATTACH {} AS {copy}", path_literal(part)?))
        .map_err(|error| WarehouseError::opening(part, error))?;
    let written = (|| {
        connection.execute_batch("BEGIN").context(step)?;
        let own: String = connection.query_row("SELECT current_database()", [], |row| row.get(0)).context(step)?;
        let proof = prove(connection)?;
        let own_name = quoted(&own);
        if without.is_empty() {
            connection.execute_batch(&format!("COPY FROM DATABASE {own_name} TO {copy}")).context(step)?;
        } else {
            connection.execute_batch(&format!("COPY FROM DATABASE {own_name} TO {copy} (SCHEMA)")).context(step)?;
            for (schema, table) in tables(connection)? {
                if !without.contains(&format!("{schema}.{table}").as_str()) {
                    let name = named(&schema, &table);
                    connection
                        .execute_batch(&format!("INSERT INTO {copy}.{name} SELECT * FROM {own_name}.{name}"))
                        .context(step)?;
                }
            }
        }
        connection.execute_batch("COMMIT").context(step)?;
        fold_log_in(connection, &copy).context(step)?;
        Ok(proof)
    })();
    if written.is_err() {
        // Nothing to roll back is no further error.
        let _ = connection.execute_batch("ROLLBACK");
    }
    let detached = connection.execute_batch(&format!("DETACH {copy}")).context(step);
    let proof = written?;
    detached?;
    Ok(proof)
}

/// Brings a copy's log into its file. DuckDB refuses that while a transaction writes, be it in another
/// database: it is waited for.
fn fold_log_in(connection: &Connection, copy: &str) -> Result<(), duckdb::Error> {
    let mut waited = Duration::ZERO;
    loop {
        match connection.execute_batch(&format!("CHECKPOINT {copy}")) {
            Err(error) if error.to_string().contains("other write transactions") && waited < TIMEOUT => {
                std::thread::sleep(POLL_EVERY);
                waited += POLL_EVERY;
            }
            done => return done,
        }
    }
}
