//! The connector of LinkedIn Ads against a vendor that answers by a script.

use super::vendor::{Asked, Vendor, bodies, days, engine, json};
use crate::support;
use daybook::connectors::{ConnectorError, LandedSlice, Slice};
use daybook::jobs::sync::Source;
use std::path::Path;

const ACCOUNT: &str = r#"{"id":507404993,"name":"Northwind","currency":"EUR"}"#;
const NOTHING: &str = r#"{"elements":[],"paging":{"start":0,"count":10,"links":[]}}"#;

fn source(vendor: &Vendor) -> Source {
    let accounts = toml::Value::Array(vec!["507404993".into()]);
    let settings = [("base_url", vendor.base_url().into()), ("auth", "access_token".into()), ("account_ids", accounts)];
    support::source("linkedin_ads", &settings)
}

fn november(first: u32, last: u32) -> Slice {
    Slice { partition: "507404993".to_owned(), ..days(first, last) }
}

async fn fetch(vendor: &Vendor, stream: &str, slice: &Slice, folder: &Path) -> Result<LandedSlice, ConnectorError> {
    engine(folder).fetch(&source(vendor).connection, stream, slice, None, &|_| ()).await
}

/// The days that are asked for, first and last.
fn asked_days(asked: &Asked) -> (u32, u32) {
    let mut days = asked.line.split("day:").skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().expect("a day")
    });
    (days.next().expect("a first day"), days.next().expect("a last day"))
}

