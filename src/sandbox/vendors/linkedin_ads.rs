//! The LinkedIn Marketing API: ad accounts, campaign groups and ad analytics.

use super::credentials::Credentials;
use super::linkedin_rows::{self, Asked, Pivot};
use super::shared::Shared;
use super::troubles::Vendor;
use crate::sandbox::world::Simulation;
use axum::extract::{Form, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::NaiveDate;
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An answer of analytics ends here and does not say so.
const MOST_ELEMENTS: usize = 15_000;
const MOST_FIELDS: usize = 20;
/// Of the URN of an ad account: colons within one are encoded.
const ACCOUNT: &str = "urn%3Ali%3AsponsoredAccount%3A";
/// Earlier versions have ended.
const OLDEST_VERSION: u32 = 202_510;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/linkedin_ads/oauth/v2/accessToken", post(token))
        .route("/linkedin_ads/rest/adAccounts", get(accounts))
        .route("/linkedin_ads/rest/adAccounts/{account}", get(account))
        .route("/linkedin_ads/rest/adAccounts/{account}/adCampaignGroups", get(groups))
        .route("/linkedin_ads/rest/adAnalytics", get(analytics))
        .route("/linkedin_ads/rest/conversions", get(rules))
        .route("/linkedin_ads/rest/{*path}", get(nothing))
}

async fn token(State(shared): State<Arc<Shared>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let keys = Credentials::of_sandbox();
    if (given("client_id"), given("client_secret")) != (keys.linkedin_client_id, keys.linkedin_client_secret) {
        let refusal = json!({"error": "invalid_client", "error_description": "Client authentication failed"});
        return (StatusCode::UNAUTHORIZED, Json(refusal)).into_response();
    }
    let is_right = given("grant_type") == "refresh_token" && given("refresh_token") == keys.linkedin_refresh_token;
    if shared.refuses(Vendor::LinkedinAds) || !is_right {
        let told = "The provided authorization grant or refresh token is invalid, expired or revoked";
        let refusal = json!({"error": "invalid_grant", "error_description": told});
        return (StatusCode::BAD_REQUEST, Json(refusal)).into_response();
    }
    Json(json!({"access_token": keys.linkedin_access_token, "expires_in": 5_184_000, "token_type": "Bearer",
        "refresh_token": keys.linkedin_refresh_token, "refresh_token_expires_in": 31_536_000,
        "scope": "r_ads,r_ads_reporting"}))
    .into_response()
}

async fn accounts(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refusal) = refusal(&shared, &headers) {
        return refusal;
    }
    let query = Parameters::of(query.as_deref());
    if query.get("q") != Some("search") {
        return invalid("q");
    }
    let all: Vec<Value> = shared.worlds_of(Vendor::LinkedinAds).iter().filter_map(linkedin_rows::account).collect();
    page(&all, &query)
}

async fn account(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(refusal) = refusal(&shared, &headers) {
        return refusal;
    }
    let found = world_of(&shared, &id).and_then(|world| linkedin_rows::account(&world));
    found.map_or_else(unknown_account, |account| Json(account).into_response())
}

async fn groups(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refusal(&shared, &headers).or_else(|| other_protocol(&headers, "search")) {
        return refusal;
    }
    if world_of(&shared, &id).is_none() {
        return unknown_account();
    }
    let query = Parameters::of(query.as_deref());
    if query.get("q") != Some("search") {
        return invalid("q");
    }
    // What was archived or removed is only listed where it is asked for.
    let states = match query.get("search") {
        None => vec!["ACTIVE", "PAUSED", "DRAFT"],
        Some(search) => {
            let within = search.strip_prefix("(status:(values:").and_then(|rest| list(rest.strip_suffix("))")?));
            match within {
                Some(states) => states,
                None => return invalid("search"),
            }
        }
    };
    page(&linkedin_rows::groups(&id, &states), &query)
}

