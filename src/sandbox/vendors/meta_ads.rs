//! The Meta Marketing API: ad accounts, insights at once and by report jobs.

use super::credentials::Credentials;
use super::meta_rows::{self, Asked};
use super::shared::Shared;
use super::troubles::Vendor;
use crate::sandbox::world::Simulation;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rows of a page where nobody says.
const PAGE: usize = 25;

type Parameters = BTreeMap<String, String>;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/meta_ads/{version}/me/adaccounts", get(accounts))
        .route("/meta_ads/{version}/{node}", get(node))
        .route("/meta_ads/{version}/{node}/insights", get(insights).post(begin))
}

async fn accounts(
    State(shared): State<Arc<Shared>>,
    Path(version): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    if !is_known(&shared, &headers) {
        return dead_token();
    }
    let all: Vec<Value> = shared.worlds_of(Vendor::MetaAds).iter().filter_map(meta_rows::account).collect();
    page(&all, &parameters, &headers, &format!("{version}/me/adaccounts"))
}

/// An ad account, or a report job.
async fn node(
    State(shared): State<Arc<Shared>>,
    Path((_, node)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if !is_known(&shared, &headers) {
        return dead_token();
    }
    if node == "debug_token" {
        // A system user's: it does not end.
        let told = json!({"type": "SYSTEM_USER", "is_valid": true, "expires_at": 0, "data_access_expires_at": 0});
        return Json(json!({ "data": told })).into_response();
    }
    if let Some(job) = Job::parse(&node) {
        let is_there = world_of(&shared, &job.account).is_some();
        return if is_there {
            Json(json!({"id": node, "async_status": "Job Completed", "async_percent_completion": 100})).into_response()
        } else {
            unsupported(&node)
        };
    }
    let found = node.strip_prefix("act_").and_then(|account| meta_rows::account(&world_of(&shared, account)?));
    found.map_or_else(|| unsupported(&node), |account| Json(account).into_response())
}

/// A report begins: its id says what it is of.
async fn begin(
    State(shared): State<Arc<Shared>>,
    Path((_, node)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    if !is_known(&shared, &headers) {
        return dead_token();
    }
    let account = node.strip_prefix("act_").filter(|account| world_of(&shared, account).is_some());
    match account.zip(days(&parameters)) {
        Some((account, (since, until))) => {
            let job = Job { account: account.to_owned(), since, until };
            Json(json!({"report_run_id": job.id()})).into_response()
        }
        None => unsupported(&node),
    }
}

/// The rows of an account, or those of a report.
async fn insights(
    State(shared): State<Arc<Shared>>,
    Path((version, node)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    if !is_known(&shared, &headers) {
        return dead_token();
    }
    let of_account = || {
        let (since, until) = days(&parameters)?;
        Some(Job { account: node.strip_prefix("act_")?.to_owned(), since, until })
    };
    let Some(job) = Job::parse(&node).or_else(of_account) else { return unsupported(&node) };
    let Some(world) = world_of(&shared, &job.account) else { return unsupported(&node) };
    let told = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
    // Reports are by ad.
    let level = if node.starts_with("act_") { told("level") } else { "ad" };
    let asked = Asked { level, breakdown: told("breakdowns"), since: job.since, until: job.until };
    let rows = meta_rows::insights(&world, &asked);
    page(&rows, &parameters, &headers, &format!("{version}/{node}/insights"))
}

/// A report on the ads of an account.
struct Job {
    account: String,
    since: NaiveDate,
    until: NaiveDate,
}

impl Job {
    fn id(&self) -> String {
        format!("7{}{}{}", self.since.format("%Y%m%d"), self.until.format("%Y%m%d"), self.account)
    }

    fn parse(id: &str) -> Option<Self> {
        let rest =
            id.strip_prefix('7').filter(|rest| rest.len() > 16 && rest.bytes().all(|sign| sign.is_ascii_digit()))?;
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y%m%d").ok();
        Some(Self { since: day(&rest[..8])?, until: day(&rest[8..16])?, account: rest[16..].to_owned() })
    }
}

fn days(parameters: &Parameters) -> Option<(NaiveDate, NaiveDate)> {
    let range: Value = serde_json::from_str(parameters.get("time_range")?).ok()?;
    let day = |name: &str| range[name].as_str()?.parse().ok();
    Some((day("since")?, day("until")?))
}

fn world_of(shared: &Shared, account: &str) -> Option<Simulation> {
    let worlds = shared.worlds_of(Vendor::MetaAds);
    worlds.iter().find(|world| meta_rows::account_id(world).is_some_and(|id| id == account)).cloned()
}

/// A page: the last one has cursors as well, and no address of a next one, which holds the token.
fn page(rows: &[Value], parameters: &Parameters, headers: &HeaderMap, path: &str) -> Response {
    let number = |name: &str| parameters.get(name).and_then(|text| text.parse::<usize>().ok());
    let (from, limit) = (number("after").unwrap_or(0).min(rows.len()), number("limit").unwrap_or(PAGE).max(1));
    let until = (from + limit).min(rows.len());
    let mut body = json!({"data": rows[from..until]});
    if from < until {
        body["paging"] = json!({"cursors": {"before": from.to_string(), "after": until.to_string()}});
    }
    if until < rows.len() {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let token = Credentials::of_sandbox().meta_token;
        let next = format!("http://{host}/meta_ads/{path}?access_token={token}&limit={limit}&after={until}");
        body["paging"]["next"] = json!(next);
    }
    Json(body).into_response()
}

fn is_known(shared: &Shared, headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    !shared.refuses(Vendor::MetaAds) && shown == Some(&format!("Bearer {}", Credentials::of_sandbox().meta_token))
}

fn dead_token() -> Response {
    refused(json!({"message": "Error validating access token: Session has expired.", "type": "OAuthException",
        "code": 190, "error_subcode": 463, "fbtrace_id": "sandbox"}))
}

fn unsupported(node: &str) -> Response {
    let message = format!(
        "Unsupported get request. Object with ID '{node}' does not exist, cannot be loaded due to missing permissions, \
         or does not support this operation"
    );
    refused(json!({"message": message, "type": "GraphMethodException", "code": 100, "error_subcode": 33,
        "fbtrace_id": "sandbox"}))
}

fn refused(error: Value) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response()
}
