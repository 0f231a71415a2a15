//! Microsoft Advertising by a script: accounts, reports as jobs, zipped files, what an answer says of itself.

use super::vendor::{Answer, Asked, Vendor, engine, json};
use crate::support::{land_and_load_days, source as built_in, texts};
use chrono::{DateTime, NaiveDate, Utc};
use daybook::connectors::rules::{ErrorResponse, Verdict};
use daybook::connectors::spec::ErrorAction;
use daybook::connectors::{Catalog, Connection, ConnectorError, Engine, LandedSlice, Slice, Window};
use daybook::domain::money::Currency;
use daybook::domain::period::Period;
use daybook::jobs::sync::{Source, decoded, load_request};
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use daybook::warehouse::facts::builtin;
use daybook::warehouse::load::{LoadRequest, load};
use reqwest::header::HeaderMap;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const TOKEN: &str =
    r#"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ0.new","refresh_token":"M.C5.second"}"#;
const SUBMIT: &str = "POST /Reporting/v13/GenerateReport/Submit";
const POLL: &str = "POST /Reporting/v13/GenerateReport/Poll";

/// A report as it is downloaded: `announced` rows are said to be in it.
fn report(rows: &[&str], announced: usize, flag: bool, last: &str) -> String {
    format!(
        "\u{feff}\"Report Name: CampaignPerformanceReport\"\r\n\"Report Time: 11/23/2026, 11/24/2026\"\r\n\
         \"Time Zone: (GMT-08:00) Pacific Time (US & Canada); Tijuana\"\r\n\"Last Completed Available Day: {last} (GMT)\"\r\n\
         \"Last Completed Available Hour: {last} (GMT)\"\r\n\"Report Aggregation: Daily\"\r\n\"Report Filter: \"\r\n\
         \"Potential Incomplete Data: {flag}\"\r\n\"Rows: {announced}\"\r\n\r\n\
         \"TimePeriod\",\"AccountId\",\"CurrencyCode\",\"CampaignId\",\"CampaignName\",\"CampaignStatus\",\"CampaignType\",\
         \"Impressions\",\"Clicks\",\"Spend\",\"ConversionsQualified\",\"Revenue\"\r\n{}\r\n\
         \"©2026 Microsoft Corporation. All rights reserved. \"\r\n",
        rows.iter().map(|row| format!("{row}\r\n")).collect::<String>()
    )
}

fn row(day: &str, campaign: &str, cost: &str) -> String {
    format!(
        r#""{day}","180535609","USD","{campaign}","Shoes, red","Active","Search & content","1,000","10","{cost}","1.50","9.00""#
    )
}

fn zipped(report: &str) -> Answer {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("6001.csv", zip::write::SimpleFileOptions::default()).expect("a member");
    archive.write_all(report.as_bytes()).expect("written");
    (200, Vec::new(), archive.finish().expect("an archive").into_inner())
}

