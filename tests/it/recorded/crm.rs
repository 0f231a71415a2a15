//! Salesforce and GoHighLevel over recorded bodies.

use super::{Case, body, case, recordings};
use crate::support::{land_and_load_pages, noon, source, texts};
use daybook::connectors::Catalog;
use daybook::connectors::decode::{Form, decode};
use daybook::connectors::landing::PageLabel;
use daybook::connectors::paging::{Pager, scan};
use daybook::connectors::rules::ErrorResponse;
use daybook::connectors::spec::{BodyKind, ErrorAction};
use daybook::warehouse::Warehouse;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Loads recorded bodies of a stream and its parts into a fresh warehouse.
fn parts(connector: &str, stream: &str, settings: &[(&str, toml::Value)], pages: &[(&str, String)]) -> Case {
    let (warehouse, folder) = (Warehouse::in_memory().expect("a warehouse"), tempfile::tempdir().expect("a folder"));
    let source = source(connector, settings);
    let pages: Vec<(PageLabel, String)> =
        pages.iter().map(|(part, body)| (PageLabel::of_part(part), body.clone())).collect();
    let loaded = land_and_load_pages(&warehouse, (folder.path(), &source), stream, &pages, (noon(), None));
    let loaded = loaded.expect("a load");
    Case { warehouse, _folder: folder, notes: loaded.notes, quarantined: loaded.rows_quarantined }
}

/// Where a body leads: the next address or token.
fn next(connector: &str, stream: &str, body: &str) -> Option<String> {
    let connector = Catalog::built_in().expect("a catalog").get(connector).expect("a connector");
    let mut pager = Pager::new(&connector.spec.streams[stream].paging);
    let found = scan(body.as_bytes(), &pager.lookups()).expect("a body");
    let goes_on = pager.advance(&found).expect("no loop");
    let cursor = pager.cursor().clone();
    goes_on.then(|| cursor.url.unwrap_or(cursor.token))
}

/// The recorded questions asked for fewer fields than Daybook does: what every record has is filled in.
fn completed(body: &str) -> String {
    let mut answer: Value = serde_json::from_str(body).expect("JSON");
    for record in answer["records"].as_array_mut().expect("records") {
        record["CreatedDate"] = json!("2026-05-01T07:25:37.000+0000");
        if record["SystemModstamp"].is_null() {
            record["SystemModstamp"] = json!("2026-05-01T07:25:37.000+0000");
        }
        if record["Id"].is_null() {
            let url = record["attributes"]["url"].as_str().expect("an address");
            record["Id"] = json!(url.rsplit('/').next());
        }
    }
    answer.to_string()
}

#[test]
fn salesforce_records_are_those_that_the_readme_counts() {
    let Some(folder) = recordings() else { return };
    let read = |file: &str| completed(&body(&folder, &format!("salesforce/{file}")));
    let deals = case("salesforce", "deals", &[read("opportunities_31.json")]);
    let all = "SELECT count(*) || ' ' || count(DISTINCT modified_at) FROM core.deal";
    assert_eq!(texts(&deals.warehouse, all), ["31 1"], "all of one stamp");
    let won = "SELECT count(*) || ' ' || sum(amount)::DECIMAL(18, 0) FROM core.deal WHERE stage = 'Closed Won'";
    assert_eq!((texts(&deals.warehouse, won), deals.quarantined), (vec!["18 3645000".to_owned()], 0));

    let parent = case("salesforce", "deals", &[read("opportunity_with_parent.json")]);
    let rows = "SELECT name || ' ' || amount::DECIMAL(18, 2) FROM core.deal ORDER BY 1";
    assert_eq!(texts(&parent.warehouse, rows), ["Test Opportunity 1 50000.00", "Test Opportunity 2 30000.00"]);

    let leads = parts("salesforce", "people_listed", &[], &[("", read("leads_with_done_true_and_next.json"))]);
    assert_eq!(texts(&leads.warehouse, "SELECT count(*)::VARCHAR FROM core.contact"), ["8"]);
    let contacts = parts("salesforce", "people", &[], &[("contacts", read("contacts_page.json"))]);
    assert_eq!(texts(&contacts.warehouse, "SELECT count(*)::VARCHAR FROM core.contact"), ["20"]);
    // Neither was asked for where people come from: that is told.
    assert!(leads.notes.iter().any(|note| note.contains("LeadSource of leads")), "{:?}", leads.notes);

    // As they were recorded they lack what a row must have: none is made up.
    let bare = case("salesforce", "deals", &[body(&folder, "salesforce/opportunities_31.json")]);
    assert_eq!(bare.quarantined, 31);
    // Accounts and articles are no deals.
    for file in ["query_all_5.json", "query_pages_3_of_3.json"] {
        let other = case("salesforce", "deals_deleted", &[body(&folder, &format!("salesforce/{file}"))]);
        assert_eq!(
            (texts(&other.warehouse, "FROM core.deal SELECT count(*)::VARCHAR"), other.quarantined),
            (vec!["0".to_owned()], 0),
            "{file}"
        );
    }
}

