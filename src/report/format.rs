//! How numbers and dates are worded. The only place that turns a value into text.
//!
//! Sentences are English; what a [`Locale`] changes are the numbers, amounts and dates within them. A
//! weekday that is a word of a sentence (`last Friday`) stays one: `last Freitag` would be neither
//! language.
//!
//! # Adding one
//!
//! A language is a variant of `Language` in `src/report/format/language.rs`, in its list, its tag and its rules,
//! which stand in `src/report/format/table.rs`. Add its tag to `src/report/format/icu.mjs` and write
//! `src/report/format/icu.tsv` again by it: what ICU says is the reference. It is done when
//! `every_language_follows_icu`, `each_language_writes_amounts_shares_and_days_its_own_way` (a line by hand) and
//! `every_language_comes_through_every_format` pass.

mod language;
mod rules;
#[rustfmt::skip] // names read better in rows
mod table;
#[cfg(test)]
mod tests;

pub use language::{Language, UnknownLanguage};

use crate::domain::money::{Currency, round_to_unit};
use crate::domain::period::Period;
use crate::report::document::Unit;
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use rules::Rules;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is printed where a value does not exist.
pub const NOT_AVAILABLE: &str = "n/a";

/// Printed where too few events stand behind a rate or its change.
pub const FEW: &str = "too few";

/// Printed for a change of days whose events are still arriving.
pub const IMMATURE: &str = "immature";

/// Printed for a change from days that lack a source, or days of one, that the value has.
pub const NOT_COMPARABLE: &str = "not comparable";

/// What is printed where nothing changed.
pub const NO_CHANGE: &str = "no change";

/// From tenfold on, percentages are unreadable.
const MULTIPLE_FROM: Decimal = Decimal::from_parts(9, 0, 0, false, 0);
/// Amounts from here on are printed in whole units.
const WHOLE_FROM: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);
const TENTH: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

/// A label inside a sentence: `Net revenue` becomes `net revenue`, `ROAS` and `MQLs` stay.
pub fn in_sentence(label: &str) -> String {
    let (first, rest) = label.split_at(label.chars().next().map_or(0, char::len_utf8));
    let is_acronym = rest.split_whitespace().next().is_some_and(|word| word.contains(char::is_uppercase))
        && !rest.starts_with(char::is_whitespace);
    if is_acronym { label.to_owned() } else { first.to_lowercase() + rest }
}

/// A query's words as a sentence: a capital in front unless a name stands there, and a full stop.
pub fn as_sentence(text: &str) -> String {
    let text = text.trim();
    let word: String = text.chars().take_while(|c| !c.is_whitespace()).collect();
    let is_word = word.chars().all(|c| c.is_lowercase() || c == ':' || c == ',');
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    let first = if is_word { first.to_uppercase() } else { first.to_owned() };
    let stop = if text.is_empty() || text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{first}{rest}{stop}")
}

/// What an amount's currency is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurrencyDisplay {
    /// `€`, where a sign is understood everywhere; else the code.
    #[default]
    Symbol,
    /// `EUR`.
    Code,
}

/// How a reader wants numbers, amounts and dates written. As a text, `de`, or `de:code` with codes of
/// currencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Locale {
    pub language: Language,
    pub currency: CurrencyDisplay,
}

impl Locale {
    /// English with symbols, in which the ledger is kept.
    pub const STANDARD: Self = Self { language: Language::En, currency: CurrencyDisplay::Symbol };

    pub fn is_standard(&self) -> bool {
        *self == Self::STANDARD
    }

    /// A value as every format prints it.
    pub fn value_text(self, value: Option<Decimal>, unit: Unit, currency: Currency) -> String {
        let Some(value) = value else {
            return NOT_AVAILABLE.to_owned();
        };
        match unit {
            // Half a payment does not exist; less than one is a rate that somebody asked for.
            Unit::Count if value.abs() < Decimal::ONE && !value.is_zero() => self.grouped(round(value, 1)),
            Unit::Count => self.grouped(round(value, 0)),
            Unit::Money => self.money_text(value, currency),
            // What overflows a hundredfold is no share of anything.
            Unit::Percent => value
                .checked_mul(Decimal::ONE_HUNDRED)
                .map_or_else(|| NOT_AVAILABLE.to_owned(), |percent| self.percent(&self.grouped(fixed(percent, 1)))),
            Unit::Points => self.points_text(value),
            Unit::Ratio => self.grouped(fixed(value, 2)),
            Unit::Duration => self.duration_text(value),
        }
    }

    /// A relative change with its sign, e.g. `+12.4%`, `−3.0%`; from tenfold on as a multiple, `×32`.
    pub fn change_text(self, change: Option<Decimal>) -> String {
        let Some(change) = change else { return NOT_AVAILABLE.to_owned() };
        if change >= MULTIPLE_FROM {
            return change
                .checked_add(Decimal::ONE)
                .map_or_else(|| NOT_AVAILABLE.to_owned(), |times| format!("×{}", self.grouped(round(times, 0))));
        }
        let Some(percent) = change.checked_mul(Decimal::ONE_HUNDRED) else { return NOT_AVAILABLE.to_owned() };
        self.percent_signed(percent, |text| self.percent(text))
    }

