//! What the vendors' recorded refusals mean to the connectors, and which recordings are about things
//! that no stream reads.

use super::{body, recordings};
use daybook::connectors::Catalog;
use daybook::connectors::paging::Pager;
use daybook::connectors::rules::{ErrorResponse, Verdict};
use daybook::connectors::spec::ErrorAction;
use reqwest::header::HeaderMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// What a connector's rules make of a recorded body.
fn verdict(folder: &Path, connector: &str, file: &str, status: u16) -> Option<Verdict> {
    let connector = Catalog::built_in().expect("a catalog").get(connector).expect("a connector");
    let headers = HeaderMap::new();
    let body = body(folder, file);
    ErrorResponse::new(status, &headers, &body).verdict(&connector.spec.errors, crate::support::noon())
}

#[test]
fn recorded_refusals_mean_what_their_readmes_say() {
    let Some(folder) = recordings() else { return };
    let cases = [
        // Connector, file, status, action, wait in seconds, what must be reported to an admin.
        ("google_analytics", "ga4/error_403.json", 403, ErrorAction::Stop, None, "Viewer role"),
        ("google_analytics", "ga4/error_403.json", 403, ErrorAction::Stop, None, "for this property"),
        // Until midnight in Los Angeles; it is noon UTC in winter.
        (
            "google_analytics",
            "ga4/error_429_day.json",
            429,
            ErrorAction::StopForToday,
            Some(72_000),
            "midnight Pacific",
        ),
        ("google_ads", "google-ads/error_429_stream_array.json", 429, ErrorAction::Retry, Some(60), "used up for now"),
        // searchStream may fail midway, with status 200.
        ("google_ads", "google-ads/error_429_stream_array.json", 200, ErrorAction::Retry, Some(60), "used up for now"),
        ("google_ads", "google-ads/error_401_not_ads_user.json", 401, ErrorAction::Stop, None, "no Ads account"),
        ("stripe", "stripe/error_401_key.json", 401, ErrorAction::Stop, None, "make a new restricted key"),
        ("stripe", "stripe/error_403_permissions.json", 403, ErrorAction::Stop, None, "lacks a right"),
        ("stripe", "stripe/error_400_not_set_up.json", 400, ErrorAction::Skip, None, "not use this part"),
        ("hubspot", "hubspot/error_429_secondly.json", 429, ErrorAction::Retry, Some(1), "slow down"),
        ("hubspot", "hubspot/error_429_secondly_with_group.json", 429, ErrorAction::Retry, Some(1), "slow down"),
        ("hubspot", "hubspot/error_missing_scopes.json", 403, ErrorAction::Stop, None, "custom-object-read"),
        ("hubspot", "hubspot/error_unknown_object_type.json", 400, ErrorAction::Stop, None, "butterflies"),
        ("linkedin_ads", "linkedin-ads/error_426.json", 426, ErrorAction::Stop, None, "20230901 is not active"),
        // Until midnight UTC; it is noon.
        (
            "linkedin_ads",
            "linkedin-ads/error_429_no_code.json",
            429,
            ErrorAction::StopForToday,
            Some(43_200),
            "midnight UTC",
        ),
        ("tiktok_ads", "tiktok-ads/error_40067_query_too_large.json", 200, ErrorAction::SplitWindow, None, "too large"),
        ("tiktok_ads", "tiktok-ads/error_40133_advertiser_qps.json", 200, ErrorAction::Retry, None, "slow down"),
        ("tiktok_ads", "tiktok-ads/error_50000.json", 200, ErrorAction::Retry, None, "System error."),
    ];
    for (connector, file, status, action, wait, told) in cases {
        let found = verdict(&folder, connector, file, status).unwrap_or_else(|| panic!("{file} is no error"));
        assert_eq!((found.action, found.wait), (action, wait.map(Duration::from_secs)), "{file}");
        assert!(found.note.contains(told), "{file}: {}", found.note);
    }
    // Half an answer is one: what is missing is reported by the stream's notes.
    for file in ["associations_batch_read_partial_errors.json", "associations_batch_validation_errors.json"] {
        assert_eq!(verdict(&folder, "hubspot", &format!("hubspot/{file}"), 207), None, "{file}");
    }
    assert_eq!(verdict(&folder, "google_ads", "google-ads/stream_no_results.json", 200), None);
}

