//! An edit of a file: how it differs, whether `daybook check` takes it, and the writing of it.

use crate::app::AppError;
use crate::app::SecretsAre;
use crate::config::{Problem, Settings};
use crate::queries::check::inspect;
use crate::support::clock::Clock;
use similar::TextDiff;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table};

/// A file as it is and as it shall be.
pub struct Edit {
    /// Relative to the root folder.
    pub file: PathBuf,
    /// `None` where there is no such file yet.
    old: Option<String>,
    new: String,
}

impl Edit {
    /// A file that is not there yet.
    pub fn new_file(root: &Path, file: &Path, text: String) -> Result<Self, AppError> {
        if root.join(file).exists() {
            return Err(AppError::Usage(format!("{} already exists: edit it, or choose another id", file.display())));
        }
        Ok(Self { file: file.to_owned(), old: None, new: text })
    }

    /// The file with text after its end.
    pub fn append(root: &Path, file: &Path, text: &str) -> Result<Self, AppError> {
        let old = read(root, file)?;
        let gap = if old.ends_with('\n') { "" } else { "\n" };
        Ok(Self { file: file.to_owned(), new: format!("{old}{gap}{text}"), old: Some(old) })
    }

    /// The file after `change`; comments and the order of keys stay.
    pub fn change(
        root: &Path,
        file: &Path,
        change: impl FnOnce(&mut DocumentMut) -> Result<(), AppError>,
    ) -> Result<Self, AppError> {
        let old = read(root, file)?;
        let wrong = |error: toml_edit::TomlError| AppError::Usage(format!("{}: {}", file.display(), error.message()));
        let mut document = old.parse::<DocumentMut>().map_err(wrong)?;
        change(&mut document)?;
        let new = document.to_string();
        // The editor writes line feeds; a file with the line ends of Windows keeps them.
        let new = if old.contains("\r\n") { new.replace("\r\n", "\n").replace('\n', "\r\n") } else { new };
        Ok(Self { file: file.to_owned(), old: Some(old), new })
    }

    /// What changes, as a unified diff.
    pub fn diff(&self) -> String {
        let name = self.file.display().to_string();
        let old = self.old.as_deref().unwrap_or_default();
        let before = if self.old.is_some() { name.clone() } else { "/dev/null".to_owned() };
        TextDiff::from_lines(old, &self.new).unified_diff().context_radius(2).header(&before, &name).to_string()
    }

    /// Writes the file whole or not at all; an existing one keeps its permissions.
    pub fn write(&self, root: &Path) -> std::io::Result<()> {
        let path = root.join(&self.file);
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder)?;
        // Somebody may have saved the file meanwhile.
        let now = fs::read_to_string(&path).ok();
        if now != self.old {
            let message = format!("{} changed meanwhile; nothing was written to it", self.file.display());
            return Err(std::io::Error::other(message));
        }
        let mut file = tempfile::Builder::new().prefix(".daybook-").tempfile_in(folder)?;
        file.write_all(self.new.as_bytes())?;
        let permissions = match fs::metadata(&path) {
            Ok(metadata) => metadata.permissions(),
            Err(_) => std::os::unix::fs::PermissionsExt::from_mode(0o644),
        };
        file.as_file().set_permissions(permissions)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn read(root: &Path, file: &Path) -> Result<String, AppError> {
    let path = root.join(file);
    fs::read_to_string(&path).map_err(|source| AppError::Io { path, source })
}

/// Has the edited installation checked in a folder of its own; the warnings that it has more than now.
///
/// # Errors
/// What `daybook check` would refuse.
pub fn try_out(settings: &Settings, edits: &[Edit]) -> anyhow::Result<Vec<Problem>> {
    let draft = tempfile::tempdir()?;
    for folder in ["config", "jobs"] {
        copy(&settings.root, draft.path(), Path::new(folder))?;
    }
    for edit in edits {
        let path = draft.path().join(&edit.file);
        fs::create_dir_all(path.parent().unwrap_or(draft.path()))?;
        fs::write(path, &edit.new)?;
    }
    let edited = tokio::task::block_in_place(|| inspect(draft.path(), SecretsAre::Assumed, Clock::System.now()))?;
    let now = Clock::System.now();
    let known: Vec<String> = settings.warnings(now).into_iter().map(|warning| warning.message).collect();
    let more = edited.warnings(now).into_iter().filter(|warning| !known.contains(&warning.message));
    Ok(more.collect())
}

/// Copies what configuration is; secrets stay where they are.
fn copy(from: &Path, to: &Path, folder: &Path) -> std::io::Result<()> {
    let Ok(entries) = fs::read_dir(from.join(folder)) else { return Ok(()) };
    fs::create_dir_all(to.join(folder))?;
    for entry in entries {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() && path != Path::new("config/secrets") {
            copy(from, to, &path)?;
        } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "toml" || ending == "sql") {
            fs::copy(from.join(&path), to.join(&path))?;
        }
    }
    Ok(())
}

