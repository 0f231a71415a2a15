//! Printed figures that count days before those of the report: of windows, of tables whose rows are made of several
//! days, and of targets of longer terms. What a source lacks of such days makes them too low.

use super::FigureBuilder;
use crate::domain::period::Period;
use std::collections::BTreeSet;

/// A figure of days before the report's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// As printed, e.g. `Cost, month to date`.
    pub label: String,
    /// The facts that it rests on.
    pub facts: BTreeSet<String>,
    /// The days it counts, those of the report among them.
    pub days: Period,
}

impl FigureBuilder<'_> {
    /// Notes a figure that rests on `days` where those are not days of its report alone.
    pub(super) fn note_earlier(&mut self, metric: &str, days: Period) {
        if self.registry.has_earlier_days(metric) {
            self.counts_days(metric, &self.label(metric), days);
        }
    }

    /// Notes that a figure counts `days`.
    pub fn counts_days(&mut self, metric: &str, label: &str, days: Period) {
        let Some(definition) = self.registry.get(metric) else { return };
        let earlier = Earlier { label: label.to_owned(), facts: definition.from.clone(), days };
        if !self.earlier.contains(&earlier) {
            self.earlier.push(earlier);
        }
    }

    /// The figures noted so far.
    pub fn earlier(&self) -> &[Earlier] {
        &self.earlier
    }
}
