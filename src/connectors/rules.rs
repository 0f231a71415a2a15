//! What an error response means: the connector's own rules in order, then what HTTP says. Pure.

#[cfg(test)]
mod tests;

use super::places::at;
use super::spec::{ErrorAction, ErrorRule, ValueMatch};
use super::waits;
use crate::support::redact;
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
    /// As HTTP reported it, or as the rule says it is meant.
    pub status: u16,
    pub action: ErrorAction,
    pub wait: Option<Duration>,
    /// After so many attempts there is no use in another.
    pub attempts: Option<u32>,
    /// Whether a wait holds for every stream of the partition.
    pub all_streams: bool,
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
        let stated_wait = waits::retry_after(self.headers, now);
        for rule in rules {
            // A success is questioned only by rules that look into the body.
            if (!is_success || rule.exists.is_some() || rule.body.is_some() || !rule.values.is_empty())
                && self.matches(rule)
            {
                let wait = waits::stated(&rule.wait, self.headers, |pointer| self.place(pointer), now);
                let wait = wait.or(stated_wait).or_else(|| waits::usual(&rule.wait, now));
                return Some(Verdict {
                    status: rule.as_status.unwrap_or(self.status),
                    action: rule.action,
                    wait,
                    attempts: rule.attempts,
                    all_streams: rule.all_streams,
                    note: self.note(&rule.note, &rule.details()),
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
        let (status, note) = (self.status, self.note(note, &[]));
        Some(Verdict { status, action, wait: stated_wait, attempts: None, all_streams: false, note })
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
            && rule.values.iter().all(|wanted| self.holds(wanted))
    }

    /// Whether a value of this kind stands in the body.
    fn holds(&self, wanted: &ValueMatch) -> bool {
        let pattern = wanted.matches.as_ref().map(|pattern| Regex::new(pattern));
        let within = wanted.pointer.get(wanted.place().len()..).unwrap_or_default();
        let found = self.place(wanted.place()).map(|place| at(place, within)).unwrap_or_default();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Some(lacking) = &wanted.without {
            return !found.is_empty() && found.into_iter().all(|value| text(value) != *lacking);
        }
        found.into_iter().any(|value| {
            let text = text(value);
            wanted.other_than.as_ref() != Some(&text)
                && pattern.as_ref().is_none_or(|pattern| pattern.as_ref().is_ok_and(|pattern| pattern.is_match(&text)))
        })
    }

    /// The rule's note, the status, and the vendor's message and detail, each cut to 200 characters on
    /// one line.
    fn note(&self, note: &str, details: &[&str]) -> String {
        let places = ["/error/message", "/error_description", "/message", "/error"];
        let said = places.iter().find_map(|place| self.place(place)?.as_str());
        let found = details.iter().find_map(|place| self.place(place).filter(|detail| !detail.is_null()));
        let detail = found.map(|detail| match detail {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        // What is no JSON at all has only its beginning to tell it by.
        let raw = || (details.contains(&"") && self.place("").is_none()).then(|| self.body.trim().to_owned());
        let detail = detail.or_else(raw).filter(|detail| !detail.is_empty());
        let tidy = |text: &str| redact::quoted(text, 200);
        let detail = detail.filter(|detail| said != Some(detail));
        let words: Vec<String> = [said, detail.as_deref()].into_iter().flatten().map(tidy).collect();
        if words.is_empty() {
            return format!("{note} (HTTP {})", self.status);
        }
        format!("{note} (HTTP {}: {})", self.status, words.join(" "))
    }
}

/// How long to wait before attempt `attempt` (the first retry is 1) where nobody says: half a second,
/// doubling, at most a minute, with full jitter by `random` in 0..1.
pub fn backoff(attempt: u32, random: f64) -> Duration {
    let ceiling = (0.5 * f64::from(2u32.saturating_pow(attempt.saturating_sub(1)))).min(60.0);
    Duration::from_secs_f64(ceiling * (0.5 + random / 2.0))
}
