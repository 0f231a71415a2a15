//! Money: a decimal with its currency, and the arithmetic that keeps sums whole.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 code, upper case, e.g. `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// A text that is not three ASCII letters.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a currency: use a three-letter ISO 4217 code such as \"EUR\"")]
pub struct InvalidCurrency(String);

impl Currency {
    /// Reads a code in either case.
    pub fn new(code: &str) -> Result<Self, InvalidCurrency> {
        match code.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(InvalidCurrency(code.to_owned())),
        }
    }

    /// The upper-case code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimals of the smallest unit in ordinary use (ISO 4217).
    pub fn decimals(&self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
            | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// The sign written before an amount, where one is understood everywhere; else the code.
    pub fn symbol(&self) -> &str {
        match self.code() {
            "USD" => "$",
            "EUR" => "€",
            "GBP" => "£",
            "JPY" => "¥",
            code => code,
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;
    fn try_from(code: String) -> Result<Self, InvalidCurrency> {
        Self::new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// `amount` rounded half away from zero to the currency's smallest unit.
pub fn round_to_unit(amount: Decimal, currency: Currency) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(currency.decimals(), RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(currency.decimals());
    rounded
}

/// Units of one currency for one unit of another, from their rates against a common base (units for
/// one of it), to nine decimals half away from zero; `None` for a rate of zero.
pub fn cross_rate(from: Decimal, to: Decimal) -> Option<Decimal> {
    Some(to.checked_div(from)?.round_dp_with_strategy(9, RoundingStrategy::MidpointAwayFromZero))
}

/// Splits `total` by `weights` so that the parts sum to it to the last unit (largest remainder,
/// ties to the earlier part). All-zero or empty weights give `None`; weights must not be negative.
pub fn allocate(total: Decimal, weights: &[Decimal], currency: Currency) -> Option<Vec<Decimal>> {
    let sum: Decimal = weights.iter().copied().sum();
    if sum <= Decimal::ZERO || weights.iter().any(|weight| weight.is_sign_negative() && !weight.is_zero()) {
        return None;
    }
    let unit = Decimal::new(1, currency.decimals());
    let total = round_to_unit(total, currency);
    let exact: Vec<Decimal> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut parts: Vec<Decimal> = exact
        .iter()
        .map(|part| part.round_dp_with_strategy(currency.decimals(), RoundingStrategy::ToNegativeInfinity))
        .collect();
    let mut left = total - parts.iter().copied().sum::<Decimal>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|&a, &b| (exact[b] - parts[b]).cmp(&(exact[a] - parts[a])).then(a.cmp(&b)));
    for index in order.into_iter().cycle() {
        if left < unit {
            break;
        }
        parts[index] += unit;
        left -= unit;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::dec;

    #[test]
    fn minor_units_follow_the_currency() {
        let of = |code| Currency::new(code).expect("a currency").decimals();
        assert_eq!((of("jpy"), of("EUR"), of("KWD")), (0, 2, 3));
        assert!(Currency::new("EURO").is_err());
        assert!(Currency::new("€").is_err());
    }

    #[test]
    fn a_cent_that_does_not_divide_goes_to_the_largest_remainder() {
        let eur = Currency::new("EUR").expect("a currency");
        let parts = allocate(dec!(100), &[dec!(1), dec!(1), dec!(1)], eur).expect("parts");
        assert_eq!(parts, [dec!(33.34), dec!(33.33), dec!(33.33)]);
        assert_eq!(allocate(dec!(1), &[dec!(0)], eur), None);
    }

    proptest! {
        #[test]
        fn parts_always_sum_to_the_total(cents in -1_000_000_000i64..1_000_000_000, weights in prop::collection::vec(0u32..1000, 1..20)) {
            let eur = Currency::new("EUR").expect("a currency");
            let total = Decimal::new(cents, 2);
            let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
            if let Some(parts) = allocate(total, &weights, eur) {
                prop_assert_eq!(parts.iter().copied().sum::<Decimal>(), total);
            }
        }
    }
}
