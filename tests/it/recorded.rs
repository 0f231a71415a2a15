//! The built-in connectors over recorded vendor bodies, where those are at hand.

mod crm;
mod errors;
mod mail;
mod meta_ads;
mod microsoft_ads;
mod shop;

use crate::support::{land_and_load, land_and_load_pages, noon, skip, source, texts};
use daybook::connectors::landing::PageLabel;
use daybook::warehouse::Warehouse;
use serde_json::Value;
use std::path::PathBuf;

/// The recordings' folder, or word of the skip: they carry their owners' licences and are not shipped.
fn recordings() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/apis/recorded");
    let folder = daybook::support::environment::variable("DAYBOOK_RECORDED").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!("no recordings at {} (DAYBOOK_RECORDED names their folder)", folder.display()));
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

    // A list of accounts is no report: nothing of it is taken for a campaign.
    let accounts = load("google-ads/customer_client.json");
    assert_eq!(texts(&accounts.warehouse, "SELECT count(*)::VARCHAR FROM core.ad_daily"), ["0"]);
}

/// Recorded before breakdowns were asked for: what an answer does not split by stays in its day, or is set aside.
#[test]
fn recordings_of_google_give_breakdowns_what_they_hold() {
    let Some(folder) = recordings() else { return };
    let load = |connector: &str, stream: &str, file: &str| case(connector, stream, &[body(&folder, file)]);
    for stream in ["devices", "hours", "keywords", "search_terms"] {
        let none = load("google_ads", stream, "google-ads/stream_no_results.json");
        assert_eq!(texts(&none.warehouse, "SELECT rows_read::VARCHAR FROM ops.load"), ["0"], "{stream}");
    }
    let four = load("google_ads", "devices", "google-ads/stream_two_dates_b.json");
    let costs = "SELECT device || ' ' || cost::DECIMAL(18, 2) FROM core.ad_device_daily ORDER BY date DESC";
    assert_eq!(texts(&four.warehouse, costs), ["unknown 18.00", "unknown 10.00", "unknown 8.00", "unknown 143.00"]);
    assert_eq!(load("google_ads", "hours", "google-ads/stream_two_dates_b.json").quarantined, 4);

    let devices = load("google_analytics", "device_visits", "ga4/devices_row2.json");
    let reason = "SELECT reason FROM ops.quarantine";
    assert_eq!(texts(&devices.warehouse, reason), ["country is missing"], "no country is not the empty one");
    let empty = load("google_analytics", "events", "ga4/empty_with_reason.json");
    assert!(empty.notes.iter().any(|note| note.contains("No data available")), "{:?}", empty.notes);
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

    // Other dimensions than asked for: what has no source is set aside with its reason, not guessed.
    let devices = case("google_analytics", "web_daily", &[body(&folder, "ga4/devices_row2.json")]);
    let reason = texts(&devices.warehouse, "SELECT reason FROM ops.quarantine");
    assert_eq!(reason, ["sessionSource is missing"]);
    let ranges = case("google_analytics", "web_daily", &[body(&folder, "ga4/two_date_ranges_caveats.json")]);
    for wanted in ["30.0% of events", "restricted", "thresholding", "(other)"] {
        assert!(ranges.notes.iter().any(|note| note.contains(wanted)), "{wanted}: {:?}", ranges.notes);
    }
    assert_eq!(ranges.quarantined, 2, "two rows without a day; the totals are no row");
}

/// An answer in GA4's shape about the pages that sessions began on.
fn landing_pages(rows: &[[&str; 6]]) -> String {
    let values = |values: &[&str]| values.iter().map(|value| serde_json::json!({"value": value})).collect::<Vec<_>>();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| serde_json::json!({"dimensionValues": values(&row[..2]), "metricValues": values(&row[2..])}))
        .collect();
    serde_json::json!({
        "dimensionHeaders": [{"name": "date"}, {"name": "landingPage"}],
        // Not in the order asked for: places are found by name.
        "metricHeaders": [{"name": "keyEvents", "type": "TYPE_FLOAT"}, {"name": "sessions", "type": "TYPE_INTEGER"},
            {"name": "engagedSessions", "type": "TYPE_INTEGER"}, {"name": "screenPageViews", "type": "TYPE_INTEGER"}],
        "rows": rows, "rowCount": rows.len(),
        "metadata": {"dataLossFromOtherRow": true, "subjectToThresholding": true}, "kind": "analyticsData#runReport"
    })
    .to_string()
}

