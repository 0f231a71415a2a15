//! One process at a data folder: a lock file that names its holder.

use crate::support::regular_file;
use crate::warehouse::WarehouseError;
use chrono::{DateTime, Utc};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The lock's name within the data folder.
const NAME: &str = "daybook.lock";
/// Most commands are over sooner: a daemon that starts beside a `daybook status` need not fail for it.
const TIMEOUT: Duration = Duration::from_secs(3);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// Held as long as it lives; the kernel lets go of it when the process ends, however that happens.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

/// Why the folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("the data folder {folder} is in use by {holder}: wait for it, or stop it")]
    Held { folder: PathBuf, holder: String },
    /// What root writes there, its owner could not open.
    #[error(
        "{folder} belongs to the user {owner} alone, whom files of root would shut out: start the daemon, which then carries commands out, or use `runuser -u {owner} -- {command}`"
    )]
    Private { folder: PathBuf, owner: String, command: String },
    #[error(transparent)]
    Io(WarehouseError),
}

impl DataLock {
    /// Takes the lock of `folder` for `command` (as the holder is named to others) at `now`; waits a
    /// moment for one that holds it.
    pub fn take(folder: &Path, command: &str, now: DateTime<Utc>) -> Result<Self, LockError> {
        if let Some(owner) = private_to_another(folder) {
            return Err(LockError::Private { folder: folder.to_owned(), owner, command: command.to_owned() });
        }
        let path = folder.join(NAME);
        let failed = |source: io::Error| LockError::Io(WarehouseError::io(&path, source));
        regular_file::require(&path).map_err(failed)?;
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < TIMEOUT => std::thread::sleep(POLL_EVERY),
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::Held { folder: folder.to_owned(), holder: holder(&mut file) });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        file.set_len(0).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let since = now.format("%Y-%m-%d %H:%M:%S UTC");
        write!(file, "`{command}` (process {}, since {since})", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// The owner of a folder that only its owner may enter, where root is about to.
fn private_to_another(folder: &Path) -> Option<String> {
    let owner = std::fs::metadata(folder).ok().filter(|found| found.mode() & 0o077 == 0)?.uid();
    // The kernel says whose process this is; nothing else here needs the system calls for it.
    let own = std::fs::metadata("/proc/self").ok()?.uid();
    (own == 0 && owner != 0).then(|| user_name(owner))
}

/// The name by the system's list of users, or the number.
pub fn user_name(uid: u32) -> String {
    let number = uid.to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then(|| name.to_owned())
    });
    named.unwrap_or(number)
}

/// Who the file says holds it.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(300).read_to_string(&mut text);
    if read.is_ok() && !text.is_empty() { text } else { "another process".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn root_keeps_out_of_a_folder_that_is_another_users_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let set = |mode| std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).expect("set");
        set(0o700);
        if std::os::unix::fs::chown(folder.path(), Some(4_000_000), None).is_err() {
            crate::support::skip::skip("only root may give a folder away");
            return;
        }
        let now = "2026-03-01T04:05:06Z".parse().expect("an instant");
        let told = DataLock::take(folder.path(), "daybook sync", now).expect_err("refused").to_string();
        assert!(told.contains("`runuser -u 4000000 -- daybook sync`"), "{told}");
        assert!(!folder.path().join(NAME).exists(), "a file of root's was left");
        // A folder that others may enter, such as a mounted one, is shared on purpose.
        set(0o755);
        DataLock::take(folder.path(), "daybook sync", now).expect("free");
    }

    #[test]
    fn a_second_process_reports_who_holds_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = "2026-03-01T04:05:06Z".parse().expect("an instant");
        let first = DataLock::take(folder.path(), "daybook serve", now).expect("free");
        let told = DataLock::take(folder.path(), "daybook sync", now).expect_err("held").to_string();
        let expected = format!("`daybook serve` (process {}, since 2026-03-01 04:05:06 UTC)", std::process::id());
        assert!(told.contains(&expected), "{told}");
        drop(first);
        DataLock::take(folder.path(), "daybook sync", now).expect("free again");
    }

    #[test]
    fn a_command_that_is_soon_over_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = "2026-03-01T04:05:06Z".parse().expect("an instant");
        let first = DataLock::take(folder.path(), "daybook status", now).expect("free");
        let soon = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            drop(first);
        });
        DataLock::take(folder.path(), "daybook serve", now).expect("free after a moment");
        soon.join().expect("let go");
    }
}
