//! A stated `date_format`, in the signs of strftime.

use super::clock::{self, Clock, Zone};
use super::days::{self, Date, Order, Sign, Written};
use super::words::quoted;
use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems, parse};
use chrono::{DateTime, Datelike, NaiveDate};
use std::fmt::Write;

#[derive(Clone, Debug)]
pub struct Format {
    pub text: String,
    /// Whether it gives a day, not a month only.
    pub has_day: bool,
    has_time: bool,
    has_names: bool,
    /// `%Y-%d-%m`: an ISO day would be read otherwise.
    is_iso_swapped: bool,
    /// Where it is two numbers and a year with one sign between them.
    pub numeric: Option<(Order, Sign, bool)>,
}

/// A day or the first of a month, and the time that stands beside it.
pub type Read = (NaiveDate, Option<Clock>);

impl Format {
    /// Fails with what is wrong if the text does not give month and year.
    pub fn new(text: &str) -> Result<Self, String> {
        let items: Vec<Item<'_>> = StrftimeItems::new(text).collect();
        let wrong = |what: &str| Err(format!("date_format = {} {what}", quoted(text)));
        if items.iter().any(|item| matches!(item, Item::Error)) {
            return wrong("is not understood");
        }
        // It would be skipped, and an offset must never be.
        if items.iter().any(|item| matches!(item, Item::Fixed(Fixed::TimezoneName))) {
            return wrong("has %Z, which does not tell an offset; state the day's form only");
        }
        let has = |wanted: &[Numeric]| {
            items.iter().any(|item| matches!(item, Item::Numeric(part, _) if wanted.contains(part)))
        };
        let has_names =
            items.iter().any(|item| matches!(item, Item::Fixed(Fixed::ShortMonthName | Fixed::LongMonthName)));
        let has_time = has(&[Numeric::Hour, Numeric::Hour12, Numeric::Timestamp]);
        let has_day = has(&[Numeric::Day, Numeric::Ordinal, Numeric::Timestamp]);
        let numeric = numeric(&items);
        let first = items.iter().find_map(|item| match item {
            Item::Numeric(part @ (Numeric::Year | Numeric::Month | Numeric::Day), _) => Some(part.clone()),
            _ => None,
        });
        let is_iso_swapped = first == Some(Numeric::Year) && order_of(&items) == Some(Order::DayFirst);
        let format = Self { text: text.to_owned(), has_day, has_time, has_names, is_iso_swapped, numeric };
        // A sample shows whether a day or month can be read from such a text at all.
        let Some(sample) = DateTime::from_timestamp(1_795_433_400, 0) else { return Ok(format) };
        let mut written = String::new();
        let is_written = write!(written, "{}", sample.format(text)).is_ok();
        let right = if has_day { Some(sample.date_naive()) } else { sample.date_naive().with_day(1) };
        if !is_written || format.parsed(&written).map(|(day, _)| day) != right {
            return wrong("does not tell month and year");
        }
        Ok(format)
    }

    /// The day or month of a tidied text that fits the format, or, in a format of days, that begins with a day that
    /// fits and goes on with a time. An ISO day fits any format that cannot read it as another day.
    pub fn read(&self, text: &str) -> Option<Read> {
        let is_short = text.len() <= 100;
        let mut fits = is_short.then(|| self.parsed(text)).flatten();
        // A literal Z in the format is an offset all the same.
        if let Some((_, Some((_, offset @ None)))) = &mut fits {
            *offset = clock::split(text).and_then(|(_, time)| time?.1);
        }
        fits.or_else(|| {
            let (day, time) = clock::split(text).filter(|_| is_short && self.has_day && !self.has_time)?;
            self.parsed(day).map(|(day, _)| (day, time))
        })
        .or_else(|| match days::scan(text)? {
            Written { date: Date::Exact { day, is_iso }, time } => {
                // Names of months may be in another language than the English of chrono.
                let is_named = self.has_names && text.contains(char::is_alphabetic) && !is_iso;
                (is_named || (is_iso && !self.is_iso_swapped)).then_some((day, time))
            }
            _ => None,
        })
    }

