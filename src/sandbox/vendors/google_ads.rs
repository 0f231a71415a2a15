//! The Google Ads API: queries over campaigns, accounts and their breakdowns.

use super::ad_breakdowns;
use super::ad_rows::{account_rows, ad_row};
use super::credentials::Credentials;
use super::google::unauthorized;
use super::shared::Shared;
use super::troubles::Vendor;
use crate::sandbox::world::{AdDay, mishaps};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::{Days, NaiveDate};
use regex::Regex;
use serde_json::{Value, json};
use std::sync::Arc;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/google_ads/{version}/customers/{account}/googleAds:searchStream", post(search_stream))
        .route("/google_ads/{version}/customers/{account}/googleAds:search", post(search))
}

/// The most rows of a page of `search`.
const PAGE: usize = 10_000;

/// What a query finds, or the refusal.
struct Answer {
    rows: Vec<Value>,
    mask: String,
}

async fn search_stream(
    State(shared): State<Arc<Shared>>,
    Path((_, account)): Path<(String, String)>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let Answer { rows, mask } = match answer(&shared, &account, &headers, &request) {
        Ok(answer) => answer,
        Err(None) => return unauthorized(),
        Err(Some((status, error))) => return (status, Json(json!([error]))).into_response(),
    };
    let mut chunks: Vec<Value> =
        rows.chunks(1000).map(|rows| json!({"results": rows, "fieldMask": mask, "requestId": "sandbox"})).collect();
    if chunks.is_empty() {
        chunks.push(json!({"fieldMask": mask, "requestId": "sandbox"}));
    }
    Json(chunks).into_response()
}

async fn search(
    State(shared): State<Arc<Shared>>,
    Path((_, account)): Path<(String, String)>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let Answer { rows, mask } = match answer(&shared, &account, &headers, &request) {
        Ok(answer) => answer,
        Err(None) => return unauthorized(),
        Err(Some((status, error))) => return (status, Json(error)).into_response(),
    };
    let from: usize = request["pageToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let mut page = json!({"fieldMask": mask, "requestId": "sandbox"});
    if from < rows.len() {
        page["results"] = json!(rows[from..].iter().take(PAGE).collect::<Vec<_>>());
    }
    if from + PAGE < rows.len() {
        page["nextPageToken"] = json!((from + PAGE).to_string());
    }
    Json(page).into_response()
}

fn answer(
    shared: &Shared,
    account: &str,
    headers: &HeaderMap,
    request: &Value,
) -> Result<Answer, Option<(StatusCode, Value)>> {
    if shared.refuses(Vendor::GoogleAds) || !shared.tokens.accepts(headers) {
        return Err(None);
    }
    let token = headers.get("developer-token").and_then(|value| value.to_str().ok());
    let worlds = shared.worlds_of(Vendor::GoogleAds);
    let world = worlds.iter().find(|world| world.tenant.accounts.contains(&account));
    let (Some(world), true) = (world, token == Some(Credentials::of_sandbox().developer_token)) else {
        return Err(Some((
            StatusCode::FORBIDDEN,
            json!({"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED",
                "details": [{"errors": [{"errorCode": {"authorizationError": "USER_PERMISSION_DENIED"}}]}]}}),
        )));
    };
    if mishaps::is_suspended(world, account) {
        let message = "The customer account can't be accessed because it is not yet enabled or has been deactivated.";
        return Err(Some((
            StatusCode::FORBIDDEN,
            json!({"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED",
                "details": [{"errors": [{"errorCode": {"authorizationError": "CUSTOMER_NOT_ENABLED"}, "message": message}]}]}}),
        )));
    }
    let query = request["query"].as_str().unwrap_or_default();
    if query.contains("FROM geo_target_constant") {
        let mask = "geoTargetConstant.id,geoTargetConstant.name,geoTargetConstant.countryCode".to_owned();
        return Ok(Answer { rows: ad_breakdowns::places(query), mask });
    }
    let refused = || {
        let error = json!({"error": {"code": 400, "message": "Error in query", "status": "INVALID_ARGUMENT",
            "details": [{"errors": [{"errorCode": {"queryError": "UNEXPECTED_INPUT"}}]}]}});
        Some((StatusCode::BAD_REQUEST, error))
    };
    let Query { fields, resource, start, end } = parse_query(query).ok_or_else(refused)?;
    let is_wanted = |ad: &&AdDay| ad.account == account && start <= ad.date && ad.date <= end;
    let wanted = || world.ads.iter().chain(&world.excess.ads).filter(is_wanted);
    let is_divided = fields.iter().any(|field| field == "segments.device" || field == "segments.hour");
    let mut rows: Vec<Value> = match resource.as_str() {
        "customer" => account_rows(world, account, wanted().filter(|ad| ad.cost_micros >= 0), &fields),
        "campaign" if !is_divided => wanted().map(|ad| ad_row(world, ad, &fields)).collect(),
        // Of what exceeds all that may be held, the shares might not.
        of => {
            let parts = world.ads.iter().filter(is_wanted).map(|ad| ad_breakdowns::rows(world, ad, of, &fields));
            parts.collect::<Option<Vec<_>>>().ok_or_else(refused)?.concat()
        }
    };
    // One row whose clicks are no number: it must be kept apart.
    let planted = world.last - Days::new(12);
    let is_of_campaigns = resource == "campaign" && !is_divided;
    if is_of_campaigns && account == world.tenant.accounts[0] && start <= planted && planted <= end {
        rows.push(json!({"campaign": {"resourceName": format!("customers/{account}/campaigns/9999"), "id": "9999", "name": "Planted"},
            "segments": {"date": planted.to_string()}, "metrics": {"clicks": "abc", "costMicros": "1000000"}}));
    }
    Ok(Answer { rows, mask: fields.join(",") })
}

/// A GAQL query over a resource.
struct Query {
    fields: Vec<String>,
    resource: String,
    /// Inclusive.
    start: NaiveDate,
    end: NaiveDate,
}

fn parse_query(query: &str) -> Option<Query> {
    let pattern = r"(?s)^\s*SELECT\s+(.+?)\s+FROM\s+([a-z_]+)\s+WHERE\s+segments\.date\s+BETWEEN\s+'([0-9-]+)'\s+AND\s+'([0-9-]+)'\s*$";
    let parts = Regex::new(pattern).ok()?.captures(query)?;
    let fields = parts[1].split(',').map(|field| field.trim().to_owned()).collect();
    Some(Query { fields, resource: parts[2].to_owned(), start: parts[3].parse().ok()?, end: parts[4].parse().ok()? })
}
