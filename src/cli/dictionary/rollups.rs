//! Rollups of the installation in the dictionary.

use super::line;
use crate::cli::show::{table, wrapped};
use crate::queries::dictionary::rollups::RollupEntry;
use crate::support::shown::fault;

pub fn listed(rollup: &RollupEntry) -> String {
    wrapped(&format!("mart.{} ", rollup.rollup), &format!("{} (a rollup of this installation)", fault(&rollup.about)))
}

pub fn one(rollup: &RollupEntry) {
    outln!("{}", wrapped(&format!("mart.{}: ", rollup.rollup), &fault(&rollup.about)));
    outln!("{}", line("file", &rollup.file));
    let key: Vec<&str> = ["workspace", "date"].into_iter().chain(rollup.grain.iter().map(String::as_str)).collect();
    outln!("{}", line("key", &key.join(", ")));
    outln!("{}", line("made of", &rollup.inputs.join(", ")));
    if rollup.window_days > 1 {
        outln!("{}", line("window", &format!("{} days up to each", rollup.window_days)));
    }
    outln!();
    let rows = rollup.columns.iter().map(|column| vec![column.name.clone(), column.kind.clone()]);
    outln!("{}", table(&["column", "type"], &[], rows.collect()));
}
