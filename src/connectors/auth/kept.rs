//! Refresh tokens that vendors gave in place of configured ones, kept below `data_dir`: a file for each configured
//! token, for its owner alone, written before the access token that came with it is used.
//!
//! A file is named by a sum of the configured token: a new one in the configuration counts at once, and what grew out
//! of the former is not looked at any more.

use crate::connectors::spec::Refresh;
use crate::support::ids::stable_id;
use crate::support::regular_file;
use crate::support::secret::Secret;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tempfile::NamedTempFile;

/// The folder's name below `data_dir`.
pub const FOLDER: &str = "tokens";

/// Room for a file, taken before the vendor is asked.
const ROOM: usize = 16 << 10;

/// Where they are kept, and those that could not be written yet.
#[derive(Debug, Default)]
pub struct KeptTokens {
    folder: Option<PathBuf>,
    unwritten: Mutex<HashMap<String, Kept>>,
}

/// What is known of the refresh token that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The connector's name.
    pub connector: String,
    /// `<workspace>/<connection>` that renewed it last.
    pub connection: String,
    /// Absent where the configured one is still in force.
    pub refresh_token: Option<Secret>,
    pub renewed_at: DateTime<Utc>,
    /// When the refresh token ends, where the vendor says so.
    pub ends_at: Option<DateTime<Utc>>,
}

/// The same as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    connector: String,
    connection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    renewed_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<DateTime<Utc>>,
}

/// The file of a configured token.
#[derive(Clone, Debug)]
pub struct Place {
    folder: PathBuf,
    id: String,
}

/// Names the file of a configured token. Not reversible.
pub fn id(refresh: &Refresh) -> String {
    stable_id("refresh", &[&refresh.client_id, refresh.configured.expose()])
}

impl KeptTokens {
    /// Those of a folder, which is made when it is first needed.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..Self::default() }
    }

    /// Where the successor of a configured token lies; `None` where none may be kept.
    pub fn place(&self, refresh: &Refresh) -> Option<Place> {
        Some(Place { folder: self.folder.clone()?, id: id(refresh) })
    }

    /// One that could not be written, to be written first of all.
    pub fn unwritten(&self, id: &str) -> Option<Kept> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Holds one in memory until it is written.
    pub fn hold(&self, id: &str, kept: Kept) {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), kept);
    }

    /// It has been written.
    pub fn release(&self, id: &str) {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Place {
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.id))
    }

    /// What is kept; blocking, as all that follows.
    ///
    /// # Errors
    /// What reading says; `InvalidData` where the file is damaged.
    pub fn read(&self) -> io::Result<Option<Kept>> {
        read(&self.path())
    }

    /// The lock of this token between processes; `None` while another holds it.
    pub fn lock(&self) -> io::Result<Option<File>> {
        self.make_folder()?;
        let path = self.folder.join(format!("{}.lock", self.id));
        regular_file::require(&path)?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        like_folder(&self.folder, &path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Room for a new token, under the lock: what cannot be written is known before the vendor is asked.
    pub fn room(&self) -> io::Result<NamedTempFile> {
        self.make_folder()?;
        let prefix = format!("{}.", self.id);
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(&prefix) && name.ends_with(".part") {
                fs::remove_file(entry.path())?; // of a process that was ended
            }
        }
        regular_file::require(&self.path())?;
        let mut file = tempfile::Builder::new().prefix(&prefix).suffix(".part").tempfile_in(&self.folder)?;
        file.write_all(&vec![b' '; ROOM])?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Writes a token into its room, durably.
    pub fn write(&self, mut room: NamedTempFile, kept: &Kept) -> io::Result<()> {
        room.seek(SeekFrom::Start(0))?;
        let bytes = serde_json::to_vec_pretty(&Written::of(kept))?;
        room.write_all(&bytes)?;
        room.as_file().set_len(bytes.len() as u64)?;
        room.as_file().sync_all()?;
        like_folder(&self.folder, room.path())?;
        room.persist(self.path()).map_err(|error| error.error)?;
        File::open(&self.folder)?.sync_all()
    }

    fn make_folder(&self) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(&self.folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.folder.is_dir() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => {
                let parent = self.folder.parent().unwrap_or(Path::new("."));
                like_folder(parent, &self.folder)?;
                File::open(parent)?.sync_all()
            }
        }
    }
}

