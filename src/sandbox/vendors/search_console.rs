//! Google Search Console over the same visits as web analytics: what came from Google's results without payment.

use super::shared::Shared;
use super::troubles::Vendor;
use crate::sandbox::world::{Simulation, Visit};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Days that the vendor takes to complete one.
const LAG: u64 = 3;
/// A query of fewer clicks a day is not shown.
const RARE: u64 = 2;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/search_console/sites", get(sites))
        .route("/search_console/sites/{site}/searchAnalytics/query", post(query))
}

/// The property of a company.
fn site(world: &Simulation) -> String {
    format!("sc-domain:{}.example", world.tenant.id.replace('_', "-"))
}

fn refused(status: StatusCode, reason: &str, message: &str) -> Response {
    let code = status.as_u16();
    let error = json!({"message": message, "domain": "global", "reason": reason});
    (status, Json(json!({"error": {"code": code, "message": message, "errors": [error]}}))).into_response()
}

async fn sites(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if shared.refuses(Vendor::SearchConsole) || !shared.tokens.accepts(&headers) {
        return refused(StatusCode::UNAUTHORIZED, "authError", "Invalid Credentials");
    }
    let entry = |world: &Simulation| json!({"siteUrl": site(world), "permissionLevel": "siteFullUser"});
    Json(json!({"siteEntry": shared.worlds_of(Vendor::SearchConsole).iter().map(entry).collect::<Vec<_>>()}))
        .into_response()
}

async fn query(
    State(shared): State<Arc<Shared>>,
    Path(wanted): Path<String>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if shared.refuses(Vendor::SearchConsole) || !shared.tokens.accepts(&headers) {
        return refused(StatusCode::UNAUTHORIZED, "authError", "Invalid Credentials");
    }
    let worlds = shared.worlds_of(Vendor::SearchConsole);
    let Some(world) = worlds.iter().find(|world| site(world) == wanted) else {
        let message = format!("User does not have sufficient permission for site '{wanted}'.");
        return refused(StatusCode::FORBIDDEN, "forbidden", &message);
    };
    let date = |field: &str| request[field].as_str().and_then(|text| text.parse::<NaiveDate>().ok());
    let (Some(start), Some(end)) = (date("startDate"), date("endDate")) else {
        return refused(StatusCode::BAD_REQUEST, "invalidParameter", "startDate and endDate are required.");
    };
    let names = request["dimensions"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    if names.iter().any(|name| !["date", "query", "page", "country", "device"].contains(name)) {
        return refused(StatusCode::BAD_REQUEST, "invalidParameter", "A dimension is not valid.");
    }
    let final_until = world.last - Days::new(LAG - 1);
    let is_fresh = request["dataState"] == "all";
    let mut groups: BTreeMap<Vec<String>, Search> = BTreeMap::new();
    let wanted = |visit: &&Visit| {
        (start..=end).contains(&visit.date)
            && (visit.source, visit.medium) == ("google", "organic")
            && (is_fresh || visit.date < final_until)
    };
    for visit in world.visits.iter().filter(wanted) {
        let key = names.iter().map(|name| dimension(world, visit, name)).collect();
        groups.entry(key).or_default().add(visit, visit.date >= final_until, names.contains(&"page"));
    }
    if names.contains(&"query") {
        groups.retain(|_, search| search.clicks >= RARE);
    }
    let mut rows: Vec<(Vec<String>, Search)> = groups.into_iter().collect();
    rows.sort_by_key(|(_, search)| std::cmp::Reverse(search.clicks));
    let number = |field: &str, default: u64| request[field].as_u64().unwrap_or(default) as usize;
    let page: Vec<Value> = rows
        .iter()
        .skip(number("startRow", 0))
        .take(number("rowLimit", 1000))
        .map(|(keys, search)| search.row(keys))
        .collect();
    let aggregation = if names.contains(&"page") { "byPage" } else { "byProperty" };
    let mut answer = json!({"responseAggregationType": aggregation});
    if !page.is_empty() {
        answer["rows"] = Value::from(page);
    }
    if is_fresh && end >= final_until && final_until <= world.last {
        answer["metadata"] = json!({"first_incomplete_date": final_until.to_string()});
    }
    Json(answer).into_response()
}

/// What searches came to.
#[derive(Clone, Copy, Debug, Default)]
struct Search {
    clicks: u64,
    impressions: u64,
    places: u64,
}

impl Search {
    /// More people click than load the page. Of a day that is not complete, two thirds are known.
    fn add(&mut self, visit: &Visit, is_open: bool, by_page: bool) {
        let known = |count: u64| if is_open { count * 2 / 3 } else { count };
        let clicks = known(visit.sessions + visit.sessions / 12);
        let shown = known(visit.sessions * (14 + visit.page.len() as u64 % 9));
        let shown = if by_page { shown + shown / 3 } else { shown };
        self.clicks += clicks;
        self.impressions += shown;
        self.places += shown * (2 + visit.page.len() as u64 % 7);
    }

    fn row(&self, keys: &[String]) -> Value {
        let share = |part: u64| part as f64 / self.impressions.max(1) as f64;
        json!({"keys": keys, "clicks": self.clicks, "impressions": self.impressions, "ctr": share(self.clicks),
            "position": share(self.places)})
    }
}

fn dimension(world: &Simulation, visit: &Visit, name: &str) -> String {
    match name {
        "date" => visit.date.to_string(),
        "page" => format!("https://{}.example{}", world.tenant.id.replace('_', "-"), visit.page),
        "country" => match visit.country {
            "United States" => "usa",
            "Germany" => "deu",
            "United Kingdom" => "gbr",
            _ => "zzz",
        }
        .to_owned(),
        "device" => visit.device.to_uppercase(),
        // Some know the company's name, others what a page is about.
        _ => match visit.device {
            "desktop" => world.tenant.name.to_lowercase(),
            _ => format!("{} {}", visit.page.trim_matches('/').replace(['/', '-'], " "), visit.country.to_lowercase()),
        },
    }
}
