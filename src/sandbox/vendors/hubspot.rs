//! HubSpot's CRM: search, with its limit of 10,000 rows a query, the recycle bin, and associations.

use super::credentials::Credentials;
use super::shared::Shared;
use super::troubles::Vendor;
use crate::sandbox::world::{Contact, Simulation, modified};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MOST_ROWS: usize = 10_000;

/// The recycle bin forgets after so many days.
const BIN_DAYS: i64 = 90;

/// What is added to a contact's id for its deal.
const DEALS_FROM: u64 = 7_000_000_000_000;

/// The stages an account has by itself; those not entered have no date.
const STAGES: [&str; 8] = [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
];

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/hubspot/crm/objects/{version}/{kind}/search", post(search))
        .route("/hubspot/crm/objects/{version}/{kind}", get(list))
        .route("/hubspot/crm/properties/{version}/contacts/lifecyclestage", get(stages))
        .route("/hubspot/crm/pipelines/{version}/deals", get(pipelines))
        .route("/hubspot/crm/associations/{version}/deals/contacts/batch/read", post(associations))
}

fn refuse(status: StatusCode, category: &str, message: &str) -> Response {
    (status, Json(json!({"status": "error", "message": message, "category": category}))).into_response()
}

/// The answer to a request without the token.
fn turned_away(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    let is_right = token == Some(&format!("Bearer {}", Credentials::of_sandbox().hubspot_token));
    (shared.refuses(Vendor::Hubspot) || !is_right)
        .then(|| refuse(StatusCode::UNAUTHORIZED, "INVALID_AUTHENTICATION", "Authentication credentials not found."))
}

/// A record: its id, when it last changed, since when it is in the bin, and the contact behind it.
type Record<'a> = (u64, DateTime<Utc>, Option<DateTime<Utc>>, &'a Contact);

/// The records of a kind, dead ones among them, by id.
fn records<'a>(world: &'a Simulation, kind: &str) -> Option<Vec<Record<'a>>> {
    let mut records: Vec<Record<'a>> = match kind {
        "contacts" => world.lives.contacts.iter().map(|c| (c.id, modified(c), c.archived_at, c)).collect(),
        "deals" => world.lives.with_deals().map(|c| (c.id + DEALS_FROM, modified(c), c.deal_archived_at, c)).collect(),
        "tickets" => Vec::new(),
        _ => return None,
    };
    records.sort_by_key(|(id, ..)| *id);
    Some(records)
}

fn shown(kind: &str, (id, at, archived_at, of): &Record<'_>) -> Value {
    let mut record = if kind == "contacts" { contact(*id, *at, of) } else { deal(*id, *at, of) };
    record["archived"] = json!(archived_at.is_some());
    if let Some(at) = archived_at {
        record["archivedAt"] = json!(stamp(*at));
    }
    record
}

