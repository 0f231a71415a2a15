//! Sync of drop folders: each file whose content, or whose way of being read, is new is landed and
//! loaded. One file's failure leaves the others running.

mod batch;
mod read;
mod round;
mod versions;

pub use read::look;

use crate::connectors::error::Disposition;
use crate::connectors::file::{FileDrop, MOST_BAD_PERCENT, NO_DAY, Target, published};
use crate::connectors::{ConnectorError, LandedSlice};
use crate::domain::dropped::FileState;
use crate::domain::workspace::Workspace;
use crate::jobs::sync::{StreamOutcome, SyncContext, SyncError, again};
use crate::support::blocking::off_thread;
use crate::support::ids::stable_id;
use crate::warehouse::WarehouseError;
use crate::warehouse::dropped::{self, Held, Noted};
use crate::warehouse::load::{FileLoad, FileRows, FileTarget, Loaded, load_files};
use chrono::{DateTime, Days, Utc};
use read::Prepared;
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
    /// Whether room, memory or file handles ran short, which is no word on the file.
    fn ran_short(&self) -> bool {
        match self {
            Self::Connector(error) => matches!(error, ConnectorError::RanShort { .. }),
            Self::Warehouse(error) => error.ran_short(),
        }
    }

    /// Whether the same file read the same way can only fail again.
    fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Connector(ConnectorError::UnexpectedPayload { .. }) | Self::Warehouse(WarehouseError::Invalid(_))
        )
    }
}

/// Where rows of a target lie.
pub fn held(target: Target) -> Held {
    let spec = target.spec();
    let touches = spec.touches.iter().map(|name| (*name).to_owned()).collect();
    Held { table: spec.table.to_owned(), touches, day: spec.day.to_owned() }
}

/// Notes the files of connections that are no longer configured and whose rows still count, and reports
/// each such connection.
pub fn tell_orphans(
    context: &SyncContext,
    workspace: &str,
    configured: &[String],
) -> Result<Vec<StreamOutcome>, WarehouseError> {
    let books = context.warehouse.read_blocking(|reader| dropped::list(reader, workspace, None))?;
    let has_rows = |noted: &Noted| noted.file.days.is_some() && noted.file.state != FileState::Unloaded;
    let mut orphans: Vec<Noted> =
        books.into_iter().filter(|noted| !configured.contains(&noted.file.connection)).collect();
    orphans.retain(has_rows);
    for noted in &mut orphans {
        let command = round::unload_command(workspace, &noted.file.connection, &noted.file.name);
        noted.file.state = FileState::Orphaned;
        noted.file.reason = Some(format!(
            "no connection is called {} any more, and its rows still count: give the connection its id back, or take them out: {command}",
            noted.file.connection
        ));
    }
    let mut outcomes: Vec<StreamOutcome> = Vec::new();
    for noted in &orphans {
        if outcomes.last().is_some_and(|last| last.connection == noted.file.connection) {
            continue;
        }
        let of = orphans.iter().filter(|other| other.file.connection == noted.file.connection).count();
        let more = if of > 1 { format!(" | and {} more files", of - 1) } else { String::new() };
        outcomes.push(StreamOutcome {
            workspace: workspace.to_owned(),
            connection: noted.file.connection.clone(),
            stream: noted.file.stream.clone(),
            slices: 0,
            bytes: 0,
            loaded: Loaded::default(),
            error: Some(SyncError {
                slice: String::new(),
                partition: String::new(),
                message: noted.file.trouble() + &more,
                can_retry: false,
            }),
            failures: Vec::new(),
        });
    }
    let workspace = workspace.to_owned();
    context.warehouse.write_blocking(move |writer| dropped::note(writer, &workspace, &orphans))?;
    Ok(outcomes)
}

impl FileSource {
    /// Where its rows lie.
    pub fn held(&self) -> Held {
        held(self.drop.preset.target)
    }

    /// The name of the stream: what the files are about.
    pub fn stream(&self) -> &'static str {
        self.drop.preset.target.spec().name
    }
}

/// Loads every file of the folder that was not loaded as it is now, and notes how each file stands.
pub async fn sync_files(context: &SyncContext, landing_root: &Path, source: &FileSource) -> StreamOutcome {
    // What could not be fetched leaves the file as it was fetched last.
    let fetched = match &source.drop.address {
        None => Ok(()),
        Some(address) => published::fetch(address, &source.drop.folder, source.drop.max_bytes()).await,
    };
    let (context, landing_root, source) = (context.clone(), landing_root.to_owned(), source.clone());
    off_thread(move || {
        let mut outcome = StreamOutcome {
            workspace: source.workspace.id.clone(),
            connection: source.id.clone(),
            stream: source.stream().to_owned(),
            slices: 0,
            bytes: 0,
            loaded: Loaded::default(),
            error: None,
            failures: Vec::new(),
        };
        // A published file that never came has no folder yet.
        if source.drop.address.is_some() && !source.drop.folder.exists() {
            outcome.error = Some(SyncError {
                slice: String::new(),
                partition: String::new(),
                message: fetched.as_ref().err().map(ToString::to_string).unwrap_or_default(),
                can_retry: true,
            });
            return outcome;
        }
        let round = Round { context: &context, landing_root: &landing_root, source: &source, now: context.clock.now() };
        if let Err(error) = round.run(&mut outcome) {
            outcome.error = Some(SyncError {
                slice: String::new(),
                partition: String::new(),
                message: error.to_string(),
                can_retry: true,
            });
        }
        if let Err(error) = fetched {
            let (message, can_retry) = (
                format!("the published file was not fetched: {error}"),
                matches!(error.disposition(), Disposition::Retry),
            );
            let (slice, partition) = (String::new(), String::new());
            outcome.error = Some(SyncError { slice, partition, message, can_retry });
        }
        outcome
    })
    .await
}

