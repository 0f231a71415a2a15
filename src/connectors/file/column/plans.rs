//! The time that money is planned for: a month, a day of one, or a quarter.

use super::day_reading::DayReading;
use super::quarters::{self, Span};
use super::words::quoted;
use super::{Value, days, months};

/// The month or quarter of a tidied text, or what is wrong with it.
pub fn read(text: &str, days: &DayReading) -> Result<Value, String> {
    // A form that somebody stated goes before what the text looks like.
    let is_stated = days.format.as_ref().is_some_and(|format| format.read(text).is_some());
    let what = match quarters::scan(text).filter(|_| !is_stated) {
        None => return months::read(text, days).map(Value::Month),
        Some(Span::Quarter(first)) if days::is_in_range(first) => return Ok(Value::Quarter(first)),
        Some(Span::Quarter(_)) => "is not a quarter between 1990 and 2099",
        Some(Span::Yearless) => "is a quarter of no year; write it as 2026-Q4",
        Some(Span::Half) => "is half a year, and no month; write months or quarters",
        Some(Span::Year) => "is a year, and a year is no month; write months or quarters",
        Some(Span::Fiscal) => {
            "is of a fiscal year, whose months nobody tells; write months, or quarters of the calendar"
        }
    };
    Err(format!("{} {what}", quoted(text)))
}
