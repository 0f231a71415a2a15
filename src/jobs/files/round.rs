//! One look at a drop folder: what is new is loaded, and the books say how each file stands.

use super::{FileError, FileSource, load_file};
use crate::connectors::file::{Dropped, Left, land, list, shown};
use crate::domain::dropped::{FileStanding, FileState};
use crate::jobs::sync::{StreamOutcome, SyncContext, SyncError};
use crate::warehouse::coverage::Place;
use crate::warehouse::dropped::{self, Noted};
use crate::warehouse::load::Loaded;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A look, and what it needs.
pub(super) struct Round<'a> {
    pub context: &'a SyncContext,
    pub landing_root: &'a Path,
    pub source: &'a FileSource,
    pub now: DateTime<Utc>,
}

impl Round<'_> {
    pub fn run(&self, outcome: &mut StreamOutcome) -> Result<(), FileError> {
        let listing = list(&self.source.drop, self.now)?;
        let (workspace, id) = (self.source.workspace.id.clone(), self.source.id.clone());
        let mut books = self.context.warehouse.read_blocking(|reader| dropped::known(reader, &workspace, &id))?;
        let before = books.clone();
        let present: BTreeSet<String> = listing
            .files
            .iter()
            .map(|file| file.name.clone())
            .chain(listing.left.iter().map(|left| left.name.clone()))
            .collect();
        for left in listing.left {
            self.enter_left(&mut books, left);
        }
        for file in &listing.files {
            self.sync_file(file, &mut books, outcome)?;
        }
        // What one file no longer says another one may still say.
        if outcome.loaded.rows_withdrawn > 0 {
            for file in &listing.files {
                if books.get(&file.name).is_some_and(|noted| noted.slice.is_empty()) {
                    self.sync_file(file, &mut books, outcome)?;
                }
            }
        }
        for (_, noted) in books.iter_mut().filter(|(name, _)| !present.contains(*name)) {
            if self.remove(noted)? {
                outcome.loaded.notes.push(told(&noted.file));
            }
        }
        self.settle(&mut books)?;
        for noted in books.values() {
            if noted.file.state == FileState::Waiting {
                outcome.loaded.notes.push(told(&noted.file));
            }
        }
        let trouble: Vec<String> =
            books.values().filter(|noted| noted.file.state.is_trouble()).map(|noted| noted.file.trouble()).collect();
        outcome.error = together(&trouble);
        // Thousands of files that stand as they stood are not written each hour.
        let news = books.into_iter().filter(|(name, noted)| before.get(name) != Some(noted));
        let notes: Vec<Noted> = news.map(|(_, noted)| noted).collect();
        let workspace = self.source.workspace.id.clone();
        self.context.warehouse.write_blocking(move |writer| dropped::note(writer, &workspace, &notes))?;
        Ok(())
    }

    /// A file that is not read now: what it said before it changed stays noted with it.
    fn enter_left(&self, books: &mut BTreeMap<String, Noted>, left: Left) {
        let before = books.remove(&left.name);
        let days = before.as_ref().and_then(|noted| noted.file.days);
        let mut noted = self.standing(&left.name, left.state, left.modified_at);
        noted.file.reason = Some(left.reason);
        noted.file.days = days;
        noted.slice = before.map(|noted| noted.slice).unwrap_or_default();
        books.insert(left.name, noted);
    }

    fn standing(&self, name: &str, state: FileState, modified_at: Option<DateTime<Utc>>) -> Noted {
        let file = FileStanding {
            connection: self.source.id.clone(),
            stream: self.source.drop.preset.spec().name.to_owned(),
            name: name.to_owned(),
            state,
            reason: None,
            modified_at,
            seen_at: self.now,
            rows_read: 0,
            rows_quarantined: 0,
            days: None,
            bad_days: None,
        };
        Noted { file, slice: String::new() }
    }

    fn sync_file(
        &self,
        file: &Dropped,
        books: &mut BTreeMap<String, Noted>,
        outcome: &mut StreamOutcome,
    ) -> Result<(), FileError> {
        let slice = file.slice(&self.source.drop).id();
        if let Some(noted) = books.get_mut(&file.name) {
            // A file that is refused stays so until it changes, or the way it is read.
            let is_settled = !matches!(noted.file.state, FileState::Waiting | FileState::Unread | FileState::Removed);
            if noted.slice == slice && is_settled {
                noted.file.modified_at = file.modified_at;
                return Ok(());
            }
        }
        let before = books.get(&file.name).and_then(|noted| noted.file.days);
        let is_known = books.contains_key(&file.name);
        let mut noted = self.standing(&file.name, FileState::Loaded, file.modified_at);
        match self.load(file, is_known) {
            Ok((loaded, bytes)) => {
                outcome.slices += 1;
                outcome.bytes += bytes;
                if loaded.rows_withdrawn > 0 {
                    read_again(books, &file.name, before);
                }
                noted.slice = slice;
                noted.file.rows_read = loaded.rows_read;
                noted.file.rows_quarantined = loaded.rows_quarantined;
                noted.file.days = loaded.days;
                noted.file.bad_days = loaded.bad_days.clone();
                if loaded.rows_quarantined > 0 {
                    noted.file.state = FileState::Partly;
                    noted.file.reason = loaded.notes.iter().find(|note| note.contains("(quarantined")).cloned();
                }
                outcome.loaded.add(loaded);
            }
            Err(error) => {
                let (message, name) = (error.to_string(), shown(&file.name));
                noted.file.state = FileState::Refused;
                noted.file.reason = Some(message.strip_prefix(&format!("{name}: ")).unwrap_or(&message).to_owned());
                noted.file.days = before;
                if error.is_final() {
                    noted.slice = slice;
                }
            }
        }
        books.insert(file.name.clone(), noted);
        Ok(())
    }

    /// The same content may be loaded twice within an instant.
    fn load(&self, file: &Dropped, is_known: bool) -> Result<(Loaded, u64), FileError> {
        let Self { context, landing_root, source, now } = *self;
        let landed = land(landing_root, &source.workspace.id, &source.id, &source.drop, file, now)?;
        match load_file(context, source, &landed, file.modified_at, is_known) {
            Ok(loaded) => Ok((loaded, landed.bytes().0)),
            Err(error) => {
                // It still lies in the drop folder, and is landed anew once it is mended.
                landed.remove();
                Err(error)
            }
        }
    }

    /// A file that is gone: its rows stay, its bad rows are nobody's any more. Whether that is worth a word.
    fn remove(&self, noted: &mut Noted) -> Result<bool, FileError> {
        if matches!(noted.file.state, FileState::Removed | FileState::Unloaded) {
            return Ok(false);
        }
        let had_rows = noted.file.days.is_some();
        noted.file.state = FileState::Removed;
        noted.file.seen_at = self.now;
        let command =
            format!("daybook files unload -w {} {}/{}", self.source.workspace.id, self.source.id, noted.file.name);
        noted.file.reason = Some(match had_rows {
            true => format!("it is no longer in the folder; its rows stay: {command} takes them out"),
            false => "it is no longer in the folder; nothing of it was loaded".to_owned(),
        });
        noted.file.rows_quarantined = 0;
        let place = Place::new(&self.source.workspace.id, &self.source.id, &noted.file.stream, &noted.file.name);
        self.context.warehouse.write_blocking(move |writer| dropped::forget_quarantined(writer, &place))?;
        Ok(had_rows)
    }

    /// Bad rows may have been settled by other files meanwhile.
    fn settle(&self, books: &mut BTreeMap<String, Noted>) -> Result<(), FileError> {
        for noted in books.values_mut().filter(|noted| noted.file.state == FileState::Partly) {
            let place = Place::new(&self.source.workspace.id, &self.source.id, &noted.file.stream, &noted.file.name);
            let left = self.context.warehouse.read_blocking(|reader| dropped::quarantined(reader, &place))?;
            noted.file.rows_quarantined = left;
            if left == 0 {
                noted.file.state = FileState::Loaded;
                noted.file.reason = None;
            }
        }
        Ok(())
    }
}

fn told(file: &FileStanding) -> String {
    format!("{}: {}", shown(&file.name), file.reason.as_deref().unwrap_or(file.state.name()))
}

/// Marks the other files that speak of the days of one that said less than before.
fn read_again(books: &mut BTreeMap<String, Noted>, name: &str, days: Option<(NaiveDate, NaiveDate)>) {
    let Some((first, last)) = days else { return };
    let others = books.iter_mut().filter(|(other, _)| *other != name);
    for (_, noted) in others {
        let overlaps = noted.file.days.is_some_and(|(from, to)| from <= last && first <= to);
        if overlaps && matches!(noted.file.state, FileState::Loaded | FileState::Partly) {
            noted.slice = String::new();
        }
    }
}

/// Every file's trouble in one sentence each.
fn together(trouble: &[String]) -> Option<SyncError> {
    if trouble.is_empty() {
        return None;
    }
    let told: Vec<&str> = trouble.iter().take(10).map(String::as_str).collect();
    let more = if trouble.len() > 10 { format!(" | and {} more files", trouble.len() - 10) } else { String::new() };
    Some(SyncError {
        slice: String::new(),
        partition: String::new(),
        message: told.join(" | ") + &more,
        can_retry: false,
    })
}
