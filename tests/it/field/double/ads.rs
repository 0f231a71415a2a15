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
        return chunk(match resource {
            "customer_client" => list(&state["clients"]).iter().map(client).collect(),
            _ => vec![json!({"customer": customer})],
        });
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
    // The stream fails behind what was sent.
    let cut = &state["cut"];
    let is_sent = |row: &&Value| within(row) && cut["from"].as_str().is_none_or(|from| text(&row["date"]) < from);
    let rows = list(&state["rows"]);
    let of_account = state["account_rows"].as_array().map_or(rows, Vec::as_slice);
    // Breakdowns come from `googleAds:search` as one object; nobody has keywords, search terms or places.
    if call.path.ends_with(":search") {
        return (200, json!({"fieldMask": "segments.date"}));
    }
    let (status, mut answer) = match resource {
        "keyword_view" | "search_term_view" => chunk(Vec::new()),
        "customer" => chunk(days(of_account.iter().filter(is_sent), &customer)),
        _ => chunk(rows.iter().filter(is_sent).map(|row| part_of(query, campaign(row, id, &customer))).collect()),
    };
    if cut["from"].as_str().is_some_and(|from| from <= to) {
        let padding = usize::try_from(cut["pad"].as_u64().unwrap_or(0)).unwrap_or(0);
        answer[0]["requestId"] = json!("r".repeat(padding.max(1)));
        answer.as_array_mut().expect("chunks").push(cut["body"].clone());
    }
    (status, answer)
}

/// One line of the manager's list.
fn client(client: &Value) -> Value {
    let id = text(&client["id"]);
    json!({"customerClient": {"resourceName": format!("customers/9/customerClients/{id}"), "id": id,
        "descriptiveName": client["name"], "manager": false, "status": "ENABLED"}})
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

/// A row in the only part that it has: it all happened on computers, at noon.
fn part_of(query: &str, mut row: Value) -> Value {
    for (segment, name, value) in
        [("segments.device", "device", json!("DESKTOP")), ("segments.hour", "hour", json!(12))]
    {
        if query.contains(segment) {
            row["segments"][name] = value;
        }
    }
    row
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
