//! Whether the figures of two computations are the same, metric by metric and day, week and month.

use super::{Number, Registry, Unit};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt;

/// How long the days are that a figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    Day,
    Week,
    Month,
}

/// Numbers by their names, of each day, week and month by its first day.
pub type Figures = BTreeMap<(Grain, NaiveDate), BTreeMap<String, Decimal>>;

/// A figure that is not the same on both paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub metric: String,
    pub grain: Grain,
    pub start: NaiveDate,
    /// As the rollup holds it.
    pub stored: Decimal,
    /// As the facts give it.
    pub computed: Decimal,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, grain, start, stored, computed } = self;
        let of = match grain {
            Grain::Day => start.to_string(),
            Grain::Week => format!("the week from {start}"),
            Grain::Month => start.format("%Y-%m").to_string(),
        };
        write!(out, "{metric} of {of} is {stored} in the rollup and {computed} computed from facts")
    }
}

impl Registry {
    /// Metrics that are computed on two paths: windows are sums of the same days, and what is read from a table of
    /// `core` itself, or of a rollup of the installation, has one path only.
    pub fn on_two_paths(&self) -> Vec<&str> {
        let is_rolled_up = |number: &Number| match number {
            Number::Sum(_) => true,
            Number::Level(daily) | Number::Distinct(daily) => daily.table == "mrr_daily",
        };
        let of_days =
            |id: &str| self.parts_of(id).iter().all(|part| part.scope.window.is_none() && is_rolled_up(&part.number));
        self.iter().map(|metric| metric.id.as_str()).filter(|id| of_days(id)).collect()
    }

    /// Every figure that differs by a cent or more, and how many were compared. Nothing and zero are the same.
    pub fn differences(&self, stored: &Figures, computed: &Figures) -> (Vec<Difference>, usize) {
        let metrics = self.on_two_paths();
        let nothing = BTreeMap::new();
        let mut found = Vec::new();
        let mut keys: Vec<_> = stored.keys().chain(computed.keys()).collect();
        keys.sort();
        keys.dedup();
        for (grain, start) in keys.iter().copied() {
            for id in &metrics {
                let value = |figures: &Figures| {
                    let numbers = figures.get(&(*grain, *start)).unwrap_or(&nothing);
                    let value = self.value(id, &|name| numbers.get(name).copied()).unwrap_or_default();
                    // To the cent; of a share a cent says nothing.
                    let is_share =
                        self.get(id).is_some_and(|metric| matches!(metric.unit, Unit::Percent | Unit::Ratio));
                    value.round_dp(if is_share { 6 } else { 2 }).normalize()
                };
                let (stored, computed) = (value(stored), value(computed));
                if stored != computed {
                    let (grain, start) = (*grain, *start);
                    found.push(Difference { metric: (*id).to_owned(), grain, start, stored, computed });
                }
            }
        }
        (found, keys.len() * metrics.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metric::Columns;
    use rust_decimal::dec;

    fn registry() -> Registry {
        let text = "[cost]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nsum = 'cost'\n\
            [clicks]\nlabel = 'x'\nabout = 'x'\nunit = 'count'\nbetter = 'higher'\nsum = 'clicks'\n\
            [cpc]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'lower'\nformula = 'cost / clicks'\n\
            [cost_7]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'lower'\nof = 'cost'\nwindow = 'rolling_7'\n";
        let summed = ["cost", "clicks"].map(|column| (column.to_owned(), Vec::new())).into();
        Registry::new(toml::from_str(text).expect("TOML"), &Columns { summed, ..Columns::default() }).expect("metrics")
    }

    fn figures(cost: Decimal, clicks: Decimal) -> Figures {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
        let numbers = BTreeMap::from([("cost".to_owned(), cost), ("clicks".to_owned(), clicks)]);
        BTreeMap::from([((Grain::Day, day), numbers)])
    }

    #[test]
    fn a_difference_of_a_cent_is_found_in_every_metric_that_rests_on_it() {
        let (found, compared) = registry().differences(&figures(dec!(10.01), dec!(4)), &figures(dec!(10), dec!(4)));
        assert_eq!(compared, 3, "windows are sums of the same days");
        assert_eq!(found[0].to_string(), "cost of 2026-11-20 is 10.01 in the rollup and 10 computed from facts");
        assert_eq!(found.len(), 1, "2.5025 and 2.50 are the same to the cent: {found:?}");
        let (found, _) = registry().differences(&figures(dec!(10), dec!(5)), &figures(dec!(10), dec!(4)));
        assert_eq!(found.iter().map(|found| found.metric.as_str()).collect::<Vec<_>>(), ["clicks", "cpc"]);
    }

    #[test]
    fn nothing_is_as_good_as_zero_and_millionths_are_no_difference() {
        assert!(registry().differences(&figures(dec!(0), dec!(0)), &Figures::new()).0.is_empty());
        assert!(registry().differences(&figures(dec!(10.000001), dec!(4)), &figures(dec!(10), dec!(4))).0.is_empty());
    }
}
