//! One cause in several shapes, and several causes in one: code and subcode decide.

use super::{engine, fetch, november, source};
use crate::engine::vendor::{Answer, Asked, Vendor, bodies, json};
use crate::support::noon;
use daybook::connectors::rules::ErrorResponse;
use daybook::connectors::spec::ErrorAction;
use daybook::connectors::{Catalog, ConnectorError};
use reqwest::header::HeaderMap;
use std::time::Duration;

const SETTINGS: &str = r#"{"currency":"EUR","timezone_name":"UTC","account_status":1}"#;

/// A month of accounts 9 (too much data on the second page), 8 (too many calls) and 7.
fn month(asked: &Asked) -> Answer {
    let line = asked.line.as_str();
    let has = |text: &str| line.contains(text);
    let rows = |rows: &[(u32, &str)], next: Option<&str>| {
        let rows: Vec<String> = rows
            .iter()
            .map(|(id, spend)| {
                format!(r#"{{"campaign_id":"{id}","country":"DE","date_start":"2026-11-10","spend":"{spend}"}}"#)
            })
            .collect();
        let next =
            next.map(|after| format!(r#","next":"https://graph.facebook.com/?after={after}""#)).unwrap_or_default();
        json(200, &format!(r#"{{"data":[{}],"paging":{{"cursors":{{"after":"b"}}{next}}}}}"#, rows.join(",")))
    };
    if !has("/insights") {
        return json(200, SETTINGS);
    }
    if has("act_8/") {
        let usage = r#"{"8":[{"type":"ads_insights","call_count":100,"estimated_time_to_regain_access":12}]}"#;
        let body = r#"{"error":{"code":80004,"error_subcode":2446079}}"#;
        return (400, vec![("X-Business-Use-Case-Usage", usage.to_owned())], body.as_bytes().to_vec());
    }
    if has("act_7/") {
        return rows(&[(71, "9.00")], None);
    }
    match (has("2026-11-01%22%2C"), has("until%22%3A%222026-11-30"), has("after=b")) {
        (true, true, false) => rows(&[(51, "1.00"), (52, "2.00")], Some("b")),
        (true, true, true) => json(
            500,
            r#"{"error":{"code":1,"message":"Please reduce the amount of data you're asking for, then retry your request"}}"#,
        ),
        (true, false, _) => rows(&[(51, "1.00")], None),
        (false, true, _) => rows(&[(52, "2.00"), (53, "4.00")], None),
        _ => panic!("nobody should ask {line}"),
    }
}

/// PostHog/posthog#49237, #56471: the refusal strikes after a page was handed on. OWOX/owox-data-marts#1530: smaller
/// pages prolong the block of an account.
#[tokio::test]
async fn too_much_data_is_asked_for_in_halves_and_too_many_calls_in_minutes() {
    let vendor = Vendor::start(month).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (engine, source) = (engine(folder.path()), source(&vendor));
    let landed = fetch(&engine, &source, "countries", &november("9", 1, 30)).await.expect("rows");
    let all: String = bodies(&landed).into_iter().map(|(_, body)| body).collect();
    for campaign in ["51", "52", "53"] {
        assert_eq!(all.matches(&format!(r#""campaign_id":"{campaign}""#)).count(), 1, "{campaign}: {all}");
    }
    let limits: Vec<String> = vendor
        .lines()
        .into_iter()
        .filter_map(|line| Some(line.split("limit=").nth(1)?.split('&').next()?.to_owned()))
        .collect();
    assert_eq!(limits, ["500", "500", "250", "125", "500", "500"], "pages have their size again");

    let error = fetch(&engine, &source, "countries", &november("8", 1, 30)).await.expect_err("too many calls");
    let ConnectorError::RateLimited { wait, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*wait, Some(Duration::from_secs(12 * 60)));
    assert_eq!(vendor.count("GET /v25.0/act_8"), 1);
    fetch(&engine, &source, "countries", &november("8", 1, 30)).await.expect_err("it is waited for");
    assert_eq!(vendor.count("GET /v25.0/act_8"), 1, "until then nobody asks");
    fetch(&engine, &source, "countries", &november("7", 1, 30)).await.expect("another account");
}

#[test]
fn refusals_are_told_apart_by_code_and_subcode() {
    let connector = Catalog::built_in().expect("a catalog").get("meta_ads").expect("a connector");
    let verdict = |status: u16, error: &str| {
        let body = format!(r#"{{"error":{{"type":"OAuthException","message":"a message",{error}}}}}"#);
        let found = ErrorResponse::new(status, &HeaderMap::new(), &body).verdict(&connector.spec.errors, noon());
        found.expect("an error")
    };
    use ErrorAction::{RestartSlice, Retry, SmallerPage, SplitWindow, Stop};
    let cases = [
        (400, r#""code":190,"error_subcode":463"#, Stop, 401, "make a new one"),
        (400, r#""code":190,"error_subcode":460,"is_transient":false"#, Stop, 401, "make a new one"),
        (401, r#""code":102"#, Stop, 401, "make a new one"),
        // facebook/facebook-php-business-sdk#17, #329, #363; maiha/facebook.cr#2
        (403, r#""code":294"#, Stop, 403, "ads_read"),
        (400, r#""code":273"#, Stop, 403, "ads_read"),
        (400, r#""code":3"#, Stop, 403, "ads_read"),
        (400, r#""code":10"#, Stop, 403, "ads_read"),
        (403, r#""code":200"#, Stop, 403, "ads_read"),
        // facebook/facebook-php-business-sdk#424
        (400, r#""code":100,"error_subcode":33"#, Stop, 403, "no such ad account"),
        (400, r#""code":2635"#, Stop, 400, "set version"),
        // PostHog/posthog#63969, daroczig/fbRads#137
        (400, r#""code":3018"#, Stop, 400, "history_days"),
        // facebook/facebook-python-business-sdk#516
        (400, r#""code":415,"error_subcode":1404120"#, Stop, 400, "two-factor"),
        (400, r#""code":100"#, Stop, 400, "refuses the request"),
        (400, r#""code":9999"#, Stop, 400, "refuses the request"),
        (400, r#""code":4"#, Retry, 429, "too many calls"),
        // facebook/facebook-python-business-sdk#333
        (400, r#""code":17,"error_subcode":2446079"#, Retry, 429, "too many calls"),
        (400, r#""code":613,"is_transient":true"#, Retry, 429, "too many calls"),
        // airbytehq/airbyte#3996, singer-io/tap-facebook#192
        (400, r#""code":80000"#, Retry, 429, "too many calls"),
        (400, r#""code":80004,"error_subcode":2446079"#, Retry, 429, "too many calls"),
        (500, r#""code":2"#, Retry, 500, "failed on its side"),
        (400, r#""code":9998,"is_transient":true"#, Retry, 400, "failed on its side"),
        (400, r#""code":2601,"error_subcode":1815107,"is_transient":true"#, Retry, 400, "not ready"),
        (500, r#""code":1"#, Retry, 500, "does not know itself"),
        (200, r#""code":1,"error_subcode":99"#, SmallerPage, 200, "too much data"),
        (400, r#""code":100,"error_subcode":1504018"#, SplitWindow, 400, "too much data"),
        // facebook/facebook-java-business-sdk#292
        (400, r#""code":2642"#, RestartSlice, 400, "went stale"),
        (503, r#""code":7777"#, Retry, 503, "answered with an error"),
    ];
    for (status, error, action, meant, note) in cases {
        let found = verdict(status, error);
        assert_eq!((found.action, found.status), (action, meant), "{error}: {}", found.note);
        assert!(found.note.contains(note), "{error}: {}", found.note);
    }
    // facebook/facebook-nodejs-business-sdk#49: an app that requires its secret.
    let body = r#"{"error":{"message":"API calls from the server require an appsecret_proof argument","type":"GraphMethodException","code":100}}"#;
    let found =
        ErrorResponse::new(400, &HeaderMap::new(), body).verdict(&connector.spec.errors, noon()).expect("an error");
    assert!(found.note.contains("token_and_app_secret"), "{}", found.note);
}