#[test]
fn pages_are_paths_without_what_may_name_a_visitor() {
    let long = format!("/{}", "x".repeat(5000));
    let first = landing_pages(&[
        ["20261101", "/pricing", "1.5", "10", "6", "30"],
        ["20261101", "/pricing?email=jo@example.com", "0.5", "2", "1", "4"],
        ["20261101", "/pricing#jo%40example.com", "0", "1", "0", "1"],
        ["20261101", "/unsubscribe/jo.doe@mail.example.com/now", "0", "3", "0", "3"],
        ["20261101", "/UNSUBSCRIBE/kim%40example.com/now", "0", "1", "0", "1"],
        ["20261101", "/@handle/posts", "0", "1", "0", "1"],
        ["20261101", "", "0", "4", "0", "0"],
        ["20261101", "(other)", "0", "9", "2", "12"],
        ["20261101", &long, "0", "1", "0", "1"],
        ["20261101", "/bad", "0", "n/a", "0", "1"],
    ]);
    // A page of the answer that overlaps the first: the last word counts, and nothing counts twice.
    let second = landing_pages(&[["20261101", "/pricing", "1.5", "11", "6", "30"]]);
    let found = case("google_analytics", "page_daily", &[first, second]);
    let all = "SELECT concat_ws(' ', left(page, 40), len(page), sessions, engaged_sessions, pageviews, key_events) FROM core.page_daily ORDER BY page";
    assert_eq!(
        texts(&found.warehouse, all),
        [
            "(not set) 9 4 0 0 0.000000",
            "(other) 7 9 2 12 0.000000",
            "/@handle/posts 14 1 0 1 0.000000",
            "/UNSUBSCRIBE/(address)/now 26 1 0 1 0.000000",
            "/pricing 8 14 7 35 2.000000",
            "/unsubscribe/(address)/now 26 3 0 3 0.000000",
            &format!("{} 300 1 0 1 0.000000", &long[..40]),
        ]
    );
    assert_eq!(found.quarantined, 1);
    let reason = texts(&found.warehouse, "SELECT reason || ' ' || (raw IS NOT NULL) FROM ops.quarantine");
    assert_eq!(reason, ["sessions: \"n/a\" is not a whole number true"]);
    for wanted in ["thresholding", "(other)"] {
        assert!(found.notes.iter().any(|note| note.contains(wanted)), "{wanted}: {:?}", found.notes);
    }
    assert!(!found.notes.iter().any(|note| note.contains("repeated")), "{:?}", found.notes);
}

#[test]
fn search_console_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let folder = folder.join("google-search-console");
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).expect(file);
    // As rows of queries, whatever else was asked for.
    let queries = |file: &str| {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let landing = tempfile::tempdir().expect("a folder");
        let pages = [(PageLabel::of_part("query"), read(file))];
        let source = source("search_console", &[]);
        let loaded = land_and_load_pages(&warehouse, (landing.path(), &source), "parts", &pages, (noon(), None));
        assert_eq!(loaded.expect("a load").rows_quarantined, 0, "{file}");
        warehouse
    };
    let rates = queries("keywords_page_report.json");
    let all = "SELECT concat_ws(' ', value, clicks, ctr::DECIMAL(9, 1)) FROM core.search_part_daily ORDER BY value";
    assert_eq!(texts(&rates, all), ["airbyte custom destination 2 1.0", "airbyte forum 2 1.0"]);
    let odd = "SELECT value FROM core.search_part_daily ORDER BY clicks DESC, position, value";
    let wanted = ["9606440392", "172.20.0.1", "\"the specified bucket does not exist\"", "\"failed to fetch\""];
    assert_eq!(texts(&queries("queries_odd_text.json"), odd), wanted);
    let fresh = queries("fresh_metadata.json");
    let row = "SELECT value || ' ' || clicks || ' ' || is_final FROM core.search_part_daily";
    assert_eq!(texts(&fresh, row), ["swiftui 12 false"]);
    let last = "SELECT max(date)::VARCHAR FROM ops.coverage WHERE is_whole_day";
    assert_eq!(texts(&fresh, last), ["2026-08-26"], "days from there on are not whole");

    let source = source("search_console", &[("search_type", "googleNews".into())]);
    let (warehouse, landing) = (Warehouse::in_memory().expect("a warehouse"), tempfile::tempdir().expect("a folder"));
    land_and_load(&warehouse, landing.path(), &source, "totals", &[read("googlenews_no_position.json")])
        .expect("a load");
    let row = "SELECT count(*) || ' ' || count(position) || ' ' || sum(clicks) FROM core.search_daily";
    assert_eq!(texts(&warehouse, row), ["2 0 0"]);
}

