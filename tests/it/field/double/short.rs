//! Short forms of records, so that a case shows what it is about: what a record does not say is as
//! vendors send it for the plainest record of its kind. Instants may be written as texts, days of rows
//! as `2026-11-01..2026-11-09`, and `times` makes many records of one.

mod hubspot;
mod stripe;

use super::{list, text};
use chrono::{DateTime, NaiveDate};
use serde_json::{Value, json};

/// Fields of Stripe that hold seconds.
const SECONDS: [&str; 12] = [
    "created",
    "start_date",
    "trial_end",
    "trial_start",
    "ended_at",
    "canceled_at",
    "cancel_at",
    "start",
    "end",
    "available_on",
    "resumes_at",
    "billing_cycle_anchor",
];

/// The world with every record in full.
pub fn completed(world: &Value) -> Value {
    let mut world = world.clone();
    if let Some(stripe) = world.get_mut("stripe") {
        stripe::complete(stripe);
    }
    if let Some(hubspot) = world.get_mut("hubspot") {
        for (name, complete) in [("contacts", hubspot::contact as fn(&mut Value)), ("deals", hubspot::deal)] {
            for list in [name.to_owned(), format!("archived_{name}")] {
                each(&mut hubspot[&list], complete);
            }
        }
        let links = hubspot.get_mut("links").and_then(Value::as_object_mut);
        for (_, links) in links.into_iter().flatten() {
            if let (Some(first), Some(times)) = (links["first"].as_u64(), links["times"].as_u64()) {
                *links = (first..first + times).map(|id| json!(id.to_string())).collect();
            }
        }
    }
    let ads = world.get_mut("google_ads").and_then(|ads| ads["accounts"].as_object_mut());
    for (_, account) in ads.into_iter().flatten() {
        for table in ["rows", "account_rows"] {
            if account[table].is_array() {
                account[table] = days(&account[table], "%Y-%m-%d");
            }
        }
    }
    let ga4 = world.get_mut("ga4").and_then(|ga4| ga4["properties"].as_object_mut());
    for (_, property) in ga4.into_iter().flatten() {
        for table in ["/web", "/users", "/pages", "/folded/web"] {
            if let Some(rows) = property.pointer_mut(table) {
                *rows = days(rows, "%Y%m%d");
            }
        }
    }
    world
}

/// Completes each record of a list, many of one where `times` says so.
fn each(records: &mut Value, complete: fn(&mut Value)) {
    let many = list(records).iter().flat_map(many).map(|mut record| {
        complete(&mut record);
        record
    });
    *records = many.collect();
}

/// The record with `times` and its id counted up.
fn many(record: &Value) -> Vec<Value> {
    let times = record["times"].as_u64().unwrap_or(1);
    let numbered = |number: u64| {
        let mut one = record.clone();
        if let Some(fields) = one.as_object_mut() {
            fields.shift_remove("times");
            for value in fields.values_mut().filter(|value| text(value).contains("{n}")) {
                *value = json!(text(value).replace("{n}", &number.to_string()));
            }
        }
        if let (Ok(first), true) = (text(&record["id"]).parse::<u64>(), times > 1) {
            one["id"] = json!((first + number).to_string());
        }
        one
    };
    (0..times).map(numbered).collect()
}

/// One row for each day of `date` (or of `of`).
fn days(rows: &Value, format: &str) -> Value {
    let mut all = Vec::new();
    for row in list(rows).iter().flat_map(many) {
        let field = if row["of"].is_string() { "of" } else { "date" };
        let span = text(&row[field]);
        let (from, to) = span.split_once("..").unwrap_or((span, span));
        let (Ok(from), Ok(to)) = (from.parse::<NaiveDate>(), to.parse::<NaiveDate>()) else {
            all.push(row);
            continue;
        };
        for day in from.iter_days().take_while(|day| *day <= to) {
            let mut one = row.clone();
            one[field] = json!(day.format(format).to_string());
            all.push(one);
        }
    }
    all.into()
}

/// Adds what a record does not say.
fn usual(record: &mut Value, usual: Value) {
    let own = std::mem::replace(record, usual);
    if let (Some(all), Value::Object(own)) = (record.as_object_mut(), own) {
        all.extend(own);
    }
}

/// Texts in the fields of instants become seconds, wherever they stand.
fn in_seconds(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(in_seconds),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().map(DateTime::parse_from_rfc3339) {
                    Some(Ok(at)) if SECONDS.contains(&name.as_str()) => *value = json!(at.timestamp()),
                    _ => in_seconds(value),
                }
            }
        }
        _ => {}
    }
}
