//! Answers that a vendor makes in its own time: a job is begun, waited for, and its result fetched. A job is kept on
//! the disk from the moment the vendor names it, so that no sync begins it twice.

use super::client::Request;
use super::connection::{Connection, is_safe_url};
use super::cursor::Cursor;
use super::engine::{Engine, Outcome, Walk, request};
use super::error::{ConnectorError, Less};
use super::landing::Landing;
use super::paging::{Found, Lookup, Want};
use super::pending_job::{PendingJob, PendingJobs};
use super::rules::backoff;
use super::slice::Slice;
use super::spec::{JobSpec, MOST_JOBS, RequestSpec};
use super::template::Renderer;
use crate::support::ids::stable_id;
use crate::support::redact::quoted;
use chrono::{TimeDelta, Utc};
use rand::RngExt;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// A result's address is asked for anew so often.
const MOST_ADDRESSES: u32 = 3;

/// A question that is answered by a job.
#[derive(Clone, Copy)]
pub(super) struct ByJob<'a> {
    pub spec: &'a JobSpec,
    /// The walk through its result.
    pub walk: Walk<'a>,
    pub slice: &'a Slice,
    /// The stream's part; empty for its own request.
    pub part: &'a str,
    pub pending: &'a PendingJobs,
}

/// What a vendor says of a job.
enum State {
    Running,
    Done { urls: Vec<String> },
    Failed { detail: String },
}

impl Engine {
    /// The pages of a job's result; how many records there were, where they are counted.
    ///
    /// # Errors
    /// `Unavailable` where the job is not done yet: the next call goes on with it. `Cut` where jobs of this size fail.
    pub(super) async fn by_job(
        &self,
        connection: &Connection,
        of: ByJob<'_>,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<u64, ConnectorError> {
        let mut why = String::new();
        for attempt in 1..=MOST_JOBS {
            let Some(job) = self.begun(connection, of, renderer, landing).await? else { return Ok(0) };
            match self.result(connection, of, &job, renderer, landing, on_page).await? {
                Ended::Fetched { records } => {
                    of.pending.forget(of.slice, of.part, self.clock().now());
                    return Ok(records);
                }
                Ended::Failed { detail } => {
                    of.pending.forget(of.slice, of.part, self.clock().now());
                    tracing::debug!(job = job.id, attempt, detail, "a job failed at the vendor's");
                    why = detail;
                    tokio::time::sleep(backoff(attempt, rand::rng().random())).await;
                }
            }
        }
        Err(ConnectorError::Cut { less: Less::Window, note: format!("the vendor's job failed {MOST_JOBS} times{why}") })
    }

    /// The job under way for this question, or a new one; `None` where the vendor has nothing to make.
    async fn begun(
        &self,
        connection: &Connection,
        of: ByJob<'_>,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
    ) -> Result<Option<PendingJob>, ConnectorError> {
        let create = self.job_request(of, &of.spec.create, renderer, &Cursor::default())?;
        let asked = identity(&create);
        let now = self.clock().now();
        if let Some(held) = of.pending.get(of.slice, of.part) {
            let is_fresh = now - held.begun_at
                < TimeDelta::minutes(i64::try_from(of.spec.give_up_mins).unwrap_or(i64::MAX / 60_000));
            if held.asked == asked && held.slice == *of.slice && is_fresh {
                return Ok(Some(held));
            }
            self.abandon(connection, of, &held, renderer, landing).await;
        }
        let lookups = [Lookup::new(&of.spec.id_pointer, Want::Scalar)];
        let Some(found) = self.told(connection, &create, &lookups, landing).await? else { return Ok(None) };
        let id = found.first().and_then(Found::text).ok_or_else(|| ConnectorError::UnexpectedPayload {
            note: format!("the vendor takes a job and names none at {}", of.spec.id_pointer),
        })?;
        let job = PendingJob { id, slice: of.slice.clone(), asked, begun_at: now };
        of.pending.put(&job, of.part)?;
        Ok(Some(job))
    }

