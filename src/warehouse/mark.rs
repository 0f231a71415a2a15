//! A mark beside the database: how far it had come when it was last written. A file that stands before its
//! mark has gone back in time: its log was cut, or an older copy lies in its place.

use super::disk::wal;
use super::error::WarehouseError;
use crate::support::regular_file;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Bytes of a DuckDB file up to the end of its second header.
const HEADERS: usize = 3 * 4096;
/// Fixed, so that a mark is written in one go over the one before.
const LENGTH: usize = 64;

/// How far a database has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reached {
    /// DuckDB counts its checkpoints in the file's header.
    checkpoint: u64,
    /// Bytes of the log since.
    log: u64,
}

/// What the mark says of the database that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// There is no mark, or the database stands where it stood or further.
    Sound,
    /// There is a mark, and no database.
    Missing,
    /// Its file is an older one.
    Older,
    /// Its log lacks so many bytes of what was committed.
    LogCut { bytes: u64 },
}

/// The mark's own file.
#[derive(Debug)]
pub struct Mark {
    database: PathBuf,
    file: File,
    last: Mutex<Option<Reached>>,
}

impl Mark {
    /// Opens the mark of `database`, and makes it if need be.
    pub fn open(database: &Path) -> Result<Self, WarehouseError> {
        let path = path_of(database);
        let file = regular_file::require(&path)
            .and_then(|()| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path));
        let file = file.map_err(|error| WarehouseError::io(&path, error))?;
        Ok(Self { database: database.to_owned(), file, last: Mutex::default() })
    }

    /// Notes how far the database has come. Called after each commit; a mark that cannot be written is a
    /// later one's to make up for.
    pub fn note(&self) {
        let Some(reached) = reached(&self.database) else { return };
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *last == Some(reached) {
            return;
        }
        let text = format!(
            "{:<width$}\n",
            format!("checkpoint {} log {}", reached.checkpoint, reached.log),
            width = LENGTH - 1
        );
        match self.file.write_all_at(text.as_bytes(), 0) {
            Ok(()) => *last = Some(reached),
            Err(error) => tracing::warn!(error = %error, "the mark beside the database cannot be written"),
        }
    }

    /// Forgets how far it had come, before another file takes the database's place.
    pub fn forget(&self) {
        *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        if let Err(error) = self.file.set_len(0).and_then(|()| self.file.sync_all()) {
            tracing::warn!(error = %error, "the mark beside the database cannot be written");
        }
    }
}

/// Removes the mark of `database`: what is put there next is right, whatever it is.
pub fn remove(database: &Path) -> Result<(), WarehouseError> {
    let path = path_of(database);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(WarehouseError::io(&path, error)),
        _ => Ok(()),
    }
}

/// Holds the database against its mark. A file that is not DuckDB's is DuckDB's to refuse.
pub fn examine(database: &Path) -> Result<Past, WarehouseError> {
    let path = path_of(database);
    let text = match regular_file::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Past::Sound),
        // A mark of other bytes says nothing.
        Err(error) if error.kind() == ErrorKind::InvalidData => return Ok(Past::Sound),
        Err(error) => return Err(WarehouseError::io(&path, error)),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let ["checkpoint", checkpoint, "log", log] = words.as_slice() else { return Ok(Past::Sound) };
    let (Ok(checkpoint), Ok(log)) = (checkpoint.parse(), log.parse()) else { return Ok(Past::Sound) };
    if fs::metadata(database).map_or(0, |file| file.len()) == 0 {
        return Ok(Past::Missing);
    }
    Ok(reached(database).map_or(Past::Sound, |found| past(Reached { checkpoint, log }, found)))
}

fn past(mark: Reached, found: Reached) -> Past {
    if found.checkpoint < mark.checkpoint {
        return Past::Older;
    }
    if found.checkpoint == mark.checkpoint && found.log < mark.log {
        return Past::LogCut { bytes: mark.log - found.log };
    }
    Past::Sound
}

/// How far the database at `path` has come; `None` where its header is not one we know.
fn reached(path: &Path) -> Option<Reached> {
    let mut headers = Vec::with_capacity(HEADERS);
    File::open(path).ok()?.take(HEADERS as u64).read_to_end(&mut headers).ok()?;
    if headers.get(8..12)? != b"DUCK" {
        return None;
    }
    // Each header begins with a checksum and the number of its checkpoint; the newer one counts.
    let number = |at: usize| Some(u64::from_le_bytes(headers.get(at + 8..at + 16)?.try_into().ok()?));
    let log = fs::metadata(wal(path)).map_or(0, |file| file.len());
    Some(Reached { checkpoint: number(4096)?.max(number(8192)?), log })
}

fn path_of(database: &Path) -> PathBuf {
    database.with_extension("mark")
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;

    fn grown(path: &Path, rows: u32) -> Connection {
        let connection = Connection::open(path).expect("a database");
        let sql = format!("CREATE TABLE IF NOT EXISTS t (i INTEGER); INSERT INTO t SELECT * FROM range({rows})");
        connection.execute_batch(&sql).expect("rows");
        connection
    }

    #[test]
    fn a_log_that_was_cut_and_an_older_file_are_noticed_and_growth_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.duckdb");
        let older = folder.path().join("older");
        let connection = grown(&path, 100);
        let mark = Mark::open(&path).expect("a mark");
        mark.note();
        assert_eq!(examine(&path).expect("a look"), Past::Sound);
        connection.execute_batch("INSERT INTO t SELECT * FROM range(500)").expect("rows");
        assert_eq!(examine(&path).expect("a look"), Past::Sound, "a mark may be behind");
        mark.note();
        let log = OpenOptions::new().write(true).open(wal(&path)).expect("the log");
        let length = log.metadata().expect("its length").len();
        std::mem::forget(connection); // as if killed
        log.set_len(length - 10).expect("cut");
        assert_eq!(examine(&path).expect("a look"), Past::LogCut { bytes: 10 });
        log.set_len(length).expect("as it was");

        fs::copy(&path, &older).expect("a copy");
        let second = folder.path().join("y.duckdb");
        fs::copy(&path, &second).expect("a copy");
        let connection = grown(&second, 10);
        connection.execute_batch("CHECKPOINT; INSERT INTO t VALUES (1); CHECKPOINT").expect("written");
        Mark::open(&second).expect("a mark").note();
        assert_eq!(examine(&second).expect("a look"), Past::Sound);
        drop(connection);
        fs::copy(&older, &second).expect("an older copy");
        assert_eq!(examine(&second).expect("a look"), Past::Older);
        fs::remove_file(&second).expect("gone");
        assert_eq!(examine(&second).expect("a look"), Past::Missing);
        remove(&second).expect("forgotten");
        assert_eq!(examine(&second).expect("a look"), Past::Sound);
    }

    #[test]
    fn a_mark_or_a_database_of_other_bytes_says_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.duckdb");
        drop(grown(&path, 1));
        for mark in [&b"\xff\xfe"[..], b"", b"checkpoint x log y", b"checkpoint 1"] {
            fs::write(path_of(&path), mark).expect("written");
            assert_eq!(examine(&path).expect("a look"), Past::Sound);
        }
        fs::write(path_of(&path), "checkpoint 9 log 9").expect("written");
        fs::write(&path, vec![7; 20_000]).expect("written");
        assert_eq!(examine(&path).expect("a look"), Past::Sound);
    }
}
