//! Google's token endpoint, the Analytics Data API and the Ads API.

use super::credentials::Credentials;
use super::shared::Shared;
use super::troubles::Vendor;
use crate::sandbox::world::{AdDay, Simulation, Visit, mishaps};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::{Days, NaiveDate};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const PUBLIC_KEY: &[u8] = include_bytes!("service_account.pub.pem");

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/oauth2/token", post(token))
        .route("/google_analytics/v1beta/properties/{call}", post(run_report))
        .route("/google_ads/{version}/customers/{account}/googleAds:searchStream", post(search_stream))
}

async fn token(State(shared): State<Arc<Shared>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let keys = Credentials::of_sandbox();
    let is_granted = match given("grant_type") {
        "refresh_token" => {
            !shared.refuses(Vendor::GoogleAds)
                && given("refresh_token") == keys.refresh_token
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

fn unauthorized() -> Response {
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
    let from = world.visits.partition_point(|visit| visit.date < start);
    for visit in world.visits[from..].iter().take_while(|visit| visit.date <= end) {
        let Some(key) = dimensions.iter().map(|name| dimension(visit, name)).collect::<Option<Vec<_>>>() else {
            return invalid("A field is not a valid dimension.");
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
        let Some(values) = metrics.iter().map(|name| metric(visits, name)).collect::<Option<Vec<_>>>() else {
            return invalid("A field is not a valid metric.");
        };
        rows.push((key.clone(), values));
    }
    // A row of nobody's traffic whose count is no number, once: it must be kept apart.
    let planted = world.last - Days::new(20);
    if dimensions.len() > 1 && start <= planted && planted <= end {
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
        _ => return None,
    })
}

/// All values are texts, as Google sends them.
fn metric(visits: &[&Visit], name: &str) -> Option<String> {
    let sum = |of: fn(&Visit) -> u64| visits.iter().map(|visit| of(visit)).sum::<u64>();
    let sessions = sum(|visit| visit.sessions);
    Some(match name {
        "sessions" => sessions.to_string(),
        "engagedSessions" => sum(|visit| visit.engaged).to_string(),
        "screenPageViews" => sum(|visit| visit.pageviews).to_string(),
        "keyEvents" => sum(|visit| visit.key_events).to_string(),
        "averageSessionDuration" => format!("{}", sum(|visit| visit.seconds) as f64 / sessions.max(1) as f64),
        // People come more than once: fewer than sessions, and not the sum of parts.
        "totalUsers" => (sessions - sessions / 6).to_string(),
        "newUsers" => (sessions - sessions / 3).to_string(),
        _ => return None,
    })
}

async fn search_stream(
    State(shared): State<Arc<Shared>>,
    Path((_, account)): Path<(String, String)>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if shared.refuses(Vendor::GoogleAds) || !shared.tokens.accepts(&headers) {
        return unauthorized();
    }
    let token = headers.get("developer-token").and_then(|value| value.to_str().ok());
    let worlds = shared.worlds_of(Vendor::GoogleAds);
    let world = worlds.iter().find(|world| world.tenant.accounts.contains(&account.as_str()));
    let (Some(world), true) = (world, token == Some(Credentials::of_sandbox().developer_token)) else {
        let body = json!([{"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED",
            "details": [{"errors": [{"errorCode": {"authorizationError": "USER_PERMISSION_DENIED"}}]}]}}]);
        return (StatusCode::FORBIDDEN, Json(body)).into_response();
    };
    if mishaps::is_suspended(world, &account) {
        let message = "The customer account can't be accessed because it is not yet enabled or has been deactivated.";
        let body = json!([{"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED",
            "details": [{"errors": [{"errorCode": {"authorizationError": "CUSTOMER_NOT_ENABLED"}, "message": message}]}]}}]);
        return (StatusCode::FORBIDDEN, Json(body)).into_response();
    }
    let query = request["query"].as_str().unwrap_or_default();
    let Some(Query { fields, is_of_account, start, end }) = parse_query(query) else {
        let body = json!([{"error": {"code": 400, "message": "Error in query", "status": "INVALID_ARGUMENT",
            "details": [{"errors": [{"errorCode": {"queryError": "UNEXPECTED_INPUT"}}]}]}}]);
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    };
    let wanted = world
        .ads
        .iter()
        .chain(&world.excess.ads)
        .filter(|ad| ad.account == account && start <= ad.date && ad.date <= end);
    let mut rows: Vec<Value> = match is_of_account {
        true => account_rows(world, &account, wanted.filter(|ad| ad.cost_micros >= 0), &fields),
        false => wanted.map(|ad| ad_row(world, ad, &fields)).collect(),
    };
    // One row whose clicks are no number: it must be kept apart.
    let planted = world.last - Days::new(12);
    if !is_of_account && account == world.tenant.accounts[0] && start <= planted && planted <= end {
        rows.push(json!({"campaign": {"resourceName": format!("customers/{account}/campaigns/9999"), "id": "9999", "name": "Planted"},
            "segments": {"date": planted.to_string()}, "metrics": {"clicks": "abc", "costMicros": "1000000"}}));
    }
    let mask = fields.join(",");
    let mut chunks: Vec<Value> =
        rows.chunks(1000).map(|rows| json!({"results": rows, "fieldMask": mask, "requestId": "sandbox"})).collect();
    if chunks.is_empty() {
        chunks.push(json!({"fieldMask": mask, "requestId": "sandbox"}));
    }
    Json(chunks).into_response()
}

/// A GAQL query over campaigns or the whole account.
struct Query {
    fields: Vec<String>,
    is_of_account: bool,
    /// Inclusive.
    start: NaiveDate,
    end: NaiveDate,
}

fn parse_query(query: &str) -> Option<Query> {
    let pattern = r"(?s)^\s*SELECT\s+(.+?)\s+FROM\s+(campaign|customer)\s+WHERE\s+segments\.date\s+BETWEEN\s+'([0-9-]+)'\s+AND\s+'([0-9-]+)'\s*$";
    let parts = Regex::new(pattern).ok()?.captures(query)?;
    let fields = parts[1].split(',').map(|field| field.trim().to_owned()).collect();
    Some(Query {
        fields,
        is_of_account: &parts[2] == "customer",
        start: parts[3].parse().ok()?,
        end: parts[4].parse().ok()?,
    })
}

/// A row a day: what the account's campaigns have together.
fn account_rows<'a>(
    world: &Simulation,
    account: &str,
    ads: impl Iterator<Item = &'a AdDay>,
    fields: &[String],
) -> Vec<Value> {
    let mut days: BTreeMap<NaiveDate, (i128, i128, i128, f64)> = BTreeMap::new();
    for ad in ads {
        let day = days.entry(ad.date).or_default();
        day.0 += i128::from(ad.impressions);
        day.1 += i128::from(ad.clicks);
        day.2 += i128::from(ad.cost_micros);
        day.3 += credited(world, ad);
    }
    let row = |(date, (impressions, clicks, cost, conversions)): (NaiveDate, (i128, i128, i128, f64))| {
        let mut row = json!({});
        for field in fields {
            let value = match field.as_str() {
                "segments.date" => json!(date.to_string()),
                "customer.id" => json!(account),
                "customer.currency_code" => json!(world.tenant.currency.code()),
                "customer.time_zone" => json!(world.tenant.zone.name()),
                "metrics.impressions" => json!(impressions.to_string()),
                "metrics.clicks" => json!(clicks.to_string()),
                "metrics.cost_micros" => json!(cost.to_string()),
                "metrics.conversions" => json!((conversions * 100.0).round() / 100.0),
                _ => continue,
            };
            let Some((group, name)) = field.split_once('.') else { continue };
            row[group][camel(name)] = value;
        }
        row
    };
    days.into_iter().map(row).collect()
}