#[test]
fn ecb_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let folder = folder.join("ecb-fx");
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).expect(file);
    let (warehouse, landing) = (Warehouse::in_memory().expect("a warehouse"), tempfile::tempdir().expect("a folder"));
    let source = source("ecb", &[("first_day", "1999-01-04".into())]);
    let load = |stream: &str, file: &str| {
        land_and_load(&warehouse, landing.path(), &source, stream, &[read(file)]).expect(file)
    };
    assert_eq!(load("rates", "eurofxref-hist-excerpt.csv").rows_quarantined, 0);
    let last = "SELECT concat_ws(' ', currency, max(date), arg_max(rate, date)::DOUBLE) FROM core.fx_rate
        WHERE currency IN ('BGN', 'HRK', 'RUB', 'TRL') GROUP BY currency ORDER BY currency";
    assert_eq!(
        texts(&warehouse, last),
        ["BGN 2025-12-31 1.9558", "HRK 2022-12-30 7.5365", "RUB 2022-03-01 117.201", "TRL 2004-12-31 1836200.0"]
    );
    let easter = "SELECT count(*)::VARCHAR FROM core.fx_rate WHERE date IN (DATE '2026-04-03', DATE '2026-04-06')";
    assert_eq!(texts(&warehouse, easter), ["0"]);
    let of = |currency: &str, day: &str| {
        let sql = format!(
            "SELECT rate::DOUBLE::VARCHAR FROM core.fx_rate WHERE currency = '{currency}' AND date = DATE '{day}'"
        );
        texts(&warehouse, &sql)
    };
    assert_eq!(of("USD", "2026-04-02"), ["1.1525"]);
    assert_eq!(of("TRY", "2005-01-03").len(), 1);

    load("rates", "eurofxref.csv");
    assert_eq!(of("USD", "2026-04-13"), ["1.1684"]);
    let held = texts(&warehouse, "SELECT count(*)::VARCHAR FROM core.fx_rate WHERE date = DATE '2026-03-13'");
    let daily = load("newest", "eurofxref-daily-2026-03-13.xml");
    assert_eq!(
        (daily.rows_read, daily.rows_written, daily.rows_unchanged),
        (29, 0, 29),
        "the file of all days says the same"
    );
    assert_eq!(held, ["29"]);
    assert_eq!(
        (of("USD", "2026-03-13"), of("IDR", "2026-03-13")),
        (vec!["1.1476".to_owned()], vec!["19395.07".to_owned()])
    );
    let broken = load("newest", "eurofxref-daily-comma-broken.xml");
    assert_eq!((broken.rows_written, broken.rows_quarantined), (0, 29));
    assert_eq!(of("USD", "2026-03-13"), ["1.1476"], "the rates of before stay");
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
    let sum = "SELECT count(*) || ' ' || sum(amount)::DECIMAL(18, 2) FROM core.refund WHERE currency = 'USD'";
    assert_eq!(texts(&refunds.warehouse, sum), ["3 50.00"]);
}

