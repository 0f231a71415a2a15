//! Reads single days, once their order and zone are known.

use super::clock::{self, Zone};
use super::days::{self, Date, Order};
use super::format::{Format, Read};
use super::words::quoted;
use chrono::NaiveDate;
use chrono_tz::Tz;

/// How the days of a column are read.
#[derive(Clone, Debug)]
pub struct DayReading {
    pub format: Option<Format>,
    /// By sign; none where no value has it.
    pub orders: [Option<Order>; 3],
    /// Where the clock stood for times without an offset; none for the workspace's own.
    pub zone: Option<Zone>,
    pub workspace_zone: Tz,
}

impl DayReading {
    /// The day of a tidied text, in the workspace's zone if it is an instant.
    pub fn day(&self, text: &str) -> Result<NaiveDate, String> {
        let (day, time) = self.written(text)?;
        let out = || format!("{} is not a day between 1990 and 2099", quoted(text));
        // Checked before the zone is applied too, so that no sum leaves the calendar.
        if !days::is_in_range(day) {
            return Err(out());
        }
        let Some((time, offset)) = time else { return Ok(day) };
        let Some(zone) = offset.or(self.zone) else { return Ok(day) };
        Some(clock::day(day.and_time(time), zone, self.workspace_zone))
            .filter(|day| days::is_in_range(*day))
            .ok_or_else(out)
    }

    /// The day as it stands in the text.
    pub fn written(&self, text: &str) -> Result<Read, String> {
        let wrong = |what: &str| Err(format!("{} {what}", quoted(text)));
        if let Some(format) = self.format.as_ref().filter(|format| format.has_day) {
            return format
                .read(text)
                .ok_or_else(|| format!("{} does not fit date_format = {}", quoted(text), quoted(&format.text)));
        }
        let Some(written) = days::scan(text) else { return wrong("is not a day such as 2026-11-02") };
        match written.date {
            Date::Exact { day, .. } | Date::ShortYear(day) => Ok((day, written.time)),
            Date::Serial => wrong("is a number that a spreadsheet counts days with, not a day such as 2026-11-02"),
            Date::Numeric(numeric) if numeric.is_short => {
                wrong("has a year of two digits; date_format would tell its form")
            }
            Date::Numeric(numeric) => {
                let orders = (numeric.day(Order::DayFirst), numeric.day(Order::MonthFirst));
                let day = match (orders, self.orders[numeric.sign as usize]) {
                    ((Some(one), Some(other)), _) if one == other => Some(one),
                    ((one, _), Some(Order::DayFirst)) => one,
                    ((_, other), Some(Order::MonthFirst)) => other,
                    (_, None) => None,
                };
                day.map(|day| (day, written.time)).ok_or_else(|| {
                    let form = self.orders[numeric.sign as usize].map_or("in a known order", Order::words);
                    format!("{} is not a day written {form}", quoted(text))
                })
            }
        }
    }
}
