//! Metrics as files describe them, and the columns that they may name.

use super::{Daily, Number, RowFilter, Unit, Window};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A metric as its section of `metrics.toml` describes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricSpec {
    pub label: String,
    /// What it means, in a sentence a reader can check.
    pub about: String,
    pub unit: Unit,
    pub better: Better,
    /// A column of `mart.metric_daily` that is summed.
    pub sum: Option<String>,
    /// A level as it stood at the end of the period's last day, as `<table>.<column>`; never summed over days.
    pub level: Option<String>,
    /// A distinct count as the vendor made it for one day, as `<fact>.<column>`; never summed.
    pub distinct: Option<String>,
    /// An expression over other metrics.
    pub formula: Option<String>,
    /// Another metric, of other rows or days. Exactly one of `sum`, `level`, `distinct`, `formula` and `of`.
    pub of: Option<String>,
    /// Rows that count, of `sum` and `of`; all if absent.
    #[serde(default, rename = "where")]
    pub rows: RowFilter,
    /// The days that count, of `of`; those of the period if absent.
    pub window: Option<Window>,
    /// A ratio has no value where its denominator is below this.
    pub minimum: Option<Decimal>,
    /// Days after which a day's figure is complete.
    #[serde(default)]
    pub matures_after: u32,
    /// Facts it rests on besides those that add to it: those that decide what is counted.
    #[serde(default)]
    pub from: Vec<String>,
}

/// Which direction is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
    /// Neither: spending more is not good or bad by itself.
    Neither,
}

/// The columns that metrics may name.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Of `mart.metric_daily`, each with the facts that add to it.
    pub summed: BTreeMap<String, Vec<String>>,
    /// What may be a level or a distinct count.
    pub daily: Vec<Daily>,
    /// The facts behind tables of `mart` that a rollup of the installation fills, by table.
    pub rests_on: BTreeMap<String, BTreeSet<String>>,
    /// Days up to its own that a row of such a table is made of, by table; 1 of others.
    pub days_of_rows: BTreeMap<String, u32>,
    /// Of both, those that are percentages or ratios by their contract: they do not add up.
    pub rates: BTreeSet<String>,
    /// Of both, amounts in the currency of each row.
    pub local_amounts: BTreeSet<String>,
    /// Tables whose rows are by hour: those of a day do not add up to a level.
    pub by_hour: BTreeSet<String>,
}

/// The tables whose columns were once named alone, as `level = "mrr"` and `distinct = "visitors"`.
const NAMED_ALONE: [&str; 2] = ["mrr_daily", "web_visitors_daily"];

impl Columns {
    /// Why a name is no column that is summed, and what to write, where it is a number of each day.
    pub fn not_summed(&self, name: &str) -> Option<(String, String)> {
        let daily = self.daily.iter().find(|daily| daily.column == name || daily.name() == name)?.name();
        (!self.summed.contains_key(name)).then(|| {
            let message = format!("{name:?} is a number of each day that does not add up over days");
            let remedy = format!(
                "write level = {daily:?} for its value on the last day, or distinct = {daily:?} for that of single days"
            );
            (message, remedy)
        })
    }

    /// Days up to its own that a row behind a number is made of.
    pub(super) fn days_of_rows(&self, number: &Number) -> u32 {
        match number {
            Number::Level(daily) | Number::Distinct(daily) if daily.schema == "mart" => {
                self.days_of_rows.get(&daily.table).copied().unwrap_or(1)
            }
            _ => 1,
        }
    }

    pub(super) fn daily(&self, name: &str) -> Result<Daily, String> {
        let is_meant = |daily: &&Daily| match name.split_once('.') {
            Some((table, column)) => daily.table == table && daily.column == column,
            None => NAMED_ALONE.contains(&daily.table.as_str()) && daily.column == name,
        };
        let names = || self.daily.iter().map(Daily::name).collect::<Vec<_>>().join(", ");
        self.daily
            .iter()
            .find(is_meant)
            .cloned()
            .ok_or_else(|| format!("{name:?} is no number by day; there are {}", names()))
    }
}