async fn analytics(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refusal) = refusal(&shared, &headers).or_else(|| other_protocol(&headers, "dateRange")) {
        return refusal;
    }
    let query = Parameters::of(query.as_deref());
    let (asked, account) = match asked(&query) {
        Ok(asked) => asked,
        Err(Wrong::Missing(name)) => return missing(name),
        Err(Wrong::Invalid(name)) => return invalid(name),
    };
    // Whoever may not read an account gets an empty answer.
    let world = world_of(&shared, account);
    let mut elements = world.map(|world| linkedin_rows::elements(&world, account, &asked)).unwrap_or_default();
    elements.truncate(MOST_ELEMENTS);
    Json(json!({"paging": {"start": 0, "count": 10, "links": []}, "elements": elements})).into_response()
}

async fn rules(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refusal) = refusal(&shared, &headers).or_else(|| other_protocol(&headers, "account")) {
        return refusal;
    }
    let query = Parameters::of(query.as_deref());
    if query.get("q") != Some("account") {
        return invalid("q");
    }
    let account = query.get("account").and_then(|urn| urn.strip_prefix(ACCOUNT));
    let Some(account) = account else { return invalid("account") };
    let count = query.get("count").unwrap_or("10").parse::<usize>();
    let (Some(_), Ok(count)) = (world_of(&shared, account), count) else { return unknown_account() };
    let all = linkedin_rows::rules(account);
    Json(json!({"paging": {"start": 0, "count": count, "links": [], "total": all.len()},
        "elements": all.iter().take(count).collect::<Vec<_>>()}))
    .into_response()
}

async fn nothing(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    refusal(&shared, &headers).unwrap_or_else(|| {
        refused(StatusCode::NOT_FOUND, json!({"code": "RESOURCE_NOT_FOUND", "message": "No virtual resource found"}))
    })
}

/// A parameter that is not there, or not as it must be.
enum Wrong {
    Missing(&'static str),
    Invalid(&'static str),
}

/// The question and its account, or what is wrong with it.
fn asked<'a>(query: &Parameters<'a>) -> Result<(Asked<'a>, &'a str), Wrong> {
    let value = |name: &'static str| query.get(name).ok_or(Wrong::Missing(name));
    let record = |text: &'a str| text.strip_prefix("(value:").and_then(|rest| rest.strip_suffix(')'));
    let (pivots, grain, name) = match value("q")? {
        "analytics" => (record(value("pivot")?).map(|pivot| vec![pivot]), record(value("timeGranularity")?), "pivot"),
        "statistics" => (list(value("pivots")?), Some(value("timeGranularity")?), "pivots"),
        _ => return Err(Wrong::Invalid("q")),
    };
    let pivots: Option<Vec<Pivot>> = pivots.and_then(|names| names.into_iter().map(Pivot::of).collect());
    let pivots = pivots.filter(|pivots| (1..=3).contains(&pivots.len())).ok_or(Wrong::Invalid(name))?;
    if grain != Some("DAILY") {
        return Err(Wrong::Invalid("timeGranularity"));
    }
    let (since, until) = days(value("dateRange")?).ok_or(Wrong::Invalid("dateRange"))?;
    let account = list(value("accounts")?).and_then(|urns| match urns[..] {
        [urn] => urn.strip_prefix(ACCOUNT),
        _ => None,
    });
    let account = account.ok_or(Wrong::Invalid("accounts"))?;
    let fields: Vec<&str> = query.get("fields").unwrap_or("impressions,clicks").split(',').collect();
    if fields.len() > MOST_FIELDS || !fields.iter().all(|name| linkedin_rows::is_field(name, &pivots)) {
        return Err(Wrong::Invalid("fields"));
    }
    Ok((Asked { pivots, fields, since, until }, account))
}

fn days(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let day = r"\(year:([0-9]{4}),month:([0-9]{1,2}),day:([0-9]{1,2})\)";
    let found = Regex::new(&format!(r"^\(start:{day},end:{day}\)$")).ok()?.captures(text)?;
    let number = |at: usize| found[at].parse::<u32>().ok();
    let day = |at: usize| NaiveDate::from_ymd_opt(found[at].parse().ok()?, number(at + 1)?, number(at + 2)?);
    Some((day(1)?, day(4)?))
}

