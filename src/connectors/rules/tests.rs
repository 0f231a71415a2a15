//! What answers of vendors mean, by rules such as connectors have.

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

const FAMILIES: &str = r#"
    [[errors]]
    values = [{ pointer = "/code", matches = "^40001$" }, { pointer = "/message", matches = "does not grant you" }]
    action = "stop"
    as_status = 403
    note = "the endpoint is not granted"
    [[errors]]
    values = [{ pointer = "/code", matches = "^(40105|40000)$" }, { pointer = "/message", matches = "(?i)token|app" }]
    action = "refresh"
    note = "connect again"
    [[errors]]
    values = [{ pointer = "/code", matches = "^(4000[0-2]|40105)$" }]
    action = "stop"
    note = "the request is refused"
    [[errors]]
    values = [{ pointer = "/code", matches = "^5[0-9]{4}$" }]
    action = "retry"
    note = "the service fails"
    [[errors]]
    values = [{ pointer = "/code", other_than = "0" }]
    action = "retry"
    attempts = 3
    detail_pointer = "/request_id"
    note = "a code that nobody knows"
    [[errors]]
    body = "^\\s*(?i)<(!doctype|html)"
    action = "retry"
    note = "the gateway answers"
"#;

#[test]
fn codes_within_an_answer_of_200_are_families_with_a_default() {
    // PostHog/posthog#82513, #78577, #82183
    let judged = |body: &str| verdict(200, &[], body, FAMILIES).map(|found| (found.action, found.status));
    let code = |code: u32, message: &str| judged(&format!(r#"{{"code":{code},"message":"{message}","data":{{}}}}"#));
    assert_eq!(code(0, "OK"), None);
    assert_eq!(code(51002, "Internal service error. Please retry later."), Some((ErrorAction::Retry, 200)));
    assert_eq!(code(40000, "The access token does not match the app"), Some((ErrorAction::Refresh, 200)));
    assert_eq!(code(40105, "Access token is incorrect or has been revoked."), Some((ErrorAction::Refresh, 200)));
    assert_eq!(code(40000, "metrics: unknown"), Some((ErrorAction::Stop, 200)));
    assert_eq!(code(40001, "advertiser does not grant you /file"), Some((ErrorAction::Stop, 403)));
    assert_eq!(code(40001, "No permission to operate advertiser 2"), Some((ErrorAction::Stop, 200)));
    assert_eq!(judged("<html>…</html>"), Some((ErrorAction::Retry, 200)));
    let body = r#"{"code":49999,"message":"Something new","request_id":"2026112008"}"#;
    let unknown = verdict(200, &[], body, FAMILIES).expect("an error");
    assert_eq!((unknown.action, unknown.attempts), (ErrorAction::Retry, Some(3)));
    assert_eq!(unknown.note, "a code that nobody knows (HTTP 200: Something new 2026112008)");
}

#[test]
fn the_code_below_an_umbrella_decides_wherever_it_stands() {
    // PostHog/posthog#63786
    let rules = r#"
        [[errors]]
        values = [{ pointer = "/OperationErrors/*/Code", matches = "^2004$" }]
        action = "retry"
        wait_secs = 3600
        note = "the day is not complete yet"
        [[errors]]
        values = [{ pointer = "/Errors/*/Code", matches = "^105$" }]
        action = "refresh"
        note = "connect again"
        [[errors]]
        values = [{ pointer = "/Errors/*/Code", matches = "^117$" }]
        action = "retry"
        wait_secs = 60
        note = "asked too often"
    "#;
    let judged = |body: &str| verdict(400, &[], body, rules).map(|found| (found.action, found.wait));
    let wait = |secs| Some(Duration::from_secs(secs));
    let operation =
        r#"{"OperationErrors":[{"Code":1},{"Code":2004,"ErrorCode":"NoCompleteDataAvaliable"}],"BatchErrors":[]}"#;
    assert_eq!(judged(operation), Some((ErrorAction::Retry, wait(3600))));
    assert_eq!(judged(r#"{"Errors":[{"Code":105}]}"#), Some((ErrorAction::Refresh, None)));
    assert_eq!(judged(r#"{"Errors":[{"Code":117}]}"#), Some((ErrorAction::Retry, wait(60))));
    assert_eq!(judged(r#"{"Errors":[{"Code":1}]}"#), Some((ErrorAction::Stop, None)));
}

#[test]
fn too_much_data_comes_in_two_shapes_and_too_many_calls_in_minutes() {
    // PostHog/posthog#49237, OWOX/owox-data-marts#1530
    let rules = r#"
        [[errors]]
        values = [{ pointer = "/error/error_subcode", matches = "^1504018$" }]
        action = "split_window"
        note = "too much data"
        [[errors]]
        values = [{ pointer = "/error/code", matches = "^1$" }, { pointer = "/error/message", matches = "reduce the amount of data" }]
        action = "split_window"
        note = "too much data"
        [[errors]]
        values = [{ pointer = "/error/code", matches = "^(4|17|32|613|8000[0-6]|80008)$" }]
        action = "retry"
        wait_header = "X-Business-Use-Case-Usage"
        wait_pointer = "/*/*/estimated_time_to_regain_access"
        wait_unit = "minutes"
        note = "too many calls"
        [[errors]]
        values = [{ pointer = "/error/code", matches = "^2601$" }, { pointer = "/error/error_subcode", matches = "^1815107$" }]
        action = "retry"
        note = "the report is not ready"
    "#;
    let body = r#"{"error":{"code":1,"message":"Please reduce the amount of data you're asking for, then retry your request"}}"#;
    assert_eq!(verdict(500, &[], body, rules).expect("an error").action, ErrorAction::SplitWindow);
    let body = r#"{"error":{"code":100,"error_subcode":1504018}}"#;
    assert_eq!(verdict(400, &[], body, rules).expect("an error").action, ErrorAction::SplitWindow);
    let usage = r#"{"8":[{"type":"ads_insights","call_count":100,"estimated_time_to_regain_access":12}]}"#;
    let body = r#"{"error":{"code":80004,"error_subcode":2446079}}"#;
    let found = verdict(400, &[("x-business-use-case-usage", usage)], body, rules).expect("an error");
    assert_eq!((found.action, found.wait), (ErrorAction::Retry, Some(Duration::from_secs(720))));
    let body = r#"{"error":{"code":2601,"error_subcode":1815107,"type":"OAuthException"}}"#;
    assert_eq!(verdict(400, &[], body, rules).expect("an error").action, ErrorAction::Retry);
    let body = r#"{"error":{"code":1,"message":"An unknown error occurred"}}"#;
    assert_eq!(verdict(500, &[], body, rules).expect("http").action, ErrorAction::Retry);
}

#[test]
fn a_quota_behind_403_is_waited_out_and_a_lacking_permission_is_told() {
    // PostHog/posthog#61938, airbytehq/airbyte#29700
    let rules = r#"
        [[errors]]
        status = [403]
        values = [{ pointer = "/error/errors/*/domain", matches = "^usageLimits$" }]
        action = "retry"
        wait_secs = 900
        note = "the quota is used up"
    "#;
    let error = |domain: &str, reason: &str| {
        let body = format!(r#"{{"error":{{"code":403,"errors":[{{"domain":"{domain}","reason":"{reason}"}}]}}}}"#);
        let found = verdict(403, &[], &body, rules).expect("an error");
        (found.action, found.wait)
    };
    assert_eq!(error("usageLimits", "quotaExceeded"), (ErrorAction::Retry, Some(Duration::from_secs(900))));
    assert_eq!(error("global", "forbidden"), (ErrorAction::Stop, None));
}

#[test]
fn a_stream_that_stops_for_today_knows_until_when() {
    let rules = r#"
        [[errors]]
        status = [429]
        body = "DAY limit"
        action = "stop_for_today"
        wait_midnight = "UTC"
        note = "the day's calls are used up"
    "#;
    let wait = |headers: &[(&'static str, &'static str)]| {
        verdict(429, headers, "APPLICATION_AND_MEMBER DAY limit", rules).expect("an error").wait
    };
    assert_eq!(wait(&[]), Some(Duration::from_secs(16 * 3600)));
    assert_eq!(wait(&[("retry-after", "60")]), Some(Duration::from_secs(60)), "the vendor's word goes first");
}

#[test]
fn waiting_grows_to_a_minute_and_no_further() {
    assert_eq!(backoff(1, 1.0), Duration::from_millis(500));
    assert_eq!(backoff(40, 1.0), Duration::from_secs(60));
    assert!(backoff(3, 0.0) >= Duration::from_secs(1));
}

#[test]
fn a_right_that_a_list_lacks_is_an_error_and_an_absent_list_is_none() {
    let rules = r#"
    [[errors]]
    values = [{ pointer = "/data/scopes/*/handle", without = "read_all" }]
    action = "stop"
    as_status = 403
    note = "the right read_all is missing"
"#;
    let judged = |body: &str| verdict(200, &[], body, rules).map(|found| (found.action, found.status));
    let lacking = r#"{"data": {"scopes": [{"handle": "read"}, {"handle": "write"}]}}"#;
    assert_eq!(judged(lacking), Some((ErrorAction::Stop, 403)));
    assert_eq!(judged(r#"{"data": {"scopes": [{"handle": "read"}, {"handle": "read_all"}]}}"#), None);
    assert_eq!(judged(r#"{"data": {"scopes": []}}"#), None);
    assert_eq!(judged(r#"{"data": {}}"#), None);
}

#[test]
fn an_answer_that_is_no_json_is_told_by_its_beginning_where_the_whole_is_asked_for() {
    let rules = r#"
    [[errors]]
    body = '^\s*<'
    action = "retry"
    detail_pointer = ""
    note = "no list"
"#;
    let told = verdict(200, &[], "<p>Unable to fetch a list.</p>[]", rules).expect("an error").note;
    assert!(told.starts_with("no list (HTTP 200: <p>Unable to fetch a list.</p>[]"), "{told}");
}
