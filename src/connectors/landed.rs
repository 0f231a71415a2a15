//! What lies in the landing folder: slices with or without a manifest, and which of them name a person.

use super::error::ConnectorError;
use super::landing::read_page;
use chrono::{DateTime, NaiveDateTime, Utc};
use regex::bytes::{Regex, RegexBuilder};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Pages are searched in pieces of this size, decompressed.
const PIECE: usize = 4 << 20;

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
    /// cannot be read, or whose values are packed (Parquet), counts as one that does: what cannot be
    /// looked at cannot be kept.
    pub fn mentions(&self, words: &Words) -> bool {
        let Ok(files) = fs::read_dir(&self.folder) else { return true };
        files.flatten().any(|file| {
            let path = file.path();
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("parquet") => true,
                Some("zst") => read_page(&path).map_or(true, |page| words.are_in(page, PIECE).unwrap_or(true)),
                _ => fs::File::open(&path).and_then(|file| words.are_in(file, PIECE)).unwrap_or(true),
            }
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

/// Matches any of some words where it stands alone, not as a part of a longer word or number.
#[derive(Clone, Debug)]
pub struct Words {
    pattern: Regex,
    /// No match is longer, in bytes.
    longest: usize,
}

impl Words {
    pub fn new(words: &[String]) -> Result<Self, ConnectorError> {
        let escaped: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
        let pattern = format!(r"(?:^|[^0-9A-Za-z_@.+-])(?:{})(?:$|[^0-9A-Za-z_@+-])", escaped.join("|"));
        let pattern = RegexBuilder::new(&pattern)
            .case_insensitive(true)
            .size_limit(64 << 20)
            .build()
            .map_err(|error| ConnectorError::Landing { note: format!("cannot look for these words: {error}") })?;
        // A letter has up to four bytes, and so may have the one that it is written as in another case.
        let longest = words.iter().map(|word| 4 * word.chars().count()).max().unwrap_or(0) + 8;
        Ok(Self { pattern, longest })
    }

    /// Reads `text` to its end in pieces; the end of one goes along with the next, so that no word is cut.
    fn are_in(&self, mut text: impl Read, piece: usize) -> std::io::Result<bool> {
        let mut held = Vec::new();
        let mut is_cut = false;
        loop {
            let is_last = (&mut text).take(piece as u64).read_to_end(&mut held)? < piece;
            // Only the text's own beginning and end bound a word, not a piece's: what seems to end with a
            // piece is seen again whole in the next.
            let from = usize::from(is_cut);
            if self.pattern.find_at(&held, from).is_some_and(|found| is_last || found.end() < held.len()) {
                return Ok(true);
            }
            if is_last {
                return Ok(false);
            }
            let seen = held.len().saturating_sub(self.longest + 1);
            held.drain(..seen);
            is_cut |= seen > 0;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_where_it_stands_alone() {
        let words = Words::new(&["jane@example.com".to_owned(), "101".to_owned()]).expect("words");
        // However a text is cut into pieces.
        let holds = |text: &str| {
            let found = [1, 2, 3, 5, 7, 1000].map(|piece| words.are_in(text.as_bytes(), piece).expect("read"));
            assert!(found.iter().all(|one| *one == found[0]), "{text} {found:?}");
            found[0]
        };
        let filler = "{\"x\": 0}".repeat(50);
        for text in [r#"{"email":"Jane@Example.com"}"#, r#"{"id":"101"}"#, "101,x", r#"[101]"#, "x,101"] {
            assert!(holds(text) && holds(&format!("{filler},{text},{filler}")), "{text}");
        }
        for text in [r#"{"email":"mary.jane@example.com"}"#, r#"{"id":"1012"}"#, r#"{"id":"7101"}"#] {
            assert!(!holds(text) && !holds(&format!("{filler}{text}{filler}")), "{text}");
        }
    }

    #[test]
    fn a_page_that_cannot_be_looked_into_counts_as_one_that_names_a_person() {
        let dir = tempfile::tempdir().expect("a folder");
        let entry = Entry {
            folder: dir.path().to_owned(),
            workspace: "acme".to_owned(),
            connection: "drop".to_owned(),
            fetched_at: DateTime::UNIX_EPOCH,
            is_complete: true,
        };
        let words = Words::new(&["jane@example.com".to_owned()]).expect("words");
        fs::write(entry.manifest(), "{}").expect("written");
        assert!(!entry.mentions(&words));
        for name in ["page-0001.parquet", "page-0001.json.zst"] {
            let page = dir.path().join(name);
            fs::write(&page, "packed").expect("written");
            assert!(entry.mentions(&words), "{name}");
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
