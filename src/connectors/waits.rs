//! How vendors say how long to wait: seconds, other units, `1m30s`, dates, instants since 1970. Pure.

use super::paging::header_value;
use super::places::at;
use super::slice::start_of_day;
use super::spec::{WaitSpec, WaitUnit};
use chrono::{DateTime, Days, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::Duration;

/// Longer than any window of a quota.
const LONGEST: Duration = Duration::from_secs(40 * 24 * 3600);

/// What a wait says of an answer; `None` where the vendor says nothing, or nothing that is ahead. `place` gives
/// what stands in the body.
pub fn stated<'a>(
    spec: &WaitSpec,
    headers: &HeaderMap,
    place: impl Fn(&str) -> Option<&'a Value>,
    now: DateTime<Utc>,
) -> Option<Duration> {
    let wait = |value: &Value| duration(value, spec.unit, now);
    match (&spec.header, &spec.pointer) {
        (Some(name), Some(pointer)) => {
            let header = serde_json::from_str(&header_value(headers, name)?).ok()?;
            at(&header, pointer).into_iter().filter_map(wait).max()
        }
        (Some(name), None) => wait(&Value::from(header_value(headers, name)?)),
        (None, Some(pointer)) => wait(place(pointer)?),
        (None, None) => None,
    }
}

/// What is waited where the vendor does not say: until midnight, or so many seconds.
pub fn usual(spec: &WaitSpec, now: DateTime<Utc>) -> Option<Duration> {
    let midnight = spec.midnight.map(|zone| {
        let today = now.with_timezone(&zone).date_naive();
        (start_of_day(today + Days::new(1), zone) - now).to_std().unwrap_or_default()
    });
    midnight.or(spec.secs.map(Duration::from_secs))
}

/// The header `Retry-After`: seconds or an HTTP date (RFC 9110, 10.2.3).
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    duration(&Value::from(header_value(headers, "retry-after")?), WaitUnit::Seconds, now)
}

/// A number, a text with or without units, or an instant; `None` where it is not ahead.
pub fn duration(value: &Value, unit: WaitUnit, now: DateTime<Utc>) -> Option<Duration> {
    let wait = match value {
        Value::Number(number) => of_number(number.as_f64()?, unit, now),
        Value::String(text) => of_text(text.trim(), unit, now),
        _ => None,
    };
    wait.filter(|wait| !wait.is_zero()).map(|wait| wait.min(LONGEST))
}

fn of_number(number: f64, unit: WaitUnit, now: DateTime<Utc>) -> Option<Duration> {
    // No window of a quota has thirty years: so large a number is an instant, in seconds or milliseconds.
    if number >= 1e9 {
        let millis = if number >= 1e12 { number } else { number * 1000.0 };
        return Duration::try_from_secs_f64((millis - now.timestamp_millis() as f64) / 1000.0).ok();
    }
    let seconds = match unit {
        WaitUnit::Milliseconds => number / 1000.0,
        WaitUnit::Seconds => number,
        WaitUnit::Minutes => number * 60.0,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

fn of_text(text: &str, unit: WaitUnit, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(number) = text.parse() {
        return of_number(number, unit, now);
    }
    let instant = DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text));
    match instant {
        Ok(at) => (at.to_utc() - now).to_std().ok(),
        Err(_) => of_units(text),
    }
}

/// `1m30s`, `2h`, `500ms`, `60s`.
fn of_units(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|sign: char| !sign.is_ascii_digit() && sign != '.')?;
        let (number, after) = rest.split_at(digits);
        let end = after.find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let each = match unit {
            "d" => 86_400.0,
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * each;
        rest = after;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use serde_json::json;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 20, 8, 0, 0).single().expect("an instant")
    }

    #[test]
    fn a_wait_is_read_in_whatever_way_it_is_written() {
        let seconds = |value: Value| duration(&value, WaitUnit::Seconds, now()).map(|wait| wait.as_secs_f64());
        let cases = [
            (json!(30), Some(30.0)), // deniz-blue/mcman#36: no instant, however early
            (json!("30"), Some(30.0)),
            (json!("0.5"), Some(0.5)),
            (json!("60s"), Some(60.0)),
            (json!("1m30s"), Some(90.0)),
            (json!("1h"), Some(3600.0)),
            (json!("250ms"), Some(0.25)),
            (json!("Fri, 20 Nov 2026 08:00:30 GMT"), Some(30.0)),
            (json!("2026-11-20T08:02:00Z"), Some(120.0)),
            (json!(now().timestamp() + 45), Some(45.0)),
            // RocketChat/docs-old#1358: milliseconds
            (json!((now().timestamp_millis() + 1500).to_string()), Some(1.5)),
            // withcoral/coral#89: an instant that is past is nothing to wait for
            (json!(now().timestamp() - 5), None),
            (json!(0), None),
            (json!("soon"), None),
            (json!("5 apples"), None),
            (json!(-3), None),
            (json!("1e300"), None),
        ];
        for (value, expected) in cases {
            assert_eq!(seconds(value.clone()), expected, "{value}");
        }
        let unit = |unit| duration(&json!(12), unit, now());
        assert_eq!(unit(WaitUnit::Minutes), Some(Duration::from_secs(720)));
        assert_eq!(unit(WaitUnit::Milliseconds), Some(Duration::from_millis(12)));
    }

    #[test]
    fn a_header_may_hold_json_with_the_minutes_of_each_kind_of_call() {
        let mut headers = HeaderMap::new();
        let usage = r#"{"8":[{"type":"ads_insights","call_count":100,"estimated_time_to_regain_access":12},{"type":"ads_management","estimated_time_to_regain_access":0}]}"#;
        headers.insert("x-business-use-case-usage", usage.parse().expect("a value"));
        let spec = WaitSpec {
            header: Some("X-Business-Use-Case-Usage".to_owned()),
            pointer: Some("/*/*/estimated_time_to_regain_access".to_owned()),
            unit: WaitUnit::Minutes,
            ..WaitSpec::default()
        };
        assert_eq!(stated(&spec, &headers, |_| None, now()), Some(Duration::from_secs(720)));
        assert_eq!(stated(&spec, &HeaderMap::new(), |_| None, now()), None);
    }

    #[test]
    fn a_day_ends_at_the_midnight_of_the_vendors_zone() {
        let until = |zone: &str| {
            let spec = WaitSpec { midnight: Some(zone.parse().expect("a zone")), secs: Some(5), ..WaitSpec::default() };
            now() + usual(&spec, now()).expect("a wait")
        };
        assert_eq!(until("UTC").to_rfc3339(), "2026-11-21T00:00:00+00:00");
        assert_eq!(until("America/Los_Angeles").to_rfc3339(), "2026-11-21T08:00:00+00:00", "it is midnight there now");
        assert_eq!(usual(&WaitSpec { secs: Some(5), ..WaitSpec::default() }, now()), Some(Duration::from_secs(5)));
    }
}
