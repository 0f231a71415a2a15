//! HubSpot's records over the days: merged, deleted, restored, listed late. Bodies of our own making in
//! the vendor's shape; each case names where somebody met it.

use crate::support::{land_and_load_at, source, texts};
use chrono::{DateTime, Utc};
use daybook::domain::channel::ChannelRules;
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;
use daybook::warehouse::Warehouse;
use daybook::warehouse::load::Loaded;
use daybook::warehouse::rollup::{RollupSql, rollup};
use serde_json::{Value, json};

/// An account as its lists are read one after the other.
struct Crm {
    warehouse: Warehouse,
    folder: tempfile::TempDir,
}

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-11-{text}:00Z").parse().expect("an instant")
}

/// A contact with a lead's day, as every list gives it.
fn contact(id: u64, lead: &str) -> Value {
    let stamp = format!("2026-11-{lead}T09:00:00.000Z");
    json!({"id": id.to_string(), "createdAt": stamp, "updatedAt": stamp, "archived": false, "properties": {
        "email": format!("c{id}@example.com"), "hs_additional_emails": null, "createdate": stamp, "lastmodifieddate": stamp,
        "lifecyclestage": "lead", "hs_analytics_source": "ORGANIC_SEARCH", "hs_analytics_source_data_1": "google",
        "hs_analytics_source_data_2": null, "hs_analytics_first_url": null, "hs_merged_object_ids": null,
        "hs_lifecyclestage_lead_date": stamp, "hs_lifecyclestage_marketingqualifiedlead_date": null,
        "hs_lifecyclestage_salesqualifiedlead_date": null, "hs_lifecyclestage_opportunity_date": null,
        "hs_lifecyclestage_customer_date": null}})
}

fn with(mut record: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        record["properties"][*name] = value.clone();
    }
    record
}

/// The record as the recycle bin gives it.
fn archived(mut record: Value, since: &str) -> Value {
    record["archived"] = json!(true);
    record["archivedAt"] = json!(at(since).to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
    record
}

impl Crm {
    fn new() -> Self {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        Self { warehouse, folder: tempfile::tempdir().expect("a folder") }
    }

    fn load(&self, stream: &str, when: &str, records: &[Value]) -> Loaded {
        let body = json!({ "results": records }).to_string();
        let source = source("hubspot", &[]);
        let loaded = land_and_load_at(&self.warehouse, (self.folder.path(), &source), stream, &[body], at(when));
        let loaded = loaded.expect("a load");
        assert_eq!(loaded.rows_quarantined, 0);
        loaded
    }

    /// Days with leads, after the touched ones were computed.
    fn leads(&self) -> Vec<String> {
        let workspace = Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::UTC,
            currency: Currency::new("USD").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        };
        let rules = ChannelRules::new(&[]).expect("rules");
        self.warehouse
            .write_blocking(move |c| {
                let today = "2026-11-20".parse().expect("a day");
                rollup(c, &workspace, &rules, &RollupSql::shipped(), today)
            })
            .expect("rolled up");
        let sql = "SELECT day(date) || ': ' || sum(leads) FROM mart.metric_daily GROUP BY date HAVING sum(leads) > 0 ORDER BY date";
        texts(&self.warehouse, sql)
    }

    fn states(&self) -> Vec<String> {
        let sql =
            "SELECT concat_ws(' ', contact_id, CASE WHEN archived_at IS NULL THEN 'lives' ELSE 'archived' END, absence)
            FROM core.contact ORDER BY contact_id";
        texts(&self.warehouse, sql)
    }
}

// fivetran/dbt_hubspot#46 and #168, singer-io/tap-hubspot#49
#[test]
fn a_merged_contact_does_not_count_on_its_own_day() {
    let crm = Crm::new();
    let [first, second, other] = [contact(101, "02"), contact(102, "10"), contact(103, "09")];
    crm.load("contacts", "12T08:00", &[first.clone(), second.clone(), other.clone()]);
    assert_eq!(crm.leads(), ["2: 1", "9: 1", "10: 1"]);
    let changes = [("hs_merged_object_ids", json!("102")), ("lastmodifieddate", json!("2026-11-19T09:00:00.000Z"))];
    let winner = with(first, &changes);
    crm.load("contacts", "20T08:00", std::slice::from_ref(&winner));
    assert_eq!(crm.leads(), ["2: 1", "9: 1"]);
    assert_eq!(crm.states(), ["101 lives", "102 archived merged", "103 lives"]);
    // An index that still shows the loser brings nothing back, nor does the next list.
    crm.load("contacts", "20T09:00", std::slice::from_ref(&second));
    crm.load("contacts_listed", "21T08:00", &[winner, other]);
    assert_eq!((crm.leads(), crm.states().len()), (vec!["2: 1".to_owned(), "9: 1".to_owned()], 3));
}

