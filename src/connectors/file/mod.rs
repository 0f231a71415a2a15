//! Files that people drop in a folder: exchange rates, budgets, targets, influencer posts, offline
//! conversions. A file is landed as it came, its columns are matched with the fields of what it
//! holds, and its rows are read by that preset's query. Whatever a file is, reading it takes bounded
//! memory and ends with rows, or with a sentence that says which file, which line, and what to do.

mod columns;
mod delimited;
mod folder;
mod land;
mod ndjson;
mod preset;
mod records;
mod unpack;

pub use columns::{Source, resolve, tidy};
pub use folder::{Dropped, Listing, list};
pub use land::land;
pub use preset::{Field, Preset, PresetSpec};
pub use records::{Records, read};

use super::error::ConnectorError;
use chrono::NaiveDate;
use std::path::PathBuf;

/// How long a file must have rested before it is read, where nobody says: who copies a file into
/// the folder writes it bit by bit.
pub const SETTLE_SECS: u64 = 5;
/// A file larger than this, packed or unpacked, is refused where nobody says.
pub const LARGEST_MB: u64 = 512;

/// A folder that is watched for files of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct FileDrop {
    /// Absolute.
    pub folder: PathBuf,
    pub preset: Preset,
    /// Which column holds which field; by the preset's own names if absent.
    pub mapping: Option<Mapping>,
    /// Only files whose name begins so; every file with a known ending if empty.
    pub prefix: String,
    pub decimal_mark: DecimalMark,
    /// As strptime writes it, e.g. `%d/%m/%Y`; ISO days if absent.
    pub date_format: Option<String>,
    /// The first day to load; every day if absent.
    pub since: Option<NaiveDate>,
    pub settle_secs: u64,
    pub max_mb: u64,
}

impl FileDrop {
    /// A folder of files that follow the preset in all.
    pub fn new(folder: PathBuf, preset: Preset) -> Self {
        Self {
            folder,
            preset,
            mapping: None,
            prefix: String::new(),
            decimal_mark: DecimalMark::Point,
            date_format: None,
            since: None,
            settle_secs: SETTLE_SECS,
            max_mb: LARGEST_MB,
        }
    }

    /// Bytes of the largest file accepted.
    pub fn max_bytes(&self) -> u64 {
        self.max_mb << 20
    }
}

/// Which column of the files holds which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Column and field.
    pub columns: Vec<(String, String)>,
    /// Field and the value it has in every row.
    pub constants: Vec<(String, String)>,
}

/// The sign before decimals, decided for a whole file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecimalMark {
    #[default]
    Point,
    Comma,
}

impl DecimalMark {
    pub fn sign(self) -> &'static str {
        match self {
            Self::Point => ".",
            Self::Comma => ",",
        }
    }
}

/// How the bytes of a file are to be read, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// CSV or TSV; the delimiter is found in the header.
    Delimited,
    Ndjson,
    Parquet,
}

impl Shape {
    /// The ending under which it is landed.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Delimited => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// How the file `name` is to be read, a packing's ending put aside; `None` if the ending is not
    /// one of ours.
    pub fn of(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let plain = lower.strip_suffix(".zst").or_else(|| lower.strip_suffix(".gz")).unwrap_or(&lower);
        match plain.rsplit_once('.')?.1 {
            "csv" | "tsv" => Some(Self::Delimited),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// A file cannot be used: where, why, and what to do about it.
pub fn refused(file: &str, line: Option<u64>, message: &str, remedy: &str) -> ConnectorError {
    let place = line.map_or_else(|| shown(file), |line| format!("{}, line {line}", shown(file)));
    ConnectorError::UnexpectedPayload { note: format!("{place}: {message}; {remedy}") }
}

/// A name out of a file system or a file, fit for a message: 80 characters, none that steers a
/// terminal or turns the direction of what follows.
pub fn shown(text: &str) -> String {
    let is_turning =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let clean = |c: char| if c.is_control() || is_turning(c) { '\u{fffd}' } else { c };
    let cut: String = text.chars().take(80).map(clean).collect();
    if cut.chars().count() < text.chars().count() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_says_how_to_read_packed_or_not() {
        assert_eq!(Shape::of("a.CSV.gz"), Some(Shape::Delimited));
        assert_eq!(Shape::of("a.jsonl.zst"), Some(Shape::Ndjson));
        assert_eq!(Shape::of("a.parquet"), Some(Shape::Parquet));
        assert_eq!(Shape::of("csv"), None);
        assert_eq!(Shape::of("a.csv.part"), None);
        assert_eq!(Shape::of("a.gz"), None);
    }

    #[test]
    fn a_name_cannot_steer_a_terminal_or_a_reader() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}vsc.exe\n"), "a\u{fffd}[2J\u{fffd}vsc.exe\u{fffd}");
        assert_eq!(shown(&"x".repeat(300)).chars().count(), 81);
    }
}
