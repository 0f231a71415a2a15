//! What a metric should reach: in a month, a quarter or a year, or by a date.

use super::fiscal::FiscalYear;
use super::metric::Window;
use super::period::Period;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// A stated target, in the metric's unit (a percent metric as a fraction).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub metric: String,
    pub amount: Decimal,
    pub term: Term,
    /// The days that count: of a quarter or year those of the workspace's fiscal year.
    pub period: Period,
}

/// How long a target runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    Month,
    Quarter,
    /// Up to and including the last day of the period.
    By,
    Year,
}

impl Term {
    /// The key that states it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::By => "by",
            Self::Year => "year",
        }
    }

    /// A day's month, quarter or year as files state it; the day itself of a date.
    pub fn stated(self, day: NaiveDate, year: FiscalYear) -> String {
        let of_year = year.year_name(year.year_of(day));
        match self {
            Self::Month => day.format("%Y-%m").to_string(),
            Self::Quarter => format!("{of_year}-{}", &year.quarter_name(year.quarter_of(day))[..2]),
            Self::By => day.to_string(),
            Self::Year => of_year,
        }
    }

    /// The window whose sum at the term's end is that of the whole term.
    pub fn window(self) -> Option<Window> {
        match self {
            Self::Month => Some(Window::MonthToDate),
            Self::Quarter => Some(Window::QuarterToDate),
            Self::Year => Some(Window::YearToDate),
            Self::By => None,
        }
    }
}

impl Target {
    /// Whether the last day of `period` is one of the target's.
    pub fn is_running(&self, period: Period) -> bool {
        self.period.contains(period.last_day())
    }

    /// The days that have passed by the end of `period`: all of a target whose last day is in it; none of one that ended
    /// before or begins after.
    pub fn so_far(&self, period: Period) -> Option<Period> {
        if period.contains(self.period.last_day()) {
            return Some(self.period);
        }
        self.is_running(period).then_some(Period { start: self.period.start, end: period.end })
    }

    /// A row's id: `q4_2026` of a quarter, `by_2026_12_31` of a date.
    pub fn row_id(&self, name: &str) -> String {
        let name = if self.term == Term::By { format!("by {}", self.period.last_day()) } else { name.to_owned() };
        let plain = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        format!("{}_{plain}", self.metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_target_runs_from_its_first_day_to_its_last() {
        let period = Period { start: date("2026-10-01"), end: date("2027-01-01") };
        let target = Target { metric: "leads".to_owned(), amount: dec!(900), term: Term::By, period };
        let week = |start: &str| Period::week_of(date(start), chrono::Weekday::Mon);
        assert_eq!(
            target.so_far(week("2026-11-20")).map(|days| days.to_string()),
            Some("2026-10-01 to 2026-11-22".to_owned())
        );
        assert_eq!(target.so_far(week("2026-09-20")), None);
        assert_eq!(target.so_far(week("2026-12-31")), Some(period), "the week ends after it, so its result is told");
        assert_eq!(target.so_far(week("2027-01-04")), None, "it was told the week before");
        assert_eq!(target.so_far(Period::day(date("2026-12-31"))), Some(period), "over");
        assert_eq!(target.row_id("31 Dec 2026"), "leads_by_2026_12_31");
    }

    #[test]
    fn terms_are_written_as_files_state_them() {
        let april = FiscalYear::from_month(4);
        let of = |term: Term, day: &str, year| term.stated(date(day), year);
        assert_eq!(of(Term::Quarter, "2027-01-31", april), "2026/27-Q4");
        assert_eq!(of(Term::Quarter, "2026-11-30", FiscalYear::default()), "2026-Q4");
        assert_eq!(of(Term::Year, "2027-01-31", april), "2026/27");
        assert_eq!(of(Term::Month, "2027-01-31", april), "2027-01");
        assert_eq!(of(Term::By, "2027-01-31", april), "2027-01-31");
    }
}