/// The built-in connector, which waits for no report.
fn connection(vendor: &Vendor, account_ids: &[&str]) -> Connection {
    let mut connector = (*Catalog::built_in().expect("a catalog").get("microsoft_ads").expect("a connector")).clone();
    for job in connector.spec.streams.values_mut().filter_map(|stream| stream.job.as_mut()) {
        (job.first_wait_secs, job.longest_wait_secs, job.patience_secs) = (0, 1, 2);
    }
    let text = |text: &str| toml::Value::from(text);
    let ids: Vec<toml::Value> = account_ids.iter().map(|id| text(id)).collect();
    let settings = BTreeMap::from(
        [
            ("base_url", text(&vendor.base_url())),
            ("accounts_url", text(&vendor.base_url())),
            ("login_url", text(&vendor.base_url())),
            ("customer_id", text("987654321")),
            ("time_zone", text("America/Los_Angeles")),
            ("account_ids", toml::Value::from(ids)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let secrets = connector.spec.secrets.keys().map(|name| (name.clone(), Secret::new(format!("s3cret {name}"))));
    let secrets = secrets.collect();
    Connection::new("acme", "bing", Arc::new(connector), settings, secrets, chrono_tz::UTC).expect("a connection")
}

fn keeping(folder: &tempfile::TempDir) -> Engine {
    engine(&folder.path().join("landing")).keeping_tokens(folder.path().join("tokens"))
}

fn days(first: &str, after: &str) -> Period {
    Period::new(first.parse().expect("a date"), after.parse().expect("a date")).expect("days")
}

async fn fetch(engine: &Engine, connection: &Connection) -> Result<LandedSlice, ConnectorError> {
    let window = Window::Days { period: days("2026-11-23", "2026-11-25") };
    let slice = Slice { partition: "180535609".to_owned(), window };
    engine.fetch(connection, "ad_daily", &slice, None, &|_| ()).await
}

fn header(asked: &Asked, name: &str) -> String {
    asked.headers.get(name).map(|value| value.to_str().expect("a text").to_owned()).unwrap_or_default()
}

fn polled(status: &str, url: &str) -> Answer {
    json(200, &format!(r#"{{"ReportRequestStatus":{{"Status":"{status}","ReportDownloadUrl":{url}}}}}"#))
}

#[tokio::test]
async fn a_report_is_asked_for_waited_for_and_read_from_an_address_that_expired_once() {
    let base = Arc::new(OnceLock::<String>::new());
    let own = Arc::clone(&base);
    let rows = [row("2026-11-23", "9007199254740993", "50.00"), row("2026-11-24", "9007199254740993", "5.00")];
    let file = report(&rows.each_ref().map(String::as_str), 2, true, "11/24/2026 2:15:00 AM");
    let vendor = Vendor::start(move |asked| match (asked.line.as_str(), asked.before) {
        ("POST /common/oauth2/v2.0/token", 0) => json(200, TOKEN),
        (SUBMIT, 0) => json(200, r#"{"ReportRequestId":"30000001231499722"}"#),
        (POLL, 0) => polled("Pending", "null"),
        (POLL, before) => polled("Success", &format!("\"{}/reports/a.zip?sig={before}\"", own.get().expect("a base"))),
        ("GET /reports/a.zip?sig=1", _) => {
            json(403, "<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code></Error>")
        }
        ("GET /reports/a.zip?sig=2", _) => zipped(&file),
        (line, _) => panic!("nobody should ask {line}"),
    })
    .await;
    base.set(vendor.base_url()).expect("once");
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&keeping(&folder), &connection(&vendor, &["180535609"])).await.expect("a report");
    assert_eq!(landed.manifest.pages.len(), 1);
    // What was landed, zipped as it came, is read into the table.
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let currency = Currency::new("EUR").expect("a currency");
    let source = Source {
        connection: connection(&vendor, &["180535609"]),
        currency,
        since: at("2026-11-01T00:00:00Z").date_naive(),
    };
    let request = load_request(&source, &landed, &builtin(), &Secret::new("key"), true).expect("a request");
    let request =
        LoadRequest { fetched_at: at("2026-11-25T20:00:00Z"), ..decoded(request, &source, &landed).expect("rows") };
    warehouse.write_blocking(move |writer| load(writer, &request, request.fetched_at)).expect("a load");
    let loaded = "SELECT concat_ws(' ', campaign_id, campaign_name, date, currency, impressions, cost::DECIMAL(18, 2)) FROM core.ad_daily ORDER BY date";
    assert_eq!(
        texts(&warehouse, loaded),
        [
            "9007199254740993 Shoes, red 2026-11-23 USD 1000 50.00",
            "9007199254740993 Shoes, red 2026-11-24 USD 1000 5.00"
        ]
    );
    assert_eq!(texts(&warehouse, "SELECT count(*)::VARCHAR FROM ops.coverage WHERE is_whole_day"), ["0"]);

    let asked = vendor.asked();
    let token = asked.iter().find(|asked| asked.line.contains("token")).expect("a token");
    assert!(token.body.contains("scope=https%3A%2F%2Fads.microsoft.com%2Fmsads.manage"), "{}", token.body);
    let submit = asked.iter().find(|asked| asked.line == SUBMIT).expect("a report");
    let body: serde_json::Value = serde_json::from_str(&submit.body).expect("JSON");
    let of = |pointer: &str| body.pointer(&format!("/ReportRequest{pointer}")).cloned().unwrap_or_default();
    assert_eq!(of("/Scope"), serde_json::json!({"AccountIds": [180535609]}), "a report of one account");
    assert_eq!(of("/Time/CustomDateRangeStart"), serde_json::json!({"Year": 2026, "Month": 11, "Day": 23}));
    assert_eq!(of("/Time/CustomDateRangeEnd"), serde_json::json!({"Year": 2026, "Month": 11, "Day": 24}));
    assert_eq!(of("/Time/ReportTimeZone"), "PacificTimeUSCanadaTijuana", "today is that of the account");
    assert_eq!((of("/ExcludeReportHeader"), of("/ExcludeReportFooter")), (false.into(), false.into()));
    let columns = of("/Columns");
    let columns: Vec<&str> = columns.as_array().expect("a list").iter().filter_map(|name| name.as_str()).collect();
    assert!(columns.contains(&"ConversionsQualified") && !columns.contains(&"Conversions"), "{columns:?}");
    for asked in asked.iter().filter(|asked| asked.line == SUBMIT || asked.line == POLL) {
        assert_eq!(header(asked, "authorization"), "Bearer eyJ0.new");
        assert_eq!(header(asked, "developertoken"), "s3cret developer_token");
        assert_eq!(
            (header(asked, "customerid"), header(asked, "customeraccountid")),
            ("987654321".into(), "180535609".into())
        );
    }
    for asked in asked.iter().filter(|asked| asked.line.contains(".zip")) {
        assert!(header(asked, "authorization").is_empty() && header(asked, "developertoken").is_empty());
    }
}

#[tokio::test]
async fn a_file_with_fewer_rows_than_it_announces_is_asked_for_again() {
    let base = Arc::new(OnceLock::<String>::new());
    let own = Arc::clone(&base);
    let rows = [row("2026-11-23", "11", "50.00"), row("2026-11-24", "11", "5.00")];
    let (cut, whole) = (
        report(&[&rows[0]], 2, false, "11/26/2026 2:15:00 AM"),
        report(&[&rows[0], &rows[1]], 2, false, "11/26/2026 2:15:00 AM"),
    );
    let vendor = Vendor::start(move |asked| match (asked.line.as_str(), asked.before) {
        ("POST /common/oauth2/v2.0/token", _) => json(200, TOKEN),
        (SUBMIT, _) => json(200, r#"{"ReportRequestId":"1"}"#),
        (POLL, _) => polled("Success", &format!("\"{}/a.zip\"", own.get().expect("a base"))),
        (_, 0) => zipped(&cut),
        _ => zipped(&whole),
    })
    .await;
    base.set(vendor.base_url()).expect("once");
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&keeping(&folder), &connection(&vendor, &["180535609"])).await.expect("a report");
    assert_eq!((vendor.count("GET"), vendor.count(SUBMIT), landed.manifest.pages.len()), (2, 1, 1));
}

/// Answers to Submit that are no report.
async fn refused(answer: fn() -> Answer) -> (String, usize) {
    let vendor = Vendor::start(move |asked| match asked.line.as_str() {
        "POST /common/oauth2/v2.0/token" => json(200, TOKEN),
        SUBMIT => answer(),
        line => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let error = fetch(&keeping(&folder), &connection(&vendor, &["180535609"])).await.expect_err("no report");
    (format!("{error:?}"), vendor.count(SUBMIT))
}

#[tokio::test]
async fn codes_decide_whether_a_report_is_asked_for_again_later_or_never() {
    // PostHog/posthog#63786: dead credentials were sent 12,000 times.
    let credentials = || {
        json(
            400,
            r#"{"Errors":[{"Code":105,"ErrorCode":"InvalidCredentials","Message":"Authentication failed."}],"TrackingId":"t","Type":"AdApiFaultDetail"}"#,
        )
    };
    let (told, asked) = refused(credentials).await;
    assert!(
        told.contains("Rejected") && told.contains("401") && told.contains("Authentication failed.") && asked == 1,
        "{told} {asked}"
    );
    // The next sync asks, not this one.
    let many = || {
        json(
            400,
            r#"{"OperationErrors":[{"Code":207,"ErrorCode":"ConcurrentRequestOverLimit","Details":null,"Message":"wait"}],"BatchErrors":[]}"#,
        )
    };
    let (told, asked) = refused(many).await;
    assert!(told.contains("RateLimited") && asked == 1, "{told} {asked}");
    // learn.microsoft.com answer 765013: now and then the id is missing.
    let (told, asked) = refused(|| json(200, r#"{"ReportRequestId":null}"#)).await;
    assert!(told.contains("names none") && asked == 1, "{told} {asked}");
}

fn verdict(status: u16, body: &str) -> Verdict {
    let connector = Catalog::built_in().expect("a catalog").get("microsoft_ads").expect("a connector");
    let found =
        ErrorResponse::new(status, &HeaderMap::new(), body).verdict(&connector.spec.errors, DateTime::UNIX_EPOCH);
    found.unwrap_or_else(|| panic!("{body} is no error"))
}

#[test]
fn one_sentence_for_everything_is_told_apart_by_its_code() {
    use ErrorAction::{Refresh, Retry, SplitWindow, Stop};
    let of = |list: &str, code: &str, name: &str| {
        format!(
            r#"{{"{list}":[{{"Code":{code},"ErrorCode":"{name}","Details":null,"Message":"said so"}}],"TrackingId":"t"}}"#
        )
    };
    for (list, code, action, wait) in [
        ("OperationErrors", "2004", Retry, Some(1800)),
        ("Errors", "105", Stop, None),
        ("Errors", "109", Refresh, None),
        ("Errors", "117", Retry, Some(60)),
        ("OperationErrors", "117", Retry, Some(60)),
        ("OperationErrors", "207", Retry, Some(300)),
        ("OperationErrors", "2010", SplitWindow, None),
        // a11global/bingads-performance-downloader#20: the code as a text, below the same sentence.
        ("OperationErrors", "\"2003\"", Stop, None),
        ("Errors", "106", Stop, None),
        ("Errors", "122", Stop, None),
        ("Errors", "0", Retry, None),
        // A code that is in no list is not 1, 10 or 100.
        ("OperationErrors", "1054", Retry, None),
    ] {
        let found = verdict(400, &of(list, code, "X"));
        assert_eq!((found.action, found.wait), (action, wait.map(Duration::from_secs)), "{list} {code}");
        assert!(found.note.contains("said so"), "{code}: {}", found.note);
    }
    assert_eq!(verdict(400, &of("OperationErrors", "1054", "X")).attempts, Some(2));
    // OWOX/owox-data-marts#573: where the unknown column stands.
    let column = r#"{"OperationErrors":[{"Code":100,"ErrorCode":"NullRequest","Details":"Invalid JSON at line 0 position 288. Path: $.Columns[3]","Message":"The request message is null."}]}"#;
    assert!(verdict(400, column).note.contains("$.Columns[3]"));
}

#[tokio::test]
async fn accounts_are_those_of_the_user_and_one_that_was_closed_stops_no_other() {
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        "POST /common/oauth2/v2.0/token" => json(200, TOKEN),
        "POST /CustomerManagement/v13/User/Query" => json(200, r#"{"User":{"Id":"123456789","UserName":"jo"}}"#),
        "POST /CustomerManagement/v13/Accounts/Search" => {
            assert!(asked.body.contains(r#""Field": "UserId""#) && asked.body.contains(r#""123456789""#), "{}", asked.body);
            if !asked.body.contains(r#""Index": 0"#) {
                return json(200, r#"{"Accounts":[]}"#);
            }
            json(200, r#"{"Accounts":[{"Id":"180278106","Name":"One","TimeZone":"Arizona","AccountLifeCycleStatus":"Active"},{"Id":"180535609","Name":"Two","TimeZone":"Santiago","AccountLifeCycleStatus":"Pause"}]}"#)
        }
        line => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let parts = async |ids: &[&str]| {
        let connection = connection(&vendor, ids);
        let stream = connection.connector.spec.streams["ad_daily"].clone();
        let parts = keeping(&folder).parts_of(&connection, &stream).await.expect("accounts");
        parts.into_iter().map(|part| (part.partition, part.refused.is_some())).collect::<Vec<_>>()
    };
    // airbytehq/airbyte#32875: not every account that a user sees is wanted.
    assert_eq!(parts(&["180535609"]).await, [("180535609".to_owned(), false)]);
    assert_eq!(parts(&[]).await, [("180278106".to_owned(), false), ("180535609".to_owned(), false)]);
    let closed = parts(&["180535609", "77"]).await;
    assert_eq!(closed, [("180535609".to_owned(), false), ("77".to_owned(), true)], "told, and the other is read");
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// Which of the days are whole, after answers about them at these instants.
fn whole_days(answers: &[(&str, &[String])], period: Period, zone: &str) -> (Vec<String>, Warehouse, Vec<String>) {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let folder = tempfile::tempdir().expect("a folder");
    let ids = toml::Value::from(vec![toml::Value::from("180535609")]);
    let source = built_in("microsoft_ads", &[("account_ids", ids), ("time_zone", zone.into())]);
    let mut notes = Vec::new();
    for (asked_at, bodies) in answers {
        let loaded =
            land_and_load_days(&warehouse, (folder.path(), &source), "ad_daily", bodies, (at(asked_at), Some(period)));
        notes.extend(loaded.expect("a load").notes);
    }
    let days = "SELECT date || ' ' || is_whole_day || coalesce(' ' || standing, '') FROM ops.coverage ORDER BY date";
    (texts(&warehouse, days), warehouse, notes)
}

#[test]
fn days_of_an_answer_that_says_it_may_not_be_whole_are_so_up_to_what_is_finished() {
    // MicrosoftDocs/Advertising, guides/reports.md: the last day may not be processed completely.
    let rows = [row("2026-11-22", "11", "45.00"), row("2026-11-23", "11", "50.00"), row("2026-11-24", "11", "5.00")];
    let rows = rows.each_ref().map(String::as_str);
    let period = days("2026-11-22", "2026-11-25");
    let body = |flag, last| [report(&rows, 3, flag, last)];
    let ask = |instant: &str, body: &[String]| whole_days(&[(instant, body)], period, "America/Los_Angeles");
    let (found, warehouse, _) = ask("2026-11-25T20:00:00Z", &body(true, "11/24/2026 2:15:00 AM"));
    assert_eq!(found, ["2026-11-22 true", "2026-11-23 false", "2026-11-24 false"]);
    assert_eq!(
        texts(&warehouse, "SELECT sum(cost)::DECIMAL(18, 2)::VARCHAR FROM core.ad_daily"),
        ["100.00"],
        "in part"
    );
    let (found, ..) = ask("2026-11-25T20:00:00Z", &body(false, "11/25/2026 7:15:00 PM"));
    assert_eq!(found, ["2026-11-22 true", "2026-11-23 true", "2026-11-24 true"]);
    // Of whose day it is nobody is sure: 24 November is over in Pacific time at 08:00 UTC, and three hours go by.
    let (found, ..) = ask("2026-11-25T10:00:00Z", &body(false, "11/25/2026 9:15:00 AM"));
    assert_eq!(found[2], "2026-11-24 false");
    // From Berlin the workspace's midnight has passed; the account's has not.
    let (found, _, notes) =
        whole_days(&[("2026-11-25T01:00:00Z", &body(false, "11/25/2026 0:15:00 AM"))], period, "Europe/Berlin");
    assert_eq!(found, ["2026-11-22 true", "2026-11-23 true", "2026-11-24 false"]);
    assert!(notes.iter().any(|note| note.contains("America/Los_Angeles")), "{notes:?}");
}

#[test]
fn success_without_a_file_takes_nothing_away_before_the_account_says_the_same() {
    // MicrosoftDocs/Advertising-docs#718, BingAds/BingAds-Python-SDK#277
    let nine: Vec<String> = (1..=9).map(|day| row(&format!("2026-11-0{day}"), "11", "10.00")).collect();
    let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
    let first = [report(&nine, 9, false, "11/12/2026 2:15:00 AM")];
    let answers: [(&str, &[String]); 2] = [("2026-11-12T12:00:00Z", &first), ("2026-11-19T12:00:00Z", &[])];
    let (found, warehouse, _) = whole_days(&answers, days("2026-11-01", "2026-11-10"), "America/Los_Angeles");
    assert_eq!(texts(&warehouse, "SELECT sum(cost)::DECIMAL(18, 2)::VARCHAR FROM core.ad_daily"), ["90.00"]);
    assert!(found.iter().all(|day| day.ends_with("false doubted")), "{found:?}");
}

#[test]
fn a_report_without_its_days_is_no_report() {
    // MicrosoftDocs/Advertising-docs#362: without TimePeriod every report is a summary, and says Daily all the same.
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let folder = tempfile::tempdir().expect("a folder");
    let ids = toml::Value::from(vec![toml::Value::from("180535609")]);
    let source = built_in("microsoft_ads", &[("account_ids", ids)]);
    let body = "\"AccountId\",\"CampaignId\",\"Impressions\",\"Clicks\",\"Spend\",\"ConversionsQualified\"\r\n\"1\",\"11\",\"1\",\"0\",\"0.03\",\"0.00\"\r\n";
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
    let period = Period::new(day("2026-11-01"), day("2026-11-02"));
    let error = land_and_load_days(
        &warehouse,
        (folder.path(), &source),
        "ad_daily",
        &[body.to_owned()],
        (at("2026-11-12T12:00:00Z"), period),
    );
    let error = error.expect_err("no days").to_string();
    assert!(error.contains("lacks the columns TimePeriod"), "{error}");
}

/// MicrosoftDocs/Advertising-docs#365: hours came as `m/d/y 12:00:00 AM|h`, and midnight was taken for the hour.
#[test]
fn an_hour_in_another_form_is_kept_apart_and_no_day_is_whole_by_it() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let folder = tempfile::tempdir().expect("a folder");
    let ids = toml::Value::from(vec![toml::Value::from("180535609")]);
    let source = built_in("microsoft_ads", &[("account_ids", ids)]);
    let row = |period: &str| format!(r#""{period}","180535609","USD","11","Shoes","10","1","0.50","0.00","0.00""#);
    let body = format!(
        "\"TimePeriod\",\"AccountId\",\"CurrencyCode\",\"CampaignId\",\"CampaignName\",\"Impressions\",\"Clicks\",\"Spend\",\
         \"ConversionsQualified\",\"Revenue\"\r\n{}\r\n{}\r\n",
        row("2026-11-01|7"),
        row("11/1/2026 12:00:00 AM|8")
    );
    let period = Some(days("2026-11-01", "2026-11-02"));
    let at = at("2026-11-12T12:00:00Z");
    let loaded =
        land_and_load_days(&warehouse, (folder.path(), &source), "hours", &[body], (at, period)).expect("a load");
    assert_eq!(loaded.rows_quarantined, 1);
    let hours = "SELECT date || ' ' || hour || ' ' || clicks FROM core.ad_hourly";
    assert_eq!(texts(&warehouse, hours), ["2026-11-01 7 1"]);
    let why = texts(&warehouse, "SELECT reason FROM ops.quarantine").remove(0);
    assert!(why.contains("TimePeriod"), "{why}");
}
