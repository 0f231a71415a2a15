//! Rollups of the installation in the dictionary.

use super::line;
use crate::cli::show::{table, wrapped};
use crate::domain::fact::Rollup;
use crate::support::shown::fault;
use serde_json::{Value, json};

pub fn listed(rollup: &Rollup) -> String {
    wrapped(&format!("mart.{} ", rollup.id), &format!("{} (a rollup of this installation)", fault(&rollup.about)))
}

pub fn one(rollup: &Rollup) {
    outln!("{}", wrapped(&format!("mart.{}: ", rollup.id), &fault(&rollup.about)));
    outln!("{}", line("file", &rollup.file.display().to_string()));
    let key: Vec<&str> = ["workspace", "date"].into_iter().chain(rollup.grain.iter().map(String::as_str)).collect();
    outln!("{}", line("key", &key.join(", ")));
    outln!("{}", line("made of", &rollup.inputs.join(", ")));
    if rollup.window_days > 1 {
        outln!("{}", line("window", &format!("{} days up to each", rollup.window_days)));
    }
    outln!();
    let rows = rollup.columns.iter().map(|(name, kind)| vec![name.clone(), kind.to_string()]);
    outln!("{}", table(&["column", "type"], &[], rows.collect()));
}

/// Everything a header says, for programs.
pub fn as_json(rollup: &Rollup) -> Value {
    let columns = rollup.columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind.to_string() }));
    json!({ "rollup": rollup.id, "about": rollup.about, "file": rollup.file.display().to_string(), "grain": rollup.grain,
        "inputs": rollup.inputs, "window_days": rollup.window_days, "columns": columns.collect::<Vec<_>>() })
}