/// Loads a landed file again, under an id of its own.
pub fn load_file(context: &SyncContext, source: &FileSource, landed: &LandedSlice) -> Result<Loaded, FileError> {
    let (workspace, name) = (source.workspace.id.clone(), read::file_name(landed).to_owned());
    let books = context.warehouse.read_blocking(|reader| dropped::known(reader, &workspace, &source.id))?;
    let modified_at = books.get(&name).and_then(|noted| noted.file.modified_at);
    let prepared = read::prepare(context, source, landed, 0)?;
    let files = [Ready { landed, prepared: &prepared, modified_at, replaces: &[], is_replay: true }];
    load_together(context, source, &files)?.remove(0)
}

/// A file that can be loaded.
struct Ready<'a> {
    landed: &'a LandedSlice,
    prepared: &'a Prepared,
    modified_at: Option<DateTime<Utc>>,
    /// Older versions of it, whose rows go.
    replaces: &'a [String],
    /// Whether the same content may have been loaded before: it gets another id.
    is_replay: bool,
}

/// Loads files in one transaction, the oldest first; what became of each.
fn load_together(
    context: &SyncContext,
    source: &FileSource,
    files: &[Ready<'_>],
) -> Result<Vec<Result<Loaded, FileError>>, FileError> {
    let now = context.clock.now();
    let rows = files.iter().map(|file| file_rows(source, file, now)).collect();
    let load = FileLoad {
        workspace: source.workspace.id.clone(),
        connection: source.id.clone(),
        stream: source.stream().to_owned(),
        currency: source.workspace.currency.code().to_owned(),
        person_key: context.person_key.clone(),
        target: file_target(source, now),
        files: rows,
    };
    let loaded = context.warehouse.write_blocking(move |connection| load_files(connection, &load, now))?;
    Ok(loaded.into_iter().map(|one| one.map_err(FileError::from)).collect())
}

fn file_rows(source: &FileSource, file: &Ready<'_>, now: DateTime<Utc>) -> FileRows {
    let manifest = &file.landed.manifest;
    let slice = manifest.slice.id();
    let id = stable_id(
        "load",
        &[&manifest.workspace, &source.id, source.stream(), &slice, &manifest.fetched_at.to_rfc3339()],
    );
    FileRows {
        number: file.prepared.number,
        load_id: if file.is_replay { again(&id, now) } else { id },
        partition: read::file_name(file.landed).to_owned(),
        name: crate::connectors::file::shown(read::file_name(file.landed)),
        slice,
        fetched_at: manifest.fetched_at,
        manifest: file.landed.manifest_path().display().to_string(),
        bytes: file.landed.bytes().0,
        records: file.prepared.table.records.path().to_owned(),
        has_rows: file.prepared.has_rows,
        modified_at: file.modified_at,
        replaces: file.replaces.to_vec(),
        notes: manifest.notes.iter().chain(&file.prepared.notes).cloned().collect(),
    }
}

/// What the warehouse needs to know of the files of a source.
fn file_target(source: &FileSource, now: DateTime<Utc>) -> FileTarget {
    let drop = &source.drop;
    let spec = drop.preset.target.spec();
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    FileTarget {
        table: spec.table.to_owned(),
        sql: spec.sql.to_owned(),
        key: own(spec.key),
        touches: own(spec.touches),
        measures: own(spec.measures),
        day: spec.day.to_owned(),
        numbers: spec
            .fields
            .iter()
            .filter(|field| field.meaning.is_number())
            .map(|field| field.name.to_owned())
            .collect(),
        fields: spec.fields.iter().map(|field| (field.name.to_owned(), field.is_required)).collect(),
        repeats: drop.preset.repeats.clone(),
        // Rows that have no day are of none before it.
        since: drop.since.filter(|_| spec.day != NO_DAY),
        until: spec.is_past.then(|| now.with_timezone(&source.workspace.time_zone).date_naive() + Days::new(1)),
        most_bad_percent: drop.most_bad_percent.unwrap_or(MOST_BAD_PERCENT),
        is_whole: spec.is_whole && drop.most_bad_percent.is_none(),
    }
}
