//! Google's token endpoint and the Analytics Data API.

use super::credentials::Credentials;
use super::shared::Shared;
use super::troubles::Vendor;
use super::web_breakdowns::{Totals, divide_by, divides};
use crate::sandbox::world::{Visit, mishaps};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::{Datelike as _, Days, NaiveDate};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const PUBLIC_KEY: &[u8] = include_bytes!("service_account.pub.pem");

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/oauth2/token", post(token))
        .route("/google_analytics/v1beta/properties/{call}", post(run_report))
}

async fn token(State(shared): State<Arc<Shared>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let keys = Credentials::of_sandbox();
    let is_granted = match given("grant_type") {
        "refresh_token" => {
            let of =
                [(keys.refresh_token, Vendor::GoogleAds), (keys.search_console_refresh_token, Vendor::SearchConsole)];
            of.iter().any(|(token, vendor)| given("refresh_token") == *token && !shared.refuses(*vendor))
                && given("client_id") == keys.client_id
                && given("client_secret") == keys.client_secret
        }
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            !shared.refuses(Vendor::GoogleAnalytics) && is_signed(given("assertion"))
        }
        _ => false,
    };
    if is_granted {
        let answer = json!({"access_token": shared.tokens.grant(), "expires_in": 3599, "token_type": "Bearer"});
        return Json(answer).into_response();
    }
    let refusal = json!({"error": "invalid_grant", "error_description": "Invalid JWT or refresh token."});
    (StatusCode::BAD_REQUEST, Json(refusal)).into_response()
}

fn is_signed(assertion: &str) -> bool {
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_aud = false;
    rules.validate_exp = false; // the demo's clock may be another
    rules.set_required_spec_claims(&["iss", "aud", "exp"]);
    DecodingKey::from_rsa_pem(PUBLIC_KEY)
        .is_ok_and(|key| jsonwebtoken::decode::<Value>(assertion, &key, &rules).is_ok())
}

pub fn unauthorized() -> Response {
    let body = json!({"error": {"code": 401, "message": "Request had invalid authentication credentials.", "status": "UNAUTHENTICATED"}});
    (StatusCode::UNAUTHORIZED, Json(body)).into_response()
}