// amp-labs/connectors#3487: a merge may make a new record, and both old ones vanish.
#[test]
fn a_merge_that_makes_a_new_record_takes_both_days_of_the_old_ones() {
    let crm = Crm::new();
    crm.load("contacts", "12T08:00", &[contact(1, "02"), contact(2, "10")]);
    assert_eq!(crm.leads(), ["2: 1", "10: 1"]);
    crm.load("contacts", "20T08:00", &[with(contact(9, "02"), &[("hs_merged_object_ids", json!("1;2"))])]);
    assert_eq!(crm.leads(), ["2: 1"]);
    assert_eq!(crm.states(), ["1 archived merged", "2 archived merged", "9 lives"]);
}

// fivetran/dbt_hubspot#172: chains of merges.
#[test]
fn contacts_merged_in_a_chain_count_once() {
    let crm = Crm::new();
    crm.load("contacts", "12T08:00", &[contact(1, "02"), contact(2, "03"), contact(3, "04")]);
    crm.load("contacts", "13T08:00", &[with(contact(2, "03"), &[("hs_merged_object_ids", json!("1"))])]);
    assert_eq!(crm.leads(), ["3: 1", "4: 1"]);
    crm.load("contacts", "14T08:00", &[with(contact(3, "04"), &[("hs_merged_object_ids", json!("2"))])]);
    assert_eq!(crm.leads(), ["4: 1"]);
}

// HubSpot/hubspot-api-php#503, HubSpot/hubspot-api-python#78, singer-io/tap-hubspot#64
#[test]
fn a_contact_deleted_for_good_counts_no_more_and_the_load_says_so() {
    let crm = Crm::new();
    crm.load("contacts_listed", "12T08:00", &[contact(301, "05"), contact(302, "05")]);
    assert_eq!(crm.leads(), ["5: 2"]);
    let loaded = crm.load("contacts_listed", "20T08:00", &[contact(302, "05")]);
    assert_eq!(crm.leads(), ["5: 1"]);
    assert!(loaded.notes[0].starts_with("1 contact is deleted for good"), "{:?}", loaded.notes);
    assert_eq!(crm.states(), ["301 archived gone", "302 lives"]);
    // Nothing is reported twice, and what an index still shows does not come back.
    crm.load("contacts", "20T09:00", &[contact(301, "05")]);
    assert_eq!(crm.load("contacts_listed", "21T08:00", &[contact(302, "05")]).notes, Vec::<String>::new());
    assert_eq!(crm.leads(), ["5: 1"]);
}

#[test]
fn many_that_vanish_at_once_are_doubted_until_the_next_list_says_the_same() {
    let all: Vec<Value> = (1..=20).map(|id| contact(id, "05")).collect();
    for (listed, second) in [(&all[..8], &all[..8]), (&all[..0], &all[..0])] {
        let crm = Crm::new();
        crm.load("contacts_listed", "12T08:00", &all);
        let loaded = crm.load("contacts_listed", "13T08:00", listed);
        assert!(loaded.notes.iter().any(|note| note.contains("too many to be believed")), "{:?}", loaded.notes);
        assert_eq!(crm.leads(), ["5: 20"]);
        crm.load("contacts_listed", "14T08:00", second);
        assert_eq!(crm.leads().join(""), if second.is_empty() { "" } else { "5: 8" });
    }
    let crm = Crm::new();
    crm.load("contacts_listed", "12T08:00", &all);
    crm.load("contacts_listed", "13T08:00", &all[..8]);
    assert_eq!(crm.load("contacts_listed", "14T08:00", &all).notes, Vec::<String>::new(), "all are there again");
    crm.load("contacts_listed", "15T08:00", &all[..8]);
    assert_eq!(crm.leads(), ["5: 20"], "a new doubt begins anew");
}

