//! Money is what moved: payments, refunds and disputes as the provider's ledger has them, and who paid before.

use crate::recurring::{Account, at};
use crate::support::texts;
use serde_json::{Value, json};

const NOW: &str = "2026-11-25T12:00:00Z";

fn charge(id: &str, captured: i64, when: &str, entry: Option<&str>) -> Value {
    json!({"id": id, "object": "charge", "amount": captured, "amount_captured": captured, "captured": entry.is_some(),
        "created": at(when).timestamp(), "currency": "usd", "customer": "cus_1", "status": "succeeded",
        "billing_details": {"email": "jo@example.com"}, "metadata": {}, "balance_transaction": entry})
}

fn refund(id: &str, of: &str, amount: i64, when: &str, (status, entry): (&str, Option<&str>)) -> Value {
    json!({"id": id, "object": "refund", "charge": of, "amount": amount, "created": at(when).timestamp(), "currency": "usd",
        "status": status, "reason": null, "balance_transaction": entry})
}

fn entry(id: &str, of: &str, amount: i64, category: &str, when: &str) -> Value {
    json!({"id": id, "object": "balance_transaction", "amount": amount, "fee": 0, "net": amount, "created": at(when).timestamp(),
        "currency": "usd", "reporting_category": category, "type": category, "source": of, "status": "available", "exchange_rate": null})
}

fn money(account: &Account) -> Vec<String> {
    let sql = "SELECT date || ' ' || sum(revenue)::DECIMAL(18, 2) || ' ' || sum(refunds)::DECIMAL(18, 2)
        FROM mart.metric_daily GROUP BY date ORDER BY date";
    texts(&account.warehouse, sql)
}

/// What the standing check says.
fn differences(account: &Account) -> Vec<String> {
    let check = include_str!("../../jobs/checks/payments_match_the_ledger.sql");
    texts(&account.warehouse, &format!("SELECT says FROM ({check}) ORDER BY date, currency"))
}

#[test]
fn a_hold_that_expired_or_was_taken_in_part_gave_nothing_back() {
    // dj-stripe/dj-stripe#1037 and #1075, solidusio/solidus_stripe#268.
    let (first, second) = ("2026-11-04T10:00:00Z", "2026-11-05T10:00:00Z");
    let account = Account::new();
    let entries = [entry("t1", "ch_part", 6000, "charge", second), entry("t2", "ch_full", 5000, "charge", second)];
    account.load("balance_transactions", &entries, &[], NOW);
    let charges = [
        charge("ch_hold", 0, first, None),
        charge("ch_part", 6000, first, Some("t1")),
        charge("ch_full", 5000, second, Some("t2")),
    ];
    account.load("charges", &charges, &[], NOW);
    let mut expired = refund("re_hold", "ch_hold", 182_400, "2026-11-10T10:00:00Z", ("succeeded", None));
    expired["reason"] = json!("expired_uncaptured_charge");
    let rest = refund("re_part", "ch_part", 4000, second, ("succeeded", None));
    account.load("refunds", &[expired, rest], &[], NOW);
    account.roll_up("2026-11-25");
    assert_eq!(money(&account), ["2026-11-05 110.00 0.00"]);
    assert_eq!(differences(&account), Vec::<String>::new());
}

#[test]
fn a_hold_taken_in_the_next_month_is_of_that_month() {
    // stripe/stripe-dotnet#138, opencollective/opencollective#8803.
    let account = Account::new();
    account.load("charges", &[charge("ch", 0, "2026-10-30T10:00:00Z", None)], &[], "2026-11-02T12:00:00Z");
    account.roll_up("2026-11-02");
    account.load(
        "balance_transactions",
        &[entry("t", "ch", 10_000, "charge", "2026-11-03T10:00:00Z")],
        &[],
        "2026-11-04T12:00:00Z",
    );
    account.load("charges", &[], &[charge("ch", 10_000, "2026-10-30T10:00:00Z", Some("t"))], "2026-11-04T12:00:00Z");
    account.roll_up("2026-11-04");
    assert_eq!(money(&account), ["2026-11-03 100.00 0.00"]);
    assert_eq!(differences(&account), Vec::<String>::new());
}