#[test]
fn single_stripe_objects_are_read_like_those_in_lists() {
    let Some(folder) = recordings() else { return };
    let load = |stream: &str, file: &str| case("stripe", stream, &[body(&folder, &format!("stripe/{file}"))]);
    let hold = load("charges", "fixture_charge.json");
    let row = "SELECT amount::DECIMAL(18, 2) || ' ' || currency || ' ' || is_captured FROM core.payment";
    assert_eq!(texts(&hold.warehouse, row), ["0.00 USD false"]);
    let partly = load("charges", "charge_partial_refund_jpy.json");
    assert_eq!(texts(&partly.warehouse, row), ["3000.00 JPY true"], "the 1000 given back are a refund of their own");
    let refund = load("refunds", "fixture_refund.json");
    let row = "SELECT payment_id || ' ' || amount::DECIMAL(18, 2) || ' ' || status FROM core.refund";
    assert_eq!(texts(&refund.warehouse, row), ["ch_1PgafuB7WZ01zgkWXYmPNZs8 1.00 succeeded"]);

    // Before 2025 the period stood on the subscription and prices as they do now.
    let old = load("subscriptions", "djstripe_subscription_sub_fakefakefakefakefake0003.json");
    let row = "SELECT status || ' ' || mrr::DECIMAL(18, 2) || ' ' || currency FROM core.subscription";
    let set_aside = texts(&old.warehouse, "SELECT reason FROM ops.quarantine");
    assert_eq!(texts(&old.warehouse, row), Vec::<String>::new());
    assert_eq!(set_aside, ["currency is missing"], "an older version says so itself");

    // An event is no object of any stream: only its id is of use.
    let event = load("charges", "fixture_event.json");
    assert_eq!(texts(&event.warehouse, "SELECT count(*)::VARCHAR FROM core.payment"), ["0"]);
    assert!(event.quarantined > 0);
}