/// Refusals of the vendors' documented shapes that nobody recorded.
#[test]
fn documented_refusals_are_distinguished() {
    let verdict = |connector: &str, status: u16, header: Option<(&'static str, &str)>, body: &str| {
        let connector = Catalog::built_in().expect("a catalog").get(connector).expect("a connector");
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().expect("a value"));
        }
        let found = ErrorResponse::new(status, &headers, body).verdict(&connector.spec.errors, crate::support::noon());
        found.expect("an error").action
    };
    use ErrorAction::{Refresh, Retry, Stop, StopForToday};
    let daily = r#"{"status":"error","errorType":"RATE_LIMIT","policyName":"DAILY"}"#;
    let missing = r#"{"error":{"type":"invalid_request_error","code":"resource_missing"}}"#;
    let disabled =
        r#"[{"error":{"details":[{"errors":[{"errorCode":{"authorizationError":"CUSTOMER_NOT_ENABLED"}}]}]}}]"#;
    let expired = r#"{"error":{"details":[{"errors":[{"errorCode":{"authenticationError":"OAUTH_TOKEN_EXPIRED"}}]}]}}"#;
    // estuary/connectors#2480: a name that the property does not know.
    let unregistered = r#"{"error":{"code":400,"message":"Field customEvent:plan is not a valid dimension. For a list of valid ones, see the schema.","status":"INVALID_ARGUMENT"}}"#;
    let connector = Catalog::built_in().expect("a catalog").get("google_analytics").expect("a connector");
    let told = ErrorResponse::new(400, &HeaderMap::new(), unregistered)
        .verdict(&connector.spec.errors, crate::support::noon())
        .expect("an error");
    assert!(told.note.contains("register it there") && told.note.contains("customEvent:plan"), "{}", told.note);
    // Search Console sends quotas as 403 as well (PostHog/posthog#61938, singer-io/tap-google-search-console#14,
    // google/site-kit-wp#766), and a property that is not written as it is named there (googleapis/google-api-dotnet-client#1275).
    let google = |domain: &str, reason: &str| {
        format!(r#"{{"error":{{"errors":[{{"domain":"{domain}","reason":"{reason}"}}]}}}}"#)
    };
    let load = google("usageLimits", "quotaExceeded");
    let burst = google("usageLimits", "rateLimitExceeded");
    let spent = google("usageLimits", "dailyLimitExceeded");
    let foreign = google("global", "forbidden");
    let scope = google("global", "insufficientPermissions");
    for (connector, status, header, body, action) in [
        ("search_console", 403, None, load.as_str(), Retry),
        ("search_console", 403, None, burst.as_str(), Retry),
        ("search_console", 429, None, burst.as_str(), Retry),
        ("search_console", 403, None, spent.as_str(), StopForToday),
        ("search_console", 403, None, foreign.as_str(), Stop),
        ("search_console", 403, None, scope.as_str(), Stop),
        ("search_console", 401, None, "{}", Refresh),
        ("search_console", 503, None, "", Retry),
        ("ecb", 503, None, "", Retry),
        ("ecb", 404, None, "<html>", Stop),
        ("stripe", 500, None, "", Retry),
        ("stripe", 409, None, "{}", Retry),
        ("stripe", 429, None, r#"{"error":{"code":"rate_limit"}}"#, Retry),
        ("stripe", 500, Some(("stripe-should-retry", "false")), "", Stop),
        ("stripe", 400, Some(("stripe-should-retry", "true")), "{}", Retry),
        ("stripe", 404, None, missing, Stop),
        ("hubspot", 429, None, daily, StopForToday),
        ("hubspot", 477, None, "", StopForToday),
        ("hubspot", 423, None, "", Retry),
        ("hubspot", 530, None, "", Stop),
        ("hubspot", 401, None, "{}", Stop),
        ("hubspot", 502, None, "<html>", Retry),
        ("google_ads", 403, None, disabled, Stop),
        ("google_ads", 401, None, expired, Refresh),
        ("google_ads", 500, None, "{}", Retry),
        ("google_analytics", 401, None, "{}", Refresh),
        ("google_analytics", 400, None, "{}", Stop),
        ("google_analytics", 400, None, unregistered, Stop),
        ("google_analytics", 503, None, "", Retry),
    ] {
        assert_eq!(verdict(connector, status, header, body), action, "{connector} {status} {body}");
    }
}

#[test]
fn recorded_pages_lead_to_the_next_one_or_to_the_end() {
    let Some(folder) = recordings() else { return };
    let catalog = Catalog::built_in().expect("a catalog");
    let next = |connector: &str, stream: &str, body: &str| {
        let connector = catalog.get(connector).expect("a connector");
        let mut pager = Pager::new(&connector.spec.streams[stream].paging);
        let found = daybook::connectors::paging::scan(body.as_bytes(), &pager.lookups()).expect("a body");
        pager.advance(&found).expect("no loop").then(|| pager.cursor().clone())
    };
    let hubspot = |stream: &str, file: &str| next("hubspot", stream, &body(&folder, &format!("hubspot/{file}")));
    assert_eq!(hubspot("contacts", "search_contacts_page1.json").expect("more").token, "54");
    for file in ["adgroup_daily_unordered.json", "audience_lifetime_numeric_ids.json", "empty_page.json"] {
        assert_eq!(next("tiktok_ads", "ad_daily", &body(&folder, &format!("tiktok-ads/{file}"))), None, "{file}");
    }
    assert_eq!(hubspot("contacts", "search_contacts_page2.json"), None);
    assert_eq!(hubspot("contacts_archived", "contacts_list_page_with_next.json").expect("more").token, "394");
    assert_eq!(hubspot("contacts_archived", "contacts_list_single_page.json"), None);
    assert_eq!(hubspot("deals", "search_deals_page_no_filter.json").expect("more").token, "5");
    // The list of mails is of the archive list's kind; its cursor comes percent-encoded.
    assert_eq!(hubspot("deals_archived", "marketing_emails_2026_03_page1.json").expect("more").token, "Mw==");
    assert_eq!(hubspot("deals_archived", "marketing_emails_2026_03_page2.json"), None);

    let intents = body(&folder, "stripe/payment_intents_page_has_more.json");
    let parsed: serde_json::Value = serde_json::from_str(&intents).expect("JSON");
    let last = parsed["data"][9]["id"].as_str().expect("an id");
    assert_eq!(next("stripe", "charges", &intents).expect("more").after, last);
    assert_eq!(next("stripe", "refunds", &body(&folder, "stripe/refunds_3.json")), None);

    // 54 rows in all, and a total that is a text.
    let devices = body(&folder, "ga4/devices_row2.json");
    let next_page = next("google_analytics", "web_daily", &devices).map(|cursor| cursor.offset);
    assert_eq!(next_page, Some(1), "one of 54 rows came, however many a page may hold");
    assert_eq!(
        next("google_analytics", "web_daily", &devices.replace("\"rowCount\":54", "\"rowCount\":\"250001\""))
            .map(|c| c.offset > 0),
        Some(true)
    );
}

/// Recordings of what no stream reads. A new file must be tested or stand here with its reason.
const NOT_READ: [(&str, &str); 19] = [
    ("stripe/invoices_9_mixed_status.json", "payments are read from charges"),
    ("stripe/invoice_single.json", "payments are read from charges"),
    ("stripe/fixture_invoice.json", "payments are read from charges"),
    ("stripe/djstripe_invoice_in_fakefakefakefakefake0004.json", "payments are read from charges"),
    ("stripe/fixture_invoice_payment.json", "payments are read from charges"),
    ("stripe/payment_intents_29.json", "payments are read from charges"),
    ("stripe/credit_notes_8.json", "what is given back is read from refunds"),
    ("stripe/customers.json", "people come from the CRM"),
    ("stripe/fixture_deleted_customer.json", "people come from the CRM"),
    ("stripe/prices_6.json", "prices come with subscriptions"),
    ("stripe/fixture_price.json", "prices come with subscriptions"),
    ("stripe/fixture_coupon.json", "coupons come with subscriptions"),
    ("stripe/fixture_discount.json", "discounts come with subscriptions"),
    ("stripe/fixture_payout.json", "payouts are no revenue"),
    ("hubspot/companies_list_single_page.json", "companies are not read"),
    ("hubspot/deal_pipelines_2.json", "deals say themselves whether they are won"),
    ("hubspot/deal_pipelines_one.json", "deals say themselves whether they are won"),
    ("hubspot/email_histogram_month.json", "marketing e-mails are read by mail"),
    ("ga4/expected_records_unordered.jsonl", "the output of another program"),
];

#[test]
fn every_recording_of_the_four_vendors_is_tested_or_excused() {
    let Some(folder) = recordings() else { return };
    let tests = [include_str!("../recorded.rs"), include_str!("errors.rs"), include_str!("mail.rs")].concat();
    let excused: BTreeSet<&str> = NOT_READ.iter().map(|(file, _)| *file).collect();
    let mut forgotten = Vec::new();
    for vendor in ["ga4", "google-ads", "stripe", "hubspot"] {
        for entry in std::fs::read_dir(folder.join(vendor)).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let file = format!("{vendor}/{name}");
            let mentions = tests.matches(&format!("{name}\"")).count();
            let is_tested = mentions > usize::from(excused.contains(file.as_str()));
            if name != "README.md" && !is_tested && !excused.contains(file.as_str()) {
                forgotten.push(file);
            }
        }
    }
    assert!(forgotten.is_empty(), "{forgotten:?}");
}
