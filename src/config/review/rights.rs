//! Who else can read the secrets or change the configuration, by the modes of files.

use crate::config::{Problem, Settings};
use crate::support::secret::SecretRef;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Read or written by everybody, or written by the group: a daemon may read its secrets by its group.
const FOREIGN_TO_SECRETS: u32 = 0o026;
const EVERYBODY_WRITES: u32 = 0o002;
/// Deeper folders hold nothing that is read.
const DEEPEST: usize = 4;

/// Secret files that others can read or write, and configuration that everybody can write.
pub fn rights(settings: &Settings) -> Vec<Problem> {
    let config = settings.config_dir();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for place in &settings.secrets {
        let SecretRef::File(path) = &place.reference else { continue };
        let path = config.join(path);
        let Some(mode) = self::mode(&path).filter(|mode| mode & FOREIGN_TO_SECRETS != 0) else { continue };
        if !seen.insert(path.clone()) {
            continue;
        }
        let is_closed = path.parent().and_then(self::mode).is_some_and(|folder| folder & 0o011 == 0);
        let can = match (mode & 0o004 != 0, mode & 0o022 != 0) {
            _ if is_closed => "is kept from other users of this machine by its folder alone",
            (true, true) => "can be read by every user of this machine, and written",
            (true, false) => "can be read by every user of this machine",
            (false, _) => "can be written by other users of this machine",
        };
        let shown = below(&settings.root, &path);
        let message = format!("the secret of {} {can}: {shown} has the mode {mode:03o}", place.owner);
        problems.push(Problem::new(&place.file, Some(place.line), &message, &format!("chmod 600 {shown}")));
    }
    let mut open = Vec::new();
    for folder in ["config", "jobs", "report-templates"] {
        writable(&settings.root.join(folder), DEEPEST, &mut open);
    }
    if mode(&settings.root).is_some_and(|mode| mode & EVERYBODY_WRITES != 0) {
        open.push(settings.root.clone());
    }
    problems.extend(open.into_iter().filter(|path| !seen.contains(path)).map(|path| {
        let shown = below(&settings.root, &path);
        let message = "every user of this machine can write it, and so decide what Daybook reads, runs and sends";
        Problem::new(Path::new(&shown), None, message, &format!("chmod o-w {}", path.display()))
    }));
    problems
}

/// The files and folders from `path` on that everybody can write. What lies in such a folder is not reported as well.
fn writable(path: &Path, deepest: usize, open: &mut Vec<PathBuf>) {
    let Ok(found) = std::fs::symlink_metadata(path) else { return };
    if !found.is_symlink() && found.permissions().mode() & EVERYBODY_WRITES != 0 {
        open.push(path.to_owned());
    } else if found.is_dir() && deepest > 0 {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| writable(&entry.path(), deepest - 1, open));
    }
}

fn mode(path: &Path) -> Option<u32> {
    std::fs::metadata(path).ok().map(|found| found.permissions().mode() & 0o777)
}

fn below(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(inner) if inner.as_os_str().is_empty() => ".".to_owned(),
        Ok(inner) => inner.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}
