//! Exchange rates, and amounts of currencies.

use crate::domain::money::Currency;
use chrono::{Datelike, Days, NaiveDate, Weekday};
use rust_decimal::{Decimal, RoundingStrategy, dec};

/// Units of a currency for one euro on a day or the last working day before it.
pub fn rate_of_day(currency: Currency, date: NaiveDate) -> Option<Decimal> {
    let back = match date.weekday() {
        Weekday::Sat => 1,
        Weekday::Sun => 2,
        _ => 0,
    };
    stated_rate(currency, date - Days::new(back))
}

/// The rate stated on a working day: a slow wave around a level, in whole ten-thousandths.
pub fn stated_rate(currency: Currency, date: NaiveDate) -> Option<Decimal> {
    let level = match currency.code() {
        "EUR" => return Some(Decimal::ONE),
        "USD" => dec!(1.1200),
        "GBP" => dec!(0.8600),
        "JPY" => dec!(172.40),
        "KWD" => dec!(0.3440),
        _ => return None,
    };
    let wave = i64::from(date.num_days_from_ce()) * 37 % 101 - 50;
    Some((level * (Decimal::ONE + Decimal::new(wave, 4))).round_dp(5))
}

/// An amount in hundredths of its unit.
pub fn hundredths(amount: Decimal) -> i64 {
    use rust_decimal::prelude::ToPrimitive;
    let rounded = (amount * Decimal::ONE_HUNDRED).round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    rounded.to_i64().unwrap_or_default()
}

/// Minor units as an amount, the way Stripe counts them.
pub fn amount(minor: i64, currency: &str) -> Decimal {
    Decimal::new(
        minor,
        match currency {
            "jpy" => 0,
            "kwd" => 3,
            _ => 2,
        },
    )
}

/// Six digits behind the point, as amounts are kept.
pub fn six(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero)
}
