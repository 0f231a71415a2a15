//! Files that people drop in a folder: exchange rates, budgets, targets, influencer posts, offline
//! conversions. A file is landed as it came, its columns are matched with the fields of what it
//! holds, and its rows are read by that preset's query. Whatever a file is, reading it takes bounded
//! memory and ends with rows, or with a sentence that says which file, which line, and what to do.

pub mod column;
mod columns;
mod folder;
mod land;
mod own_target;
mod pattern;
mod preset;
pub mod preset_file;
pub mod presets;
pub mod published;
pub mod settings;
pub mod shape;
mod summary;
mod table;
mod target;
mod unpivot;
mod written;

pub use column::Mark;
pub use columns::Source;
pub use folder::{Dropped, Left, Listing, list};
pub use land::land;
pub use own_target::{NO_DAY, Targets};
pub use pattern::Pattern;
pub use preset::{Answers, NONE, Preset};
pub use presets::Presets;
pub use shape::{Shape, shown, tidy};
pub use table::{Pass, Table, read, wanted};
pub use target::{Field, Target, TargetSpec};
pub use written::Written;

use super::error::ConnectorError;
use chrono::NaiveDate;
use reqwest::Url;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How long a file must have rested before it is read, where nobody says: who copies a file into
/// the folder writes it bit by bit.
pub const SETTLE_SECS: u64 = 5;
/// A file larger than this, packed or unpacked, is refused where nobody says.
pub const LARGEST_MB: u64 = 512;

/// More bad rows than this refuse a file where nobody says.
pub const MOST_BAD_PERCENT: u32 = 5;

/// What several files of a folder, or of a series, are to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Each says something of its own; of a key that two of them name the newer one's word counts.
    Parts,
    /// The newest says all: what an older one said and it does not, goes.
    Newest,
}

/// What happens to the rows of a file that is removed from the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRemoval {
    Keep,
    Unload,
}

/// A folder that is watched for files of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct FileDrop {
    /// Absolute.
    pub folder: PathBuf,
    pub preset: Arc<Preset>,
    /// Where a published file is fetched from, into the folder.
    pub address: Option<Url>,
    /// Which files of the folder are read.
    pub pattern: Pattern,
    pub versions: Versions,
    pub on_removal: OnRemoval,
    /// What other connections read in the same folder, if this one reports files that none of them reads.
    pub others: Option<Vec<Pattern>>,
    /// For fields that name something of ours, such as a channel, the names there are.
    pub known: BTreeMap<&'static str, Vec<String>>,
    /// How values are written, as the connection says it, or else the preset.
    pub written: Written,
    /// The first day to load; every day if absent.
    pub since: Option<NaiveDate>,
    pub settle_secs: u64,
    pub max_mb: u64,
    /// More bad rows than this, in percent, refuse the file; as the preset has it if absent.
    pub most_bad_percent: Option<u32>,
}

impl FileDrop {
    /// A folder of files that follow the preset in all.
    pub fn new(folder: PathBuf, preset: Arc<Preset>) -> Self {
        Self {
            folder,
            written: preset.written.clone(),
            preset,
            address: None,
            pattern: Pattern::all(),
            versions: Versions::Parts,
            on_removal: OnRemoval::Keep,
            others: None,
            known: BTreeMap::new(),
            since: None,
            settle_secs: SETTLE_SECS,
            max_mb: LARGEST_MB,
            most_bad_percent: None,
        }
    }

    /// Whether a file of this name belongs to the drop.
    pub fn is_of_it(&self, name: &str) -> bool {
        self.pattern.fits(name)
    }

    /// Whether the drop reports a file that no connection reads.
    pub fn is_stray(&self, name: &str) -> bool {
        let others = self.others.iter().flatten();
        self.others.is_some() && !self.is_of_it(name) && !others.into_iter().any(|other| other.fits(name))
    }

    /// How a file called `name` is to be read.
    pub fn ask(&self, name: &str) -> shape::Ask {
        let (wanted, required) = wanted(&self.preset);
        let written = self.written.clone();
        shape::Ask {
            max_bytes: self.max_bytes(),
            encoding: written.encoding,
            delimiter: written.delimiter,
            header_line: written.header_line,
            sheet: written.sheet,
            range: written.range,
            wanted,
            required,
            decimal_mark: if written.decimal_mark == Some(Mark::Comma) { ',' } else { '.' },
            ..shape::Ask::new(name)
        }
    }

    /// Bytes of the largest file accepted.
    pub fn max_bytes(&self) -> u64 {
        self.max_mb << 20
    }
}

/// A file cannot be used: where, why, and what to do about it.
pub fn refused(file: &str, line: Option<u64>, message: &str, remedy: &str) -> ConnectorError {
    let place = line.map_or_else(|| shown(file), |line| format!("{}, line {line}", shown(file)));
    ConnectorError::UnexpectedPayload { note: format!("{place}: {message}; {remedy}") }
}
