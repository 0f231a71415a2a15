//! The way to a vendor: the pages of a query into a landing folder, with retries, tokens and limits.

use super::auth::kept::KeptTokens;
use super::auth::{Credentials, TokenCache, proof};
use super::carried::carried;
use super::client::{Answer, Expected, Request, build, send};
use super::connection::Connection;
use super::cursor::Cursor;
use super::decode::Form;
use super::error::{ConnectorError, Less};
use super::landing::{Landing, PendingWrite};
use super::lanes::Lanes;
use super::limits::Limits;
use super::listed::Lists;
use super::meters::{Meters, Reading};
use super::paging::{Found, Lookup, Pager, Smaller, Stop, Want};
use super::quota::{self, Little};
use super::rules::{LONGEST_WAIT, Verdict, backoff};
use super::spec::{ErrorAction, ErrorRule, PagingSpec, RequestSpec};
use super::spent::{Spent, all_streams};
use super::template::Renderer;
use crate::support::clock::Clock;
use rand::RngExt;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Page tokens that keep going stale end the slice after so many beginnings.
const MOST_RESTARTS: u32 = 3;

/// The one way to a vendor.
#[derive(Debug)]
pub struct Engine {
    client: reqwest::Client,
    landing_root: PathBuf,
    clock: Clock,
    tokens: TokenCache,
    limits: Limits,
    spent: Spent,
    meters: Meters,
    lanes: Lanes,
    lists: Lists,
    requests: AtomicU64,
}

/// A query and what is wanted of its pages besides the next one.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub request: &'a RequestSpec,
    pub paging: &'a PagingSpec,
    /// Pointers to what says that rows were folded together.
    pub folded: &'a [String],
    /// Pointer to the list of records, where they are to be counted.
    pub counted: Option<&'a str>,
    /// Pointer to the list of records, where the pager does not name it.
    pub list: Option<&'a str>,
    /// How its answers are read.
    pub form: &'a Form,
    /// Rules for its answers, before the connector's own.
    pub rules: &'a [ErrorRule],
    /// What every request sees beside where the listing goes on.
    pub given: &'a Cursor,
    /// Whether an answer that ends at the vendor's limit is kept as it is, and noted.
    pub keeps_cut: bool,
}

impl<'a> Walk<'a> {
    /// A listing in JSON, of which nothing else is wanted.
    pub fn listing(request: &'a RequestSpec, paging: &'a PagingSpec) -> Self {
        static FORM: LazyLock<Form> = LazyLock::new(Form::default);
        static NOTHING: LazyLock<Cursor> = LazyLock::new(Cursor::default);
        let (form, given) = (&*FORM, &*NOTHING);
        Self { request, paging, folded: &[], counted: None, list: None, form, rules: &[], given, keeps_cut: false }
    }
}

/// How a request ended.
pub(super) enum Outcome {
    Page {
        bytes: u64,
        page: PendingWrite,
        found: Vec<Found>,
    },
    /// Nothing to be had, which is fine.
    Nothing {
        note: String,
    },
    Restart {
        note: String,
    },
}

impl Engine {
    /// `landing_root` is created when first needed.
    pub fn new(landing_root: PathBuf, clock: Clock) -> Result<Self, ConnectorError> {
        let (tokens, limits, spent, meters, lanes, lists, requests) = Default::default();
        Ok(Self { client: build()?, landing_root, clock, tokens, limits, spent, meters, lanes, lists, requests })
    }

    /// The same, which keeps refresh tokens that change in `folder`.
    pub fn keeping_tokens(self, folder: PathBuf) -> Self {
        Self { tokens: TokenCache::keeping(KeptTokens::in_folder(folder)), ..self }
    }

    /// Has a token before the first request is written, where requests are made of what came with it.
    pub(super) async fn introduce(&self, connection: &Connection) -> Result<(), ConnectorError> {
        if connection.scheme().is_some_and(|scheme| !scheme.values().is_empty()) {
            proof(&self.tokens, &self.client, &self.clock, connection, None).await?;
        }
        Ok(())
    }

