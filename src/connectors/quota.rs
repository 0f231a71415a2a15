//! What answers say of the allowance that is left, and what that asks for. Pure.

use super::meters::Reading;
use super::paging::{Found, Lookup, Want};
use super::places::at;
use super::spec::QuotaSpec;
use super::waits;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Little is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Little {
    pub note: String,
    /// How long to wait; `None` where nobody says: until the next run.
    pub wait: Option<Duration>,
}

/// What is wanted of each page, as many for each quota as [`judge`] takes.
pub fn lookups(quotas: &[QuotaSpec]) -> Vec<Lookup> {
    quotas.iter().flat_map(of_quota).collect()
}

/// The amount, the least, what is restored in a second, and the wait.
fn of_quota(quota: &QuotaSpec) -> [Lookup; 4] {
    let in_body = |pointer: &Option<String>| {
        let pointer = pointer.as_deref().filter(|_| quota.header.is_none());
        pointer.map_or_else(|| Lookup::either(None, None), |pointer| Lookup::new(pointer, Want::Scalar))
    };
    let amount = match &quota.header {
        Some(name) => Lookup::header(name),
        None => in_body(&quota.pointer),
    };
    let wait = match &quota.wait.header {
        Some(name) => Lookup::header(name),
        None => in_body(&quota.wait.pointer),
    };
    [amount, in_body(&quota.least_pointer), in_body(&quota.restore_pointer), wait]
}

/// The quotas that a page states, each with what it asks for where little is left; `found` answers [`lookups`].
pub fn judge(
    quotas: &[QuotaSpec],
    found: &[Found],
    settings: &BTreeMap<String, toml::Value>,
    now: DateTime<Utc>,
) -> Vec<(Reading, Option<Little>)> {
    quotas.iter().zip(found.chunks(4)).filter_map(|(quota, found)| stated(quota, found, settings, now)).collect()
}

fn stated(
    quota: &QuotaSpec,
    found: &[Found],
    settings: &BTreeMap<String, toml::Value>,
    now: DateTime<Utc>,
) -> Option<(Reading, Option<Little>)> {
    let [amount, least, restored, wait] = found else { return None };
    // A header may hold JSON, with a figure for each kind of call.
    let within = quota.header.as_ref().and_then(|_| serde_json::from_str::<Value>(&amount.text()?).ok());
    let amounts: Vec<f64> = match (&within, &quota.pointer) {
        (Some(within), Some(pointer)) => at(within, pointer).into_iter().filter_map(number).collect(),
        (_, None) if quota.header.is_some() => amount.text().map(|text| shares(&text)).unwrap_or_default(),
        _ => Vec::new(),
    };
    let amounts = match amounts.is_empty() {
        true => amount.value.as_ref().and_then(number).into_iter().collect(),
        false => amounts,
    };
    let floor =
        quota.least_setting.as_ref().and_then(|name| settings.get(name)?.as_integer()).map(|floor| floor as f64);
    let stated = least.value.as_ref().and_then(number);
    let least = [quota.least.map(|least| least as f64), floor, stated].into_iter().flatten().reduce(f64::max);
    let (lowest, highest) = (amounts.iter().copied().reduce(f64::min)?, amounts.iter().copied().reduce(f64::max)?);
    let is_little = least.is_some_and(|least| lowest < least) || quota.most.is_some_and(|most| highest >= most as f64);
    let restored = restored.value.as_ref().and_then(number).filter(|rate| *rate > 0.0);
    let until_restored =
        restored.zip(least).and_then(|(rate, least)| Duration::try_from_secs_f64((least - lowest) / rate).ok());
    let said = match (&quota.wait.header, &quota.wait.pointer, &within) {
        (None, Some(pointer), Some(within)) => {
            at(within, pointer).into_iter().filter_map(|value| waits::duration(value, quota.wait.unit, now)).max()
        }
        _ => wait.value.as_ref().and_then(|value| waits::duration(value, quota.wait.unit, now)),
    };
    let is_used = quota.most.is_some();
    let reading = Reading {
        partition: String::new(),
        what: quota.label(),
        amount: if is_used { highest } else { lowest },
        limit: if is_used { quota.most.map(|most| most as f64) } else { least },
        is_used,
        resets_at: said.and_then(|wait| now.checked_add_signed(TimeDelta::from_std(wait).ok()?)),
        said_at: now,
    };
    let wait = until_restored.or(said).or_else(|| waits::usual(&quota.wait, now));
    Some((reading, is_little.then(|| Little { note: quota.note.clone(), wait })))
}

/// Percentages of what is written as used of all, such as `calls=900/15000; of-app=17/250(name)`.
fn shares(text: &str) -> Vec<f64> {
    let words = text.split(|sign: char| !(sign.is_ascii_digit() || sign == '/'));
    let pairs = words.filter_map(|word| word.split_once('/'));
    let pairs = pairs.filter_map(|(used, all)| Some((used.parse::<f64>().ok()?, all.parse::<f64>().ok()?)));
    pairs.filter(|(_, all)| *all > 0.0).map(|(used, all)| used * 100.0 / all).collect()
}