    /// Waits until a job is done and fetches its result.
    async fn result(
        &self,
        connection: &Connection,
        of: ByJob<'_>,
        job: &PendingJob,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<Ended, ConnectorError> {
        let begun = Instant::now();
        let mut wait = Duration::from_secs(of.spec.first_wait_secs);
        let mut addresses = 0;
        // One that was begun before may be done by now.
        let mut is_new = job.begun_at + TimeDelta::seconds(1) > self.clock().now();
        loop {
            if std::mem::replace(&mut is_new, false) {
                tokio::time::sleep(wait).await;
            }
            match self.state(connection, of, job, renderer, landing).await? {
                State::Failed { detail } => return Ok(Ended::Failed { detail }),
                State::Done { urls } => {
                    landing.settle().await?;
                    let held = landing.count();
                    match self.fetched(connection, of, (job, &urls), renderer, landing, on_page).await {
                        Err(ConnectorError::Rejected { status, .. })
                            if of.spec.expired.contains(&status) && addresses < MOST_ADDRESSES =>
                        {
                            addresses += 1;
                            landing.settle().await?;
                            landing.truncate(held);
                        }
                        records => return Ok(Ended::Fetched { records: records? }),
                    }
                }
                State::Running => {
                    let age = self.clock().now() - job.begun_at;
                    if age.num_minutes() >= i64::try_from(of.spec.give_up_mins).unwrap_or(i64::MAX) {
                        self.abandon(connection, of, job, renderer, landing).await;
                        let detail = format!(": it was not done after {} minutes", age.num_minutes());
                        return Ok(Ended::Failed { detail });
                    }
                    if begun.elapsed() + wait > Duration::from_secs(of.spec.patience_secs) {
                        return Err(still_running(job));
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(of.spec.longest_wait_secs.max(1)));
                }
            }
        }
    }

    /// What the vendor says of a job now.
    async fn state(
        &self,
        connection: &Connection,
        of: ByJob<'_>,
        job: &PendingJob,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
    ) -> Result<State, ConnectorError> {
        let spec = of.spec;
        let given = Cursor { job: job.id.clone(), ..Cursor::default() };
        let poll = self.job_request(of, &spec.poll, renderer, &given)?;
        let optional = |pointer: &Option<String>, want| pointer.as_ref().map(|pointer| Lookup::new(pointer, want));
        let mut lookups = vec![Lookup::new(&spec.status_pointer, Want::Scalar)];
        lookups.extend(optional(&spec.url_pointer, Want::Whole));
        lookups.extend(optional(&spec.detail_pointer, Want::Scalar));
        let Some(found) = self.told(connection, &poll, &lookups, landing).await? else {
            return Ok(State::Failed { detail: ": the vendor knows the job no more".to_owned() });
        };
        let mut found = found.into_iter();
        let status = found.next().and_then(|status| status.text()).unwrap_or_default();
        let urls = spec.url_pointer.as_ref().and_then(|_| found.next()).map(|urls| addresses(urls.value.as_ref()));
        let detail = spec.detail_pointer.as_ref().and_then(|_| found.next()).and_then(|detail| detail.text());
        if spec.failed.contains(&status) {
            let detail = detail.map(|detail| format!(": {}", quoted(&connection.redact(&detail), 160)));
            return Ok(State::Failed { detail: detail.unwrap_or_else(|| format!(" ({status})")) });
        }
        if !spec.done.contains(&status) {
            return Ok(State::Running);
        }
        match urls {
            Some(urls) if urls.is_empty() && !spec.empty_without_url => Err(ConnectorError::UnexpectedPayload {
                note: "the vendor's job is done and names no address of its result".to_owned(),
            }),
            // Done, and nothing to be fetched: an answer without rows.
            Some(urls) => Ok(State::Done { urls }),
            None => Ok(State::Done { urls: vec![String::new()] }),
        }
    }

    async fn fetched(
        &self,
        connection: &Connection,
        of: ByJob<'_>,
        (job, urls): (&PendingJob, &[String]),
        renderer: &Renderer<'_>,
        landing: &mut Landing,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<u64, ConnectorError> {
        let mut records = 0;
        let create = self.job_request(of, &of.spec.create, renderer, &Cursor::default())?;
        for url in urls {
            if !(url.is_empty() || may_be_followed(url, &create.url)) {
                let note =
                    "the vendor names an address of a result that cannot be trusted: it must be https".to_owned();
                return Err(ConnectorError::UnexpectedPayload { note });
            }
            let given = Cursor { job: job.id.clone(), job_url: url.clone(), ..Cursor::default() };
            let walk = Walk { given: &given, rules: &of.spec.errors, ..of.walk };
            records += self.walk(connection, walk, renderer, landing, on_page).await?;
        }
        if urls.is_empty() {
            landing.note("the vendor's report has no rows".to_owned());
        }
        Ok(records)
    }

    /// Asks the vendor to end a job, where that is possible, and forgets it.
    async fn abandon(
        &self,
        connection: &Connection,
        of: ByJob<'_>,
        job: &PendingJob,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
    ) {
        if let Some(abort) = &of.spec.abort {
            let given = Cursor { job: job.id.clone(), ..Cursor::default() };
            let ended = match self.job_request(of, abort, renderer, &given) {
                Ok(request) => self.told(connection, &request, &[], landing).await.map(drop),
                Err(error) => Err(error),
            };
            if let Err(error) = ended {
                tracing::debug!(job = job.id, error = %error, "a job could not be ended");
            }
        }
        of.pending.forget(of.slice, of.part, self.clock().now());
    }

    fn job_request(
        &self,
        of: ByJob<'_>,
        spec: &RequestSpec,
        renderer: &Renderer<'_>,
        given: &Cursor,
    ) -> Result<Request, ConnectorError> {
        Ok(Request { rules: of.spec.errors.clone(), ..request(spec, renderer, given)? })
    }

    /// What an answer says that is kept by nobody; `None` where there is nothing, which is fine.
    pub(super) async fn told(
        &self,
        connection: &Connection,
        request: &Request,
        lookups: &[Lookup],
        landing: &mut Landing,
    ) -> Result<Option<Vec<Found>>, ConnectorError> {
        landing.settle().await?;
        let held = landing.count();
        match self.page(connection, request, lookups, landing).await? {
            Outcome::Page { page, found, .. } => {
                landing.keep_packing(page).await?;
                landing.settle().await?;
                landing.truncate(held);
                Ok(Some(found))
            }
            Outcome::Nothing { note } => {
                landing.note(note);
                Ok(None)
            }
            Outcome::Restart { note } => Err(ConnectorError::Unavailable { note }),
        }
    }
}

/// How a job ended.
enum Ended {
    Fetched { records: u64 },
    Failed { detail: String },
}

fn still_running(job: &PendingJob) -> ConnectorError {
    let begun = job.begun_at.with_timezone(&Utc).format("%Y-%m-%d %H:%M UTC");
    let note =
        format!("the vendor is still making the report that was asked for at {begun}; the next sync goes on with it");
    ConnectorError::Unavailable { note }
}

/// Whether what a vendor names is worth a request: over TLS, and on this machine only where the vendor is.
fn may_be_followed(url: &str, base: &str) -> bool {
    let is_local = |url: &str| url.starts_with("http://");
    is_safe_url(url) && (!is_local(url) || is_local(base))
}

/// A text, or the texts of a list.
fn addresses(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Identifies what a job was asked for; nothing can be read from it.
fn identity(request: &Request) -> String {
    let mut parts = vec![request.url.as_str(), request.body.as_deref().unwrap_or_default()];
    parts.extend(request.query.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
    stable_id("job", &parts)
}
