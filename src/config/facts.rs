//! Facts of the installation's own: `config/facts/<fact>.toml`, or `config/connectors/<name>/facts/<fact>.toml` beside
//! the connector that fills it; each with `<fact>.metrics.sql` for what it adds to the metrics.

use super::sql_files::{SqlFile, add_rollups};
use crate::domain::fact::{Fact, Facts, Origin};
use crate::settings::files::{file_id, files_in, read_text};
use crate::settings::{Problems, Source, read_toml};
use crate::warehouse::facts::{Written, builtin, checks, read_top};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where they are.
pub const FOLDER: &str = "config/facts";
/// Where connectors of the installation are; each may have a folder `facts`.
pub const CONNECTORS: &str = "config/connectors";

/// The ending of the query of a contribution.
pub const QUERY: &str = ".metrics.sql";

/// The built-in facts and those of the installation.
pub(super) fn read(root: &Path, problems: &Problems) -> Arc<Facts> {
    let mut facts = (*builtin()).clone();
    for folder in folders(root) {
        queries_without_a_fact(root, &folder, problems);
        for file in files_in(root, &folder, "toml", problems) {
            if let Some(fact) = fact(root, &file, problems) {
                for problem in facts.add(fact).err().into_iter().flatten() {
                    problems.add(&file, None, &problem.message, &problem.remedy);
                }
            }
        }
    }
    for (fact, problem) in facts.missing_references() {
        if let Origin::File(file) = &fact.origin {
            problems.add(file, None, &problem.message, &problem.remedy);
        }
    }
    add_rollups(root, &mut facts, problems);
    Arc::new(facts)
}

/// Folders below `root` in which facts may be, relative to it; absent ones included.
fn folders(root: &Path) -> Vec<String> {
    let own = connectors(root).into_iter().map(|folder| format!("{folder}/facts"));
    std::iter::once(FOLDER.to_owned()).chain(own).collect()
}

/// The folders of the installation's own connectors, relative to `root`, by name.
pub(super) fn connectors(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join(CONNECTORS)).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> =
        folders.filter_map(|entry| Some(format!("{CONNECTORS}/{}", entry.file_name().to_str()?))).collect();
    names.sort();
    names
}

fn fact(root: &Path, file: &Path, problems: &Problems) -> Option<Fact> {
    let id = file_id(file, problems)?;
    let text = read_text(root, file, false, problems)?;
    let query = file.with_file_name(format!("{id}{QUERY}"));
    let query = match root.join(&query).exists() {
        true => Some((query.clone(), read_text(root, &query, false, problems)?)),
        false => None,
    };
    let written = Written { id, origin: Origin::File(file.to_owned()), query };
    let source = Source { file, text: &text, problems };
    read_toml(source, |top| read_top(top, written))?
}

/// A query whose contract has another name would never run.
fn queries_without_a_fact(root: &Path, folder: &str, problems: &Problems) {
    for file in files_in(root, folder, "sql", problems) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let contract = name.strip_suffix(QUERY).map(|id| file.with_file_name(format!("{id}.toml")));
        if contract.is_none_or(|contract: PathBuf| !root.join(contract).exists()) {
            let remedy = format!("name it <fact>{QUERY}, beside <fact>.toml");
            problems.add(&file, None, "no fact has this query", &remedy);
        }
    }
}

/// Adds the checks that follow from contracts; a file of the same name in `jobs/checks` stands for one.
pub(super) fn with_checks(mut files: Vec<SqlFile>, facts: &Facts) -> Vec<SqlFile> {
    for check in checks::checks(facts) {
        if !files.iter().any(|file| file.name == check.name) {
            files.push(SqlFile { name: check.name.to_owned(), path: PathBuf::from(FOLDER), text: check.sql });
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}
