//! One request of a stream, as small as its slicing allows: does the vendor take the credential, and
//! may it read this?

use super::client::Request;
use super::connection::Connection;
use super::cursor::Cursor;
use super::engine::{Engine, Outcome, request};
use super::error::ConnectorError;
use super::landing::{Landing, Manifest, read_page};
use super::paging::{Lookup, Pager, Want};
use super::slice::{Slice, Window};
use super::spec::{JobSpec, SlicingSpec, StreamSpec};
use super::template::Renderer;
use crate::domain::period::Period;
use crate::support::soft_json::readable;
use crate::support::zones::{are_alike, named};
use chrono::{Days, TimeDelta};
use serde_json::Value;
use std::io::Read;
use std::sync::Arc;

/// A larger page than this is not looked into.
const LARGEST_PROBE: u64 = 8 << 20;

/// An answer is waited for no longer than this.
const PATIENCE_SECS: u64 = 30;

impl Engine {
    /// Asks once for the first page of today, or of the last minute; nothing of it stays.
    pub async fn probe(
        &self,
        connection: &Connection,
        stream_id: &str,
        partition: &str,
    ) -> Result<Probed, ConnectorError> {
        let connection = &impatient(connection);
        let stream = connection.stream(stream_id)?;
        let now = self.clock().now();
        let slice = Slice { partition: partition.to_owned(), window: narrowest(stream, connection, now) };
        self.introduce(connection).await?;
        let manifest = Manifest::begun(connection, stream_id, slice.clone(), now);
        let mut landing = Landing::begin(self.landing_root(), manifest)?;
        if let Some(job) = &stream.job {
            let renderer = Renderer::for_slice(connection, &slice);
            return self.begin_and_end(connection, job, &renderer, &mut landing).await;
        }
        let pager = Pager::new(&stream.paging);
        let request = request(&stream.request, &Renderer::for_slice(connection, &slice), pager.cursor())?;
        // What it brings goes with `landing`: nobody loads it.
        Ok(match self.page(connection, &request, &pager.lookups(), &landing).await? {
            Outcome::Page { page, .. } => {
                landing.keep_packing(page).await?;
                landing.settle().await?;
                let zone = connection.time_zone(stream.time_zone_setting.as_deref());
                let at = |path: &Option<String>| path.as_deref().and_then(|path| stated(&landing, path));
                let differs = at(&stream.time_zone_path)
                    .and_then(|stated| named(&stated, &connection.connector.spec.time_zones))
                    .filter(|stated| !are_alike(*stated, zone, now));
                Probed {
                    note: None,
                    warning: differs.map(|stated| {
                        format!(
                            "the account's days are those of {stated}, but {zone} is set: set time_zone = \"{stated}\""
                        )
                    }),
                    currency: at(&stream.currency_path),
                }
            }
            Outcome::Nothing { note } | Outcome::Restart { note } => Probed { note: Some(note), ..Probed::default() },
        })
    }
}

impl Engine {
    /// Whether the vendor takes a job; nobody waits for it.
    async fn begin_and_end(
        &self,
        connection: &Connection,
        job: &JobSpec,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
    ) -> Result<Probed, ConnectorError> {
        let asked = request(&job.create, renderer, &Cursor::default())?;
        let asked = Request { rules: job.errors.clone(), ..asked };
        let id = self.told(connection, &asked, &[Lookup::new(&job.id_pointer, Want::Scalar)], landing).await?;
        let id = id.and_then(|found| found.first()?.text());
        if let (Some(id), Some(abort)) = (id, &job.abort) {
            let ended = request(abort, renderer, &Cursor { job: id, ..Cursor::default() })?;
            // It ends by itself as well.
            drop(self.told(connection, &ended, &[], landing).await);
        }
        Ok(Probed::default())
    }
}

impl Engine {
    /// The first request of a slice as it would be sent, without what proves who asks; `None` where that is not known
    /// before.
    pub fn first_request(&self, connection: &Connection, stream_id: &str, slice: &Slice) -> Option<String> {
        let stream = connection.stream(stream_id).ok()?;
        let spec = stream.job.as_ref().map_or(&stream.request, |job| &job.create);
        let pager = Pager::new(&stream.paging);
        let asked = request(spec, &Renderer::for_slice(connection, slice), pager.cursor()).ok()?;
        let mut url = reqwest::Url::parse(&asked.url).ok()?;
        if !asked.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&asked.query);
        }
        let body = asked.body.map_or_else(String::new, |body| format!(" {body}"));
        Some(connection.redact(&format!("{} {url}{body}", asked.method.word())))
    }
}

/// What a single request showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// The vendor's note where there is nothing to be had and that is fine.
    pub note: Option<String>,
    /// Where the account is otherwise than the settings say.
    pub warning: Option<String>,
    /// The account's currency, where the vendor names it.
    pub currency: Option<String>,
}

/// What the landed page states at a path such as `$.results[0].customer.timeZone`.
fn stated(landing: &Landing, path: &str) -> Option<String> {
    let mut body = Vec::new();
    let page = read_page(&landing.path(landing.pages().first()?)).ok()?;
    page.take(LARGEST_PROBE).read_to_end(&mut body).ok()?;
    let mut value: Value = serde_json::from_slice(&readable(body)).ok()?;
    if let Value::Array(elements) = &mut value {
        value = elements.first_mut()?.take();
    }
    let pointer = path.trim_start_matches('$').replace(['.', '['], "/").replace(']', "");
    value.pointer(&pointer)?.as_str().map(str::to_owned)
}

/// The connection with one attempt a request: who asks wants to know how it is now.
fn impatient(connection: &Connection) -> Connection {
    let mut connector = (*connection.connector).clone();
    connector.spec.limits.attempts = 1;
    connector.spec.limits.timeout_secs = connector.spec.limits.timeout_secs.min(PATIENCE_SECS);
    Connection { connector: Arc::new(connector), ..connection.clone() }
}

fn narrowest(stream: &StreamSpec, connection: &Connection, now: chrono::DateTime<chrono::Utc>) -> Window {
    match stream.slicing {
        SlicingSpec::Whole => Window::Whole,
        SlicingSpec::Instants { .. } | SlicingSpec::Before { .. } => {
            Window::Instants { start: now - TimeDelta::minutes(1), end: now }
        }
        SlicingSpec::Days { .. } => {
            let zone = connection.time_zone(stream.time_zone_setting.as_deref());
            let today = now.with_timezone(&zone).date_naive();
            // Only rows state the account's zone and currency, and today may have none yet.
            let back = if stream.time_zone_path.is_some() || stream.currency_path.is_some() { 7 } else { 0 };
            Period::new(today - Days::new(back), today + Days::new(1))
                .map_or(Window::Whole, |period| Window::Days { period })
        }
    }
}
