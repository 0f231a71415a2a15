//! Numbers as people write them in files, read once and exactly. A function of DuckDB, because the
//! same in regular expressions costs a query hundreds of megabytes.

use duckdb::arrow::array::{Array, RecordBatch, StringArray};
use duckdb::arrow::datatypes::DataType;
use duckdb::vscalar::{ArrowFunctionSignature, VArrowScalar};
use rust_decimal::Decimal;
use std::error::Error;
use std::sync::Arc;

/// `plain_number(value VARCHAR, decimal_mark VARCHAR) -> VARCHAR`: see [`read`]; NULL for a text that
/// is no number.
#[derive(Debug)]
pub struct PlainNumber;

impl VArrowScalar for PlainNumber {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Result<Arc<dyn Array>, Box<dyn Error>> {
        let column = |index: usize| input.column(index).as_any().downcast_ref::<StringArray>().ok_or("a text was due");
        let (values, marks) = (column(0)?, column(1)?);
        let plain = (0..input.num_rows()).map(|row| {
            let is_null = values.is_null(row) || marks.is_null(row);
            (!is_null)
                .then(|| read(values.value(row), marks.value(row) == ","))
                .flatten()
                .map(|number| number.to_string())
        });
        Ok(Arc::new(plain.collect::<StringArray>()))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        vec![ArrowFunctionSignature::exact(vec![DataType::Utf8, DataType::Utf8], DataType::Utf8)]
    }
}

/// `1,234`, `12.5K`, `1.2M`, `45%` (0.45), `1e3`; with `is_comma` the comma stands before decimals.
/// A sign of grouping must stand before three digits: where commas group, `1,2M` is no number.
pub fn read(text: &str, is_comma: bool) -> Option<Decimal> {
    let text = text.trim();
    let (is_negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, factor) = scaled(unsigned)?;
    let (mark, group) = if is_comma { (',', '.') } else { ('.', ',') };
    let (whole, fraction) = digits.split_once(mark).map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let whole = ungrouped(whole, group)?;
    if whole.is_empty() && fraction.is_none() {
        return None;
    }
    let fraction = fraction.unwrap_or("0");
    if !is_digits(fraction) || whole.len() > 28 {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { whole.as_str() };
    // Digits beyond the twelfth decimal are no money.
    let number: Decimal = format!("{whole}.{}", fraction.get(..12).unwrap_or(fraction)).parse().ok()?;
    let number = number.checked_mul(factor)?.normalize();
    Some(if is_negative { -number } else { number })
}

/// The text before a suffix or an exponent, and what it is to be multiplied by.
fn scaled(text: &str) -> Option<(&str, Decimal)> {
    for (suffix, factor) in
        [(['k', 'K'], Decimal::ONE_THOUSAND), (['m', 'M'], Decimal::from(1_000_000)), (['%', '%'], Decimal::new(1, 2))]
    {
        if let Some(number) = text.strip_suffix(suffix) {
            return Some((number.trim_end(), factor));
        }
    }
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return Some((text, Decimal::ONE)) };
    let exponent: i32 = exponent.parse().ok().filter(|exponent| (-20..=20).contains(exponent))?;
    let factor = Decimal::from(10u128.pow(exponent.unsigned_abs()));
    Some((number, if exponent < 0 { Decimal::ONE.checked_div(factor)? } else { factor }))
}

/// Digits without their grouping by `sign`, blanks or apostrophes; `None` where it groups otherwise
/// than by three, or by two signs at once.
fn ungrouped(text: &str, sign: char) -> Option<String> {
    let is_grouping = |c: char| c == sign || matches!(c, ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}');
    let Some(used) = text.chars().find(|c| is_grouping(*c)) else {
        return (text.is_empty() || is_digits(text)).then(|| text.to_owned());
    };
    let mut groups = text.split(used);
    let first = groups.next().filter(|first| is_digits(first) && first.len() <= 3)?;
    let rest: Vec<&str> = groups.collect();
    rest.iter().all(|group| is_digits(group) && group.len() == 3).then(|| first.to_owned() + &rest.concat())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(is_comma: bool, values: &[&str]) -> Vec<String> {
        values.iter().map(|value| read(value, is_comma).map_or("no".to_owned(), |number| number.to_string())).collect()
    }

    #[test]
    fn the_decimal_mark_decides_what_a_comma_is() {
        let values = ["1,234", "48.210", "1.200,00", "12.5K", "1,2M", "-5,5", "1 234", "1'200.50", " 45% ", "+3", ".5"];
        let point = ["1234", "48.21", "no", "12500", "no", "no", "1234", "1200.5", "0.45", "3", "0.5"];
        let comma = ["1.234", "48210", "1200", "no", "1200000", "-5.5", "1234", "no", "0.45", "3", "no"];
        assert_eq!(texts(false, &values), point);
        assert_eq!(texts(true, &values), comma);
    }

    #[test]
    fn what_is_no_number_is_none() {
        let values = [
            "",
            "k",
            "-",
            "inf",
            "nan",
            "0x10",
            "1,20,000",
            "€5",
            "1e999",
            "--1",
            "1.2.3",
            "１２",
            "9999999999999999999999999999999",
        ];
        assert_eq!(texts(false, &values), vec!["no"; values.len()]);
        assert_eq!(
            texts(false, &["1e3", "1e-07", "123456789012.345678"]),
            ["1000", "0.0000001", "123456789012.345678"]
        );
    }

    proptest! {
        #[test]
        fn any_text_ends_and_any_amount_comes_back(text in "\\PC{0,40}", units in -999_999_999_999_999_999i64..999_999_999_999_999_999) {
            let _ = (read(&text, true), read(&text, false));
            let amount = Decimal::new(units, 6);
            prop_assert_eq!(read(&amount.to_string(), false), Some(amount));
            prop_assert_eq!(read(&amount.to_string().replace('.', ","), true), Some(amount));
        }
    }
}
