//! The numbers a report may be built from, carried in by a job, and which of them it needs. Reading
//! a figure here and explaining it later go the same way, so they cannot differ.

use crate::domain::fact::Dimension;
use crate::domain::metric::Registry;
use crate::domain::period::Period;
use crate::report::definition::Filter;
use crate::report::questions::{Answers, question};
use crate::report::receipt::{DataPoint, Expression, Plan, Reading};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Values by column: sums of the unified metrics, and levels and distinct counts where they exist.
/// A column is absent where there is no row at all.
pub type Sums = BTreeMap<String, Decimal>;

/// A period as a whole, by channel and by campaign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// Of all rows, with the sums of windows that end with the period.
    pub total: Sums,
    /// Those that have rows in the period; what has no campaign is under the empty text.
    pub channels: BTreeMap<String, Sums>,
    pub campaigns: BTreeMap<String, Sums>,
    /// Sums of windows that end with the period, of those that have rows in one.
    pub windows: Windows,
    /// By value of a dimension, of those that were asked for, with the sums of windows; what states none is under the
    /// empty text.
    pub dimensions: BTreeMap<Dimension, BTreeMap<String, Sums>>,
}

/// Sums of windows by channel and by campaign: one that has rows in a window need not have any in the period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Windows {
    pub channels: BTreeMap<String, Sums>,
    pub campaigns: BTreeMap<String, Sums>,
}

impl Span {
    /// Sums of the period and of windows, of every channel that has some.
    pub fn channels_and_windows(&self) -> BTreeMap<String, Sums> {
        together(&self.channels, &self.windows.channels)
    }

    /// The same by campaign.
    pub fn campaigns_and_windows(&self) -> BTreeMap<String, Sums> {
        together(&self.campaigns, &self.windows.campaigns)
    }
}

fn together(groups: &BTreeMap<String, Sums>, windows: &BTreeMap<String, Sums>) -> BTreeMap<String, Sums> {
    let mut all = groups.clone();
    for (name, sums) in windows {
        all.entry(name.clone()).or_default().extend(sums.clone());
    }
    all
}

/// What a report needs to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub filter: Filter,
    pub spans: BTreeSet<Period>,
    /// Spans that are split by a dimension as well.
    pub dimensions: BTreeSet<(Period, Dimension)>,
    /// Days one by one.
    pub days: Option<Period>,
    /// First days of months, for plans.
    pub months: BTreeSet<NaiveDate>,
    /// Questions beyond metrics.
    pub answers: BTreeSet<(String, Period)>,
}

/// The numbers at hand.
#[derive(Clone, Debug, Default)]
pub struct ReportData {
    /// The part of the workspace all of it is about.
    pub filter: Filter,
    /// The first day the workspace has anything of.
    pub first_date: Option<NaiveDate>,
    pub spans: BTreeMap<Period, Span>,
    /// How values of dimensions are spelt. Hostile text is possible.
    pub spellings: BTreeMap<(Dimension, String), String>,
    pub days: BTreeMap<NaiveDate, Sums>,
    pub plans: BTreeMap<(Plan, String, NaiveDate), Decimal>,
    /// By question.
    pub answers: BTreeMap<(String, Period), Answers>,
    /// The first day of which a question that was asked has answers, where it says that it has one.
    pub known_since: BTreeMap<String, NaiveDate>,
}

