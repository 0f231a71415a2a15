//! Stripe's events of the last 30 days. Their bodies are snapshots in an old API version: good for
//! the id of what changed and for nothing else.

use crate::sandbox::truth::World;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// Stripe forgets events after so many days.
const KEPT_DAYS: i64 = 30;

/// The events of some types, all if none is named, newest first, with their ids.
pub fn events(world: &World, types: &[&str], inside: &dyn Fn(DateTime<Utc>) -> bool) -> Vec<(String, Value)> {
    let kept_from = world.as_of - TimeDelta::days(KEPT_DAYS);
    let mut all = Vec::new();
    let mut add = |at: DateTime<Utc>, kind: &'static str, object: &str, id: &str, charge: Option<&str>| {
        let is_wanted = types.is_empty() || types.contains(&kind);
        if at < world.as_of && at >= kept_from && inside(at) && is_wanted {
            all.push((at, format!("evt_{kind}_{id}"), kind, json!({"object": object, "id": id, "charge": charge})));
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
    let event = |(at, id, kind, object): (DateTime<Utc>, String, &str, Value)| {
        let event = json!({
            "id": id, "object": "event", "api_version": "2019-02-19", "created": at.timestamp(), "type": kind,
            "data": {"object": object}, "livemode": false, "pending_webhooks": 0,
            "request": {"id": null, "idempotency_key": null}
        });
        (id, event)
    };
    all.into_iter().map(event).collect()
}
