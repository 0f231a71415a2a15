//! Rollups of the installation.

use super::facts::MeasureEntry;
use crate::config::Settings;
use crate::domain::fact::Rollup;
use serde::Serialize;

/// A rollup with all that its header says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RollupEntry {
    /// Its table in `mart`.
    pub rollup: String,
    /// What a row is, in a sentence.
    pub about: String,
    /// Relative to the root.
    pub file: String,
    /// What a row is known by beside `workspace` and `date`.
    pub grain: Vec<String>,
    pub inputs: Vec<String>,
    /// Days up to its own that a row is made of.
    pub window_days: u32,
    pub columns: Vec<MeasureEntry>,
}

/// Every rollup of the installation.
pub fn rollups(settings: &Settings) -> Vec<RollupEntry> {
    settings.facts.rollups().iter().map(entry).collect()
}

fn entry(rollup: &Rollup) -> RollupEntry {
    let columns = rollup.columns.iter();
    RollupEntry {
        rollup: rollup.id.clone(),
        about: rollup.about.clone(),
        file: rollup.file.display().to_string(),
        grain: rollup.grain.clone(),
        inputs: rollup.inputs.clone(),
        window_days: rollup.window_days,
        columns: columns.map(|(name, kind)| MeasureEntry { name: name.clone(), kind: kind.to_string() }).collect(),
    }
}
