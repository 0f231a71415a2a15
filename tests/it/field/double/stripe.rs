//! Stripe: lists by `created` with `starting_after`, single objects, and what only comes when asked for.
//! `errors` are of a kind of object, `object_errors` of one by its id.

use super::{Answer, Call, fault, list, plain, text};
use serde_json::{Value, json};

pub fn answer(call: &Call, state: &Value) -> Answer {
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').skip(1).collect();
    let kind = parts.first().copied().unwrap_or_default();
    if let Some(fault) = fault(&state["errors"][kind]) {
        return fault;
    }
    match parts.get(1) {
        Some(id) => single(call, state, kind, &plain(id)),
        None => listed(call, state, kind),
    }
}

fn single(call: &Call, state: &Value, kind: &str, id: &str) -> Answer {
    if let Some(fault) = fault(&state["object_errors"][id]) {
        return fault;
    }
    let known = match kind {
        "coupons" => coupons(state),
        "prices" => prices(state),
        kind => list(&state[kind]).to_vec(),
    };
    let expand: Vec<&str> = call.values("expand[]").collect();
    match known.into_iter().find(|object| object["id"] == id) {
        Some(object) => (200, opened(object, kind, &expand, state)),
        None => missing(id),
    }
}

fn missing(id: &str) -> Answer {
    let message = format!("No such object: '{id}'");
    (404, json!({"error": {"type": "invalid_request_error", "code": "resource_missing", "message": message}}))
}

fn listed(call: &Call, state: &Value, kind: &str) -> Answer {
    let from = call.number("created[gte]").unwrap_or(0);
    let to = call.number("created[lt]").unwrap_or(i64::MAX);
    let odd = &state["odd"][kind];
    if odd["from_before"].as_i64().is_some_and(|before| from < before) {
        let page = &odd[if call.value("starting_after").is_some() { "after" } else { "first" }];
        if !page.is_null() {
            return (200, page.clone());
        }
    }
    let types: Vec<&str> = call.values("types[]").collect();
    let mut rows: Vec<&Value> = list(&state[kind])
        .iter()
        .filter(|object| object["created"].as_i64().is_some_and(|at| from <= at && at < to))
        .filter(|object| kind != "events" || types.is_empty() || types.contains(&text(&object["type"])))
        .filter(|object| {
            kind != "subscriptions" || call.value("status") == Some("all") || object["status"] != "canceled"
        })
        .collect();
    rows.sort_by_key(|object| (-object["created"].as_i64().unwrap_or(0), text(&object["id"])));
    if let Some(after) = call.value("starting_after") {
        let Some(at) = rows.iter().position(|object| object["id"] == after) else {
            return (400, missing(after).1);
        };
        rows.drain(..=at);
    }
    let limit = call.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10).min(100);
    let expand: Vec<&str> = call.values("expand[]").filter_map(|field| field.strip_prefix("data.")).collect();
    let page: Vec<Value> =
        rows.iter().take(limit).map(|object| opened((*object).clone(), kind, &expand, state)).collect();
    (200, json!({"object": "list", "url": call.path, "has_more": rows.len() > limit, "data": page}))
}

/// An object as it is sent: what is an object of its own is an id unless it is asked for, a coupon's
/// products and other currencies and a price's tiers come only when they themselves are asked for.
fn opened(mut object: Value, kind: &str, expand: &[&str], state: &Value) -> Value {
    let asks = |path: &str| expand.iter().any(|field| *field == path || field.starts_with(&format!("{path}.")));
    if kind == "charges" || kind == "refunds" {
        let entry = &mut object["balance_transaction"];
        let found = list(&state["balance_transactions"]).iter().find(|own| own["id"] == *entry);
        if let (Some(found), true) = (found, asks("balance_transaction")) {
            *entry = found.clone();
        }
    }
    if kind == "coupons" {
        only_asked(&mut object, "", expand);
    }
    if kind == "prices" && !asks("tiers") {
        remove(&mut object, "tiers");
    }
    if kind == "customers" {
        narrowed(&mut object["discount"], "discount", expand);
    }
    if kind == "subscriptions" {
        for discount in array(&mut object["discounts"]) {
            discounted(discount, "discounts", expand);
        }
        for item in array(&mut object["items"]["data"]) {
            for field in ["tiers", "currency_options"] {
                if !asks(&format!("items.data.price.{field}")) {
                    remove(&mut item["price"], field);
                }
            }
            for discount in array(&mut item["discounts"]) {
                discounted(discount, "items.data.discounts", expand);
            }
        }
        if !asks("customer") && object["customer"].is_object() {
            object["customer"] = object["customer"]["id"].clone();
        }
    }
    object
}

/// A discount in a list: an id unless it is asked for.
fn discounted(discount: &mut Value, path: &str, expand: &[&str]) {
    if expand.iter().any(|field| field.starts_with(path)) {
        narrowed(discount, path, expand);
    } else if discount.is_object() {
        *discount = discount["id"].clone();
    }
}

/// A discount whose coupon is an id unless it is asked for.
fn narrowed(discount: &mut Value, path: &str, expand: &[&str]) {
    let Some(coupon) = discount.pointer_mut("/source/coupon").filter(|coupon| coupon.is_object()) else { return };
    let path = format!("{path}.source.coupon");
    if expand.iter().any(|field| field.starts_with(&path)) {
        only_asked(coupon, &format!("{path}."), expand);
    } else {
        *coupon = coupon["id"].clone();
    }
}

fn only_asked(coupon: &mut Value, path: &str, expand: &[&str]) {
    for field in ["applies_to", "currency_options"] {
        if !expand.contains(&format!("{path}{field}").as_str()) {
            remove(coupon, field);
        }
    }
}

fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.shift_remove(field);
    }
}

fn array(value: &mut Value) -> &mut [Value] {
    value.as_array_mut().map_or(&mut [], Vec::as_mut_slice)
}

/// Every coupon that a discount of the world names.
fn coupons(state: &Value) -> Vec<Value> {
    let mut all = list(&state["coupons"]).to_vec();
    let mut add = |discount: &Value| all.extend(discount.pointer("/source/coupon").cloned());
    for subscription in list(&state["subscriptions"]) {
        list(&subscription["discounts"]).iter().for_each(&mut add);
        list(&subscription["items"]["data"]).iter().for_each(|item| list(&item["discounts"]).iter().for_each(&mut add));
    }
    list(&state["customers"]).iter().for_each(|customer| add(&customer["discount"]));
    all
}

/// Every price of the world's subscriptions.
fn prices(state: &Value) -> Vec<Value> {
    let items = list(&state["subscriptions"]).iter().flat_map(|subscription| list(&subscription["items"]["data"]));
    items.map(|item| item["price"].clone()).collect()
}
