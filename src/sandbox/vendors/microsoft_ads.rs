//! Microsoft Advertising: the sign-in, accounts of the user, and reports that are made in their own time.

use super::credentials::Credentials;
use super::microsoft_reports::{Refusal, Report};
use super::microsoft_rows;
use super::shared::Shared;
use super::troubles::Vendor;
use crate::sandbox::world::Simulation;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const USER: &str = "253100001";
const CUSTOMER: &str = "254100001";
const SCOPE: &str = "https://ads.microsoft.com/msads.manage";

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/microsoft_ads/{tenant}/oauth2/v2.0/token", post(token))
        .route("/microsoft_ads/CustomerManagement/v13/User/Query", post(user))
        .route("/microsoft_ads/CustomerManagement/v13/Accounts/Search", post(accounts))
        .route("/microsoft_ads/Reporting/v13/GenerateReport/Submit", post(submit))
        .route("/microsoft_ads/Reporting/v13/GenerateReport/Poll", post(poll))
        .route("/microsoft_ads/reports/{file}", get(download))
}

/// Every exchange gives a new refresh token; earlier ones stay good for a while, as the vendor's do.
async fn token(State(shared): State<Arc<Shared>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let keys = Credentials::of_sandbox();
    let rotation = match given("refresh_token").strip_prefix(keys.microsoft_refresh_token) {
        Some("") => Some(0),
        Some(number) => number.strip_prefix('.').and_then(|number| number.parse::<u64>().ok()),
        None => None,
    };
    let is_client = given("client_id") == keys.microsoft_client_id
        && given("client_secret") == keys.microsoft_client_secret
        && given("grant_type") == "refresh_token";
    let has_scope = given("scope").split(' ').any(|scope| scope == SCOPE);
    match rotation.filter(|_| is_client && has_scope && !shared.refuses(Vendor::MicrosoftAds)) {
        Some(number) => Json(json!({
            "token_type": "Bearer", "scope": SCOPE, "expires_in": 3599,
            "access_token": shared.microsoft_tokens.grant(),
            "refresh_token": format!("{}.{}", keys.microsoft_refresh_token, number + 1),
        }))
        .into_response(),
        None => {
            let description = "AADSTS70000: The request was denied because one or more scopes requested are \
                               unauthorized or expired. The user must first sign in and grant the client \
                               application access to the requested scope.";
            let refusal = json!({"error": "invalid_grant", "error_description": description});
            (StatusCode::BAD_REQUEST, Json(refusal)).into_response()
        }
    }
}

async fn user(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    refusal(&shared, &headers)
        .unwrap_or_else(|| Json(json!({"User": {"Id": USER, "UserName": "sandbox"}})).into_response())
}

async fn accounts(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(request): Json<Value>) -> Response {
    if let Some(refusal) = refusal(&shared, &headers) {
        return refusal;
    }
    let is_of_user = request["Predicates"].as_array().map(Vec::as_slice)
        == Some(&[json!({"Field": "UserId", "Operator": "Equals", "Value": USER})]);
    let number = |name: &str| request["PageInfo"][name].as_u64().and_then(|number| usize::try_from(number).ok());
    let (Some(index), Some(size), true) = (number("Index"), number("Size").filter(|size| *size > 0), is_of_user) else {
        return refused(&(100, "NullRequest", None, "The request message is null."));
    };
    let worlds = shared.worlds_of(Vendor::MicrosoftAds);
    let all = worlds.iter().filter_map(account).skip(index * size).take(size);
    Json(json!({"Accounts": all.collect::<Vec<_>>()})).into_response()
}

fn account(world: &Simulation) -> Option<Value> {
    let id = microsoft_rows::account_id(world)?;
    Some(json!({
        "Id": id, "Number": format!("F{}", world.tenant.property), "Name": world.tenant.name,
        "ParentCustomerId": CUSTOMER, "CurrencyCode": world.tenant.currency.code(),
        "TimeZone": microsoft_rows::zone(world).0, "AccountLifeCycleStatus": "Active",
    }))
}

