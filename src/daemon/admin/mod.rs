//! The admin page, on loopback only: health, readiness, metrics, status, and triggers that ask for a
//! token.

mod metrics;

use super::handle::DaemonHandle;
use super::notify::is_alive;
use super::reload::Reloaded;
use crate::app::AppError;
use crate::http::{Limits, Server};
use crate::queries::status::{InstallationStatus, status};
use crate::support::blocking::off_thread;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What the page shows.
#[derive(Clone)]
pub struct Admin {
    pub daemon: DaemonHandle,
    pub clock: Clock,
}

#[derive(Clone)]
struct Page {
    admin: Admin,
    token: Option<Arc<Secret>>,
    sources: metrics::KeptSources,
}

/// Opens the page where `[admin]` says so; it answers until `stop`.
pub async fn start(admin: Admin, stop: CancellationToken) -> Result<Option<JoinHandle<()>>, AppError> {
    let app = admin.daemon.current.app();
    let Some(address) = app.settings.admin.listen else { return Ok(None) };
    let token = app.settings.admin.token.as_ref().map(|token| token.resolve(&app.settings.config_dir())).transpose()?;
    let page = Page { admin, token: token.map(Arc::new), sources: metrics::KeptSources::default() };
    let server = Server::bind("admin", address, router(page), Limits::default()).await.map_err(|source| {
        AppError::Usage(format!("the admin page cannot listen on {address}: {source}; choose another port in [admin]"))
    })?;
    tracing::info!(address = %address, "the admin page listens");
    Ok(Some(tokio::spawn(server.run(stop))))
}

fn router(page: Page) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(show))
        .route("/reload", post(reload))
        .route("/jobs/{job}/run", post(run))
        .layer(from_fn(own_host_only))
        .with_state(page)
}

/// A page of a foreign site could reach loopback under a name of its own; such requests end here.
async fn own_host_only(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "ask by 127.0.0.1 or localhost\n").into_response()
}

/// Whether the process lives and its heart beats.
async fn health(State(page): State<Page>) -> Response {
    let beat = page.admin.daemon.watch.status();
    if is_alive(&beat, page.admin.clock.now()) {
        return "alive\n".into_response();
    }
    let last = beat.last_beat_at.map(|at| at.to_rfc3339()).unwrap_or_default();
    (StatusCode::SERVICE_UNAVAILABLE, format!("the heartbeat fell silent; the last was at {last}\n")).into_response()
}

/// Whether work can be done: the heart beats, the database answers, nobody asked to stop.
async fn ready(State(page): State<Page>) -> Response {
    let beat = page.admin.daemon.watch.status();
    let app = page.admin.daemon.current.app();
    let mut against = Vec::new();
    if !is_alive(&beat, page.admin.clock.now()) {
        against.push("the heartbeat fell silent".to_owned());
    }
    if beat.is_stopping {
        against.push("it is stopping".to_owned());
    }
    against.extend(beat.trouble);
    let warehouse = app.warehouse.clone();
    let answer = off_thread(move || warehouse.read_blocking(|_| Ok(()))).await;
    against.extend(answer.err().map(|error| error.to_string()));
    if against.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", against.join("\n"))).into_response()
}

async fn metrics(State(page): State<Page>) -> Response {
    let made = off_thread(move || metrics::text(&page.admin.daemon, &page.sources, page.admin.clock.now())).await;
    match made {
        Ok(text) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
            .into_response(),
        Err(error) => failed(&error),
    }
}

/// What `/status` answers.
#[derive(Serialize)]
struct StatusPage {
    status: InstallationStatus,
    /// What is wrong with the newest edit of the configuration; empty if it is in use.
    refused_configuration: Vec<String>,
}

/// Slots that were entered for a job.
#[derive(Serialize)]
struct Entered {
    slots: Vec<String>,
}

async fn show(State(page): State<Page>) -> Response {
    let made = off_thread(move || {
        let daemon = &page.admin.daemon;
        let found = status(&daemon.current.app(), Some(daemon.watch.status()), page.admin.clock.now())?;
        let refused: Vec<String> = daemon.current.refused().iter().map(ToString::to_string).collect();
        Ok::<_, AppError>(StatusPage { status: found, refused_configuration: refused })
    })
    .await;
    match made {
        Ok(found) => axum::Json(found).into_response(),
        Err(error) => failed(&error),
    }
}

async fn reload(State(page): State<Page>, headers: HeaderMap) -> Response {
    if let Some(refusal) = refusal(&page, &headers) {
        return refusal;
    }
    match page.admin.daemon.reload().await {
        Ok(Reloaded::Taken) => "the edited configuration is in use\n".into_response(),
        Ok(Reloaded::Same) => "nothing differs\n".into_response(),
        Ok(Reloaded::Refused) => {
            let told: Vec<String> = page.admin.daemon.current.refused().iter().map(ToString::to_string).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, format!("{}\n", told.join("\n"))).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// Enters a slot for now in the ledger, as if the schedule had asked: for every workspace of the job.
async fn run(
    State(page): State<Page>,
    headers: HeaderMap,
    axum::extract::Path(job): axum::extract::Path<String>,
) -> Response {
    if let Some(refusal) = refusal(&page, &headers) {
        return refusal;
    }
    match page.admin.daemon.run_now(&job).await {
        Ok(slots) => axum::Json(Entered { slots: slots.iter().map(ToString::to_string).collect() }).into_response(),
        Err(error @ AppError::Usage(_)) => (StatusCode::NOT_FOUND, format!("{error}\n")).into_response(),
        Err(error) => failed(&error),
    }
}

/// Why a trigger is not pulled, if it is not. Digests are compared, so that time reveals nothing.
fn refusal(page: &Page, headers: &HeaderMap) -> Option<Response> {
    let Some(token) = &page.token else {
        return Some((StatusCode::FORBIDDEN, "no token is set in [admin], so triggers are off\n").into_response());
    };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.strip_prefix("Bearer ").unwrap_or_default();
    if Sha256::digest(given) == Sha256::digest(token.expose()) {
        return None;
    }
    Some((StatusCode::UNAUTHORIZED, "a trigger needs `Authorization: Bearer <the admin token>`\n").into_response())
}

fn failed(error: &AppError) -> Response {
    tracing::error!(error = %error, "the admin page cannot answer");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}
