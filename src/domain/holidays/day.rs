//! A day of the year in words, as country files state it.
//!
//! | Words | Meaning |
//! | --- | --- |
//! | `December 25` | the same date every year |
//! | `Easter - 2` | days from Easter Sunday of the western churches |
//! | `Orthodox Easter + 50` | days from Easter Sunday of the orthodox churches |
//! | `3rd Monday of January`, `last Monday of May` | a weekday of a month |
//! | `Monday on or before May 24`, `Saturday on or after June 20` | the first such weekday, from a date |
//! | `Monday nearest January 29` | at most three days away from a date |
//!
//! Days may be added to or taken from each: `4th Thursday of November + 1`. Case does not matter.

use super::easter;
use chrono::{Datelike, Month, NaiveDate, TimeDelta, Weekday};
use serde::Deserialize;

/// A day that can be found in every year.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Day {
    anchor: Anchor,
    /// Days after the anchor, or before it where negative.
    offset: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Anchor {
    Date(MonthDay),
    Easter,
    OrthodoxEaster,
    /// Counted from 1.
    Nth(u8, Weekday, Month),
    Last(Weekday, Month),
    OnOrBefore(Weekday, MonthDay),
    OnOrAfter(Weekday, MonthDay),
    Nearest(Weekday, MonthDay),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MonthDay {
    month: Month,
    day: u32,
}

impl Day {
    /// The date in a year. `None` if the year lacks it (February 29, a fifth Monday) or is out of range.
    pub fn in_year(&self, year: i32) -> Option<NaiveDate> {
        let anchor = match &self.anchor {
            Anchor::Date(day) => day.in_year(year),
            Anchor::Easter => easter::western(year),
            Anchor::OrthodoxEaster => easter::orthodox(year),
            Anchor::Nth(number, weekday, month) => {
                NaiveDate::from_weekday_of_month_opt(year, month.number_from_month(), *weekday, *number)
            }
            Anchor::Last(weekday, month) => {
                let first = NaiveDate::from_ymd_opt(year, month.number_from_month(), 1)?;
                let last = first.checked_add_months(chrono::Months::new(1))?.pred_opt()?;
                shifted(last, -days_since(last, *weekday))
            }
            Anchor::OnOrBefore(weekday, day) => day.in_year(year).and_then(|date| on_or_before(date, *weekday)),
            Anchor::OnOrAfter(weekday, day) => {
                day.in_year(year).and_then(|date| on_or_before(shifted(date, 6)?, *weekday))
            }
            Anchor::Nearest(weekday, day) => {
                day.in_year(year).and_then(|date| on_or_before(shifted(date, 3)?, *weekday))
            }
        };
        shifted(anchor?, self.offset)
    }
}

impl MonthDay {
    fn in_year(self, year: i32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, self.month.number_from_month(), self.day)
    }
}

/// A date moved by days; `None` beyond what dates can hold.
pub(super) fn shifted(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(TimeDelta::try_days(days)?)
}

fn on_or_before(date: NaiveDate, weekday: Weekday) -> Option<NaiveDate> {
    shifted(date, -days_since(date, weekday))
}

fn days_since(date: NaiveDate, weekday: Weekday) -> i64 {
    i64::from(date.weekday().days_since(weekday))
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse(&text).ok_or_else(|| {
            format!(
                "{text:?} is no day; write one like \"December 25\", \"Easter - 2\", \"Orthodox Easter + 1\", \
                 \"3rd Monday of January\", \"last Monday of May\", \"Monday on or before May 24\", \
                 \"Saturday on or after June 20\" or \"Monday nearest January 29\", with \"+ 1\" for a day later"
            )
        })
    }
}

fn parse(text: &str) -> Option<Day> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let (anchor, offset) = match words.as_slice() {
        [anchor @ .., "+", days] => (anchor, days.parse().ok()?),
        [anchor @ .., "-", days] => (anchor, -days.parse::<i64>().ok()?),
        anchor => (anchor, 0),
    };
    let anchor = match anchor {
        ["easter"] => Anchor::Easter,
        ["orthodox", "easter"] => Anchor::OrthodoxEaster,
        [month, day] => Anchor::Date(month_day(month, day)?),
        ["last", weekday, "of", month] => Anchor::Last(weekday.parse().ok()?, month.parse().ok()?),
        [number, weekday, "of", month] => Anchor::Nth(nth(number)?, weekday.parse().ok()?, month.parse().ok()?),
        [weekday, "on", "or", "before", month, day] => {
            Anchor::OnOrBefore(weekday.parse().ok()?, month_day(month, day)?)
        }
        [weekday, "on", "or", "after", month, day] => Anchor::OnOrAfter(weekday.parse().ok()?, month_day(month, day)?),
        [weekday, "nearest", month, day] => Anchor::Nearest(weekday.parse().ok()?, month_day(month, day)?),
        _ => return None,
    };
    Some(Day { anchor, offset })
}

fn nth(word: &str) -> Option<u8> {
    let words = ["1st", "2nd", "3rd", "4th", "5th"];
    let place = words.iter().position(|known| *known == word)?;
    u8::try_from(place + 1).ok()
}

/// A date that some year has.
fn month_day(month: &str, day: &str) -> Option<MonthDay> {
    let leap_year = 2000;
    let parsed = MonthDay { month: month.parse().ok()?, day: day.parse().ok()? };
    parsed.in_year(leap_year).map(|_| parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &str, year: i32) -> String {
        let day = Day::try_from(words.to_owned()).expect("a day");
        day.in_year(year).map_or_else(|| "none".to_owned(), |date| date.to_string())
    }

    #[test]
    fn words_find_their_date() {
        let known = [
            ("December 25", 2024, "2024-12-25"),
            ("February 29", 2023, "none"),
            ("Easter - 2", 2024, "2024-03-29"),
            ("orthodox easter + 50", 2024, "2024-06-24"),
            ("3rd Monday of January", 2024, "2024-01-15"),
            ("5th Monday of February", 2024, "none"),
            ("last Monday of May", 2024, "2024-05-27"),
            ("last Sunday of December", 2028, "2028-12-31"),
            ("4th Thursday of November + 1", 2024, "2024-11-29"),
            ("Monday on or before May 24", 2027, "2027-05-24"),
            ("Monday on or before May 24", 2024, "2024-05-20"),
            ("Saturday on or after June 20", 2026, "2026-06-20"),
            ("Saturday on or after June 20", 2024, "2024-06-22"),
            ("Monday nearest January 29", 2026, "2026-01-26"),
            ("Monday nearest January 29", 2027, "2027-02-01"),
        ];
        for (words, year, date) in known {
            assert_eq!(found(words, year), date, "{words} in {year}");
        }
    }

    #[test]
    fn other_words_are_refused() {
        for words in ["", "Easter -2", "Easter + x", "6th Monday of May", "May 32", "Monday", "Monday of May", "May"] {
            assert!(Day::try_from(words.to_owned()).is_err(), "{words}");
        }
    }

    #[test]
    fn years_beyond_all_dates_have_no_day() {
        for words in ["May 1", "Easter", "last Monday of December", "Monday nearest January 1", "1st Monday of May"] {
            assert_eq!(found(words, i32::MAX), "none", "{words}");
        }
    }
}
