//! All metrics by their id, with formulas resolved, and how each is evaluated.

use super::{Better, Daily, Formula, Number, Part, RowFilter, Scope, Unit, Window};
use crate::domain::fiscal::FiscalYear;
use crate::domain::period::Period;
use chrono::Days;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// A metric ready to be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub id: String,
    pub label: String,
    pub about: String,
    pub unit: Unit,
    pub better: Better,
    pub kind: Kind,
    /// A ratio has no value where its denominator is below this.
    pub minimum: Option<Decimal>,
    /// Days after which a day's figure is complete: its own, and of all it is made of the most.
    pub matures_after: u32,
    /// The facts (tables of `core`) that it rests on, of its parts as well.
    pub from: BTreeSet<String>,
    /// The windows of the numbers it is made of.
    pub windows: BTreeSet<Window>,
    /// Whether each of those numbers is of a window.
    pub is_windowed: bool,
    /// Days up to the last one that rows of tables it reads are made of; 1 where each is made of its own day.
    pub days_of_rows: u32,
}

/// Where a metric's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The sum of a column of `mart.metric_daily`, of some rows.
    Sum {
        column: String,
        rows: RowFilter,
    },
    /// A number as it stands at the end of the period's last day, of the workspace as a whole: the sum of
    /// that day's rows.
    Level(Daily),
    /// A distinct count. It has a value for a day with a single row, for which the vendor counted it, and
    /// none for anything that would have to be added up.
    Distinct(Daily),
    Formula(Formula),
    /// Another metric, of some rows, or of the days that end with the period's last one.
    Of {
        metric: String,
        rows: RowFilter,
        window: Option<Window>,
    },
}

/// What a number of several days is that is not the sum of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// What it is on the last of them: levels, and windows that end with it.
    LastDay,
    /// Nothing: it is known of single days.
    SingleDays,
}

/// All metrics by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registry {
    pub(super) metrics: BTreeMap<String, Metric>,
}

