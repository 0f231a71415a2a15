//! Numbers as people and programs write them: taken apart without knowing the decimal mark, and made
//! exact once it is known.

use super::Mark;
use super::currency::{self, Told};
use super::shapes::{Shape, is_digits};
use super::words::is_minus;
use rust_decimal::Decimal;

/// No number is longer; what is longer is never looked at.
const LONGEST: usize = 200;

/// A number's text without what stands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// Digits with marks and grouping, not empty.
    body: &'a str,
    pub shape: Shape,
    /// The power of ten of an exponent, of `K` and `M`, and of a percent sign.
    tens: i64,
    is_negative: bool,
    pub is_percent: bool,
    pub currency: Told,
}

/// Why a number's value is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// The file's decimal mark is another one, or not known.
    Mark,
    TooLarge,
}

/// Whether the text says "fewer than" or "more than" a number, as Google does: no value is known.
pub fn is_bound(text: &str) -> bool {
    let number = text.strip_prefix(['<', '>', '≤', '≥']).map(|rest| rest.strip_prefix('=').unwrap_or(rest));
    number.is_some_and(|number| scan(number).is_some())
}

/// Takes a tidied text apart: currency and sign before or behind, brackets, percent, exponent.
pub fn scan(text: &str) -> Option<Written<'_>> {
    if text.len() > LONGEST {
        return None;
    }
    let (mut rest, mut told) = (text.trim(), Told::Nothing);
    let (mut minus, mut plus, mut opened, mut closed, mut percent) = (0, 0, 0, 0, 0);
    loop {
        let sign = rest.chars().next()?;
        if is_minus(sign) {
            minus += 1;
        } else if sign == '+' {
            plus += 1;
        } else if sign == '(' {
            opened += 1;
        } else if let Some((after, sign)) = currency::prefix(rest) {
            told = told.and(sign)?;
            rest = after.trim_start();
            continue;
        } else {
            break;
        }
        rest = rest[sign.len_utf8()..].trim_start();
    }
    loop {
        let sign = rest.chars().next_back()?;
        if is_minus(sign) {
            minus += 1;
        } else if sign == ')' {
            closed += 1;
        } else if sign == '%' {
            percent += 1;
        } else if let Some((before, sign)) = currency::suffix(rest) {
            told = told.and(sign)?;
            rest = before.trim_end();
            continue;
        } else {
            break;
        }
        rest = rest[..rest.len() - sign.len_utf8()].trim_end();
    }
    // Two signs at once, as in `(-5)`, may cancel each other or not: nobody knows.
    if minus + plus + opened > 1 || opened != closed || percent > 1 {
        return None;
    }
    let (body, tens, has_exponent) = scaled(rest)?;
    let shape = Shape::of(body, has_exponent)?;
    let tens = if percent == 1 { tens - 2 } else { tens };
    let is_negative = minus + opened == 1;
    Some(Written { body, shape, tens, is_negative, is_percent: percent == 1, currency: told })
}

/// The digits, the power of ten behind them, and whether it was written as an exponent.
fn scaled(text: &str) -> Option<(&str, i64, bool)> {
    for (suffix, tens) in [(['k', 'K'], 3), (['m', 'M'], 6)] {
        if let Some(number) = text.strip_suffix(suffix) {
            return Some((number.trim_end(), tens, false));
        }
    }
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return Some((text, 0, false)) };
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let exponent = (is_digits(digits) && digits.len() <= 5).then(|| exponent.parse().ok()).flatten()?;
    Some((number, exponent, true))
}

impl Written<'_> {
    pub fn is_zero(&self) -> bool {
        !self.body.contains(|c: char| matches!(c, '1'..='9'))
    }

    /// The value with at most `places` decimals, rounded half away from zero, below ten to the power of
    /// `most` in size; and whether it is whole as written. `mark` is the file's decimal mark.
    pub fn value(&self, mark: Option<Mark>, places: u32, most: u32) -> Result<(Decimal, bool), Bad> {
        if self.shape != Shape::Whole && (mark.is_none() || self.shape.proves().is_some_and(|own| Some(own) != mark)) {
            return Err(Bad::Mark);
        }
        let decimal = match self.shape {
            Shape::Decimal(own) => Some(own),
            Shape::Uncertain(own) => mark.filter(|mark| *mark == own),
            Shape::Whole | Shape::Grouped(_) => None,
        };
        let whole = decimal.and_then(|mark| self.body.rfind(mark.sign())).unwrap_or(self.body.len());
        let count = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        let point = i64::try_from(count(&self.body[..whole])).map_err(|_| Bad::TooLarge)? + self.tens;
        let digits: Vec<u8> = self.body.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        let point = point - i64::try_from(zeros).map_err(|_| Bad::TooLarge)?;
        let (units, is_whole) = rounded(&digits[zeros..], point, places, most).ok_or(Bad::TooLarge)?;
        let value = Decimal::from_i128_with_scale(if self.is_negative { -units } else { units }, places);
        Ok((value.normalize(), is_whole))
    }
}

