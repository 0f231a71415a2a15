//! Years and quarters as a workspace counts them: from the first day of a month of its choice.

use super::period::Period;
use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// The month that a workspace's year begins with; its fiscal months are calendar months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FiscalYear {
    /// 1 to 12.
    first_month: u32,
}

impl Default for FiscalYear {
    fn default() -> Self {
        Self::CALENDAR
    }
}

impl FiscalYear {
    /// The year of the calendar.
    pub const CALENDAR: Self = Self { first_month: 1 };

    /// Every month with its name, as files state it.
    pub const MONTHS: [(&'static str, u32); 12] = [
        ("january", 1),
        ("february", 2),
        ("march", 3),
        ("april", 4),
        ("may", 5),
        ("june", 6),
        ("july", 7),
        ("august", 8),
        ("september", 9),
        ("october", 10),
        ("november", 11),
        ("december", 12),
    ];

    /// The year that begins with a month, 1 to 12; January for others.
    pub fn from_month(first_month: u32) -> Self {
        if (1..=12).contains(&first_month) { Self { first_month } } else { Self::default() }
    }

    /// Months between January and the first month.
    pub fn shift(self) -> u32 {
        self.first_month - 1
    }

    /// The year that holds `date`.
    pub fn year_of(self, date: NaiveDate) -> Period {
        self.span_of(date, 12)
    }

    /// The quarter of the fiscal year that holds `date`.
    pub fn quarter_of(self, date: NaiveDate) -> Period {
        self.span_of(date, 3)
    }

    /// `2026`, or `2026/27` where a year reaches into the next one: neither end alone would be understood by all.
    pub fn year_name(self, year: Period) -> String {
        let starts = year.start.year();
        match self.first_month {
            1 => starts.to_string(),
            _ => format!("{starts}/{:02}", (starts + 1).rem_euclid(100)),
        }
    }

    /// `Q4 2026`, `Q4 2026/27`.
    pub fn quarter_name(self, quarter: Period) -> String {
        let year = self.year_of(quarter.start);
        format!("Q{} {}", months_between(year.start, quarter.start) / 3 + 1, self.year_name(year))
    }

    /// The months that its quarters begin in, as cron has them: `1,4,7,10`.
    pub fn quarter_months(self) -> String {
        let mut months: Vec<u32> = (0..4).map(|quarter| (self.first_month - 1 + 3 * quarter) % 12 + 1).collect();
        months.sort_unstable();
        months.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
    }

    /// The year of a name as [`Self::year_name`] gives it.
    pub fn year_named(self, name: &str) -> Option<Period> {
        let starts: i32 = name.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
        let year = self.year_of(NaiveDate::from_ymd_opt(starts, self.first_month, 1)?);
        (self.year_name(year) == name).then_some(year)
    }

    /// The quarter of a name such as `2026-Q4`, `2026/27-Q4`.
    pub fn quarter_named(self, name: &str) -> Option<Period> {
        let (year, quarter) = name.split_once("-Q")?;
        let quarter: u32 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
        Some(self.quarter_of(self.year_named(year)?.start + Months::new(3 * (quarter - 1))))
    }

    fn span_of(self, date: NaiveDate, months: u32) -> Period {
        let month = Period::month_of(date).start;
        let passed = (month.month() + 12 - self.first_month) % months;
        let start = month - Months::new(passed);
        Period { start, end: start + Months::new(months) }
    }
}

fn months_between(from: NaiveDate, to: NaiveDate) -> i32 {
    12 * (to.year() - from.year()) + to.month0().cast_signed() - from.month0().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_year_begins_with_its_month() {
        let april = FiscalYear::from_month(4);
        assert_eq!(april.year_of(date("2027-03-31")).to_string(), "2026-04-01 to 2027-03-31");
        assert_eq!(april.year_of(date("2027-04-01")).to_string(), "2027-04-01 to 2028-03-31");
        assert_eq!(april.quarter_of(date("2027-02-28")).to_string(), "2027-01-01 to 2027-03-31");
        assert_eq!(FiscalYear::default().year_of(date("2026-12-31")).to_string(), "2026-01-01 to 2026-12-31");
        // Quarters of a year from February are no calendar quarters.
        let february = FiscalYear::from_month(2);
        assert_eq!(february.quarter_of(date("2027-01-31")).to_string(), "2026-11-01 to 2027-01-31");
    }

    // akaunting/akaunting#1834: of a year from the 1st of February the first quarter is February to April.
    // tidyverse/lubridate#1196: a year from January is not 2024/25; the 27th of August 2025 lies in Q3 2025.
    #[test]
    fn quarters_are_named_by_the_fiscal_year() {
        let february = FiscalYear::from_month(2);
        let first = february.quarter_of(date("2026-02-01"));
        assert_eq!(
            (first.to_string().as_str(), february.quarter_name(first).as_str()),
            ("2026-02-01 to 2026-04-30", "Q1 2026/27")
        );
        let january = FiscalYear::default();
        assert_eq!(january.quarter_name(january.quarter_of(date("2025-08-27"))), "Q3 2025");
        let april = FiscalYear::from_month(4);
        assert_eq!(april.quarter_name(april.quarter_of(date("2026-05-10"))), "Q1 2026/27");
        assert_eq!(april.quarter_name(april.quarter_of(date("2027-01-10"))), "Q4 2026/27");
        assert_eq!(FiscalYear::default().quarter_name(FiscalYear::default().quarter_of(date("2026-11-20"))), "Q4 2026");
        assert_eq!(
            FiscalYear::from_month(7).year_name(FiscalYear::from_month(7).year_of(date("2099-07-01"))),
            "2099/00"
        );
    }

    #[test]
    fn names_read_back_and_half_a_name_is_none() {
        let april = FiscalYear::from_month(4);
        assert_eq!(april.year_named("2026/27").map(|year| year.start), Some(date("2026-04-01")));
        assert_eq!(april.year_named("2026"), None, "which end of it?");
        assert_eq!(april.year_named("2026/28"), None);
        assert_eq!(april.quarter_named("2026/27-Q4").map(|quarter| quarter.start), Some(date("2027-01-01")));
        let january = FiscalYear::default();
        assert_eq!(january.quarter_named("2026-Q4").map(|quarter| quarter.start), Some(date("2026-10-01")));
        assert_eq!(january.quarter_named("2026-Q5"), None);
        assert_eq!(january.year_named("26"), None);
    }
}
