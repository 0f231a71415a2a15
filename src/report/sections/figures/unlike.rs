//! Bases that lack what the value beside them has: a source that was not read yet, or days of one. A change from such
//! days is no change of the business.

use super::FigureBuilder;
use crate::domain::period::Period;
use crate::report::format::Locale;
use crate::report::readiness::{SectionFreshness, SourceFreshness};
use crate::report::receipt::{DataPoint, Expression};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The first day that is expected of a part, or held of it from before.
fn begins(part: &SectionFreshness) -> NaiveDate {
    part.whole.first().map_or(part.from, |run| run.start.min(part.from))
}

/// What a source lacks of the days of a base and has of the value's, in words.
fn lack(source: &SourceFreshness, value: Period, base: Period, locale: Locale) -> Option<String> {
    let read = || source.parts.iter().filter(|part| begins(part) < value.end);
    if let Some(begin) = read().map(begins).filter(|begin| base.start < *begin).min() {
        let name = source.label.split(": ").next().unwrap_or(&source.label);
        return Some(format!("{name} is read since {}", locale.date_text(begin)));
    }
    let lacks = read().any(|part| !part.holes(base).is_empty() && part.holes(value).is_empty());
    lacks.then(|| source.lack_text(base, locale)).flatten()
}

impl FigureBuilder<'_> {
    /// Whether the base of a metric's change lacks what its value has, which is noted.
    pub fn is_unlike(&mut self, metric: &str, value: &Expression, base: &Expression) -> bool {
        let (now, before) = (self.facts_with_days(value), self.facts_with_days(base));
        let mut lacks = BTreeSet::new();
        for (fact, base) in &before {
            let Some(value) = now.get(fact) else { continue };
            let sources = self.settling.facts.get(fact).into_iter().flatten();
            lacks.extend(sources.filter_map(|source| lack(source, *value, *base, self.locale)));
        }
        let (is_unlike, label) = (!lacks.is_empty(), self.label(metric));
        for lack in lacks {
            self.unlike.entry(lack).or_default().insert(label.clone());
        }
        is_unlike
    }

    /// The facts that a figure reads, each with its days.
    fn facts_with_days(&self, basis: &Expression) -> BTreeMap<String, Period> {
        let mut found: BTreeMap<String, Period> = BTreeMap::new();
        for point in basis.data_points() {
            let DataPoint::Metric(reading) = point else { continue };
            let Some(metric) = self.registry.get(&reading.metric) else { continue };
            let days = self.days_of(&reading.metric, reading.period);
            for fact in &metric.from {
                let all = found.entry(fact.clone()).or_insert(days);
                *all = Period { start: all.start.min(days.start), end: all.end.max(days.end) };
            }
        }
        found
    }

    /// Whether a change was not stated because its base lacks something.
    pub fn has_unlike(&self) -> bool {
        !self.unlike.is_empty()
    }

    /// What such bases lack, a sentence each.
    pub(super) fn notes_of_unlike(&self) -> impl Iterator<Item = String> {
        self.unlike.iter().map(|(lack, labels)| {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            format!("{lack}: changes of {} against days that lack it are not stated.", labels.join(", "))
        })
    }
}
