//! The built-in connectors over recorded vendor bodies, where those are at hand.

use crate::support::{land_and_load, source, texts};
use daybook::warehouse::Warehouse;
use serde_json::Value;
use std::path::PathBuf;

/// The recordings' folder, or a loud skip: they carry their owners' licences and are not shipped.
fn recordings() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/apis/recorded");
    let folder = std::env::var_os("DAYBOOK_RECORDED").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: no recordings at {} (set DAYBOOK_RECORDED to run this test)", folder.display());
    None
}

/// The body of a recorded file, out of the wrapper some have.
fn body(folder: &std::path::Path, file: &str) -> String {
    let text = std::fs::read_to_string(folder.join(file)).expect(file);
    match serde_json::from_str::<Value>(&text).expect(file) {
        Value::Object(wrapper) if wrapper.contains_key("response") => wrapper["response"]["body"].to_string(),
        _ => text,
    }
}

struct Case {
    warehouse: Warehouse,
    _folder: tempfile::TempDir,
    notes: Vec<String>,
    quarantined: u64,
}

/// Loads recorded bodies into a fresh warehouse.
fn case(connector: &str, stream: &str, bodies: &[String]) -> Case {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let folder = tempfile::tempdir().expect("a folder");
    let loaded = land_and_load(&warehouse, folder.path(), &source(connector, &[]), stream, bodies).expect("a load");
    Case { warehouse, _folder: folder, notes: loaded.notes, quarantined: loaded.rows_quarantined }
}

#[test]
fn google_ads_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let load = |file: &str| case("google_ads", "ad_daily", &[body(&folder, file)]);
    let none = load("google-ads/stream_no_results.json");
    assert_eq!(texts(&none.warehouse, "SELECT rows_read::VARCHAR FROM ops.load"), ["0"]);

    let four = load("google-ads/stream_two_dates_b.json");
    let costs = "SELECT cost::DECIMAL(18, 2)::VARCHAR FROM core.ad_daily ORDER BY date DESC";
    assert_eq!(texts(&four.warehouse, costs), ["18.00", "10.00", "8.00", "143.00"]);

    let unnamed = load("google-ads/search_conversions_int_and_no_names.json");
    let row = "SELECT campaign_id || ' ' || cost || ' ' || conversions FROM core.ad_daily";
    assert_eq!(texts(&unnamed.warehouse, row), ["21116045403 13.280000 0.000000"]);
}

#[test]
fn google_analytics_recordings_give_their_flags_and_no_rows_when_empty() {
    let Some(folder) = recordings() else { return };
    let pages: Value = serde_json::from_str(&body(&folder, "ga4/page2_flags_differ.json")).expect("pages");
    let pages: Vec<String> = pages["pages"].as_array().expect("a list").iter().map(Value::to_string).collect();
    let flags = case("google_analytics", "web_daily", &pages);
    assert!(flags.notes.iter().any(|note| note.contains("thresholding")), "{:?}", flags.notes);
    assert!(flags.notes.iter().any(|note| note.contains("(other)")), "{:?}", flags.notes);

    let empty = case("google_analytics", "web_daily", &[body(&folder, "ga4/empty_with_reason.json")]);
    assert!(empty.notes.iter().any(|note| note.contains("No data available")), "{:?}", empty.notes);
    assert_eq!(empty.quarantined, 0);
}

#[test]
fn stripe_recordings_give_exact_amounts_and_monthly_values() {
    let Some(folder) = recordings() else { return };
    let eight = case("stripe", "subscriptions", &[body(&folder, "stripe/subscriptions_status_all_8.json")]);
    let mrr = "SELECT sum(mrr)::DECIMAL(18, 2)::VARCHAR FROM core.subscription WHERE status = 'active'";
    assert_eq!(texts(&eight.warehouse, mrr), ["100.00"]);
    let ended =
        "SELECT epoch(ended_at)::BIGINT::VARCHAR FROM core.subscription WHERE ended_at IS NOT NULL ORDER BY 1 DESC";
    assert_eq!(texts(&eight.warehouse, ended), ["1779833654", "1779833513", "1779833482"]);

    let cases = case("stripe", "subscriptions", &[body(&folder, "stripe/subscriptions_mrr_cases.json")]);
    let each = "SELECT right(subscription_id, 2) || ' ' || CASE WHEN status = 'canceled' THEN 0 ELSE mrr END::DECIMAL(18, 2) FROM core.subscription ORDER BY 1";
    assert_eq!(
        texts(&cases.warehouse, each),
        ["m1 60.00", "m2 100.00", "m3 21.67", "m4 10.00", "m5 0.00", "m6 0.00", "m7 5.00", "m8 0.00"]
    );

    let charges = case("stripe", "charges", &[body(&folder, "stripe/charges_currency_decimals.json")]);
    let amounts = "SELECT currency || ' ' || trim_scale(amount) FROM core.payment ORDER BY currency";
    let amounts = amounts.replace("trim_scale(amount)", "amount::DECIMAL(18, 3)");
    assert_eq!(
        texts(&charges.warehouse, &amounts),
        ["HUF 10.000", "ISK 5.000", "JPY 500.000", "KRW 10000.000", "KWD 5.120", "UGX 5.000"]
    );

    let refunds = case("stripe", "refunds", &[body(&folder, "stripe/refunds_3.json")]);
    assert_eq!(texts(&refunds.warehouse, "SELECT count(*)::VARCHAR FROM core.refund WHERE currency = 'USD'"), ["3"]);
}

#[test]
fn hubspot_recordings_give_stages_and_mixed_amounts() {
    let Some(folder) = recordings() else { return };
    let history = case("hubspot", "contacts", &[body(&folder, "hubspot/contacts_with_history.json")]);
    let stages = "SELECT stage || ' ' || strftime(entered_at, '%Y-%m-%dT%H:%M:%S.%g') FROM core.contact_stage WHERE contact_id = '1' ORDER BY entered_at";
    assert_eq!(
        texts(&history.warehouse, stages),
        ["lead 2023-06-28T13:55:47.558", "opportunity 2023-07-01T21:28:01.332"]
    );

    let deals = case("hubspot", "deals", &[body(&folder, "hubspot/deals_list_21.json")]);
    let counts = "SELECT count(*) || ' ' || count(*) FILTER (amount IS NULL) FROM core.deal";
    assert_eq!(texts(&deals.warehouse, counts), ["21 8"]);
    let exact = "SELECT count(*)::VARCHAR FROM core.deal WHERE closed_at = TIMESTAMP '2026-12-31 00:00:00'";
    assert_eq!(texts(&deals.warehouse, exact), ["1"]);
}