/// So many creatives a day at 1.00, and 15,000 elements at most, of which those of the first days are missing.
async fn creatives(a_day: u32) -> Vendor {
    Vendor::start(move |asked| {
        if asked.line.starts_with("GET /rest/adAccounts/507404993/adCampaignGroups") {
            return json(200, r#"{"elements":[{"id":1,"name":"Autumn"}],"metadata":{}}"#);
        }
        if asked.line.starts_with("GET /rest/adAccounts/") {
            return json(200, ACCOUNT);
        }
        if asked.line.starts_with("GET /rest/conversions?") {
            return json(200, NOTHING);
        }
        let (first, last) = asked_days(asked);
        let mut elements = Vec::new();
        for day in (first..=last).rev() {
            elements.extend((0..a_day).map(|creative| {
                format!(
                    r#"{{"pivotValues":["urn:li:sponsoredCreative:{creative}"],"dateRange":{{"start":{{"year":2026,"month":11,"day":{day}}}}},"costInLocalCurrency":"1.00"}}"#
                )
            }));
        }
        elements.truncate(15_000);
        json(200, &format!(r#"{{"elements":[{}],"paging":{{"start":0,"count":10,"links":[]}}}}"#, elements.join(",")))
    })
    .await
}

fn rows(landed: &LandedSlice, of: &str) -> usize {
    let of_part = bodies(landed).into_iter().filter(|(part, _)| part == of);
    of_part.map(|(_, body)| body.matches("costInLocalCurrency").count()).sum()
}

#[tokio::test]
async fn an_answer_of_15_000_elements_is_asked_for_in_halves_with_its_further_fields() {
    // OWOX/owox-data-marts#1569, PostHog/posthog#57887
    let vendor = creatives(600).await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&vendor, "ad_daily", &november(1, 30), folder.path()).await.expect("rows");
    assert_eq!((rows(&landed, ""), rows(&landed, "results")), (18_000, 18_000));
    assert_eq!(landed.manifest.cut, None);
    let lines = vendor.lines();
    // Brackets, colons and commas stand as they are, a URN within a list is encoded, and fields are named: without them
    // only impressions and clicks come (linkedin-developers/linkedin-api-python-client#39,
    // linkedin-developers/linkedin-api-js-client#23, PipedreamHQ/pipedream#18686).
    let whole = "dateRange=(start:(year:2026,month:11,day:1),end:(year:2026,month:11,day:30))&accounts=List(urn%3Ali%3AsponsoredAccount%3A507404993)&fields=";
    assert!(lines[0].contains(whole), "{}", lines[0]);
    assert_eq!(
        lines.iter().filter(|line| line.contains("/rest/adAnalytics")).count(),
        9,
        "three answers, each in halves"
    );
}

#[tokio::test]
async fn a_day_that_is_cut_is_kept_and_not_called_whole() {
    let vendor = creatives(16_000).await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&vendor, "ad_daily", &november(2, 2), folder.path()).await.expect("rows");
    assert_eq!(rows(&landed, ""), 15_000);
    assert!(landed.manifest.cut.is_some());
}

#[tokio::test]
async fn an_answer_whose_further_fields_are_refused_is_none() {
    // singer-io/tap-linkedin-ads: some metrics need a right of their own.
    let vendor = Vendor::start(|asked| match asked.line.contains("externalWebsitePostClickConversions") {
        true => json(
            403,
            r#"{"status":403,"serviceErrorCode":100,"code":"ACCESS_DENIED","message":"Not enough permissions"}"#,
        ),
        false => json(200, NOTHING),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let error = fetch(&vendor, "ad_daily", &november(1, 9), folder.path()).await.expect_err("half a row is none");
    let ConnectorError::Rejected { status: 403, note } = error else { panic!("{error:?}") };
    assert!(note.contains("r_ads_reporting") && note.contains("Not enough permissions"), "{note}");
}

#[tokio::test]
async fn facts_do_not_wait_for_names() {
    // estuary/connectors#2107: a row was dropped when reading its name failed. One list may be refused where another is
    // read (linkedin-developers/linkedin-api-python-client#37).
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        line if ["adCampaignGroups", "rest/conversions", "CONVERSION)"].iter().any(|part| line.contains(part)) => {
            json(403, r#"{"status":403,"serviceErrorCode":100}"#)
        }
        line if line.starts_with("GET /rest/adAccounts/") => json(200, ACCOUNT),
        line if line.contains("impressions,clicks") => json(
            200,
            r#"{"elements":[{"pivotValues":["urn:li:sponsoredCreative:9"],"dateRange":{"start":{"year":2026,"month":11,"day":5}},"costInLocalCurrency":"80.00"}]}"#,
        ),
        _ => json(200, NOTHING),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&vendor, "ad_daily", &november(1, 9), folder.path()).await.expect("a row");
    assert_eq!(rows(&landed, ""), 1);
    let notes = &landed.manifest.notes;
    for lacks in ["names of campaign groups", "names of conversion rules", "conversions by rule"] {
        assert!(notes.iter().any(|note| note.contains(&format!("{lacks} may not be read"))), "{lacks}: {notes:?}");
    }
}

#[tokio::test]
async fn a_version_that_ended_is_asked_for_once_and_named() {
    // airbytehq/airbyte#74240: it was retried with back-off. The default is that of PostHog/posthog#101527.
    let vendor = Vendor::start(|_| {
        json(426, r#"{"status":426,"code":"NONEXISTENT_VERSION","message":"Requested version 20260901 is not active"}"#)
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let error = fetch(&vendor, "account_daily", &november(1, 9), folder.path()).await.expect_err("no version");
    let told = error.to_string();
    assert!(told.contains("set version to a current one") && told.contains("20260901 is not active"), "{told}");
    let asked = vendor.asked();
    assert_eq!(asked.len(), 1, "{:?}", vendor.lines());
    assert_eq!(asked[0].headers["linkedin-version"], "202609");
    assert_eq!(asked[0].headers["x-restli-protocol-version"], "2.0.0");
    assert_eq!(asked[0].headers["authorization"], "Bearer s3cret");
}

#[tokio::test]
async fn the_allowance_of_a_day_is_not_asked_about_again() {
    // airbytehq/airbyte#8382: a sync stopped at 429 without a word of why.
    let vendor = Vendor::start(|_| {
        json(429, r#"{"message":"Resource level throttle APPLICATION DAY limit for calls to this resource is reached.","status":429}"#)
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let (engine, source) = (engine(folder.path()), source(&vendor));
    for _ in 0..2 {
        let error = engine.fetch(&source.connection, "account_daily", &november(1, 9), None, &|_| ()).await;
        assert!(matches!(error, Err(ConnectorError::QuotaSpent { .. })), "{error:?}");
    }
    assert_eq!(vendor.count("GET"), 1);
}
