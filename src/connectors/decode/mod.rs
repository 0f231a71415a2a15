//! Bodies that are no JSON, as JSON pages: queries read one form, whatever a vendor sends. What was landed stays as
//! it came; it is decoded when it is received, to know that it is sound, and again whenever it is loaded.
//!
//! # Adding one
//!
//! A form is a word of `BodyKind` in `src/connectors/spec/body.rs`, a file here that hands out pieces of JSON, and a
//! line in [`decode`]. Write the schema again (`the_committed_schemas_are_current` says how). It is done when tests show
//! a body that is cut, one that is an HTML page, and one that swells.

mod lines;
mod packing;
mod pieces;
mod table;
mod xml;

#[cfg(test)]
mod tests;

use super::error::ConnectorError;
use super::file::shape::Refusal;
use super::spec::{BodyKind, TableSpec};
use std::path::Path;

/// How a body is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub kind: BodyKind,
    pub table: TableSpec,
    /// Unpacked.
    pub max_bytes: u64,
}

/// What a body turned out to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub rows: u64,
    /// Lines that are no rows.
    pub bad: u64,
    /// How it was read, where that is not as usual.
    pub notes: Vec<String>,
}

/// Takes a piece: a JSON object with some of the rows, and all else that the body says.
pub type Take<'a> = dyn FnMut(&[u8]) -> Result<(), ConnectorError> + 'a;

/// Decodes the landed page at `path` in pieces, at least one; blocking. Memory stays small whatever the size, but of
/// XML, which is held as a whole.
///
/// # Errors
/// `UnexpectedPayload` where the body is not of the form.
pub fn decode(path: &Path, form: &Form, take: &mut Take<'_>) -> Result<Decoded, ConnectorError> {
    let unpacked = packing::unpacked(path, form)?;
    match form.kind {
        BodyKind::Object | BodyKind::Array => Err(unexpected("a JSON body is read as it came")),
        BodyKind::Lines => lines::decode(unpacked.path(), form, take),
        BodyKind::Csv | BodyKind::Workbook => table::decode(unpacked.path(), form, take),
        BodyKind::Xml => xml::decode(unpacked.path(), form, take),
    }
}

/// A refusal of a dropped file's reader, of an answer.
fn refused(refusal: &Refusal) -> ConnectorError {
    let line = refusal.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let note = format!("the answer cannot be read: {line}{}", refusal.message);
    if refusal.ran_short { ConnectorError::RanShort { note } } else { ConnectorError::UnexpectedPayload { note } }
}

fn unexpected(note: impl Into<String>) -> ConnectorError {
    ConnectorError::UnexpectedPayload { note: note.into() }
}
