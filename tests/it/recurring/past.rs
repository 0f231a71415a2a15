//! Past states as they were: a change counts from its own day on.

use super::{Account, at, by_year, item, subscription, with};
use crate::support::texts;
use serde_json::{Value, json};

const SINCE: &str = "2026-09-01T00:00:00Z";

fn event(id: &str, of: &str, when: &str, before: Option<Value>) -> Value {
    let mut event = json!({"id": id, "object": "event", "type": "customer.subscription.updated",
        "created": at(when).timestamp(), "data": {"object": {"id": of, "object": "subscription"}}});
    if let Some(before) = before {
        event["data"]["previous_attributes"] = before;
    }
    event
}

fn three() -> [Value; 3] {
    [("up", 5000), ("pause", 3000), ("trial", 2000)].map(|(id, price)| subscription(id, SINCE, &[item("a", price)]))
}

/// On 15 November the first is raised to 200, the second pauses, the third is put on trial.
fn changed() -> [Value; 3] {
    let [_, pause, trial] = three();
    let (from, until) = (at("2026-11-15T09:00:00Z").timestamp(), at("2026-12-15T09:00:00Z").timestamp());
    [
        subscription("up", SINCE, &[item("a", 20_000)]),
        with(pause, json!({"pause_collection": {"behavior": "void"}})),
        with(trial, json!({"status": "trialing", "trial_start": from, "trial_end": until})),
    ]
}

const SIX: [&str; 6] = ["2026-08-31", "2026-09-01", "2026-11-10", "2026-11-14", "2026-11-15", "2026-11-20"];

#[test]
fn a_change_of_plan_a_pause_and_a_trial_leave_the_past_as_it_was() {
    // fivetran/dbt_stripe#153, commonknowledge/leftbookclub#288.
    let account = Account::new();
    account.load("subscriptions", &three(), &[], "2026-11-10T12:00:00Z");
    account.roll_up("2026-11-10");
    assert_eq!(account.days(&SIX), ["2026-09-01 100.00 3", "2026-11-10 100.00 3"]);

    let when = "2026-11-15T09:00:00Z";
    let events = ["up", "pause", "trial"].map(|id| event(&format!("evt_{id}"), id, when, None));
    account.load("subscription_events", &events, &[], "2026-11-20T12:00:00Z");
    account.load("subscriptions", &changed(), &[], "2026-11-20T12:00:00Z");
    account.roll_up("2026-11-20");
    let days = [
        "2026-09-01 100.00 3",
        "2026-11-10 100.00 3",
        "2026-11-14 100.00 3",
        "2026-11-15 200.00 1",
        "2026-11-20 200.00 1",
    ];
    assert_eq!(account.days(&SIX), days);
    assert_eq!(account.moved("2026-10-31", "2026-11-20"), "100.00 0.00 0.00 150.00 0.00 -50.00 200.00");

    // The trial is over, the pause as well: both count again, and are not new.
    let later = [changed()[0].clone(), three()[1].clone(), with(changed()[2].clone(), json!({"status": "active"}))];
    let resumed = event("evt_resume", "pause", "2026-12-10T09:00:00Z", Some(json!({"pause_collection": {}})));
    account.load("subscription_events", &[resumed], &[], "2026-12-20T12:00:00Z");
    account.load("subscriptions", &later, &[], "2026-12-20T12:00:00Z");
    account.roll_up("2026-12-20");
    assert_eq!(account.days(&SIX), days);
    assert_eq!(
        account.days(&["2026-12-09", "2026-12-10", "2026-12-14", "2026-12-15"]),
        ["2026-12-09 200.00 1", "2026-12-10 230.00 2", "2026-12-14 230.00 2", "2026-12-15 250.00 3"]
    );
    assert_eq!(account.moved("2026-11-20", "2026-12-20"), "200.00 0.00 50.00 0.00 0.00 0.00 250.00");
    assert_eq!(account.moved("2026-10-31", "2026-12-20"), "100.00 0.00 0.00 150.00 0.00 0.00 250.00");
}

#[test]
fn without_an_event_a_change_is_of_the_day_it_was_seen() {
    let account = Account::new();
    account.load("subscriptions", &three(), &[], "2026-11-10T12:00:00Z");
    account.load("subscriptions", &changed(), &[], "2026-11-20T12:00:00Z");
    account.roll_up("2026-11-20");
    // The trial says itself when it began, but only the newer state knows.
    assert_eq!(account.days(&["2026-11-19", "2026-11-20"]), ["2026-11-19 100.00 3", "2026-11-20 200.00 1"]);
}

