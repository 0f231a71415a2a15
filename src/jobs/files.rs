//! Sync of drop folders: each file whose content, or whose way of being read, is new is landed and
//! loaded. One file's failure leaves the others running.

use crate::connectors::file::{Dropped, FileDrop, Records, Shape, land, list, read, resolve, shown};
use crate::connectors::{ConnectorError, LandedSlice};
use crate::domain::workspace::Workspace;
use crate::jobs::sync::{StreamOutcome, SyncContext, SyncError, again};
use crate::support::blocking::off_thread;
use crate::support::ids::stable_id;
use crate::support::secret::Secret;
use crate::warehouse::load::{
    Doubt, DroppedRows, LoadRequest, Loaded, Pages, Replaces, RowField, RowFormat, Target, load, parquet_columns,
};
use crate::warehouse::{WarehouseError, cursor};
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

/// Loads every file of the folder that was not loaded as it is now.
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
        let listing = match list(&source.drop, context.clock.now()) {
            Ok(listing) => listing,
            Err(error) => {
                outcome.error = Some(SyncError {
                    slice: String::new(),
                    partition: String::new(),
                    message: error.to_string(),
                    can_retry: true,
                });
                return outcome;
            }
        };
        outcome.loaded.notes = listing.notes;
        let mut failures: Vec<(String, String)> =
            listing.refused.iter().map(|error| (String::new(), error.to_string())).collect();
        for file in &listing.files {
            match sync_file(&context, &landing_root, &source, file) {
                Ok(Some((loaded, bytes))) => {
                    outcome.slices += 1;
                    outcome.bytes += bytes;
                    outcome.loaded.add(loaded);
                }
                Ok(None) => {}
                Err(error) => {
                    let (message, name) = (error.to_string(), shown(&file.name));
                    let message = if message.contains(&name) { message } else { format!("{name}: {message}") };
                    failures.push((file.slice(&source.drop).id(), message));
                }
            }
        }
        outcome.error = together(&failures);
        outcome
    })
    .await
}

/// Every file's failure in one sentence each.
fn together(failures: &[(String, String)]) -> Option<SyncError> {
    let (slice, _) = failures.first()?;
    let told: Vec<&str> = failures.iter().take(10).map(|(_, message)| message.as_str()).collect();
    let more = if failures.len() > 10 { format!(" | and {} more files", failures.len() - 10) } else { String::new() };
    Some(SyncError {
        slice: slice.clone(),
        partition: String::new(),
        message: told.join(" | ") + &more,
        can_retry: false,
    })
}

fn sync_file(
    context: &SyncContext,
    landing_root: &Path,
    source: &FileSource,
    file: &Dropped,
) -> Result<Option<(Loaded, u64)>, FileError> {
    let (workspace, slice) = (source.workspace.id.clone(), file.slice(&source.drop).id());
    let is_current = context
        .warehouse
        .read_blocking(|reader| cursor::is_newest_load(reader, &workspace, &source.id, &file.name, &slice))?;
    if is_current {
        return Ok(None);
    }
    let now = context.clock.now();
    let landed = land(landing_root, &workspace, &source.id, &source.drop, file, now)?;
    match load_file(context, source, &landed, false) {
        Ok(loaded) => Ok(Some((loaded, landed.bytes().0))),
        Err(error) => {
            // It still lies in the drop folder, and is landed anew by every run until it is mended.
            landed.remove();
            Err(error)
        }
    }
}

/// Loads a landed file; `is_replay` gives the load an id of its own.
pub fn load_file(
    context: &SyncContext,
    source: &FileSource,
    landed: &LandedSlice,
    is_replay: bool,
) -> Result<Loaded, FileError> {
    let now = context.clock.now();
    let prepared = prepare(context, source, landed)?;
    let mut request = request(source, landed, prepared.rows, &context.person_key);
    request.notes.extend(prepared.notes);
    if is_replay {
        request.load_id = again(&request.load_id, now);
    }
    let loaded = context.warehouse.write_blocking(move |connection| load(connection, &request, now))?;
    drop(prepared.records);
    Ok(loaded)
}

struct Prepared {
    rows: DroppedRows,
    notes: Vec<String>,
    /// Kept until the rows are loaded.
    records: Option<Records>,
}

/// Reads a text file into records, or asks a Parquet file for its columns, and finds the fields.
fn prepare(context: &SyncContext, source: &FileSource, landed: &LandedSlice) -> Result<Prepared, FileError> {
    let drop = &source.drop;
    let name = file_name(landed);
    let page = landed.files().into_iter().next().unwrap_or_default();
    let shape = Shape::of(&page.to_string_lossy()).unwrap_or(Shape::Delimited);
    let (records, columns) = match shape {
        Shape::Parquet => {
            let max_bytes = drop.max_bytes();
            let columns =
                context.warehouse.read_blocking(|reader| parquet_columns(reader, &page, &shown(name), max_bytes))?;
            (None, columns)
        }
        Shape::Delimited | Shape::Ndjson => {
            let records = read(landed, name, shape, drop)?;
            let columns = records.columns.clone();
            (Some(records), columns)
        }
    };
    let (sources, notes) = resolve(name, &columns, drop)?;
    let fields = sources.into_iter().map(|source| RowField {
        name: source.field.to_owned(),
        columns: source.columns,
        constant: source.constant,
    });
    let rows = DroppedRows {
        name: shown(name),
        file: records.as_ref().map_or(page, |records| records.file.path().to_owned()),
        format: if records.is_some() { RowFormat::Records } else { RowFormat::Parquet },
        columns,
        fields: fields.collect(),
        decimal_mark: drop.decimal_mark.sign(),
    };
    Ok(Prepared { rows, notes, records })
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
            replaces: Replaces::Scope(Vec::new()),
            touches: own(spec.touches),
            doubt: Doubt::default(),
            records: None,
        }],
        notes_sql: None,
        notes: manifest.notes.clone(),
        read_until: None,
        variables: vec![
            ("decimal_mark", Some(rows.decimal_mark.to_owned())),
            ("date_format", source.drop.date_format.clone()),
        ],
        pages: Pages::Rows(rows),
        person_key: person_key.clone(),
    }
}
