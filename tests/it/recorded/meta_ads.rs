//! Meta's recorded bodies.

use super::{body, recordings};
use crate::support::{land_and_load_pages, noon, source, texts};
use daybook::connectors::Catalog;
use daybook::connectors::landing::PageLabel;
use daybook::connectors::paging::{Pager, scan};
use daybook::connectors::rules::ErrorResponse;
use daybook::connectors::spec::ErrorAction;
use daybook::warehouse::Warehouse;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Loads a recorded answer by ad.
fn load(body: &str) -> Warehouse {
    let (warehouse, folder) = (Warehouse::in_memory().expect("a warehouse"), tempfile::tempdir().expect("a folder"));
    let accounts = toml::Value::from(vec!["798085168510957"]);
    let source = source("meta_ads", &[("account_ids", accounts)]);
    let pages = [(PageLabel::default(), body.to_owned())];
    let loaded = land_and_load_pages(&warehouse, (folder.path(), &source), "ad_daily", &pages, (noon(), None));
    assert_eq!(loaded.expect("a load").rows_quarantined, 0);
    warehouse
}

/// The body of a recorded exchange in YAML: a quoted text over several lines.
fn cassette(folder: &Path, file: &str) -> Value {
    let text = std::fs::read_to_string(folder.join("meta-ads").join(file)).expect(file);
    let quoted = text.split("string: '").find(|part| part.starts_with('{')).expect("a body");
    let body = quoted.split("'\n").next().unwrap_or_default();
    let lines: Vec<&str> = body.lines().map(str::trim).collect();
    serde_json::from_str(&lines.join(" ")).expect(file)
}

#[test]
fn meta_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let row = body(&folder, "meta-ads/insights_no_reach_second_row.json");
    let warehouse = load(&row);
    let sql = "SELECT concat_ws(' ', date, impressions, clicks, cost::DECIMAL(18, 2), currency, conversions::INTEGER, ad_id) FROM core.ad_daily";
    assert_eq!(texts(&warehouse, sql), ["2023-06-01 171 7 8.53 USD 0 23854695759200548"]);
    assert_eq!(texts(&warehouse, "SELECT count(*)::VARCHAR FROM core.ad_action_daily WHERE actions > 0"), ["0"]);
    // It has cursors, and no next page.
    let connector = Catalog::built_in().expect("a catalog").get("meta_ads").expect("a connector");
    for body in [row, cassette(&folder, "cassette_adaccounts.yml").to_string()] {
        let mut pager = Pager::new(&connector.spec.streams["ad_daily"].paging);
        let found = scan(body.as_bytes(), &pager.lookups()).expect("a body");
        assert_eq!(pager.advance(&found), Ok(false));
    }

    let actions: Value = serde_json::from_str(&body(&folder, "meta-ads/actions_purchase_synonyms.json")).expect("JSON");
    let answer = json!({"data": [{"ad_id": "1", "date_start": "2026-05-02", "date_stop": "2026-05-02", "spend": "1.00", "actions": actions}]});
    let warehouse = load(&answer.to_string());
    assert_eq!(texts(&warehouse, "SELECT conversions::INTEGER::VARCHAR FROM core.ad_daily"), ["103"]);
    let kept =
        "SELECT concat_ws(' ', action, action_type, actions::INTEGER) FROM core.ad_action_daily WHERE actions > 0";
    assert_eq!(texts(&warehouse, kept), ["purchase omni_purchase 103"]);
}

#[test]
fn recorded_lists_of_meta_name_accounts_and_an_empty_list_is_one() {
    let Some(folder) = recordings() else { return };
    let accounts = cassette(&folder, "cassette_adaccounts.yml");
    let connector = Catalog::built_in().expect("a catalog").get("meta_ads").expect("a connector");
    let ids = &connector.spec.partitions["accounts"].ids;
    let list = accounts.pointer(&ids.records_pointer).and_then(Value::as_array).expect("a list");
    let named: Vec<&str> = list.iter().filter_map(|account| account.pointer(&ids.id_pointers[0])?.as_str()).collect();
    assert_eq!((named.len(), named[0], named[9]), (10, "1223529531023664", "10152335766987003"));
    // Objects are not read: insights name campaigns and ads themselves.
    let campaigns = cassette(&folder, "cassette_campaigns.yml");
    assert_eq!(campaigns["data"][0]["id"], "6076261167842");
    assert_eq!(cassette(&folder, "cassette_ads.yml"), json!({"data": []}));
}

#[test]
fn recorded_refusals_and_jobs_of_meta_mean_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let connector = Catalog::built_in().expect("a catalog").get("meta_ads").expect("a connector");
    let usage: Value = serde_json::from_str(&body(&folder, "meta-ads/headers_usage.json")).expect("JSON");
    let mut headers = HeaderMap::new();
    let value = usage["x-business-use-case-usage"].as_str().expect("a header");
    headers.insert("x-business-use-case-usage", value.parse().expect("a value"));
    let refusal = body(&folder, "meta-ads/error_80004.json");
    let found = ErrorResponse::new(400, &headers, &refusal).verdict(&connector.spec.errors, noon()).expect("an error");
    assert_eq!((found.action, found.wait), (ErrorAction::Retry, Some(Duration::from_secs(240))), "minutes");
    let job = connector.spec.streams["ad_daily"].job.as_ref().expect("a job");
    let state = |file: &str| {
        let told: Value = serde_json::from_str(&body(&folder, file)).expect("JSON");
        let status = told.pointer(&job.status_pointer).and_then(Value::as_str).expect("a state").to_owned();
        (job.done.contains(&status), job.failed.contains(&status))
    };
    assert_eq!(state("meta-ads/job_running.json"), (false, false));
    assert_eq!(state("meta-ads/job_skipped.json"), (false, true), "100 % or not");
}

#[test]
fn every_recording_of_meta_is_tested() {
    let Some(folder) = recordings() else { return };
    for entry in std::fs::read_dir(folder.join("meta-ads")).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(name == "README.md" || include_str!("meta_ads.rs").contains(&format!("{name}\"")), "{name}");
    }
}
