//! Reports and mails that were written to folders, and name a person who is erased.

use super::maintenance::{MaintenanceContext, MaintenanceError};
use crate::delivery::folder::file_name;
use crate::support::spelling::{Outcome, Words};
use crate::warehouse::{Context, WarehouseError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Endings of messages in folders that workspaces share.
const MESSAGES: [&str; 3] = ["eml", "json", "txt"];

/// What became of the files.
#[derive(Debug, Default)]
pub struct Done {
    pub gone: Vec<PathBuf>,
    /// Files that could not be read or removed, and messages of nobody known that name the person.
    pub left: Vec<String>,
}

/// Removes files of a workspace that name one of the words; with one of them go those of the same name with other
/// endings, for a PDF cannot be looked into. The second words are for names of files. Blocking.
///
/// # Errors
/// Where the outbox cannot be read; what happens to a file or folder is part of the answer.
pub fn remove(
    context: &MaintenanceContext,
    workspace: &str,
    words: (&Words, &Words),
) -> Result<Done, MaintenanceError> {
    let workspaces = context.warehouse.read_blocking(messages)?;
    let of = |stem: &str| workspaces.get(stem).map(String::as_str);
    let mut done = Done::default();
    for folder in &context.sent_folders {
        // Reports lie in a folder of the workspace; mails beside those of others, under their message's id.
        let own = done.listed(folder.join(workspace), fs::FileType::is_file);
        let (messages, unknown): (Vec<_>, Vec<_>) = done
            .listed(folder.clone(), fs::FileType::is_file)
            .into_iter()
            .filter(|file| file.extension().is_some_and(|ending| MESSAGES.iter().any(|one| ending == *one)))
            .filter(|file| of(&stem(file)).is_none_or(|of| of == workspace))
            .partition(|file| of(&stem(file)).is_some());
        for files in [own, messages] {
            done.remove(files, words);
        }
        // Files that go along with a message have a folder of its name.
        let folders = done.listed(folder.clone(), fs::FileType::is_dir);
        for folder in folders.into_iter().filter(|folder| of(&stem(folder)) == Some(workspace)) {
            let files = done.listed(folder, fs::FileType::is_file);
            done.remove(files, words);
        }
        for file in unknown {
            let what = match is_named(&file, words) {
                Ok(Outcome::Absent) => continue,
                Ok(Outcome::Found) => "names the person".to_owned(),
                Ok(Outcome::TooMany) => "can be read in too many ways".to_owned(),
                Err(error) => error.to_string(),
            };
            done.left.push(format!(
                "{} {what}, and no message of that name is known: remove it by hand if it is of {workspace}",
                file.display()
            ));
        }
    }
    Ok(done)
}

impl Done {
    fn remove(&mut self, files: Vec<PathBuf>, words: (&Words, &Words)) {
        let mut names = BTreeSet::new();
        let mut unread = BTreeMap::new();
        for file in &files {
            match is_named(file, words) {
                Ok(Outcome::Absent) => {}
                Ok(Outcome::Found) => {
                    names.insert(stem(file));
                }
                Ok(Outcome::TooMany) => {
                    names.insert(stem(file));
                    let told = "can be read in too many ways: it is removed, though it may name others only";
                    self.left.push(format!("{} {told}", file.display()));
                }
                Err(error) => {
                    unread.insert(file.clone(), error);
                }
            }
        }
        for file in files.into_iter().filter(|file| names.contains(&stem(file))) {
            unread.remove(&file);
            match fs::remove_file(&file) {
                Ok(()) => self.gone.push(file),
                Err(error) => self.left.push(format!("{} cannot be removed: {error}", file.display())),
            }
        }
        let told = |(file, error): (PathBuf, std::io::Error)| format!("{} cannot be read: {error}", file.display());
        self.left.extend(unread.into_iter().map(told));
    }

    /// What lies right in a folder and is of a kind; nothing where it is not there. Links are not followed.
    fn listed(&mut self, folder: PathBuf, is_wanted: fn(&fs::FileType) -> bool) -> Vec<PathBuf> {
        let all = fs::read_dir(&folder).and_then(|entries| {
            let of = |entry: fs::DirEntry| Ok((entry.path(), entry.file_type()?));
            entries.map(|entry| entry.and_then(of)).collect::<std::io::Result<Vec<_>>>()
        });
        let mut all: Vec<PathBuf> = match all {
            Ok(all) => all.into_iter().filter(|(_, kind)| is_wanted(kind)).map(|(path, _)| path).collect(),
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    self.left.push(format!("{} cannot be read: {error}", folder.display()));
                }
                Vec::new()
            }
        };
        all.sort();
        all
    }
}

fn is_named(file: &Path, (words, in_names): (&Words, &Words)) -> std::io::Result<Outcome> {
    if in_names.look_in_text(&stem(file)) == Outcome::Found {
        return Ok(Outcome::Found);
    }
    words.look_in_file(file)
}

/// Workspaces of all messages that are known, by the names of their files.
fn messages(reader: &duckdb::Connection) -> Result<BTreeMap<String, String>, WarehouseError> {
    let step = || "listing messages".to_owned();
    let mut statement = reader.prepare("SELECT message_id, workspace FROM ops.outbox").context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).context(step)?;
    let mut all = BTreeMap::new();
    for row in rows {
        let (id, workspace) = row.context(step)?;
        all.insert(stem(Path::new(&file_name(&id, "eml"))), workspace.clone());
        all.insert(id, workspace);
    }
    Ok(all)
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