// singer-io/tap-hubspot#106, airbytehq/airbyte#35017
#[test]
fn a_contact_restored_from_the_bin_counts_again_on_its_day() {
    let crm = Crm::new();
    let one = contact(701, "05");
    let day = |when: [&str; 2], bin: &[Value], list: &[Value]| {
        crm.load("contacts_archived", when[0], bin);
        crm.load("contacts_listed", when[1], list)
    };
    day(["10T08:00", "10T08:01"], &[], std::slice::from_ref(&one));
    assert_eq!(crm.leads(), ["5: 1"]);
    let dead = archived(one.clone(), "12T09:00");
    assert_eq!(day(["13T08:00", "13T08:01"], std::slice::from_ref(&dead), &[]).notes, Vec::<String>::new());
    assert_eq!((crm.leads(), crm.states()), (vec![], vec!["701 archived".to_owned()]));
    // Its modification time is as before.
    day(["20T08:00", "20T08:01"], &[], std::slice::from_ref(&one));
    assert_eq!(crm.leads(), ["5: 1"]);
    // A bin that is behind still has it: the newer list wins. Deleted again, the bin wins.
    crm.load("contacts_archived", "20T09:00", std::slice::from_ref(&dead));
    assert_eq!(crm.leads(), ["5: 1"]);
    crm.load("contacts_archived", "20T10:00", &[archived(one.clone(), "20T09:30")]);
    assert_eq!(crm.leads(), [""; 0]);
    // A list that is loaded again, from before, brings nothing back.
    crm.load("contacts_listed", "20T08:01", std::slice::from_ref(&one));
    assert_eq!(crm.leads(), [""; 0]);
}

#[test]
fn a_list_that_is_loaded_again_does_not_take_away_who_came_after_it() {
    let crm = Crm::new();
    crm.load("contacts_listed", "10T08:00", &[contact(1, "05")]);
    crm.load("contacts_listed", "11T08:00", &[contact(1, "05"), contact(2, "10")]);
    crm.load("contacts_listed", "10T08:00", &[contact(1, "05")]);
    assert_eq!(crm.leads(), ["5: 1", "10: 1"]);
}

#[test]
fn an_index_that_shows_an_older_state_does_not_undo_the_newer_one() {
    let crm = Crm::new();
    let qualified = json!("2026-11-08T09:00:00.000Z");
    let changes =
        [("hs_lifecyclestage_marketingqualifiedlead_date", qualified.clone()), ("lastmodifieddate", qualified)];
    crm.load("contacts_listed", "08T10:00", &[with(contact(1, "05"), &changes)]);
    crm.load("contacts", "08T11:00", &[contact(1, "05")]);
    let stages = "SELECT stage FROM core.contact_stage ORDER BY 1";
    assert_eq!(texts(&crm.warehouse, stages), ["lead", "marketingqualifiedlead"]);
}

#[test]
fn a_stage_that_is_cleared_leaves_its_day_also_where_it_was_the_only_one() {
    let crm = Crm::new();
    crm.load("contacts", "10T08:00", &[contact(1, "05"), contact(2, "05")]);
    assert_eq!(crm.leads(), ["5: 2"]);
    let changes =
        [("hs_lifecyclestage_lead_date", Value::Null), ("lastmodifieddate", json!("2026-11-11T09:00:00.000Z"))];
    crm.load("contacts", "11T10:00", &[with(contact(1, "05"), &changes)]);
    assert_eq!(crm.leads(), ["5: 1"]);
    // A record that says nothing about stages clears none.
    let mut silent = contact(2, "05");
    silent["properties"].as_object_mut().expect("properties").retain(|name, _| !name.contains("lifecycle"));
    crm.load("contacts", "11T11:00", &[silent]);
    assert_eq!(crm.leads(), ["5: 1"]);
}