/// The values of a list, as they stand.
fn list(text: &str) -> Option<Vec<&str>> {
    Some(text.strip_prefix("List(")?.strip_suffix(')')?.split(',').collect())
}

/// What an address asks for, undecoded: brackets, colons and commas of lists are only known as such where they are
/// not encoded.
struct Parameters<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Parameters<'a> {
    fn of(query: Option<&'a str>) -> Self {
        Self(query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')).collect())
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }
}

fn page(all: &[Value], query: &Parameters<'_>) -> Response {
    let size = query.get("pageSize").unwrap_or("100").parse::<usize>().ok().filter(|size| (1..=1000).contains(size));
    let Some(size) = size else { return invalid("pageSize") };
    let Ok(from) = query.get("pageToken").unwrap_or("0").parse::<usize>() else { return invalid("pageToken") };
    let until = (from.min(all.len()) + size).min(all.len());
    let metadata = if until < all.len() { json!({"nextPageToken": until.to_string()}) } else { json!({}) };
    Json(json!({"elements": all[from.min(until)..until], "metadata": metadata})).into_response()
}

fn world_of(shared: &Shared, account: &str) -> Option<Simulation> {
    let worlds = shared.worlds_of(Vendor::LinkedinAds);
    worlds.iter().find(|world| linkedin_rows::account_id(world).is_some_and(|id| id == account)).cloned()
}

/// What every request must show: the token, and a version that has not ended.
fn refusal(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let wanted = format!("Bearer {}", Credentials::of_sandbox().linkedin_access_token);
    if shared.refuses(Vendor::LinkedinAds) || text(header::AUTHORIZATION.as_str()) != Some(&wanted) {
        let error =
            json!({"serviceErrorCode": 65_600, "code": "INVALID_ACCESS_TOKEN", "message": "Invalid access token"});
        return Some(refused(StatusCode::UNAUTHORIZED, error));
    }
    let Some(version) = text("linkedin-version") else {
        let told = "A version must be present. Please specify a version by adding the LinkedIn-Version header.";
        return Some(refused(StatusCode::BAD_REQUEST, json!({"code": "VERSION_MISSING", "message": told})));
    };
    let is_active = version.parse().is_ok_and(|number: u32| number >= OLDEST_VERSION && version.len() == 6);
    (!is_active).then(|| {
        let told = format!("Requested version {version}01 is not active");
        refused(StatusCode::UPGRADE_REQUIRED, json!({"code": "NONEXISTENT_VERSION", "message": told}))
    })
}

/// Lists and records in addresses are of the protocol's second version.
fn other_protocol(headers: &HeaderMap, parameter: &str) -> Option<Response> {
    let is_second = headers.get("x-restli-protocol-version").is_some_and(|version| version == "2.0.0");
    (!is_second).then(|| invalid(parameter))
}

fn missing(parameter: &str) -> Response {
    refused(StatusCode::BAD_REQUEST, json!({"message": format!("Parameter '{parameter}' is required")}))
}

fn invalid(parameter: &str) -> Response {
    let input = json!({"code": "PARAM_INVALID", "description": "Invalid value for param; wrong type or other syntax error",
        "input": {"inputPath": {"fieldPath": parameter}}});
    let error = json!({"code": "ILLEGAL_ARGUMENT", "message": format!("Invalid param: {parameter}"),
        "errorDetailType": "com.linkedin.common.error.BadRequest", "errorDetails": {"inputErrors": [input]}});
    refused(StatusCode::BAD_REQUEST, error)
}

fn unknown_account() -> Response {
    refused(
        StatusCode::NOT_FOUND,
        json!({"serviceErrorCode": 0, "code": "NOT_FOUND", "message": "Could not find entity"}),
    )
}

fn refused(status: StatusCode, mut error: Value) -> Response {
    error["status"] = json!(status.as_u16());
    (status, Json(error)).into_response()
}