    /// How many requests were sent, those for tokens aside.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn landing_root(&self) -> &Path {
        &self.landing_root
    }

    pub(super) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// Allowances that are used up.
    pub fn spent(&self) -> &Spent {
        &self.spent
    }

    /// What vendors said last of their allowances.
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Who goes first where live syncs and backfills share a vendor's quota.
    pub fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// All pages of one query, with where a page says that its rows were folded together; how many
    /// records there were, where they are counted.
    pub(super) async fn walk(
        &self,
        connection: &Connection,
        of: Walk<'_>,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<u64, ConnectorError> {
        let Walk { paging, folded, .. } = of;
        let held = landing.count();
        let stop = paging.bounds.stop_before.as_ref().map(|stop| renderer.render(&stop.value, None)).transpose()?;
        let stop = stop.as_deref().map(Stop::parse).transpose()?.flatten();
        let mut pager = Pager::new(paging).of_list(of.list.map(str::to_owned)).until(stop);
        let (mut restarts, mut records) = (0, 0);
        loop {
            let cursor = pager.cursor().clone().with(of.given);
            let request =
                Request { form: of.form.clone(), rules: of.rules.to_vec(), ..request(of.request, renderer, &cursor)? };
            let mut lookups = pager.lookups();
            let own = lookups.len();
            lookups.extend(of.counted.map(|at| Lookup::new(at, Want::Records { id_field: None })));
            lookups.extend(folded.iter().map(|pointer| Lookup::new(pointer, Want::Scalar)));
            let quotas = &connection.connector.spec.quota;
            lookups.extend(quota::lookups(quotas));
            let mut anew = None;
            let answered = match self.page(connection, &request, &lookups, landing).await {
                Err(ConnectorError::Cut { less: Less::Page, note }) => match pager.ask_less() {
                    Smaller::Again => continue,
                    Smaller::Anew => {
                        landing.settle().await?;
                        landing.truncate(held);
                        pager.begin_anew();
                        records = 0;
                        continue;
                    }
                    Smaller::Never => return Err(ConnectorError::Cut { less: Less::Window, note }),
                },
                answered => answered?,
            };
            match answered {
                Outcome::Page { bytes, page, mut found } => {
                    on_page(bytes);
                    landing.keep_packing(page).await?;
                    let mut told = found.split_off(own.min(found.len())).into_iter();
                    records +=
                        told.by_ref().take(usize::from(of.counted.is_some())).map(|list| list.records).sum::<u64>();
                    if told.by_ref().take(folded.len()).any(|flag| flag.text().as_deref() == Some("true")) {
                        landing.note_folded();
                    }
                    let left: Vec<Found> = told.collect();
                    let stated = quota::judge(quotas, &left, &connection.settings, self.clock.now());
                    let (readings, little): (Vec<Reading>, Vec<Option<Little>>) = stated.into_iter().unzip();
                    let [_, _, _, partition] = landing.place();
                    self.meters.note(&connection.credential(), &partition, readings);
                    if let Some(little) = little.into_iter().flatten().next() {
                        self.heed(connection, little, landing);
                    }
                    let mut goes_on = pager.advance(&found)?;
                    if let Some(note) = pager.cut() {
                        if !of.keeps_cut {
                            return Err(ConnectorError::Cut { less: Less::Window, note });
                        }
                        landing.cut(note);
                        goes_on = false;
                    }
                    match pager.unsteady() {
                        Some(note) => anew = Some(note),
                        None if goes_on => {}
                        None => {
                            landing.limit(pager.shortfall());
                            landing.settle().await?;
                            return Ok(records);
                        }
                    }
                }
                Outcome::Nothing { note } => {
                    landing.note(note);
                    landing.settle().await?;
                    return Ok(records);
                }
                Outcome::Restart { note } => anew = Some(note),
            }
            let Some(note) = anew else { continue };
            if restarts == MOST_RESTARTS {
                return Err(ConnectorError::Unavailable { note });
            }
            restarts += 1;
            landing.settle().await?;
            landing.truncate(held);
            pager.begin_anew();
            records = 0;
        }
    }

    /// Waits before the next request where little is left for a moment; where it is for longer, for a later run.
    fn heed(&self, connection: &Connection, little: Little, landing: &mut Landing) {
        match little.wait {
            Some(wait) if wait <= LONGEST_WAIT => self.limits.hold(&connection.credential(), wait),
            wait => {
                landing.note_quota(&little.note);
                let error = ConnectorError::QuotaSpent { note: little.note };
                self.spent.hold(landing.place(), wait, self.clock.now(), error);
            }
        }
    }

    /// One page, however many attempts it takes.
    pub(super) async fn page(
        &self,
        connection: &Connection,
        request: &Request,
        lookups: &[Lookup],
        landing: &Landing,
    ) -> Result<Outcome, ConnectorError> {
        let spec = &connection.connector.spec;
        let credential = connection.credential();
        let mut refused = None;
        let mut attempt = 1;
        loop {
            let kind = request.allowance.as_deref();
            let narrower = match kind.and_then(|kind| spec.allowances.get(kind)) {
                Some(allowance) => self.limits.admit(&credential, kind, *allowance).await,
                None => None,
            };
            let permit = self.limits.admit(&credential, None, spec.limits.allowance()).await;
            let proof = proof(&self.tokens, &self.client, &self.clock, connection, refused).await;
            // An address that is enough may hold a token, and its answer repeat it.
            let hidden = carried(request, proof.as_ref().unwrap_or(&Credentials::None), connection.secrets.values());
            let proof = if request.is_anonymous { Credentials::None } else { proof? };
            let rules: Cow<'_, [ErrorRule]> = match request.rules.is_empty() {
                true => Cow::Borrowed(&spec.errors),
                false => Cow::Owned(request.rules.iter().chain(&spec.errors).cloned().collect()),
            };
            let expected =
                Expected { limits: &spec.limits, rules: &rules, lookups, form: &request.form, hidden: &hidden };
            let page = landing.file(request.form.kind.ending())?;
            self.requests.fetch_add(1, Ordering::Relaxed);
            let answer = send(&self.client, request, &proof, expected, page, self.clock.now()).await;
            drop((permit, narrower));
            let wait = match answer {
                Ok(Answer::Page { bytes, page, found }) => return Ok(Outcome::Page { bytes, page, found }),
                Ok(Answer::Error(verdict)) => {
                    let verdict = Verdict { note: connection.redact(&verdict.note), ..verdict };
                    let place = || if verdict.all_streams { all_streams(landing.place()) } else { landing.place() };
                    match verdict.action {
                        ErrorAction::Skip => return Ok(Outcome::Nothing { note: verdict.note }),
                        ErrorAction::RestartSlice => return Ok(Outcome::Restart { note: verdict.note }),
                        ErrorAction::StopForToday => {
                            let error = ConnectorError::QuotaSpent { note: verdict.note };
                            self.spent.hold(place(), verdict.wait, self.clock.now(), error.clone());
                            return Err(error);
                        }
                        ErrorAction::SmallerPage => {
                            return Err(ConnectorError::Cut { less: Less::Page, note: verdict.note });
                        }
                        ErrorAction::SplitWindow => {
                            return Err(ConnectorError::Cut { less: Less::Window, note: verdict.note });
                        }
                        ErrorAction::Stop => {
                            return Err(ConnectorError::Rejected { status: verdict.status, note: verdict.note });
                        }
                        ErrorAction::Refresh => match proof.generation().filter(|_| refused.is_none()) {
                            Some(generation) => {
                                refused = Some(generation);
                                continue;
                            }
                            None => return Err(ConnectorError::Unauthorized { note: verdict.note }),
                        },
                        ErrorAction::Retry if verdict.attempts.is_some_and(|most| attempt >= most) => {
                            return Err(ConnectorError::Rejected { status: verdict.status, note: verdict.note });
                        }
                        ErrorAction::Retry if attempt >= spec.limits.attempts => {
                            return Err(given_up(verdict, attempt));
                        }
                        ErrorAction::Retry => match verdict.wait {
                            Some(wait) if wait > LONGEST_WAIT => {
                                let error = ConnectorError::RateLimited { wait: Some(wait), note: verdict.note };
                                self.spent.hold(place(), Some(wait), self.clock.now(), error.clone());
                                return Err(error);
                            }
                            wait => wait,
                        },
                    }
                }
                Err(ConnectorError::Unavailable { note }) if attempt >= spec.limits.attempts => {
                    return Err(ConnectorError::Unavailable { note: format!("{note} ({})", attempts(attempt)) });
                }
                Err(ConnectorError::Unreachable { obstacle, note }) if attempt >= spec.limits.attempts => {
                    return Err(ConnectorError::Unreachable { obstacle, note });
                }
                Err(ConnectorError::Unavailable { .. } | ConnectorError::Unreachable { .. }) => None,
                Err(error) => return Err(error),
            };
            let wait = wait.unwrap_or_else(|| backoff(attempt, rand::rng().random()));
            tracing::debug!(connector.name = spec.name, attempt, wait_ms = wait.as_millis() as u64, "asking again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }
}

/// What the last of so many attempts came to: a failure at the vendor's is no request to wait.
fn given_up(verdict: Verdict, after: u32) -> ConnectorError {
    if (500..600).contains(&verdict.status) && verdict.wait.is_none() {
        return ConnectorError::Unavailable { note: format!("{} ({})", verdict.note, attempts(after)) };
    }
    ConnectorError::RateLimited { wait: verdict.wait, note: verdict.note }
}

fn attempts(count: u32) -> String {
    if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") }
}

pub(super) fn request(spec: &RequestSpec, renderer: &Renderer<'_>, cursor: &Cursor) -> Result<Request, ConnectorError> {
    let render = |template: &str| renderer.render(template, Some(cursor));
    let base = render(&spec.url)?;
    if let Some(next) = &cursor.url {
        return Ok(Request {
            method: spec.method,
            url: same_host(&base, next)?,
            query: Vec::new(),
            headers: headers(spec, &render)?,
            body: None,
            allowance: spec.allowance.clone(),
            is_anonymous: spec.anonymous,
            ..Request::default()
        });
    }
    let mut query = Vec::new();
    for (name, value) in &spec.query {
        let value = render(value)?;
        if !value.is_empty() {
            query.push((name.clone(), value));
        }
    }
    let body = spec.body.as_ref().map(|body| render(body)).transpose()?;
    let (method, headers, allowance) = (spec.method, headers(spec, &render)?, spec.allowance.clone());
    let is_anonymous = spec.anonymous;
    Ok(Request { method, url: base, query, headers, body, allowance, is_anonymous, ..Request::default() })
}

/// Headers that render empty are left out.
fn headers(
    spec: &RequestSpec,
    render: &dyn Fn(&str) -> Result<String, ConnectorError>,
) -> Result<Vec<(String, String)>, ConnectorError> {
    let mut headers = Vec::new();
    for (name, value) in &spec.headers {
        let value = render(value)?;
        if !value.is_empty() {
            headers.push((name.clone(), value));
        }
    }
    Ok(headers)
}

/// A vendor's next URL may be relative, but must not lead the credentials to another host.
fn same_host(base: &str, next: &str) -> Result<String, ConnectorError> {
    let wrong = |why: &str| ConnectorError::UnexpectedPayload { note: format!("the vendor's next page {why}") };
    let base = reqwest::Url::parse(base).map_err(|_| wrong("has no base"))?;
    let url = base.join(next).map_err(|_| wrong("is not a URL"))?;
    if url.origin() != base.origin() {
        return Err(wrong("leads to another host"));
    }
    Ok(url.into())
}