async fn search(
    State(shared): State<Arc<Shared>>,
    Path((_, kind)): Path<(String, String)>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if let Some(refusal) = turned_away(&shared, &headers) {
        return refusal;
    }
    let worlds = shared.worlds_of(Vendor::Hubspot);
    let Some(world) = worlds.iter().find(|world| world.tenant.has_crm) else {
        return refuse(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "no portal");
    };
    let Some(records) = records(world, &kind) else {
        return refuse(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Unable to infer object type");
    };
    let filters = request["filterGroups"][0]["filters"].as_array().cloned().unwrap_or_default();
    // A search never finds what lies in the bin.
    let living = records.into_iter().filter(|(_, _, archived_at, _)| archived_at.is_none());
    let indexed = living.filter(|(_, _, _, contact)| kind != "contacts" || contact.is_indexed(world.as_of));
    let matching: Vec<_> =
        indexed.filter(|(id, at, _, _)| filters.iter().all(|filter| holds(filter, *id, *at))).collect();
    let text = |field: &str| request[field].as_str().and_then(|text| text.parse::<usize>().ok());
    let after = text("after").unwrap_or(0);
    let limit = request["limit"].as_u64().map_or(10, |limit| limit.min(200) as usize);
    if after + limit > MOST_ROWS {
        return refuse(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "The total number of results is limited to 10,000");
    }
    let results: Vec<Value> = matching.iter().skip(after).take(limit).map(|record| shown(&kind, record)).collect();
    let mut answer = json!({"total": matching.len(), "results": results});
    if after + limit < matching.len() {
        answer["paging"] = json!({"next": {"after": (after + limit).to_string()}});
    }
    Json(answer).into_response()
}

/// The plain list, of the living or with `archived=true` of the bin; its cursor comes percent-encoded.
async fn list(
    State(shared): State<Arc<Shared>>,
    Path((_, kind)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = turned_away(&shared, &headers) {
        return refusal;
    }
    let worlds = shared.worlds_of(Vendor::Hubspot);
    let Some(world) = worlds.iter().find(|world| world.tenant.has_crm) else {
        return refuse(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "no portal");
    };
    let Some(records) = records(world, &kind) else {
        return refuse(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Unable to infer object type");
    };
    let wants_dead = query.get("archived").is_some_and(|value| value == "true");
    let bin_from = world.as_of - TimeDelta::days(BIN_DAYS);
    let listed = |archived_at: Option<DateTime<Utc>>| match archived_at {
        None => !wants_dead,
        Some(at) => wants_dead && at > bin_from,
    };
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(10usize).clamp(1, 100);
    let after: u64 = match query.get("after").map(|after| after.trim_end_matches('=').parse()) {
        None => 0,
        Some(Ok(after)) => after,
        Some(Err(_)) => return refuse(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "The after cursor is not valid"),
    };
    let mut rest = records.iter().filter(|(id, _, archived_at, _)| *id > after && listed(*archived_at));
    let page: Vec<&Record<'_>> = rest.by_ref().take(limit).collect();
    let mut answer = json!({"results": page.iter().map(|record| shown(&kind, record)).collect::<Vec<_>>()});
    if let (Some(last), true) = (page.last(), rest.next().is_some()) {
        let after = format!("{}%3D%3D", last.0);
        answer["paging"] = json!({"next": {"after": after, "link": format!("?after={after}")}});
    }
    Json(answer).into_response()
}

/// The lifecycle stages of the account: only those it has by itself.
async fn stages(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = turned_away(&shared, &headers) {
        return refusal;
    }
    let options: Vec<Value> =
        STAGES.iter().map(|stage| json!({"label": stage, "value": stage, "hidden": false})).collect();
    Json(json!({"name": "lifecyclestage", "type": "enumeration", "options": options})).into_response()
}

/// The pipelines of deals: the one that every account has.
async fn pipelines(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = turned_away(&shared, &headers) {
        return refusal;
    }
    let stage = |(id, is_closed, probability): (&str, bool, &str)| {
        json!({"id": id, "label": id, "archived": false,
            "metadata": {"isClosed": is_closed.to_string(), "probability": probability}})
    };
    let stages = [("qualifiedtobuy", false, "0.4"), ("closedwon", true, "1.0"), ("closedlost", true, "0.0")].map(stage);
    Json(json!({"results": [{"id": "default", "label": "Sales Pipeline", "archived": false, "stages": stages}]}))
        .into_response()
}

/// Who deals are with: at most 1,000 of them, and 207 where one is with nobody.
async fn associations(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(request): Json<Value>) -> Response {
    if let Some(refusal) = turned_away(&shared, &headers) {
        return refusal;
    }
    let worlds = shared.worlds_of(Vendor::Hubspot);
    let Some(world) = worlds.iter().find(|world| world.tenant.has_crm) else {
        return refuse(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "no portal");
    };
    let inputs = request["inputs"].as_array().map(Vec::as_slice).unwrap_or_default();
    if inputs.is_empty() || inputs.len() > 1000 {
        return refuse(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "between 1 and 1000 inputs are allowed");
    }
    let links: BTreeMap<u64, Vec<u64>> =
        world.deal_links().map(|(contact, contacts)| (contact.id + DEALS_FROM, contacts)).collect();
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for id in inputs.iter().filter_map(|input| input["id"].as_str()) {
        let contacts = id.parse().ok().and_then(|id: u64| links.get(&id)).map(Vec::as_slice).unwrap_or_default();
        if contacts.is_empty() {
            errors.push(json!({"status": "error", "category": "OBJECT_NOT_FOUND",
                "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND", "message": format!("No contact is associated with deal {id}."),
                "context": {"fromObjectId": [id], "fromObjectType": ["deal"], "toObjectType": ["contact"]}}));
            continue;
        }
        // Some links are of two kinds; they are one contact all the same.
        let kinds = json!([{"category": "HUBSPOT_DEFINED", "typeId": 3, "label": null}, {"category": "USER_DEFINED", "typeId": 41, "label": "Decision maker"}]);
        let to: Vec<Value> =
            contacts.iter().map(|contact| json!({"toObjectId": contact, "associationTypes": kinds})).collect();
        results.push(json!({"from": {"id": id}, "to": to}));
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::MULTI_STATUS };
    let stamp = stamp(world.as_of);
    let mut answer = json!({"status": "COMPLETE", "startedAt": stamp, "completedAt": stamp, "results": results});
    if !errors.is_empty() {
        answer["numErrors"] = json!(errors.len());
        answer["errors"] = Value::from(errors);
    }
    (status, Json(answer)).into_response()
}

fn holds(filter: &Value, id: u64, at: DateTime<Utc>) -> bool {
    let value: i64 = filter["value"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    let own = match filter["propertyName"].as_str() {
        Some("hs_object_id") => i64::try_from(id).unwrap_or(i64::MAX),
        Some("lastmodifieddate" | "hs_lastmodifieddate") => at.timestamp_millis(),
        _ => return false,
    };
    match filter["operator"].as_str() {
        Some("GTE") => own >= value,
        Some("GT") => own > value,
        Some("LT") => own < value,
        Some("LTE") => own <= value,
        _ => false,
    }
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn contact(id: u64, at: DateTime<Utc>, of: &Contact) -> Value {
    let origin = of.origin;
    let (class, detail) = match origin.medium {
        "cpc" => ("PAID_SEARCH", origin.campaign),
        "organic" => ("ORGANIC_SEARCH", origin.source),
        "email" => ("EMAIL_MARKETING", origin.campaign),
        "paid_social" => ("PAID_SOCIAL", origin.source),
        "referral" => ("REFERRALS", origin.source),
        _ => ("DIRECT_TRAFFIC", ""),
    };
    let mut properties = json!({
        "hs_object_id": id.to_string(), "email": of.email, "hs_additional_emails": of.fate.other_emails.join(";"), "createdate": stamp(of.created), "lastmodifieddate": stamp(at),
        "lifecyclestage": of.stages.last().map(|(stage, _)| *stage), "hs_analytics_source": class,
        "hs_analytics_source_data_1": detail, "hs_analytics_source_data_2": null,
        "hs_analytics_first_url": "https://customerhappy.example/",
        "hs_merged_object_ids": of.merged.iter().map(u64::to_string).collect::<Vec<_>>().join(";")
    });
    for stage in STAGES {
        properties[format!("hs_lifecyclestage_{stage}_date")] = Value::Null;
    }
    for (stage, at) in &of.stages {
        properties[format!("hs_lifecyclestage_{stage}_date")] = json!(stamp(*at));
    }
    json!({"id": id.to_string(), "properties": properties, "createdAt": stamp(of.created), "updatedAt": stamp(at)})
}

fn deal(id: u64, at: DateTime<Utc>, of: &Contact) -> Value {
    let (name, amount, closed_at, is_won) = of.deal.clone().unwrap_or_default();
    let is_closed = of.stages.iter().any(|(stage, _)| *stage == "customer");
    // One deal in a thousand has an amount nobody can add up.
    let amount = if of.id % 1000 == 7 { "ten".to_owned() } else { amount };
    let created = of.deal_opened_at().unwrap_or(of.created);
    json!({"id": id.to_string(), "createdAt": stamp(created), "updatedAt": stamp(at), "properties": {
        "hs_object_id": id.to_string(), "dealname": name, "amount": amount, "deal_currency_code": "USD",
        "dealstage": if is_closed { "closedwon" } else { "qualifiedtobuy" }, "pipeline": "default",
        "closedate": closed_at.filter(|_| is_closed).map(stamp), "createdate": stamp(created), "hs_lastmodifieddate": stamp(at),
        "hs_merged_object_ids": of.fate.merged_deals.iter().map(|id| (id + DEALS_FROM).to_string()).collect::<Vec<_>>().join(";"),
        "hs_is_closed": is_closed.to_string(), "hs_is_closed_won": (is_closed && is_won).to_string(),
        "hs_analytics_source": "ORGANIC_SEARCH"}})
}
