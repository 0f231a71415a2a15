//! The semantic layer: what each number means, computed from sums and nothing else.

mod formula;
mod registry;

pub use formula::{Formula, FormulaError};
pub use registry::{Better, Columns, Daily, Kind, Metric, MetricSpec, Registry, RegistryProblem};

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
