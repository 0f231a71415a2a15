//! Windows that end with a period's last day: to date in a month, quarter or year, and the last 7 or 28 days.

use crate::domain::comparison::Compare;
use crate::domain::fiscal::FiscalYear;
use crate::domain::period::Period;
use chrono::{Days, Months, NaiveDate};
use serde::Deserialize;

/// The days that a metric counts, up to the last one of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    MonthToDate,
    /// Quarters and years are those of the workspace's fiscal year.
    QuarterToDate,
    YearToDate,
    #[serde(rename = "rolling_7")]
    Rolling7,
    #[serde(rename = "rolling_28")]
    Rolling28,
}

impl Window {
    /// Every window with the word that files state.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("month_to_date", Self::MonthToDate),
        ("quarter_to_date", Self::QuarterToDate),
        ("year_to_date", Self::YearToDate),
        ("rolling_7", Self::Rolling7),
        ("rolling_28", Self::Rolling28),
    ];

    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, window)| *window == self).map_or("", |(word, _)| word)
    }

    /// In a sentence: `in the month to date`.
    pub fn words(self) -> &'static str {
        match self {
            Self::MonthToDate => "in the month to date",
            Self::QuarterToDate => "in the quarter to date",
            Self::YearToDate => "in the year to date",
            Self::Rolling7 => "in the last 7 days",
            Self::Rolling28 => "in the last 28 days",
        }
    }

    /// The days that end with `last`, which is one of them.
    pub fn days(self, last: NaiveDate, year: FiscalYear) -> Period {
        let end = last + Days::new(1);
        let start = match self {
            Self::Rolling7 => last - Days::new(6),
            Self::Rolling28 => last - Days::new(27),
            _ => self.whole(last, year).map_or(last, |whole| whole.start),
        };
        Period { start, end }
    }

    /// The last day of the window that this one is set against; `None` where nothing compares.
    ///
    /// A window to date is set against the same days of the month, quarter or year before; what a shorter month does
    /// not have is left out, and one that is over is set against the whole one before.
    pub fn compared(self, last: NaiveDate, compare: Compare, year: FiscalYear) -> Option<NaiveDate> {
        let months = match (compare, self) {
            (Compare::Target | Compare::SameWeekday, _) => return None,
            (Compare::Previous, Self::Rolling7) => return Some(last - Days::new(7)),
            (Compare::Previous, Self::Rolling28) => return Some(last - Days::new(28)),
            (Compare::LastYear, Self::Rolling7 | Self::Rolling28) => return Some(last - Days::new(364)),
            (Compare::Previous, Self::MonthToDate) => 1,
            (Compare::Previous, Self::QuarterToDate) => 3,
            (Compare::Previous, Self::YearToDate) | (Compare::LastYear, _) => 12,
        };
        let whole = self.whole(last, year)?;
        let earlier = last - Months::new(months);
        let is_over = whole.last_day() == last;
        Some(if is_over { self.whole(earlier, year)?.last_day() } else { earlier })
    }

    /// A stable id of a comparison.
    pub fn compare_id(self, compare: Compare) -> &'static str {
        match (compare, self) {
            (Compare::LastYear, _) => "last_year",
            (_, Self::MonthToDate) => "month_before",
            (_, Self::QuarterToDate) => "quarter_before",
            (_, Self::YearToDate) => "year_before",
            (_, Self::Rolling7) => "7_days_before",
            (_, Self::Rolling28) => "28_days_before",
        }
    }

    /// The first day in SQL, of a window that ends with the day `last`.
    pub fn start_sql(self, last: &str, year: FiscalYear) -> String {
        let shift = year.shift();
        let of_year = |unit: &str| match shift {
            0 => format!("CAST(date_trunc('{unit}', {last}) AS DATE)"),
            _ => {
                format!("CAST(date_trunc('{unit}', {last} - INTERVAL {shift} MONTH) + INTERVAL {shift} MONTH AS DATE)")
            }
        };
        match self {
            Self::MonthToDate => format!("CAST(date_trunc('month', {last}) AS DATE)"),
            Self::QuarterToDate => of_year("quarter"),
            Self::YearToDate => of_year("year"),
            Self::Rolling7 => format!("({last} - 6)"),
            Self::Rolling28 => format!("({last} - 27)"),
        }
    }

    /// The month, quarter or year that holds a day.
    fn whole(self, date: NaiveDate, year: FiscalYear) -> Option<Period> {
        match self {
            Self::MonthToDate => Some(Period::month_of(date)),
            Self::QuarterToDate => Some(year.quarter_of(date)),
            Self::YearToDate => Some(year.year_of(date)),
            Self::Rolling7 | Self::Rolling28 => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn days(window: Window, last: &str, first_month: u32) -> String {
        window.days(date(last), FiscalYear::from_month(first_month)).to_string()
    }

    #[test]
    fn a_window_ends_with_the_last_day() {
        assert_eq!(days(Window::MonthToDate, "2026-11-20", 1), "2026-11-01 to 2026-11-20");
        assert_eq!(days(Window::MonthToDate, "2026-11-01", 1), "2026-11-01");
        assert_eq!(days(Window::QuarterToDate, "2026-11-20", 1), "2026-10-01 to 2026-11-20");
        assert_eq!(days(Window::QuarterToDate, "2026-11-20", 2), "2026-11-01 to 2026-11-20");
        assert_eq!(days(Window::YearToDate, "2026-11-20", 1), "2026-01-01 to 2026-11-20");
        assert_eq!(days(Window::YearToDate, "2027-03-31", 4), "2026-04-01 to 2027-03-31");
        assert_eq!(days(Window::Rolling7, "2026-03-03", 1), "2026-02-25 to 2026-03-03");
        assert_eq!(days(Window::Rolling28, "2026-03-03", 1), "2026-02-04 to 2026-03-03");
    }

    #[test]
    fn words_of_files_are_those_of_the_type() {
        for (word, window) in Window::WORDS {
            assert_eq!(window.word(), word);
            let read: Window = serde_json::from_value(serde_json::json!(word)).expect("a window");
            assert_eq!(read, window);
        }
    }
}