impl Needs {
    /// What it takes to compute these bases again, one answer for each part of the workspace.
    pub fn of<'a>(bases: impl IntoIterator<Item = &'a Expression>) -> Vec<Self> {
        let mut all: BTreeMap<Filter, Self> = BTreeMap::new();
        for point in bases.into_iter().flat_map(Expression::data_points) {
            let filter = match point {
                DataPoint::Metric(reading) => reading.filter.clone(),
                _ => Filter::default(),
            };
            all.entry(filter.clone()).or_insert_with(|| Self { filter, ..Self::default() }).point(point);
        }
        all.into_values().collect()
    }

    /// Asks a question, which is of the whole workspace: of a part of it nothing is asked.
    pub fn ask(&mut self, question: &str, period: Period) {
        if self.filter.is_all() {
            self.answers.insert((question.to_owned(), period));
        }
    }

    /// Adds what it takes to compute a basis about the same part of the workspace.
    pub fn include(&mut self, basis: &Expression) {
        basis.data_points().into_iter().for_each(|point| self.point(point));
    }

    fn point(&mut self, point: &DataPoint) {
        match point {
            DataPoint::Metric(reading) => {
                self.spans.insert(reading.period);
                self.dimensions.extend(reading.member.iter().map(|member| (reading.period, member.dimension)));
            }
            DataPoint::Plan { month, .. } => drop(self.months.insert(*month)),
            DataPoint::Answer { question, period, .. } => drop(self.answers.insert((question.clone(), *period))),
            DataPoint::Constant { .. } => {}
        }
    }
}

impl ReportData {
    /// A column of a reading's period and scope, or of a window that ends with it.
    pub fn column(&self, reading: &Reading, column: &str) -> Option<Decimal> {
        let span = self.spans.get(&reading.period)?;
        let of = |groups: &BTreeMap<String, Sums>, windows: &BTreeMap<String, Sums>, name: &String| {
            let own = groups.get(name).and_then(|sums| sums.get(column));
            own.or_else(|| windows.get(name)?.get(column)).copied()
        };
        match (&reading.channel, &reading.campaign, &reading.member) {
            (None, None, None) => span.total.get(column).copied(),
            (Some(channel), None, None) => of(&span.channels, &span.windows.channels, channel),
            (None, Some(campaign), None) => of(&span.campaigns, &span.windows.campaigns, campaign),
            (None, None, Some(member)) => {
                span.dimensions.get(&member.dimension)?.get(&member.value)?.get(column).copied()
            }
            _ => None,
        }
    }

    /// A number; `None` where it does not exist or was not carried in.
    pub fn read(&self, registry: &Registry, point: &DataPoint) -> Option<Decimal> {
        match point {
            DataPoint::Metric(reading) => registry.value(&reading.metric, &|column| self.column(reading, column)),
            DataPoint::Plan { plan, name, month } => self.plans.get(&(*plan, name.clone(), *month)).copied(),
            DataPoint::Answer { question: name, keys, measure, period } => {
                question(name)?.value(self.answers(name, *period)?, keys, measure)
            }
            DataPoint::Constant { value, .. } => Some(*value),
        }
    }

    /// What was read of a question.
    pub fn answers(&self, question: &str, period: Period) -> Option<&Answers> {
        self.answers.get(&(question.to_owned(), period))
    }

    /// Whether a reading has no value because its denominator is below the metric's minimum.
    pub fn is_too_few(&self, registry: &Registry, reading: &Reading) -> bool {
        registry.is_too_few(&reading.metric, &|column| self.column(reading, column))
    }

    /// The count that a reading's ratio divides by.
    pub fn sample(&self, registry: &Registry, reading: &Reading) -> Option<Decimal> {
        registry.sample(&reading.metric, &|column| self.column(reading, column))
    }

    /// Whether the data reaches back to the period's first day, so that comparing with it is fair.
    pub fn reaches(&self, period: Period) -> bool {
        self.first_date.is_some_and(|first| first <= period.start)
    }

    /// Adds up the days of a period that were read; levels and distinct counts do not add up.
    pub fn sum_of_days(&self, period: Period, is_summed: &dyn Fn(&str) -> bool) -> Option<Sums> {
        let mut total: Option<Sums> = None;
        for sums in self.days.range(period.start..period.end).map(|(_, sums)| sums) {
            let total = total.get_or_insert_with(Sums::new);
            for (column, value) in sums.iter().filter(|(column, _)| is_summed(column)) {
                *total.entry(column.clone()).or_default() += value;
            }
        }
        total
    }
}
