//! What a credential was seen to reach: entries of a connector's lists, with when each was listed first and last. It is
//! kept beside the landed pages, so that reports expect the same accounts as syncs.

use super::error::ConnectorError;
use crate::support::names;
use crate::support::owner::{ran_short, why};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Beside the folders of the workspaces in the landing folder.
const FOLDER: &str = ".lists";

/// An answer serves all streams of a sync.
const FRESH_FOR: TimeDelta = TimeDelta::minutes(10);

/// A list as it was read, and when.
type Read = (DateTime<Utc>, BTreeSet<String>);

/// Lists that were read lately, by credential and name.
#[derive(Debug, Default)]
pub(super) struct Lists(Mutex<HashMap<String, Read>>);

impl Lists {
    /// A list that is fresh at `now`.
    pub fn get(&self, key: &str, now: DateTime<Utc>) -> Option<BTreeSet<String>> {
        let (at, entries) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()?;
        (at <= now && now - at < FRESH_FOR).then_some(entries)
    }

    pub fn put(&self, key: String, list: Read) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, list);
    }
}

/// The lists of a connection, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    lists: BTreeMap<String, List>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    /// When the vendor was asked last.
    asked_at: DateTime<Utc>,
    entries: BTreeMap<String, Seen>,
}

/// When an entry was listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

impl Listed {
    /// What is known of a connection's lists; nothing where they were never asked for.
    pub fn read(landing_root: &Path, workspace: &str, connection: &str) -> Self {
        let text = fs::read(path(landing_root, workspace, connection)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Every entry that a list ever had.
    pub fn entries(&self, list: &str) -> impl Iterator<Item = &str> {
        self.lists.get(list).into_iter().flat_map(|list| list.entries.keys().map(String::as_str))
    }

    /// Entries that a list had once and does not have any more, with when it had them last.
    pub fn gone(&self, list: &str) -> BTreeMap<&str, DateTime<Utc>> {
        let Some(list) = self.lists.get(list) else { return BTreeMap::new() };
        let gone = list.entries.iter().filter(|(_, seen)| seen.last_at < list.asked_at);
        gone.map(|(entry, seen)| (entry.as_str(), seen.last_at)).collect()
    }

    /// Notes what a list has now.
    pub fn note(&mut self, list: &str, entries: &BTreeSet<String>, now: DateTime<Utc>) {
        let list = self.lists.entry(list.to_owned()).or_default();
        // A clock that went back makes nothing gone.
        list.asked_at = now.max(list.asked_at);
        for entry in entries {
            let seen = list.entries.entry(entry.clone()).or_insert(Seen { first_at: now, last_at: now });
            seen.last_at = list.asked_at;
        }
    }

    /// Keeps it.
    pub fn write(&self, landing_root: &Path, workspace: &str, connection: &str) -> Result<(), ConnectorError> {
        let path = path(landing_root, workspace, connection);
        let write = || -> io::Result<()> {
            let folder = path.parent().unwrap_or(landing_root);
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            File::open(folder)?.sync_all()
        };
        write().map_err(|error| {
            let note = format!("{}: {}", path.display(), why(&error));
            if ran_short(&error) { ConnectorError::RanShort { note } } else { ConnectorError::Landing { note } }
        })
    }
}

fn path(landing_root: &Path, workspace: &str, connection: &str) -> PathBuf {
    landing_root.join(FOLDER).join(names::safe(workspace)).join(format!("{}.json", names::safe(connection)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_listed_once_stays_and_is_known_to_be_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let set = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect::<BTreeSet<_>>();
        let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let mut listed = Listed::read(folder.path(), "acme", "ads");
        assert_eq!(listed, Listed::default());
        listed.note("accounts", &set(&["1", "2"]), at(1));
        listed.note("accounts", &set(&["2", "3"]), at(2));
        listed.write(folder.path(), "acme", "ads").expect("kept");
        let listed = Listed::read(folder.path(), "acme", "ads");
        assert_eq!(listed.entries("accounts").collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(listed.gone("accounts"), BTreeMap::from([("1", at(1))]));
        assert_eq!(listed.entries("lists").count(), 0);
    }
}
