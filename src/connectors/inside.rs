//! Errors inside an answer that began well: a stream that fails midway has sent its status by then, and
//! says so in a later element of its body.

use super::paging::{Found, Lookup, Want};
use super::rules::{ErrorResponse, Verdict};
use super::spec::ErrorRule;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

/// Judges what was looked up in a whole body at the places where rules find errors.
#[derive(Debug)]
pub struct Inside {
    pointers: Vec<String>,
    rules: Vec<ErrorRule>,
    status: u16,
    headers: HeaderMap,
    now: DateTime<Utc>,
}

impl Inside {
    /// What is asked about an answer with this status.
    pub fn new(rules: &[ErrorRule], status: u16, headers: &HeaderMap, now: DateTime<Utc>) -> Self {
        let places = |rule: &ErrorRule| rule.values.iter().map(|value| value.place().to_owned()).collect::<Vec<_>>();
        let mut pointers: Vec<String> =
            rules.iter().flat_map(|rule| rule.exists.clone().into_iter().chain(places(rule))).collect();
        pointers.sort();
        pointers.dedup();
        // Most connectors have no such place.
        let (rules, headers) =
            if pointers.is_empty() { (Vec::new(), HeaderMap::new()) } else { (rules.to_vec(), headers.clone()) };
        Self { pointers, rules, status, headers, now }
    }

    /// What has to be looked up, after what others want of the page.
    pub fn lookups(&self) -> impl Iterator<Item = Lookup> {
        self.pointers.iter().map(|pointer| Lookup::new(pointer, Want::Whole))
    }

    /// Takes its own finds off the end of `found`; an error if they are one.
    pub fn verdict(&self, found: &mut Vec<Found>) -> Option<Verdict> {
        let own = found.split_off(found.len().saturating_sub(self.pointers.len()));
        let mut body = Value::Null;
        for (pointer, found) in self.pointers.iter().zip(own) {
            if let Some(value) = found.value {
                place(&mut body, pointer, value);
            }
        }
        if body.is_null() {
            return None;
        }
        ErrorResponse::new(self.status, &self.headers, &body.to_string()).verdict(&self.rules, self.now)
    }
}

/// Puts a value where the pointer finds it again.
fn place(body: &mut Value, pointer: &str, value: Value) {
    let mut here = body;
    for part in pointer.split('/').skip(1) {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        here = &mut here[part.replace("~1", "/").replace("~0", "~")];
    }
    *here = value;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::catalog::Catalog;
    use crate::connectors::paging::scan;
    use crate::connectors::spec::ErrorAction;

    #[test]
    fn an_error_behind_good_rows_is_judged_by_the_same_rules() {
        // googleads/google-ads-dotnet#305, googleads/google-ads-python#707
        let ads = Catalog::built_in().expect("a sound catalog").get("google_ads").expect("a connector");
        let inside = Inside::new(&ads.spec.errors, 200, &HeaderMap::new(), DateTime::UNIX_EPOCH);
        let judge = |error: &str| {
            let body = format!(r#"[{{"results":[{{"a":"{}"}}]}},{error}]"#, "x".repeat(90_000));
            let lookups: Vec<Lookup> = inside.lookups().collect();
            inside.verdict(&mut scan(body.as_bytes(), &lookups).expect("JSON"))
        };
        assert_eq!(judge(r#"{"results":[]}"#), None);
        let found = judge(r#"{"error":{"code":503,"message":"The service is currently unavailable."}}"#);
        let found = found.expect("an error");
        assert_eq!(found.action, ErrorAction::Retry);
        assert!(found.note.contains("currently unavailable"), "{}", found.note);
        let quota = r#"{"error":{"code":429,"details":[{"errors":[{"errorCode":{"quotaError":"RESOURCE_EXHAUSTED"},"details":{"quotaErrorDetails":{"retryDelay":"60s"}}}]}]}}"#;
        let found = judge(quota).expect("an error");
        assert_eq!(found.wait, Some(std::time::Duration::from_secs(60)));
    }

    #[test]
    fn a_code_behind_a_long_list_is_found() {
        let rule = r#"
            values = [{ pointer = "/code", other_than = "0" }]
            action = "retry"
            note = "an error"
        "#;
        let problems = crate::settings::Problems::default();
        let source = crate::settings::Source { file: std::path::Path::new("x.toml"), text: rule, problems: &problems };
        let rules: Vec<ErrorRule> = crate::settings::read_toml(source, ErrorRule::read).into_iter().collect();
        let inside = Inside::new(&rules, 200, &HeaderMap::new(), DateTime::UNIX_EPOCH);
        let judge = |code: u32| {
            let body = format!(r#"{{"data":["{}"],"code":{code}}}"#, "x".repeat(90_000));
            let lookups: Vec<Lookup> = inside.lookups().collect();
            inside.verdict(&mut scan(body.as_bytes(), &lookups).expect("JSON"))
        };
        assert_eq!((judge(0), judge(7).map(|found| found.action)), (None, Some(ErrorAction::Retry)));
    }

    #[test]
    fn a_value_is_found_again_where_it_was() {
        let mut body = Value::Null;
        place(&mut body, "/errors/0/code", Value::from(1));
        place(&mut body, "/fault", Value::from("x"));
        assert_eq!((body.pointer("/errors/0/code"), body.pointer("/fault")), (Some(&1.into()), Some(&"x".into())));
    }
}
