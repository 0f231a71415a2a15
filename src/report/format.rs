//! How numbers and dates are worded. The only place that turns a value into text.

use crate::domain::money::{Currency, round_to_unit};
use crate::report::document::Unit;
use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

/// What is printed where a value does not exist.
pub const NOT_AVAILABLE: &str = "n/a";

/// A value as every format prints it.
pub fn value_text(value: Option<Decimal>, unit: Unit, currency: Currency) -> String {
    let Some(value) = value else {
        return NOT_AVAILABLE.to_owned();
    };
    match unit {
        Unit::Count => grouped(round(value, if value.fract().is_zero() { 0 } else { 1 })),
        Unit::Money => money_text(value, currency),
        // What overflows a hundredfold is no share of anything.
        Unit::Percent => value
            .checked_mul(Decimal::ONE_HUNDRED)
            .map_or_else(|| NOT_AVAILABLE.to_owned(), |percent| format!("{}%", grouped(fixed(percent, 1)))),
        Unit::Ratio => grouped(fixed(value, 2)),
        Unit::Duration => duration_text(value),
    }
}

/// A relative change with its sign, e.g. `+12.4%`, `−3.0%`, `±0.0%`.
pub fn change_text(change: Option<Decimal>) -> String {
    let Some(percent) = change.and_then(|change| change.checked_mul(Decimal::ONE_HUNDRED)) else {
        return NOT_AVAILABLE.to_owned();
    };
    let percent = fixed(percent, 1);
    let sign = if percent.is_zero() {
        "±"
    } else if percent.is_sign_negative() {
        "−"
    } else {
        "+"
    };
    format!("{sign}{}%", grouped(percent.abs()))
}

/// An amount with its currency: `€1,204.50`, `−$3.00`, `CHF 12.00`.
pub fn money_text(amount: Decimal, currency: Currency) -> String {
    let rounded = round_to_unit(amount, currency);
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "−" } else { "" };
    let symbol = currency.symbol();
    let gap = if symbol.len() == 3 && symbol.is_ascii() { "\u{a0}" } else { "" };
    format!("{sign}{symbol}{gap}{}", grouped(rounded.abs()))
}

/// A day in words, e.g. `Fri 20 Nov 2026`.
pub fn date_text(date: NaiveDate) -> String {
    format!("{} {} {}", date.format("%a"), date.day(), date.format("%b %Y"))
}

/// The days of a week as ISO counts them.
pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A weekday by its ISO number, Monday being 1.
pub fn weekday_text(weekday: u32) -> &'static str {
    WEEKDAYS.get((weekday as usize).wrapping_sub(1)).copied().unwrap_or("a day")
}

fn round(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

fn fixed(value: Decimal, decimals: u32) -> Decimal {
    let mut value = round(value, decimals);
    value.rescale(decimals);
    value
}

/// Thousands separated by commas; a minus sign, not a hyphen; never `-0`.
fn grouped(value: Decimal) -> String {
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut out = String::with_capacity(text.len() + text.len() / 3 + 3);
    if value.is_sign_negative() && !value.is_zero() {
        out.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

fn duration_text(seconds: Decimal) -> String {
    let whole = round(seconds, 0).abs();
    let (minutes, rest) = ((whole / Decimal::from(60)).trunc(), whole % Decimal::from(60));
    let sign = if seconds.is_sign_negative() && !whole.is_zero() { "−" } else { "" };
    format!("{sign}{}:{:0>2}", grouped(minutes), rest.normalize().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn text(value: Decimal, unit: Unit, currency: &str) -> String {
        value_text(Some(value), unit, Currency::new(currency).expect("a currency"))
    }

    #[test]
    fn money_shows_the_units_of_its_currency() {
        assert_eq!(text(dec!(1204.5), Unit::Money, "EUR"), "€1,204.50");
        assert_eq!(text(dec!(-1234567.895), Unit::Money, "USD"), "−$1,234,567.90");
        assert_eq!(text(dec!(500.4), Unit::Money, "JPY"), "¥500");
        assert_eq!(text(dec!(5.12), Unit::Money, "KWD"), "KWD\u{a0}5.120");
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(text(dec!(-0.004), Unit::Money, "EUR"), "€0.00");
        assert_eq!(change_text(Some(dec!(-0.0001))), "±0.0%");
    }

    #[test]
    fn a_value_that_does_not_exist_is_never_zero() {
        assert_eq!(value_text(None, Unit::Percent, Currency::new("EUR").expect("a currency")), "n/a");
        assert_eq!(change_text(None), "n/a");
    }

    #[test]
    fn ratios_and_times_read_as_people_write_them() {
        assert_eq!(text(dec!(0.028049), Unit::Percent, "EUR"), "2.8%");
        assert_eq!(text(dec!(2.36363), Unit::Ratio, "EUR"), "2.36");
        assert_eq!(text(dec!(125), Unit::Duration, "EUR"), "2:05");
        assert_eq!(text(dec!(12.5), Unit::Count, "EUR"), "12.5");
        assert_eq!(text(dec!(12), Unit::Count, "EUR"), "12");
        assert_eq!(change_text(Some(dec!(-0.35))), "−35.0%");
    }
}
