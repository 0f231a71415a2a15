//! Which days of a stream are there, and which are not.

use super::period::Period;
use chrono::{Days, NaiveDate};
use serde::Serialize;
use std::collections::BTreeMap;

/// How a day stands whose answer is missing or not believed. See `ops.coverage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Asked for and not answered.
    Failed,
    /// The vendor refuses it for good.
    Refused,
    /// The answer was emptier than what is held, which stays, or than was to be expected.
    Doubted,
    /// Doubted until its look-back ended.
    Unconfirmed,
    /// A person accepts whatever the vendor says next.
    Accepting,
    /// A person accepts that no answer will come.
    Accepted,
}

/// What the reason of a doubt begins with where no row is held.
pub const NOTHING_CAME: &str = "nothing came of it";

/// What a doubt with this reason leaves in place, as the end of its sentence.
pub fn what_stays(reason: &str) -> &'static str {
    if reason.starts_with(NOTHING_CAME) { "" } else { "; the rows from before stay" }
}

impl Standing {
    const ALL: [Self; 6] =
        [Self::Failed, Self::Refused, Self::Doubted, Self::Unconfirmed, Self::Accepting, Self::Accepted];

    /// As the ledger writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Doubted => "doubted",
            Self::Unconfirmed => "unconfirmed",
            Self::Accepting => "accepting",
            Self::Accepted => "accepted",
        }
    }

    /// By its name; `None` for a word that a newer Daybook may know.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }

    /// Whether each sync asks for the day again.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Failed | Self::Refused | Self::Doubted | Self::Accepting)
    }
}

/// How much of a day has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DayState {
    Missing,
    /// Read before the day had ended in its own zone.
    Part,
    Whole,
}

/// Days in a row that are not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    pub period: Period,
    pub state: DayState,
}

/// The state of `date`, given what is held and whether it is whole.
pub fn state(held: &BTreeMap<NaiveDate, bool>, date: NaiveDate) -> DayState {
    match held.get(&date) {
        None => DayState::Missing,
        Some(false) => DayState::Part,
        Some(true) => DayState::Whole,
    }
}

/// The gaps of `expected`, in order; neighbouring days of the same state are one gap.
pub fn gaps(held: &BTreeMap<NaiveDate, bool>, expected: Period) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for date in expected.dates() {
        let state = state(held, date);
        match gaps.last_mut() {
            _ if state == DayState::Whole => {}
            Some(last) if last.period.end == date && last.state == state => last.period.end = date + Days::new(1),
            _ => gaps.push(Gap { period: Period::day(date), state }),
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_runs_of_days_of_one_state() {
        let day = |n: u64| "2026-02-26".parse::<NaiveDate>().expect("a date") + Days::new(n);
        let held = BTreeMap::from([(day(1), true), (day(4), false), (day(5), false), (day(6), true), (day(9), true)]);
        let expected = Period { start: day(0), end: day(8) };
        let found: Vec<(NaiveDate, i64, DayState)> =
            gaps(&held, expected).iter().map(|gap| (gap.period.start, gap.period.days(), gap.state)).collect();
        assert_eq!(
            found,
            [
                (day(0), 1, DayState::Missing),
                (day(2), 2, DayState::Missing),
                (day(4), 2, DayState::Part),
                (day(7), 1, DayState::Missing)
            ]
        );
    }
}
