//! The data dictionary: what tables hold and what metrics mean, read from the configuration alone.

pub mod facts;
pub mod metrics;
pub mod page;
pub mod rollups;

use crate::config::Settings;
use facts::{FactEntry, facts};
use rollups::{RollupEntry, rollups};
use serde::Serialize;

/// A table of the warehouse.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TableEntry {
    Fact(Box<FactEntry>),
    Rollup(RollupEntry),
}

/// Every table: the facts, then the rollups of the installation.
pub fn tables(settings: &Settings) -> Vec<TableEntry> {
    let facts = facts(settings).into_iter().map(|fact| TableEntry::Fact(Box::new(fact)));
    facts.chain(rollups(settings).into_iter().map(TableEntry::Rollup)).collect()
}

/// The table of a name, with or without its schema: a rollup of the installation, else a fact.
pub fn table(settings: &Settings, name: &str) -> Option<TableEntry> {
    let name = name.strip_prefix("core.").or_else(|| name.strip_prefix("mart.")).unwrap_or(name);
    let is_meant = |table: &TableEntry| match table {
        TableEntry::Fact(fact) => fact.fact == name,
        TableEntry::Rollup(rollup) => rollup.rollup == name,
    };
    tables(settings).into_iter().rev().find(is_meant)
}
