//! Sources that begin between two periods: a change from days of fewer sources to days of more is no change of the
//! business.

use super::FigureBuilder;
use crate::domain::period::Period;
use crate::report::readiness::{SectionFreshness, SourceFreshness};
use crate::report::receipt::{DataPoint, Expression};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// A source that begins, and the metrics whose changes it touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    source: String,
    date: NaiveDate,
    labels: BTreeSet<String>,
}

/// The first day that is expected of a source, or held of it from before.
fn begins(source: &SourceFreshness) -> Option<NaiveDate> {
    let first = |part: &SectionFreshness| part.whole.first().map_or(part.from, |run| run.start.min(part.from));
    source.parts.iter().map(first).min()
}

impl FigureBuilder<'_> {
    /// The sources of a value that begin after the first day of its base, with the days on which they do.
    fn begun_between(&self, value: &Expression, base: &Expression) -> Vec<(String, NaiveDate)> {
        let (now, before) = (self.facts_with_days(value), self.facts_with_days(base));
        let mut found = Vec::new();
        for (fact, days) in &before {
            let of_value = now.iter().filter(|(other, _)| other == fact).map(|(_, days)| days.end).max();
            for source in self.settling.facts.get(fact).into_iter().flatten() {
                let Some(date) = begins(source) else { continue };
                if days.start < date && of_value.is_some_and(|end| date < end) {
                    let name = source.label.split(": ").next().unwrap_or(&source.label).to_owned();
                    found.push((name, date));
                }
            }
        }
        found
    }

    /// The facts that a figure reads, each with its days.
    fn facts_with_days(&self, basis: &Expression) -> Vec<(String, Period)> {
        let points = basis.data_points().into_iter();
        let readings = points.filter_map(|point| match point {
            DataPoint::Metric(reading) => Some(reading),
            _ => None,
        });
        readings
            .flat_map(|reading| {
                let facts = self.registry.get(&reading.metric).map(|metric| metric.from.clone()).unwrap_or_default();
                let days = self.days_of(&reading.metric, reading.period);
                facts.into_iter().map(move |fact| (fact, days))
            })
            .collect()
    }

    /// Whether a source of a value begins within its base or after it, which is noted.
    pub(super) fn is_of_other_sources(&mut self, metric: &str, value: &Expression, base: &Expression) -> bool {
        let begun = self.begun_between(value, base);
        let label = self.label(metric);
        for (source, date) in &begun {
            match self.beginnings.iter_mut().find(|known| known.source == *source && known.date == *date) {
                Some(known) => drop(known.labels.insert(label.clone())),
                None => self.beginnings.push(Beginning {
                    source: source.clone(),
                    date: *date,
                    labels: BTreeSet::from([label.clone()]),
                }),
            }
        }
        !begun.is_empty()
    }

    /// What must be stated of sources that begin, a sentence each.
    pub(super) fn notes_of_beginnings(&self) -> Vec<String> {
        let sentence = |of: &Beginning| {
            let labels: Vec<&str> = of.labels.iter().map(String::as_str).collect();
            format!(
                "{} is read since {}: earlier days have none of it, so changes against them of {} are not stated.",
                of.source,
                self.locale.date_text(of.date),
                labels.join(", ")
            )
        };
        self.beginnings.iter().map(sentence).collect()
    }
}
