//! A dropped file as a table of a preset's fields: which column is which, what each column's values
//! mean over the whole file, then every row in canonical texts. The file is read twice, so that
//! memory does not grow with it.

mod judge;
mod summary;
mod writer;

use super::columns::Source;
use super::shape::{Found, Refusal, Sink};
use super::{FileDrop, columns};
use crate::connectors::error::ConnectorError;
use chrono_tz::Tz;
use judge::Judge;
use std::path::Path;
use tempfile::NamedTempFile;
use writer::Writer;

/// A file whose rows lie in a scratch file, a JSON line each: see [`writer::PlainRow`].
#[derive(Debug)]
pub struct Table {
    pub found: Found,
    pub sources: Vec<Source>,
    /// What was recognised of each field's column, in words.
    pub told: Vec<(&'static str, String)>,
    pub notes: Vec<String>,
    pub records: NamedTempFile,
    /// Rows, bad ones among them.
    pub rows: u64,
}

/// One reading of the file from its start.
pub type Pass<'a> = dyn Fn(&mut dyn Sink) -> Result<Found, Refusal> + 'a;

/// Reads a file called `name` by two passes; the rows are written to a scratch file in `scratch`.
/// Instants become days of `zone`.
pub fn read(name: &str, drop: &FileDrop, zone: Tz, pass: &Pass<'_>, scratch: &Path) -> Result<Table, ConnectorError> {
    let told = |refusal: Refusal| {
        let file = if refusal.file.is_empty() { name.to_owned() } else { refusal.file.clone() };
        super::refused(&file, refusal.line, &refusal.message, &refusal.remedy)
    };
    let mut judge = Judge::new(name, drop);
    let found = pass(&mut judge).map_err(told)?;
    let judged = judge.decide(&found, zone).map_err(told)?;
    let mut writer = Writer::new(&judged, drop, scratch).map_err(told)?;
    pass(&mut writer).map_err(told)?;
    let (records, rows, summaries) = writer.finish().map_err(told)?;
    let mut notes = found.notes.clone();
    notes.extend(judged.notes);
    notes.extend(summaries);
    let told = judged
        .readings
        .iter()
        .zip(&judged.places)
        .filter_map(|(reading, place)| Some((judged.sources[place.source].field, reading.told()?)));
    Ok(Table { told: told.collect(), sources: judged.sources, found, notes, records, rows })
}

/// The names that a header should hold: of each field one, the required ones first.
pub fn wanted(drop: &FileDrop) -> (Vec<Vec<String>>, usize) {
    let mut groups = columns::wanted(drop);
    groups.sort_by_key(|(is_required, _)| !is_required);
    let required = groups.iter().filter(|(is_required, _)| *is_required).count();
    (groups.into_iter().map(|(_, names)| names).collect(), required)
}
