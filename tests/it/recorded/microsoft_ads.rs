//! Recorded reports, lists and refusals of Microsoft Advertising.

use super::recordings;
use crate::support::{land_and_load_days, noon, source, texts};
use daybook::connectors::Catalog;
use daybook::connectors::paging::scan;
use daybook::connectors::paging::{Lookup, Want};
use daybook::connectors::rules::ErrorResponse;
use daybook::connectors::spec::ErrorAction;
use daybook::warehouse::{Warehouse, WarehouseError};
use reqwest::header::HeaderMap;
use std::path::Path;

fn text(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join("microsoft-ads").join(file)).expect(file)
}

/// What a recorded report comes to as the answer of a stream: rows of the query, and how many were quarantined.
fn load(folder: &Path, stream: &str, file: &str, sql: &str) -> Result<(Vec<String>, u64), WarehouseError> {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let landing = tempfile::tempdir().expect("a folder");
    let ids = toml::Value::from(vec![toml::Value::from("180535609")]);
    let source = source("microsoft_ads", &[("account_ids", ids)]);
    // Downloads begin with a byte order mark.
    let body = format!("\u{feff}{}", text(folder, file).trim_start_matches('\u{feff}'));
    let loaded = land_and_load_days(&warehouse, (landing.path(), &source), stream, &[body], (noon(), None))?;
    Ok((texts(&warehouse, sql), loaded.rows_quarantined))
}

#[test]
fn recorded_reports_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let hours = "SELECT concat_ws(' ', date, hour, cost::DECIMAL(18, 2), campaign_id, conversions::DECIMAL(18, 1)) FROM core.ad_hourly ORDER BY date, hour";
    let found = load(&folder, "hours", "ad_performance_hourly_quoted.csv", hours).expect("a report");
    assert_eq!(
        found.0,
        ["2023-11-11 22 1.48 531016227 0.0", "2023-11-11 23 1.48 531016227 0.0", "2023-11-12 0 1.48 531016227 0.0"]
    );
    assert_eq!(found.1, 0);

    // The days of this one were written anew by another program: none of Microsoft's is an instant.
    let places = "SELECT concat_ws(' ', country, region, impressions) FROM core.ad_geo_daily";
    assert_eq!(
        load(&folder, "regions", "geographic_comma_in_quotes.csv", places).expect("a report"),
        (vec!["US Illinois 1".to_owned()], 0)
    );

    let summary = load(&folder, "ad_daily", "summary_no_timeperiod.csv", "SELECT ''").expect_err("no days");
    assert!(summary.to_string().contains("lacks the columns TimePeriod"), "{summary}");
    // Asked for by year and ad: not what any stream asks for, and read as no row of anything.
    let of_2013 =
        load(&folder, "ad_daily", "with_header_footer_zero_rows_2013.csv", "SELECT ''").expect_err("other columns");
    assert!(of_2013.to_string().contains("lacks the columns TimePeriod"), "{of_2013}");
}

#[test]
fn nine_lines_above_and_a_copyright_below_are_no_rows() {
    let Some(folder) = recordings() else { return };
    let file = text(&folder, "with_header_footer_zero_rows_2013.csv");
    let asked = "\"TimePeriod\",\"Impressions\",\"Clicks\",\"Spend\",\"ConversionsQualified\",\"CurrencyCode\"";
    let body = file.replace("\"AdId\",\"Clicks\",\"Spend\",\"Impressions\"", asked);
    assert_ne!(body, file);
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let landing = tempfile::tempdir().expect("a folder");
    let ids = toml::Value::from(vec![toml::Value::from("180535609")]);
    let source = source("microsoft_ads", &[("account_ids", ids)]);
    let loaded = land_and_load_days(&warehouse, (landing.path(), &source), "account_daily", &[body], (noon(), None));
    let loaded = loaded.expect("a report without rows");
    assert_eq!((loaded.rows_read, loaded.rows_quarantined), (0, 0));
    let whole = "SELECT count(*)::VARCHAR FROM ops.coverage WHERE is_whole_day AND date >= DATE '2013-01-14'";
    assert_eq!(texts(&warehouse, whole), ["0"], "it says that it may not be whole after 14 January 2013, 05:00");
}

#[test]
fn recorded_refusals_lists_and_jobs_are_read_as_they_are_meant() {
    let Some(folder) = recordings() else { return };
    let connector = Catalog::built_in().expect("a catalog").get("microsoft_ads").expect("a connector");
    let verdict = |status, file: &str| {
        let found =
            ErrorResponse::new(status, &HeaderMap::new(), &text(&folder, file)).verdict(&connector.spec.errors, noon());
        found.expect("an error")
    };
    let fault = verdict(500, "fault_105.xml");
    assert_eq!((fault.action, fault.status), (ErrorAction::Stop, 401), "{}", fault.note);
    assert!(fault.note.contains("connect the account again"), "{}", fault.note);
    // The token endpoint's word is judged by the proof, which asks a person to connect again.
    assert!(text(&folder, "token_invalid_grant.json").contains("invalid_grant"));

    let of = |file: &str, pointer: &str, want| {
        scan(text(&folder, file).as_bytes(), &[Lookup::new(pointer, want)]).expect("JSON")
    };
    let list = &connector.spec.partitions["accounts"].ids;
    assert_eq!(of("accounts_search.json", &list.records_pointer, Want::Records { id_field: None })[0].records, 4);
    let job = connector.spec.streams["ad_daily"].job.as_ref().expect("a job");
    let status = of("poll_success_no_data.json", &job.status_pointer, Want::Scalar);
    assert_eq!(status[0].text().as_deref(), Some("Success"));
    assert!(job.done.contains(&"Success".to_owned()) && job.empty_without_url);
}
