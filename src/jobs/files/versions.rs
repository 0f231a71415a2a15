//! Which file of a series says what counts: the newest by time.

use super::round::Round;
use crate::connectors::file::{Dropped, OnRemoval, Versions, shown};
use crate::domain::dropped::FileState;
use crate::warehouse::dropped::Noted;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

impl Round<'_> {
    /// Of versions of one thing only the newest is read; the older ones are noted. A version that was
    /// removed and whose rows stay is one of them.
    pub(super) fn versions(&self, files: &[Dropped], books: &mut BTreeMap<String, Noted>) -> Vec<Dropped> {
        if self.source.drop.versions == Versions::Parts {
            return files.to_vec();
        }
        let mut newest: BTreeMap<String, (Option<DateTime<Utc>>, String)> = BTreeMap::new();
        let keeps = self.source.drop.on_removal == OnRemoval::Keep;
        let has_rows = |noted: &&Noted| {
            keeps && noted.file.days.is_some() && !matches!(noted.file.state, FileState::Unloaded | FileState::Replaced)
        };
        let names: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let removed = books.values().filter(has_rows).filter(|noted| !names.contains(noted.file.name.as_str()));
        let removed: Vec<(String, Option<DateTime<Utc>>)> =
            removed.map(|noted| (noted.file.name.clone(), noted.file.modified_at)).collect();
        let present = files.iter().map(|file| (file.name.clone(), file.modified_at));
        for (name, modified_at) in present.chain(removed) {
            let entry = newest.entry(self.series(&name)).or_insert_with(|| (modified_at, name.clone()));
            if (modified_at, top(&name)) > (entry.0, top(&entry.1)) {
                *entry = (modified_at, name);
            }
        }
        let mut current = Vec::new();
        for file in files {
            let Some((_, best)) = newest.get(&self.series(&file.name)) else { continue };
            if top(best) == top(&file.name) {
                current.push(file.clone());
                continue;
            }
            let state = books.get(&file.name).map(|noted| noted.file.state);
            // While the newest cannot be read, what an older one said stays as it is.
            if state.is_none_or(|state| !matches!(state, FileState::Loaded | FileState::Partly)) {
                let mut noted = self.standing(&file.name, FileState::Replaced, file.modified_at);
                noted.file.reason = Some(format!("{} is a newer version of it", shown(best)));
                books.insert(file.name.clone(), noted);
            }
        }
        current
    }

    /// What versions of one thing have in common.
    fn series(&self, name: &str) -> String {
        self.source.drop.pattern.series(top(name)).unwrap_or_default().to_owned()
    }

    /// The older versions of a file that have rows.
    pub(super) fn older(
        &self,
        name: &str,
        modified_at: Option<DateTime<Utc>>,
        books: &BTreeMap<String, Noted>,
    ) -> Vec<String> {
        if self.source.drop.versions == Versions::Parts {
            return Vec::new();
        }
        let series = self.series(name);
        let is_older = |noted: &&Noted| {
            top(&noted.file.name) != top(name)
                && noted.file.days.is_some()
                && noted.file.modified_at <= modified_at
                && self.series(&noted.file.name) == series
        };
        books.values().filter(is_older).map(|noted| noted.file.name.clone()).collect()
    }
}

/// The name of the file in the folder: of a file in an archive, the archive's.
fn top(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}
