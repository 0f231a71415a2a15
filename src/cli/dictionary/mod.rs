//! The data dictionary: `daybook tables` and `daybook metrics`, read from the contracts alone.

mod metrics;
mod rollups;
mod tables;

pub use metrics::{MetricsArgs, metrics, show as show_metric};
pub use tables::{TablesArgs, tables};

use super::show::wrapped;

/// `  name        text`, wrapped to the terminal.
fn line(name: &str, text: &str) -> String {
    wrapped(&format!("  {name:<12}"), text)
}
