//! Google Analytics 4: `runReport` over three tables of a property: visits by source, visitors, pages.

use super::{Answer, Call, fault, fault_of_window, list, text, windows_over};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

const WIDEST: u64 = 250_000;

pub fn answer(call: &Call, properties: &Value) -> Answer {
    let place = call.path.split("/properties/").nth(1).unwrap_or_default();
    let id = place.split(':').next().unwrap_or_default();
    let Some(state) = properties.get(id) else {
        let message = "User does not have sufficient permissions for this property.";
        return (403, json!({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": message}}));
    };
    if let Some(fault) = fault(&state["error"]) {
        return fault;
    }
    let asked = &call.body;
    let (dimensions, metrics) = (names(&asked["dimensions"]), names(&asked["metrics"]));
    let table = match () {
        () if dimensions.contains(&"landingPage") => "pages",
        () if dimensions == ["date"] => "users",
        () if dimensions.contains(&"sessionSource") && !dimensions.contains(&"newVsReturning") => "web",
        // Visits once more, by other dimensions: what a world says of the table of visits does not hold for them.
        () => "breakdown",
    };
    let span = (text(&asked["dateRanges"][0]["startDate"]), text(&asked["dateRanges"][0]["endDate"]));
    if let Some(fault) = fault_of_window(&state["windows"], span, table) {
        return fault;
    }
    let mut metadata = json!({
        "currencyCode": state["currency"].as_str().unwrap_or("USD"),
        "timeZone": state["zone"].as_str().unwrap_or("Etc/UTC"),
    });
    add(&mut metadata, &state["metadata"]);
    windows_over(&state["window_metadata"], span, table).for_each(|window| add(&mut metadata, &window["metadata"]));

    let is_folded = table == "web" && state["folded"]["wider_than_days"].as_i64().is_some_and(|most| days(span) > most);
    if is_folded {
        add(&mut metadata, &json!({"dataLossFromOtherRow": true}));
    }
    let source = match table {
        "web" if is_folded => &state["folded"]["web"],
        "breakdown" => &state["web"],
        _ => &state[table],
    };
    let (from, to) = (span.0.replace('-', ""), span.1.replace('-', ""));
    let within = |row: &&Value| {
        let day = row["of"].as_str().unwrap_or(text(&row["date"]));
        from.as_str() <= day && day <= to.as_str()
    };
    let mut rows: Vec<Value> = list(source).iter().filter(within).cloned().collect();
    if table == "users" {
        // Visits of a day beside its visitors come from the rows of the day.
        let visits = summed(list(&state["web"]).to_vec(), &["date"], &metrics);
        for row in &mut rows {
            let others = visits.iter().find(|other| other["date"] == row["date"]).cloned().unwrap_or_else(|| json!({}));
            let own = std::mem::replace(row, others);
            add(row, &own);
        }
    }
    let mut rows = summed(rows, &dimensions, &metrics);
    rows.sort_by_key(|row| dimensions.iter().map(|name| dimension(row, name)).collect::<Vec<_>>());

    let number = |name: &str, usual: u64| asked[name].as_u64().unwrap_or(usual);
    let limit = number("limit", 10_000).min(state["page_cap"].as_u64().unwrap_or(WIDEST));
    // Between the first page and the later ones rows at the beginning have gone.
    if number("offset", 0) > 0 && state["drift"]["table"] == table {
        rows.drain(..usize::try_from(state["drift"]["drop"].as_u64().unwrap_or(0)).unwrap_or(0).min(rows.len()));
    }
    let is_lost = windows_over(&state["lost_rows"], span, table).next().is_some();
    let page: Vec<Value> = rows
        .iter()
        .skip(number("offset", 0) as usize)
        .take(if is_lost { 0 } else { limit as usize })
        .map(|row| said(row, &dimensions, &metrics))
        .collect();
    let mut answer = json!({
        "dimensionHeaders": dimensions.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "metricHeaders": metrics.iter().map(|name| json!({"name": name, "type": "TYPE_INTEGER"})).collect::<Vec<_>>(),
        "metadata": metadata, "kind": "analyticsData#runReport",
    });
    if !page.is_empty() {
        answer["rows"] = page.into();
    }
    if !rows.is_empty() && state["no_row_count"] != true {
        answer["rowCount"] = rows.len().into();
    }
    if asked["returnPropertyQuota"] == true && state["quota"].is_object() {
        answer["propertyQuota"] = state["quota"].clone();
    }
    let wants_total = list(&asked["metricAggregations"]).iter().any(|kind| kind == "TOTAL");
    if let (Some(total), true) = (summed(rows, &[], &metrics).first(), wants_total) {
        let mut total = said(total, &[], &metrics);
        total["dimensionValues"] = dimensions.iter().map(|_| json!({"value": "RESERVED_TOTAL"})).collect();
        answer["totals"] = json!([total]);
    }
    (200, answer)
}

fn names(value: &Value) -> Vec<&str> {
    list(value).iter().map(|one| text(&one["name"])).collect()
}

fn add(to: &mut Value, from: &Value) {
    if let (Some(to), Some(from)) = (to.as_object_mut(), from.as_object()) {
        to.extend(from.clone());
    }
}

/// How many days `from` to `to` are.
fn days((from, to): (&str, &str)) -> i64 {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap_or_default();
    (day(to) - day(from)).num_days() + 1
}

fn dimension(row: &Value, name: &str) -> String {
    let of_row = |name: &str| row[name].as_str().unwrap_or("(not set)").to_owned();
    match name {
        // It all happened at noon, by people who came for the first time.
        "dateHour" => of_row("date") + "12",
        "newVsReturning" => "new".to_owned(),
        "eventName" => "page_view".to_owned(),
        _ => of_row(name),
    }
}

fn said(row: &Value, dimensions: &[&str], metrics: &[&str]) -> Value {
    // Every visit is an event where the row does not say.
    let usual = |name: &str| if name == "eventCount" { row.get("sessions") } else { None };
    let metric = |name: &&str| row.get(*name).or_else(|| usual(name)).map_or_else(|| "0".to_owned(), Value::to_string);
    json!({
        "dimensionValues": dimensions.iter().map(|name| json!({"value": dimension(row, name)})).collect::<Vec<_>>(),
        "metricValues": metrics.iter().map(|name| json!({"value": metric(name)})).collect::<Vec<_>>(),
    })
}

/// Rows that the asked dimensions do not distinguish are one, as GA4 answers; averages by sessions.
fn summed(rows: Vec<Value>, dimensions: &[&str], metrics: &[&str]) -> Vec<Value> {
    let mut groups: Map<String, Value> = Map::new();
    for row in rows {
        let key = dimensions.iter().map(|name| dimension(&row, name)).collect::<Vec<_>>().join("\n");
        let Some(one) = groups.get_mut(&key) else {
            groups.insert(key, row);
            continue;
        };
        let of = |row: &Value, name: &str| row[name].as_f64().unwrap_or(0.0);
        let (before, more) = (of(one, "sessions"), of(&row, "sessions"));
        for name in metrics {
            let (a, b) = (of(one, name), of(&row, name));
            let is_mean = name.starts_with("average") || name.ends_with("Rate");
            one[*name] = match is_mean {
                true if before + more > 0.0 => json!((a * before + b * more) / (before + more)),
                true => json!(0),
                // Counts stay whole numbers.
                false if (a + b).fract() == 0.0 => json!((a + b) as i64),
                false => json!(a + b),
            };
        }
        if !metrics.contains(&"sessions") {
            one["sessions"] = json!((before + more) as i64);
        }
    }
    groups.into_iter().map(|(_, row)| row).collect()
}