/// A number, or one written as text, with commas between thousands.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().replace(',', "").parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::paging::{answer_headers, scan};
    use crate::settings::{Problems, Section, Source, read_toml};
    use chrono::TimeZone;
    use reqwest::header::HeaderMap;

    fn judged(spec: &str, headers: &[(&'static str, &str)], body: &str, floor: Option<i64>) -> Option<Little> {
        let (file, problems) = (std::path::Path::new("connector.toml"), Problems::default());
        let read = |mut top: Section<'_>| top.list("quota").into_iter().map(QuotaSpec::read).collect::<Vec<_>>();
        let quotas = read_toml(Source { file, text: spec, problems: &problems }, read).expect("TOML");
        assert_eq!(problems.into_sorted(), []);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a value"));
        }
        let lookups = lookups(&quotas);
        let mut found = scan(body.as_bytes(), &lookups).expect("JSON");
        answer_headers(&map, &lookups, &mut found);
        let settings = floor.map(|floor| ("unit_floor".to_owned(), toml::Value::from(floor))).into_iter().collect();
        let now = Utc.with_ymd_and_hms(2026, 11, 20, 8, 0, 0).single().expect("an instant");
        judge(&quotas, &found, &settings, now).into_iter().find_map(|(_, little)| little)
    }

    fn wait(little: Option<Little>) -> Option<Option<Duration>> {
        little.map(|little| little.wait)
    }

    #[test]
    fn a_remaining_count_waits_until_its_reset() {
        let spec = r#"
            [[quota]]
            header = "X-RateLimit-Remaining"
            least = 1
            wait_header = "X-RateLimit-Reset"
            note = "no call is left of this minute"
        "#;
        let left = |remaining: &str, reset: &str| {
            wait(judged(spec, &[("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)], "{}", None))
        };
        assert_eq!(left("1", "30"), None);
        assert_eq!(left("0", "30"), Some(Some(Duration::from_secs(30))));
        assert_eq!(left("0", "1795161645"), Some(Some(Duration::from_secs(45))), "an instant");
        assert_eq!(left("0", "1m30s"), Some(Some(Duration::from_secs(90))));
        assert_eq!(wait(judged(spec, &[], "{}", None)), None, "a vendor that says nothing");
    }

    #[test]
    fn a_share_that_is_used_slows_down_before_it_is_whole() {
        let spec = r#"
            [[quota]]
            header = "X-Business-Use-Case-Usage"
            pointer = "/*/*/call_count"
            most = 75
            wait_pointer = "/*/*/estimated_time_to_regain_access"
            wait_unit = "minutes"
            wait_secs = 5
            note = "three quarters of the calls are used"
        "#;
        let used = |count: u32, minutes: u32| {
            let usage = format!(
                r#"{{"8":[{{"call_count":3,"estimated_time_to_regain_access":0}},{{"call_count":{count},"estimated_time_to_regain_access":{minutes}}}]}}"#
            );
            wait(judged(spec, &[("x-business-use-case-usage", usage.as_str())], "{}", None))
        };
        assert_eq!((used(74, 0), used(75, 0)), (None, Some(Some(Duration::from_secs(5)))));
        assert_eq!(used(100, 12), Some(Some(Duration::from_secs(720))));
    }

    #[test]
    fn what_is_used_of_all_counts_in_percent() {
        let spec = "[[quota]]\nheader = \"Sforce-Limit-Info\"\nmost = 80\nnote = \"most is used\"";
        let is_little = |text: &str| judged(spec, &[("sforce-limit-info", text)], "{}", None).is_some();
        assert!(!is_little("api-usage=900/15000"));
        assert!(is_little("api-usage=12000/15000"));
        assert!(is_little("api-usage=25/5000; per-app-api-usage=240/250(appName=reports)"), "the worst counts");
        assert!(!is_little("api-usage=0/0") && !is_little("none"));
    }

    #[test]
    fn points_are_waited_for_until_the_next_query_can_be_paid() {
        let spec = r#"
            [[quota]]
            pointer = "/extensions/cost/throttleStatus/currentlyAvailable"
            least_pointer = "/extensions/cost/requestedQueryCost"
            restore_pointer = "/extensions/cost/throttleStatus/restoreRate"
            note = "the points are used up for the moment"
        "#;
        let available = |points: u32| {
            let body = format!(
                r#"{{"extensions":{{"cost":{{"requestedQueryCost":502,"throttleStatus":{{"maximumAvailable":1000,"currentlyAvailable":{points},"restoreRate":50}}}}}}}}"#
            );
            wait(judged(spec, &[], &body, None))
        };
        // MONEI/Shopify-api-node#489: four points too few at fifty a second.
        assert_eq!(available(498), Some(Some(Duration::from_millis(80))));
        assert_eq!((available(502), available(2)), (None, Some(Some(Duration::from_secs(10)))));
    }

    #[test]
    fn units_are_left_to_others_as_many_as_an_admin_says() {
        let spec = r#"
            [[quota]]
            pointer = "/units"
            least_setting = "unit_floor"
            wait_midnight = "UTC"
            note = "few units are left"
        "#;
        let left = |units: &str, floor| wait(judged(spec, &[], &format!(r#"{{"units":{units}}}"#), floor));
        let until_midnight = Some(Some(Duration::from_secs(16 * 3600)));
        assert_eq!(left("\"1,000\"", Some(1000)), None);
        assert_eq!((left("\"999\"", Some(1000)), left("-2", Some(0))), (until_midnight, until_midnight));
        assert_eq!(left("5", None), None, "no floor is set");
        let unlimited = "[[quota]]\npointer = \"/units\"\nleast = 100\nnote = \"few\"";
        assert_eq!(wait(judged(unlimited, &[], r#"{"units":5}"#, None)), Some(None), "until the next run");
    }
}
