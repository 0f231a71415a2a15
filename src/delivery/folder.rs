//! Writes messages and reports as files, below one folder and never outside it.

use super::{Accepted, DeliveryError};
use crate::support::blocking::off_thread;
use crate::support::ids::stable_id;
use crate::support::names::is_device;
use std::io::Write;
use std::path::{Path, PathBuf};

const NAME_BYTES: usize = 200;
const DEPTH: usize = 8;

/// A folder that takes files. It is made when the first one comes.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Writes one file whole or not at all. The same bytes again change nothing, others replace the
    /// file. The bytes are on the disk when this returns.
    pub async fn write(&self, relative: &str, bytes: &[u8]) -> Result<Accepted, DeliveryError> {
        let path = safe_relative(relative)?;
        let (root, bytes) = (self.root.clone(), bytes.to_vec());
        off_thread(move || write(&root, &path, &bytes)).await
    }
}

/// The name of a message's file. Ids that would not make a plain name are replaced by their hash.
pub fn file_name(message_id: &str, ending: &str) -> String {
    // Capitals would be small letters to some file systems.
    let plain = message_id.chars().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase() || "_-.".contains(c));
    let name = format!("{message_id}.{ending}");
    if plain && safe_relative(&name).is_ok() {
        name
    } else {
        format!("{}.{ending}", stable_id("message", &[message_id]))
    }
}

/// A path whose every part is a plain name on any system.
fn safe_relative(path: &str) -> Result<PathBuf, DeliveryError> {
    let refused =
        |why: &str| DeliveryError::Permanent { reason: format!("the file name {:?} {why}", super::one_line(path)) };
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() > DEPTH {
        return Err(refused("has too many folders"));
    }
    for part in &parts {
        if part.is_empty() || part.starts_with('.') {
            return Err(refused("has a part that is empty or starts with a dot"));
        }
        if part.len() > NAME_BYTES {
            return Err(refused("has a part longer than 200 bytes"));
        }
        if part.chars().any(|c| c.is_control() || "\\:*?\"<>|".contains(c)) || part.ends_with(['.', ' ']) {
            return Err(refused("has characters that not every system takes"));
        }
        if is_device(part) {
            return Err(refused("has a part that names a device on Windows"));
        }
    }
    Ok(parts.iter().collect())
}

fn write(root: &Path, relative: &Path, bytes: &[u8]) -> Result<Accepted, DeliveryError> {
    let path = root.join(relative);
    let parent = path.parent().unwrap_or(root).to_path_buf();
    std::fs::create_dir_all(&parent).map_err(failure)?;
    // A link inside the folder could lead out of it.
    let (real_root, real_parent) = (root.canonicalize().map_err(failure)?, parent.canonicalize().map_err(failure)?);
    if !real_parent.starts_with(&real_root) {
        return Err(DeliveryError::Misconfigured { reason: "a link leads out of the folder for files".to_owned() });
    }
    let before = match std::fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_file() => Some(std::fs::read(&path).map_err(failure)?),
        _ => None,
    };
    if before.as_deref() == Some(bytes) {
        return Ok(accepted("unchanged", relative));
    }
    // Made for its owner alone: it holds a company's figures, and a mail its readers.
    let mut file = tempfile::NamedTempFile::new_in(&real_parent).map_err(failure)?;
    file.write_all(bytes).map_err(failure)?;
    file.as_file().sync_all().map_err(failure)?;
    file.persist(&path).map_err(|error| failure(error.error))?;
    // Without this the rename itself could be lost with the power.
    std::fs::File::open(&real_parent).and_then(|dir| dir.sync_all()).map_err(failure)?;
    Ok(accepted(if before.is_some() { "replaced" } else { "written" }, relative))
}

fn accepted(what: &str, relative: &Path) -> Accepted {
    Accepted { response: format!("{what} {}", relative.display()) }
}

/// A full disk may be emptied; a folder that may not be written to needs the operator.
fn failure(error: std::io::Error) -> DeliveryError {
    use std::io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem, StorageFull};
    let reason = match error.kind() {
        StorageFull => format!("the file cannot be written: {}", crate::support::owner::why(&error)),
        kind => format!("the file cannot be written: {kind}"),
    };
    match error.kind() {
        PermissionDenied | ReadOnlyFilesystem | NotADirectory => DeliveryError::Misconfigured { reason },
        _ => DeliveryError::Temporary { reason, retry_after: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_written_once_and_a_second_time_changes_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(dir.path().join("reports"));
        let first = folder.write("acme/daily.pdf", b"one").await.expect("written");
        let second = folder.write("acme/daily.pdf", b"one").await.expect("unchanged");
        let third = folder.write("acme/daily.pdf", b"two").await.expect("replaced");
        assert_eq!(
            [first, second, third].map(|a| a.response),
            ["written acme/daily.pdf", "unchanged acme/daily.pdf", "replaced acme/daily.pdf"]
        );
        let left: Vec<_> = std::fs::read_dir(dir.path().join("reports/acme")).expect("a folder").collect();
        assert_eq!(left.len(), 1, "no temporary file stays");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for hostile in [
            "../x",
            "/etc/passwd",
            "a/../../x",
            "a//b",
            "",
            ".",
            "a/.",
            ".hidden",
            "a\0b",
            "a\\..\\b",
            "C:x",
            "con",
            "NUL.txt",
            "com1.pdf",
            "LPT9",
            "a/aux .txt",
            "x.",
            "x ",
            "a\nb",
            "1/2/3/4/5/6/7/8/9",
        ] {
            assert!(matches!(safe_relative(hostile), Err(DeliveryError::Permanent { .. })), "{hostile:?}");
        }
        assert!(safe_relative(&"x".repeat(201)).is_err());
        for good in ["acme/daily-2026-11-20.pdf", "Söhne/日本語.csv", "console.csv", "common.pdf"] {
            assert!(safe_relative(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn message_ids_become_plain_names() {
        assert_eq!(file_name("msg_01", "eml"), "msg_01.eml");
        let odd = file_name("../../etc/passwd", "eml");
        assert!(odd.starts_with("message_") && safe_relative(&odd).is_ok(), "{odd}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_inside_the_folder_does_not_lead_out() {
        let (dir, outside) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).expect("a link");
        let error = Folder::new(dir.path().to_path_buf()).write("link/x.txt", b"x").await.expect_err("refused");
        assert!(matches!(error, DeliveryError::Misconfigured { .. }));
        assert!(!outside.path().join("x.txt").exists());
    }
}
