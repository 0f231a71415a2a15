//! Answers of a vendor that were saved or landed: as a landed slice, and what is to be seen in them.

use crate::app::AppError;
use crate::connectors::landing::{Landing, Manifest, read_page};
use crate::connectors::spec::StreamSpec;
use crate::connectors::{LandedSlice, Slice, Window};
use crate::domain::period::Period;
use crate::jobs::sync::Source;
use crate::queries::connector_draft::sample::{FoundList, lists};
use crate::support::soft_json::readable;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A larger answer is not looked into.
const LARGEST_SEEN: u64 = 32 << 20;

/// Saved answers as one slice: of all there is, or of every day, whatever they are of.
///
/// # Errors
/// The inner one where an answer is not what the stream reads, in a sentence.
pub fn land(
    root: &Path,
    source: &Source,
    (id, stream): (&str, &StreamSpec),
    files: &[PathBuf],
    now: DateTime<Utc>,
) -> Result<Result<LandedSlice, String>, AppError> {
    let connection = &source.connection;
    let partition = connection.parts_of(stream).into_iter().next().unwrap_or_default();
    let slice = Slice { partition, window: window(stream, now) };
    let mut landing = Landing::begin(root, Manifest::begun(connection, id, slice, now))?;
    for file in files {
        let body = std::fs::read(file).map_err(|source| AppError::Io { path: file.clone(), source })?;
        if stream.body.is_json()
            && let Some(told) = not_json(&body)
        {
            return Ok(Err(format!("{} {told}", file.display())));
        }
        let mut page = landing.file(stream.body.ending())?;
        page.write(&body)?;
        let record = page.finish()?;
        landing.keep(record);
    }
    Ok(Ok(landing.finish()?))
}

/// Saved answers may be of any day that was.
fn window(stream: &StreamSpec, now: DateTime<Utc>) -> Window {
    use crate::connectors::spec::SlicingSpec;
    let first = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
    let tomorrow = now.date_naive() + chrono::Days::new(1);
    match stream.slicing {
        SlicingSpec::Whole => Window::Whole,
        SlicingSpec::Days { .. } => {
            Period::new(first, tomorrow).map_or(Window::Whole, |period| Window::Days { period })
        }
        SlicingSpec::Instants { .. } | SlicingSpec::Before { .. } => {
            Window::Instants { start: first.and_time(chrono::NaiveTime::MIN).and_utc(), end: now }
        }
    }
}

fn not_json(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    match text.chars().next() {
        None => Some("is empty".to_owned()),
        Some('<') => Some("is a page of HTML or XML, and no JSON".to_owned()),
        Some(_) => {
            let error = serde_json::from_slice::<serde::de::IgnoredAny>(&readable(body.to_vec())).err()?;
            Some(format!("is no JSON (line {}, column {})", error.line(), error.column()))
        }
    }
}

/// What is to be seen in landed pages.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Records in the list that the stream names; absent where they cannot be counted.
    pub records: Option<u64>,
    /// The lists of objects in the first page.
    pub lists: Vec<FoundList>,
    /// Names at the top of the first page.
    pub names: Vec<String>,
    /// Names of the objects at its top.
    pub nested: Vec<String>,
    pub pages: usize,
}

impl Seen {
    /// Looks into the pages of a slice, where they are JSON.
    pub fn of(landed: &LandedSlice, stream: &StreamSpec) -> Self {
        let mut seen = Self { pages: landed.manifest.pages.len(), ..Self::default() };
        if !stream.body.is_json() {
            return seen;
        }
        let pointer = stream.list_pointer();
        for (index, file) in landed.files().iter().enumerate() {
            let Some(body) = body(file) else { continue };
            if index == 0 {
                seen.lists = lists(&body);
                seen.names = names(&body);
                seen.nested =
                    body.as_object().into_iter().flat_map(|entries| entries.values()).flat_map(names).collect();
            }
            let list = pointer.as_ref().and_then(|pointer| body.pointer(pointer)?.as_array());
            if let Some(list) = list {
                *seen.records.get_or_insert(0) += list.len() as u64;
            }
        }
        seen
    }
}

fn names(value: &Value) -> Vec<String> {
    value.as_object().map(|entries| entries.keys().cloned().collect()).unwrap_or_default()
}

fn body(file: &Path) -> Option<Value> {
    let mut body = Vec::new();
    read_page(file).ok()?.take(LARGEST_SEEN).read_to_end(&mut body).ok()?;
    serde_json::from_slice(&readable(body)).ok()
}
