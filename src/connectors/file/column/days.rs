//! Days as people and programs write them: taken apart without knowing the order of day and month.

use super::clock::{self, Clock, Zone};
use super::names;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

/// No day is longer; what is longer is never looked at.
const LONGEST: usize = 100;

/// A day's text taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub date: Date,
    pub time: Option<Clock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Date {
    /// One day only, as in `2026-11-02` or `2. Nov 2026`.
    Exact { day: NaiveDate, is_iso: bool },
    /// Two numbers and a year in figures.
    Numeric(Numeric),
    /// A year of two digits beside a month's name, behind the day as everybody writes it; from 2000 on.
    ShortYear(NaiveDate),
    /// A number that a spreadsheet counts days with.
    Serial,
}

/// As in `02/11/2026`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numeric {
    pub first: u32,
    pub second: u32,
    year: i32,
    pub sign: Sign,
    pub is_short: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Slash,
    Dash,
    Dot,
}

/// Which of the two numbers is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    DayFirst,
    MonthFirst,
}

impl Sign {
    pub const ALL: [Self; 3] = [Self::Slash, Self::Dash, Self::Dot];

    pub fn of(sign: char) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.sign() == sign)
    }

    pub fn sign(self) -> char {
        match self {
            Self::Slash => '/',
            Self::Dash => '-',
            Self::Dot => '.',
        }
    }

    /// The setting for days with this sign in an order.
    pub fn format(self, order: Order, is_short: bool) -> String {
        let (sign, year) = (self.sign(), if is_short { "%y" } else { "%Y" });
        match order {
            Order::DayFirst => format!("%d{sign}%m{sign}{year}"),
            Order::MonthFirst => format!("%m{sign}%d{sign}{year}"),
        }
    }
}

impl Order {
    pub fn words(self) -> &'static str {
        match self {
            Self::DayFirst => "day/month/year",
            Self::MonthFirst => "month/day/year",
        }
    }
}

impl Numeric {
    /// The day if the numbers stand in `order`; a year of two digits counts from 2000 here, for proofs only.
    pub fn day(&self, order: Order) -> Option<NaiveDate> {
        let year = if self.is_short { 2000 + self.year } else { self.year };
        let (day, month) = match order {
            Order::DayFirst => (self.first, self.second),
            Order::MonthFirst => (self.second, self.first),
        };
        NaiveDate::from_ymd_opt(year, month, day).filter(|day| is_in_range(*day))
    }
}

/// Days outside these years are slips.
pub fn is_in_range(day: NaiveDate) -> bool {
    (1990..=2099).contains(&day.year())
}

/// Takes a tidied text apart; `None` if it is no day.
pub fn scan(text: &str) -> Option<Written> {
    if text.len() > LONGEST {
        return None;
    }
    if let Some(written) = epoch(text) {
        return Some(written);
    }
    if is_serial(text) {
        return Some(Written { date: Date::Serial, time: None });
    }
    let (day, time) = clock::split(text)?;
    Some(Written { date: date(day)?, time })
}

/// Seconds or milliseconds since 1970, from 2001 to 2099; no other day is written with 10 or 13 digits.
fn epoch(text: &str) -> Option<Written> {
    let seconds: i64 = match text.len() {
        10 => number(text, 10, 10)?,
        13 => number::<i64>(text, 13, 13)? / 1000,
        _ => return None,
    };
    let at = DateTime::from_timestamp(seconds, 0).filter(|_| (1_000_000_000..4_070_908_800).contains(&seconds))?;
    let utc = FixedOffset::east_opt(0).map(Zone::Fixed);
    Some(Written { date: Date::Exact { day: at.date_naive(), is_iso: false }, time: Some((at.time(), utc)) })
}

/// `21Jun2026` with blanks where letters meet digits.
fn spaced(text: &str) -> Option<String> {
    let mut spaced = String::with_capacity(text.len() + 2);
    for letter in text.chars() {
        let meets = |last: char| {
            (last.is_ascii_digit() && letter.is_alphabetic()) || (last.is_alphabetic() && letter.is_ascii_digit())
        };
        if spaced.chars().last().is_some_and(meets) {
            spaced.push(' ');
        }
        spaced.push(letter);
    }
    (spaced.len() == text.len() + 2 && text.chars().all(char::is_alphanumeric)).then_some(spaced)
}

/// Days since 1900 as spreadsheets count them, from 1954 to 2119, with or without a time.
fn is_serial(text: &str) -> bool {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    whole.len() == 5 && is_digits(whole) && is_digits(fraction) && ("20000"..="80000").contains(&whole)
}

