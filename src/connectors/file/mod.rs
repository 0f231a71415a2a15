//! Files that people drop in a folder: exchange rates, budgets, targets, influencer posts, offline
//! conversions. A file is landed like a page, and read by a query of its preset.

use super::error::ConnectorError;
use super::landing::{LandedSlice, Landing, Manifest};
use super::slice::{Slice, Window};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A dropped file larger than this is refused.
const LARGEST_FILE: u64 = 512 << 20;

/// A folder that is watched for files of one kind.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDrop {
    /// Relative to the data folder unless absolute.
    pub folder: PathBuf,
    pub preset: Preset,
    /// Only files whose name begins so; every file with a known ending by default.
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub decimal_mark: DecimalMark,
    /// As strptime writes it, e.g. `%d/%m/%Y`; ISO days by default.
    pub date_format: Option<String>,
}

/// What the files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    Fx,
    Budgets,
    Targets,
    Influencer,
    OfflineConversions,
}

/// The sign before decimals, decided for a whole file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum DecimalMark {
    #[default]
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

/// How a preset is loaded.
#[derive(Clone, Copy, Debug)]
pub struct PresetSpec {
    pub name: &'static str,
    pub table: &'static str,
    pub sql: &'static str,
    pub key: &'static [&'static str],
    pub touches: &'static [&'static str],
}

impl Preset {
    pub fn spec(self) -> PresetSpec {
        match self {
            Self::Fx => PresetSpec {
                name: "fx",
                table: "fx_rate",
                sql: include_str!("presets/fx.sql"),
                key: &["date", "currency"],
                touches: &[],
            },
            Self::Budgets => PresetSpec {
                name: "budgets",
                table: "budget",
                sql: include_str!("presets/budgets.sql"),
                key: &["month_date", "channel"],
                touches: &[],
            },
            Self::Targets => PresetSpec {
                name: "targets",
                table: "target",
                sql: include_str!("presets/targets.sql"),
                key: &["month_date", "metric"],
                touches: &[],
            },
            Self::Influencer => PresetSpec {
                name: "influencer",
                table: "influencer_post",
                sql: include_str!("presets/influencer.sql"),
                key: &["platform", "post_key"],
                touches: &["posted_date"],
            },
            Self::OfflineConversions => PresetSpec {
                name: "offline_conversions",
                table: "offline_conversion",
                sql: include_str!("presets/offline_conversions.sql"),
                key: &["conversion_id"],
                touches: &["date"],
            },
        }
    }
}

/// A file that lies in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub path: PathBuf,
    pub name: String,
    pub sha256: String,
}

impl Dropped {
    /// Names this content of this file; a changed file is another slice.
    pub fn slice(&self) -> Slice {
        Slice { partition: format!("{}-{}", self.name, &self.sha256[..12]), window: Window::Whole }
    }
}

/// The files of a drop folder, by name. Links, folders, hidden files and unknown endings are left alone.
pub fn list(folder: &Path, drop: &FileDrop) -> Result<Vec<Dropped>, ConnectorError> {
    let failed =
        |path: &Path, error: &std::io::Error| ConnectorError::Landing { note: format!("{}: {error}", path.display()) };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let entry = entry.map_err(|error| failed(folder, &error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || name.starts_with('.') || !name.starts_with(&drop.prefix) || ending(&name).is_none() {
            continue;
        }
        let path = entry.path();
        let size = entry.metadata().map_err(|error| failed(&path, &error))?.len();
        if size > LARGEST_FILE {
            let note = format!("{name} is larger than {} MB", LARGEST_FILE >> 20);
            return Err(ConnectorError::UnexpectedPayload { note });
        }
        let mut hash = Sha256::new();
        let mut file = File::open(&path).map_err(|error| failed(&path, &error))?;
        copy(&mut file, |chunk| {
            hash.update(chunk);
            Ok(())
        })
        .map_err(|error| failed(&path, &error))?;
        found.push(Dropped { path, name, sha256: crate::support::ids::hex(&hash.finalize()) });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The endings that are read.
pub fn ending(name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    ["csv", "tsv", "ndjson", "jsonl", "parquet"].into_iter().find(|known| *known == ending)
}

/// Copies a dropped file into the landing folder.
pub fn land(
    landing_root: &Path,
    workspace: &str,
    connection: &str,
    drop: &FileDrop,
    dropped: &Dropped,
    now: DateTime<Utc>,
) -> Result<LandedSlice, ConnectorError> {
    let manifest = Manifest {
        workspace: workspace.to_owned(),
        connection: connection.to_owned(),
        connector: "file".to_owned(),
        stream: drop.preset.spec().name.to_owned(),
        slice: dropped.slice(),
        fetched_at: now,
        pages: Vec::new(),
        notes: Vec::new(),
    };
    let mut landing = Landing::begin(landing_root, manifest)?;
    let mut page = landing.file(ending(&dropped.name).unwrap_or("csv"))?;
    let mut file = File::open(&dropped.path)
        .map_err(|error| ConnectorError::Landing { note: format!("{}: {error}", dropped.path.display()) })?;
    let mut failure = None;
    let copied = copy(&mut file, |chunk| {
        page.write(chunk).map_err(|error| {
            failure = Some(error);
            std::io::Error::other("landing failed")
        })
    });
    if let Err(error) = copied {
        let note = format!("{}: {error}", dropped.path.display());
        return Err(failure.unwrap_or(ConnectorError::Landing { note }));
    }
    landing.keep(page.finish()?);
    landing.finish()
}

fn copy(from: &mut File, mut to: impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            count => to(&buffer[..count])?,
        }
    }
}
