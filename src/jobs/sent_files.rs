//! Reports and mails that were written to folders, and name a person who is erased.

use super::care::{CareContext, CareError};
use crate::support::spelling::Words;
use crate::warehouse::{Context, WarehouseError};
use duckdb::params;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Endings of messages in folders that workspaces share.
const MESSAGES: [&str; 3] = ["eml", "json", "txt"];

/// Removes files of a workspace that name one of `words`; with one of them go those of the same name with other
/// endings, for a PDF cannot be looked into. Blocking.
///
/// # Errors
/// What cannot be removed or listed. A file that cannot be read is not one of ours and stays.
pub fn remove(context: &CareContext, workspace: &str, words: &Words) -> Result<Vec<PathBuf>, CareError> {
    let id = workspace.to_owned();
    let theirs = context.warehouse.read_blocking(move |reader| messages_of_others(reader, &id))?;
    let mut gone = Vec::new();
    for folder in &context.sent_folders {
        // Reports lie in a folder of the workspace; mails beside those of others, under their message's id.
        for (folder, is_shared) in [(folder.join(workspace), false), (folder.clone(), true)] {
            let files = files(&folder).map_err(|error| WarehouseError::io(&folder, error))?;
            let is_message = |file: &PathBuf| {
                file.extension().is_some_and(|ending| MESSAGES.iter().any(|one| ending == *one))
                    && !theirs.contains(&stem(file))
            };
            let own = files.into_iter().filter(|file| !is_shared || is_message(file));
            let own: Vec<PathBuf> = own.collect();
            let names: BTreeSet<String> =
                own.iter().filter(|file| is_named(file, words)).map(|file| stem(file)).collect();
            for file in own.into_iter().filter(|file| names.contains(&stem(file))) {
                fs::remove_file(&file).map_err(|error| WarehouseError::io(&file, error))?;
                gone.push(file);
            }
        }
    }
    Ok(gone)
}

fn is_named(file: &Path, words: &Words) -> bool {
    words.are_in_text(&stem(file)) || words.are_in_file(file).unwrap_or(false)
}

fn messages_of_others(reader: &duckdb::Connection, workspace: &str) -> Result<BTreeSet<String>, WarehouseError> {
    let step = || "listing messages of other workspaces".to_owned();
    let mut statement = reader.prepare("SELECT message_id FROM ops.outbox WHERE workspace <> ?").context(step)?;
    let rows = statement.query_map(params![workspace], |row| row.get(0)).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Files right in a folder; none where it is not there. Links are not followed.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let files = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
