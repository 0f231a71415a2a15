//! HubSpot: searches by filter groups, lists with the recycle bin, single records, links and definitions.

use super::{Answer, Call, fault, list, text};
use chrono::{DateTime, NaiveDate, NaiveTime};
use serde_json::{Map, Value, json};

pub fn answer(call: &Call, state: &Value) -> Answer {
    let (status, mut answer) = whole_answer(call, state);
    // Properties that are left out of every record, though they are asked for.
    for record in answer["results"].as_array_mut().into_iter().flatten() {
        if let Some(properties) = record["properties"].as_object_mut() {
            list(&state["withheld"]).iter().for_each(|name| drop(properties.shift_remove(text(name))));
        }
    }
    (status, answer)
}

fn whole_answer(call: &Call, state: &Value) -> Answer {
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    for definitions in ["pipelines", "properties"] {
        if let Some(at) = parts.iter().position(|part| *part == definitions) {
            return definition(&state[definitions], &parts[at + 1..]);
        }
    }
    let has = |part: &str| parts.contains(&part);
    let kind = if has("associations") {
        "associations"
    } else if has("contacts") {
        "contacts"
    } else if has("tickets") {
        "tickets"
    } else {
        "deals"
    };
    if let Some(fault) = fault(&state["errors"][kind]) {
        return fault;
    }
    let last = parts.last().copied().unwrap_or_default();
    match last {
        _ if kind == "associations" => links(call, state),
        "search" => search(call, state, kind),
        "read" => {
            let asked: Vec<&str> = list(&call.body["inputs"]).iter().map(|input| text(&input["id"])).collect();
            let found = list(&state[kind]).iter().filter(|record| asked.contains(&text(&record["id"])));
            let wanted = names(&call.body["properties"]);
            let results: Vec<Value> = found.map(|record| shown(record, &wanted)).collect();
            (200, json!({"status": "COMPLETE", "results": results}))
        }
        id if id.bytes().all(|byte| byte.is_ascii_digit()) => {
            let found = listed(call, state, kind).iter().find(|record| record["id"] == id);
            found.map_or_else(not_found, |record| (200, shown(record, &asked_properties(call))))
        }
        _ => page(call, state, kind),
    }
}

fn not_found() -> Answer {
    (404, json!({"status": "error", "category": "OBJECT_NOT_FOUND", "message": "resource not found"}))
}

/// `/crm/properties/{version}/contacts` and one of them; HubSpot's own where the world says nothing.
fn definition(known: &Value, path: &[&str]) -> Answer {
    let path: Vec<&str> = path.iter().copied().filter(|part| !part.starts_with("20")).collect();
    let stages = ["lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer"];
    let usual = json!({
        "contacts": [{"name": "lifecyclestage", "label": "Lifecycle Stage", "type": "enumeration",
            "options": stages.map(|stage| json!({"label": stage, "value": stage, "hidden": false}))}],
        "deals": [{"id": "default", "label": "Sales Pipeline", "archived": false, "stages": [
            {"id": "closedwon", "label": "Closed won", "metadata": {"isClosed": "true", "probability": "1.0"}},
            {"id": "closedlost", "label": "Closed lost", "metadata": {"isClosed": "true", "probability": "0.0"}}]}],
    });
    let object = path.first().copied().unwrap_or_default();
    let of = known.get(object).or(usual.get(object).filter(|_| known.is_null()));
    let found = match (of, path.get(1)) {
        (Some(of), Some(name)) => {
            list(of).iter().find(|definition| definition["name"] == *name || definition["id"] == *name).cloned()
        }
        (of, _) => of.map(|of| json!({"results": of})),
    };
    found.map_or_else(not_found, |found| (200, found))
}

/// The list that the request is about: living records, or the recycle bin.
fn listed<'a>(call: &Call, state: &'a Value, kind: &str) -> &'a [Value] {
    match call.value("archived") {
        Some("true") => list(&state[format!("archived_{kind}")]),
        _ => list(&state[kind]),
    }
}

fn asked_properties(call: &Call) -> Vec<String> {
    call.value("properties").unwrap_or_default().split(',').map(str::to_owned).collect()
}

fn names(value: &Value) -> Vec<String> {
    list(value).iter().map(|name| text(name).to_owned()).collect()
}

fn page(call: &Call, state: &Value, kind: &str) -> Answer {
    let (mut rows, wanted) = (listed(call, state, kind), asked_properties(call));
    if let (Some(cut), None) = (state["list_cut"][kind].as_u64(), call.value("archived")) {
        rows = &rows[..rows.len().min(cut as usize)];
    }
    let at = usize::try_from(call.number("after").unwrap_or(0)).unwrap_or(0);
    let size = usize::try_from(call.number("limit").unwrap_or(10)).unwrap_or(10).min(100);
    let results: Vec<Value> = rows.iter().skip(at).take(size).map(|record| shown(record, &wanted)).collect();
    let mut answer = json!({"results": results});
    if at + size < rows.len() {
        answer["paging"] = next(at + size);
    }
    (200, answer)
}

