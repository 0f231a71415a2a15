//! Payloads of some size lie in files beside the database, `daybook.duckdb.payloads/<sha256>.zst`: whenever DuckDB
//! writes its log into its file it reads and writes the rows that stand beside new ones again, however many bytes
//! they have, and holds them in memory meanwhile.

use crate::support::ids::hex;
use crate::support::owner;
use crate::support::regular_file;
use crate::warehouse::disk::sync;
use crate::warehouse::error::WarehouseError;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Smaller ones stand in the table.
pub(super) const SMALLEST: usize = 4 << 10;
const FOLDER: &str = ".payloads";
const ENDING: &str = "zst";
const UNFINISHED: &str = "part";
/// Most of a mail are base64 and HTML; a higher level gains little.
const LEVEL: i32 = 3;

/// The folder of a database's payloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadFiles {
    folder: PathBuf,
}

impl PayloadFiles {
    /// None for a database in memory.
    pub fn of(database: &Path) -> Option<Self> {
        if database == Path::new(":memory:") {
            return None;
        }
        let mut folder = database.as_os_str().to_owned();
        folder.push(FOLDER);
        Some(Self::at(folder.into()))
    }

    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(sha256).with_extension(ENDING)
    }

    fn make_folder(&self) -> Result<(), WarehouseError> {
        // Mails name people.
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|error| WarehouseError::io(&self.folder, error))
    }

    /// Writes a payload, which outlives a power cut once this returns.
    pub fn add(&self, sha256: &str, payload: &[u8]) -> Result<(), WarehouseError> {
        let path = self.path(sha256);
        // Not by its name alone: what was found damaged is put right.
        if self.read(sha256, payload.len() as u64)?.is_some() {
            return Ok(());
        }
        self.make_folder()?;
        let part = path.with_extension(UNFINISHED);
        let written = (|| -> std::io::Result<()> {
            regular_file::require(&part)?;
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            file.write_all(&zstd::encode_all(payload, LEVEL)?)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        })();
        written.map_err(|error| WarehouseError::io(&path, error))?;
        sync(&self.folder)
    }

    /// A payload of so many bytes; none where its file is gone, cannot be read, or is not what was written: one bad file
    /// must not keep the other messages of its lane from going.
    ///
    /// # Errors
    /// Where file handles or memory run short.
    pub fn read(&self, sha256: &str, bytes: u64) -> Result<Option<Vec<u8>>, WarehouseError> {
        let path = self.path(sha256);
        let file = match regular_file::open(&path) {
            Ok(file) => file,
            Err(error) if owner::ran_short(&error) => return Err(WarehouseError::io(&path, error)),
            Err(_) => return Ok(None),
        };
        let mut payload = Vec::new();
        // A file that was tampered with may unpack to any size.
        let unpacked = zstd::Decoder::new(file).and_then(|from| from.take(bytes + 1).read_to_end(&mut payload));
        Ok(unpacked.is_ok_and(|_| hex(&Sha256::digest(&payload)) == sha256).then_some(payload))
    }

    /// The sums of the files that are here, and when each was written.
    fn all(&self) -> Result<Vec<(String, PathBuf, SystemTime)>, WarehouseError> {
        let failed = |error| WarehouseError::io(&self.folder, error);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let is_own = path.extension().is_some_and(|ending| ending == ENDING || ending == UNFINISHED);
            if let (true, Some(sum)) = (is_own, path.file_stem().and_then(|stem| stem.to_str())) {
                let written_at = fs::metadata(&path).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
                all.push((sum.to_owned(), path.clone(), written_at));
            }
        }
        Ok(all)
    }

    /// Removes files that are not `wanted`, of those written before an instant where one is given. Answers how many.
    pub fn sweep(&self, wanted: &BTreeSet<String>, before: Option<SystemTime>) -> Result<u64, WarehouseError> {
        let mut gone = 0;
        for (sum, path, written_at) in self.all()? {
            let is_wanted = wanted.contains(&sum) && path.extension().is_some_and(|ending| ending == ENDING);
            if is_wanted || before.is_some_and(|before| written_at >= before) {
                continue;
            }
            fs::remove_file(&path).map_err(|error| WarehouseError::io(&path, error))?;
            gone += 1;
        }
        Ok(gone)
    }

    /// Takes over files of another folder that are not here yet; what is missing there stays missing, and is logged.
    pub fn take(&self, other: &Self, sums: &BTreeSet<String>) -> Result<(), WarehouseError> {
        let (mut is_changed, mut missing) = (false, 0);
        for sum in sums {
            let (from, to) = (other.path(sum), self.path(sum));
            if to.exists() {
                continue;
            }
            if !from.exists() {
                missing += 1;
                continue;
            }
            if !is_changed {
                self.make_folder()?;
                is_changed = true;
            }
            // The files never change: on the same disk one more name is enough.
            let part = to.with_extension(UNFINISHED);
            let taken = match fs::hard_link(&from, &to) {
                Ok(()) => Ok(()),
                Err(_) => fs::copy(&from, &part).and_then(|_| fs::rename(&part, &to)),
            };
            taken.map_err(|error| WarehouseError::io(&to, error))?;
            sync(&to)?;
        }
        if missing > 0 {
            tracing::warn!(files = missing, folder = %other.folder.display(), "files of messages are missing and are not copied");
        }
        if is_changed { sync(&self.folder) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_was_damaged_is_none_and_is_written_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = PayloadFiles::of(&folder.path().join("x.duckdb")).expect("a folder of its own");
        let payload = b"To: ann@example.com ".repeat(1000);
        let sum = hex(&Sha256::digest(&payload));
        assert_eq!(files.read(&sum, 20_000).expect("asked"), None);
        files.add(&sum, &payload).expect("written");
        assert_eq!(files.read(&sum, 20_000).expect("read").as_deref(), Some(payload.as_slice()));
        let path = files.path(&sum);
        let whole = fs::read(&path).expect("the file");
        fs::remove_file(&path).expect("removed");
        fs::create_dir(&path).expect("a folder in its place");
        assert_eq!(files.read(&sum, 20_000).expect("no error for one file"), None);
        fs::remove_dir(&path).expect("removed");
        for bad in [&whole[..whole.len() / 2], b"", &[0_u8; 64]] {
            fs::write(&path, bad).expect("damaged");
            assert_eq!(files.read(&sum, 20_000).expect("read"), None);
            files.add(&sum, &payload).expect("written anew");
            assert!(files.read(&sum, 20_000).expect("read").is_some());
        }
    }

    #[test]
    fn what_nobody_wants_goes_by_its_age() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = PayloadFiles::at(folder.path().join("payloads"));
        let sums: Vec<String> = [b"a", b"b"].map(|bytes| hex(&Sha256::digest(bytes))).to_vec();
        files.add(&sums[0], b"a").expect("written");
        files.add(&sums[1], b"b").expect("written");
        fs::write(files.folder().join("c.part"), "cut").expect("the rest of a crash");
        fs::write(files.folder().join("README"), "somebody's own").expect("another file");
        let wanted = BTreeSet::from([sums[0].clone()]);
        assert_eq!(files.sweep(&wanted, Some(SystemTime::UNIX_EPOCH)).expect("swept"), 0);
        assert_eq!(files.sweep(&wanted, None).expect("swept"), 2);
        assert!(files.read(&sums[0], 1).expect("read").is_some());
        assert!(files.folder().join("README").exists());
        let other = PayloadFiles::at(folder.path().join("other"));
        other.take(&files, &sums.into_iter().collect()).expect("taken");
        assert_eq!(other.read(wanted.first().expect("one"), 1).expect("read").as_deref(), Some(b"a".as_slice()));
    }
}
