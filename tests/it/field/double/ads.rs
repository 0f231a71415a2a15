//! Google Ads: `searchStream` over campaigns, and over the account as a whole.

use super::{Answer, Call, fault, fault_of_window, list, text};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Metrics with what a row has that does not say.
const METRICS: [(&str, &str); 5] =
    [("impressions", "100"), ("clicks", "10"), ("costMicros", "0"), ("conversions", "0"), ("conversionsValue", "0")];

pub fn answer(call: &Call, accounts: &Value) -> Answer {
    let id = after(&call.path, "/customers/").split('/').next().unwrap_or_default();
    let Some(state) = accounts.get(id) else {
        return refusal("requestError", "INVALID_CUSTOMER_ID", &format!("Invalid customer ID '{id}'."));
    };
    if let Some(fault) = fault(&state["error"]) {
        return fault;
    }
    let query = text(&call.body["query"]);
    let resource = after(query, "FROM ").split_whitespace().next().unwrap_or_default();
    let customer = customer(id, state);
    let Some((from, to)) = between(query) else {
        let row = match resource {
            "customer_client" => json!({"customerClient": customer}),
            _ => json!({"customer": customer}),
        };
        return chunk(vec![row]);
    };
    if let Some(fault) = fault_of_window(&state["windows"], (from, to), resource) {
        return fault;
    }
    if from < text(&state["too_old_before"]) {
        let code = state["old_code"].as_object().and_then(|code| code.iter().next());
        let (kind, name) = code.map_or(("queryError", "INVALID_VALUE_WITH_DURING_OPERATOR"), |(k, v)| (k, text(v)));
        let message = state["old_message"].as_str().unwrap_or("The date is too far in the past.");
        return refusal(kind, name, message);
    }
    let within = |row: &&Value| from <= text(&row["date"]) && text(&row["date"]) <= to;
    let rows = list(&state["rows"]);
    if resource == "customer" {
        let of = state["account_rows"].as_array().map_or(rows, Vec::as_slice);
        return chunk(days(of.iter().filter(within), &customer));
    }
    chunk(rows.iter().filter(within).map(|row| campaign(row, id, &customer)).collect())
}

fn after<'a>(text: &'a str, word: &str) -> &'a str {
    text.split_once(word).map_or("", |(_, rest)| rest)
}

/// The days of `BETWEEN '…' AND '…'`.
fn between(query: &str) -> Option<(&str, &str)> {
    let mut quoted = query.split_once("BETWEEN")?.1.split('\'').skip(1).step_by(2);
    Some((quoted.next()?, quoted.next()?))
}

fn refusal(kind: &str, code: &str, message: &str) -> Answer {
    let error = json!({"code": 400, "status": "INVALID_ARGUMENT", "message": "Request contains an invalid argument.",
        "details": [{"errors": [{"errorCode": {kind: code}, "message": message}]}]});
    (400, json!([{"error": error}]))
}

/// One chunk of the stream; without `results` if there are none.
fn chunk(results: Vec<Value>) -> Answer {
    let mut chunk = json!({"fieldMask": "segments.date", "requestId": "r"});
    if !results.is_empty() {
        chunk["results"] = results.into();
    }
    (200, json!([chunk]))
}

fn customer(id: &str, state: &Value) -> Value {
    json!({
        "resourceName": format!("customers/{id}"), "id": id,
        "currencyCode": state["currency"].as_str().unwrap_or("USD"),
        "timeZone": state["zone"].as_str().unwrap_or("Etc/UTC"),
        "descriptiveName": state["name"].as_str().map_or_else(|| format!("account {id}"), str::to_owned),
        "status": "ENABLED", "manager": false, "level": "0",
    })
}

fn campaign(row: &Value, account: &str, customer: &Value) -> Value {
    let id = text(&row["campaign"]);
    // What a row says is sent as it stands: counts as texts or numbers, amounts with their exponents.
    let metric = |(name, usual): (&str, &str)| {
        let is_amount = name.starts_with("conversions");
        let usual = if is_amount { json!(0) } else { json!(usual) };
        (name.to_owned(), row.get(name).cloned().unwrap_or(usual))
    };
    json!({
        "customer": customer,
        "campaign": {
            "resourceName": format!("customers/{account}/campaigns/{id}"), "id": id,
            "name": row["name"].as_str().map_or_else(|| format!("c{id}"), str::to_owned),
            "status": row["status"].as_str().unwrap_or("ENABLED"),
            "advertisingChannelType": row["type"].as_str().unwrap_or("SEARCH"),
        },
        "metrics": METRICS.into_iter().map(metric).collect::<Map<_, _>>(),
        "segments": {"date": row["date"]},
    })
}

/// The account's days: sums of its rows.
fn days<'a>(rows: impl Iterator<Item = &'a Value>, customer: &Value) -> Vec<Value> {
    let mut days: BTreeMap<&str, [f64; 5]> = BTreeMap::new();
    for row in rows {
        let sums = days.entry(text(&row["date"])).or_default();
        for (sum, (name, usual)) in sums.iter_mut().zip(METRICS) {
            let own = match &row[name] {
                Value::Null => usual.parse().ok(),
                Value::String(text) => text.parse().ok(),
                value => value.as_f64(),
            };
            *sum += own.unwrap_or(0.0);
        }
    }
    let metric = |((name, _), sum): ((&str, &str), f64)| {
        let value = if name.starts_with("conversions") { json!(sum) } else { json!(format!("{sum:.0}")) };
        (name.to_owned(), value)
    };
    let day = |(date, sums): (&str, [f64; 5])| {
        let metrics: Map<_, _> = METRICS.into_iter().zip(sums).map(metric).collect();
        json!({"customer": customer, "segments": {"date": date}, "metrics": metrics})
    };
    days.into_iter().map(day).collect()
}