    fn parsed(&self, text: &str) -> Option<Read> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, StrftimeItems::new(&self.text)).ok()?;
        if !self.has_day {
            parsed.set_day(1).ok()?;
        }
        let offset = parsed.to_fixed_offset().ok().map(Zone::Fixed);
        let day = parsed.to_naive_date().ok()?;
        let time = parsed.to_naive_time().ok().map(|time| (time, offset));
        Some((day, time))
    }

    /// The same with day and month in each other's place.
    pub fn swapped(&self) -> String {
        let mut is_part = false;
        let swap = |c: char| {
            let was_part = is_part;
            is_part = if was_part { matches!(c, '-' | '_' | '0') } else { c == '%' };
            match c {
                'd' | 'e' if was_part => 'm',
                'm' if was_part => 'd',
                other => other,
            }
        };
        self.text.chars().map(swap).collect()
    }
}

fn order_of(items: &[Item<'_>]) -> Option<Order> {
    items.iter().find_map(|item| match item {
        Item::Numeric(Numeric::Day, _) => Some(Order::DayFirst),
        Item::Numeric(Numeric::Month, _) => Some(Order::MonthFirst),
        _ => None,
    })
}

fn numeric(items: &[Item<'_>]) -> Option<(Order, Sign, bool)> {
    let [
        Item::Numeric(first, _),
        Item::Literal(one),
        Item::Numeric(second, _),
        Item::Literal(other),
        Item::Numeric(year, _),
        ..,
    ] = items
    else {
        return None;
    };
    let sign = one.chars().next().filter(|_| one == other && one.len() == 1).and_then(Sign::of)?;
    let order = match (first, second) {
        (Numeric::Day, Numeric::Month) => Order::DayFirst,
        (Numeric::Month, Numeric::Day) => Order::MonthFirst,
        _ => return None,
    };
    match year {
        Numeric::Year => Some((order, sign, false)),
        Numeric::YearMod100 => Some((order, sign, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> Option<String> {
        Format::new(format).expect("a format").read(text).map(|(day, _)| day.to_string())
    }

    #[test]
    fn a_format_is_kept_to_with_or_without_a_time() {
        let day = Some("2026-11-02".to_owned());
        for (format, text) in [
            ("%d.%m.%Y", "2.11.2026"),
            ("%d.%m.%Y", "02.11.2026 14:30"),
            ("%m/%d/%y", "11/2/26"),
            ("%d-%b-%y", "02-Nov-26"),
            ("%Y-%m-%d", "2026-11-02 10:00:00"),
            ("%Y-%m-%d", "2026-11-02T23:30:00Z"),
            ("%d/%m/%Y", "2026-11-02"),
            ("%m/%d/%Y %I:%M %p", "11/02/2026 11:30 PM"),
            ("%Y-%d-%m", "2026-02-11"),
            ("%d. %b %Y", "2. Nov 2026"),
            ("%d. %B %Y", "2. noviembre 2026"),
            ("%Y%m%d", "20261102"),
            ("%Y-%m-%dT%H:%M:%SZ", "2026-11-02T23:30:00Z"),
        ] {
            assert_eq!(read(format, text), day, "{format} {text}");
        }
        for (format, text) in [
            ("%d.%m.%Y", "2. Nov 2026"),
            ("%d.%m.%Y", "46328"),
            ("%d/%m/%Y", "10/13/2026"),
            ("%d/%m/%y", "02/11/2026"),
            ("%d/%m/%Y", "02.11.2026"),
            ("%Y-%d-%m", "2026-02-13"),
            ("%d/%m/%Y", "20261102"),
        ] {
            assert_eq!(read(format, text), None, "{format} {text}");
        }
        assert_eq!(read("%m/%Y", "11/2026").as_deref(), Some("2026-11-01"));
    }

    #[test]
    fn a_format_that_gives_no_month_is_refused() {
        for format in ["%d/%m/%Y %Z", "", "%d", "%Y", "%H:%M", "%Q", "x", "%d/%m", "%"] {
            assert!(Format::new(format).is_err(), "{format}");
        }
        assert_eq!(Format::new("%-m/%d/%Y").expect("a format").swapped(), "%-d/%m/%Y");
        assert_eq!(Format::new("%m/%d/%y").expect("a format").numeric, Some((Order::MonthFirst, Sign::Slash, true)));
    }
}
