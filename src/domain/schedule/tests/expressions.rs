//! What an expression may be, and which kind it is.

use super::{at, schedule};
use crate::domain::schedule::{Expression, ExpressionError, Kind};
use chrono_tz::Tz;

#[test]
fn the_hour_field_alone_says_which_kind_an_expression_is() {
    let kind = |text| Expression::parse(text).expect("an expression").kind();
    for text in ["30 2 * * *", "30 2,14 * * *", "*/15 8-18 * * 1-5", "0 0-23/6 * * *", "0 */6,3 * * *"] {
        assert_eq!(kind(text), Kind::WallClock, "{text}");
    }
    for text in ["*/15 * * * *", "5 * * * *", "0 */6 * * *"] {
        assert_eq!(kind(text), Kind::Interval, "{text}");
    }
}

#[test]
fn what_is_no_expression_is_refused_with_its_reason() {
    let error = |text: &str| Expression::parse(text).expect_err(text);
    assert_eq!(error("0 8 * *"), ExpressionError::Fields(4));
    assert_eq!(error(""), ExpressionError::Fields(0));
    assert_eq!(error("0 25 * * *"), ExpressionError::Syntax);
    assert_eq!(error("@daily"), ExpressionError::Fields(1));
    assert_eq!(error("0 8 31 2 *"), ExpressionError::NeverFires);
}

#[test]
fn a_leap_day_is_found_however_far_ahead() {
    let leap = schedule("0 0 29 2 *", Tz::UTC);
    assert_eq!(leap.next(at("2096-03-01T00:00")).map(|fire| fire.at), Some(at("2104-02-29T00:00")));
    assert_eq!(leap.previous(at("2104-01-01T00:00")).map(|fire| fire.at), Some(at("2096-02-29T00:00")));
}

#[test]
fn the_last_day_of_a_month_has_a_letter() {
    let fires = schedule("0 6 L * *", Tz::UTC).fires(at("2027-02-01T00:00"), at("2028-03-01T00:00"));
    let days: Vec<String> = fires.iter().map(|fire| fire.at.format("%m-%d").to_string()).collect();
    assert_eq!((days.first().map(String::as_str), days.last().map(String::as_str)), (Some("02-28"), Some("02-29")));
    assert_eq!(days.len(), 13);
}
