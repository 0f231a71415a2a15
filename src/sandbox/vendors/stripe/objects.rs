//! Stripe's objects as they stand.

use crate::sandbox::world::{Charge, Discount, Dispute, Refund, Simulation, Subscription};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn charge(world: &Simulation, charge: &Charge) -> Value {
    let captured = if charge.captured_at.is_some() { charge.captured_amount } else { 0 };
    let metadata = charge.utm.map_or(
        json!({}),
        |(source, medium, campaign)| json!({"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}),
    );
    let back: i64 = (world.lives.refunds.iter())
        .filter(|refund| refund.charge == charge.id && refund.status(world.as_of) != "failed")
        .map(|refund| refund.amount)
        .sum();
    json!({
        "id": charge.id, "object": "charge", "created": charge.created.timestamp(), "amount": charge.amount,
        "amount_captured": captured, "amount_refunded": back, "currency": charge.currency,
        "status": if charge.is_paid { "succeeded" } else { "failed" }, "captured": charge.captured_at.is_some(),
        "failure_code": (!charge.is_paid).then_some("card_declined"), "refunded": back > 0 && back == charge.amount,
        "disputed": world.lives.disputes.iter().any(|dispute| dispute.charge == charge.id), "customer": charge.customer,
        "billing_details": {"email": Some(&charge.email).filter(|email| !email.is_empty())}, "metadata": metadata,
        "balance_transaction": charge.captured_at.map(|_| format!("txn_{}", charge.id))
    })
}

pub fn refund(world: &Simulation, refund: &Refund) -> Value {
    let is_expired = refund.is_on_paper && refund.id.starts_with("re_expired");
    let reason = if is_expired {
        Some("expired_uncaptured_charge")
    } else {
        (!refund.is_on_paper).then_some("requested_by_customer")
    };
    json!({
        "id": refund.id, "object": "refund", "charge": refund.charge, "created": refund.created.timestamp(),
        "amount": refund.amount, "currency": refund.currency, "status": refund.status(world.as_of),
        "reason": reason, "balance_transaction": (!refund.is_on_paper).then(|| format!("txn_{}", refund.id))
    })
}

pub fn dispute(world: &Simulation, dispute: &Dispute) -> Value {
    let entries: Vec<Value> = entries(world, dispute).into_iter().map(|(_, _, entry)| entry).collect();
    json!({
        "id": dispute.id, "object": "dispute", "amount": dispute.amount, "currency": dispute.currency,
        "charge": dispute.charge, "created": dispute.created.timestamp(), "reason": dispute.reason,
        "status": dispute.status(world.as_of), "balance_transactions": entries,
        "is_charge_refundable": dispute.is_inquiry, "metadata": {}, "livemode": false,
        "evidence_details": {"due_by": (dispute.created + TimeDelta::days(9)).timestamp(), "has_evidence": false,
            "past_due": false, "submission_count": 0}
    })
}

/// A ledger row a payment, a refund and what a dispute moved, newest first.
pub fn ledger(world: &Simulation, inside: &dyn Fn(DateTime<Utc>) -> bool) -> Vec<(String, Value)> {
    let lives = &world.lives;
    let mut rows = Vec::new();
    let mut simple = |subject: &str, at: DateTime<Utc>, amount: i64, currency: &str, category: &str| {
        let fee = if category == "charge" { amount * 29 / 1000 + 30 } else { 0 };
        let suffix = if category == "refund_failure" { "_back" } else { "" };
        rows.push(entry(world, &format!("txn_{subject}{suffix}"), subject, at, (amount, fee), currency, category));
    };
    for charge in &lives.charges {
        if let Some(at) = charge.captured_at {
            simple(&charge.id, at, charge.captured_amount, charge.currency, "charge");
        }
    }
    for refund in lives.refunds.iter().filter(|refund| !refund.is_on_paper) {
        simple(&refund.id, refund.created, -refund.amount, refund.currency, "refund");
        if refund.status(world.as_of) == "failed" {
            simple(&refund.id, refund.answered_at, refund.amount, refund.currency, "refund_failure");
        }
    }
    rows.extend(lives.disputes.iter().flat_map(|dispute| entries(world, dispute)));
    rows.retain(|(at, _, _)| inside(*at));
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    rows.into_iter().map(|(_, id, value)| (id, value)).collect()
}

/// What a dispute moved, in the settlement currency.
fn entries(world: &Simulation, dispute: &Dispute) -> Vec<(DateTime<Utc>, String, Value)> {
    let currency = dispute.settled_in.code().to_lowercase();
    let movements = dispute.movements(world.as_of).into_iter();
    movements
        .map(|(at, amount, fee)| {
            let (suffix, category) = if amount < 0 { ("", "dispute") } else { ("_back", "dispute_reversal") };
            let id = format!("txn_{}{suffix}", dispute.id);
            entry(world, &id, &dispute.id, at, (amount, fee), &currency, category)
        })
        .collect()
}

fn entry(
    world: &Simulation,
    id: &str,
    subject: &str,
    at: DateTime<Utc>,
    (amount, fee): (i64, i64),
    currency: &str,
    category: &str,
) -> (DateTime<Utc>, String, Value) {
    let kind = if category.starts_with("dispute") { "adjustment" } else { category };
    let value = json!({
        "id": id, "object": "balance_transaction", "amount": amount, "created": at.timestamp(), "currency": currency,
        "exchange_rate": null, "fee": fee, "net": amount - fee, "reporting_category": category, "source": subject,
        "status": if world.as_of - at > TimeDelta::days(7) { "available" } else { "pending" }, "type": kind
    });
    (at, id.to_owned(), value)
}

/// A discount with its coupon.
fn discount(of: Discount, currency: &str, start: DateTime<Utc>) -> Value {
    let (id, percent, amount) = match of {
        Discount::Percent(off) => (format!("co_{off}"), Some(off), None),
        Discount::Amount(off) => (format!("co_{off}_{currency}"), None, Some(off)),
    };
    json!({"id": format!("di_{id}"), "object": "discount", "start": start.timestamp(), "end": null, "source": {"type": "coupon",
        "coupon": {"id": id, "percent_off": percent, "amount_off": amount, "currency": amount.map(|_| currency),
            "duration": "forever"}}})
}

/// `opened`: whether discounts show their coupons.
pub fn subscription(world: &Simulation, of: &Subscription, opened: bool) -> Value {
    let status = of.status(world.as_of);
    let end = of.has_ended(world.as_of).then_some(of.end).flatten().map(|at| at.timestamp());
    let discounts = of.discounts.iter().map(|one| discount(*one, of.currency, of.start));
    let discounts: Vec<Value> = discounts.map(|one| if opened { one } else { one["id"].clone() }).collect();
    let changes = of.changes.before(world.as_of);
    let trial = changes.later_trial.or(of.trial_end.map(|end| (of.start, end)));
    let is_paused = of.is_paused || changes.pause.is_some_and(|(_, until)| until >= world.as_of);
    let unit_amount = changes.upgrade.map_or(of.unit_amount, |(_, unit)| unit);
    json!({
        "id": of.id, "object": "subscription", "customer": of.customer, "status": status, "created": of.start.timestamp(),
        "start_date": of.start.timestamp(), "trial_start": trial.map(|(from, _)| from.timestamp()),
        "trial_end": trial.map(|(_, until)| until.timestamp()), "ended_at": end, "canceled_at": end,
        "currency": of.currency, "discounts": discounts,
        "pause_collection": is_paused.then(|| json!({"behavior": "void", "resumes_at": null})),
        "items": {"object": "list", "has_more": false, "data": [{"id": "si_1", "quantity": of.quantity, "discounts": [], "price": {
            "id": "price_1", "billing_scheme": "per_unit", "currency": of.currency, "product": "prod_1", "unit_amount": unit_amount,
            "unit_amount_decimal": unit_amount.to_string(), "transform_quantity": null,
            "recurring": {"interval": if of.is_yearly { "year" } else { "month" }, "interval_count": 1, "usage_type": "licensed"}}}]}
    })
}

/// What is known of somebody who pays or subscribes.
#[derive(Default)]
struct Customer<'a> {
    created: Option<DateTime<Utc>>,
    email: Option<&'a str>,
    discount: Option<Value>,
}

impl Customer<'_> {
    fn is_there_at(&mut self, at: DateTime<Utc>) {
        self.created = Some(self.created.map_or(at, |created| created.min(at)));
    }
}

/// Everybody who pays or subscribes, newest first.
pub fn customers(world: &Simulation) -> Vec<(DateTime<Utc>, String, Value)> {
    let mut all: BTreeMap<&str, Customer<'_>> = BTreeMap::new();
    for charge in &world.lives.charges {
        let customer = all.entry(&charge.customer).or_default();
        customer.is_there_at(charge.created);
        customer.email = Some(&charge.email);
    }
    for of in &world.lives.subscriptions {
        let customer = all.entry(&of.customer).or_default();
        customer.is_there_at(of.start);
        let percent = of.customer_percent_off.map(Discount::Percent);
        customer.discount = percent.map(|percent| discount(percent, of.currency, of.start));
    }
    let mut all: Vec<(DateTime<Utc>, String, Value)> = all
        .into_iter()
        .filter_map(|(id, customer)| {
            let created = customer.created?;
            let value = json!({"id": id, "object": "customer", "created": created.timestamp(), "email": customer.email,
                "discount": customer.discount});
            Some((created, id.to_owned(), value))
        })
        .collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    all
}
