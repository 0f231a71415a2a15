//! A landed text file as records the warehouse can read: one JSON line a row with its line number and
//! its values as texts, in the order of the columns. What cannot be read as a row is kept beside
//! them with the reason.

use super::{FileDrop, Shape, delimited, ndjson, refused};
use crate::connectors::error::ConnectorError;
use crate::connectors::landing::{LandedSlice, read_page};
use std::io::{BufWriter, Write};
use tempfile::NamedTempFile;

/// A row longer than this is no row: a quotation mark is open, or the file is something else.
pub const LONGEST_RECORD: usize = 1 << 20;
/// More columns than any export has.
pub const MOST_COLUMNS: usize = 500;
/// Longest name of a column, in characters.
pub const LONGEST_NAME: usize = 200;
/// A file of more rows is to be split.
const MOST_ROWS: u64 = 5_000_000;
/// So much of an unreadable row is kept, in characters.
const LONGEST_RAW: usize = 20_000;

/// A text file's rows; the file vanishes when this is dropped.
#[derive(Debug)]
pub struct Records {
    pub file: NamedTempFile,
    /// Every column by name, in the order of the values.
    pub columns: Vec<String>,
}

/// Reads the landed text file called `name`. Errors name it with the line.
pub fn read(landed: &LandedSlice, name: &str, shape: Shape, drop: &FileDrop) -> Result<Records, ConnectorError> {
    let page =
        landed.files().into_iter().next().ok_or_else(|| refused(name, None, "nothing was landed", "drop it again"))?;
    let mut writer = Writer::new(&landed.folder, name)?;
    let columns = match shape {
        Shape::Ndjson => ndjson::read(read_page(&page)?, name, drop.decimal_mark, &mut writer)?,
        Shape::Delimited => delimited::read(read_page(&page)?, name, &mut writer)?,
        Shape::Parquet => return Err(refused(name, None, "Parquet has no lines", "read it as Parquet")),
    };
    Ok(Records { file: writer.finish()?, columns })
}

/// Writes the records' file.
pub struct Writer<'a> {
    out: BufWriter<NamedTempFile>,
    name: &'a str,
    pub rows: u64,
    pub bad: u64,
}

impl<'a> Writer<'a> {
    fn new(folder: &std::path::Path, name: &'a str) -> Result<Self, ConnectorError> {
        let file = tempfile::Builder::new().prefix("records-").suffix(".ndjson").tempfile_in(folder);
        let file = file.map_err(|error| ConnectorError::Landing { note: error.to_string() })?;
        Ok(Self { out: BufWriter::new(file), name, rows: 0, bad: 0 })
    }

    /// A row that begins at `line`.
    pub fn row(&mut self, line: u64, values: &[Option<impl AsRef<str>>]) -> Result<(), ConnectorError> {
        let is_clean = values.iter().flatten().all(|value| !value.as_ref().contains('\0'));
        if !is_clean {
            let raw: Vec<&str> = values.iter().map(|value| value.as_ref().map_or("", AsRef::as_ref)).collect();
            return self.bad(line, "a value holds a zero byte", &raw.join(","));
        }
        self.count(line)?;
        self.rows += 1;
        let values: Vec<Option<&str>> = values.iter().map(|value| value.as_ref().map(AsRef::as_ref)).collect();
        self.line(&serde_json::json!({"n": line, "v": values}))
    }

    /// Something that is no row.
    pub fn bad(&mut self, line: u64, reason: &str, raw: &str) -> Result<(), ConnectorError> {
        self.count(line)?;
        self.bad += 1;
        let raw: String = raw.chars().take(LONGEST_RAW).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect();
        self.line(&serde_json::json!({"n": line, "e": reason, "raw": raw}))
    }

    fn count(&self, line: u64) -> Result<(), ConnectorError> {
        if self.rows + self.bad < MOST_ROWS {
            return Ok(());
        }
        Err(refused(self.name, Some(line), "the file has more than 5,000,000 rows", "split it"))
    }

    fn line(&mut self, record: &serde_json::Value) -> Result<(), ConnectorError> {
        let failed = |error: std::io::Error| ConnectorError::Landing { note: error.to_string() };
        serde_json::to_writer(&mut self.out, record).map_err(|error| failed(error.into()))?;
        self.out.write_all(b"\n").map_err(failed)
    }

    fn finish(self) -> Result<NamedTempFile, ConnectorError> {
        self.out.into_inner().map_err(|error| ConnectorError::Landing { note: error.error().to_string() })
    }
}

/// The line's text, or why it is none: told once, for the whole file, because half a file in a wrong
/// encoding is worse than none.
pub fn utf8<'b>(bytes: &'b [u8], name: &str, line: u64) -> Result<&'b str, ConnectorError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        let message = format!("the text is not UTF-8 (byte 0x{byte:02X})");
        refused(name, Some(line), &message, "save the file as \"CSV UTF-8\" and drop it again")
    })
}

/// What the first bytes show that no text file begins with.
pub fn not_text(head: &[u8], name: &str) -> Option<ConnectorError> {
    let told = |what: &str, remedy: &str| Some(refused(name, None, what, remedy));
    let utf8 = "save it as \"CSV UTF-8\" and drop it again";
    if head.is_empty() || std::str::from_utf8(head).is_ok_and(|text| text.trim_matches('\u{feff}').trim().is_empty()) {
        told("the file is empty", "drop it again with a header and rows, or remove it")
    } else if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        told("the text is UTF-16, not UTF-8", utf8)
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xd0\xcf\x11\xe0") {
        told("this is a spreadsheet or an archive, not text", utf8)
    } else if head.starts_with(b"\x1f\x8b") || head.starts_with(b"\x28\xb5\x2f\xfd") {
        told("the file is packed", "give it the ending .gz or .zst, or drop it unpacked")
    } else if head.starts_with(b"PAR1") {
        told("this is a Parquet file", "give it the ending .parquet")
    } else if head.starts_with(b"%PDF") || head.contains(&0) {
        told("this is not a text file", utf8)
    } else {
        None
    }
}