#[test]
fn a_renewal_and_a_note_are_no_change_of_plan() {
    let account = Account::new();
    account.load("subscriptions", &three()[..1], &[], "2026-11-10T12:00:00Z");
    let items = |end: i64| json!({"items": {"data": [{"id": "si_a", "quantity": 1, "price": {"id": "p"}, "current_period_end": end}]}});
    let mut renewal =
        event("evt_2", "up", "2026-11-18T00:00:00Z", Some(with(items(1), json!({"latest_invoice": "in_1"}))));
    renewal["data"]["object"]["items"] = items(2)["items"].clone();
    let events = [
        event("evt_1", "up", "2026-11-15T09:00:00Z", Some(json!({"plan": {"amount": 5000}}))),
        renewal,
        event("evt_3", "up", "2026-11-19T00:00:00Z", Some(json!({"metadata": {"note": null}}))),
    ];
    account.load("subscription_events", &events, &[], "2026-11-20T12:00:00Z");
    account.load("subscriptions", &changed()[..1], &[], "2026-11-20T12:00:00Z");
    account.roll_up("2026-11-20");
    assert_eq!(account.days(&["2026-11-14", "2026-11-15"]), ["2026-11-14 50.00 1", "2026-11-15 200.00 1"]);
}

#[test]
fn a_better_reading_of_the_same_record_corrects_all_its_days() {
    let account = Account::new();
    account.load("subscriptions", &three()[..1], &[], "2026-11-10T12:00:00Z");
    // As an earlier Daybook held it.
    let older = "UPDATE core.subscription SET mrr = 40, course = NULL, revision = NULL";
    let update = move |c: &mut duckdb::Connection| {
        c.execute_batch(older).expect("updated");
        Ok(())
    };
    account.warehouse.write_blocking(update).expect("updated");
    account.roll_up("2026-11-10");
    assert_eq!(account.days(&["2026-10-01"]), ["2026-10-01 40.00 1"]);
    account.load("subscriptions", &three()[..1], &[], "2026-11-20T12:00:00Z");
    account.roll_up("2026-11-20");
    assert_eq!(account.days(&["2026-10-01", "2026-11-20"]), ["2026-10-01 50.00 1", "2026-11-20 50.00 1"]);
    assert_eq!(account.moved("2026-10-31", "2026-11-20"), "50.00 0.00 0.00 0.00 0.00 0.00 50.00");
}

#[test]
fn a_yearly_plan_counts_on_days_without_any_payment() {
    // fivetran/dbt_stripe#146 and #147: the days of MRR came from what happened, not from the calendar.
    let account = Account::new();
    account.load(
        "subscriptions",
        &[subscription("y", "2026-02-01T10:00:00Z", &[by_year(item("a", 120_000))])],
        &[],
        "2026-11-25T08:00:00Z",
    );
    account.roll_up("2026-11-25");
    let days =
        "SELECT min(date) || ' ' || max(date) || ' ' || count(*) || ' ' || min(mrr)::INTEGER FROM mart.mrr_daily";
    assert_eq!(texts(&account.warehouse, days), ["2026-02-01 2026-11-25 298 100"]);
    // A day goes by without any news.
    account.roll_up("2026-11-26");
    assert_eq!(texts(&account.warehouse, days), ["2026-02-01 2026-11-26 299 100"]);
    assert_eq!(account.roll_up("2026-11-26"), 0);
}

#[test]
fn who_ended_counts_until_then_and_several_subscriptions_are_one_customer() {
    let account = Account::new();
    let second = with(subscription("second", SINCE, &[item("a", 2000)]), json!({"customer": "cus_up"}));
    account.load("subscriptions", &[three()[0].clone(), second.clone()], &[], "2026-11-10T12:00:00Z");
    let ended = with(second, json!({"status": "canceled", "ended_at": at("2026-11-12T08:00:00Z").timestamp()}));
    account.load("subscriptions", &[ended], &[], "2026-11-20T12:00:00Z");
    account.roll_up("2026-11-20");
    assert_eq!(account.days(&["2026-11-11", "2026-11-12"]), ["2026-11-11 70.00 2", "2026-11-12 50.00 1"]);
    assert_eq!(account.moved("2026-10-31", "2026-11-20"), "70.00 0.00 0.00 0.00 -20.00 0.00 50.00");
}

#[test]
fn a_trial_given_later_is_known_even_where_only_its_end_was_seen() {
    let account = Account::new();
    let of = with(
        subscription("s", SINCE, &[item("a", 3000)]),
        json!({"trial_start": at("2026-10-01T00:00:00Z").timestamp(), "trial_end": at("2026-10-15T00:00:00Z").timestamp()}),
    );
    account.load("subscriptions", &[of], &[], "2026-11-20T12:00:00Z");
    account.roll_up("2026-11-20");
    assert_eq!(
        account.days(&["2026-09-30", "2026-10-01", "2026-10-14", "2026-10-15"]),
        ["2026-09-30 30.00 1", "2026-10-15 30.00 1"]
    );
}
