//! The contract of a fact: what a table of `core` holds, what its rows are known by, and what it adds to the
//! unified metrics. Tables, checks, retention, erasure and the data dictionary follow from it.

mod column;
mod contribution;
mod facts;
pub mod rollup;
mod rollup_inputs;

pub use column::{Column, ColumnType, PERSONAL, Personal};
pub use contribution::{Contribution, Dimension, Measure};
pub use facts::{Facts, FactsProblem};
pub use rollup::Rollup;
pub use rollup_inputs::day_of;

use std::path::PathBuf;

/// A table of `core` with its history. Beside its columns every fact has `workspace`, `connection` and
/// `load_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The table's name.
    pub id: String,
    /// What a row is, in a sentence.
    pub about: String,
    /// The column of the day that coverage, retention and reports go by, in the zone of the vendor's account.
    pub day: Option<String>,
    /// The column of the hour from 0 to 23 in the same zone, where rows are by hour.
    pub hour: Option<String>,
    /// Columns that a row is known by within its workspace.
    pub key: Vec<String>,
    /// Where the first column is empty, the second distinguishes rows.
    pub key_fallback: Vec<(String, String)>,
    /// Whether two connections of a workspace may not hold the same row.
    pub is_unique_across_connections: bool,
    pub money: Vec<Money>,
    pub retention: Retention,
    /// By the table's order.
    pub columns: Vec<Column>,
    pub contribution: Option<Contribution>,
    pub origin: Origin,
}

/// An amount and the column of its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    pub amount: String,
    pub currency: String,
    /// A condition in SQL under which a row counts; all if absent.
    pub condition: Option<String>,
    /// Whether reports convert it, so that each day needs a rate.
    pub is_converted: bool,
}

/// How long rows are kept where the configuration does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retention {
    /// As `[retention] months` says.
    #[default]
    Months,
    /// For good: later figures rest on it.
    Keep,
}

/// Where a contract is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Part of Daybook; migrations have made its table.
    BuiltIn,
    /// A file of the installation, relative to its root.
    File(PathBuf),
}

impl Fact {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Columns by which a check recognises two copies of a row; within a connection unless the fact says otherwise.
    /// Each is an expression over the table's columns.
    pub fn key_expressions(&self) -> Vec<String> {
        let fallback = |name: &String| {
            let other = self.key_fallback.iter().find(|(column, _)| column == name)?;
            Some(format!("CASE WHEN {name} = '' THEN {} ELSE '' END", other.1))
        };
        let own = if self.is_unique_across_connections { Vec::new() } else { vec!["connection".to_owned()] };
        own.into_iter().chain(self.key.iter().cloned()).chain(self.key.iter().filter_map(fallback)).collect()
    }
}
