//! Changes of figures, and whether they are welcome.

use super::FigureBuilder;
use crate::domain::metric::{Better, Unit};
use crate::report::document::{Cell, Comparison, Figure, Tone};
use crate::report::format::{FEW, IMMATURE, NO_CHANGE, NOT_AVAILABLE, NOT_COMPARABLE};
use crate::report::receipt::{DataPoint, Expression};
use rust_decimal::Decimal;

/// The id of comparisons with a target.
pub const TARGET: &str = "target";
/// Fewer events than this are no sample.
const SMALL: Decimal = Decimal::from_parts(10, 0, 0, false, 0);

impl FigureBuilder<'_> {
    /// The change of a metric as [`Self::grown`] gives it; not stated where days of
    /// either side are incomplete, or the base lacks a source or days that the value has.
    pub fn change(&mut self, metric: &str, value: &Expression, base: &Expression, label: &str) -> Figure {
        let is_known = self.value(value).is_some() && self.value(base).is_some();
        let unrated = match is_known {
            true if self.rests_on_immature(value) || self.rests_on_immature(base) => Some(IMMATURE),
            true if self.is_unlike(metric, value, base) => Some(NOT_COMPARABLE),
            _ => None,
        };
        match unrated {
            Some(text) => self.unrated(value, base, text, &format!("{label}, change")),
            None => self.grown(metric, value, base, label),
        }
    }

    fn unrated(&mut self, value: &Expression, base: &Expression, text: &str, label: &str) -> Figure {
        let basis = Expression::change(value.clone(), base.clone());
        let change = self.value(&basis);
        self.kept(&basis, Unit::Percent, change, text.to_owned(), label)
    }

    /// The change of a metric, as a figure with its receipt: in percentage points between rates, as an amount
    /// where the base is below zero or few events stand on both sides, else in percent.
    pub fn grown(&mut self, metric: &str, value: &Expression, base: &Expression, label: &str) -> Figure {
        let (now, before) = (self.value(value), self.value(base));
        let (unit, label) = (self.unit(metric), format!("{label}, change"));
        let (Some(now), Some(before)) = (now, before) else {
            let text = if self.is_too_few(value) || self.is_too_few(base) { FEW } else { NOT_AVAILABLE };
            let basis = Expression::change(value.clone(), base.clone());
            return self.kept(&basis, Unit::Percent, None, text.to_owned(), &label);
        };
        if self.is_small(metric, value, base) {
            return self.unrated(value, base, FEW, &label);
        }
        let is_few = unit == Unit::Count && now.abs().max(before.abs()) < SMALL;
        if unit == Unit::Percent || before < Decimal::ZERO || is_few {
            let unit = if unit == Unit::Percent { Unit::Points } else { unit };
            let basis = Expression::difference(value.clone(), base.clone());
            let change = self.value(&basis);
            let text = self.locale.difference_text(change, unit, self.workspace.currency);
            return self.kept(&basis, unit, change, text, &label);
        }
        let basis = Expression::change(value.clone(), base.clone());
        let change = self.value(&basis);
        let text = match (before.is_zero(), now.is_zero()) {
            (true, true) => NO_CHANGE.to_owned(),
            (true, false) => "from 0".to_owned(),
            _ => self.locale.change_text(change),
        };
        self.kept(&basis, Unit::Percent, change, text, &label)
    }

    /// The difference of a metric with its sign.
    pub fn difference(&mut self, metric: &str, value: &Expression, base: &Expression, label: &str) -> Figure {
        let unit = if self.unit(metric) == Unit::Percent { Unit::Points } else { self.unit(metric) };
        // A channel without rows in one of the periods had none.
        let (now, before) = (self.value(value).unwrap_or_default(), self.value(base).unwrap_or_default());
        let text = self.locale.difference_text(Some(now - before), unit, self.workspace.currency);
        let basis = Expression::difference(value.clone(), base.clone());
        let exact = self.value(&basis);
        self.kept(&basis, unit, exact, text, &format!("{label}, difference"))
    }

    /// Whether a rate stands on so few events that its change says nothing: one customer makes any CAC.
    fn is_small(&self, metric: &str, value: &Expression, base: &Expression) -> bool {
        [value, base].into_iter().any(|basis| match basis {
            Expression::Read(DataPoint::Metric(reading)) if reading.metric == metric => {
                let count = self.data_of(reading).and_then(|data| data.sample(self.registry, reading));
                count.is_some_and(|count| count < SMALL)
            }
            _ => false,
        })
    }

    /// A metric's change against a base, with whether it is welcome.
    pub fn comparison(
        &mut self,
        metric: &str,
        (id, label): (&str, &str),
        value: &Expression,
        base: &Expression,
    ) -> Comparison {
        let name = self.label(metric);
        let change = self.change(metric, value, base, &name);
        let tone = self.tone_against(metric, value, base, &change);
        // Targets of months are plans, of longer terms numbers of a file.
        let name = if id == TARGET { format!("{name}: target") } else { name };
        let base = self.figure(base, self.unit(metric), &name);
        Comparison { id: id.to_owned(), label: format!("vs {label}"), base, change, tone }
    }

    /// A table cell that shows a change.
    pub fn change_cell(&mut self, metric: &str, value: &Expression, base: &Expression) -> Cell {
        let name = self.label(metric);
        let figure = self.change(metric, value, base, &name);
        Cell::Figure { tone: self.tone_against(metric, value, base, &figure), figure }
    }

    /// A table cell that shows how a figure of the same days has grown since it was printed.
    pub fn growth_cell(&mut self, metric: &str, value: &Expression, base: &Expression) -> Cell {
        let name = self.label(metric);
        let figure = self.grown(metric, value, base, &name);
        Cell::Figure { tone: self.tone_of(metric, &figure), figure }
    }

    /// Whether more of a metric is welcome.
    pub fn better(&self, metric: &str) -> Better {
        self.registry.get(metric).map_or(Better::Neither, |metric| metric.better)
    }

    /// Whether a printed change is welcome; of few events or incomplete days it is not rated.
    pub fn tone_of(&self, metric: &str, change: &Figure) -> Tone {
        if [FEW, IMMATURE, NOT_COMPARABLE].contains(&change.text.as_str()) {
            Tone::Neutral
        } else {
            self.tone(metric, change.value)
        }
    }

    /// Whether a change is welcome.
    pub fn tone(&self, metric: &str, change: Option<Decimal>) -> Tone {
        match (self.better(metric), change) {
            (_, None) | (Better::Neither, _) => Tone::Neutral,
            (_, Some(change)) if change.round_dp(3).is_zero() => Tone::Neutral,
            (Better::Higher, Some(change)) if change > Decimal::ZERO => Tone::Good,
            (Better::Lower, Some(change)) if change < Decimal::ZERO => Tone::Good,
            _ => Tone::Bad,
        }
    }
}