    /// The difference of two shares in percentage points, e.g. `−0.2 pp`.
    fn points_text(self, difference: Decimal) -> String {
        let Some(points) = difference.checked_mul(Decimal::ONE_HUNDRED) else { return NOT_AVAILABLE.to_owned() };
        self.percent_signed(points, |text| format!("{text}\u{a0}pp"))
    }

    /// Sign and number from one rounded value; what is not zero is never written as zero.
    fn percent_signed(self, percent: Decimal, unit: impl Fn(&str) -> String) -> String {
        let rounded = fixed(percent, 1);
        match (percent.is_zero(), rounded.is_zero()) {
            (true, _) => NO_CHANGE.to_owned(),
            (_, true) => {
                let sign = if percent.is_sign_negative() { "−" } else { "+" };
                unit(&format!("{sign}<{}", self.grouped(fixed(TENTH, 1))))
            }
            _ => {
                let sign = if rounded.is_sign_negative() { "−" } else { "+" };
                unit(&format!("{sign}{}", self.grouped(rounded.abs())))
            }
        }
    }

    /// A difference with its sign where a percentage would mislead: `+3`, `−€120.00`.
    pub fn difference_text(self, value: Option<Decimal>, unit: Unit, currency: Currency) -> String {
        match value {
            Some(value) if value.is_zero() => NO_CHANGE.to_owned(),
            Some(value) if value > Decimal::ZERO && unit != Unit::Points => {
                format!("+{}", self.value_text(Some(value), unit, currency))
            }
            value => self.value_text(value, unit, currency),
        }
    }

    /// An amount with its currency: `€1,204.50`, `−$3.00`, `CHF 12.00`, `1.204,50 €`.
    /// Nobody reads the cents of a large amount, which data files have: from ten thousand on in whole units.
    pub fn money_text(self, amount: Decimal, currency: Currency) -> String {
        if amount.abs() >= WHOLE_FROM {
            return self.amount(round(amount, 0), currency);
        }
        self.exact_money_text(amount, currency)
    }

    /// An amount with all units of its currency: `€12,204.50`.
    pub fn exact_money_text(self, amount: Decimal, currency: Currency) -> String {
        self.amount(round_to_unit(amount, currency), currency)
    }

    fn amount(self, rounded: Decimal, currency: Currency) -> String {
        let is_negative = rounded.is_sign_negative() && !rounded.is_zero();
        self.rules().money(&self.grouped(rounded.abs()), self.sign_of(&currency), is_negative)
    }

    /// A number along an axis in few letters: `€10k`, `2.5M`, `40%`, `1,2 Mio. €`.
    pub fn tick_text(self, value: f64, unit: Unit, currency: Currency) -> String {
        let (sign, magnitude) = (if value < 0.0 { "−" } else { "" }, value.abs());
        if unit == Unit::Percent {
            return self.percent(&format!("{sign}{}", self.rules().grouped(&trimmed(magnitude * 100.0))));
        }
        // Largest first. What the smaller word would round up to a thousand is one of the larger.
        let words = self.rules().compact;
        let reached = |(at, (power, _)): &(usize, &(i32, &str))| {
            let smaller = words.get(at + 1).map_or(1.0, |(power, _)| 10f64.powi(*power));
            (magnitude / smaller * 100.0).round() / 100.0 * smaller >= 10f64.powi(*power)
        };
        let counted = words.iter().enumerate().find(reached).map(|(_, word)| word);
        let number = match counted {
            Some((power, word)) => {
                let count = trimmed(magnitude / 10f64.powi(*power));
                count.replace('.', &self.decimal_mark().to_string()) + word
            }
            None => self.rules().grouped(&trimmed(magnitude)),
        };
        match unit {
            Unit::Money => format!("{sign}{}", self.rules().money(&number, self.sign_of(&currency), false)),
            _ => sign.to_owned() + &number,
        }
    }

    /// A day in words, e.g. `Fri 20 Nov 2026`.
    pub fn date_text(self, date: NaiveDate) -> String {
        self.dated(self.rules().date, date)
    }

    /// Days in a row, e.g. `Fri 20 Nov 2026` or `17 Nov to Fri 20 Nov 2026`.
    pub fn days_text(self, period: Period) -> String {
        match period.days() {
            1 => self.date_text(period.start),
            _ => format!("{} to {}", self.short_day_text(period.start), self.date_text(period.last_day())),
        }
    }

    /// Days in a row as short as they can be written: `16 – 22 Nov 2026`, `28 Dec 2026 – 3 Jan 2027`; one day
    /// as [`Self::date_text`]. Several days of one report name their weekdays elsewhere.
    pub fn span_text(self, period: Period) -> String {
        let (first, last) = (period.start, period.last_day());
        if first == last {
            return self.date_text(first);
        }
        let of_last = self.rules().dated_day(last);
        let is_month = (first.year(), first.month()) == (last.year(), last.month());
        match self.rules().day_alone(first).filter(|_| is_month) {
            Some(first) => format!("{first} – {of_last}"),
            None if first.year() == last.year() => format!("{} – {of_last}", self.short_day_text(first)),
            None => format!("{} – {of_last}", self.rules().dated_day(first)),
        }
    }