/// Adds the tables of `[[list]]` that `block` has after those that are there.
pub fn push_tables(document: &mut DocumentMut, list: &str, block: &str) -> Result<(), AppError> {
    let wrong = || AppError::Usage(format!("{list} is not written as [[{list}]]: add the block by hand\n{block}"));
    let parsed: DocumentMut = block.parse().map_err(|_| wrong())?;
    let Some(Item::ArrayOfTables(added)) = parsed.get(list) else { return Err(wrong()) };
    let there = document.entry(list).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let there = there.as_array_of_tables_mut().ok_or_else(wrong)?;
    for table in added {
        let mut table = table.clone();
        forget_place(&mut table);
        there.push(table);
    }
    Ok(())
}

/// Lets a table stand where it is put, not where it stood.
fn forget_place(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        if let Item::Table(inner) = item {
            forget_place(inner);
        }
    }
}

/// Adds a text to a list, in the way its other items are written.
pub fn push_text(list: &mut Array, text: &str) {
    let before = list.iter().last().and_then(|last| last.decor().prefix()?.as_str()).unwrap_or_default().to_owned();
    list.push(text);
    // Only a list with a line for each text has a shape to go on with.
    let Some((_, indent)) = before.rsplit_once('\n') else { return };
    // A comment behind the last text belongs to that text.
    let after = list.trailing().as_str().unwrap_or_default().to_owned();
    let comment = after.rsplit_once('\n').map_or("", |(comment, _)| comment).to_owned();
    if comment.contains('#') {
        list.set_trailing("\n");
    }
    let kept = if comment.contains('#') { comment.as_str() } else { "" };
    let prefix = format!("{kept}\n{indent}");
    if let Some(added) = list.iter_mut().last() {
        added.decor_mut().set_prefix(prefix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# top\nname = \"A\" # of it\n\n# one\n[[connections]]\nid = \"one\" # first\n\n[connections.settings]\nx = 1\n\n\
                        # people\n[recipients.all]\nmail = [\n  \"a@example.com\", # head\n  \"b@example.com\",\n]\n";

    #[test]
    fn a_table_is_added_behind_its_kin_and_comments_stay() {
        let mut document: DocumentMut = FILE.parse().expect("TOML");
        push_tables(
            &mut document,
            "connections",
            "\n# two\n[[connections]]\nid = \"two\"\n\n[connections.settings]\ny = 2 # why\n",
        )
        .expect("added");
        let text = document.to_string();
        let expected = FILE.replace(
            "x = 1\n",
            "x = 1\n\n# two\n[[connections]]\nid = \"two\"\n\n[connections.settings]\ny = 2 # why\n",
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_text_is_added_as_the_others_are_written() {
        let mut document: DocumentMut = FILE.parse().expect("TOML");
        let list = document["recipients"]["all"]["mail"].as_array_mut().expect("a list");
        push_text(list, "c@example.com");
        let text = document.to_string();
        assert!(text.contains("\"b@example.com\",\n  \"c@example.com\",\n]"), "{text}");
        assert!(text.contains("# head"), "{text}");
        let tail = FILE.replace("\"b@example.com\",", "\"b@example.com\", # tail");
        let mut document: DocumentMut = tail.parse().expect("TOML");
        push_text(document["recipients"]["all"]["mail"].as_array_mut().expect("a list"), "c@example.com");
        let text = document.to_string();
        assert!(text.contains("\"b@example.com\", # tail\n  \"c@example.com\",\n]"), "{text}");
        let mut short: DocumentMut = "mail = [\"a\"]\nnone = []\n".parse().expect("TOML");
        push_text(short["mail"].as_array_mut().expect("a list"), "b");
        push_text(short["none"].as_array_mut().expect("a list"), "c");
        assert_eq!(short.to_string(), "mail = [\"a\", \"b\"]\nnone = [\"c\"]\n");
    }
}
