//! A landed slice as the warehouse wants to be asked to load it.

use super::{Source, SyncContext};
use crate::connectors::spec::{BodyKind, LoadMode, LoadSpec, RecordList};
use crate::connectors::{LandedSlice, Window};
use crate::support::ids::stable_id;
use crate::support::secret::Secret;
use crate::warehouse::WarehouseError;
use crate::warehouse::load::{LoadRequest, Pages, Records, Replaces, Target};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// The load of a slice at `now`.
pub fn requested(
    context: &SyncContext,
    source: &Source,
    landed: &LandedSlice,
    moves_cursor: bool,
    now: DateTime<Utc>,
) -> Result<LoadRequest, WarehouseError> {
    let mut request = load_request(source, landed, &context.person_key, moves_cursor)?;
    if !moves_cursor {
        request.load_id = again(&request.load_id, now);
    }
    Ok(request)
}

/// The id of loading the same pages once more.
pub fn again(load_id: &str, now: DateTime<Utc>) -> String {
    stable_id("load", &[load_id, &now.to_rfc3339()])
}

/// What the warehouse needs to know of a landed slice.
pub fn load_request(
    source: &Source,
    landed: &LandedSlice,
    person_key: &Secret,
    moves_cursor: bool,
) -> Result<LoadRequest, WarehouseError> {
    let manifest = &landed.manifest;
    let connection = &source.connection;
    let connector = &connection.connector;
    let stream = connector.spec.streams.get(&manifest.stream).ok_or_else(|| {
        WarehouseError::Invalid(format!(
            "the connector {} has no stream {:?} any more",
            connector.spec.name, manifest.stream
        ))
    })?;
    let sql = |file: &str| {
        let missing = || WarehouseError::Invalid(format!("the query {file} of {} is missing", connector.spec.name));
        connector.sql.get(file).cloned().ok_or_else(missing)
    };
    let zone = connection.time_zone(stream.time_zone_setting.as_deref());
    let slice = manifest.slice.id();
    let fetched_at = manifest.fetched_at.to_rfc3339();
    let (bytes, largest_page) = landed.bytes();
    let targets = stream
        .loads
        .iter()
        .map(|load| Ok(target(load, sql(&load.sql_file())?)))
        .collect::<Result<_, WarehouseError>>()?;
    Ok(LoadRequest {
        load_id: stable_id("load", &[&manifest.workspace, &manifest.connection, &manifest.stream, &slice, &fetched_at]),
        workspace: manifest.workspace.clone(),
        connection: manifest.connection.clone(),
        stream: manifest.stream.clone(),
        slice,
        partition: manifest.slice.partition.clone(),
        window: window(&manifest.slice.window, zone, source.since),
        time_zone: zone.name().to_owned(),
        currency: source.currency.code().to_owned(),
        fetched_at: manifest.fetched_at,
        manifest: landed.manifest_path().display().to_string(),
        pages: Pages::Json { files: landed.files(), is_array: stream.body == BodyKind::Array, largest_page },
        bytes,
        records_path: stream.records.clone(),
        targets,
        notes_sql: stream.notes_sql.as_deref().map(sql).transpose()?,
        notes: manifest.notes.clone(),
        read_until: moves_cursor.then(|| manifest.slice.read_until(manifest.fetched_at, zone)),
        variables: vec![("settings", Some(settings(&connection.settings)))],
        person_key: person_key.clone(),
    })
}

/// A connection's settings as JSON, for queries that go by them; secrets are elsewhere.
fn settings(all: &BTreeMap<String, toml::Value>) -> String {
    serde_json::to_string(all).unwrap_or_else(|_| "{}".to_owned())
}

fn target(load: &LoadSpec, sql: String) -> Target {
    let replaces = match &load.mode {
        LoadMode::ReplaceWindow { column, partition, days_stand_alone } => Replaces::Window {
            column: column.clone(),
            partition: partition.clone(),
            days_stand_alone: *days_stand_alone,
        },
        LoadMode::ReplaceAll => Replaces::All,
        LoadMode::Upsert { scope } => Replaces::Scope(scope.clone()),
    };
    let records = load.records.as_ref().map(|records| match records {
        RecordList::Changed => Records::Changed,
        RecordList::Living => Records::Living,
        RecordList::Deleted { listed_by } => Records::Deleted { listed_by: listed_by.clone() },
    });
    Target { table: load.table.clone(), sql, key: load.key.clone(), replaces, touches: load.touches.clone(), records }
}

/// The days a slice speaks for; a day that an instant window only begins is covered up to there. Of
/// a slice from the beginning of time those count that the connection is asked about.
fn window(window: &Window, zone: chrono_tz::Tz, since: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    match *window {
        Window::Whole => None,
        Window::Days { period } => Some((period.start, period.end)),
        Window::Instants { start, end } if start == DateTime::UNIX_EPOCH => {
            Some((since, day(end) + chrono::Days::new(1)))
        }
        Window::Instants { start, end } => Some((day(start), day(end) + chrono::Days::new(1))),
    }
}
