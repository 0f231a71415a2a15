//! What an error response means: the connector's own rules in order, then what HTTP says. Pure.

use super::spec::{ErrorAction, ErrorRule};
use crate::support::shown::cut_line;
use regex::Regex;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::cell::OnceCell;
use std::time::Duration;

/// As much of an error response as rules look at.
#[derive(Debug)]
pub struct ErrorResponse<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    /// The first 64 KB.
    pub body: &'a str,
    json: OnceCell<Option<Value>>,
}

/// What to do, with the vendor's word on how long to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// As HTTP reported it.
    pub status: u16,
    pub action: ErrorAction,
    pub wait: Option<Duration>,
    /// For an admin: the rule's note and the vendor's own message.
    pub note: String,
}

/// The longest wait that is worth sitting out within a run.
pub const LONGEST_WAIT: Duration = Duration::from_secs(120);

impl<'a> ErrorResponse<'a> {
    pub fn new(status: u16, headers: &'a HeaderMap, body: &'a str) -> Self {
        Self { status, headers, body, json: OnceCell::new() }
    }

    /// A place in the body, where that is JSON, or in its first element, where that is an array. Read
    /// when first asked for: good pages come here too, and hardly any rule looks into them.
    fn place(&self, pointer: &str) -> Option<&Value> {
        let json = self.json.get_or_init(|| match serde_json::from_str(self.body).ok()? {
            Value::Array(mut elements) if !elements.is_empty() => Some(elements.swap_remove(0)),
            other => Some(other),
        });
        json.as_ref()?.pointer(pointer)
    }

    /// The first rule that matches; `None` where the response is no error at all.
    pub fn verdict(&self, rules: &[ErrorRule], now: chrono::DateTime<chrono::Utc>) -> Option<Verdict> {
        let is_success = (200..300).contains(&self.status);
        let stated_wait = retry_after(self.headers, now);
        for rule in rules {
            // A success is questioned only by rules that look into the body.
            if (!is_success || rule.exists.is_some() || rule.body.is_some()) && self.matches(rule) {
                let wait = rule.wait_pointer.as_ref().and_then(|pointer| self.place(pointer));
                let wait = wait.and_then(seconds).or(stated_wait).or(rule.wait_secs.map(Duration::from_secs));
                return Some(Verdict {
                    status: self.status,
                    action: rule.action,
                    wait,
                    note: self.note(&rule.note, rule.detail_pointer.as_deref()),
                });
            }
        }
        if is_success {
            return None;
        }
        let (action, note) = match self.status {
            408 | 425 | 429 | 500..=599 => (ErrorAction::Retry, "the vendor answers with an error"),
            401 => (ErrorAction::Refresh, "the vendor does not accept the credentials"),
            _ => (ErrorAction::Stop, "the vendor refuses the request"),
        };
        Some(Verdict { status: self.status, action, wait: stated_wait, note: self.note(note, None) })
    }

    fn matches(&self, rule: &ErrorRule) -> bool {
        (rule.status.is_empty() || rule.status.contains(&self.status))
            && rule.header.as_ref().is_none_or(|wanted| {
                let value = self.headers.get(&wanted.name).and_then(|value| value.to_str().ok());
                value.is_some_and(|value| value.eq_ignore_ascii_case(&wanted.value))
            })
            && rule.exists.as_ref().is_none_or(|pointer| self.place(pointer).is_some_and(|found| !found.is_null()))
            && rule
                .body
                .as_ref()
                .is_none_or(|pattern| Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(self.body)))
    }

    /// The rule's note, the status, and the vendor's message and detail, each cut to 200 characters on
    /// one line.
    fn note(&self, note: &str, detail: Option<&str>) -> String {
        let places = ["/error/message", "/error_description", "/message", "/error"];
        let said = places.iter().find_map(|place| self.place(place)?.as_str());
        let detail = detail.and_then(|place| self.place(place)).map(|detail| match detail {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let tidy = |text: &str| cut_line(text, 200);
        let detail = detail.filter(|detail| said != Some(detail));
        let words: Vec<String> = [said, detail.as_deref()].into_iter().flatten().map(tidy).collect();
        if words.is_empty() {
            return format!("{note} (HTTP {})", self.status);
        }
        format!("{note} (HTTP {}: {})", self.status, words.join(" "))
    }
}

/// `"60s"`, `"60"`, `60` or `0.5`, in seconds.
fn seconds(value: &Value) -> Option<Duration> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().trim_end_matches('s').parse().ok()?,
        _ => return None,
    };
    Duration::try_from_secs_f64(number).ok()
}

