//! Known errors of vendors: figures that rest on their days say so, and are not rated against others.

use super::FigureBuilder;
use crate::domain::incident::Incident;
use crate::domain::metric::Number;
use crate::domain::period::Period;
use crate::report::document::{Figure, Tone};
use crate::report::receipt::{DataPoint, Expression};

impl FigureBuilder<'_> {
    /// Whether a printed change of `value` against `base` is welcome; it is not rated where an incident holds on one side
    /// alone, which is noted.
    pub fn tone_against(&mut self, metric: &str, value: &Expression, base: &Expression, change: &Figure) -> Tone {
        self.note_incidents(value);
        self.note_incidents(base);
        if self.is_comparable(value, base) { self.tone_of(metric, change) } else { Tone::Neutral }
    }

    fn is_comparable(&self, value: &Expression, base: &Expression) -> bool {
        self.settling.incidents.iter().all(|incident| {
            let days: Vec<Period> = [value, base].into_iter().flat_map(|basis| self.days_in(incident, basis)).collect();
            incident.is_alike(&days)
        })
    }

    /// Notes the incidents whose days a figure rests on.
    pub(super) fn note_incidents(&mut self, basis: &Expression) {
        let touched = |incident: &&Incident| self.days_in(incident, basis).iter().any(|days| incident.touches(*days));
        let notes: Vec<String> =
            self.settling.incidents.iter().filter(touched).map(|incident| incident.note.clone()).collect();
        self.notes.extend(notes);
    }

    /// The days of what a figure reads of the measures of an incident.
    fn days_in(&self, incident: &Incident, basis: &Expression) -> Vec<Period> {
        let is_of = |number: Number| matches!(number, Number::Sum(column) if incident.measures.contains(&column));
        let points = basis.data_points().into_iter();
        let readings = points.filter_map(|point| match point {
            DataPoint::Metric(reading) => Some(reading),
            _ => None,
        });
        let affected = readings
            .filter(|reading| self.registry.parts_of(&reading.metric).into_iter().any(|part| is_of(part.number)));
        affected.map(|reading| self.days_of(&reading.metric, reading.period)).collect()
    }
}
