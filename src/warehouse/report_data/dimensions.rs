//! Sums by value of a dimension, from `mart.<fact>_by`.

use super::Source;
use crate::domain::fact::Dimension;
use crate::domain::period::Period;
use crate::report::data::Sums;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts::telling_apart;
use crate::warehouse::metric_sql;
use duckdb::params;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Sums by value.
type Parts = BTreeMap<String, Sums>;
/// How values are spelt.
type Spellings = BTreeMap<String, String>;

impl Source<'_> {
    /// The sums by value of a dimension, and how each value is spelt.
    pub(super) fn parts(&self, dimension: Dimension, period: Period) -> Result<(Parts, Spellings), WarehouseError> {
        let step = || format!("reading the values of {}", dimension.word());
        let facts = telling_apart(self.reader, dimension)?;
        let relation = metric_sql::by_dimension(dimension, &facts, &self.columns);
        let mut parts: Parts = self.grouped_in(&relation, "part", period)?;
        // Where all is split, nothing is left.
        if parts.get("").is_some_and(|sums| sums.values().all(Decimal::is_zero)) {
            parts.remove("");
        }
        let sql = format!(
            "SELECT part, max(label) FROM {relation} WHERE workspace = ? AND date < ? AND part <> '' GROUP BY 1"
        );
        let mut statement = self.reader.prepare(&sql).context(step)?;
        let rows = statement
            .query_map(params![self.workspace, period.end], |row| Ok((row.get(0)?, row.get(1)?)))
            .context(step)?;
        Ok((parts, rows.collect::<Result<_, _>>().context(step)?))
    }
}