#[test]
fn salesforce_lists_go_on_until_they_are_done() {
    let Some(folder) = recordings() else { return };
    let read = |file: &str| body(&folder, &format!("salesforce/{file}"));
    let mut ids = BTreeSet::new();
    for (number, file) in
        ["query_pages_1_of_3.json", "query_pages_2_of_3.json", "query_pages_3_of_3.json"].iter().enumerate()
    {
        let page = read(file);
        let answer: Value = serde_json::from_str(&page).expect("JSON");
        assert_eq!(next("salesforce", "people", &page).as_deref(), answer["nextRecordsUrl"].as_str(), "{file}");
        assert_eq!(answer["nextRecordsUrl"].is_null(), number == 2);
        ids.extend(answer["records"].as_array().expect("records").iter().map(|record| record["Id"].to_string()));
    }
    assert_eq!(ids.len(), 2086);
    // Done, whatever address stands beside.
    for file in
        ["leads_with_done_true_and_next.json", "opportunities_31.json", "contacts_page.json", "query_all_5.json"]
    {
        assert_eq!(next("salesforce", "people", &read(file)), None, "{file}");
    }
}

#[test]
fn a_bulk_job_is_done_by_its_state_and_its_pages_are_read_by_their_names() {
    let Some(folder) = recordings() else { return };
    let connector = Catalog::built_in().expect("a catalog").get("salesforce").expect("a connector");
    let job = connector.spec.streams["deals_stages"].job.clone().expect("a job");
    let state = |file: &str| {
        let answer: Value = serde_json::from_str(&body(&folder, &format!("salesforce/{file}"))).expect("JSON");
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let state = text(&job.status_pointer).expect("a state");
        (job.done.contains(&state), job.failed.contains(&state), job.detail_pointer.as_deref().and_then(text))
    };
    assert_eq!(state("bulk_job_in_progress.json"), (false, false, None));
    assert_eq!(state("bulk_job_complete.json"), (true, false, None));
    let (is_done, has_failed, why) = state("bulk_job_failed.json");
    assert!(!is_done && has_failed && why.is_some_and(|why| why.contains("StageName_invalid_field_on_purpose")));

    let form = Form { kind: BodyKind::Csv, max_bytes: 1 << 20, ..Form::default() };
    let mut rows = Vec::new();
    for file in ["bulk_result_page1.csv", "bulk_result_page2.csv"] {
        let copy = tempfile::tempdir().expect("a folder");
        let page = copy.path().join("page.csv");
        let bytes = std::fs::read(folder.join("salesforce").join(file)).expect(file);
        // As pages are kept.
        std::fs::write(&page, zstd::encode_all(bytes.as_slice(), 1).expect("packed")).expect("written");
        let mut take = |piece: &[u8]| {
            let piece: Value = serde_json::from_slice(piece).expect("JSON");
            rows.extend(piece["rows"].as_array().expect("rows").clone());
            Ok(())
        };
        decode(&page, &form, &mut take).expect("a table");
    }
    let names: Vec<&str> = rows.iter().filter_map(|row| row["Name"].as_str()).collect();
    assert_eq!(names, ["Zoë \"Z\" GmbH", "NA", "two\nlines"]);
}

fn refused(folder: &Path, connector: &str, file: &str, status: u16) -> (ErrorAction, u16, Option<Duration>, String) {
    let connector = Catalog::built_in().expect("a catalog").get(connector).expect("a connector");
    let (headers, body) = (HeaderMap::new(), body(folder, file));
    let found = ErrorResponse::new(status, &headers, &body).verdict(&connector.spec.errors, noon()).expect("an error");
    (found.action, found.status, found.wait, found.note)
}

#[test]
fn recorded_refusals_of_crms_mean_what_their_readmes_say() {
    let Some(folder) = recordings() else { return };
    for (connector, file, status, action, means, told) in [
        ("salesforce", "salesforce/error_invalid_type.json", 400, ErrorAction::Stop, 403, "Accout"),
        ("salesforce", "salesforce/error_invalid_field_array.json", 400, ErrorAction::Stop, 400, "MasterRecordId"),
        ("salesforce", "salesforce/error_not_found.json", 404, ErrorAction::Stop, 404, "entity is deleted"),
        ("gohighlevel", "gohighlevel/error_401.json", 401, ErrorAction::Refresh, 401, "access token is invalid"),
        ("gohighlevel", "gohighlevel/error_422_list_message.json", 422, ErrorAction::Stop, 422, "Unprocessable"),
        ("gohighlevel", "gohighlevel/error_400_delete_business.json", 400, ErrorAction::Stop, 400, "BusinessId"),
    ] {
        let (found, is, _, note) = refused(&folder, connector, file, status);
        assert_eq!((found, is), (action, means), "{file}");
        assert!(note.contains(told), "{file}: {note}");
    }
}

