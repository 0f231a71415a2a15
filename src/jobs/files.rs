//! Sync of drop folders: each file whose content is new is landed and loaded.

use crate::connectors::file::{DecimalMark, Dropped, FileDrop, ending, land, list};
use crate::connectors::{ConnectorError, LandedSlice};
use crate::domain::workspace::Workspace;
use crate::jobs::sync::{StreamOutcome, SyncContext, SyncError};
use crate::support::blocking::off_thread;
use crate::support::ids::stable_id;
use crate::warehouse::load::{LoadRequest, Loaded, Pages, Replaces, RowFormat, Target, load};
use crate::warehouse::{WarehouseError, cursor};
use std::path::{Path, PathBuf};

/// A tenant's drop folder.
#[derive(Clone, Debug)]
pub struct FileSource {
    pub workspace: Workspace,
    pub id: String,
    pub drop: FileDrop,
    /// `drop.folder` resolved.
    pub folder: PathBuf,
}

/// Why a file was not loaded.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// Loads every file of the folder that was not loaded before with the same content.
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
        };
        let files = match list(&source.folder, &source.drop) {
            Ok(files) => files,
            Err(error) => {
                outcome.error = Some(SyncError { slice: String::new(), message: error.to_string(), can_retry: true });
                return outcome;
            }
        };
        for file in files {
            match sync_file(&context, &landing_root, &source, &file) {
                Ok(Some((loaded, bytes))) => {
                    outcome.slices += 1;
                    outcome.bytes += bytes;
                    outcome.loaded.add(loaded);
                }
                Ok(None) => {}
                Err(error) => {
                    let message = format!("{}: {error}", file.name);
                    outcome.error = Some(SyncError { slice: file.slice().id(), message, can_retry: false });
                }
            }
        }
        outcome
    })
    .await
}

fn sync_file(
    context: &SyncContext,
    landing_root: &Path,
    source: &FileSource,
    file: &Dropped,
) -> Result<Option<(Loaded, u64)>, FileError> {
    let (workspace, slice) = (source.workspace.id.clone(), file.slice().id());
    let is_known =
        context.warehouse.read_blocking(|reader| cursor::is_loaded(reader, &workspace, &source.id, &slice))?;
    if is_known {
        return Ok(None);
    }
    let now = context.clock.now();
    let landed = land(landing_root, &workspace, &source.id, &source.drop, file, now)?;
    let request = file_request(source, &landed, &context.person_key);
    let loaded = context.warehouse.write_blocking(move |connection| load(connection, &request, now))?;
    Ok(Some((loaded, landed.bytes().0)))
}

/// What the warehouse needs to know of a landed file.
pub fn file_request(
    source: &FileSource,
    landed: &LandedSlice,
    person_key: &crate::support::secret::Secret,
) -> LoadRequest {
    let manifest = &landed.manifest;
    let spec = source.drop.preset.spec();
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let slice = manifest.slice.id();
    let file = landed.files().into_iter().next().unwrap_or_default();
    let stem = file.with_extension("");
    let format = match stem.file_name().and_then(|name| ending(name.to_str()?)) {
        Some("parquet") => RowFormat::Parquet,
        Some("ndjson" | "jsonl") => RowFormat::Ndjson,
        _ => RowFormat::Csv,
    };
    let mark = if source.drop.decimal_mark == DecimalMark::Comma { "," } else { "." };
    LoadRequest {
        load_id: stable_id(
            "load",
            &[&manifest.workspace, &source.id, spec.name, &slice, &manifest.fetched_at.to_rfc3339()],
        ),
        workspace: manifest.workspace.clone(),
        connection: source.id.clone(),
        stream: spec.name.to_owned(),
        slice,
        partition: manifest.slice.partition.clone(),
        window: None,
        time_zone: source.workspace.time_zone.name().to_owned(),
        currency: source.workspace.currency.code().to_owned(),
        fetched_at: manifest.fetched_at,
        manifest: landed.manifest_path().display().to_string(),
        pages: Pages::Rows { file, format },
        bytes: landed.bytes().0,
        records_path: String::new(),
        targets: vec![Target {
            table: spec.table.to_owned(),
            sql: spec.sql.to_owned(),
            key: own(spec.key),
            replaces: Replaces::Scope(Vec::new()),
            touches: own(spec.touches),
        }],
        notes_sql: None,
        notes: manifest.notes.clone(),
        read_until: None,
        variables: vec![("decimal_mark", Some(mark.to_owned())), ("date_format", source.drop.date_format.clone())],
        person_key: person_key.clone(),
    }
}
