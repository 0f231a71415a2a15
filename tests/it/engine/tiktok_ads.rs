//! The connector of TikTok Ads against a vendor that answers by a script: all with status 200.

use super::vendor::{Asked, Vendor, bodies, days, engine, json};
use crate::support;
use daybook::connectors::{ConnectorError, LandedSlice, Slice};
use daybook::jobs::sync::Source;
use std::path::Path;

const ADVERTISER: &str = r#"{"code":0,"message":"OK","data":{"list":[{"advertiser_id":"7001035076276387841","currency":"EUR","display_timezone":"UTC"}]}}"#;
const NO_STORE: &str = r#"{"code":0,"message":"OK","data":{"store_list":[]}}"#;
const EMPTY: &str = r#"{"code":0,"message":"OK","data":{"list":[],"page_info":{"page":1,"page_size":50,"total_number":0,"total_page":1}}}"#;

fn source(vendor: &Vendor, advertisers: &[&str]) -> Source {
    let advertisers = toml::Value::Array(advertisers.iter().map(|id| toml::Value::from(*id)).collect());
    support::source("tiktok_ads", &[("base_url", vendor.base_url().into()), ("advertiser_ids", advertisers)])
}

fn november(first: u32, last: u32) -> Slice {
    Slice { partition: "7001035076276387841".to_owned(), ..days(first, last) }
}

async fn fetch(vendor: &Vendor, stream: &str, slice: &Slice, folder: &Path) -> Result<LandedSlice, ConnectorError> {
    let source = source(vendor, &["7001035076276387841"]);
    engine(folder).fetch(&source.connection, stream, slice, None, &|_| ()).await
}

