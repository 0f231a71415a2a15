//! Files that hold persons, mails, secrets or a company's figures are for their owner alone, whatever the
//! shell that starts a command lets others read.

use rustix::fs::Mode;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What group and others may do by a file's mode.
const FOREIGN: u32 = 0o077;

/// From here on files and folders are made for the owner alone; answers what was masked before.
pub fn keep_new_files() -> u32 {
    rustix::process::umask(Mode::from_raw_mode(FOREIGN)).bits()
}

/// New files are made as the one who typed the command has it: for those that are meant for others.
pub fn share_new_files(masked: u32) {
    rustix::process::umask(Mode::from_raw_mode(masked));
}

/// Takes the files below `paths` from everybody but their owner, as an earlier version or another umask
/// may have left them open. A folder that is closed hides what is in it, and a file that nobody may write
/// was opened on purpose, as a copy for other programs is. Links are not followed. Answers what stays open
/// since it is another user's.
pub fn close(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut open = Vec::new();
    for path in paths {
        close_one(&path, &mut open);
    }
    open
}

fn close_one(path: &Path, open: &mut Vec<PathBuf>) {
    let Ok(found) = fs::symlink_metadata(path) else { return };
    let mode = found.mode();
    if !is_open(&found) {
        return;
    }
    if found.is_dir() {
        // From the inside out: what is closed first is not closed again where this is cut short.
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            close_one(&entry.path(), open);
        }
    }
    if fs::set_permissions(path, Permissions::from_mode(mode & 0o7777 & !FOREIGN)).is_err() {
        open.push(path.to_owned());
    }
}

/// Which of `paths` others may open, without closing them.
pub fn open_to_others(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    paths.into_iter().filter(|path| fs::symlink_metadata(path).is_ok_and(|found| is_open(&found))).collect()
}

fn is_open(found: &fs::Metadata) -> bool {
    let mode = found.mode();
    let is_for_others = found.is_file() && mode & 0o222 == 0;
    !found.is_symlink() && !is_for_others && mode & FOREIGN != 0
}

/// Whether a failure says that something ran short which others give back: room on the disk, file handles,
/// memory. The same call may succeed later, whatever it was about.
pub fn ran_short(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let of_system = error.raw_os_error().is_some_and(|code| {
        [Errno::MFILE, Errno::NFILE, Errno::NOSPC, Errno::DQUOT, Errno::NOMEM, Errno::AGAIN]
            .iter()
            .any(|errno| errno.raw_os_error() == code)
    });
    of_system
        || matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::OutOfMemory
        )
}

/// Less than this and the next write may fail.
const LEAST_ROOM: u64 = 16 << 20;

/// What to say where the disk of a folder has no room for work.
pub fn lack_of_room(folder: &Path) -> Option<String> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    let free = disk.f_bavail * disk.f_frsize;
    (free < LEAST_ROOM).then(|| {
        let left = match free >> 20 {
            0 => "no space is".to_owned(),
            megabytes => format!("only {megabytes} MB are"),
        };
        format!("{left} left on the device of {}: free some; what waits goes on by itself", folder.display())
    })
}

/// A failure of the file system in the words that it has everywhere.
pub fn why(error: &io::Error) -> String {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded => "no space is left on the device: free some, then try again".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("there").mode() & 0o777
    }

    #[test]
    fn what_was_left_open_is_closed_and_a_copy_for_others_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let landing = folder.path().join("landing");
        fs::create_dir_all(landing.join("acme")).expect("folders");
        let (page, copy, link) = (landing.join("acme/page"), folder.path().join("copy"), folder.path().join("link"));
        for path in [&page, &copy] {
            fs::write(path, "x").expect("written");
        }
        std::os::unix::fs::symlink(&copy, &link).expect("a link");
        for (path, mode) in [(&page, 0o644), (&copy, 0o444), (&landing, 0o755), (&landing.join("acme"), 0o755)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
        }
        let all = || [landing.clone(), copy.clone(), link.clone(), folder.path().join("missing")];
        assert_eq!(open_to_others(all()), std::slice::from_ref(&landing));
        assert_eq!(close(all()), Vec::<PathBuf>::new());
        assert_eq!(
            [&landing, &landing.join("acme"), &page, &copy].map(|path| mode(path)),
            [0o700, 0o700, 0o600, 0o444]
        );
        assert!(open_to_others(all()).is_empty());
    }

    #[test]
    fn a_want_of_handles_or_room_passes_and_a_missing_file_does_not() {
        for code in [24, 23, 28, 122, 12] {
            assert!(ran_short(&io::Error::from_raw_os_error(code)), "{code}");
        }
        for code in [2, 13, 20] {
            assert!(!ran_short(&io::Error::from_raw_os_error(code)), "{code}");
        }
    }
}