async fn submit(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(request): Json<Value>) -> Response {
    if let Some(refusal) = refusal(&shared, &headers) {
        return refusal;
    }
    let report = match Report::asked(&request["ReportRequest"]) {
        Ok(report) => report,
        Err(error) => return refused(&error),
    };
    let worlds = shared.worlds_of(Vendor::MicrosoftAds);
    let is_named =
        text(&headers, "customeraccountid") == report.account && ["", CUSTOMER].contains(&text(&headers, "customerid"));
    let Some(world) = microsoft_rows::world_of(&worlds, &report.account).filter(|_| is_named) else {
        let message = "The user is not authorized to perform this action for the specified accounts.";
        return refused(&(2003, "NotAuthorizedReportAccounts", Some(report.account), message));
    };
    match report.refusal(world) {
        Some(error) => refused(&error),
        None => Json(json!({"ReportRequestId": shared.microsoft_reports.take(report).to_string()})).into_response(),
    }
}

async fn poll(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(request): Json<Value>) -> Response {
    if let Some(refusal) = refusal(&shared, &headers) {
        return refusal;
    }
    let id = request["ReportRequestId"].as_str().and_then(|id| id.parse::<u64>().ok());
    let Some((id, (report, polls, is_made))) = id.and_then(|id| Some((id, shared.microsoft_reports.polled(id)?)))
    else {
        return refused(&(2100, "InvalidReportId", None, "The report identifier is not valid."));
    };
    let worlds = shared.worlds_of(Vendor::MicrosoftAds);
    let has_rows = microsoft_rows::world_of(&worlds, &report.account).is_some_and(|world| report.has_rows(world));
    let url = (is_made && has_rows)
        .then(|| format!("http://{}/microsoft_ads/reports/{id}.zip?sig={polls}", text(&headers, "host")));
    let status = if is_made { "Success" } else { "Pending" };
    Json(json!({"ReportRequestStatus": {"Status": status, "ReportDownloadUrl": url}})).into_response()
}

/// A file lies elsewhere: its address is all that is asked for, and who shows more is refused.
async fn download(State(shared): State<Arc<Shared>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    if headers.contains_key(header::AUTHORIZATION) || headers.contains_key("developertoken") {
        return blob(StatusCode::FORBIDDEN, "AuthenticationFailed");
    }
    let id = file.strip_suffix(".zip").and_then(|id| id.parse::<u64>().ok());
    let Some((id, report)) = id.and_then(|id| Some((id, shared.microsoft_reports.get(id)?))) else {
        return blob(StatusCode::NOT_FOUND, "BlobNotFound");
    };
    let worlds = shared.worlds_of(Vendor::MicrosoftAds);
    let world = microsoft_rows::world_of(&worlds, &report.account);
    match world.and_then(|world| report.zipped(world, id)) {
        Some(bytes) => ([(header::CONTENT_TYPE, "application/zip")], bytes).into_response(),
        None => blob(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
    }
}

fn blob(status: StatusCode, code: &str) -> Response {
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code></Error>");
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Why who asks is not let in.
fn refusal(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let fault = |status: StatusCode, code: u32, name: &str, message: &str| {
        let error = json!({"Code": code, "Detail": null, "ErrorCode": name, "Message": message});
        let body = json!({"Errors": [error], "TrackingId": "sandbox", "Type": "AdApiFaultDetail"});
        Some((status, Json(body)).into_response())
    };
    let token = text(headers, "developertoken");
    if shared.refuses(Vendor::MicrosoftAds) || token != Credentials::of_sandbox().microsoft_developer_token {
        let message = "Authentication failed. Either supplied credentials are invalid or the account is inactive";
        return fault(StatusCode::BAD_REQUEST, 105, "InvalidCredentials", message);
    }
    if !shared.microsoft_tokens.accepts(headers) {
        let message = "The authentication token has expired. Renew the token or obtain a new one.";
        return fault(StatusCode::UNAUTHORIZED, 109, "AuthenticationTokenExpired", message);
    }
    None
}

fn refused((code, name, details, message): &Refusal) -> Response {
    let error = json!({"Code": code, "ErrorCode": name, "Details": details, "Message": message});
    let body = json!({
        "OperationErrors": [error], "BatchErrors": [], "TrackingId": "sandbox", "Type": "ApiFaultDetail",
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
