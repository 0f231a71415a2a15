//! Days that are wanted of a stream and that the vendor has no longer.

use super::spec::{SlicingSpec, StreamSpec};
use crate::domain::period::Period;
use chrono::{Days, NaiveDate};
use std::fmt;

/// The first day of which the vendor still has anything; `None` where that is not said.
pub fn kept_since(stream: &StreamSpec, today: NaiveDate) -> Option<NaiveDate> {
    let SlicingSpec::Days { kept_days: Some(days), .. } = stream.slicing else { return None };
    today.checked_sub_days(Days::new(u64::from(days)))
}

/// Days that cannot be read any more, and the first one that can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotKept {
    pub days: Period,
    pub from: NaiveDate,
}

impl NotKept {
    /// Those of the wanted days that lie before what the vendor has.
    pub fn of(stream: &StreamSpec, wanted: Period, today: NaiveDate) -> Option<Self> {
        let from = kept_since(stream, today)?;
        Some(Self { days: Period::new(wanted.start, wanted.end.min(from))?, from })
    }

    /// Those of them that were not read in time.
    pub fn but(self, held: &[Period]) -> Option<Self> {
        let is_held = |date: &NaiveDate| held.iter().any(|run| run.contains(*date));
        let mut lacking = self.days.dates().filter(|date| !is_held(date));
        let first = lacking.next()?;
        let last = lacking.last().unwrap_or(first);
        Some(Self { days: Period { start: first, end: last + Days::new(1) }, ..self })
    }
}

impl fmt::Display for NotKept {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} cannot be read: the vendor keeps nothing from before {}", self.days, self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::Catalog;

    #[test]
    fn days_before_what_is_kept_are_told_but_those_that_were_read_in_time() {
        let connector = Catalog::built_in().expect("a sound catalog").get("microsoft_ads").expect("a connector");
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let days = |start, end| Period::new(day(start), day(end)).expect("days");
        let of = |stream: &str, wanted| NotKept::of(&connector.spec.streams[stream], wanted, day("2026-11-20"));
        let year = days("2026-01-01", "2026-11-21");
        assert_eq!(of("ad_daily", year), None);
        let hours = of("hours", year).expect("175 days are kept");
        let told = "2026-01-01 to 2026-05-28 cannot be read: the vendor keeps nothing from before 2026-05-29";
        assert_eq!(hours.to_string(), told);
        assert_eq!(hours.but(&[days("2026-03-01", "2026-07-01")]).expect("two months").days.end, day("2026-03-01"));
        assert_eq!(hours.but(&[days("2025-12-01", "2026-06-01")]), None);
        // All of a period may be too old.
        let old = of("hours", days("2026-01-01", "2026-02-01")).expect("days");
        assert!(old.to_string().starts_with("2026-01-01 to 2026-01-31 cannot be read"), "{old}");
    }
}
