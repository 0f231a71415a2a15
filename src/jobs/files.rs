//! Sync of drop folders: each file whose content, or whose way of being read, is new is landed and
//! loaded. One file's failure leaves the others running.

use crate::connectors::file::shape::{self, Found, Known, Refusal, Sink, shape_of};
use crate::connectors::file::{
    Dropped, FileDrop, Left, MOST_BAD_PERCENT, Mark, Shape, Table, land, list, read, refused, shown,
};
use crate::connectors::{ConnectorError, LandedSlice};
use crate::domain::dropped::{FileStanding, FileState};
use crate::domain::workspace::Workspace;
use crate::jobs::sync::{StreamOutcome, SyncContext, SyncError, again};
use crate::support::blocking::off_thread;
use crate::support::ids::stable_id;
use crate::support::secret::Secret;
use crate::warehouse::WarehouseError;
use crate::warehouse::coverage::Place;
use crate::warehouse::dropped::{self, Noted};
use crate::warehouse::load::{
    Doubt, DroppedRows, LoadRequest, Loaded, Pages, Replaces, Target, load, parquet_columns, parquet_rows,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A tenant's drop folder.
#[derive(Clone, Debug)]
pub struct FileSource {
    pub workspace: Workspace,
    pub id: String,
    pub drop: FileDrop,
}

/// Why a file was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

impl FileError {
    /// Whether the same file read the same way can only fail again.
    fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Connector(ConnectorError::UnexpectedPayload { .. }) | Self::Warehouse(WarehouseError::Invalid(_))
        )
    }
}

/// Loads every file of the folder that was not loaded as it is now, and notes how each file stands.
pub async fn sync_files(context: &SyncContext, landing_root: &Path, source: &FileSource) -> StreamOutcome {
    let (context, landing_root, source) = (context.clone(), landing_root.to_owned(), source.clone());
    off_thread(move || {
        let mut outcome = StreamOutcome {
            workspace: source.workspace.id.clone(),
            connection: source.id.clone(),
            stream: source.drop.preset.spec().name.to_owned(),
            slices: 0,
            bytes: 0,
            loaded: Loaded::default(),
            error: None,
            failures: Vec::new(),
        };
        let round = Round { context: &context, landing_root: &landing_root, source: &source, now: context.clock.now() };
        if let Err(error) = round.run(&mut outcome) {
            outcome.error = Some(SyncError {
                slice: String::new(),
                partition: String::new(),
                message: error.to_string(),
                can_retry: true,
            });
        }
        outcome
    })
    .await
}

/// One look at a drop folder.
struct Round<'a> {
    context: &'a SyncContext,
    landing_root: &'a Path,
    source: &'a FileSource,
    now: DateTime<Utc>,
}

