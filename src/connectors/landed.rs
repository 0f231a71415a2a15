//! What lies in the landing folder: slices with or without a manifest, and which of them name a person.

use super::error::ConnectorError;
use super::landing::read_page;
use chrono::{DateTime, NaiveDateTime, Utc};
use regex::bytes::{Regex, RegexBuilder};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A page is read up to this size, decompressed, when a person is looked for.
const LARGEST_PAGE: u64 = 1 << 30;

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

    /// Whether any page or the manifest holds one of the words, whatever their case. A page that
    /// cannot be read counts as one that does: what cannot be looked at cannot be kept.
    pub fn mentions(&self, words: &Regex) -> bool {
        let Ok(files) = fs::read_dir(&self.folder) else { return true };
        files.flatten().any(|file| {
            let path = file.path();
            let text = if path.extension().is_some_and(|ending| ending == "zst") {
                read_page(&path).map_err(|_| ()).and_then(|page| whole(page).map_err(|_| ()))
            } else {
                fs::read(&path).map_err(|_| ())
            };
            text.map_or(true, |text| words.is_match(&text))
        })
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

fn whole(page: impl Read) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    page.take(LARGEST_PAGE).read_to_end(&mut text)?;
    Ok(text)
}

/// Matches any of the words where it stands alone, not as a part of a longer word or number.
pub fn any_of(words: &[String]) -> Result<Regex, ConnectorError> {
    let escaped: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
    let pattern = format!(r"(?:^|[^0-9A-Za-z_@.+-])(?:{})(?:$|[^0-9A-Za-z_@+-])", escaped.join("|"));
    RegexBuilder::new(&pattern)
        .case_insensitive(true)
        .size_limit(64 << 20)
        .build()
        .map_err(|error| ConnectorError::Landing { note: format!("cannot look for these words: {error}") })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_where_it_stands_alone() {
        let words = any_of(&["jane@example.com".to_owned(), "101".to_owned()]).expect("words");
        for text in [r#"{"email":"Jane@Example.com"}"#, r#"{"id":"101"}"#, "101,x", r#"[101]"#] {
            assert!(words.is_match(text.as_bytes()), "{text}");
        }
        for text in [r#"{"email":"mary.jane@example.com"}"#, r#"{"id":"1012"}"#, r#"{"id":"7101"}"#] {
            assert!(!words.is_match(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_folders_name_says_when_it_was_fetched() {
        let at = stamp(Path::new("landing/acme/ads/ad_daily/all/20261121T010203000004Z")).expect("an instant");
        assert_eq!(at.to_rfc3339(), "2026-11-21T01:02:03.000004+00:00");
        assert_eq!(stamp(Path::new("landing/notes")), None);
    }
}
