//! What a printed figure is computed from, kept with the report so that the figure can be computed
//! again: a metric of a period, a plan, or a small formula over such parts.

use crate::domain::metric::{Formula, Registry};
use crate::domain::period::Period;
use crate::report::questions::question;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

mod data_point;
mod earlier;

pub use data_point::{DataPoint, Member, NOT_STATED, Plan, Reading};

/// What a figure is computed from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expression {
    Read(DataPoint),
    /// A formula over named parts, e.g. `spent / planned`.
    Calculated {
        formula: String,
        parts: BTreeMap<String, Expression>,
    },
    /// The relative change `(value - base) / |base|`.
    Change {
        value: Box<Expression>,
        base: Box<Expression>,
    },
}

impl Expression {
    pub fn metric(reading: Reading) -> Self {
        Self::Read(DataPoint::Metric(reading))
    }

    /// A value of a question's row, or of all rows where no key is named.
    pub fn answer(question: &str, keys: &[(&str, &str)], measure: &str, period: Period) -> Self {
        let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (question, measure) = (question.to_owned(), measure.to_owned());
        Self::Read(DataPoint::Answer { question, keys, measure, period })
    }

    pub fn stated(value: Decimal, by: &str) -> Self {
        Self::Read(DataPoint::Constant { value: value.normalize(), by: by.to_owned() })
    }

    /// A formula over named parts; names are lower-case letters, digits and `_`.
    pub fn calculated<const N: usize>(formula: &str, parts: [(&str, Self); N]) -> Self {
        let parts = parts.into_iter().map(|(name, part)| (name.to_owned(), part)).collect();
        Self::Calculated { formula: formula.to_owned(), parts }
    }

    pub fn change(value: Self, base: Self) -> Self {
        Self::Change { value: Box::new(value), base: Box::new(base) }
    }

    /// The value; `None` where a part is absent or a denominator zero.
    pub fn evaluate(&self, read: &dyn Fn(&DataPoint) -> Option<Decimal>) -> Option<Decimal> {
        match self {
            Self::Read(point) => read(point),
            Self::Calculated { formula, parts } => {
                calculated(formula, &|name| parts.get(name).and_then(|part| part.evaluate(read)))
            }
            Self::Change { value, base } => relative(value.evaluate(read)?, base.evaluate(read)?),
        }
    }

    /// The absolute difference, for what has no relative one; worded with its sign.
    pub fn difference(value: Self, base: Self) -> Self {
        Self::calculated(DIFFERENCE, [("now", value), ("before", base)])
    }

    /// Whether it is a change that follows from two figures.
    pub fn is_change(&self) -> bool {
        matches!(self, Self::Change { .. })
            || matches!(self, Self::Calculated { formula, parts } if formula == DIFFERENCE && parts.len() == 2)
    }

    /// Every point, each once.
    pub fn data_points(&self) -> BTreeSet<&DataPoint> {
        match self {
            Self::Read(point) => BTreeSet::from([point]),
            Self::Calculated { parts, .. } => parts.values().flat_map(Self::data_points).collect(),
            Self::Change { value, base } => value.data_points().into_iter().chain(base.data_points()).collect(),
        }
    }

    /// A query that gives the value again; `point_sql` writes that of a data point.
    pub fn sql(&self, point_sql: &dyn Fn(&DataPoint) -> String) -> String {
        let part = |name: &str, part: &Self| format!("    ({}) AS {name}", part.sql(point_sql).replace('\n', "\n    "));
        match self {
            Self::Read(point) => point_sql(point),
            Self::Calculated { formula, parts } => {
                let expression = Formula::parse(formula)
                    .map_or_else(|_| "NULL".to_owned(), |formula| formula.to_sql(&str::to_owned));
                if parts.is_empty() {
                    return format!("SELECT {expression}");
                }
                let parts: Vec<String> = parts.iter().map(|(name, basis)| part(name, basis)).collect();
                format!("SELECT {expression} FROM (SELECT\n{})", parts.join(",\n"))
            }
            Self::Change { value, base } => format!(
                "SELECT (value - base) / NULLIF(abs(base), 0) FROM (SELECT\n{},\n{})",
                part("value", value),
                part("base", base)
            ),
        }
    }

    /// What it says in words and names, e.g. `spent / planned`.
    pub fn definition(&self, registry: &Registry) -> String {
        match self {
            Self::Read(DataPoint::Metric(reading)) => {
                registry.definition(&reading.metric).unwrap_or_else(|| "(no longer defined)".to_owned())
            }
            Self::Read(DataPoint::Plan { plan: Plan::Budget, name, month }) => {
                format!("budget of {name} for {}", month.format("%B %Y"))
            }
            Self::Read(DataPoint::Plan { plan: Plan::Target, name, month }) => {
                format!("target of {name} for {}", month.format("%B %Y"))
            }
            Self::Read(DataPoint::Answer { question: name, keys, measure, .. }) => match question(name) {
                Some(question) => question.definition(keys, measure),
                None => format!("{measure} of the question {name}, which is no longer asked"),
            },
            Self::Read(DataPoint::Constant { value, by }) => format!("{value}, as {by} says"),
            Self::Calculated { formula, parts } if parts.is_empty() => formula.clone(),
            Self::Calculated { formula, parts } => {
                let parts: Vec<String> =
                    parts.iter().map(|(name, part)| format!("{name} = {}", part.definition(registry))).collect();
                format!("{formula}, where {}", parts.join("; "))
            }
            Self::Change { value, .. } => format!("change of {}", value.definition(registry)),
        }
    }
}

const DIFFERENCE: &str = "now - before";

/// The relative change; none against zero.
pub fn relative(value: Decimal, base: Decimal) -> Option<Decimal> {
    (value - base).checked_div(base.abs())
}

/// A formula's value over named parts.
pub fn calculated(formula: &str, value_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
    Formula::parse(formula).ok()?.evaluate(value_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::period::Period;
    use chrono::NaiveDate;
    use rust_decimal::dec;

    fn day() -> Period {
        Period::day(NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day"))
    }

    fn spent() -> Expression {
        Expression::metric(Reading::of_channel("cost", day(), "paid_search"))
    }

    fn planned() -> Expression {
        let month = Period::month_of(day().start).start;
        Expression::Read(DataPoint::Plan { plan: Plan::Budget, name: "paid_search".to_owned(), month })
    }

    fn value(basis: &Expression, planned: Decimal) -> Option<Decimal> {
        basis.evaluate(&|point| match point {
            DataPoint::Metric(_) => Some(dec!(30)),
            DataPoint::Plan { .. } => Some(planned),
            _ => None,
        })
    }

    fn used() -> Expression {
        let parts = BTreeMap::from([("spent".to_owned(), spent()), ("planned".to_owned(), planned())]);
        Expression::Calculated { formula: "spent / planned".to_owned(), parts }
    }

    #[test]
    fn a_calculated_figure_is_computed_from_its_parts_again() {
        assert_eq!(value(&used(), dec!(120)), Some(dec!(0.25)));
        assert_eq!(value(&used(), dec!(0)), None, "no share of nothing");
        let change = Expression::Change { value: Box::new(spent()), base: Box::new(planned()) };
        assert_eq!(value(&change, dec!(-60)), Some(dec!(1.5)));
        assert_eq!(used().data_points().len(), 2);
    }

    #[test]
    fn what_is_kept_reads_back_the_same() {
        let text = serde_json::to_string(&used()).expect("JSON");
        assert_eq!(serde_json::from_str::<Expression>(&text).expect("a basis"), used());
    }
}
