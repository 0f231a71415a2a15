//! Figures that say too little to be rated: ratios of too few, and those of incomplete days.

use super::FigureBuilder;
use crate::domain::metric::Kind;
use crate::domain::period::Period;
use crate::report::receipt::{DataPoint, Expression};
use chrono::{Days, NaiveDate};

impl FigureBuilder<'_> {
    /// Whether a metric has no value because its denominator is below its minimum.
    pub fn is_too_few(&self, basis: &Expression) -> bool {
        let Expression::Read(DataPoint::Metric(reading)) = basis else { return false };
        self.data_of(reading).is_some_and(|data| data.is_too_few(self.registry, reading))
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

    /// Whether days of a metric's figure are incomplete: events of them are still arriving.
    pub fn is_immature(&self, metric: &str, period: Period) -> bool {
        let days = self.registry.get(metric).map_or(0, |metric| metric.matures_after);
        let is_incomplete = |today: NaiveDate| period.last_day() + Days::new(u64::from(days)) >= today;
        days > 0 && self.settling.today.is_some_and(is_incomplete)
    }

    /// Whether a figure rests on incomplete days of a metric.
    pub fn rests_on_immature(&self, basis: &Expression) -> bool {
        basis.data_points().into_iter().any(|point| match point {
            DataPoint::Metric(reading) => self.is_immature(&reading.metric, reading.period),
            _ => false,
        })
    }

    /// Whether a figure may be rated: it has a value, and its days are complete.
    pub fn is_judgeable(&self, basis: &Expression) -> bool {
        self.value(basis).is_some() && !self.rests_on_immature(basis)
    }

    /// Whether a figure of incomplete days was printed.
    pub fn has_immature(&self) -> bool {
        self.has_immature
    }

    /// What must be stated of printed figures, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        self.notes.iter().cloned().chain(self.notes_of_unlike()).collect()
    }

    /// Notes what readers must know of a figure: that its last days are incomplete, or that its first are missing.
    pub(super) fn note(&mut self, metric: &str, basis: &Expression) {
        let Expression::Read(DataPoint::Metric(reading)) = basis else { return };
        let label = self.label(metric);
        let days = self.registry.get(metric).map_or(0, |metric| metric.matures_after);
        if let Some(today) = self.settling.today.filter(|_| self.is_immature(metric, reading.period)) {
            self.has_immature = true;
            let since = self.locale.date_text((today - Days::new(u64::from(days))).max(reading.period.start));
            self.notes.insert(format!(
                "{label}: events of days since {since} are still arriving (complete after {days} days), so changes are \
                 not rated."
            ));
        }
        let rests_on = self.days_of(metric, reading.period);
        self.note_earlier(metric, rests_on);
        if let Some(first) = self.data.first_date.filter(|first| rests_on != reading.period && *first > rests_on.start)
        {
            let (start, first) = (self.locale.date_text(rests_on.start), self.locale.date_text(first));
            self.notes.insert(format!("{label} counts days since {start}, and data begins on {first}."));
        }
    }
}
