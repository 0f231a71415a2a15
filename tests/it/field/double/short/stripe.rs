//! Stripe's records in short: a charge that went through, a subscription by its items' amounts, a
//! discount by what it takes off, an event by the object it is of. A world without a ledger has the one
//! that its charges and refunds name.

use super::super::{list, text};
use super::{each, in_seconds, usual};
use serde_json::{Map, Value, json};

pub fn complete(state: &mut Value) {
    in_seconds(state);
    each(&mut state["charges"], charge);
    each(&mut state["refunds"], |refund| {
        let entry = format!("txn_{}", text(&refund["id"]));
        usual(
            refund,
            json!({"object": "refund", "currency": "usd", "status": "succeeded", "reason": null, "balance_transaction": entry}),
        );
    });
    each(&mut state["disputes"], |dispute| {
        usual(
            dispute,
            json!({"object": "dispute", "currency": "usd", "status": "lost", "reason": "general", "balance_transactions": []}),
        );
    });
    each(&mut state["subscriptions"], subscription);
    each(&mut state["customers"], |customer| {
        usual(customer, json!({"object": "customer", "email": null, "discount": null}));
        discount(&mut customer["discount"]);
    });
    if state["balance_transactions"].is_null() {
        state["balance_transactions"] = ledger(state);
    }
    each(&mut state["balance_transactions"], |entry| {
        let (amount, fee) = (entry["amount"].as_i64().unwrap_or(0), entry["fee"].as_i64().unwrap_or(0));
        let category = entry["reporting_category"].as_str().unwrap_or("charge").to_owned();
        usual(
            entry,
            json!({"object": "balance_transaction", "fee": 0, "net": amount - fee, "currency": "usd", "status": "available",
                "reporting_category": category, "type": category, "exchange_rate": null, "available_on": entry["created"]}),
        );
    });
    let objects: Vec<Value> = ["charges", "refunds", "disputes", "subscriptions", "customers"]
        .iter()
        .flat_map(|kind| list(&state[*kind]).to_vec())
        .collect();
    for event in state["events"].as_array_mut().into_iter().flatten() {
        let of = objects.iter().find(|object| object["id"] == event["of"]).cloned();
        if let Some(fields) = event.as_object_mut() {
            fields.shift_remove("of");
        }
        if let Some(mut object) = of {
            // Events carry objects as they are by themselves: nothing is expanded in them.
            for discount in object["discounts"].as_array_mut().into_iter().flatten() {
                *discount = discount["id"].clone();
            }
            usual(event, json!({"data": {"object": object}}));
            if let Some(before) = event.get("previous_attributes").cloned() {
                event["data"]["previous_attributes"] = before;
            }
        }
        usual(event, json!({"object": "event", "api_version": "2026-07-29.dahlia"}));
    }
}

/// The ledger of a world that does not give one: what charges and refunds say of it.
fn ledger(state: &Value) -> Value {
    let entry = |object: &Value, category: &str, amount: i64| {
        json!({"id": object["balance_transaction"], "amount": amount, "created": object["created"], "source": object["id"],
            "currency": object["currency"], "reporting_category": category})
    };
    let moved = |object: &&Value| object["balance_transaction"].is_string();
    let amount = |object: &Value, field: &str| object[field].as_i64().unwrap_or(0);
    let charges = list(&state["charges"]).iter().filter(moved);
    let refunds = list(&state["refunds"]).iter().filter(moved);
    let all = charges.map(|charge| entry(charge, "charge", amount(charge, "amount_captured")));
    all.chain(refunds.map(|refund| entry(refund, "refund", -amount(refund, "amount")))).collect()
}

fn charge(charge: &mut Value) {
    let (id, email) = (text(&charge["id"]).to_owned(), charge["email"].take());
    let captured = charge["captured"].as_bool().unwrap_or(charge["status"] != "failed");
    if let Some(fields) = charge.as_object_mut() {
        fields.shift_remove("email");
    }
    let amount = if captured { charge["amount"].clone() } else { json!(0) };
    let entry = if captured { json!(format!("txn_{id}")) } else { Value::Null };
    usual(
        charge,
        json!({"object": "charge", "amount_captured": amount, "amount_refunded": 0, "captured": captured, "currency": "usd",
            "customer": null, "disputed": false, "refunded": false, "status": "succeeded", "receipt_email": null,
            "billing_details": {"email": email, "name": null}, "metadata": {}, "payment_intent": format!("pi_{id}"),
            "balance_transaction": entry}),
    );
}

fn subscription(subscription: &mut Value) {
    if let Value::Array(items) = subscription["items"].clone() {
        let items: Vec<Value> = items.iter().enumerate().map(|(n, item)| self::item(item, n)).collect();
        subscription["items"] = json!({"object": "list", "has_more": false, "data": items});
    }
    let created = subscription["created"].clone();
    usual(
        subscription,
        json!({"object": "subscription", "status": "active", "start_date": created, "trial_end": null, "ended_at": null,
            "canceled_at": null, "cancel_at": null, "currency": "usd", "pause_collection": null, "discounts": []}),
    );
    subscription["discounts"].as_array_mut().into_iter().flatten().for_each(discount);
}

/// `{amount, interval, product}` as an item with its price.
fn item(short: &Value, number: usize) -> Value {
    let amount = short["amount"].as_i64().unwrap_or(0);
    let of = |name: &str, usual: Value| short.get(name).cloned().unwrap_or(usual);
    let mut discounts = of("discounts", json!([]));
    discounts.as_array_mut().into_iter().flatten().for_each(discount);
    let mut price = json!({"id": of("price", json!(format!("price_{amount}"))), "object": "price", "billing_scheme": "per_unit",
        "currency": of("currency", json!("usd")), "product": of("product", json!("prod_a")), "unit_amount": amount,
        "unit_amount_decimal": amount.to_string(), "tiers_mode": null, "transform_quantity": null,
        "recurring": {"interval": of("interval", json!("month")), "interval_count": of("interval_count", json!(1)),
            "usage_type": of("usage_type", json!("licensed"))}});
    for field in ["currency_options", "tax_behavior"] {
        if let Some(value) = short.get(field) {
            price[field] = value.clone();
        }
    }
    json!({"id": format!("si_{number}"), "object": "subscription_item", "quantity": of("quantity", json!(1)),
        "discounts": discounts, "price": price})
}

/// `{id, percent_off}` as a discount with its coupon, whose id `coupon` may give.
fn discount(discount: &mut Value) {
    if discount["source"].is_object() || !discount.is_object() {
        return;
    }
    let mut short = discount.as_object().cloned().unwrap_or_default();
    let mut own = Map::new();
    for (name, usual) in [("id", Value::Null), ("start", json!(1_767_225_600)), ("end", Value::Null)] {
        own.insert(name.to_owned(), short.shift_remove(name).unwrap_or(usual));
    }
    let short_id = short.shift_remove("coupon");
    let mut coupon = Value::Object(short);
    let id = short_id.unwrap_or_else(|| json!(format!("coupon_of_{}", text(&own["id"]))));
    usual(
        &mut coupon,
        json!({"id": id, "object": "coupon", "duration": "forever", "percent_off": null, "amount_off": null, "currency": null, "valid": true}),
    );
    own.insert("object".to_owned(), json!("discount"));
    own.insert("source".to_owned(), json!({"type": "coupon", "coupon": coupon}));
    *discount = Value::Object(own);
}