/// What root makes there belongs to the folder's owner, who could not open it otherwise.
fn like_folder(folder: &Path, made: &Path) -> io::Result<()> {
    let (folder, own) = (fs::metadata(folder)?, fs::metadata(made)?);
    if (own.uid(), own.gid()) != (folder.uid(), folder.gid()) && own.uid() == 0 {
        chown(made, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(())
}

/// All that are kept in a folder, by their file's id; a damaged file as what is wrong with it.
pub fn all(folder: &Path) -> Vec<(String, io::Result<Kept>)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let id = name.strip_suffix(".json")?.to_owned();
            Some((id, read(&entry.path()).and_then(|kept| kept.ok_or_else(|| ErrorKind::NotFound.into()))))
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn read(path: &Path) -> io::Result<Option<Kept>> {
    match regular_file::read(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
        Ok(bytes) => {
            // The parser's words could repeat what it read.
            let damaged = || io::Error::new(ErrorKind::InvalidData, "the file is damaged");
            let written: Written = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
            Ok(Some(written.into_kept()))
        }
    }
}

impl Written {
    fn of(kept: &Kept) -> Self {
        Self {
            connector: kept.connector.clone(),
            connection: kept.connection.clone(),
            refresh_token: kept.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            renewed_at: kept.renewed_at,
            ends_at: kept.ends_at,
        }
    }

    fn into_kept(self) -> Kept {
        Kept {
            connector: self.connector,
            connection: self.connection,
            refresh_token: self.refresh_token.map(Secret::fetched),
            renewed_at: self.renewed_at,
            ends_at: self.ends_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn kept(token: &str) -> Kept {
        Kept {
            connector: "kit".to_owned(),
            connection: "shop/kit".to_owned(),
            refresh_token: Some(Secret::new(token)),
            renewed_at: "2026-11-20T08:00:00Z".parse().expect("an instant"),
            ends_at: None,
        }
    }

    fn refresh(configured: &str) -> Refresh {
        Refresh { configured: Secret::new(configured), client_id: "app".to_owned(), rotates: true }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn a_token_is_written_for_its_owner_alone_and_read_back() {
        let data = tempfile::tempdir().expect("a folder");
        let folder = data.path().join(FOLDER);
        let place = KeptTokens::in_folder(folder.clone()).place(&refresh("r1")).expect("a place");
        assert_eq!(place.read().expect("nothing yet"), None);
        place.write(place.room().expect("room"), &kept("r2")).expect("written");
        assert_eq!(place.read().expect("read"), Some(kept("r2")));
        assert_eq!((mode(&folder), mode(&place.path())), (0o700, 0o600));
        let other = KeptTokens::in_folder(folder.clone()).place(&refresh("new")).expect("a place");
        assert_eq!(other.read().expect("nothing"), None, "a new token in the configuration begins anew");
        assert!(!place.path().display().to_string().contains("r1"));
        assert_eq!(all(&folder).len(), 1);
    }

    #[test]
    fn what_a_process_left_that_was_ended_is_cleared_away() {
        let data = tempfile::tempdir().expect("a folder");
        let place = KeptTokens::in_folder(data.path().join(FOLDER)).place(&refresh("r1")).expect("a place");
        place.write(place.room().expect("room"), &kept("r2")).expect("written");
        // Ended between the answer and the new name: the former token is still there.
        let left = place.room().expect("room").keep().expect("left").1;
        assert_eq!(place.read().expect("read"), Some(kept("r2")));
        let _room = place.room().expect("room");
        assert!(!left.exists());
    }

    #[test]
    fn two_processes_do_not_hold_one_token() {
        let data = tempfile::tempdir().expect("a folder");
        let place = KeptTokens::in_folder(data.path().join(FOLDER)).place(&refresh("r1")).expect("a place");
        let held = place.lock().expect("a lock").expect("free");
        assert!(place.lock().expect("a lock").is_none());
        drop(held);
        assert!(place.lock().expect("a lock").is_some());
    }

    #[test]
    fn a_damaged_file_is_told_without_its_content() {
        let data = tempfile::tempdir().expect("a folder");
        let place = KeptTokens::in_folder(data.path().join(FOLDER)).place(&refresh("r1")).expect("a place");
        place.write(place.room().expect("room"), &kept("r2")).expect("written");
        fs::write(place.path(), "{\"refresh_token\": \"canary\"").expect("damaged");
        let error = place.read().expect_err("damaged");
        assert_eq!(error.to_string(), "the file is damaged");
    }
}
