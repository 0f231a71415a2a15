//! The SQL that comes with jobs: rollups and checks. Only read here; others prepare and run it.

use crate::domain::fact::rollup::{HeaderProblem, in_order};
use crate::domain::fact::{Facts, Rollup};
use crate::settings::files::{file_id, files_in, read_text};
use crate::settings::reader::{Problems, unknown_remedy};
use crate::warehouse::rollup::RollupSql;
use std::path::{Path, PathBuf};

/// Where rollups are.
const FOLDER: &str = "jobs/rollups";

/// A file of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFile {
    /// The file's name without ending, e.g. `metric_daily`.
    pub name: String,
    /// Relative to the root folder.
    pub path: PathBuf,
    pub text: String,
}

/// The rollups that replace shipped ones. The others of the folder are in [`Facts`].
pub(super) fn read_rollups(root: &Path, problems: &Problems) -> Vec<SqlFile> {
    let mut files = read_all(root, FOLDER, problems);
    files.retain(|file| RollupSql::NAMES.contains(&file.name.as_str()));
    files
}

/// Adds the installation's own rollups to its facts, each behind those it reads.
pub(super) fn add_rollups(root: &Path, facts: &mut Facts, problems: &Problems) {
    // What cannot be read is reported once, by those who read all.
    let quiet = Problems::default();
    let own = read_all(root, FOLDER, &quiet).into_iter().filter(|file| !RollupSql::NAMES.contains(&file.name.as_str()));
    let mut rollups = Vec::new();
    let tell = |file: &Path, found: Vec<HeaderProblem>| {
        found.iter().for_each(|one| problems.add(file, one.line, &one.message, &one.remedy));
    };
    for file in own {
        match Rollup::read(&file.name, file.path.clone(), &file.text) {
            Ok(rollup) => rollups.push(rollup),
            // No header at all: meant to stand for a shipped one, more likely than not.
            Err(_) if !file.text.trim_start().starts_with("--") => {
                let remedy = unknown_remedy(&file.name, &RollupSql::NAMES, "rollups");
                let remedy = format!("{remedy}; a rollup of your own begins with a header, see the README");
                problems.add(&file.path, None, &format!("there is no rollup {:?} to replace", file.name), &remedy);
            }
            Err(found) => tell(&file.path, found),
        }
    }
    match in_order(rollups) {
        Ok(ordered) => facts.set_rollups(ordered),
        Err(circle) => {
            let message = format!("the rollups {} read one another in a circle", circle.join(", "));
            problems.add(Path::new(FOLDER), None, &message, "take an input out of one of them");
        }
    }
    for rollup in facts.rollups() {
        for problem in rollup.check(facts) {
            problems.add(&rollup.file, None, &problem.message, &problem.remedy);
        }
    }
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
