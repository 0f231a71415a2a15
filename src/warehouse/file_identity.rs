//! The database's file as the system sees it: whether it is still where it was opened, and whether there are
//! file handles left to open it with.

use super::error::WarehouseError;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// DuckDB opens some files of its own when it opens a database, and ends the process where it cannot.
const HANDLES: usize = 12;

/// Which file lies at `path`.
pub fn number_of(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Refuses to go on where another file, or none, lies at `path` than the one that was opened.
pub fn in_place(path: &Path, opened: (u64, u64)) -> Result<(), WarehouseError> {
    match std::fs::metadata(path) {
        Ok(found) if (found.dev(), found.ino()) == opened => Ok(()),
        Ok(_) => Err(WarehouseError::Lost { path: path.to_owned(), how: "was replaced by another file" }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(WarehouseError::Lost { path: path.to_owned(), how: "is gone" })
        }
        Err(error) => Err(WarehouseError::io(path, error)),
    }
}

/// Copies the file that was opened as `opened` and has no name any more: once the process ends it is no more.
/// Answers where the copy is.
pub fn rescue(path: &Path, opened: (u64, u64)) -> std::io::Result<Option<PathBuf>> {
    for entry in std::fs::read_dir("/proc/self/fd")?.flatten() {
        let Ok(found) = std::fs::metadata(entry.path()) else { continue };
        if (found.dev(), found.ino()) == opened && found.nlink() == 0 {
            let copy = path.with_extension(format!("duckdb.rescued-{}", std::process::id()));
            std::fs::copy(entry.path(), &copy)?;
            return Ok(Some(copy));
        }
    }
    Ok(None)
}

/// Whether a few files more can be opened.
pub fn spare_handles(path: &Path) -> Result<(), WarehouseError> {
    let mut held = Vec::with_capacity(HANDLES);
    for _ in 0..HANDLES {
        held.push(File::open("/dev/null").map_err(|error| WarehouseError::of_handles(path, error))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::warehouse::{Context, Warehouse, WarehouseConfig, WarehouseError};
    use std::path::Path;

    fn write(warehouse: &Warehouse) -> Result<(), WarehouseError> {
        let sql = "CREATE TABLE IF NOT EXISTS t (a INTEGER)";
        warehouse.write_blocking(|connection| connection.execute_batch(sql).context(|| "a table".to_owned()))
    }

    fn open(path: &Path) -> Warehouse {
        Warehouse::open(path, &WarehouseConfig::default()).expect("a warehouse")
    }

    /// objectstack-ai/objectstack#15374, holon-run/holon#2850: a server wrote into a file that was no longer there.
    #[test]
    fn nothing_is_written_into_a_file_that_was_moved_away_until_it_is_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, away) = (folder.path().join("daybook.duckdb"), folder.path().join("away.duckdb"));
        let warehouse = open(&path);
        write(&warehouse).expect("in its place");
        std::fs::rename(&path, &away).expect("moved");
        let told = write(&warehouse).expect_err("gone").to_string();
        assert!(told.contains("daybook.duckdb is gone"), "{told}");
        std::fs::copy(&away, &path).expect("copied");
        let told = warehouse.check_place().expect_err("another").to_string();
        assert!(told.contains("was replaced by another file"), "{told}");
        std::fs::rename(&away, &path).expect("moved back");
        write(&warehouse).expect("in its place again");
    }

    #[test]
    fn what_was_written_into_a_file_that_was_deleted_is_kept_under_another_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("daybook.duckdb");
        let warehouse = open(&path);
        write(&warehouse).expect("in its place");
        std::fs::remove_file(&path).expect("deleted");
        write(&warehouse).expect_err("gone");
        drop(warehouse);
        let names = std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|entry| entry.path());
        let rescued = names.into_iter().find(|path| path.to_string_lossy().contains(".rescued-")).expect("a copy");
        let held = duckdb::Connection::open(rescued).expect("a database");
        held.execute_batch("SELECT a FROM t").expect("the table");
    }

    #[test]
    fn a_file_that_is_rightly_swapped_is_the_one_to_be_found_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("daybook.duckdb");
        let warehouse = open(&path);
        let swapped = warehouse.swap_blocking(
            |_, _| Ok(()),
            |(), path| {
                let copy = path.with_extension("copy");
                let done = std::fs::copy(path, &copy).and_then(|_| std::fs::rename(&copy, path));
                done.map_err(|error| WarehouseError::io(path, error))
            },
        );
        swapped.expect("swapped");
        write(&warehouse).expect("in its place");
    }
}