impl Round<'_> {
    fn run(&self, outcome: &mut StreamOutcome) -> Result<(), FileError> {
        let listing = list(&self.source.drop, self.now)?;
        let (workspace, id) = (self.source.workspace.id.clone(), self.source.id.clone());
        let mut books = self.context.warehouse.read_blocking(|reader| dropped::known(reader, &workspace, &id))?;
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
        let notes: Vec<Noted> = books.into_values().collect();
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
                noted.file.seen_at = self.now;
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
        if matches!(noted.file.state, FileState::Removed | FileState::Unloaded | FileState::Replaced) {
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

/// Loads a landed file, whose own clock says when it was changed, or else the books; `is_replay` gives
/// the load an id of its own.
pub fn load_file(
    context: &SyncContext,
    source: &FileSource,
    landed: &LandedSlice,
    modified_at: Option<DateTime<Utc>>,
    is_replay: bool,
) -> Result<Loaded, FileError> {
    let now = context.clock.now();
    let mut prepared = prepare(context, source, landed)?;
    let (workspace, name) = (source.workspace.id.clone(), file_name(landed).to_owned());
    let known = || {
        let books = context.warehouse.read_blocking(|reader| dropped::known(reader, &workspace, &source.id))?;
        Ok::<_, WarehouseError>(books.get(&name).and_then(|noted| noted.file.modified_at))
    };
    prepared.rows.modified_at = if modified_at.is_some() { modified_at } else { known()? };
    let mut request = request(source, landed, prepared.rows, &context.person_key);
    request.notes.extend(prepared.notes);
    if is_replay {
        request.load_id = again(&request.load_id, now);
    }
    let loaded = context.warehouse.write_blocking(move |connection| load(connection, &request, now))?;
    drop(prepared.table);
    Ok(loaded)
}

/// How a file on the disk would be read by a source; nothing is loaded.
pub fn look(context: &SyncContext, source: &FileSource, file: &Path) -> Result<Table, FileError> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let scratch = file.parent().unwrap_or(file);
    Ok(read_table(context, source, (&name, file), scratch)?.0)
}

struct Prepared {
    rows: DroppedRows,
    notes: Vec<String>,
    /// Kept until the rows are loaded.
    table: Table,
}

/// Reads a landed file into canonical rows.
fn prepare(context: &SyncContext, source: &FileSource, landed: &LandedSlice) -> Result<Prepared, FileError> {
    let drop = &source.drop;
    let name = file_name(landed);
    let page = landed.files().into_iter().next().unwrap_or_default();
    let scratch = page.parent().unwrap_or(&page).to_owned();
    let (table, shape) = read_table(context, source, (name, &page), &scratch)?;
    let spec = drop.preset.spec();
    let rows = DroppedRows {
        name: shown(name),
        file: table.records.path().to_owned(),
        has_rows: matches!(shape, Shape::Parquet | Shape::Workbook),
        columns: table.found.columns.clone(),
        fields: table.sources.iter().map(|source| source.field.to_owned()).collect(),
        repeats: spec.repeats.clone(),
        measures: spec.measures.iter().map(|name| (*name).to_owned()).collect(),
        day: spec.day.to_owned(),
        modified_at: None,
        most_bad_percent: drop.most_bad_percent.unwrap_or(MOST_BAD_PERCENT),
        is_whole: spec.is_whole && drop.most_bad_percent.is_none(),
    };
    let notes = table
        .notes
        .iter()
        .map(|note| if note.contains(name) { note.clone() } else { format!("{}: {note}", shown(name)) });
    Ok(Prepared { rows, notes: notes.collect(), table })
}

/// Reads the file at `page`, which was dropped under a name, by its ending.
fn read_table(
    context: &SyncContext,
    source: &FileSource,
    (name, page): (&str, &Path),
    scratch: &Path,
) -> Result<(Table, Shape), ConnectorError> {
    let drop = &source.drop;
    let Known::Data(shape, _) = shape_of(name) else {
        return Err(refused(name, None, "the file is of no kind that is read", "drop it under another ending"));
    };
    let zone = source.workspace.time_zone;
    let table = if shape == Shape::Parquet {
        read(name, drop, zone, &|sink| parquet(context, page, drop, name, sink), scratch)?
    } else {
        let ask = shape::Ask { scratch: Some(scratch.to_owned()), ..drop.ask(name) };
        read(name, drop, zone, &|sink| shape::read(page, shape, &ask, sink), scratch)?
    };
    Ok((table, shape))
}

/// One reading of a Parquet file.
fn parquet(
    context: &SyncContext,
    page: &Path,
    drop: &FileDrop,
    name: &str,
    sink: &mut dyn Sink,
) -> Result<Found, Refusal> {
    let told = |error: WarehouseError| {
        let message = error.to_string();
        let message = message.strip_prefix(&format!("{}: ", shown(name))).unwrap_or(&message).to_owned();
        let (message, remedy) = message.rsplit_once("; ").unwrap_or((&message, "write it anew and drop it again"));
        Refusal::new(None, message, remedy)
    };
    let mut refusal = None;
    let read = context.warehouse.read_blocking(|reader| {
        let columns = parquet_columns(reader, page, &shown(name), drop.max_bytes())?;
        let found =
            Found { name: name.to_owned(), columns, encoding: "Parquet", holds_required: true, ..Found::default() };
        if let Err(refused) = sink.header(&found) {
            refusal = Some(refused);
            return Ok(found);
        }
        let mark = drop.decimal_mark.map_or('.', Mark::sign);
        parquet_rows(reader, page, (&shown(name), mark), |number, values| {
            let texts: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
            if let (Err(refused), None) = (sink.row(number, &texts), &refusal) {
                refusal = Some(refused);
            }
            Ok(())
        })?;
        Ok(found)
    });
    let found = read.map_err(told)?;
    refusal.map_or(Ok(found), Err)
}

/// The file's name: the slice's partition is a fingerprint, a hyphen and the name.
fn file_name(landed: &LandedSlice) -> &str {
    let partition = &landed.manifest.slice.partition;
    partition.split_once('-').map_or(partition, |(_, name)| name)
}

/// What the warehouse needs to know of a landed file.
fn request(source: &FileSource, landed: &LandedSlice, rows: DroppedRows, person_key: &Secret) -> LoadRequest {
    let manifest = &landed.manifest;
    let spec = source.drop.preset.spec();
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let slice = manifest.slice.id();
    let query = spec.sql.trim_end().trim_end_matches(';');
    let sql = match source.drop.since {
        None => query.to_owned(),
        Some(day) => format!("SELECT * FROM ({query}) WHERE problem IS NOT NULL OR {} >= DATE '{day}'", spec.day),
    };
    LoadRequest {
        load_id: stable_id(
            "load",
            &[&manifest.workspace, &source.id, spec.name, &slice, &manifest.fetched_at.to_rfc3339()],
        ),
        workspace: manifest.workspace.clone(),
        connection: source.id.clone(),
        stream: spec.name.to_owned(),
        slice,
        partition: file_name(landed).to_owned(),
        window: None,
        first_whole: None,
        incomplete_path: None,
        time_zone_path: None,
        is_believed: true,
        time_zone: source.workspace.time_zone.name().to_owned(),
        currency: source.workspace.currency.code().to_owned(),
        fetched_at: manifest.fetched_at,
        manifest: landed.manifest_path().display().to_string(),
        bytes: landed.bytes().0,
        records_path: String::new(),
        targets: vec![Target {
            table: spec.table.to_owned(),
            sql,
            key: own(spec.key),
            replaces: Replaces::File,
            touches: own(spec.touches),
            doubt: Doubt::default(),
            records: None,
        }],
        notes_sql: None,
        notes: manifest.notes.clone(),
        caveats: manifest.caveats.clone(),
        read_until: None,
        variables: vec![
            // Values come in canonical texts.
            ("decimal_mark", Some(".".to_owned())),
            ("date_format", None),
        ],
        pages: Pages::Rows(rows),
        person_key: person_key.clone(),
    }
}
