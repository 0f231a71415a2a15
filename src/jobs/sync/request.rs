//! A landed slice as the warehouse wants to be asked to load it.

use super::attempts;
use super::context::{Source, SyncContext, SyncMode};
use super::decoded_pages::{self, NotDecoded, decoded_pages};
use super::soft_pages::soft_pages;
use super::split_pages::split_pages;
use crate::connectors::decode::Form;
use crate::connectors::landing::PageLabel;
use crate::connectors::slice::start_of_day;
use crate::connectors::spec::{BodyKind, ConfirmSpec, LoadMode, LoadSpec, RecordList, StreamSpec};
use crate::connectors::{Connection, LandedSlice, Manifest, Window, count, form};
use crate::domain::fact::Facts;
use crate::support::blocking::in_pool;
use crate::support::ids::stable_id;
use crate::support::secret::Secret;
use crate::warehouse::WarehouseError;
use crate::warehouse::load::{
    Closing, Confirm, Contradicted, Count, Doubt, IncompleteWhen, ListsAll, LoadRequest, Pages, Records, Replaces,
    Target,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// The load of a slice at `now`, with pages that the warehouse may read.
pub async fn requested(
    context: &SyncContext,
    source: &Source,
    landed: &LandedSlice,
    mode: SyncMode,
    now: DateTime<Utc>,
) -> Result<LoadRequest, WarehouseError> {
    let mut request =
        load_request(source, landed, &context.warehouse.facts(), &context.person_key, mode == SyncMode::Live)?;
    if mode != SyncMode::Live {
        request.load_id = again(&request.load_id, now);
    }
    request.is_believed = mode == SyncMode::Replay;
    if let Some(form) = form_of(source, landed) {
        let own = landed.clone();
        request = in_pool(move || decode_into(request, &form, &own)).await?;
    }
    let pages = &mut request.pages;
    let (files, largest) = (std::mem::take(&mut pages.files), pages.largest_page);
    let soft = in_pool(move || soft_pages(files, largest))
        .await
        .map_err(|source| WarehouseError::Io { path: landed.manifest_path().to_owned(), source })?;
    (pages.files, pages.largest_page, pages.copies) = (soft.files, soft.largest, soft.copies);
    request.notes.extend(soft.notes);
    let path = request.records_path.clone();
    let (files, folder) = (std::mem::take(&mut request.pages.files), landed.folder.clone());
    let bounds = (request.pages.largest_page, context.warehouse.memory_limit_mb());
    let split = in_pool(move || split_pages(files, &path, &folder, bounds))
        .await
        .map_err(|source| WarehouseError::io(&landed.manifest_path(), source))?;
    let pages = &mut request.pages;
    pages.largest_page = split.largest.unwrap_or(pages.largest_page);
    (pages.files, pages.pieces) = (split.files, split.pieces);
    split.caveat.into_iter().for_each(|caveat| request.caveats.push(caveat));
    Ok(request)
}

/// How the pages of a landed slice are to be decoded; `None` where they are JSON.
fn form_of(source: &Source, landed: &LandedSlice) -> Option<Form> {
    let stream = source.connection.connector.spec.streams.get(&landed.manifest.stream)?;
    Some(form(stream, &source.connection)).filter(|form| !form.kind.is_json())
}

/// A load whose pages are JSON, whatever was landed; blocking.
pub fn decoded(request: LoadRequest, source: &Source, landed: &LandedSlice) -> Result<LoadRequest, WarehouseError> {
    match form_of(source, landed) {
        Some(form) => decode_into(request, &form, landed),
        None => Ok(request),
    }
}

fn decode_into(mut request: LoadRequest, form: &Form, landed: &LandedSlice) -> Result<LoadRequest, WarehouseError> {
    let decoded = decoded_pages(&request.pages.files, form, &landed.folder).map_err(|error| match error {
        NotDecoded::Io(source) => WarehouseError::io(&landed.manifest_path(), source),
        NotDecoded::Body(error) => WarehouseError::Invalid(error.to_string()),
    })?;
    request.notes.extend(decoded.notes);
    let pages = &mut request.pages;
    (pages.files, pages.largest_page, pages.decoded) = (decoded.files, decoded.largest, Some(decoded.folder));
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
    facts: &Facts,
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
    let (window, first_whole) = window(&manifest.slice.window, zone, source.since);
    let starts_before = |start: DateTime<Utc>| start < start_of_day(source.since, zone);
    let is_from_before = stream.slicing.reads_days_before()
        && matches!(manifest.slice.window, Window::Instants { start, end } if starts_before(start) && !starts_before(end));
    let targets = stream
        .loads
        .iter()
        .map(|load| Ok(target(load, facts, sql(&load.sql_file())?, counted(stream, manifest), &manifest.slice.window)))
        .collect::<Result<_, WarehouseError>>()?;
    Ok(LoadRequest {
        load_id: stable_id("load", &[&manifest.workspace, &manifest.connection, &manifest.stream, &slice, &fetched_at]),
        workspace: manifest.workspace.clone(),
        connection: manifest.connection.clone(),
        stream: manifest.stream.clone(),
        slice,
        slice_before: manifest.slice.id_before(),
        partition: manifest.slice.partition.clone(),
        window: window.filter(|_| !manifest.is_refused),
        first_whole,
        incomplete_path: stream.incomplete_path.clone().or_else(|| decoded_pages::bad_lines(stream.body)),
        open_from_path: stream.open_from_path.clone(),
        cut: manifest.cut.clone(),
        time_zone_path: stream.time_zone_path.clone(),
        closing: closing(stream, &connector.spec.time_zones),
        is_believed: false,
        time_zone: zone.name().to_owned(),
        currency: source.currency.code().to_owned(),
        fetched_at: manifest.fetched_at,
        manifest: landed.manifest_path().display().to_string(),
        pages: Pages {
            files: landed.files(),
            labels: labels(manifest),
            is_array: stream.body == BodyKind::Array,
            largest_page,
            unread: landed.unread(),
            decoded: None,
            copies: None,
            pieces: None,
        },
        bytes,
        records_path: stream.records.clone(),
        may_lack_list: stream.omits_empty_list,
        may_be_followed: stream.follow.is_some() || !stream.follow_also.is_empty(),
        targets,
        notes_sql: stream.notes_sql.as_deref().map(sql).transpose()?,
        notes: manifest.notes.clone(),
        caveats: manifest.caveats.clone(),
        read_until: (moves_cursor && !manifest.is_refused)
            .then(|| manifest.slice.read_until(manifest.fetched_at, zone)),
        variables: vec![
            ("settings", Some(settings(&connection.settings))),
            ("since", is_from_before.then(|| source.since.to_string())),
        ],
        attempt: Some(attempts::key_of(landed)),
        person_key: person_key.clone(),
    })
}

/// When the days of a stream are whole.
fn closing(stream: &StreamSpec, zone_names: &BTreeMap<String, String>) -> Closing {
    let incomplete_when = stream.incomplete_when.as_ref().map(|when| IncompleteWhen {
        path: when.path.clone(),
        value: when.value.clone(),
        until_path: when.until_path.clone(),
        until_format: when.until_format.clone(),
    });
    let ends = stream.day_ends.clone().unwrap_or_default();
    let also_in = ends.also_in.and_then(|zone| zone.parse().ok());
    Closing { incomplete_when, also_in, after_hours: ends.after_hours, zone_names: zone_names.clone() }
}

/// What pages are of, by the numbers that their files bear: they count from 1.
fn labels(manifest: &Manifest) -> BTreeMap<u32, (String, String)> {
    let labels = (1..).zip(&manifest.pages).filter(|(_, page)| page.label != PageLabel::default());
    labels.map(|(page_no, page)| (page_no, (page.label.part.clone(), page.label.parent.clone()))).collect()
}

/// A connection's settings as JSON, for queries that go by them; secrets are elsewhere.
fn settings(all: &BTreeMap<String, toml::Value>) -> String {
    serde_json::to_string(all).unwrap_or_else(|_| "{}".to_owned())
}

/// What the vendor's own count says of a list.
fn counted(stream: &StreamSpec, manifest: &Manifest) -> Count {
    let begins = |all: &[String], with: &str| all.iter().any(|text| text.starts_with(with));
    match stream.count {
        None => Count::Unasked,
        Some(_) if begins(&manifest.caveats, count::CUT) => Count::Exceeds,
        Some(_) if begins(&manifest.notes, count::UNPROVEN) => Count::Differs,
        Some(_) => Count::Agrees,
    }
}

fn target(load: &LoadSpec, facts: &Facts, sql: String, count: Count, window: &Window) -> Target {
    let replaces = match &load.mode {
        LoadMode::ReplaceWindow { column, partition, days_stand_alone } => Replaces::Window {
            column: column.clone(),
            partition: partition.clone(),
            days_stand_alone: *days_stand_alone,
        },
        LoadMode::ReplaceAll => Replaces::All,
        LoadMode::Upsert { scope } => Replaces::Scope(scope.clone()),
    };
    let confirmed_by = load.doubt.confirmed_by.as_ref().map(confirm);
    let lists_all = match (&load.doubt.lists_all_by, *window) {
        (Some(column), Window::Instants { start, end }) => Some(ListsAll { column: column.clone(), start, end }),
        _ => None,
    };
    let (measure, also) = (load.doubt.measure.clone(), load.doubt.also.clone());
    let doubt = Doubt { measure, also, confirmed_by, lists_all };
    let records = load.records.as_ref().map(|records| match records {
        RecordList::Changed => Records::Changed,
        RecordList::Living => Records::Living { count },
        RecordList::Deleted { listed_by } => Records::Deleted { listed_by: listed_by.clone() },
    });
    let fact = facts.get(&load.table);
    let key = match fact {
        Some(fact) if load.key.is_empty() => fact.key.clone(),
        _ => load.key.clone(),
    };
    let day = fact.filter(|fact| fact.contribution.is_some()).and_then(|fact| fact.day.clone());
    let touches = if load.touches.is_empty() { day.into_iter().collect() } else { load.touches.clone() };
    let table = load.table.clone();
    Target { table, sql, key, replaces, touches, doubt, records }
}

fn confirm(by: &ConfirmSpec) -> Confirm {
    Confirm {
        stream: by.stream.clone(),
        table: by.table.clone(),
        partition: by.partition.clone(),
        measure: by.measure.clone(),
    }
}

/// Every stream of a connection that another one may contradict.
pub fn contradicted(connection: &Connection) -> Vec<Contradicted> {
    let streams = connection.connector.spec.streams.iter();
    let loads = streams.flat_map(|(id, stream)| stream.loads.iter().map(move |load| (id, load)));
    let found = loads.filter_map(|(id, load)| {
        let LoadMode::ReplaceWindow { partition: Some(partition), .. } = &load.mode else { return None };
        let own = Confirm {
            stream: id.clone(),
            table: load.table.clone(),
            partition: partition.clone(),
            measure: load.doubt.measure.clone()?,
        };
        let by = confirm(load.doubt.confirmed_by.as_ref()?);
        let (workspace, connection) = (connection.workspace.clone(), connection.id.clone());
        Some(Contradicted { workspace, connection, stream: id.clone(), own, by, also: load.doubt.also.clone() })
    });
    found.collect()
}

/// The days a slice speaks for, and the first of them that it speaks for from its beginning; a day that
/// an instant window only begins is covered up to there. Of a slice that begins before the first day those
/// count that the connection is asked about.
pub(super) fn window(
    window: &Window,
    zone: chrono_tz::Tz,
    since: NaiveDate,
) -> (Option<(NaiveDate, NaiveDate)>, Option<NaiveDate>) {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let next = |date: NaiveDate| date + chrono::Days::new(1);
    // A window that ends with midnight holds nothing of the day that begins then.
    let until = |at: DateTime<Utc>| if start_of_day(day(at), zone) == at { day(at) } else { next(day(at)) };
    match *window {
        Window::Whole => (None, None),
        Window::Days { period } => (Some((period.start, period.end)), None),
        // What was before the first day covers none.
        Window::Instants { end, .. } if until(end) <= since => (None, None),
        Window::Instants { start, end } if start < start_of_day(since, zone) => (Some((since, until(end))), None),
        Window::Instants { start, end } => {
            let first = day(start);
            let first_whole = if start_of_day(first, zone) == start { first } else { next(first) };
            (Some((first, until(end))), Some(first_whole))
        }
    }
}
