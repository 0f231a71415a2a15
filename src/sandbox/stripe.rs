//! Stripe's lists: newest first, a hundred at a time.

use super::people::{Charge, Refund, Subscription};
use super::server::Shared;
use super::truth::World;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/stripe/{account}/v1/{list}", get(list))
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Path((account, list)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let refuse = |status: StatusCode, message: &str| {
        (status, Json(json!({"error": {"type": "invalid_request_error", "message": message}}))).into_response()
    };
    let key = headers.get("authorization").and_then(|value| value.to_str().ok());
    if key != Some(&format!("Bearer {}", super::Sandbox::credentials().stripe_key)) {
        return refuse(StatusCode::UNAUTHORIZED, "Invalid API Key provided");
    }
    if !headers.contains_key("stripe-version") {
        return refuse(StatusCode::BAD_REQUEST, "the sandbox wants a pinned Stripe-Version");
    }
    let worlds = shared.worlds();
    let Some(world) = worlds.iter().find(|world| world.tenant.id == account) else {
        return refuse(StatusCode::NOT_FOUND, "No such account");
    };
    let given = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let number = |name: &str, default: i64| given(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let window = (number("created[gte]", i64::MIN), number("created[lt]", i64::MAX));
    let inside = |at: DateTime<Utc>| window.0 <= at.timestamp() && at.timestamp() < window.1;
    let lives = &world.lives;
    let items: Vec<(String, Value)> = match list.as_str() {
        "charges" => pick(&lives.charges, |c| inside(c.created), |c| &c.id, charge),
        "refunds" => pick(&lives.refunds, |r| inside(r.created), |r| &r.id, refund),
        "balance_transactions" => ledger(world, &inside),
        "subscriptions" => pick(&lives.subscriptions, |s| inside(s.start), |s| &s.id, |s| subscription(s, world.as_of)),
        _ => return refuse(StatusCode::NOT_FOUND, "Unrecognized request URL"),
    };
    let limit = usize::try_from(number("limit", 10).clamp(1, 100)).unwrap_or(10);
    let start = match given("starting_after") {
        None => 0,
        Some(after) => match items.iter().position(|(id, _)| id == after) {
            Some(position) => position + 1,
            None => return refuse(StatusCode::BAD_REQUEST, "No such object"),
        },
    };
    let has_more = items.len() > start + limit;
    let data: Vec<Value> = items.into_iter().skip(start).take(limit).map(|(_, value)| value).collect();
    Json(json!({"object": "list", "url": format!("/v1/{list}"), "has_more": has_more, "data": data})).into_response()
}

fn pick<T>(
    items: &[T],
    keep: impl Fn(&T) -> bool,
    id: impl Fn(&T) -> &String,
    json: impl Fn(&T) -> Value,
) -> Vec<(String, Value)> {
    items.iter().filter(|item| keep(item)).map(|item| (id(item).clone(), json(item))).collect()
}

fn charge(charge: &Charge) -> Value {
    let captured = if charge.is_captured { charge.amount } else { 0 };
    let metadata = charge.utm.map_or(
        json!({}),
        |(source, medium, campaign)| json!({"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}),
    );
    json!({
        "id": charge.id, "object": "charge", "created": charge.created.timestamp(), "amount": charge.amount,
        "amount_captured": captured, "amount_refunded": 0, "currency": charge.currency,
        "status": if charge.is_paid { "succeeded" } else { "failed" }, "captured": charge.is_captured,
        "refunded": false, "disputed": false, "customer": charge.customer,
        "billing_details": {"email": charge.email}, "metadata": metadata
    })
}

fn refund(refund: &Refund) -> Value {
    json!({
        "id": refund.id, "object": "refund", "charge": refund.charge, "created": refund.created.timestamp(),
        "amount": refund.amount, "currency": refund.currency, "status": "succeeded", "reason": "requested_by_customer"
    })
}

/// A ledger row a payment and a refund, newest first.
fn ledger(world: &World, inside: &dyn Fn(DateTime<Utc>) -> bool) -> Vec<(String, Value)> {
    let entry = |subject: &str, at: DateTime<Utc>, amount: i64, currency: &str, category: &str| {
        let fee = if amount > 0 { amount * 29 / 1000 + 30 } else { 0 };
        let id = format!("txn_{subject}");
        let value = json!({
            "id": id, "object": "balance_transaction", "amount": amount, "created": at.timestamp(), "currency": currency,
            "exchange_rate": null, "fee": fee, "net": amount - fee, "reporting_category": category, "source": subject,
            "status": if world.as_of - at > chrono::TimeDelta::days(7) { "available" } else { "pending" }, "type": category
        });
        (at, id, value)
    };
    let paid = world.lives.charges.iter().filter(|charge| charge.is_captured && inside(charge.created));
    let mut rows: Vec<_> = paid.map(|c| entry(&c.id, c.created, c.amount, c.currency, "charge")).collect();
    let back = world.lives.refunds.iter().filter(|refund| inside(refund.created));
    rows.extend(back.map(|r| entry(&r.id, r.created, -r.amount, r.currency, "refund")));
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    rows.into_iter().map(|(_, id, value)| (id, value)).collect()
}

fn subscription(of: &Subscription, as_of: DateTime<Utc>) -> Value {
    let has_ended = of.has_ended(as_of);
    let status = if has_ended {
        "canceled"
    } else if of.trial_end.is_some_and(|end| end >= as_of) {
        "trialing"
    } else {
        "active"
    };
    let end = has_ended.then_some(of.end).flatten().map(|at| at.timestamp());
    let discounts: Vec<Value> = of
        .percent_off
        .map(|off| json!({"id": "di_1", "end": null, "source": {"coupon": {"id": "co_1", "percent_off": off, "amount_off": null, "duration": "forever"}}}))
        .into_iter()
        .collect();
    json!({
        "id": of.id, "object": "subscription", "customer": of.customer, "status": status, "created": of.start.timestamp(),
        "start_date": of.start.timestamp(), "trial_end": of.trial_end.map(|at| at.timestamp()), "ended_at": end, "canceled_at": end,
        "currency": of.currency, "discounts": discounts,
        "pause_collection": of.is_paused.then(|| json!({"behavior": "void", "resumes_at": null})),
        "items": {"object": "list", "has_more": false, "data": [{"id": "si_1", "quantity": of.quantity, "price": {
            "id": "price_1", "billing_scheme": "per_unit", "currency": of.currency, "unit_amount": of.unit_amount,
            "unit_amount_decimal": of.unit_amount.to_string(), "transform_quantity": null,
            "recurring": {"interval": if of.is_yearly { "year" } else { "month" }, "interval_count": 1, "usage_type": "licensed"}}}]}
    })
}
