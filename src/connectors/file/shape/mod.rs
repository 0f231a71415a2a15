//! Turns a dropped file of any shape into a header and rows of texts, or refuses it with its line and
//! a remedy. Memory is bounded whatever the file's size: files are read twice (once to judge the
//! encoding and the size, once for the rows), never held.

mod archive;
mod book;
mod cells;
mod delimited;
mod delimiter;
mod encoding;
mod evidence;
mod grid;
mod header;
mod json;
mod lines;
mod names;
mod ndjson;
mod ods;
mod padding;
mod sniff;
mod source;
mod text;
mod workbook;
mod xls;
mod zeros;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod public;
#[cfg(test)]
mod testing;

pub use crate::support::shown::shown;
pub use archive::{Member, members, unpack};
pub use header::{Ambiguous, find, header_matches, tidy};
pub use names::{Known, folder, shape_of};

use crate::support::owner::ran_short;
use source::Source;
use std::fmt;
use std::path::{Path, PathBuf};

/// A row longer than this is no row: a quotation mark is open, or the file is something else.
pub const LONGEST_RECORD: usize = 1 << 20;
/// More columns than any export has.
pub const MOST_COLUMNS: usize = 500;
/// Longest name of a column, in characters.
pub const LONGEST_NAME: usize = 200;
/// A file of more rows is to be split.
pub const MOST_ROWS: u64 = 5_000_000;
/// The header is looked for in lines up to this one.
pub const LAST_HEADER_LINE: u64 = 51;

/// How a file is to be read, and what a caller hopes to find in it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The file's name in messages.
    pub name: String,
    /// Unpacked.
    pub max_bytes: u64,
    /// A WHATWG label; found out if absent.
    pub encoding: Option<String>,
    pub delimiter: Option<u8>,
    pub header_line: Option<u64>,
    /// Of a workbook; its only visible sheet with data if absent.
    pub sheet: Option<String>,
    /// Of a workbook, such as `A3:F200`.
    pub range: Option<String>,
    /// Of a zip archive; its only data file if absent.
    pub member: Option<String>,
    /// Groups of names; the header should hold one of each.
    pub wanted: Vec<Vec<String>>,
    /// So many groups, the first ones, a header must hold.
    pub required: usize,
    /// Numbers of typed cells (JSON, workbooks) are written with it, as a person would have.
    pub decimal_mark: char,
    /// Where packed workbooks and members of archives are unpacked; the system's folder if absent.
    pub scratch: Option<PathBuf>,
}

impl Ask {
    /// Everything is found out; at most 512 MB.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            max_bytes: 512 << 20,
            encoding: None,
            delimiter: None,
            header_line: None,
            sheet: None,
            range: None,
            member: None,
            wanted: Vec::new(),
            required: 0,
            decimal_mark: '.',
            scratch: None,
        }
    }
}

/// What a file turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The file, and the member of an archive behind a colon.
    pub name: String,
    /// As written, without blanks around them; `(column 6)` where the header has no name.
    pub columns: Vec<String>,
    pub encoding: &'static str,
    pub delimiter: Option<char>,
    /// Counted from 1; a row's number in a workbook.
    pub header_line: u64,
    pub sheet: Option<String>,
    /// The lines above the header, the blank ones left out, at most 50.
    pub above: Vec<String>,
    /// Whether the header holds one name of each required group.
    pub holds_required: bool,
    pub notes: Vec<String>,
}

/// A file cannot be used: where, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Filled in by `read`.
    pub file: String,
    pub line: Option<u64>,
    pub message: String,
    pub remedy: String,
    /// Not the file's fault: room, memory or file handles ran short, and the next reading may find enough.
    pub ran_short: bool,
}

impl Refusal {
    pub fn new(line: Option<u64>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: String::new(), line, message: message.into(), remedy: remedy.into(), ran_short: false }
    }

    /// The same, noting whether `error`, which is why, says that something ran short.
    pub fn because(self, error: &std::io::Error) -> Self {
        Self { ran_short: ran_short(error), ..self }
    }

    fn of_file(mut self, file: &str) -> Self {
        if self.file.is_empty() {
            file.clone_into(&mut self.file);
        }
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}; {}", self.message, self.remedy)
    }
}

impl std::error::Error for Refusal {}

/// Takes the rows. A refusal may come after rows: whoever keeps them does so only once `read` is
/// done.
pub trait Sink {
    /// Called once, before the first row.
    fn header(&mut self, found: &Found) -> Result<(), Refusal>;
    /// One value a column, in their order.
    fn row(&mut self, line: u64, values: &[Option<&str>]) -> Result<(), Refusal>;
    /// Something that is no row.
    fn bad(&mut self, line: u64, reason: &str, raw: &str) -> Result<(), Refusal>;
}

/// How the bytes of a file are to be read, once unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Values between signs, one row a line.
    Delimited,
    /// One JSON object a line, or a JSON list of objects.
    Ndjson,
    /// .xlsx, .xlsm, .xlsb, .xls, .ods.
    Workbook,
    /// Not read here.
    Parquet,
    /// An archive that holds one of the others.
    Zip,
}

/// What stands around the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    None,
    Gzip,
    Zstd,
}

/// Reads the file at `path` into `sink`. A refusal names the file, and the line where there is one.
pub fn read(path: &Path, shape: Shape, ask: &Ask, sink: &mut dyn Sink) -> Result<Found, Refusal> {
    if shape == Shape::Zip {
        return archive::read(path, ask, sink);
    }
    let source = Source::new(path, ask).map_err(|refusal| refusal.of_file(&ask.name))?;
    read_source(&source, shape, ask, sink, &ask.name)
}

fn read_source(source: &Source, shape: Shape, ask: &Ask, sink: &mut dyn Sink, name: &str) -> Result<Found, Refusal> {
    let head = source.head().map_err(|refusal| refusal.of_file(name))?;
    let mut found = sniff::check(&head, shape, name)
        .and_then(|()| match shape {
            Shape::Delimited => delimited::read(source, ask, &head, sink, name),
            Shape::Ndjson => ndjson::read(source, ask, &head, sink, name),
            Shape::Workbook => workbook::read(source, ask, &head, sink, name),
            Shape::Parquet | Shape::Zip => Err(Refusal::new(None, "Parquet has no lines", "read it as Parquet")),
        })
        .map_err(|refusal| refusal.of_file(name))?;
    name.clone_into(&mut found.name);
    Ok(found)
}

/// A number of a typed cell as a person would have written it. Three decimals get a fourth: alone they
/// would look like thousands.
fn typed(number: &str, decimal_mark: char) -> String {
    let more = match number.split_once('.') {
        Some((_, decimals)) if decimals.len() == 3 && decimals.bytes().all(|byte| byte.is_ascii_digit()) => "0",
        _ => "",
    };
    number.replace('.', &decimal_mark.to_string()) + more
}
