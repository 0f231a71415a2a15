//! One look at a drop folder: what is new is loaded, and the ledger says how each file stands.

use super::{FileError, FileSource};
use crate::connectors::file::{Dropped, Left, OnRemoval, list, shown};
use crate::domain::dropped::{FileStanding, FileState};
use crate::jobs::sync::{StreamOutcome, SyncContext, SyncError};
use crate::warehouse::coverage::Place;
use crate::warehouse::dropped::{self, Noted};
use crate::warehouse::load::Loaded;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// So many files are loaded in one transaction, of so many bytes together unless one has more.
const MOST_FILES: usize = 500;
const MOST_BYTES: u64 = 32 << 20;

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
        let current = self.versions(&listing.files, &mut books);
        self.sync_new(&current, &mut books, outcome)?;
        // What one file no longer says another one may still say.
        if outcome.loaded.rows_withdrawn > 0 {
            self.sync_new(&current, &mut books, outcome)?;
        }
        // A folder that lost all its files at once was rather not mounted.
        let had = books.values().filter(|noted| noted.file.days.is_some() && is_there(noted.file.state)).count();
        let is_lost = present.is_empty() && had > 1;
        for (_, noted) in books.iter_mut().filter(|(name, _)| !present.contains(*name)) {
            if self.remove(noted, is_lost)? {
                outcome.loaded.notes.push(told(&noted.file));
            }
        }
        self.settle(&mut books)?;
        for noted in books.values() {
            let is_odd = noted.file.state == FileState::Loaded && noted.file.reason.is_some();
            if noted.file.state == FileState::Waiting || is_odd {
                outcome.loaded.notes.push(told(&noted.file));
            }
        }
        let trouble = books.values().filter(|noted| noted.file.state.is_trouble()).map(|noted| noted.file.trouble());
        let short = outcome.failures.iter().map(|failure| failure.message.clone());
        let trouble: Vec<String> = trouble.chain(short).collect();
        let can_retry = !outcome.failures.is_empty();
        outcome.error = together(&trouble).map(|error| SyncError { can_retry, ..error });
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

    pub(super) fn standing(&self, name: &str, state: FileState, modified_at: Option<DateTime<Utc>>) -> Noted {
        let file = FileStanding {
            connection: self.source.id.clone(),
            stream: self.source.stream().to_owned(),
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

    /// Loads every file that is not loaded as it is now, a few of them at a time.
    fn sync_new(
        &self,
        files: &[Dropped],
        books: &mut BTreeMap<String, Noted>,
        outcome: &mut StreamOutcome,
    ) -> Result<(), FileError> {
        let mut batch: Vec<(&Dropped, String)> = Vec::new();
        let mut bytes = 0;
        for file in files {
            let slice = file.slice(&self.source.drop);
            let (slice, before) = (slice.id(), slice.id_before());
            if let Some(noted) = books.get_mut(&file.name) {
                // A file that is refused stays so until it changes, or the way it is read.
                let is_settled = !matches!(
                    noted.file.state,
                    FileState::Waiting
                        | FileState::Unread
                        | FileState::Removed
                        | FileState::Replaced
                        | FileState::Orphaned
                );
                if (noted.slice == slice || noted.slice == before) && is_settled {
                    noted.file.modified_at = file.modified_at;
                    if noted.file.state == FileState::Loaded {
                        noted.file.reason = file.ahead.map(of_the_future);
                    }
                    continue;
                }
            }
            if !batch.is_empty() && (batch.len() >= MOST_FILES || bytes + file.bytes > MOST_BYTES) {
                self.sync_batch(&batch, books, outcome)?;
                batch.clear();
                bytes = 0;
            }
            bytes += file.bytes;
            batch.push((file, slice));
        }
        if batch.is_empty() { Ok(()) } else { self.sync_batch(&batch, books, outcome) }
    }

    /// Notes what became of a file.
    pub(super) fn enter(
        &self,
        file: &Dropped,
        slice: &str,
        done: Result<(Loaded, u64), FileError>,
        books: &mut BTreeMap<String, Noted>,
        outcome: &mut StreamOutcome,
    ) {
        let before = books.get(&file.name).and_then(|noted| noted.file.days);
        let mut noted = self.standing(&file.name, FileState::Loaded, file.modified_at);
        match done {
            Ok((loaded, bytes)) => {
                outcome.slices += 1;
                outcome.bytes += bytes;
                if loaded.rows_withdrawn > 0 {
                    read_again(books, &file.name, before);
                }
                slice.clone_into(&mut noted.slice);
                noted.file.rows_read = loaded.rows_read;
                noted.file.rows_quarantined = loaded.rows_quarantined;
                noted.file.days = loaded.days;
                noted.file.bad_days = loaded.bad_days.clone();
                noted.file.reason = file.ahead.map(of_the_future);
                if loaded.rows_quarantined > 0 {
                    noted.file.state = FileState::Partly;
                    noted.file.reason = loaded.notes.iter().find(|note| note.contains("(quarantined")).cloned();
                }
                outcome.loaded.add(loaded);
            }
            // The file is neither good nor bad: the next sync reads it.
            Err(error) if error.ran_short() => {
                noted.file.state = FileState::Waiting;
                noted.file.reason = Some(format!("{error}; the next sync reads it again"));
                noted.file.days = before;
                outcome.failures.push(SyncError {
                    slice: slice.to_owned(),
                    partition: String::new(),
                    message: told(&noted.file),
                    can_retry: true,
                });
            }
            Err(error) => {
                let (message, name) = (error.to_string(), shown(&file.name));
                noted.file.state = FileState::Refused;
                noted.file.reason = Some(message.strip_prefix(&format!("{name}: ")).unwrap_or(&message).to_owned());
                noted.file.days = before;
                if error.is_final() {
                    slice.clone_into(&mut noted.slice);
                }
            }
        }
        books.insert(file.name.clone(), noted);
    }

    /// A file that is gone: its rows stay or go as the connection has it, its bad rows are nobody's any
    /// more. Whether that is worth a word.
    fn remove(&self, noted: &mut Noted, is_lost: bool) -> Result<bool, FileError> {
        if !is_there(noted.file.state) {
            return Ok(false);
        }
        let had_rows = noted.file.days.is_some() && noted.file.state != FileState::Replaced;
        let unloads = self.source.drop.on_removal == OnRemoval::Unload && had_rows;
        noted.file.state = FileState::Removed;
        noted.file.seen_at = self.now;
        noted.file.rows_quarantined = 0;
        let command = unload_command(&self.source.workspace.id, &self.source.id, &noted.file.name);
        let place = Place::new(&self.source.workspace.id, &self.source.id, &noted.file.stream, &noted.file.name);
        noted.file.reason = Some(match (had_rows, unloads, is_lost) {
            (false, ..) => "it is no longer in the folder; nothing of it is loaded".to_owned(),
            (true, true, false) => {
                let (held, now) = (self.source.held(), self.now);
                let of = place.clone();
                let rows =
                    self.context.warehouse.write_blocking(move |writer| dropped::unload(writer, &of, &held, now))?;
                noted.file.days = None;
                format!("it is no longer in the folder; its {rows} rows were taken out")
            }
            (true, true, true) => {
                format!(
                    "all files are gone from the folder at once, so its rows stay: is it mounted? {command} takes them out"
                )
            }
            (true, false, _) => format!("it is no longer in the folder; its rows stay: {command} takes them out"),
        });
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

/// What takes a file's rows out, to be pasted into a shell.
pub fn unload_command(workspace: &str, connection: &str, name: &str) -> String {
    let file = format!("{connection}/{name}");
    let is_plain = file.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
    let file = if is_plain { file } else { format!("'{}'", file.replace('\'', "'\\''")) };
    format!("daybook files unload -w {workspace} {file}")
}

/// Whether a file of this state lies in the folder and may have rows.
fn is_there(state: FileState) -> bool {
    !matches!(state, FileState::Removed | FileState::Unloaded)
}

fn told(file: &FileStanding) -> String {
    format!("{}: {}", shown(&file.name), file.reason.as_deref().unwrap_or(file.state.name()))
}

/// What is reported of a file whose time has not come.
fn of_the_future(at: DateTime<Utc>) -> String {
    format!(
        "its time, {}, lies ahead of now: what came after it counts; set it right with `touch`",
        at.format("%Y-%m-%d %H:%M UTC")
    )
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
