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
            if is_optional {
                return None;
            }
            let message = format!("the file is missing: there is no {}", path.display());
            let remedy = "name the folder that holds config/ with -C, or begin one: `daybook init` asks what it needs, \
                          `daybook demo` shows a simulated company";
            return told(&message, remedy);
        }
        Err(error) => return told(&format!("the file cannot be read: {}", error.kind()), "check its permissions"),
    };
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        return told("this is not a regular file of at most 1 MB", "keep only text files that people write here");
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            let (line, message) = not_utf8(&std::fs::read(&path).unwrap_or_default());
            problems.add(file, line, message, "save it again with the encoding UTF-8");
            None
        }
        Err(error) => told(&format!("the file cannot be read: {}", error.kind()), "check its permissions"),
    }
}

/// The line that is no UTF-8, and what the text probably is.
fn not_utf8(bytes: &[u8]) -> (Option<usize>, &'static str) {
    if bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || bytes.get(..64).is_some_and(|head| head.contains(&0))
    {
        return (None, "the file is not UTF-8 text but UTF-16, as some editors write it");
    }
    let good = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let before = bytes.get(..good).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    (Some(line), "the file is not UTF-8 text: this line has a letter in another encoding, such as Latin-1")
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
