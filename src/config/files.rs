//! Finds and reads the files of the configuration.

use super::reader::Problems;
use super::values::is_id;
use std::path::{Path, PathBuf};

/// A larger configuration file is refused.
const LARGEST_FILE: u64 = 1 << 20;

/// The text of `root/file`; `None` after noting why it cannot be read. `is_optional` files may be
/// absent without a problem.
pub fn read_text(root: &Path, file: &Path, is_optional: bool, problems: &Problems) -> Option<String> {
    let path = root.join(file);
    let told = |message: &str, remedy: &str| {
        problems.add(file, None, message, remedy);
        None
    };
    let metadata = match std::fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return if is_optional { None } else { told("the file is missing", "create it, or name the right folder") };
        }
        Err(error) => return told(&format!("the file cannot be read: {}", error.kind()), "check its permissions"),
    };
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        return told("this is not a regular file of at most 1 MB", "keep only text files that people write here");
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            told("the file is not UTF-8 text", "save it again with the encoding UTF-8")
        }
        Err(error) => told(&format!("the file cannot be read: {}", error.kind()), "check its permissions"),
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