#[test]
fn disputes_take_money_and_give_it_back_when_won() {
    let Some(folder) = recordings() else { return };
    let load = |file: &str| case("stripe", "disputes", &[body(&folder, &format!("stripe/{file}"))]);
    let moves = "SELECT amount::DECIMAL(18, 2) || ' ' || fee::DECIMAL(18, 2) || ' ' || currency FROM core.dispute_movement ORDER BY created_at";
    for file in ["djstripe_dispute_dp_fakefakefakefake01.json", "djstripe_dispute_dp_fakefakefakefake02.json"] {
        let lost = load(file);
        assert_eq!(texts(&lost.warehouse, moves), ["-10.00 15.00 USD"], "{file}");
        assert_eq!(
            texts(&lost.warehouse, "SELECT status || ' ' || reason FROM core.dispute"),
            ["needs_response fraudulent"]
        );
    }
    let won = load("djstripe_dispute_dp_funds_reinstated_full.json");
    assert_eq!(texts(&won.warehouse, moves), ["-10.00 15.00 USD", "10.00 -15.00 USD"]);
    let net = "SELECT sum(amount - fee)::DECIMAL(18, 2)::VARCHAR FROM core.dispute_movement";
    assert_eq!(texts(&won.warehouse, net), ["0.00"]);

    let inquiry = load("fixture_dispute.json");
    assert_eq!(texts(&inquiry.warehouse, "SELECT status FROM core.dispute"), ["warning_needs_response"]);
    assert_eq!(texts(&inquiry.warehouse, moves), Vec::<String>::new());

    let entry = [body(&folder, "stripe/djstripe_dispute_txn_fakefakefakefake01.json")];
    let entry = case("stripe", "balance_transactions", &entry);
    let row = "SELECT category || ' ' || subject_id || ' ' || net::DECIMAL(18, 2) FROM core.ledger_entry";
    assert_eq!(texts(&entry.warehouse, row), ["dispute dp_1JHRCWJSZQVUcJYgEHzUiuvb -25.00"]);
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

#[test]
fn hubspot_contacts_come_from_searches_lists_and_batches_alike() {
    let Some(folder) = recordings() else { return };
    let load = |files: &[&str]| {
        let bodies: Vec<String> = files.iter().map(|file| body(&folder, &format!("hubspot/{file}"))).collect();
        case("hubspot", "contacts", &bodies)
    };
    let count =
        |of: &Case| texts(&of.warehouse, "SELECT count(*)::VARCHAR FROM core.contact WHERE archived_at IS NULL");
    for (files, contacts) in [
        (&["search_contacts_page1.json", "search_contacts_page2.json"][..], "2"),
        (&["contacts_list_single_page.json"][..], "2"),
        (&["contacts_list_page_with_next.json"][..], "3"),
        (&["contacts_list_26.json"][..], "26"),
        (&["contacts_batch_read.json"][..], "2"),
    ] {
        let loaded = load(files);
        assert_eq!((count(&loaded), loaded.quarantined), (vec![contacts.to_owned()], 0), "{files:?}");
    }
    let batch = load(&["contacts_batch_read.json"]);
    assert_eq!(texts(&batch.warehouse, "SELECT min(contact_id) FROM core.contact"), ["110323586992"]);

    let merged = load(&["merge_webhook_semantics.json"]);
    let row = "SELECT contact_id || ' ' || array_to_string(merged_contact_ids, '+') FROM core.contact";
    assert_eq!(texts(&merged.warehouse, row), ["6933281 6658459+6658460"]);

    let deals = case("hubspot", "deals", &[body(&folder, "hubspot/search_deals_page_no_filter.json")]);
    assert_eq!(texts(&deals.warehouse, "SELECT count(*)::VARCHAR FROM core.deal"), ["5"]);
}

#[test]
fn a_deleted_contact_stays_as_a_tombstone_with_its_history() {
    let Some(folder) = recordings() else { return };
    let alive = body(&folder, "hubspot/contacts_with_history.json");
    let dead = alive.replace("\"archived\":false", "\"archived\":true,\"archivedAt\":\"2026-10-01T09:30:00.000Z\"");
    assert_ne!(alive, dead);
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let landing = tempfile::tempdir().expect("a folder");
    for (stream, body) in [("contacts", alive), ("contacts_archived", dead)] {
        land_and_load(&warehouse, landing.path(), &source("hubspot", &[]), stream, &[body]).expect("a load");
    }
    for table in ["contact", "contact_stage"] {
        let now = format!("SELECT DISTINCT archived_at::VARCHAR FROM core.{table}");
        assert_eq!(texts(&warehouse, &now), ["2026-10-01 09:30:00"], "{table}");
        let before = format!("SELECT (count(*) > 0 AND count(archived_at) = 0)::VARCHAR FROM history.{table}");
        assert_eq!(texts(&warehouse, &before), ["true"], "{table}");
    }
}

#[test]
fn a_pipeline_in_which_no_deal_can_be_won_is_reported() {
    let Some(folder) = recordings() else { return };
    let notes = |body: String| {
        let (warehouse, landing) =
            (Warehouse::in_memory().expect("a database"), tempfile::tempdir().expect("a folder"));
        let source = source("hubspot", &[]);
        land_and_load(&warehouse, landing.path(), &source, "deals_pipelines", &[body]).expect("a load").notes
    };
    for file in ["deal_pipelines_one.json", "deal_pipelines_2.json"] {
        assert_eq!(notes(body(&folder, &format!("hubspot/{file}"))), [""; 0], "{file}");
    }
    let whole = body(&folder, "hubspot/deal_pipelines_one.json");
    let open = whole.replace("\"1.0\"", "\"0.9\"");
    assert_ne!(open, whole);
    let said = notes(open);
    assert!(said.len() == 1 && said[0].contains("stands for won"), "{said:?}");
}

#[test]
fn links_are_one_a_contact_and_go_when_hubspot_says_there_are_none() {
    let Some(folder) = recordings() else { return };
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let landing = tempfile::tempdir().expect("a folder");
    let load = |body: String| {
        land_and_load(&warehouse, landing.path(), &source("hubspot", &[]), "deals_contacts", &[body]).expect("a load")
    };
    let links = "SELECT deal_id || ' ' || contact_id FROM core.deal_contact ORDER BY 1";
    let recorded = body(&folder, "hubspot/associations_batch_read_partial_errors.json");
    let loaded = load(recorded.clone());
    assert_eq!(texts(&warehouse, links), ["501 29022297485"], "of two kinds, once");
    assert_eq!((loaded.rows_quarantined, loaded.notes), (0, Vec::new()), "being with nobody is no fault");

    // The other record gets a link, and loses it again.
    let linked = r#"{"results":[{"from":{"id":"103107104018"},"to":[{"toObjectId":7}]}]}"#;
    load(linked.to_owned());
    assert_eq!(texts(&warehouse, links), ["103107104018 7", "501 29022297485"]);
    load(recorded);
    assert_eq!(texts(&warehouse, links), ["501 29022297485"]);
    assert_eq!(texts(&warehouse, "SELECT deal_id FROM history.deal_contact"), ["103107104018"]);

    let refused = load(body(&folder, "hubspot/associations_batch_validation_errors.json"));
    assert_eq!(refused.notes.len(), 2, "{:?}", refused.notes);
    assert!(refused.notes.iter().any(|note| note.contains("is not a valid ID")), "{:?}", refused.notes);
    assert_eq!(texts(&warehouse, links), ["501 29022297485"], "what is refused takes nothing away");
}

/// The built-in connector of an account that is named.
fn of_account(connector: &str, setting: &str, stream: &str, bodies: &[String]) -> Case {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let folder = tempfile::tempdir().expect("a folder");
    let account = toml::Value::Array(vec!["1234567890".into()]);
    let source = source(connector, &[(setting, account)]);
    let loaded = land_and_load(&warehouse, folder.path(), &source, stream, bodies).expect("a load");
    Case { warehouse, _folder: folder, notes: loaded.notes, quarantined: loaded.rows_quarantined }
}

#[test]
fn linkedin_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let load = |stream: &str, file: &str| {
        of_account("linkedin_ads", "account_ids", stream, &[body(&folder, &format!("linkedin-ads/{file}"))])
    };
    // Elements without pivot values are of nobody knows what: neither is put with the other.
    let countries = load("ad_daily", "country_scientific_cost.json");
    assert_eq!(countries.quarantined, 4, "two elements, of which two tables are made");
    let reasons = "SELECT DISTINCT reason FROM ops.quarantine";
    assert_eq!(texts(&countries.warehouse, reasons), ["pivotValues is missing"]);
    // As a total by day the same cost can be read: -2E-18 is nothing.
    let day = load("account_daily", "country_scientific_cost.json");
    let row = "SELECT cost || ' ' || clicks FROM core.ad_account_daily";
    assert_eq!(texts(&day.warehouse, row), ["100.000000 106"], "the last word on a day that comes twice");
    assert!(day.notes.iter().any(|note| note.contains("repeated a key")), "{:?}", day.notes);

    let twice = load("ad_daily", "campaign_duplicate_key.json");
    let row = "SELECT ad_group_id || ' ' || impressions FROM core.ad_daily";
    assert_eq!(texts(&twice.warehouse, row), ["123 20210"]);
    assert!(twice.notes.iter().any(|note| note.contains("1 of 2 rows repeated a key")), "{:?}", twice.notes);

    let none = load("ad_daily", "empty_no_access.json");
    assert_eq!(texts(&none.warehouse, "SELECT DISTINCT rows_read::VARCHAR FROM ops.load"), ["0"]);
}