impl Registry {
    pub fn get(&self, id: &str) -> Option<&Metric> {
        self.metrics.get(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Metric> {
        self.metrics.values()
    }

    /// Every number that metrics are made of.
    pub fn parts(&self) -> BTreeSet<Part> {
        self.metrics.keys().flat_map(|id| self.parts_of(id)).collect()
    }

    /// The numbers that days do not add up to, by their names.
    pub fn not_summed(&self) -> BTreeMap<String, AsOf> {
        let as_of = |part: &Part| match part.number {
            Number::Distinct(_) => Some(AsOf::SingleDays),
            Number::Level(_) => Some(AsOf::LastDay),
            Number::Sum(_) => part.scope.window.map(|_| AsOf::LastDay),
        };
        self.parts().iter().filter_map(|part| Some((part.name(), as_of(part)?))).collect()
    }

    /// The numbers that a metric is made of.
    pub fn parts_of(&self, id: &str) -> BTreeSet<Part> {
        let mut parts = BTreeSet::new();
        self.collect(id, &Scope::default(), &mut parts);
        parts
    }

    fn collect(&self, id: &str, scope: &Scope, parts: &mut BTreeSet<Part>) {
        match self.get(id).map(|metric| &metric.kind) {
            Some(Kind::Formula(formula)) => {
                formula.metrics().into_iter().for_each(|name| self.collect(name, scope, parts));
            }
            Some(Kind::Of { metric, rows, window }) => self.collect(metric, &scope.within(rows, *window), parts),
            Some(kind) => parts.extend(kind.part(scope)),
            None => {}
        }
    }

    /// The tables whose levels and counts of days a metric is made of.
    pub fn tables_of(&self, id: &str) -> BTreeSet<String> {
        let table = |part: Part| match part.number {
            Number::Sum(_) => None,
            Number::Level(daily) | Number::Distinct(daily) => Some(daily.table),
        };
        self.parts_of(id).into_iter().filter_map(table).collect()
    }

    /// A metric's value from the numbers of a period and scope; `value_of` is asked by the name of a part, and
    /// knows levels and distinct counts only where they exist. None where its denominator is too small as well.
    pub fn value(&self, id: &str, value_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
        self.value_in(id, &Scope::default(), value_of)
    }

    fn value_in(&self, id: &str, scope: &Scope, value_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
        let metric = self.get(id)?;
        if self.is_below_minimum(metric, scope, value_of) {
            return None;
        }
        match &metric.kind {
            Kind::Formula(formula) => formula.evaluate(&|name| self.value_in(name, scope, value_of)),
            Kind::Of { metric, rows, window } => self.value_in(metric, &scope.within(rows, *window), value_of),
            kind => value_of(&kind.part(scope)?.name()),
        }
    }

    /// Whether a metric has no value because it is, or is made of, a ratio whose denominator is below its minimum.
    pub fn is_too_few(&self, id: &str, value_of: &dyn Fn(&str) -> Option<Decimal>) -> bool {
        self.is_too_few_in(id, &Scope::default(), value_of)
    }

    fn is_too_few_in(&self, id: &str, scope: &Scope, value_of: &dyn Fn(&str) -> Option<Decimal>) -> bool {
        let Some(metric) = self.get(id) else { return false };
        self.is_below_minimum(metric, scope, value_of)
            || match &metric.kind {
                Kind::Formula(formula) => {
                    formula.metrics().into_iter().any(|name| self.is_too_few_in(name, scope, value_of))
                }
                Kind::Of { metric, rows, window } => self.is_too_few_in(metric, &scope.within(rows, *window), value_of),
                _ => false,
            }
    }

    fn is_below_minimum(&self, metric: &Metric, scope: &Scope, value_of: &dyn Fn(&str) -> Option<Decimal>) -> bool {
        let Some(minimum) = metric.minimum else { return false };
        let Some((divisor, scope)) = self.divisor_in(metric, scope) else { return false };
        divisor.evaluate(&|name| self.value_in(name, &scope, value_of)).is_some_and(|value| value < minimum)
    }

    /// The least denominator of a ratio: its own, or that of the metric it is of.
    pub fn minimum(&self, id: &str) -> Option<Decimal> {
        let metric = self.get(id)?;
        let of = match &metric.kind {
            Kind::Of { metric, .. } => self.minimum(metric),
            _ => None,
        };
        metric.minimum.max(of)
    }

    /// The count that a ratio divides by; none of other metrics.
    pub fn sample(&self, id: &str, value_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
        let (divisor, scope) = self.divisor_in(self.get(id)?, &Scope::default())?;
        let Formula::Metric(name) = divisor else { return None };
        let is_count = self.get(name).is_some_and(|metric| metric.unit == Unit::Count);
        is_count.then(|| self.value_in(name, &scope, value_of))?
    }

    /// What a ratio divides by; none of other metrics.
    pub fn divisor(&self, id: &str) -> Option<&Formula> {
        self.divisor_in(self.get(id)?, &Scope::default()).map(|(divisor, _)| divisor)
    }

    fn divisor_in<'r>(&'r self, metric: &'r Metric, scope: &Scope) -> Option<(&'r Formula, Scope)> {
        match &metric.kind {
            Kind::Formula(formula) => Some((formula.divisor()?, scope.clone())),
            Kind::Of { metric, rows, window } => self.divisor_in(self.get(metric)?, &scope.within(rows, *window)),
            _ => None,
        }
    }

    /// The expression a metric stands for; `sql_of` writes the parts.
    pub fn sql(&self, id: &str, sql_of: &dyn Fn(&Part) -> String) -> Option<String> {
        self.sql_in(id, &Scope::default(), sql_of)
    }

    fn sql_in(&self, id: &str, scope: &Scope, sql_of: &dyn Fn(&Part) -> String) -> Option<String> {
        let metric = self.get(id)?;
        let of = |name: &str, scope: &Scope| self.sql_in(name, scope, sql_of).unwrap_or_else(|| "NULL".to_owned());
        let value = match &metric.kind {
            Kind::Formula(formula) => formula.to_sql(&|name| of(name, scope)),
            Kind::Of { metric, rows, window } => of(metric, &scope.within(rows, *window)),
            kind => sql_of(&kind.part(scope)?),
        };
        Some(match (metric.minimum, self.divisor_in(metric, scope)) {
            (Some(minimum), Some((divisor, scope))) => {
                format!("CASE WHEN {} >= {minimum} THEN {value} END", divisor.to_sql(&|name| of(name, &scope)))
            }
            _ => value,
        })
    }

    /// What a metric is made of, in names of columns, with its minimum.
    pub fn definition(&self, id: &str) -> Option<String> {
        self.sql(id, &Part::definition)
    }

    /// Whether the values of days add up to that of the whole: then a month's target can be shared
    /// out among its days. Rates, levels, distinct counts and windows do not.
    pub fn is_additive(&self, id: &str) -> bool {
        self.adds_over_rows(id) && self.get(id).is_some_and(|metric| metric.windows.is_empty())
    }

    /// Whether the values of channels or campaigns add up to that of all: those of windows do as well.
    pub fn adds_over_rows(&self, id: &str) -> bool {
        match self.get(id).map(|metric| &metric.kind) {
            Some(Kind::Sum { .. }) => true,
            Some(Kind::Formula(formula)) => formula.is_sum_of(&|name| self.adds_over_rows(name)),
            Some(Kind::Of { metric, .. }) => self.adds_over_rows(metric),
            _ => false,
        }
    }

    /// Whether a part of a workspace has a value of its own: levels and distinct counts are of all of it.
    pub fn has_parts(&self, id: &str) -> bool {
        match self.get(id).map(|metric| &metric.kind) {
            Some(Kind::Sum { .. }) => true,
            Some(Kind::Formula(formula)) => formula.metrics().into_iter().all(|name| self.has_parts(name)),
            Some(Kind::Of { metric, .. }) => self.has_parts(metric),
            _ => false,
        }
    }

    /// Whether a metric is or is computed from `part`.
    pub fn rests_on(&self, id: &str, part: &str) -> bool {
        id == part
            || match self.get(id).map(|metric| &metric.kind) {
                Some(Kind::Formula(formula)) => formula.metrics().into_iter().any(|name| self.rests_on(name, part)),
                Some(Kind::Of { metric, .. }) => self.rests_on(metric, part),
                _ => false,
            }
    }

    /// The window of a metric all of whose sums are of one; its figures are set against that window earlier.
    pub fn window(&self, id: &str) -> Option<Window> {
        let metric = self.get(id)?;
        let mut windows = metric.windows.iter();
        windows.next().copied().filter(|_| metric.is_windowed && windows.next().is_none())
    }

    /// Whether a metric sets the days of a window beside others: no earlier period compares with it.
    pub fn mixes_windows(&self, id: &str) -> bool {
        self.window(id).is_none() && self.get(id).is_some_and(|metric| !metric.windows.is_empty())
    }

    /// Whether a metric of a period may rest on days before it.
    pub fn has_earlier_days(&self, id: &str) -> bool {
        self.get(id).is_some_and(|metric| !metric.windows.is_empty() || metric.days_of_rows > 1)
    }

    /// The days that a metric of a period rests on: those of its windows, and of the rows of its tables, as well.
    pub fn days(&self, id: &str, period: Period, year: FiscalYear) -> Period {
        let Some(metric) = self.get(id) else { return period };
        let last = period.last_day();
        if let Some(window) = self.window(id) {
            return window.days(last, year);
        }
        let of_rows = last - Days::new(u64::from(metric.days_of_rows.saturating_sub(1)));
        let starts = metric.windows.iter().map(|window| window.days(last, year).start);
        Period { start: starts.fold(period.start.min(of_rows), std::cmp::min), end: period.end }
    }
}

impl Kind {
    /// The number that a metric reads by itself; none of what is made of other metrics.
    pub(super) fn part(&self, scope: &Scope) -> Option<Part> {
        Some(match self {
            Self::Sum { column, rows } => Part::new(Number::Sum(column.clone()), scope.within(rows, None)),
            Self::Level(daily) => Part::new(Number::Level(daily.clone()), scope.clone()),
            Self::Distinct(daily) => Part::new(Number::Distinct(daily.clone()), scope.clone()),
            Self::Formula(_) | Self::Of { .. } => return None,
        })
    }

    /// The metrics it is made of.
    pub fn metrics(&self) -> BTreeSet<&str> {
        match self {
            Self::Formula(formula) => formula.metrics(),
            Self::Of { metric, .. } => BTreeSet::from([metric.as_str()]),
            _ => BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests;
