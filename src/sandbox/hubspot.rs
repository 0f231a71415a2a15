//! HubSpot's CRM search, with its limit of 10,000 rows a query.

use super::people::Contact;
use super::server::Shared;
use super::truth::{World, modified};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

const MOST_ROWS: usize = 10_000;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/hubspot/crm/objects/{version}/{kind}/search", post(search))
}

async fn search(
    State(shared): State<Arc<Shared>>,
    Path((_, kind)): Path<(String, String)>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let refuse = |status: StatusCode, category: &str, message: &str| {
        (status, Json(json!({"status": "error", "message": message, "category": category}))).into_response()
    };
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    if token != Some(&format!("Bearer {}", super::Sandbox::credentials().hubspot_token)) {
        return refuse(StatusCode::UNAUTHORIZED, "INVALID_AUTHENTICATION", "Authentication credentials not found.");
    }
    let worlds = shared.worlds();
    let Some(world) = worlds.iter().find(|world| world.tenant.has_crm) else {
        return refuse(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "no portal");
    };
    let records: Vec<(u64, DateTime<Utc>, &Contact)> = match kind.as_str() {
        "contacts" => world.lives.contacts.iter().map(|c| (c.id, modified(c), c)).collect(),
        "deals" => with_deal(world).collect(),
        _ => return refuse(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Unable to infer object type"),
    };
    let filters = request["filterGroups"][0]["filters"].as_array().cloned().unwrap_or_default();
    let matching: Vec<_> =
        records.into_iter().filter(|(id, at, _)| filters.iter().all(|filter| holds(filter, *id, *at))).collect();
    let text = |field: &str| request[field].as_str().and_then(|text| text.parse::<usize>().ok());
    let after = text("after").unwrap_or(0);
    let limit = request["limit"].as_u64().map_or(10, |limit| limit.min(200) as usize);
    if after + limit > MOST_ROWS {
        return refuse(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "The total number of results is limited to 10,000");
    }
    let results: Vec<Value> = matching
        .iter()
        .skip(after)
        .take(limit)
        .map(|(id, at, of)| if kind == "contacts" { contact(*id, *at, of) } else { deal(*id, *at, of) })
        .collect();
    let mut answer = json!({"total": matching.len(), "results": results});
    if after + limit < matching.len() {
        answer["paging"] = json!({"next": {"after": (after + limit).to_string()}});
    }
    Json(answer).into_response()
}

fn with_deal(world: &World) -> impl Iterator<Item = (u64, DateTime<Utc>, &Contact)> {
    let reached =
        |contact: &&Contact| contact.deal.is_some() && contact.stages.iter().any(|(stage, _)| *stage == "opportunity");
    world
        .lives
        .contacts
        .iter()
        .filter(reached)
        .map(|contact| (contact.id + 7_000_000_000_000, modified(contact), contact))
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
        "social" => ("SOCIAL_MEDIA", origin.source),
        "referral" => ("REFERRALS", origin.source),
        _ => ("DIRECT_TRAFFIC", ""),
    };
    let mut properties = json!({
        "hs_object_id": id.to_string(), "email": of.email, "createdate": stamp(of.created), "lastmodifieddate": stamp(at),
        "lifecyclestage": of.stages.last().map(|(stage, _)| *stage), "hs_analytics_source": class,
        "hs_analytics_source_data_1": detail, "hs_analytics_source_data_2": null,
        "hs_analytics_first_url": "https://customerhappy.example/",
        "hs_merged_object_ids": of.merged.iter().map(u64::to_string).collect::<Vec<_>>().join(";")
    });
    for (stage, at) in &of.stages {
        properties[format!("hs_lifecyclestage_{stage}_date")] = json!(stamp(*at));
    }
    json!({"id": id.to_string(), "properties": properties, "createdAt": stamp(of.created), "updatedAt": stamp(at), "archived": false})
}

fn deal(id: u64, at: DateTime<Utc>, of: &Contact) -> Value {
    let (name, amount, closed_at, is_won) = of.deal.clone().unwrap_or_default();
    let is_closed = of.stages.iter().any(|(stage, _)| *stage == "customer");
    // One deal in a thousand has an amount nobody can add up.
    let amount = if of.id % 1000 == 7 { "ten".to_owned() } else { amount };
    let created = of.stages.iter().find(|(stage, _)| *stage == "opportunity").map_or(of.created, |(_, at)| *at);
    json!({"id": id.to_string(), "createdAt": stamp(created), "updatedAt": stamp(at), "archived": false, "properties": {
        "hs_object_id": id.to_string(), "dealname": name, "amount": amount, "deal_currency_code": "USD",
        "dealstage": if is_closed { "closedwon" } else { "qualifiedtobuy" }, "pipeline": "default",
        "closedate": closed_at.filter(|_| is_closed).map(stamp), "createdate": stamp(created), "hs_lastmodifieddate": stamp(at),
        "hs_is_closed": is_closed.to_string(), "hs_is_closed_won": (is_closed && is_won).to_string(),
        "hs_analytics_source": "ORGANIC_SEARCH"}})
}