#[test]
fn tiktok_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let load = |stream: &str, file: &str| {
        of_account("tiktok_ads", "advertiser_ids", stream, &[body(&folder, &format!("tiktok-ads/{file}"))])
    };
    let unordered = load("ad_daily", "adgroup_daily_unordered.json");
    let rows = "SELECT date || ' ' || cost::DECIMAL(18, 2) || ' ' || ad_group_id FROM core.ad_daily ORDER BY date";
    let wanted = ["24", "25", "29"].map(|day| format!("2021-10-{day} 20.00 1714125049901106"));
    assert_eq!((texts(&unordered.warehouse, rows), unordered.quarantined), (wanted.to_vec(), 0));
    // A leg that the answer does not have is not 0.
    let kinds = "SELECT DISTINCT kind FROM core.ad_conversion_daily";
    assert_eq!(texts(&unordered.warehouse, kinds), ["optimized_event"]);

    let lifetime = load("ad_daily", "audience_lifetime_numeric_ids.json");
    assert_eq!(lifetime.quarantined, 2, "rows without a day");
    let none = load("ad_daily", "empty_page.json");
    assert_eq!(texts(&none.warehouse, "SELECT DISTINCT rows_read::VARCHAR FROM ops.load"), ["0"]);
    let zones = load("advertiser", "advertisers_time_zones.json");
    assert_eq!(zones.quarantined, 0);
}
