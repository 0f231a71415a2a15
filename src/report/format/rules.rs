//! How one language writes numbers, amounts and dates, and the two kinds of patterns that say so.

use chrono::{Datelike, NaiveDate};

/// The marks, names and patterns of a language.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub decimal: char,
    pub group: char,
    /// The fewest digits before the decimal mark that are grouped: `1,204` has 4, and `1204` is left
    /// alone where it is 5.
    pub group_from: usize,
    /// `0` stands for the number.
    pub percent: &'static str,
    /// `¤` stands for the currency, `0` for the number, `-` for the minus sign.
    pub money: &'static str,
    pub negative_money: &'static str,
    /// What large numbers of an axis are counted in: a power of ten and its abbreviation, largest first.
    pub compact: &'static [(i32, &'static str)],
    /// Names of months as they stand alone.
    pub months: [&'static str; 12],
    /// Short names of months within a date.
    pub short_months: [&'static str; 12],
    /// From Monday on.
    pub weekdays: [&'static str; 7],
    pub short_weekdays: [&'static str; 7],
    /// A day with its weekday and year, e.g. `Fri 20 Nov 2026`.
    pub date: &'static str,
    /// The same without the year.
    pub day: &'static str,
    /// A day along an axis, e.g. `20 Nov`.
    pub short_day: &'static str,
    /// A day with its year in a small line, e.g. `20 Nov 2026`, and without the year.
    pub stamp: &'static str,
    pub day_stamp: &'static str,
    /// e.g. `November 2026`.
    pub month: &'static str,
    /// e.g. `Nov 2026`.
    pub short_month: &'static str,
    /// The time of a day.
    pub time: &'static str,
    /// Between minutes and seconds of a duration.
    pub duration: char,
}

/// An hour and a minute.
pub type Clock = (u32, u32);

impl Rules {
    /// `digits` is a plain number without a sign, e.g. `1204.50`.
    pub fn grouped(&self, digits: &str) -> String {
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
        let mut out = String::with_capacity(digits.len() + digits.len() / 2 + 4);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && whole.len() >= self.group_from && (whole.len() - index).is_multiple_of(3) {
                out.push(self.group);
            }
            out.push(digit);
        }
        if let Some(fraction) = fraction {
            out.push(self.decimal);
            out.push_str(fraction);
        }
        out
    }

    /// A number with its currency. Between letters and digits there is a space, as CLDR wants it.
    pub fn money(&self, number: &str, currency: &str, is_negative: bool) -> String {
        let pattern = if is_negative { self.negative_money } else { self.money };
        let mut out = String::new();
        let mut rest = pattern.chars().peekable();
        while let Some(sign) = rest.next() {
            match sign {
                '¤' => {
                    out.push_str(currency);
                    if rest.peek() == Some(&'0') && currency.ends_with(char::is_alphabetic) {
                        out.push('\u{a0}');
                    }
                }
                '0' => out.push_str(number),
                '-' => out.push('−'),
                other => out.push(other),
            }
        }
        out
    }

    /// A day with its year and without its weekday, e.g. `20 Nov 2026`.
    pub fn dated_day(&self, date: NaiveDate) -> String {
        let pattern = self.date.trim_start_matches("EEE").trim_start_matches(['.', ',', ' ']);
        self.dated(pattern, date, (0, 0))
    }

    /// The day of a month alone, where dates begin with it: `20`, `20.`.
    pub fn day_alone(&self, date: NaiveDate) -> Option<String> {
        let first = self.short_day.split([' ', '\u{a0}']).next().filter(|first| first.starts_with('d'))?;
        Some(self.dated(first, date, (0, 0)))
    }

    /// A day or a time by a date pattern of CLDR: letters stand for fields, and letters within `'` for
    /// themselves.
    pub fn dated(&self, pattern: &str, date: NaiveDate, (hour, minute): Clock) -> String {
        let mut out = String::new();
        let mut rest = pattern.chars().peekable();
        let mut is_quoted = false;
        while let Some(sign) = rest.next() {
            if sign == '\'' {
                is_quoted = !is_quoted;
                continue;
            }
            if is_quoted || !sign.is_ascii_alphabetic() {
                out.push(sign);
                continue;
            }
            let mut length = 1;
            while rest.next_if_eq(&sign).is_some() {
                length += 1;
            }
            out.push_str(&self.field(sign, length, date, (hour, minute)));
        }
        out
    }

    fn field(&self, letter: char, length: usize, date: NaiveDate, (hour, minute): Clock) -> String {
        let (month, weekday) = (date.month0() as usize, date.weekday().num_days_from_monday() as usize);
        match (letter, length) {
            ('E', _) => self.short_weekdays[weekday].to_owned(),
            ('d', _) => padded(date.day(), length),
            ('M', 3) => self.short_months[month].to_owned(),
            ('M', 1) => date.month().to_string(),
            ('L', _) => self.months[month].to_owned(),
            ('y', _) => date.year().to_string(),
            ('H', _) => padded(hour, length),
            ('h', _) => padded((hour + 11) % 12 + 1, length),
            ('m', _) => padded(minute, length),
            ('a', _) => if hour % 24 < 12 { "AM" } else { "PM" }.to_owned(),
            _ => letter.to_string().repeat(length),
        }
    }
}

fn padded(number: u32, length: usize) -> String {
    format!("{number:0length$}")
}