fn search(call: &Call, state: &Value, kind: &str) -> Answer {
    let asked = &call.body;
    let hidden: Vec<&str> = list(&state["hidden"]).iter().map(text).collect();
    let filters = list(&asked["filterGroups"][0]["filters"]);
    let mut rows: Vec<&Value> = list(&state[kind])
        .iter()
        .filter(|record| !hidden.contains(&text(&record["id"])))
        .filter(|record| filters.iter().all(|filter| holds(record, filter)))
        .collect();
    rows.sort_by_key(|record| text(&record["id"]).parse::<u64>().unwrap_or(0));
    let number = |value: &Value| value.as_str().and_then(|text| text.parse().ok()).or(value.as_u64()).unwrap_or(0);
    let (mut at, limit) = (number(&asked["after"]) as usize, number(&asked["limit"]) as usize);
    if at >= 10_000 {
        return (400, json!({"status": "error", "category": "VALIDATION_ERROR", "message": "paging past 10,000"}));
    }
    let repeated = state["repeat_after"][kind].as_u64().map(|from| from as usize);
    at = repeated.filter(|from| at >= *from).unwrap_or(at);
    let size = state["page_cap"][kind].as_u64().map_or(limit, |cap| limit.min(cap as usize));
    // An empty page takes one place of the numbering, so that no row is lost behind it.
    let empty: Vec<usize> = list(&state["empty_pages"][kind]).iter().map(|at| number(at) as usize).collect();
    let skipped = at - empty.iter().filter(|place| **place < at).count();
    let taken = if empty.contains(&at) { 0 } else { size };
    let results: Vec<Value> =
        rows.iter().skip(skipped).take(taken).map(|record| shown(record, &names(&asked["properties"]))).collect();
    let total = state["total"][kind].as_u64().unwrap_or(rows.len() as u64);
    let is_more = skipped + results.len() < rows.len();
    let goes_on = at + if taken == 0 { 1 } else { results.len() };
    let mut answer = json!({"total": total, "results": results});
    if repeated == Some(at) {
        answer["paging"] = next(at);
    } else if taken == 0 || is_more {
        answer["paging"] = next(goes_on);
    }
    (200, answer)
}

fn next(after: usize) -> Value {
    json!({"next": {"after": after.to_string()}})
}

/// Whether a record fulfils one condition of a search; instants are compared in milliseconds.
fn holds(record: &Value, filter: &Value) -> bool {
    let name = text(&filter["propertyName"]);
    let own = match name {
        "hs_object_id" => text(&record["id"]).parse().ok(),
        name => record["properties"][name].as_str().and_then(millis),
    };
    let other: i64 = match &filter["value"] {
        Value::String(text) => text.parse().unwrap_or(0),
        value => value.as_i64().unwrap_or(0),
    };
    own.is_some_and(|own: i64| match text(&filter["operator"]) {
        "GTE" => own >= other,
        "LT" => own < other,
        "GT" => own > other,
        "LTE" => own <= other,
        _ => false,
    })
}

fn millis(text: &str) -> Option<i64> {
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_millis()).ok().or_else(day)
}

/// A record with the asked properties, `null` where it has none.
fn shown(record: &Value, wanted: &[String]) -> Value {
    let mut shown = record.clone();
    let properties: Map<String, Value> =
        wanted.iter().map(|name| (name.clone(), record["properties"][name.as_str()].clone())).collect();
    shown["properties"] = Value::Object(properties);
    shown
}

/// Which contacts deals are with: 207 if one of them has none.
fn links(call: &Call, state: &Value) -> Answer {
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for input in list(&call.body["inputs"]) {
        let id = text(&input["id"]);
        let all = list(&state["links"][id]);
        let at = text(&input["after"]).parse().unwrap_or(0);
        let cap = state["link_cap"].as_u64().map_or(all.len().max(1), |cap| cap as usize);
        let to: Vec<Value> = all
            .iter()
            .skip(at)
            .take(cap)
            .map(|contact| json!({"toObjectId": text(contact).parse::<u64>().unwrap_or(0), "associationTypes": []}))
            .collect();
        if to.is_empty() {
            let message = format!("No contact is associated with deal {id}.");
            errors.push(json!({"status": "error", "category": "OBJECT_NOT_FOUND", "message": message,
                "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND", "context": {"fromObjectId": [id]}}));
        } else {
            let mut of_deal = json!({"from": {"id": id}, "to": to});
            if at + cap < all.len() {
                of_deal["paging"] = next(at + cap);
            }
            results.push(of_deal);
        }
    }
    let mut answer = json!({"status": "COMPLETE", "results": results});
    if errors.is_empty() {
        return (200, answer);
    }
    answer["numErrors"] = errors.len().into();
    answer["errors"] = errors.into();
    (207, answer)
}