// fivetran/dbt_hubspot#134
#[test]
fn merged_deals_are_worth_what_the_one_that_is_left_is_worth() {
    let deal = |id: &str, merged: Value, modified: &str| {
        json!({"id": id, "createdAt": "2026-11-02T09:00:00Z", "updatedAt": modified, "archived": false, "properties": {
            "dealname": "Deal", "amount": "1000.00", "deal_currency_code": "USD", "dealstage": "closedwon", "pipeline": "default",
            "closedate": "2026-11-09T09:00:00Z", "createdate": "2026-11-02T09:00:00Z", "hs_lastmodifieddate": modified,
            "hs_is_closed": "true", "hs_is_closed_won": "true", "hs_analytics_source": null, "hs_merged_object_ids": merged}})
    };
    let crm = Crm::new();
    let before = "2026-11-09T09:00:00Z";
    crm.load("deals", "12T08:00", &[deal("501", Value::Null, before), deal("502", Value::Null, before)]);
    crm.load("deals", "20T08:00", &[deal("501", json!("502"), "2026-11-19T09:00:00Z")]);
    let won = "SELECT sum(amount)::VARCHAR FROM core.deal WHERE is_won AND archived_at IS NULL";
    assert_eq!(texts(&crm.warehouse, won), ["1000.000000"]);
    crm.load("deals_listed", "21T08:00", &[deal("501", json!("502"), "2026-11-19T09:00:00Z")]);
    assert_eq!(texts(&crm.warehouse, "SELECT absence FROM core.deal WHERE deal_id = '502'"), ["merged"]);
}

// PostHog/posthog#48789: only the first address of a contact was read.
#[test]
fn every_address_of_a_contact_is_known_by_its_pseudonym_alone() {
    let crm = Crm::new();
    crm.load(
        "contacts",
        "10T08:00",
        &[with(contact(1, "05"), &[("hs_additional_emails", json!("Jo@Example.com; ;x@y.z"))])],
    );
    let keys = "SELECT len(other_person_keys)::VARCHAR || ' ' || len(list_filter(other_person_keys, lambda key: len(key) = 64)) FROM core.contact";
    assert_eq!(texts(&crm.warehouse, keys), ["2 2"]);
}

// dlt-hub/verified-sources#647: stages of an account's own are asked for by their ids.
#[test]
fn stages_of_the_accounts_own_count_as_the_setting_says_and_others_are_reported() {
    let crm = Crm::new();
    let own = json!("2026-11-07T09:00:00Z");
    let changes =
        [("hs_v2_date_entered_77", own.clone()), ("hs_v2_date_entered_78", json!("2026-11-06T09:00:00.000Z"))];
    let body = json!({ "results": [with(contact(1, "05"), &changes)] }).to_string();
    let stages = |mapped: &[&str]| {
        let stages_are = ("stages", toml::Value::Array(mapped.iter().map(|line| (*line).into()).collect()));
        source("hubspot", if mapped.is_empty() { &[] } else { std::slice::from_ref(&stages_are) })
    };
    let load = |stream: &str, mapped: &[&str], body: &str| {
        let (source, when) = (stages(mapped), at("10T08:00"));
        let at = (crm.folder.path(), &source);
        land_and_load_at(&crm.warehouse, at, stream, &[body.to_owned()], when)
    };
    load("contacts", &["77 = marketingqualifiedlead", "78=marketingqualifiedlead"], &body).expect("a load");
    let found = "SELECT stage || ' ' || entered_date FROM core.contact_stage ORDER BY 1";
    assert_eq!(
        texts(&crm.warehouse, found),
        ["lead 2026-11-05", "marketingqualifiedlead 2026-11-06"],
        "the first counts"
    );

    let options = json!({"options": [{"label": "Lead", "value": "lead"}, {"label": "Trial \"A\"", "value": "77"}, {"label": "Demo", "value": "79"}]});
    let notes = load("contacts_stages", &["77 = marketingqualifiedlead"], &options.to_string()).expect("a load").notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("\"Demo\"") && notes[0].contains("79 = marketingqualifiedlead"), "{notes:?}");
    // An answer of another kind does not say that no stage is left over.
    let error = load("contacts_stages", &[], r#"{"results": [{"id": "1"}]}"#).expect_err("no options").to_string();
    assert!(error.contains("$.options"), "{error}");
}