/// The header `Retry-After`: seconds or an HTTP date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: chrono::DateTime<chrono::Utc>) -> Option<Duration> {
    let text = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    (at.to_utc() - now).to_std().ok()
}

/// How long to wait before attempt `attempt` (the first retry is 1) where nobody says: half a second,
/// doubling, at most a minute, with full jitter by `random` in 0..1.
pub fn backoff(attempt: u32, random: f64) -> Duration {
    let ceiling = (0.5 * f64::from(2u32.saturating_pow(attempt.saturating_sub(1)))).min(60.0);
    Duration::from_secs_f64(ceiling * (0.5 + random / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Problems, Section, Source, read_toml};
    use chrono::{TimeZone, Utc};

    fn rules(text: &str) -> Vec<ErrorRule> {
        let (file, problems) = (std::path::Path::new("connector.toml"), Problems::default());
        let read = |mut top: Section<'_>| top.list("errors").into_iter().map(ErrorRule::read).collect();
        let rules = read_toml(Source { file, text, problems: &problems }, read).expect("TOML");
        assert_eq!(problems.into_sorted(), []);
        rules
    }

    fn verdict(status: u16, headers: &[(&'static str, &'static str)], body: &str, text: &str) -> Option<Verdict> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a value"));
        }
        let now = Utc.with_ymd_and_hms(2026, 11, 20, 8, 0, 0).single().expect("an instant");
        ErrorResponse::new(status, &map, body).verdict(&rules(text), now)
    }

    const RULES: &str = r#"
        [[errors]]
        body = "RESOURCE_EXHAUSTED"
        action = "retry"
        wait_pointer = "/error/details/0/errors/0/details/quotaErrorDetails/retryDelay"
        note = "the quota is used up for the moment"
        [[errors]]
        status = [404]
        action = "skip"
        note = "nothing there"
        [[errors]]
        exists = "/error"
        action = "stop"
        note = "an error in the answer"
    "#;

    #[test]
    fn an_error_inside_a_streamed_array_states_its_own_wait() {
        let body = r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Too many requests.","details":[{"errors":[{"details":{"quotaErrorDetails":{"retryDelay":"60s"}}}]}]}}]"#;
        let found = verdict(200, &[], body, RULES).expect("an error");
        assert_eq!((found.action, found.wait), (ErrorAction::Retry, Some(Duration::from_secs(60))));
        assert_eq!(found.note, "the quota is used up for the moment (HTTP 200: Too many requests.)");
    }

    #[test]
    fn the_first_matching_rule_decides_and_http_decides_the_rest() {
        assert_eq!(verdict(200, &[], r#"{"results":[]}"#, RULES), None);
        assert_eq!(verdict(404, &[], "", RULES).expect("a rule").action, ErrorAction::Skip);
        assert_eq!(verdict(503, &[], "", RULES).expect("http").action, ErrorAction::Retry);
        assert_eq!(verdict(401, &[], "{}", RULES).expect("http").action, ErrorAction::Refresh);
        assert_eq!(verdict(418, &[], "", RULES).expect("http").action, ErrorAction::Stop);
    }

    #[test]
    fn retry_after_may_be_seconds_or_a_date() {
        let wait = |value| verdict(429, &[("retry-after", value)], "", RULES).expect("an error").wait;
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Fri, 20 Nov 2026 08:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn waiting_grows_to_a_minute_and_no_further() {
        assert_eq!(backoff(1, 1.0), Duration::from_millis(500));
        assert_eq!(backoff(40, 1.0), Duration::from_secs(60));
        assert!(backoff(3, 0.0) >= Duration::from_secs(1));
    }
}
