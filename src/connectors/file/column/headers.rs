//! Whether the name of a column reads as a value: wide tables have a column a month or a currency.

use super::quarters::{self, Span};
use super::{Meaning, currency, days, months, words};

/// Whether a column's name could be a value of this meaning, however days and months are ordered. Names
/// of texts and numbers could be anything: never.
pub fn names_a_value(meaning: Meaning, header: &str) -> bool {
    let text = words::tidy_cell(header);
    let is_day = || days::scan(text).is_some_and(|written| written.date != days::Date::Serial);
    let is_month = || is_day() || months::is_month(text);
    match meaning {
        Meaning::Currency => currency::code_of(text).is_some(),
        Meaning::Day => is_day(),
        Meaning::Month => is_month(),
        Meaning::Plan => is_month() || matches!(quarters::scan(text), Some(Span::Quarter(_))),
        Meaning::Text | Meaning::Id | Meaning::Amount | Meaning::Count | Meaning::Ratio | Meaning::Figure => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_currencies_may_be_names_of_columns() {
        assert!(["EUR", " usd ", "€"].iter().all(|name| names_a_value(Meaning::Currency, name)));
        assert!(["2026-11", "Nov-26", "01/11/2026", "Q4 2026"].iter().all(|name| names_a_value(Meaning::Plan, name)));
        let none = ["Total", "2026", "46327", "", "FY26", "H1 2026", "Notes", "Nov"];
        assert!(none.iter().all(|name| !names_a_value(Meaning::Plan, name)));
        assert!(!names_a_value(Meaning::Month, "Q4 2026"));
        assert!(!names_a_value(Meaning::Text, "email") && !names_a_value(Meaning::Count, "12"));
    }
}
