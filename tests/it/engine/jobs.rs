//! Answers that a vendor makes in its own time.

use super::vendor::{Answer, Asked, Vendor, bodies, days, engine, fetch, json, source};
use daybook::connectors::{ConnectorError, Slice, Window};
use std::time::Duration;

/// A report is asked for, waited for, and its rows are read from the job, as Meta has it.
const REPORT: &str = r#"
[streams.rows]
about = "Rows of a report."
records = "$.data[*]"
loads = []

[streams.rows.slicing]
kind = "days"
step_days = 30
reread_days = 3

[streams.rows.request]
url = "{{ settings.base_url }}/{{ cursor.job | path }}/insights"
query = [["after", "{{ cursor.token }}"]]

[streams.rows.paging]
kind = "next_token"
pointer = "/paging/cursors/after"

[streams.rows.job]
id_pointer = "/report_run_id"
status_pointer = "/async_status"
done = ["Job Completed"]
failed = ["Job Failed", "Job Skipped"]
detail_pointer = "/error_message"
first_wait_secs = 0
longest_wait_secs = 1
patience_secs = 3

[streams.rows.job.create]
method = "POST"
url = "{{ settings.base_url }}/act_9/insights"
query = [["since", "{{ slice.start_date }}"], ["until", "{{ slice.end_date }}"]]

[streams.rows.job.poll]
url = "{{ settings.base_url }}/{{ cursor.job | path }}"

[streams.rows.job.abort]
method = "POST"
url = "{{ settings.base_url }}/{{ cursor.job | path }}/abort"

[[streams.rows.job.errors]]
exists = "/error/error_subcode"
body = '"error_subcode"\s*:\s*1815107'
action = "retry"
wait_secs = 0
note = "the result is not ready yet"
"#;