/// A page of a report by country, which asks for nothing else but the advertiser.
fn page(number: u64, total: u64, pages: u64, ads: &[(&str, &str)]) -> String {
    let rows: Vec<String> = ads
        .iter()
        .map(|(ad, spend)| {
            format!(r#"{{"dimensions":{{"campaign_id":"{ad}","country_code":"DE","stat_time_day":"2026-11-10 00:00:00"}},"metrics":{{"spend":"{spend}"}}}}"#)
        })
        .collect();
    format!(
        r#"{{"code":0,"message":"OK","data":{{"list":[{}],"page_info":{{"page":{number},"page_size":2,"total_number":{total},"total_page":{pages}}}}}}}"#,
        rows.join(",")
    )
}

fn is_report(asked: &Asked) -> bool {
    asked.line.starts_with("GET /open_api/v1.3/report/integrated/get/?")
}

/// Answers reports by `report`, and the rest as an advertiser without a store.
async fn vendor(report: impl Fn(&Asked) -> String + Send + Sync + 'static) -> Vendor {
    Vendor::start(move |asked| match asked.line.as_str() {
        _ if is_report(asked) => json(200, &report(asked)),
        line if line.contains("/gmv_max/store/list/") => json(200, NO_STORE),
        line if line.contains("/gmv_max/") => json(200, EMPTY),
        _ => json(200, ADVERTISER),
    })
    .await
}

fn reports(vendor: &Vendor) -> usize {
    vendor.asked().iter().filter(|asked| is_report(asked)).count()
}

/// The spend of all rows that were landed.
fn spend(landed: &LandedSlice) -> Vec<String> {
    let own = bodies(landed).into_iter().filter(|(part, _)| part.is_empty());
    let mut all = Vec::new();
    for (_, body) in own {
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let rows = body["data"]["list"].as_array().expect("a list");
        all.extend(rows.iter().map(|row| row["metrics"]["spend"].as_str().expect("spend").to_owned()));
    }
    all.sort();
    all
}

#[tokio::test]
async fn what_is_temporary_is_asked_for_again_whatever_its_code() {
    // PostHog/posthog#82513 (51002), #82775 (40100 within pages), airbytehq/airbyte#70992; a gateway's page in HTML.
    for passing in [
        r#"{"code":51002,"message":"Internal service error. Please retry later.","data":{}}"#,
        r#"{"code":50000,"message":"System error.","data":{}}"#,
        r#"{"code":40100,"message":"App reaches the QPS limit 20"}"#,
        r#"{"code":40133,"message":"Advertiser (1)'s QPS (21) reaches QPS limit 20 for current path"}"#,
        "<html><body>Bad gateway</body></html>",
        r#"{"code":0,"message":"OK","data":{}}"#,
    ] {
        let vendor = vendor(move |asked| match asked.before {
            0 => passing.to_owned(),
            _ => page(1, 1, 1, &[("1", "20.00")]),
        })
        .await;
        let folder = tempfile::tempdir().expect("a folder");
        let landed = fetch(&vendor, "countries", &november(10, 10), folder.path()).await.expect(passing);
        assert_eq!((spend(&landed), reports(&vendor)), (vec!["20.00".to_owned()], 2), "{passing}");
    }
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_asked_for_once_and_never_an_empty_report() {
    // PostHog/posthog#78577 (40000), #82183 (40001); airbytehq/airbyte#80210 (another application's token), #11375 (a
    // metric that the report does not have).
    for (body, status, told) in [
        (r#"{"code":40105,"message":"Access token is incorrect or has been revoked."}"#, 401, "connect again"),
        (r#"{"code":40000,"message":"The access token does not match the app"}"#, 401, "another application's"),
        (
            r#"{"code":40000,"message":"The app_id is inconsistent with the token's app information."}"#,
            401,
            "another application's",
        ),
        (r#"{"code":40000,"message":"start_date: invalid"}"#, 400, "start_date: invalid"),
        (
            r#"{"code":40002,"message":"Invalid metric fields: ['voucher_spend', 'cash_spend'].","request_id":"r-7"}"#,
            400,
            "r-7",
        ),
        (r#"{"code":40001,"message":"No permission to operate advertiser 2"}"#, 403, "not this user's"),
        (r#"{"code":40001,"message":"advertiser does not grant you /report/:GET permission"}"#, 403, "all permissions"),
    ] {
        let vendor = vendor(move |_| body.to_owned()).await;
        let folder = tempfile::tempdir().expect("a folder");
        let error = fetch(&vendor, "countries", &november(10, 10), folder.path()).await.expect_err(body);
        let of = match &error {
            ConnectorError::Unauthorized { .. } => 401,
            ConnectorError::Rejected { status, .. } => *status,
            _ => 0,
        };
        assert_eq!((of, reports(&vendor)), (status, 1), "{error:?}");
        assert!(error.to_string().contains(told) && !error.to_string().contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn an_unknown_code_is_tried_a_few_times_and_told_in_the_vendors_words() {
    let vendor =
        vendor(|_| r#"{"code":49999,"message":"Something new","request_id":"r-9","data":{}}"#.to_owned()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let error = fetch(&vendor, "countries", &november(10, 10), folder.path()).await.expect_err("no report");
    assert_eq!(reports(&vendor), 3);
    assert!(error.to_string().contains("Something new") && error.to_string().contains("r-9"), "{error}");
}

#[tokio::test]
async fn a_query_that_is_too_large_is_asked_for_in_halves() {
    // airbytehq/airbyte, source-tiktok-marketing: 40067 for 30 days of an advertiser.
    let vendor = vendor(|asked| match asked.line.contains("start_date=2026-11-01&end_date=2026-11-30") {
        true => r#"{"code":40067,"message":"Your query is too large","data":{}}"#.to_owned(),
        false => page(1, 1, 1, &[("1", "10.00")]),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&vendor, "countries", &november(1, 30), folder.path()).await.expect("rows");
    assert_eq!((spend(&landed).len(), reports(&vendor)), (2, 3));
    let headers = vendor.asked()[0].headers.clone();
    assert_eq!(headers["access-token"], "s3cret");
    assert_eq!(headers.get("authorization"), None);
}

#[tokio::test]
async fn a_report_that_moves_while_it_is_read_is_read_anew() {
    // Apache SeaTunnel, TikTokAds source: the report is no snapshot. First its number of rows changes, then a row comes
    // twice while the number stays.
    for first_total in [3, 4] {
        let vendor = vendor(move |asked| {
            let is_second = asked.line.contains("page=2&");
            match (is_second, asked.before) {
                (false, 0) => page(1, first_total, 2, &[("1", "1.00"), ("2", "2.00")]),
                (false, _) => page(1, 4, 2, &[("0", "8.00"), ("1", "1.00")]),
                (true, _) => page(2, 4, 2, &[("2", "2.00"), ("3", "4.00")]),
            }
        })
        .await;
        let folder = tempfile::tempdir().expect("a folder");
        let landed = fetch(&vendor, "countries", &november(10, 10), folder.path()).await.expect("rows");
        assert_eq!(spend(&landed), ["1.00", "2.00", "4.00", "8.00"], "15.00, from {first_total} rows on");
        assert_eq!(reports(&vendor), 4);
    }
}

#[tokio::test]
async fn a_page_without_numbers_is_the_only_one() {
    let vendor = vendor(|_| {
        r#"{"code":0,"data":{"list":[{"dimensions":{"campaign_id":"1"},"metrics":{"spend":"3.00"}}]}}"#.to_owned()
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&vendor, "countries", &november(10, 10), folder.path()).await.expect("rows");
    assert_eq!((spend(&landed), reports(&vendor)), (vec!["3.00".to_owned()], 1));
}

#[tokio::test]
async fn what_was_deleted_is_asked_for_by_the_status_of_its_level() {
    // airbytehq/airbyte#32095, #65623: deleted ads were missing, for the filter was of another level.
    let vendor = vendor(|_| page(1, 0, 1, &[])).await;
    let folder = tempfile::tempdir().expect("a folder");
    for (stream, level, filter) in [
        ("account_daily", "AUCTION_ADVERTISER", None),
        ("ad_daily", "AUCTION_AD", Some("ad_status")),
        ("countries", "AUCTION_CAMPAIGN", Some("campaign_status")),
    ] {
        fetch(&vendor, stream, &november(10, 10), folder.path()).await.expect("no rows");
        let lines = vendor.lines();
        let of_level = format!("data_level={level}&");
        let line = lines.iter().rev().find(|line| line.contains(&of_level)).expect(stream);
        let wanted = filter.map(|field| format!("filtering=%5B%7B%22field_name%22%3A%22{field}%22"));
        assert_eq!(line.contains("filtering="), filter.is_some(), "{line}");
        assert!(wanted.is_none_or(|wanted| line.contains(&wanted)), "{line}");
    }
}

#[tokio::test]
async fn stores_that_the_advertiser_holds_are_asked_for_their_gmv_max_campaigns() {
    // singer-io/tap-tiktok-ads#32; one store a request.
    let stores = r#"{"code":0,"data":{"store_list":[{"store_id":"11","is_gmv_max_available":true},{"store_id":"12","is_gmv_max_available":false},{"store_id":"7494055813163943155","is_gmv_max_available":true}]}}"#;
    let vendor = Vendor::start(move |asked| match asked.line.as_str() {
        line if line.contains("/gmv_max/store/list/") => json(200, stores),
        line if line.contains("/gmv_max/") => json(200, EMPTY),
        _ if is_report(asked) => json(200, &page(1, 1, 1, &[("1", "20.00")])),
        _ => json(200, ADVERTISER),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    fetch(&vendor, "ad_daily", &november(10, 10), folder.path()).await.expect("rows");
    let asked: Vec<String> = vendor.lines().into_iter().filter(|line| line.contains("/gmv_max/report/get/")).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].contains("store_ids=%5B%2211%22%5D"), "{}", asked[0]);
    assert!(asked[1].contains("store_ids=%5B%227494055813163943155%22%5D"), "{}", asked[1]);
}

#[tokio::test]
async fn an_endpoint_that_is_not_granted_is_named_and_the_others_are_read() {
    // PostHog/posthog#82183: one code for an endpoint that is not granted and for an advertiser that is gone.
    let denied = r#"{"code":40001,"message":"advertiser does not grant you /gmv_max/store/list/:GET permission"}"#;
    let vendor = Vendor::start(move |asked| match asked.line.as_str() {
        line if line.contains("/gmv_max/") => json(200, denied),
        _ if is_report(asked) => json(200, &page(1, 1, 1, &[("1", "20.00")])),
        _ => json(200, ADVERTISER),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&vendor, "ad_daily", &november(10, 10), folder.path()).await.expect("rows");
    assert_eq!(spend(&landed), ["20.00"]);
    let notes = &landed.manifest.notes;
    assert!(notes.iter().any(|note| note.contains("the cost of such campaigns is missing")), "{notes:?}");
}

#[tokio::test]
async fn a_connection_with_no_advertiser_chosen_is_no_quiet_one() {
    // PostHog/posthog#83459: OAuth ends well with no advertiser chosen.
    let vendor = Vendor::start(|_| json(200, r#"{"code":0,"message":"OK","data":{"list":[]}}"#)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(&vendor, &[]);
    let stream = &source.connection.connector.spec.streams["ad_daily"];
    let error = engine(folder.path()).parts_of(&source.connection, stream).await.expect_err("nothing to read");
    assert!(error.to_string().contains("none of the ad accounts"), "{error}");
    assert!(vendor.lines()[0].starts_with("GET /open_api/v1.3/oauth2/advertiser/get/?"), "{:?}", vendor.lines());
}
