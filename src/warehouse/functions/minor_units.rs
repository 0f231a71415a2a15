//! Amounts in minor units. They are no macros: those would stand in a query a dozen times, each with its list of currencies,
//! and planning it would take longer than all else of a load.

use super::arguments::column;
use duckdb::arrow::array::{Array, Decimal64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use duckdb::arrow::datatypes::DataType;
use duckdb::vscalar::{ArrowFunctionSignature, VArrowScalar};
use std::error::Error;
use std::sync::Arc;

/// Currencies whose minor unit is no hundredth, as Stripe counts them (docs.stripe.com/currencies): ISK and UGX are
/// carried with two decimals there.
const WHOLE: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
/// Decimals of an amount, and what it ends below: `DECIMAL(18, 6)`.
const DECIMALS: u32 = 6;
const DIGITS: u8 = 18;

/// Decimals of a currency's minor unit.
fn decimals(currency: &str) -> u32 {
    let is = |code: &&str| code.eq_ignore_ascii_case(currency);
    if WHOLE.iter().any(is) {
        0
    } else if THOUSANDTHS.iter().any(is) {
        3
    } else {
        2
    }
}

/// `decimals_of(currency VARCHAR) -> INTEGER`: decimals of the minor unit of an ISO 4217 code in any case; 2 where it is
/// not known, NULL for NULL.
#[derive(Debug)]
pub struct DecimalsOf;

impl VArrowScalar for DecimalsOf {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Result<Arc<dyn Array>, Box<dyn Error>> {
        let currencies = column::<StringArray>(&input, 0)?;
        let of = |currency: Option<&str>| currency.map(|code| i32::try_from(decimals(code))).transpose();
        Ok(Arc::new(currencies.iter().map(of).collect::<Result<Int32Array, _>>()?))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        vec![ArrowFunctionSignature::exact(vec![DataType::Utf8], DataType::Int32)]
    }
}

/// `minor_amount(value BIGINT, currency VARCHAR) -> DECIMAL(18, 6)`: so many minor units as an amount of the currency;
/// NULL for NULL and where it does not fit.
#[derive(Debug)]
pub struct MinorAmount;

impl VArrowScalar for MinorAmount {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Result<Arc<dyn Array>, Box<dyn Error>> {
        let (values, currencies) = (column::<Int64Array>(&input, 0)?, column::<StringArray>(&input, 1)?);
        let amount = |(value, currency): (Option<i64>, Option<&str>)| {
            let amount = value?.checked_mul(10_i64.pow(DECIMALS - decimals(currency?)))?;
            (amount.unsigned_abs() < 10_u64.pow(DIGITS.into())).then_some(amount)
        };
        let amounts: Decimal64Array = values.iter().zip(currencies).map(amount).collect();
        Ok(Arc::new(amounts.with_precision_and_scale(DIGITS, DECIMALS.try_into()?)?))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        let amount = DataType::Decimal64(DIGITS, 6);
        vec![ArrowFunctionSignature::exact(vec![DataType::Int64, DataType::Utf8], amount)]
    }
}

#[cfg(test)]
mod tests {
    use crate::warehouse::{Context, Warehouse};

    #[test]
    fn minor_units_are_amounts_of_their_currency() {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let text = |sql: &str| -> String {
            let read =
                |reader: &duckdb::Connection| reader.query_row(sql, [], |row| row.get(0)).context(|| sql.to_owned());
            warehouse.read_blocking(read).expect("a text")
        };
        for (value, currency, amount) in [
            ("'1234'", "'eur'", "12.340000"),
            ("'-5'", "'USD'", "-0.050000"),
            ("'1234'", "'jpy'", "1234.000000"),
            ("'1234'", "'KWD'", "1.234000"),
            ("'100'", "'isk'", "1.000000"),
            ("'100'", "'???'", "1.000000"),
            ("'100'", "NULL", "1.000000"),
            ("'99999999999999'", "'EUR'", "999999999999.990000"),
            ("'100000000000000'", "'EUR'", "-"),
            ("'9223372036854775807'", "'KWD'", "-"),
            ("'-9223372036854775808'", "'JPY'", "-"),
            ("'x'", "'EUR'", "-"),
            ("NULL", "'EUR'", "-"),
        ] {
            let sql = format!("SELECT coalesce(CAST(from_minor_units({value}, {currency}) AS VARCHAR), '-')");
            assert_eq!(text(&sql), amount, "{value} {currency}");
        }
        let sql = "SELECT string_agg(minor_unit_decimals(code), '' ORDER BY place)
            FROM (VALUES (1, 'JPY'), (2, 'tnd'), (3, 'UGX'), (4, NULL)) AS v(place, code)";
        assert_eq!(text(sql), "0322");
    }
}
