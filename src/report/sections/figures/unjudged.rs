//! Figures that say too little to be judged: ratios of too few, and of days that still grow.

use super::FigureBuilder;
use crate::domain::metric::Kind;
use crate::domain::period::Period;
use crate::report::receipt::{DataPoint, Expression};
use chrono::{Days, NaiveDate};

impl FigureBuilder<'_> {
    /// Whether a metric has no value because its denominator is below its minimum.
    pub fn is_too_few(&self, basis: &Expression) -> bool {
        let Expression::Read(DataPoint::Metric(reading)) = basis else { return false };
        let data = if reading.filter == self.data.filter { Some(self.data) } else { self.parts.get(&reading.filter) };
        data.is_some_and(|data| data.is_too_few(self.registry, reading))
    }

    /// The same of some channels together.
    pub fn are_too_few(&self, metric: &str, period: Period, channels: &[String]) -> bool {
        let Some(definition) = self.registry.get(metric) else { return false };
        let Kind::Formula(formula) = &definition.kind else { return false };
        let of = |name: &str| self.value(&self.channels(name, period, channels));
        let divisor = formula.divisor().and_then(|divisor| divisor.evaluate(&of));
        definition.minimum.zip(divisor).is_some_and(|(minimum, divisor)| divisor < minimum)
            || formula.metrics().into_iter().any(|name| self.are_too_few(name, period, channels))
    }

    /// Whether the value of some channels together can be computed from theirs.
    pub fn has_channels_together(&self, metric: &str) -> bool {
        match self.registry.get(metric).map(|metric| &metric.kind) {
            Some(Kind::Formula(formula)) => formula.metrics().into_iter().all(|name| self.has_channels_together(name)),
            _ => self.adds_over_rows(metric),
        }
    }

    /// Whether a metric is another one, of some rows or days.
    pub fn is_derived(&self, metric: &str) -> bool {
        self.registry.get(metric).is_some_and(|metric| matches!(metric.kind, Kind::Of { .. }))
    }

    /// Whether days of a metric's figure are so young that more will come in for them.
    pub fn is_immature(&self, metric: &str, period: Period) -> bool {
        let days = self.registry.get(metric).map_or(0, |metric| metric.matures_after);
        let is_young = |today: NaiveDate| period.last_day() + Days::new(u64::from(days)) >= today;
        days > 0 && self.settling.today.is_some_and(is_young)
    }

    /// Whether a figure rests on young days of a metric.
    pub fn rests_on_immature(&self, basis: &Expression) -> bool {
        basis.data_points().into_iter().any(|point| match point {
            DataPoint::Metric(reading) => self.is_immature(&reading.metric, reading.period),
            _ => false,
        })
    }

    /// Whether a figure of young days was printed.
    pub fn has_immature(&self) -> bool {
        self.has_immature
    }

    /// What must be said of printed figures, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        self.notes.iter().cloned().collect()
    }

    /// Notes what readers must know of a figure: that its last days still grow, or that its first are missing.
    pub(super) fn note(&mut self, metric: &str, basis: &Expression) {
        let Expression::Read(DataPoint::Metric(reading)) = basis else { return };
        let label = self.label(metric);
        let days = self.registry.get(metric).map_or(0, |metric| metric.matures_after);
        if let Some(today) = self.settling.today.filter(|_| self.is_immature(metric, reading.period)) {
            self.has_immature = true;
            let since = self.locale.date_text((today - Days::new(u64::from(days))).max(reading.period.start));
            self.notes.insert(format!(
                "{label}: days mature after {days} days. Those since {since} still grow, so changes are not judged."
            ));
        }
        let rests_on = self.days_of(metric, reading.period);
        if let Some(first) = self.data.first_date.filter(|first| rests_on != reading.period && *first > rests_on.start)
        {
            let (start, first) = (self.locale.date_text(rests_on.start), self.locale.date_text(first));
            self.notes.insert(format!("{label} counts days since {start}, and data begins on {first}."));
        }
    }
}
