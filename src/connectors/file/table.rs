//! A dropped file as a table of a preset's fields: which column is which, what each column's values
//! mean over the whole file, then every row in canonical texts. The file is read twice, so that
//! memory does not grow with it.

mod judge;
mod range;
mod sift;
mod writer;

use super::column::Reading;
use super::columns::{self, Source};
use super::shape::{Found, Refusal, Sink};
use super::unpivot::Unpivot;
use super::{FileDrop, Preset};
use crate::connectors::error::ConnectorError;
use chrono_tz::Tz;
use judge::Judge;
use std::path::Path;
use tempfile::NamedTempFile;
use writer::Writer;

/// A file whose rows lie in a scratch file, a JSON line each: `k` the number of the file, `n` the line,
/// `h` a hash of the row, the fields by name, and for bad rows `p` what is wrong and `raw` the row.
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
    /// Rows that are known to be bad.
    pub bad: u64,
}

/// One reading of the file from its start.
pub type Pass<'a> = dyn Fn(&mut dyn Sink) -> Result<Found, Refusal> + 'a;

/// Reads a file called `name` by two passes; the rows are written to a scratch file in `scratch`, as those
/// of the file `number` of a load. Instants become days of `zone`.
pub fn read(
    name: &str,
    drop: &FileDrop,
    zone: Tz,
    pass: &Pass<'_>,
    (number, scratch): (u32, &Path),
) -> Result<Table, ConnectorError> {
    let told = |refusal: Refusal| {
        let file = if refusal.file.is_empty() { name.to_owned() } else { refusal.file.clone() };
        if refusal.ran_short {
            return ConnectorError::RanShort { note: format!("{}: {}", super::shown(&file), refusal.message) };
        }
        super::refused(&file, refusal.line, &refusal.message, &refusal.remedy)
    };
    let long = |sink: &mut dyn Sink| match &drop.preset.unpivot {
        None => pass(sink),
        Some(wide) => {
            let plan = |found: &Found| columns::wide(found, &drop.preset, &drop.known);
            let mut unpivot = Unpivot::new(sink, [wide.names.name, wide.values.name], &plan);
            let found = pass(&mut unpivot)?;
            Ok(unpivot.finish(found))
        }
    };
    let mut judge = Judge::new(name, drop);
    let found = long(&mut judge).map_err(told)?;
    let judged = judge.decide(&found, zone).map_err(told)?;
    let mut writer = Writer::new(&judged, drop, &found, (number, scratch)).map_err(told)?;
    long(&mut writer).map_err(told)?;
    let written = writer.finish().map_err(told)?;
    range::check(&found.above, written.days, written.rows).map_err(told)?;
    let mut notes = found.notes.clone();
    notes.extend(judged.notes);
    notes.extend(written.notes);
    let told = judged
        .readings
        .iter()
        .zip(&judged.places)
        .filter_map(|(reading, place)| Some((judged.sources[place.source].field.name, Reading::told(reading)?)));
    Ok(Table {
        told: told.collect(),
        sources: judged.sources,
        found,
        notes,
        records: written.records,
        rows: written.rows,
        bad: written.bad,
    })
}

/// The names that a header should hold: of each field one, the required ones first.
pub fn wanted(preset: &Preset) -> (Vec<Vec<String>>, usize) {
    let mut groups = columns::wanted(preset);
    groups.sort_by_key(|(is_required, _)| !is_required);
    let required = groups.iter().filter(|(is_required, _)| *is_required).count();
    (groups.into_iter().map(|(_, names)| names).collect(), required)
}
