//! Months as plans write them: `2026-11`, `11/2026`, `Nov-26`, `November 2026`, or any day of one.

use super::day_reading::DayReading;
use super::names;
use super::quarters::{self, Span};
use super::words::quoted;
use chrono::{Datelike, NaiveDate};

/// The first day of the month that a tidied text names, or that its day lies in.
pub fn read(text: &str, days: &DayReading) -> Result<NaiveDate, String> {
    let wrong = |what: &str| Err(format!("{} {what}", quoted(text)));
    if text.len() > 100 {
        return wrong("is not a month such as 2026-11");
    }
    let stated = days.format.as_ref().filter(|format| !format.has_day);
    let month = match stated {
        // Beside a stated form, only ISO months and days are read.
        Some(format) => format.read(text).map(|(month, _)| month).or_else(|| iso(text)),
        None => any(text),
    };
    let month = match month {
        Some(month) => month,
        None if matches!(quarters::scan(text), Some(Span::Quarter(_) | Span::Yearless)) => {
            return wrong("is a quarter, not a month; give each month its own row");
        }
        None if stated.is_some() => return wrong("does not fit date_format"),
        None => match days.written(text) {
            // A month is not moved by a zone: its first day is meant as it stands.
            Ok((day, _)) => day,
            Err(_) => return wrong("is not a month such as 2026-11"),
        },
    };
    match month {
        month if !super::days::is_in_range(month) => wrong("is not a month between 1990 and 2099"),
        // Plans by day are plans of that month.
        month => Ok(month.with_day(1).unwrap_or(month)),
    }
}

/// Whether the text is a month by itself, not a day of one.
pub fn is_month(text: &str) -> bool {
    text.len() <= 100 && any(text).is_some()
}

/// The month and the number of `Nov 26`, which may be a year or a day.
pub fn loose(text: &str) -> Option<(u32, u32)> {
    let (month, number) = text.split_once(' ').filter(|_| text.len() <= 100)?;
    let is_short = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    names::month(month).filter(|_| is_short).zip(number.parse().ok())
}

fn iso(text: &str) -> Option<NaiveDate> {
    let (year, month) = text.split_once('-')?;
    of(year, month).filter(|_| month.len() == 2)
}

fn any(text: &str) -> Option<NaiveDate> {
    if text.len() == 6 && text.is_ascii() {
        let month = of(text.get(..4)?, text.get(4..)?);
        if month.is_some() {
            return month;
        }
    }
    if !text.starts_with(char::is_alphanumeric) || !text.ends_with(char::is_alphanumeric) {
        return None;
    }
    let is_split = |c: char| c.is_whitespace() || matches!(c, '-' | '/' | '.' | ',');
    let words: Vec<&str> = text.split(is_split).filter(|word| !word.is_empty() && *word != "de").collect();
    let [first, second] = words.as_slice() else { return None };
    match (names::month(first), names::month(second)) {
        (Some(month), None) if second.len() == 4 => of(second, &month.to_string()),
        (None, Some(month)) if first.len() == 4 => of(first, &month.to_string()),
        // What a spreadsheet makes of 2026-11. With a blank between them 26 might be a day: the column decides.
        (Some(month), None) if second.len() == 2 && text.len() == first.len() + 3 && text.contains(['-', ' ']) => {
            of(&format!("20{second}"), &month.to_string())
        }
        (None, None) => of(first, second).or_else(|| of(second, first)),
        _ => None,
    }
}

fn of(year: &str, month: &str) -> Option<NaiveDate> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_good = year.len() == 4 && matches!(month.len(), 1 | 2) && is_digits(year) && is_digits(month);
    is_good.then(|| NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)).flatten()
}