fn ad_row(world: &Simulation, ad: &AdDay, fields: &[String]) -> Value {
    let mut row = json!({});
    for field in fields {
        let value = match field.as_str() {
            "segments.date" => json!(ad.date.to_string()),
            "customer.id" => json!(ad.account),
            "customer.currency_code" => json!(world.tenant.currency.code()),
            "customer.time_zone" => json!(world.tenant.zone.name()),
            "campaign.id" => json!(ad.campaign_id.to_string()),
            "campaign.name" => json!(ad.campaign),
            "campaign.status" => json!("ENABLED"),
            "campaign.advertising_channel_type" => json!(ad.kind),
            "metrics.impressions" => json!(ad.impressions.to_string()),
            "metrics.clicks" => json!(ad.clicks.to_string()),
            "metrics.cost_micros" => json!(ad.cost_micros.to_string()),
            "metrics.conversions" => json!(credited(world, ad)),
            "metrics.conversions_value" => json!(credited(world, ad) * 40.0),
            _ => continue,
        };
        let Some((group, name)) = field.split_once('.') else { continue };
        row[group][camel(name)] = value;
    }
    row["campaign"]["resourceName"] = json!(format!("customers/{}/campaigns/{}", ad.account, ad.campaign_id));
    if ad.date > world.last - Days::new(60) {
        row["campaign"]["labels"] = json!(["sandbox"]);
    }
    row
}

/// Conversions credited so far: they keep arriving for 30 days after the click.
fn credited(world: &Simulation, ad: &AdDay) -> f64 {
    let age = (world.last - ad.date).num_days().clamp(0, 30);
    let arrived = 0.6 + 0.4 * age as f64 / 30.0;
    (ad.conversions_final as f64 * arrived).round() / 100.0
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let mut letters = part.chars();
        let upper = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
        name + &upper.chain(letters).collect::<String>()
    })
}