#[test]
fn refunds_that_failed_or_were_canceled_come_and_go_in_the_ledger() {
    // antiwork/gumroad#5779: canceled is as final as failed.
    let day = "2026-11-05T10:00:00Z";
    let account = Account::new();
    let entries = [
        entry("t1", "ch", 9000, "charge", day),
        entry("t2", "re_failed", -3000, "refund", day),
        entry("t3", "re_failed", 3000, "refund_failure", "2026-11-09T10:00:00Z"),
        entry("t4", "re_canceled", -2000, "refund", day),
        entry("t5", "re_canceled", 2000, "refund_failure", "2026-11-10T10:00:00Z"),
        entry("t6", "re_pending", -1000, "refund", day),
        entry("t7", "po_1", -5000, "payout", day),
    ];
    account.load("balance_transactions", &entries, &[], NOW);
    account.load("charges", &[charge("ch", 9000, day, Some("t1"))], &[], NOW);
    let refunds = [
        ("re_failed", 3000, "failed", "t2"),
        ("re_canceled", 2000, "canceled", "t4"),
        ("re_pending", 1000, "pending", "t6"),
    ];
    let refunds = refunds.map(|(id, amount, status, entry)| refund(id, "ch", amount, day, (status, Some(entry))));
    account.load("refunds", &refunds, &[], NOW);
    account.roll_up("2026-11-25");
    assert_eq!(money(&account), ["2026-11-05 90.00 10.00"]);
    assert_eq!(differences(&account), Vec::<String>::new());
}

#[test]
fn what_the_ledger_does_not_have_is_reported_with_its_objects() {
    let day = "2026-11-05T10:00:00Z";
    let account = Account::new();
    let mut euros = entry("t1", "ch_euro", 1083, "charge", day);
    euros["exchange_rate"] = json!(1.0834);
    account.load("balance_transactions", &[euros, entry("t2", "ch_less", 400, "charge", day)], &[], NOW);
    let charges = [
        with_currency(charge("ch_euro", 1000, day, Some("t1")), "eur"),
        charge("ch_less", 500, day, Some("t2")),
        charge("ch_none", 700, day, Some("t3")),
        // Of today nothing is reported yet.
        charge("ch_today", 900, NOW, Some("t4")),
    ];
    account.load("charges", &charges, &[], NOW);
    assert_eq!(
        differences(&account),
        [
            "payments, refunds and disputes of 2026-11-05 come to 22.83 USD where the ledger of stripe has 14.83: ch_none, ch_less"
        ]
    );
}

// dj-stripe/dj-stripe#1992, Automattic/woocommerce-payments#2934
#[test]
fn large_foreign_payments_and_currencies_without_cents_meet_the_ledger() {
    let day = "2026-11-05T10:00:00Z";
    let account = Account::new();
    let entry_at = |id: &str, of: &str, amount, rate: f64| {
        let mut entry = entry(id, of, amount, "charge", day);
        entry["exchange_rate"] = json!(rate);
        entry
    };
    let entries = [
        entry_at("t1", "ch_large", 1_100_000, 1.1),
        entry_at("t2", "ch_huge", 108_340_000_000, 1.0834),
        entry_at("t3", "ch_yen", 600, 0.666_667),
        entry_at("t4", "ch_dinar", 326_000, 3.26),
    ];
    account.load("balance_transactions", &entries, &[], NOW);
    let charges = [
        with_currency(charge("ch_large", 1_000_000, day, Some("t1")), "eur"),
        with_currency(charge("ch_huge", 100_000_000_000, day, Some("t2")), "eur"),
        with_currency(charge("ch_yen", 900, day, Some("t3")), "jpy"),
        // The rate of some answers is between whole units.
        with_currency(charge("ch_dinar", 1_000_000, day, Some("t4")), "kwd"),
    ];
    account.load("charges", &charges, &[], NOW);
    assert_eq!(differences(&account), [""; 0]);
}

fn with_currency(mut object: Value, currency: &str) -> Value {
    object["currency"] = json!(currency);
    object
}

#[test]
fn who_paid_before_the_first_day_is_known_by_customer_and_pseudonym() {
    // Kin of Cap-go/capgo.app#2010.
    let account = Account::new();
    let old =
        [charge("ch_old", 4900, "2025-10-05T10:00:00Z", Some("t")), charge("ch_hold", 0, "2025-10-06T10:00:00Z", None)];
    account.load("earlier_payers", &old, &[], NOW);
    account.load("charges", &[charge("ch_new", 4900, "2026-01-05T10:00:00Z", Some("t2"))], &[], NOW);
    account.load(
        "customers",
        &[json!({"id": "cus_1", "object": "customer", "created": 1_709_251_200, "email": " Jo@Example.com"})],
        &[],
        NOW,
    );
    let one = "SELECT count(*) || ' ' || count(DISTINCT person_key) || ' ' || count(DISTINCT customer_id) FROM (
        SELECT person_key, customer_id FROM core.earlier_payer UNION ALL SELECT person_key, customer_id FROM core.payment
        UNION ALL SELECT person_key, customer_id FROM core.customer)";
    assert_eq!(texts(&account.warehouse, one), ["3 1 1"], "one who paid before, by both keys");
}
