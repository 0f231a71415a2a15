//! Reports by ad, which Meta makes in its own time.

use super::{engine, fetch, november, source};
use crate::engine::vendor::{Answer, Asked, Vendor, bodies, json};

const SETTINGS: &str = r#"{"account_id":"9","currency":"EUR","timezone_name":"UTC","account_status":1}"#;

/// What every account answers beside its reports.
fn beside(asked: &Asked) -> Answer {
    match asked.line.as_str() {
        line if line.starts_with("GET /v25.0/act_9?") => json(200, SETTINGS),
        line if line.starts_with("GET /v25.0/act_9/insights?") => json(200, r#"{"data":[]}"#),
        line => panic!("nobody should ask {line}"),
    }
}

fn is(asked: &Asked, beginning: &str) -> bool {
    asked.line.starts_with(beginning)
}

/// facebook/facebook-python-business-sdk#149, facebookarchive/php-graph-sdk#1094.
#[tokio::test]
async fn a_report_of_100_percent_runs_on_and_its_result_is_waited_for() {
    let vendor = Vendor::start(|asked| match asked.before {
        _ if is(asked, "POST /v25.0/act_9/insights") => json(200, r#"{"report_run_id":"700"}"#),
        0 if is(asked, "GET /v25.0/700?") => json(400, r#"{"error":{"code":100,"error_subcode":33,"type":"GraphMethodException"}}"#),
        1 if is(asked, "GET /v25.0/700?") => json(200, r#"{"async_status":"Job Running","async_percent_completion":100}"#),
        _ if is(asked, "GET /v25.0/700?") => json(200, r#"{"async_status":"Job Completed","async_percent_completion":100}"#),
        0 if is(asked, "GET /v25.0/700/insights") => json(
            400,
            r#"{"error":{"code":2601,"error_subcode":1815107,"is_transient":true,"type":"OAuthException","message":"Error accessing adreport job."}}"#,
        ),
        _ if is(asked, "GET /v25.0/700/insights") => {
            json(200, r#"{"data":[{"ad_id":"41","date_start":"2026-11-10","spend":"7.00"}],"paging":{"cursors":{"after":"b"}}}"#)
        }
        _ => beside(asked),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor), "ad_daily", &november("9", 10, 10)).await;
    let landed = landed.expect("rows");
    let parts: Vec<(String, bool)> =
        bodies(&landed).into_iter().map(|(part, body)| (part, body.contains("7.00"))).collect();
    let part = |name: &str, has| (name.to_owned(), has);
    assert_eq!(parts, [part("", true), part("account", false), part("settings", false)]);
    let create = vendor.asked().into_iter().find(|asked| asked.line.starts_with("POST")).expect("a report");
    assert!(create.line.contains("level=ad&") && create.line.contains("%22until%22%3A%222026-11-10%22"), "{create:?}");
    assert_eq!(create.headers["authorization"], "Bearer s3cret");
    assert_eq!(vendor.count("GET /v25.0/700/insights"), 2, "the last page has a cursor, and no next one");
}

#[tokio::test]
async fn a_report_that_was_skipped_or_failed_is_begun_again() {
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        line if line.starts_with("POST") => json(200, &format!(r#"{{"report_run_id":"{}"}}"#, 701 + asked.before)),
        line if line.starts_with("GET /v25.0/701?") => {
            json(200, r#"{"async_status":"Job Skipped","async_percent_completion":100}"#)
        }
        line if line.starts_with("GET /v25.0/702?") => {
            json(200, r#"{"async_status":"Job Failed","error_code":1,"error_message":"An unknown error has occurred"}"#)
        }
        line if line.starts_with("GET /v25.0/703?") => json(200, r#"{"async_status":"Job Completed"}"#),
        line if line.starts_with("GET /v25.0/703/insights") => json(200, r#"{"data":[]}"#),
        _ => beside(asked),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor), "ad_daily", &november("9", 10, 10)).await;
    assert_eq!(landed.expect("an answer").manifest.pages.len(), 3);
    assert_eq!(vendor.count("POST"), 3);
}

/// airbytehq/airbyte#8282: reports of some sizes fail for ever. They are made for half the days.
#[tokio::test]
async fn a_report_that_fails_for_its_size_is_made_for_fewer_days() {
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        line if line.starts_with("POST") && line.contains("-01%22%2C%22until%22%3A%222026-11-02") => {
            json(200, r#"{"report_run_id":"1"}"#)
        }
        line if line.starts_with("POST") => json(200, r#"{"report_run_id":"2"}"#),
        line if line.starts_with("GET /v25.0/1?") => json(200, r#"{"async_status":"Job Failed"}"#),
        line if line.starts_with("GET /v25.0/2?") => json(200, r#"{"async_status":"Job Completed"}"#),
        line if line.starts_with("GET /v25.0/2/insights") => json(200, r#"{"data":[]}"#),
        _ => beside(asked),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor), "ad_daily", &november("9", 1, 2)).await;
    assert_eq!(landed.expect("an answer").manifest.pages.len(), 4, "two days, the account and its settings");
    assert_eq!(vendor.count("POST"), 3 + 2);
}
