//! Stripe's lists, newest first and a hundred at a time, and its single objects.

mod events;
mod objects;

use super::credentials::Credentials;
use super::shared::Shared;
use super::troubles::Vendor;
use crate::sandbox::world::Lives;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use objects::{charge, customers, dispute, ledger, refund, subscription};
use serde_json::{Value, json};
use std::sync::Arc;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/stripe/{account}/v1/{list}", get(list)).route("/stripe/{account}/v1/{list}/{id}", get(one))
}

type Pairs = Query<Vec<(String, String)>>;

async fn list(
    State(shared): State<Arc<Shared>>,
    Path((account, list)): Path<(String, String)>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Response {
    let worlds = shared.worlds_of(Vendor::Stripe);
    let Some(world) = worlds.iter().find(|world| world.tenant.id == account) else {
        return refuse(StatusCode::NOT_FOUND, "No such account");
    };
    if let Some(refusal) = turned_away(&shared, &headers).or_else(|| too_deep(&query)) {
        return refusal;
    }
    let given = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let number = |name: &str, default: i64| given(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let window = (number("created[gte]", i64::MIN), number("created[lt]", i64::MAX));
    let inside = |at: DateTime<Utc>| window.0 <= at.timestamp() && at.timestamp() < window.1;
    let Lives { charges, refunds, disputes, subscriptions, .. } = &world.lives;
    let items: Vec<(String, Value)> = match list.as_str() {
        "charges" => {
            let mut all = pick(&world.excess.charges, |c| inside(c.created), |c| &c.id, |c| charge(world, c));
            all.extend(pick(charges, |c| inside(c.created), |c| &c.id, |c| charge(world, c)));
            all
        }
        "refunds" => pick(refunds, |r| inside(r.created), |r| &r.id, |r| refund(world, r)),
        "disputes" => pick(disputes, |d| inside(d.created), |d| &d.id, |d| dispute(world, d)),
        "balance_transactions" => ledger(world, &inside),
        "subscriptions" => {
            let opened = expands(&query, "data.discounts.source.coupon");
            pick(subscriptions, |s| inside(s.start), |s| &s.id, |s| subscription(world, s, opened))
        }
        "customers" => {
            customers(world).into_iter().filter(|(at, ..)| inside(*at)).map(|(_, id, value)| (id, value)).collect()
        }
        "events" => {
            let types: Vec<&str> =
                query.iter().filter(|(key, _)| key == "types[]").map(|(_, value)| value.as_str()).collect();
            if types.len() > 20 {
                return refuse(StatusCode::BAD_REQUEST, "You may pass up to 20 event names");
            }
            events::events(world, &types, &inside)
        }
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

async fn one(
    State(shared): State<Arc<Shared>>,
    Path((account, list, id)): Path<(String, String, String)>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Response {
    let worlds = shared.worlds_of(Vendor::Stripe);
    let Some(world) = worlds.iter().find(|world| world.tenant.id == account) else {
        return refuse(StatusCode::NOT_FOUND, "No such account");
    };
    if let Some(refusal) = turned_away(&shared, &headers).or_else(|| too_deep(&query)) {
        return refusal;
    }
    let Lives { charges, refunds, disputes, subscriptions, .. } = &world.lives;
    let found = match list.as_str() {
        "charges" => charges.iter().find(|c| c.id == id).map(|c| charge(world, c)),
        "refunds" => refunds.iter().find(|r| r.id == id).map(|r| refund(world, r)),
        "disputes" => disputes.iter().find(|d| d.id == id).map(|d| dispute(world, d)),
        "subscriptions" => {
            let opened = expands(&query, "discounts.source.coupon");
            subscriptions.iter().find(|s| s.id == id).map(|s| subscription(world, s, opened))
        }
        "customers" => customers(world).into_iter().find(|(_, own, _)| *own == id).map(|(.., value)| value),
        _ => None,
    };
    found.map_or_else(|| refuse(StatusCode::NOT_FOUND, "No such object"), |object| Json(object).into_response())
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"type": "invalid_request_error", "message": message}}))).into_response()
}

/// The answer to a request without the key or a pinned version.
fn turned_away(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok());
    if shared.refuses(Vendor::Stripe) || key != Some(&format!("Bearer {}", Credentials::of_sandbox().stripe_key)) {
        return Some(refuse(StatusCode::UNAUTHORIZED, "Invalid API Key provided"));
    }
    let is_pinned = headers.contains_key("stripe-version");
    (!is_pinned).then(|| refuse(StatusCode::BAD_REQUEST, "the sandbox wants a pinned Stripe-Version"))
}

/// Stripe expands four levels at most (adrienverge/localstripe#118).
fn too_deep(query: &[(String, String)]) -> Option<Response> {
    let (_, path) = query.iter().find(|(key, path)| key == "expand[]" && path.split('.').count() > 4)?;
    let message = format!("You cannot expand more than 4 levels of a property. Property: {path}");
    Some(refuse(StatusCode::BAD_REQUEST, &message))
}

/// Whether what stands at a path is to be opened; unopened, discounts are ids.
fn expands(query: &[(String, String)], path: &str) -> bool {
    query.iter().any(|(key, value)| key == "expand[]" && value.starts_with(path))
}

fn pick<T>(
    items: &[T],
    keep: impl Fn(&T) -> bool,
    id: impl Fn(&T) -> &String,
    json: impl Fn(&T) -> Value,
) -> Vec<(String, Value)> {
    items.iter().filter(|item| keep(item)).map(|item| (id(item).clone(), json(item))).collect()
}