#[tokio::test]
async fn a_job_is_done_by_its_state_alone_and_a_result_that_is_not_ready_is_waited_for() {
    // facebook/facebook-python-business-sdk#149: 100 % and still running, then code 2601.
    let vendor = Vendor::start(|asked| match (asked.line.as_str(), asked.before) {
        ("POST /act_9/insights?since=2026-11-10&until=2026-11-10", _) => json(200, r#"{"report_run_id":"700"}"#),
        ("GET /700", 0) => json(200, r#"{"async_status":"Job Running","async_percent_completion":100}"#),
        ("GET /700", _) => json(200, r#"{"async_status":"Job Completed","async_percent_completion":100}"#),
        ("GET /700/insights", 0) => json(
            400,
            r#"{"error":{"code":2601,"error_subcode":1815107,"is_transient":true,"type":"OAuthException","message":"Error accessing adreport job."}}"#,
        ),
        ("GET /700/insights", _) => json(200, r#"{"data":[{"ad_id":"41","spend":"7.00"}],"paging":{"cursors":{"after":"b"}}}"#),
        ("GET /700/insights?after=b", _) => json(200, r#"{"data":[]}"#),
        (line, _) => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, REPORT, &[]), &days(10, 10)).await.expect("rows");
    assert!(bodies(&landed)[0].1.contains("7.00") && landed.manifest.pages.len() == 2);
    assert_eq!((vendor.count("POST"), vendor.count("GET /700?"), vendor.count("GET /700")), (1, 0, 5));
}

fn skipping(asked: &Asked) -> Answer {
    match (asked.line.as_str(), asked.before) {
        (line, before) if line.starts_with("POST /act_9") => {
            json(200, &format!(r#"{{"report_run_id":"{}"}}"#, 701 + before))
        }
        ("GET /701", _) => json(200, r#"{"async_status":"Job Skipped","async_percent_completion":0}"#),
        ("GET /702", _) => json(200, r#"{"async_status":"Job Completed"}"#),
        ("GET /702/insights", _) => json(200, r#"{"data":[]}"#),
        (line, _) => panic!("nobody should ask {line}"),
    }
}

#[tokio::test]
async fn a_job_that_was_skipped_is_no_empty_answer_and_is_begun_again() {
    let vendor = Vendor::start(skipping).await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, REPORT, &[]), &days(10, 10)).await.expect("rows");
    assert_eq!(bodies(&landed), [(String::new(), r#"{"data":[]}"#.to_owned())]);
    assert_eq!(vendor.count("POST /act_9"), 2);
}

#[tokio::test]
async fn a_job_that_is_not_done_is_gone_on_with_by_the_next_sync_and_after_a_restart() {
    let ready = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = std::sync::Arc::clone(&ready);
    let vendor = Vendor::start(move |asked| match asked.line.as_str() {
        line if line.starts_with("POST /act_9") => json(200, r#"{"report_run_id":"800"}"#),
        "GET /800" if flag.load(std::sync::atomic::Ordering::Relaxed) => {
            json(200, r#"{"async_status":"Job Completed"}"#)
        }
        "GET /800" => json(200, r#"{"async_status":"Job Running"}"#),
        "GET /800/insights" => json(200, r#"{"data":[{"ad_id":"1"}]}"#),
        line => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(&vendor, REPORT, &[]);
    // Stopped while it waits, as a daemon is.
    let own = engine(folder.path());
    let stopped = tokio::time::timeout(Duration::from_millis(600), fetch(&own, &source, &days(1, 20))).await;
    assert!(stopped.is_err(), "it waits");
    drop(own);
    // A restart, and a vendor that takes longer than a sync waits.
    let waiting = fetch(&engine(folder.path()), &source, &days(1, 20)).await.expect_err("not done yet");
    assert!(matches!(waiting, ConnectorError::Unavailable { .. }), "{waiting:?}");
    assert!(waiting.to_string().contains("the next sync goes on with it"), "{waiting}");
    ready.store(true, std::sync::atomic::Ordering::Relaxed);
    let landed = fetch(&engine(folder.path()), &source, &days(1, 20)).await.expect("rows");
    assert_eq!((landed.manifest.pages.len(), vendor.count("POST /act_9")), (1, 1));
    // It is done with: the next time a new one is begun.
    fetch(&engine(folder.path()), &source, &days(1, 20)).await.expect("rows");
    assert_eq!(vendor.count("POST /act_9"), 2);
}

#[tokio::test]
async fn a_job_of_other_days_is_ended_and_not_taken_for_these() {
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        line if line.starts_with("POST /act_9") => {
            let id = if line.contains("level=ad") { "1" } else { "2" };
            json(200, &format!(r#"{{"report_run_id":"{id}"}}"#))
        }
        "GET /1" => json(200, r#"{"async_status":"Job Running"}"#),
        "POST /1/abort" => json(200, "{}"),
        "GET /2" => json(200, r#"{"async_status":"Job Completed"}"#),
        "GET /2/insights" => json(200, r#"{"data":[]}"#),
        line => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let with_level = REPORT.replace(r#"["until""#, r#"["level", "ad"], ["until""#);
    let old = source(&vendor, &with_level, &[]);
    fetch(&engine(folder.path()), &old, &days(1, 20)).await.expect_err("not done yet");
    // The connector asks for something else now: what the job makes is no answer to it.
    let landed = fetch(&engine(folder.path()), &source(&vendor, REPORT, &[]), &days(1, 20)).await.expect("rows");
    assert_eq!((landed.manifest.pages.len(), vendor.count("POST /1/abort")), (1, 1));
}

/// A file at an address of its own, as Microsoft Advertising has it.
const FILE: &str = r#"
[streams.rows]
about = "Rows of a file."
records = "$.rows[*]"
body = "csv"
loads = []

[streams.rows.table]
columns = ["TimePeriod", "Spend"]

[streams.rows.slicing]
kind = "days"
step_days = 30
reread_days = 3

[streams.rows.request]
url = "{{ cursor.job_url }}"
anonymous = true

[streams.rows.job]
id_pointer = "/ReportRequestId"
status_pointer = "/ReportRequestStatus/Status"
done = ["Success"]
failed = ["Error"]
url_pointer = "/ReportRequestStatus/ReportDownloadUrl"
empty_without_url = true
expired = [403, 404]
first_wait_secs = 0
longest_wait_secs = 1

[streams.rows.job.create]
method = "POST"
url = "{{ settings.base_url }}/Submit"
body = '{"start": "{{ slice.start_date }}", "end": "{{ slice.end_date }}"}'

[streams.rows.job.poll]
method = "POST"
url = "{{ settings.base_url }}/Poll"
body = '{"ReportRequestId": "{{ cursor.job }}"}'
"#;

fn poll(url: &str) -> Answer {
    json(200, &format!(r#"{{"ReportRequestStatus":{{"Status":"Success","ReportDownloadUrl":{url}}}}}"#))
}

#[tokio::test]
async fn an_address_that_expired_is_asked_for_anew_and_gets_no_credentials() {
    let base = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let own = std::sync::Arc::clone(&base);
    let vendor = Vendor::start(move |asked| match (asked.line.as_str(), asked.before) {
        ("POST /Submit", _) => json(200, r#"{"ReportRequestId":"r1"}"#),
        ("POST /Poll", before) => poll(&format!("\"{}/file?sig={before}\"", own.get().expect("a base"))),
        ("GET /file?sig=0", _) => json(403, "<Error><Code>AuthenticationFailed</Code></Error>"),
        ("GET /file?sig=1", _) => (200, Vec::new(), b"TimePeriod,Spend\n2026-11-10,10.00\n".to_vec()),
        (line, _) => panic!("nobody should ask {line}"),
    })
    .await;
    base.set(vendor.base_url()).expect("once");
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, FILE, &[]), &days(1, 9)).await.expect("rows");
    assert!(bodies(&landed)[0].1.contains("10.00"));
    for asked in vendor.asked() {
        assert!(!asked.line.ends_with("/Poll") || asked.body == r#"{"ReportRequestId": "r1"}"#, "{}", asked.body);
        let is_proved = asked.headers.contains_key("authorization");
        assert_eq!(is_proved, !asked.line.contains("/file"), "{}", asked.line);
    }
}

#[tokio::test]
async fn success_without_an_address_is_an_answer_without_rows_and_is_noted() {
    // BingAds/BingAds-Python-SDK#71
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        "POST /Submit" => json(200, r#"{"ReportRequestId":"r1"}"#),
        _ => poll("null"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, FILE, &[]), &days(1, 9)).await.expect("no rows");
    assert_eq!(
        (landed.manifest.pages.len(), landed.manifest.notes.as_slice()),
        (0, &["the vendor's report has no rows".to_owned()][..])
    );
    let strict = FILE.replace("empty_without_url = true", "");
    let error =
        fetch(&engine(folder.path()), &source(&vendor, &strict, &[]), &days(1, 9)).await.expect_err("no address");
    assert!(matches!(error, ConnectorError::UnexpectedPayload { .. }), "{error:?}");
}

#[tokio::test]
async fn an_address_that_leads_into_this_network_or_over_plain_http_is_not_followed() {
    for address in ["http://files.example/1.zip", "file:///etc/passwd", "https://"] {
        let vendor = Vendor::start(move |asked| match asked.line.as_str() {
            "POST /Submit" => json(200, r#"{"ReportRequestId":"r1"}"#),
            _ => poll(&format!("{address:?}")),
        })
        .await;
        let folder = tempfile::tempdir().expect("a folder");
        let error = fetch(&engine(folder.path()), &source(&vendor, FILE, &[]), &days(1, 9)).await.expect_err("refused");
        assert!(matches!(error, ConnectorError::UnexpectedPayload { .. }), "{address}: {error:?}");
    }
}

#[tokio::test]
async fn a_window_whose_jobs_fail_is_asked_for_in_halves() {
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        "POST /act_9/insights?since=2026-11-01&until=2026-11-04" => json(200, r#"{"report_run_id":"big"}"#),
        "GET /big" => json(200, r#"{"async_status":"Job Failed","error_message":"Please reduce the amount of data"}"#),
        "POST /act_9/insights?since=2026-11-01&until=2026-11-02" => json(200, r#"{"report_run_id":"one"}"#),
        "POST /act_9/insights?since=2026-11-03&until=2026-11-04" => json(200, r#"{"report_run_id":"two"}"#),
        "GET /one" | "GET /two" => json(200, r#"{"async_status":"Job Completed"}"#),
        "GET /one/insights" => json(200, r#"{"data":[{"ad_id":"51"}]}"#),
        "GET /two/insights" => json(200, r#"{"data":[{"ad_id":"52"}]}"#),
        line => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, REPORT, &[]), &days(1, 4)).await.expect("rows");
    let ads: Vec<bool> = bodies(&landed).iter().zip(["51", "52"]).map(|((_, body), ad)| body.contains(ad)).collect();
    assert_eq!(ads, [true, true]);
    assert_eq!(vendor.count("POST /act_9/insights?since=2026-11-01&until=2026-11-04"), 3);
}

#[tokio::test]
async fn a_job_of_instants_is_gone_on_with_though_the_clock_moved_on() {
    let instants = REPORT
        .replace(
            "kind = \"days\"\nstep_days = 30\nreread_days = 3",
            "kind = \"instants\"\nstep_days = 30\noverlap_secs = 60",
        )
        .replace("slice.start_date", "slice.start_unix")
        .replace("slice.end_date", "slice.end_unix");
    let vendor = Vendor::start(|asked| match (asked.line.as_str(), asked.before) {
        ("POST /act_9/insights?since=0&until=3600", _) => json(200, r#"{"report_run_id":"900"}"#),
        ("GET /900", 0..=3) => json(200, r#"{"async_status":"Job Running"}"#),
        ("GET /900", _) => json(200, r#"{"async_status":"Job Completed"}"#),
        ("GET /900/insights", _) => json(200, r#"{"data":[]}"#),
        (line, _) => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(&vendor, &instants.replace("patience_secs = 3", "patience_secs = 0"), &[]);
    let slice = |end: i64| {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).expect("an instant");
        Slice { partition: String::new(), window: Window::Instants { start: at(0), end: at(end) } }
    };
    for end in [3600, 7200, 10_800, 14_400] {
        fetch(&engine(folder.path()), &source, &slice(end)).await.expect_err("not done yet");
    }
    let landed = fetch(&engine(folder.path()), &source, &slice(18_000)).await.expect("rows");
    assert_eq!(landed.manifest.slice, slice(3600), "what the job was asked for");
    assert_eq!(vendor.count("POST"), 1);
}
