//! Sync of drop folders: each file whose content, or whose way of being read, is new is landed and
//! loaded. One file's failure leaves the others running.

mod round;

use crate::connectors::file::shape::{self, Found, Known, Refusal, Sink, shape_of};
use crate::connectors::file::{FileDrop, MOST_BAD_PERCENT, Mark, Shape, Table, read, refused, shown};
use crate::connectors::{ConnectorError, LandedSlice};
use crate::domain::workspace::Workspace;
use crate::jobs::sync::{StreamOutcome, SyncContext, SyncError, again};
use crate::support::blocking::off_thread;
use crate::support::ids::stable_id;
use crate::support::secret::Secret;
use crate::warehouse::WarehouseError;
use crate::warehouse::dropped;
use crate::warehouse::load::{
    Doubt, DroppedRows, LoadRequest, Loaded, Pages, Replaces, Target, load, parquet_columns, parquet_rows,
};
use chrono::{DateTime, Utc};
use round::Round;
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
