//! Files on the disk: what a database file has beside it, and writing that lasts through a power cut.

use super::error::WarehouseError;
use serde::Serialize;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Makes what was written last through a power cut; folders too.
pub fn sync(path: &Path) -> Result<(), WarehouseError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| WarehouseError::io(path, error))
}

/// Syncs the folder of a file that was made or renamed.
pub fn sync_folder(file: &Path) -> Result<(), WarehouseError> {
    sync(file.parent().unwrap_or(Path::new(".")))
}

/// Removes a database file and its log.
pub fn remove(path: &Path) {
    for ending in ["", ".wal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let _ = fs::remove_file(PathBuf::from(name));
    }
}

/// The write-ahead log that belongs to a database file.
pub fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".wal");
    PathBuf::from(name)
}

/// Writes a value as JSON in one step: a reader meets the old file or the new one.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), WarehouseError> {
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(&serde_json::to_vec_pretty(value)?)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| WarehouseError::io(path, error))
}