#[test]
fn gohighlevel_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let read = |file: &str| body(&folder, &format!("gohighlevel/{file}"));
    let pages = [read("contacts_search_page1.json"), read("contacts_search_page2_empty.json")];
    let contacts = case("gohighlevel", "contacts", &pages);
    let counts = "SELECT count(*) || ' ' || count(person_key) FROM core.contact";
    assert_eq!((texts(&contacts.warehouse, counts), contacts.quarantined), (vec!["13 11".to_owned()], 0));
    let last = next("gohighlevel", "contacts", &pages[0]);
    assert_eq!(last.as_deref(), Some(r#"[1784292472386,"ixw9DGyO5G7AronGPbHD"]"#));
    assert_eq!(next("gohighlevel", "contacts", &pages[1]), None, "whatever the total says");

    let all = [
        ("", read("opportunities_5.json")),
        ("pipelines", read("pipelines.json")),
        ("location", read("location.json")),
    ];
    let deals = parts("gohighlevel", "opportunities", &[("payments", true.into())], &all);
    let value = "SELECT count(*) || ' ' || sum(amount)::DECIMAL(18, 0) || ' ' || count(*) FILTER (is_won) || ' ' || count(*) FILTER (is_closed) FROM core.deal";
    assert_eq!((texts(&deals.warehouse, value), deals.quarantined), (vec!["5 11020 1 2".to_owned()], 0));
    assert_eq!(texts(&deals.warehouse, "SELECT count(*)::VARCHAR FROM core.deal_contact"), ["6"], "one is with two");
    let stages = "SELECT stage || ' ' || count(*) FROM core.contact_stage GROUP BY stage ORDER BY stage";
    assert_eq!(texts(&deals.warehouse, stages), ["customer 1", "opportunity 2", "salesqualifiedlead 1"]);
    assert_eq!(deals.notes.len(), 1, "the location names no currency: {:?}", deals.notes);
    let cursor = next("gohighlevel", "opportunities", &all[0].1).expect("more may come");
    assert!(cursor.ends_with(r#","UU14fINw2ATYmQkY2hFs"]"#), "{cursor}");

    // Orders are what was sold, and test data no money; a subscription says nothing of its interval.
    let orders = parts("gohighlevel", "payments", &[("payments", true.into())], &[("", read("payments_orders.json"))]);
    assert_eq!(texts(&orders.warehouse, "SELECT count(*)::VARCHAR FROM core.payment WHERE is_captured"), ["0"]);
    let file = read("payments_subscriptions_paypal.json");
    let tests = case("gohighlevel", "subscriptions", std::slice::from_ref(&file));
    assert_eq!(tests.notes, Vec::<String>::new(), "a test is none");
    let live = case("gohighlevel", "subscriptions", &[file.replace("\"liveMode\":false", "\"liveMode\":true")]);
    assert!(live.notes.iter().any(|note| note.contains("no monthly value")), "{:?}", live.notes);
}

/// Recordings of what no stream reads. A new file must be tested or stand here with its reason.
const NOT_READ: [(&str, &str); 13] = [
    ("salesforce/account_engagement_emails_page1.json", "marketing mails of Account Engagement are not read"),
    ("salesforce/account_engagement_emails_page2_empty.json", "marketing mails of Account Engagement are not read"),
    ("salesforce/account_record_full.json", "accounts are not read"),
    ("salesforce/error_grant_type.json", "the client of tokens sends the right form"),
    ("salesforce/error_token_auth_failure.json", "refusals of token endpoints are tested where tokens are"),
    ("salesforce/error_token_wrong_host.json", "the contract has it"),
    ("salesforce/limits.json", "the header of each answer says what is used"),
    ("salesforce/versions.json", "the version is a setting"),
    ("gohighlevel/contact_duplicate.json", "single contacts are not asked for"),
    ("gohighlevel/contact_single.json", "single contacts are not asked for"),
    ("gohighlevel/custom_fields.json", "fields are known by their ids"),
    ("gohighlevel/oauth_token_v3.json", "the version of 2021 answers in snake case"),
    ("gohighlevel/opportunity_single.json", "single opportunities are not asked for"),
];

#[test]
fn every_recording_of_the_crms_is_tested_or_excused() {
    let Some(folder) = recordings() else { return };
    let tests = include_str!("crm.rs");
    let excused: BTreeSet<&str> = NOT_READ.iter().map(|(file, _)| *file).collect();
    let mut forgotten = Vec::new();
    for vendor in ["salesforce", "gohighlevel"] {
        for entry in std::fs::read_dir(folder.join(vendor)).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let file = format!("{vendor}/{name}");
            let mentions = tests.matches(&format!("{name}\"")).count();
            if name != "README.md" && mentions == 0 && !excused.contains(file.as_str()) {
                forgotten.push(file);
            }
        }
    }
    assert!(forgotten.is_empty(), "{forgotten:?}");
}
