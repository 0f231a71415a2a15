//! Finds and reads the files of the configuration, and places what they name.

use super::reader::Problems;
use super::values::is_id;
use crate::support::text_file;
use std::path::{Path, PathBuf};

/// The text of `root/file`; `None` after noting why it cannot be read. `is_optional` files may be
/// absent without a problem.
pub fn read_text(root: &Path, file: &Path, is_optional: bool, problems: &Problems) -> Option<String> {
    let path = root.join(file);
    match text_file::read(&path) {
        Ok(Some(text)) => Some(text),
        Ok(None) if is_optional => None,
        Ok(None) => {
            let message = format!("the file is missing: there is no {}", path.display());
            let remedy = "name the folder that holds config/ with -C, or begin one: `daybook init` asks what it needs, \
                          `daybook demo` shows a simulated company";
            problems.add(file, None, &message, remedy);
            None
        }
        Err(unread) => {
            problems.add(file, unread.line, &unread.message, unread.remedy);
            None
        }
    }
}

/// Files of `root/folder` with the ending `.extension`, relative to root, in order of name. An absent
/// folder has none; one that cannot be read is a problem.
pub fn files_in(root: &Path, folder: &str, extension: &str, problems: &Problems) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let message = format!("the folder cannot be read: {}", error.kind());
            problems.add(Path::new(folder), None, &message, "check that it is a folder and its permissions");
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| Path::new(folder).join(entry.file_name()))
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter(|path| path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")))
        .collect();
    files.sort();
    files
}

/// The name of a file without its ending, if that is a snake_case id; else a problem is noted.
pub fn file_id(file: &Path, problems: &Problems) -> Option<String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    if let Some(stem) = stem.filter(|stem| is_id(stem)) {
        return Some(stem.to_owned());
    }
    let remedy = "rename it: lower-case letters, digits and _, beginning with a letter, at most 60";
    problems.add(file, None, "the file's name is not an id", remedy);
    None
}

/// `path` below `folder`, unless absolute; "." adds nothing.
pub fn join(folder: &Path, path: &Path) -> PathBuf {
    folder.join(path).components().collect()
}
