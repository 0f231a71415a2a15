//! The TikTok API for Business: ad accounts, reports of ads and of GMV Max. All is answered with status 200: a code
//! within says whether it is an answer.

use super::credentials::Credentials;
use super::shared::Shared;
use super::tiktok_rows::{self, Asked, Level};
use super::troubles::Vendor;
use crate::sandbox::world::Simulation;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const VERSION: &str = "v1.3";
/// Days of a report by day, both ends included.
const MOST_DAYS: i64 = 30;

type Parameters = BTreeMap<String, String>;
/// A code with its message.
type Refusal = (u32, String);
type Answer = Result<Value, Refusal>;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/tiktok_ads/open_api/{version}/{*path}", get(answered))
}

async fn answered(
    State(shared): State<Arc<Shared>>,
    Path((version, path)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let (code, message, data) = match answer(&shared, (&version, &path), &parameters, &headers) {
        Ok(data) => (0, "OK".to_owned(), data),
        Err((code, message)) => (code, message, json!({})),
    };
    Json(json!({"code": code, "message": message, "request_id": "sandbox", "data": data})).into_response()
}

fn answer(shared: &Shared, (version, path): (&str, &str), parameters: &Parameters, headers: &HeaderMap) -> Answer {
    let keys = Credentials::of_sandbox();
    let is_known = headers.get("access-token").is_some_and(|token| token == keys.tiktok_token);
    if shared.refuses(Vendor::TiktokAds) || !is_known {
        return refused(40105, "Access token is incorrect or has been revoked.");
    }
    if version != VERSION {
        return refused(40006, &format!("The version {version} is not supported"));
    }
    let worlds = shared.worlds_of(Vendor::TiktokAds);
    match path {
        "oauth2/advertiser/get/" => {
            let shown = (needed(parameters, "app_id")?, needed(parameters, "secret")?);
            if shown != (keys.tiktok_app_id, keys.tiktok_app_secret) {
                return refused(40000, "The app_id is inconsistent with the token's app information.");
            }
            let named = |of: Value| json!({"advertiser_id": of["advertiser_id"], "advertiser_name": of["name"]});
            let all: Vec<Value> = worlds.iter().filter_map(tiktok_rows::advertiser).map(named).collect();
            Ok(json!({"list": all}))
        }
        "advertiser/info/" => {
            let ids = strings(parameters, "advertiser_ids")?;
            let found = |id: &String| Ok(tiktok_rows::advertiser(world_of(&worlds, id)?));
            Ok(json!({"list": ids.iter().map(found).collect::<Result<Vec<_>, _>>()?}))
        }
        _ => {
            let advertiser = needed(parameters, "advertiser_id")?;
            of_advertiser((world_of(&worlds, advertiser)?, advertiser), path, parameters)
        }
    }
}

/// What is asked of one ad account.
fn of_advertiser((world, advertiser): (&Simulation, &str), path: &str, parameters: &Parameters) -> Answer {
    match path {
        "report/integrated/get/" => page(&tiktok_rows::report(world, advertiser, &asked(parameters)?), parameters),
        "gmv_max/store/list/" => Ok(json!({"store_list": tiktok_rows::stores()})),
        "gmv_max/campaign/get/" => {
            let filtering: Value = serde_json::from_str(needed(parameters, "filtering")?).unwrap_or_default();
            let kinds = filtering["gmv_max_promotion_types"].as_array().ok_or_else(|| invalid("filtering"))?;
            let is_of_products = kinds.iter().any(|kind| kind == "PRODUCT_GMV_MAX");
            let campaigns = if is_of_products { tiktok_rows::gmv_max_campaigns() } else { Vec::new() };
            page(&campaigns, parameters)
        }
        "gmv_max/report/get/" => {
            let (since, until) = days(parameters, MOST_DAYS)?;
            let (dimensions, metrics) = (strings(parameters, "dimensions")?, strings(parameters, "metrics")?);
            none_but(&dimensions, "dimension", |name| ["campaign_id", "stat_time_day"].contains(&name))?;
            let told = ["campaign_name", "cost", "orders", "gross_revenue"];
            none_but(&metrics, "metric", |name| told.contains(&name))?;
            match &strings(parameters, "store_ids")?[..] {
                [store] if tiktok_rows::is_open(store) => page(&tiktok_rows::gmv_max(world, since, until), parameters),
                [store] => refused(40001, &format!("No permission to operate store {store}")),
                _ => refused(40002, "store_ids: Length must be 1"),
            }
        }
        _ => refused(40006, &format!("The path /{path} does not exist")),
    }
}

/// What a report is asked for, or what is wrong with that.
fn asked(parameters: &Parameters) -> Result<Asked, Refusal> {
    let is_of_audiences = match needed(parameters, "report_type")? {
        "BASIC" => false,
        "AUDIENCE" => true,
        _ => return Err(invalid("report_type")),
    };
    if needed(parameters, "service_type")? != "AUCTION" {
        return Err(invalid("service_type"));
    }
    let level = Level::of(needed(parameters, "data_level")?).ok_or_else(|| invalid("data_level"))?;
    let (dimensions, metrics) = (strings(parameters, "dimensions")?, strings(parameters, "metrics")?);
    let times = ["stat_time_day", "stat_time_hour"];
    let kind = if is_of_audiences { "platform" } else { "country_code" };
    none_but(&dimensions, "dimension", |name| name == level.id() || times.contains(&name) || name == kind)?;
    none_but(&metrics, "metric", |name| level.has(name, is_of_audiences))?;
    let has = |name: &str| dimensions.iter().any(|dimension| dimension == name);
    if !has(level.id()) || has(times[0]) == has(times[1]) || (has(times[1]) && has(kind)) {
        return Err(invalid("dimensions"));
    }
    let (since, until) = days(parameters, if has(times[1]) { 1 } else { MOST_DAYS })?;
    let has_deleted = match parameters.get("filtering") {
        None => false,
        Some(text) => is_of_all(text, level).ok_or_else(|| invalid("filtering"))?,
    };
    Ok(Asked { level, dimensions, metrics, has_deleted, since, until })
}

/// Whether a filter asks for all states of a level; a filter of another level is none.
fn is_of_all(filtering: &str, level: Level) -> Option<bool> {
    let filters: Value = serde_json::from_str(filtering).ok()?;
    let [filter] = &filters.as_array()?[..] else { return None };
    if filter["field_name"].as_str() != level.status() || filter["filter_type"] != "IN" {
        return None;
    }
    let states: Vec<String> = serde_json::from_str(filter["filter_value"].as_str()?).ok()?;
    Some(states == ["STATUS_ALL"])
}

/// A page of rows; behind the last one nothing comes.
fn page(rows: &[Value], parameters: &Parameters) -> Answer {
    let number = |name: &str, default: usize, most: usize| {
        let found = parameters.get(name).map_or(Some(default), |text| text.parse().ok());
        found.filter(|number| (1..=most).contains(number)).ok_or_else(|| invalid(name))
    };
    let (page, size) = (number("page", 1, usize::MAX / 1000)?, number("page_size", 10, 1000)?);
    let list: Vec<&Value> = rows.iter().skip((page - 1) * size).take(size).collect();
    let total = rows.len().div_ceil(size).max(1);
    Ok(json!({"list": list,
        "page_info": {"page": page, "page_size": size, "total_number": rows.len(), "total_page": total}}))
}

/// The days that are asked for, both ends included.
fn days(parameters: &Parameters, most: i64) -> Result<(NaiveDate, NaiveDate), Refusal> {
    let day = |name| needed(parameters, name)?.parse::<NaiveDate>().map_err(|_| invalid(name));
    let (since, until) = (day("start_date")?, day("end_date")?);
    let count = (until - since).num_days() + 1;
    if count < 1 || count > most {
        return Err((40002, format!("The date range cannot be longer than {most} day(s)")));
    }
    Ok((since, until))
}

fn none_but(names: &[String], kind: &str, is_known: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let unknown: Vec<String> = names.iter().filter(|name| !is_known(name)).map(|name| format!("'{name}'")).collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err((40002, format!("Invalid {kind} fields: [{}].", unknown.join(", ")))),
    }
}

fn needed<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, Refusal> {
    let found = parameters.get(name).map(String::as_str);
    found.ok_or_else(|| (40002, format!("{name}: Missing data for required field.")))
}

/// Lists in parameters are JSON.
fn strings(parameters: &Parameters, name: &str) -> Result<Vec<String>, Refusal> {
    serde_json::from_str(needed(parameters, name)?).map_err(|_| invalid(name))
}

fn world_of<'a>(worlds: &'a [Simulation], advertiser: &str) -> Result<&'a Simulation, Refusal> {
    let is_its = |world: &&Simulation| tiktok_rows::advertiser_id(world).is_some_and(|id| id == advertiser);
    worlds.iter().find(is_its).ok_or_else(|| (40001, format!("No permission to operate advertiser {advertiser}")))
}

fn invalid(name: &str) -> Refusal {
    (40002, format!("{name}: Invalid value."))
}

fn refused(code: u32, message: &str) -> Answer {
    Err((code, message.to_owned()))
}