/// `digits` with the decimal point behind the first `point` of them, in units of the last decimal place.
fn rounded(digits: &[u8], point: i64, places: u32, most: u32) -> Option<(i128, bool)> {
    if digits.is_empty() {
        return Some((0, true));
    }
    if point > i64::from(most) {
        return None;
    }
    let is_whole = usize::try_from(point).is_ok_and(|point| digits.iter().skip(point).all(|digit| *digit == 0));
    let Ok(kept) = usize::try_from(point + i64::from(places)) else { return Some((0, is_whole)) };
    let digit = |at: usize| i128::from(digits.get(at).copied().unwrap_or(0));
    let units = (0..kept).fold(0, |units, at| units * 10 + digit(at)) + i128::from(digit(kept) >= 5);
    (units < 10i128.pow(most + places)).then_some((units, is_whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, mark: Mark) -> String {
        match scan(text).map(|written| written.value(Some(mark), 6, 12)) {
            Some(Ok((value, _))) => value.to_string(),
            Some(Err(bad)) => format!("{bad:?}"),
            None => "no".to_owned(),
        }
    }

    #[test]
    fn signs_brackets_and_currencies_are_taken_off() {
        let amounts = [
            ("$1,234.56", "1234.56"),
            ("1,234.56 €", "1234.56"),
            ("(1,234.56)", "-1234.56"),
            ("($99.00)", "-99"),
            ("$(12.34)", "-12.34"),
            ("1,234.56-", "-1234.56"),
            ("−5.00", "-5"),
            ("EUR 12.00", "12"),
            ("-$5.5", "-5.5"),
            ("$-5.5", "-5.5"),
            ("+50.00", "50"),
            ("1\u{2009}234.56", "1234.56"),
            ("1’234.56 CHF", "1234.56"),
            ("1.5E+3", "1500"),
            ("12.5K", "12500"),
            ("12.5%", "0.125"),
            ("R$ 1,234.56", "1234.56"),
            ("kr 12.5", "12.5"),
            ("$12.00 USD", "12"),
            ("Fr. 12.5", "12.5"),
        ];
        for (text, value) in amounts {
            assert_eq!(read(text, Mark::Point), value, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_may_be_two_is_none() {
        let texts = [
            "",
            "k",
            "inf",
            "Infinity",
            "0x10",
            "1,2 34",
            "Free",
            "--1",
            "(-5)",
            "(5",
            "5)",
            "1.2.3",
            "1e",
            "12,-",
            "12.–",
            "5.",
            "1.234,",
            "1,2,3",
            "$5 EUR",
            "１２",
            "٣٤",
            "1e999999",
            "02.11.2026",
            "1 23",
            "0,123,456",
            "5 %%",
            "12.50 XYZ",
            "\u{202e}12",
            "e5",
            "12;50",
            "1 234 56",
            "12:30",
        ];
        for text in texts {
            assert_eq!(read(text, Mark::Point), "no", "{text}");
        }
        assert_eq!(read(&"9".repeat(1 << 20), Mark::Point), "no");
    }

    #[test]
    fn values_are_exact_below_a_trillion_and_rounded_half_up_at_the_sixth_decimal() {
        let values = [
            ("999999999999.999999", "999999999999.999999"),
            ("999999999999.9999995", "TooLarge"),
            ("1000000000000", "TooLarge"),
            ("1e12", "TooLarge"),
            ("1e-7", "0"),
            ("0.0000005", "0.000001"),
            ("-0.0000005", "-0.000001"),
            ("0.00000049999", "0"),
            ("0e99", "0"),
            ("1e-99999", "0"),
            ("0000000000000000012", "12"),
            ("2.02611E+11", "202611000000"),
        ];
        for (text, value) in values {
            assert_eq!(read(text, Mark::Point), value, "{text}");
        }
    }

    #[test]
    fn a_value_of_another_mark_than_the_file_s_is_bad() {
        assert_eq!(read("12.50", Mark::Comma), "Mark");
        assert_eq!(read("12.000", Mark::Comma), "12000");
        assert_eq!(read("12.000", Mark::Point), "12");
        assert_eq!(scan("12.000").map(|written| written.value(None, 6, 12)), Some(Err(Bad::Mark)));
    }

    #[test]
    fn bounds_are_distinguished_from_numbers() {
        assert!(["<10", "< 10%", ">99", "> 1,000", "≤ 5"].iter().all(|text| is_bound(text)));
        assert!(["<", "10", "<b>", "<>"].iter().all(|text| !is_bound(text)));
    }
}
