//! `daybook connectors test`: what a connector brings, from the vendor or from saved answers: first rows, types, what
//! is quarantined, what is not read, what would load. It is loaded into a database in memory, which vanishes.

mod diagnosis;
mod pages;
mod source;
mod tables;

pub use source::{AdHoc, ad_hoc, configured};
pub use tables::{Reject, TableTrial};

use crate::app::AppError;
use crate::config::Settings;
use crate::connectors::auth::kept::FOLDER;
use crate::connectors::slice::{Known, slices};
use crate::connectors::spec::{SlicingSpec, StreamSpec};
use crate::connectors::{ConnectorError, Engine, LandedSlice, Slice};
use crate::jobs::online::remedy;
use crate::jobs::sync::{Source, SyncContext, SyncMode, load_landed};
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use crate::warehouse::Warehouse;
use crate::warehouse::load::Loaded;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Slices of a stream that are asked for, the newest ones.
const MOST_SLICES: usize = 3;

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Ask {
    /// All if absent.
    pub stream: Option<String>,
    /// So many days back.
    pub days: u32,
    /// Saved answers in place of the vendor's.
    pub pages: Vec<PathBuf>,
    /// A landed slice in place of the vendor's.
    pub manifest: Option<PathBuf>,
}

/// What a connector brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectorTrial {
    pub connector: String,
    /// `acme/shop`, or that it was made for the trial.
    pub connection: String,
    pub streams: Vec<StreamTrial>,
}

/// What a stream brings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StreamTrial {
    pub stream: String,
    /// The account or other part that was tried; empty if the stream has none.
    pub partition: String,
    /// How many parts there are.
    pub partitions: usize,
    /// The first request.
    pub asked: Option<String>,
    /// The slices' names.
    pub slices: Vec<String>,
    /// Requests for pages, those that were made again included; none where pages were saved.
    pub requests: u64,
    pub pages: u64,
    pub bytes: u64,
    /// Records in the lists of the pages, where they can be counted.
    pub records: Option<u64>,
    pub rows: u64,
    /// Rows that stand for one that came later.
    pub repeated: u64,
    pub quarantined: u64,
    pub tables: Vec<TableTrial>,
    /// Fields of the records that no query of the stream names.
    pub unread_fields: Vec<String>,
    pub notes: Vec<String>,
    /// What to look at, in sentences.
    pub warnings: Vec<String>,
    pub error: Option<String>,
    /// What to do about the error.
    pub remedy: Option<String>,
}

impl ConnectorTrial {
    /// Whether every stream could be read and loaded.
    pub fn is_well(&self) -> bool {
        self.streams.iter().all(|stream| stream.error.is_none())
    }
}

/// Tries a connector's streams.
pub async fn try_connector(
    settings: &Settings,
    (source, named): (&Source, String),
    ask: &Ask,
    clock: Clock,
) -> Result<ConnectorTrial, AppError> {
    let connector = source.connection.connector.clone();
    let spec = &connector.spec;
    let known: Vec<&str> = spec.streams.keys().map(String::as_str).collect();
    let chosen: Vec<&str> = match &ask.stream {
        Some(stream) if !spec.streams.contains_key(stream) => {
            let words = format!("{} has no stream {stream:?}; it has {}", spec.name, known.join(", "));
            return Err(AppError::Usage(words));
        }
        Some(stream) => vec![stream.as_str()],
        None => known.clone(),
    };
    if !ask.pages.is_empty() && chosen.len() > 1 {
        let words = format!("say of which stream the pages are, with --stream: {}", known.join(", "));
        return Err(AppError::Usage(words));
    }
    let folder =
        tempfile::tempdir().map_err(|source| AppError::Io { path: PathBuf::from("a scratch folder"), source })?;
    let landing = folder.path().join("landing");
    let engine = Engine::new(landing.clone(), clock.clone())?.keeping_tokens(settings.data_dir.join(FOLDER));
    let warehouse = Warehouse::in_memory_with(settings.warehouse.clone())?;
    let context = SyncContext::new(Arc::new(engine), warehouse, clock, Secret::new("trial"));
    let bench = Bench { context, source, landing };
    let mut streams = Vec::new();
    match &ask.manifest {
        Some(manifest) => streams.push(bench.landed(manifest).await?),
        None => {
            for stream in chosen {
                streams.push(match ask.pages.is_empty() {
                    true => bench.fetched(stream, ask.days).await?,
                    false => bench.saved(stream, &ask.pages).await?,
                });
            }
        }
    }
    Ok(ConnectorTrial { connector: spec.name.clone(), connection: named, streams })
}

