//! The semantic layer: what each number means, computed from sums and nothing else.
//!
//! # Adding one
//!
//! A metric is a section of `jobs/metrics.toml`: its words (`label`, `about`, `unit`, `better`) and one of `sum`,
//! `level`, `distinct`, `formula` or `of`. Nothing lists it. Work a value out by hand in the tests of
//! `src/config/metrics.rs`; `every_column_is_a_shipped_metric` tells what a new measure of a fact still lacks. A
//! section of metrics in a job's file prints it, and `daybook explain` proves it.

mod agreement;
mod build;
mod daily;
mod formula;
mod part;
mod problem;
mod refusals;
mod registry;
mod spec;
mod window;

pub use agreement::{Difference, Figures, Grain};
pub use daily::Daily;
pub use formula::{Formula, FormulaError, Op};
pub use part::{Condition, Number, Origin, Part, RowFilter, Scope};
pub use problem::RegistryProblem;
pub use registry::{AsOf, Kind, Metric, Registry};
pub use spec::{Better, Columns, MetricSpec};
pub use window::Window;

use serde::{Deserialize, Serialize};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Count,
    /// In the document's currency.
    Money,
    /// A ratio shown as percent: 0.028 prints `2.8%`.
    Percent,
    /// A difference of two percentages.
    Points,
    /// A plain ratio, e.g. ROAS 3.2.
    Ratio,
    /// Seconds, shown as m:ss.
    Duration,
}

impl Unit {
    /// The units that files may state, each with its word.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("count", Self::Count),
        ("money", Self::Money),
        ("percent", Self::Percent),
        ("ratio", Self::Ratio),
        ("duration", Self::Duration),
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Points => "points",
            own => Self::WORDS.iter().find(|(_, unit)| *unit == own).map_or("", |(word, _)| word),
        }
    }
}
