//! Half-open spans of calendar days.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Calendar days `[start, end)` in a workspace's own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    pub start: NaiveDate,
    /// The first day after the period.
    pub end: NaiveDate,
}

impl Period {
    /// One day.
    pub fn day(date: NaiveDate) -> Self {
        Self { start: date, end: date + Days::new(1) }
    }

    /// The days `[start, end)`; `None` if that holds no day.
    pub fn new(start: NaiveDate, end: NaiveDate) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The whole month that holds `date`.
    pub fn month_of(date: NaiveDate) -> Self {
        let start = date - Days::new(u64::from(date.day0()));
        Self { start, end: start + chrono::Months::new(1) }
    }

    /// The week that holds `date`, starting on `first`.
    pub fn week_of(date: NaiveDate, first: Weekday) -> Self {
        let start = date - Days::new(u64::from(date.weekday().days_since(first)));
        Self { start, end: start + Days::new(7) }
    }

    /// How many days it holds, at least 1.
    pub fn days(&self) -> i64 {
        (self.end - self.start).num_days()
    }

    /// The last day inside.
    pub fn last_day(&self) -> NaiveDate {
        self.end - Days::new(1)
    }

    pub fn contains(&self, date: NaiveDate) -> bool {
        self.start <= date && date < self.end
    }

    /// The same span, `days` earlier.
    pub fn back(&self, days: u64) -> Self {
        Self { start: self.start - Days::new(days), end: self.end - Days::new(days) }
    }

    /// Every day inside, in order.
    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let end = self.end;
        self.start.iter_days().take_while(move |date| *date < end)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days() == 1 {
            write!(out, "{}", self.start)
        } else {
            write!(out, "{} to {}", self.start, self.last_day())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let month = Period::month_of(date("2028-02-29"));
        assert_eq!((month.start, month.end, month.days()), (date("2028-02-01"), date("2028-03-01"), 29));
    }

    #[test]
    fn a_week_starts_where_the_workspace_says() {
        let sunday = date("2026-11-15");
        assert_eq!(Period::week_of(sunday, Weekday::Mon).start, date("2026-11-09"));
        assert_eq!(Period::week_of(sunday, Weekday::Sun).start, sunday);
    }

    #[test]
    fn the_day_after_the_last_is_outside() {
        let day = Period::day(date("2026-03-01"));
        assert!(day.contains(date("2026-03-01")) && !day.contains(date("2026-03-02")));
        assert_eq!(day.back(1).start, date("2026-02-28"));
    }
}
