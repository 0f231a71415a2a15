//! What lies in the landing folder: slices with or without a manifest, and which of them name a person.

use super::error::ConnectorError;
use crate::support::spelling::{Outcome, Words};
use chrono::{DateTime, NaiveDateTime, Utc};
use std::fs;
use std::path::{Path, PathBuf};

/// Whether a slice names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mention {
    No,
    Yes,
    /// It cannot be read, packs its values in a form of its own (Parquet), or can be read in too many ways; says
    /// which. What cannot be looked at cannot be kept.
    Unknown(String),
}

/// A folder of pages: one fetch of one slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub folder: PathBuf,
    pub workspace: String,
    pub connection: String,
    pub fetched_at: DateTime<Utc>,
    /// Whether the fetch was finished.
    pub is_complete: bool,
}

impl Entry {
    /// The manifest's place, whether it is there or not.
    pub fn manifest(&self) -> PathBuf {
        self.folder.join("manifest.json")
    }

    /// Whether any page or the manifest names one of the words, however it is spelt or packed; `in_names` are the
    /// same for the manifest, which holds a file's name.
    pub fn mentions(&self, words: &Words, in_names: &Words) -> Mention {
        let Ok(files) = fs::read_dir(&self.folder) else {
            return Mention::Unknown(format!("{} cannot be read", self.folder.display()));
        };
        let mut unknown = None;
        for file in files {
            let path = match file {
                Ok(file) => file.path(),
                Err(error) => {
                    unknown = Some(format!("{}: {error}", self.folder.display()));
                    continue;
                }
            };
            let words = if path == self.manifest() { in_names } else { words };
            match words.look_in_file(&path) {
                Ok(Outcome::Found) => return Mention::Yes,
                Ok(Outcome::Absent) => {}
                Ok(Outcome::TooMany) => {
                    unknown = Some(format!("{} can be read in too many ways", path.display()));
                }
                Err(error) => unknown = Some(format!("{}: {error}", path.display())),
            }
        }
        unknown.map_or(Mention::No, Mention::Unknown)
    }

    /// Removes the folder, and those above it that are empty then.
    pub fn remove(&self) -> Result<(), ConnectorError> {
        fs::remove_dir_all(&self.folder).map_err(|error| ConnectorError::Landing {
            note: format!("{} cannot be removed: {error}", self.folder.display()),
        })?;
        let mut above = self.folder.parent();
        for _ in 0..3 {
            // Fails where something is left, which is as it should be.
            let Some(folder) = above.filter(|folder| fs::remove_dir(folder).is_ok()) else { break };
            above = folder.parent();
        }
        Ok(())
    }
}

/// Every slice below the landing folder, in no order. A folder that is not there holds none.
pub fn entries(root: &Path) -> Result<Vec<Entry>, ConnectorError> {
    let mut found = Vec::new();
    for workspace in folders(root)? {
        for connection in folders(&workspace)? {
            for stream in folders(&connection)? {
                for slice in folders(&stream)? {
                    for folder in folders(&slice)? {
                        let Some(fetched_at) = stamp(&folder) else { continue };
                        found.push(Entry {
                            is_complete: folder.join("manifest.json").exists(),
                            workspace: name(&workspace),
                            connection: name(&connection),
                            fetched_at,
                            folder,
                        });
                    }
                }
            }
        }
    }
    Ok(found)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, ConnectorError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(ConnectorError::Landing { note: format!("{} cannot be read: {error}", folder.display()) });
        }
    };
    // A link could lead out of the landing folder.
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    Ok(entries.flatten().filter(is_folder).map(|entry| entry.path()).collect())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// When a slice was fetched, from its folder's name.
fn stamp(folder: &Path) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(&name(folder), "%Y%m%dT%H%M%S%6fZ").ok().map(|at| at.and_utc())
}

/// When a slice was fetched, from its manifest's place.
pub fn fetched_at(manifest: &Path) -> Option<DateTime<Utc>> {
    manifest.parent().and_then(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_looked_into_is_distinguished_from_one_that_names_nobody() {
        let dir = tempfile::tempdir().expect("a folder");
        let entry = Entry {
            folder: dir.path().to_owned(),
            workspace: "acme".to_owned(),
            connection: "drop".to_owned(),
            fetched_at: DateTime::UNIX_EPOCH,
            is_complete: true,
        };
        let words = Words::new(&["jane@example.com"]).expect("words");
        fs::write(entry.manifest(), "{}").expect("written");
        let of = |entry: &Entry| entry.mentions(&words, &words);
        assert_eq!(of(&entry), Mention::No);
        for (name, bytes) in [("page-0001.parquet", &b"PAR1"[..]), ("page-0001.json.zst", b"\x28\xb5\x2f\xfdpacked")] {
            let page = dir.path().join(name);
            fs::write(&page, bytes).expect("written");
            assert!(matches!(of(&entry), Mention::Unknown(why) if why.contains(name)), "{name}");
            fs::remove_file(page).expect("removed");
        }
    }

    #[test]
    fn a_folders_name_says_when_it_was_fetched() {
        let at = stamp(Path::new("landing/acme/ads/ad_daily/all/20261121T010203000004Z")).expect("an instant");
        assert_eq!(at.to_rfc3339(), "2026-11-21T01:02:03.000004+00:00");
        assert_eq!(stamp(Path::new("landing/notes")), None);
    }
}
