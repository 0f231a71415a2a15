//! Stripe's events of the last 30 days. Their bodies are snapshots in an old API version: good for
//! the id of what changed and for nothing else.

use crate::sandbox::world::{Simulation, Subscription};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// Stripe forgets events after so many days.
const KEPT_DAYS: i64 = 30;

/// The events of some types, all if none is named, newest first, with their ids.
pub fn events(world: &Simulation, types: &[&str], inside: &dyn Fn(DateTime<Utc>) -> bool) -> Vec<(String, Value)> {
    let kept_from = world.as_of - TimeDelta::days(KEPT_DAYS);
    let mut all = Vec::new();
    let is_told = |at: DateTime<Utc>, kind: &'static str| {
        at < world.as_of && at >= kept_from && inside(at) && (types.is_empty() || types.contains(&kind))
    };
    for of in &world.lives.subscriptions {
        let kind = "customer.subscription.updated";
        for (tag, at, before) in updates(of) {
            if is_told(at, kind) {
                let data = json!({"object": {"object": "subscription", "id": of.id}, "previous_attributes": before});
                all.push((at, format!("evt_{tag}_{}", of.id), kind, data));
            }
        }
    }
    let mut add = |at: DateTime<Utc>, kind: &'static str, object: &str, id: &str, charge: Option<&str>| {
        if is_told(at, kind) {
            let object = json!({"object": object, "id": id, "charge": charge});
            all.push((at, format!("evt_{kind}_{id}"), kind, json!({"object": object})));
        }
    };
    for charge in &world.lives.charges {
        add(
            charge.created,
            if charge.is_paid { "charge.succeeded" } else { "charge.failed" },
            "charge",
            &charge.id,
            None,
        );
        if let Some(at) = charge.captured_at.filter(|at| *at > charge.created) {
            add(at, "charge.captured", "charge", &charge.id, None);
        }
    }
    for refund in &world.lives.refunds {
        let (id, of) = (&refund.id, Some(refund.charge.as_str()));
        add(refund.created, "charge.refunded", "charge", &refund.charge, None);
        add(refund.created, "refund.created", "refund", id, of);
        add(refund.answered_at, if refund.has_failed { "refund.failed" } else { "refund.updated" }, "refund", id, of);
        if refund.has_failed {
            add(refund.answered_at, "charge.updated", "charge", &refund.charge, None);
        }
    }
    for dispute in &world.lives.disputes {
        let (id, of) = (&dispute.id, Some(dispute.charge.as_str()));
        add(dispute.created, "charge.dispute.created", "dispute", id, of);
        if !dispute.is_inquiry {
            add(dispute.created, "charge.dispute.funds_withdrawn", "dispute", id, of);
        }
        add(dispute.answered_at, "charge.dispute.updated", "dispute", id, of);
        if let Some((end, is_won)) = dispute.ends {
            add(end, "charge.dispute.closed", "dispute", id, of);
            if is_won && !dispute.is_inquiry {
                add(end, "charge.dispute.funds_reinstated", "dispute", id, of);
            }
        }
    }
    for subscription in &world.lives.subscriptions {
        let id = &subscription.id;
        add(subscription.start, "customer.subscription.created", "subscription", id, None);
        let changes = [
            ("customer.subscription.updated", subscription.trial_end),
            ("customer.subscription.deleted", subscription.end),
        ];
        for (kind, at) in changes {
            if let Some(at) = at {
                add(at, kind, "subscription", id, None);
            }
        }
    }
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    let event = |(at, id, kind, data): (DateTime<Utc>, String, &str, Value)| {
        let event = json!({
            "id": id, "object": "event", "api_version": "2019-02-19", "created": at.timestamp(), "type": kind,
            "data": data, "livemode": false, "pending_webhooks": 0,
            "request": {"id": null, "idempotency_key": null}
        });
        (id, event)
    };
    all.into_iter().map(event).collect()
}

/// Updates of a subscription with what each had been before; one of them says nothing about its value.
fn updates(of: &Subscription) -> Vec<(&'static str, DateTime<Utc>, Value)> {
    let mut all = Vec::new();
    if let Some((from, until)) = of.changes.later_trial {
        all.push(("trial", from, json!({"status": "active", "trial_end": null})));
        all.push(("trial_over", until, json!({"status": "trialing"})));
    }
    if let Some((from, until)) = of.changes.pause {
        all.push(("pause", from, json!({"pause_collection": null})));
        all.push(("resume", until, json!({"pause_collection": {"behavior": "void"}})));
    }
    if let Some((at, _)) = of.changes.upgrade {
        all.push(("upgrade", at, json!({"plan": {"amount": of.unit_amount}})));
        all.push(("renewal", at + TimeDelta::days(2), json!({"latest_invoice": "in_1"})));
    }
    all
}