/// Where a connector is tried.
struct Bench<'a> {
    context: SyncContext,
    source: &'a Source,
    landing: PathBuf,
}

impl Bench<'_> {
    /// The newest slices that a first sync would ask for.
    async fn fetched(&self, stream: &str, days: u32) -> Result<StreamTrial, AppError> {
        let connection = &self.source.connection;
        let spec = connection.stream(stream)?;
        let mut trial = StreamTrial { stream: stream.to_owned(), ..StreamTrial::default() };
        let engine = &self.context.engine;
        let parts = match engine.parts_of(connection, spec).await {
            Ok(parts) => parts,
            Err(error) => return Ok(self.failed(trial, &error, None)),
        };
        trial.partitions = parts.len();
        let Some(part) = parts.into_iter().next() else {
            trial
                .warnings
                .push("it is not read with these settings: the one that it runs over or needs is empty".to_owned());
            return Ok(trial);
        };
        trial.partition.clone_from(&part.partition);
        let planned = self.planned(spec, &part.partition, days);
        trial.asked = planned.last().and_then(|slice| engine.first_request(connection, stream, slice));
        let before = engine.requests();
        for slice in &planned {
            trial.slices.push(slice.id());
            let fetched = Box::pin(engine.fetch(connection, stream, slice, None, &|_| ())).await;
            trial.requests = engine.requests() - before;
            match fetched {
                Err(error) => {
                    trial = self.failed(trial, &error, Some(slice));
                    break;
                }
                Ok(landed) => {
                    trial = self.load(trial, &landed).await?;
                    if trial.error.is_some() {
                        break;
                    }
                }
            }
        }
        self.finish(trial)
    }

    fn planned(&self, spec: &StreamSpec, partition: &str, days: u32) -> Vec<Slice> {
        let zone = self.source.connection.time_zone(spec.time_zone_setting.as_deref());
        let now = self.context.clock.now();
        let first = first_day(now, days);
        let mut all = slices(&without_past(&spec.slicing), partition, &Known::default(), first, now, zone);
        all.split_off(all.len().saturating_sub(MOST_SLICES))
    }

    /// Saved answers, as if the vendor had given them.
    async fn saved(&self, stream: &str, files: &[PathBuf]) -> Result<StreamTrial, AppError> {
        let mut trial = StreamTrial { stream: stream.to_owned(), partitions: 1, ..StreamTrial::default() };
        let spec = self.source.connection.stream(stream)?;
        match pages::land(&self.landing, self.source, (stream, spec), files, self.context.clock.now())? {
            Ok(landed) => trial = self.load(trial, &landed).await?,
            Err(told) => {
                trial.error = Some(told);
                trial.remedy =
                    Some("save the vendor's answer as it is, e.g. with curl, and look at its beginning".to_owned());
            }
        }
        self.finish(trial)
    }

    async fn landed(&self, manifest: &Path) -> Result<StreamTrial, AppError> {
        let landed = LandedSlice::open(manifest)?;
        let of = &landed.manifest;
        let own = &self.source.connection.connector.spec.name;
        if of.connector != *own {
            return Err(AppError::Usage(format!("{} is of the connector {}", manifest.display(), of.connector)));
        }
        let trial = StreamTrial {
            stream: of.stream.clone(),
            partition: of.slice.partition.clone(),
            partitions: 1,
            slices: vec![of.slice.id()],
            ..StreamTrial::default()
        };
        let trial = self.load(trial, &landed).await?;
        self.finish(trial)
    }

    async fn load(&self, mut trial: StreamTrial, landed: &LandedSlice) -> Result<StreamTrial, AppError> {
        let spec = self.source.connection.stream(&landed.manifest.stream)?;
        trial.pages += landed.manifest.pages.len() as u64;
        trial.bytes += landed.bytes().0;
        let seen = pages::Seen::of(landed, spec);
        trial.records = seen.records.map(|records| records + trial.records.unwrap_or_default());
        match Box::pin(load_landed(&self.context, self.source, landed, SyncMode::Live)).await {
            Ok(loaded) => add(&mut trial, loaded),
            Err(error) => {
                trial.error = Some(self.source.connection.redact(&error.to_string()));
                trial.remedy = Some(self.of_load(&trial.stream, &error.to_string(), &seen));
            }
        }
        trial.warnings.extend(diagnosis::warnings(&seen, spec, &trial));
        trial.warnings.sort();
        trial.warnings.dedup();
        Ok(trial)
    }

    fn of_load(&self, stream: &str, error: &str, seen: &pages::Seen) -> String {
        let tables = tables::all(&self.context.warehouse).unwrap_or_default();
        diagnosis::remedy(&self.source.connection.connector.spec, stream, error, seen, &tables)
    }

    fn failed(&self, mut trial: StreamTrial, error: &ConnectorError, slice: Option<&Slice>) -> StreamTrial {
        let of = slice.map(|slice| format!("{}: ", slice.id())).unwrap_or_default();
        trial.error = Some(self.source.connection.redact(&format!("{of}{error}")));
        trial.remedy = Some(match error {
            ConnectorError::Cut { .. } => "a sync asks for fewer days at once; try --days 1".to_owned(),
            ConnectorError::UnexpectedPayload { .. } => {
                let file = format!("config/connectors/{}/connector.toml", self.source.connection.connector.spec.name);
                format!("look at url, base_url and the pointers of paging in {file}: something else answers there")
            }
            other => remedy(other).to_owned(),
        });
        trial
    }

    /// What lies in the tables now, and what was not read.
    fn finish(&self, mut trial: StreamTrial) -> Result<StreamTrial, AppError> {
        let connector = &self.source.connection.connector;
        let spec = self.source.connection.stream(&trial.stream)?;
        for load in &spec.loads {
            let day = self.context.warehouse.facts().get(&load.table).and_then(|fact| fact.day.clone());
            match tables::table(&self.context.warehouse, &trial.stream, &load.table, day.as_deref()) {
                Ok(table) => trial.tables.push(table),
                // It was named as the error already.
                Err(_) if trial.error.is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let queries = spec.loads.iter().map(|load| load.sql_file()).chain(spec.notes_sql.clone());
        let sql: Vec<&str> = queries.filter_map(|file| connector.sql.get(&file).map(String::as_str)).collect();
        let fields = tables::fields(&self.context.warehouse, &trial.stream)?;
        trial.unread_fields = fields.into_iter().filter(|field| !diagnosis::is_read(field, &sql)).collect();
        Ok(trial)
    }
}

fn add(trial: &mut StreamTrial, loaded: Loaded) {
    trial.rows += loaded.rows_read;
    trial.quarantined += loaded.rows_quarantined;
    let used = loaded.rows_written + loaded.rows_unchanged + loaded.rows_quarantined;
    trial.repeated += loaded.rows_read.saturating_sub(used);
    for note in loaded.notes {
        if !trial.notes.contains(&note) {
            trial.notes.push(note);
        }
    }
}

fn first_day(now: DateTime<Utc>, days: u32) -> NaiveDate {
    now.date_naive() - chrono::Days::new(u64::from(days.saturating_sub(1)))
}

/// The same without what lies before the days that were asked for.
fn without_past(slicing: &SlicingSpec) -> SlicingSpec {
    let mut own = slicing.without_days_before();
    if let SlicingSpec::Instants { from_beginning, .. } = &mut own {
        *from_beginning = false;
    }
    own
}