    /// What weeks are numbered by, e.g. `Week`.
    pub fn week(self) -> &'static str {
        "Week"
    }

    /// A day whose year is known, e.g. `Fri 20 Nov`.
    pub fn day_text(self, date: NaiveDate) -> String {
        self.dated(self.rules().day, date)
    }

    /// A day among others, e.g. `20 Nov`.
    pub fn short_day_text(self, date: NaiveDate) -> String {
        self.dated(self.rules().short_day, date)
    }

    /// e.g. `November 2026`.
    pub fn month_text(self, date: NaiveDate) -> String {
        self.dated(self.rules().month, date)
    }

    /// A month among others, e.g. `Nov 2026`.
    pub fn short_month_text(self, date: NaiveDate) -> String {
        self.dated(self.rules().short_month, date)
    }

    /// e.g. `November`.
    pub fn month_name(self, date: NaiveDate) -> String {
        self.dated("LLLL", date)
    }

    /// An instant on the reader's clock: `Sat 21 Nov 2026, 08:00 CET`.
    pub fn instant_text(self, at: DateTime<Utc>, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        let time = self.time_text(local.hour(), local.minute());
        format!("{}, {time} {}", self.date_text(local.date_naive()), local.format("%Z"))
    }

    /// An instant in a small line: `21 Nov 2026 08:00 CET`.
    pub fn stamp_text(self, at: DateTime<Utc>, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        let time = self.time_text(local.hour(), local.minute());
        format!("{} {time} {}", self.dated(self.rules().stamp, local.date_naive()), local.format("%Z"))
    }

    /// An instant of these days: `21 Nov 08:00`.
    pub fn day_stamp_text(self, at: DateTime<Utc>, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        let time = self.time_text(local.hour(), local.minute());
        format!("{} {time}", self.dated(self.rules().day_stamp, local.date_naive()))
    }

    /// A time of day, e.g. `09:00`; a day may end at 24 o'clock.
    pub fn time_text(self, hour: u32, minute: u32) -> String {
        self.rules().dated(self.rules().time, NaiveDate::default(), (hour, minute))
    }

    /// The days of a week as ISO counts them.
    pub fn weekdays(self) -> [&'static str; 7] {
        self.rules().weekdays
    }

    /// The same in few letters.
    pub fn short_weekdays(self) -> [&'static str; 7] {
        self.rules().short_weekdays
    }

    /// A weekday by its ISO number, Monday being 1.
    pub fn weekday_text(self, weekday: u32) -> &'static str {
        self.weekdays().get((weekday as usize).wrapping_sub(1)).copied().unwrap_or("a day")
    }

    /// What stands between whole units and their fraction.
    pub fn decimal_mark(self) -> char {
        self.rules().decimal
    }

    fn rules(self) -> &'static Rules {
        self.language.rules()
    }

    fn sign_of(self, currency: &Currency) -> &str {
        match self.currency {
            CurrencyDisplay::Symbol => currency.symbol(),
            CurrencyDisplay::Code => currency.code(),
        }
    }

    fn dated(self, pattern: &str, date: NaiveDate) -> String {
        self.rules().dated(pattern, date, (0, 0))
    }

    fn percent(self, number: &str) -> String {
        self.rules().percent.replace('0', number)
    }

    /// Digits in groups; a minus sign, not a hyphen; never `-0`.
    fn grouped(self, value: Decimal) -> String {
        let sign = if value.is_sign_negative() && !value.is_zero() { "−" } else { "" };
        format!("{sign}{}", self.rules().grouped(&value.abs().to_string()))
    }

    fn duration_text(self, seconds: Decimal) -> String {
        let whole = round(seconds, 0).abs();
        let (minutes, rest) = ((whole / Decimal::from(60)).trunc(), whole % Decimal::from(60));
        let sign = if seconds.is_sign_negative() && !whole.is_zero() { "−" } else { "" };
        let between = self.rules().duration;
        format!("{sign}{}{between}{:0>2}", self.grouped(minutes), rest.normalize().to_string())
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.currency == CurrencyDisplay::Code { ":code" } else { "" };
        write!(out, "{}{code}", self.language)
    }
}

impl FromStr for Locale {
    type Err = UnknownLanguage;
    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let (language, currency) = match text.strip_suffix(":code") {
            Some(language) => (language, CurrencyDisplay::Code),
            None => (text, CurrencyDisplay::Symbol),
        };
        Ok(Self { language: language.parse()?, currency })
    }
}

fn round(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

fn fixed(value: Decimal, decimals: u32) -> Decimal {
    let mut value = round(value, decimals);
    value.rescale(decimals);
    value
}

/// A few decimals at most, and no more than it takes.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