fn date(text: &str) -> Option<Date> {
    let exact = |year: &str, month: u32, day: &str, is_iso: bool| {
        let day = NaiveDate::from_ymd_opt(number(year, 4, 4)?, month, number(day, 1, 2)?)?;
        Some(Date::Exact { day, is_iso })
    };
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return exact(text.get(..4)?, number(text.get(4..6)?, 2, 2)?, text.get(6..)?, false);
    }
    if let Some(sign) = text.chars().find(|c| !c.is_ascii_digit()).and_then(Sign::of)
        && text.chars().all(|c| c.is_ascii_digit() || c == sign.sign())
    {
        let parts: Vec<&str> = text.split(sign.sign()).collect();
        let [first, second, third] = parts.as_slice() else { return None };
        if first.len() == 4 {
            return exact(first, number(second, 1, 2)?, third, sign == Sign::Dash);
        }
        let year = number(third, 2, 4).filter(|_| third.len() != 3)?;
        let (first, second) = (number(first, 1, 2)?, number(second, 1, 2)?);
        return Some(Date::Numeric(Numeric { first, second, year, sign, is_short: third.len() == 2 }));
    }
    let run_together = spaced(text);
    let text = run_together.as_deref().unwrap_or(text);
    let fillers = ["de", "del", "of", "the"];
    let is_split = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '-' | '/');
    let mut words: Vec<&str> =
        text.split(is_split).filter(|word| !word.is_empty() && !fillers.contains(word)).collect();
    if words.len() == 4 && words.first().is_some_and(|word| names::is_weekday(word)) {
        words.remove(0);
    }
    let [first, second, third] = words.as_slice() else { return None };
    let (one, month, other) = match (names::month(first), names::month(second)) {
        (Some(month), None) => (second, month, third),
        (None, Some(month)) => (first, month, third),
        _ => return None,
    };
    let ordinal = |word: &str| -> Option<u32> {
        let digits = word.trim_end_matches(|c: char| c.is_alphabetic() || c == 'º');
        let ending = &word[digits.len()..];
        ["", "st", "nd", "rd", "th", "er", "º"].contains(&ending).then(|| number(digits, 1, 2)).flatten()
    };
    let (year, day) = if one.len() == 4 && number::<u32>(one, 4, 4).is_some() { (one, other) } else { (other, one) };
    if year.len() == 2 && number::<u32>(year, 2, 2).is_some() && ordinal(day).is_some() {
        let day = NaiveDate::from_ymd_opt(2000 + number::<i32>(year, 2, 2)?, month, ordinal(day)?)?;
        return Some(Date::ShortYear(day));
    }
    exact(year, month, &ordinal(day)?.to_string(), false)
}

/// ASCII digits only, so many of them.
fn number<T: std::str::FromStr>(text: &str, least: usize, most: usize) -> Option<T> {
    let is_good = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_good.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match scan(text).map(|written| written.date) {
            Some(Date::Exact { day, .. }) => day.to_string(),
            Some(Date::Numeric(numeric)) => {
                format!("{}{}{}", numeric.first, numeric.sign.sign(), numeric.second)
            }
            Some(Date::ShortYear(day)) => format!("short {day}"),
            Some(other) => format!("{other:?}"),
            None => "no".to_owned(),
        }
    }

    #[test]
    fn days_that_can_be_one_day_only_are_exact() {
        let texts = [
            "2026-11-02",
            "2026/11/2",
            "20261102",
            "2. Nov 2026",
            "Nov 2, 2026",
            "02-Nov-2026",
            "November 2, 2026",
            "Mon, 2 Nov 2026",
            "2026-Nov-02",
            "2nd November 2026",
            "2 de noviembre de 2026",
            "lun. 2 novembre 2026",
            "2026-11-02T23:30:00Z",
            "Nov 2, 2026, 11:30 PM",
            "Montag, 2. November 2026",
            "2. Nov. 2026",
            "2Nov2026",
            "1793573940",
            "1793573940000",
        ];
        for text in texts {
            let right = if text.starts_with("1793") { "2026-11-01" } else { "2026-11-02" };
            assert_eq!(read(text), right, "{text}");
        }
        assert_eq!(read("mar. 3 mars 2026"), "2026-03-03");
    }

    #[test]
    fn others_are_left_open() {
        let texts = [
            ("02/11/2026", "2/11"),
            ("2.11.26", "2.11"),
            ("02-Nov-26", "short 2026-11-02"),
            ("15 SEP 26", "short 2026-09-15"),
            ("46328", "Serial"),
            ("46328.75", "Serial"),
            ("11-02-2026 10:00", "11-2"),
        ];
        for (text, right) in texts {
            assert_eq!(read(text), right, "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        let texts = [
            "",
            "2026-13-01",
            "2026-02-30",
            "02/11-2026",
            "Total",
            "٠٢/١١/٢٠٢٦",
            "4170908800",
            "176195520",
            "02/11/202",
            "Nov 2026",
            "2 Nov Dez",
            "2026-11",
            "02/Nov/2026:10:00:00 +0000",
            "Nov Nov 2026",
            "2026-11-02 25:00",
            "10",
            "12.50",
        ];
        for text in texts {
            assert_eq!(read(text), "no", "{text}");
        }
        assert_eq!(read(&"1/".repeat(1 << 20)), "no");
    }
}
