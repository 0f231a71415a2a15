//! The SQL that comes with jobs: rollups and checks. Only read here; others prepare and run it.

use super::files::{file_id, files_in, read_text};
use crate::settings::reader::{Problems, unknown_remedy};
use crate::warehouse::rollup::RollupSql;
use std::path::{Path, PathBuf};

/// A file of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFile {
    /// The file's name without ending, e.g. `metric_daily`.
    pub name: String,
    /// Relative to the root folder.
    pub path: PathBuf,
    pub text: String,
}

/// The rollups that replace shipped ones; a file of another name would never run.
pub(super) fn read_rollups(root: &Path, problems: &Problems) -> Vec<SqlFile> {
    let files = read_all(root, "jobs/rollups", problems);
    for file in files.iter().filter(|file| !RollupSql::NAMES.contains(&file.name.as_str())) {
        let remedy = unknown_remedy(&file.name, &RollupSql::NAMES, "rollups");
        problems.add(&file.path, None, &format!("there is no rollup {:?} to replace", file.name), &remedy);
    }
    files
}

/// The SQL files of a folder by name.
pub(super) fn read_all(root: &Path, folder: &str, problems: &Problems) -> Vec<SqlFile> {
    files_in(root, folder, "sql", problems)
        .into_iter()
        .filter_map(|path| {
            let name = file_id(&path, problems)?;
            let text = read_text(root, &path, false, problems)?;
            if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with("--")) {
                problems.add(&path, None, "the file holds no statement", "write its SELECT, or remove the file");
                return None;
            }
            Some(SqlFile { name, path, text })
        })
        .collect()
}