fn invalid(message: &str) -> Response {
    let body = json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn run_report(
    State(shared): State<Arc<Shared>>,
    Path(call): Path<String>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if shared.refuses(Vendor::GoogleAnalytics) || !shared.tokens.accepts(&headers) {
        return unauthorized();
    }
    let worlds = shared.worlds_of(Vendor::GoogleAnalytics);
    let property = call.strip_suffix(":runReport").unwrap_or_default();
    let Some(world) = worlds.iter().find(|world| world.tenant.property == property) else {
        return invalid("The property does not exist.");
    };
    if mishaps::is_out_of_tokens(world) {
        let message = "Exhausted property tokens per day. These quota tokens will return in under 24 hours.";
        let body = json!({"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED"}});
        return (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    }
    let names = |field: &str| -> Vec<String> {
        let list = request[field].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|entry| entry["name"].as_str().map(str::to_owned)).collect()
    };
    let (dimensions, metrics) = (names("dimensions"), names("metrics"));
    let range = &request["dateRanges"][0];
    let date = |field: &str| range[field].as_str().and_then(|text| text.parse::<NaiveDate>().ok());
    let (Some(start), Some(end)) = (date("startDate"), date("endDate")) else {
        return invalid("dateRanges needs startDate and endDate.");
    };
    let mut groups: BTreeMap<Vec<String>, Vec<&Visit>> = BTreeMap::new();
    let divisions: Vec<&String> = dimensions.iter().filter(|name| divides(name)).collect();
    let from = world.visits.partition_point(|visit| visit.date < start);
    for visit in world.visits[from..].iter().take_while(|visit| visit.date <= end) {
        let Some(key) = dimensions.iter().map(|name| dimension(visit, name)).collect::<Option<Vec<_>>>() else {
            let unknown = dimensions.iter().find(|name| dimension(visit, name).is_none());
            return invalid(&format!("Field {} is not a valid dimension.", unknown.map_or("", String::as_str)));
        };
        groups.entry(key).or_default().push(visit);
    }
    let by_source = dimensions.iter().any(|name| name == "sessionSource");
    if by_source && mishaps::is_empty(world) {
        groups.clear();
    }
    let mut rows = Vec::new();
    for (key, visits) in &groups {
        let divided = if by_source { mishaps::shrinks_by(world, visits[0].date) } else { 1 };
        if divided > 1 && visits.iter().map(|visit| visit.sessions).sum::<u64>() % divided != 0 {
            continue;
        }
        let mut parts = vec![(key.clone(), Totals::of(visits))];
        for name in &divisions {
            let place = dimensions.iter().position(|own| own == *name).unwrap_or(0);
            // Of the group, not of its place in the answer: another window divides its days alike.
            let of_day = u64::from(visits[0].date.num_days_from_ce().unsigned_abs());
            let phase = key.iter().flat_map(|part| part.bytes()).fold(of_day, |sum, byte| sum + u64::from(byte));
            let divide = |(key, totals): (Vec<String>, Totals)| {
                let values = divide_by(totals, name, (visits[0].date, world.tenant.zone), phase);
                values.into_iter().map(move |(value, part)| {
                    let mut key = key.clone();
                    key[place] = value;
                    (key, part)
                })
            };
            parts = parts.into_iter().flat_map(divide).collect();
        }
        for (key, totals) in parts {
            let Some(values) = metrics.iter().map(|name| metric(totals, name)).collect::<Option<Vec<_>>>() else {
                return invalid("A field is not a valid metric.");
            };
            rows.push((key, values));
        }
    }
    // A row of nobody's traffic whose count is no number, once: it must be kept apart.
    let planted = world.last - Days::new(20);
    let is_planted = by_source || dimensions.iter().any(|name| name == "landingPage");
    if is_planted && divisions.is_empty() && start <= planted && planted <= end {
        let key = dimensions
            .iter()
            .map(|name| if name == "date" { planted.format("%Y%m%d").to_string() } else { "planted".to_owned() });
        rows.push((key.collect(), metrics.iter().map(|_| "n/a".to_owned()).collect()));
    }
    let number = |field: &str, default: u64| request[field].as_u64().unwrap_or(default) as usize;
    let (offset, limit) = (number("offset", 0), number("limit", 10_000));
    let value = |text: &String| json!({"value": text});
    let page: Vec<Value> = rows
        .iter()
        .skip(offset)
        .take(limit)
        .map(|(key, values)| {
            json!({"dimensionValues": key.iter().map(value).collect::<Vec<_>>(), "metricValues": values.iter().map(value).collect::<Vec<_>>()})
        })
        .collect();
    let mut answer = json!({
        "dimensionHeaders": dimensions.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "metricHeaders": metrics.iter().map(|name| json!({"name": name, "type": "TYPE_INTEGER"})).collect::<Vec<_>>(),
        "rowCount": rows.len(),
        "metadata": {"currencyCode": world.tenant.currency.code(), "timeZone": mishaps::zone(world),
            "subjectToThresholding": start.to_string().ends_with('7')},
        "propertyQuota": {"tokensPerHour": {"consumed": 3, "remaining": 39_000}},
        "kind": "analyticsData#runReport"
    });
    if !page.is_empty() {
        answer["rows"] = Value::from(page);
    }
    Json(answer).into_response()
}

fn dimension(visit: &Visit, name: &str) -> Option<String> {
    Some(match name {
        "date" => visit.date.format("%Y%m%d").to_string(),
        "sessionSource" => visit.source.to_owned(),
        "sessionMedium" => visit.medium.to_owned(),
        "sessionCampaignName" => visit.campaign.to_owned(),
        "deviceCategory" => visit.device.to_owned(),
        "country" => visit.country.to_owned(),
        "landingPage" => visit.page.to_owned(),
        // Filled in where the visits of a group are divided; hours are of a date.
        "dateHour" => visit.date.format("%Y%m%d").to_string(),
        name if divides(name) => String::new(),
        _ => return None,
    })
}

/// All values are texts, as Google sends them.
fn metric(of: Totals, name: &str) -> Option<String> {
    Some(match name {
        "sessions" => of.sessions.to_string(),
        "engagedSessions" => of.engaged.to_string(),
        "screenPageViews" => of.pageviews.to_string(),
        "keyEvents" => of.key_events.to_string(),
        "eventCount" => of.events.to_string(),
        "averageSessionDuration" => format!("{}", of.seconds as f64 / of.sessions.max(1) as f64),
        // People come more than once: fewer than sessions, and not the sum of parts.
        "totalUsers" => (of.sessions - of.sessions / 6).to_string(),
        "newUsers" => (of.sessions - of.sessions / 3).to_string(),
        _ => return None,
    })
}
