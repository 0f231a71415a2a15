//! Issues a report: decides whether it may go out, builds it, and writes it with its receipts, files'
//! sums and messages in one transaction.

use crate::domain::period::Period;
use crate::jobs::readings::{Request, findings, reach, read};
use crate::jobs::report::{Audience, Built, Renderings, ReportError, kept, new_report};
use crate::jobs::report_context::ReportContext;
use crate::report::definition::Definition;
use crate::report::format::Locale;
use crate::report::readiness::{Action, Decision, LatePolicy, Question, SourceFreshness, decide};
use crate::report::sections::{build, report_id};
use crate::report::templates::Templates;
use crate::warehouse::issued::last_of;
use crate::warehouse::outbox::{is_issued, issue};
use crate::warehouse::{Warehouse, WarehouseError, clock};
use chrono::{DateTime, TimeDelta, Utc};
use duckdb::Connection;
use std::collections::BTreeSet;

/// A report to be issued about some days.
#[derive(Clone, Debug)]
pub struct IssueRequest {
    pub definition: Definition,
    pub period: Period,
    pub late: LatePolicy,
    /// When a held report goes out nevertheless.
    pub deadline: DateTime<Utc>,
    /// A person asks for it in spite of gaps.
    pub is_insisted_on: bool,
    /// Whether an issue of the same days is to be corrected; without one there is nothing to do.
    pub corrects: bool,
    pub now: DateTime<Utc>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Written now, with this many gaps named on top.
    Issued { gaps: usize, reason: crate::report::readiness::Reason },
    /// It was issued before: nothing changes, and nothing is sent twice.
    Known,
    /// It was to be corrected, and no figure of it is another now.
    Unchanged,
    /// It was to be corrected, and was never issued.
    NeverIssued,
    /// It waits; ask again when data has come, or at `until`.
    Held { until: DateTime<Utc>, missing: String },
}

/// What a report that goes out says of its gaps.
pub fn gaps_text(gaps: usize) -> String {
    if gaps == 1 { "1 gap named on top".to_owned() } else { format!("{gaps} gaps named on top") }
}

/// Whether a report may go out, and what else was found on the way.
#[derive(Clone, Debug)]
pub struct Readiness {
    pub decision: Decision,
    /// What checks say that holds no report.
    pub told: Vec<String>,
    /// What is held of the sources.
    pub reach: Vec<SourceFreshness>,
}

/// Whether a request's report may go out.
pub fn readiness(
    reader: &Connection,
    context: &ReportContext,
    request: &IssueRequest,
) -> Result<Readiness, WarehouseError> {
    let sources = reach(reader, context)?;
    let found = findings(reader, context, request.period)?;
    let decision = decide(&Question {
        policy: request.late,
        deadline: request.deadline,
        now: request.now,
        period: request.period,
        sources: &sources,
        broken: &found.broken,
        is_insisted_on: request.is_insisted_on,
    });
    Ok(Readiness { decision, told: found.told, reach: sources })
}

/// A request's report in the standard locale and in `locales`, under a decision that does not hold it;
/// blocking. All of it is read once, so that locales cannot differ in a figure.
pub fn built(
    reader: &Connection,
    context: &ReportContext,
    request: &IssueRequest,
    Readiness { decision, told, reach }: &Readiness,
    locales: &BTreeSet<Locale>,
    corrects: Option<(u32, String)>,
) -> Result<Built, WarehouseError> {
    let dropped = match &decision.action {
        Action::IssueWithout { facts } => facts.clone(),
        Action::Issue | Action::Hold { .. } => BTreeSet::new(),
    };
    let request = Request {
        corrects,
        definition: request.definition.clone(),
        period: request.period,
        issued_at: request.now,
        dropped,
        known_gaps: decision.broken.clone(),
        told: told.clone(),
        reach: reach.clone(),
    };
    let mut readings = read(reader, context, request)?;
    let differs = readings.restated.as_ref().is_some_and(|(_, restated)| !restated.is_empty());
    let (standard, receipts) = build(&readings, &context.metrics);
    let mut others = Vec::new();
    for locale in locales.iter().filter(|locale| !locale.is_standard()) {
        readings.locale = *locale;
        others.push(build(&readings, &context.metrics).0);
    }
    Ok(Built { standard, others, receipts, differs })
}

/// A clock this far behind what it has shown is not set right yet: what it calls yesterday was long ago.
const FAR_BEHIND: TimeDelta = TimeDelta::days(7);
const CLOCK_ASKED_EVERY: TimeDelta = TimeDelta::minutes(15);

/// Why nothing is issued under the clock as it stands, whoever asks for it.
fn doubted_clock(reader: &Connection, request: &IssueRequest) -> Result<Option<String>, WarehouseError> {
    let seen = clock::seen(reader)?;
    let latest = seen.is_behind(request.now).filter(|latest| *latest - request.now > FAR_BEHIND);
    let latest = latest.filter(|_| !seen.is_believed(request.now));
    let shown = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    Ok(latest.map(|latest| {
        format!(
            "the clock shows {}, but has shown {}: if it is right, daybook clock --correct",
            shown(request.now),
            shown(latest)
        )
    }))
}

/// Issues a request once; blocking.
pub fn issue_report(
    warehouse: &Warehouse,
    context: &ReportContext,
    request: &IssueRequest,
    audience: &Audience,
    templates: &Templates,
) -> Result<(String, Outcome), ReportError> {
    let workspace = &context.workspace;
    let today = request.now.with_timezone(&workspace.time_zone).date_naive();
    if request.period.end > today {
        return Err(ReportError::NotOver { period: request.period, today });
    }
    let corrects = if request.corrects {
        let of = request.definition.variant();
        let last = warehouse
            .read_blocking(|reader| last_of(reader, &workspace.id, &request.definition.report, &of, request.period))?;
        let Some((issues, last)) = last else {
            return Ok((report_id(&request.definition, &workspace.id, request.period, None), Outcome::NeverIssued));
        };
        Some((issues, last))
    } else {
        None
    };
    let number = corrects.as_ref().map(|(number, _)| *number);
    let id = report_id(&request.definition, &workspace.id, request.period, number);
    if warehouse.read_blocking(|reader| is_issued(reader, &id))? {
        return Ok((id, Outcome::Known));
    }
    if let Some(missing) = warehouse.read_blocking(|reader| doubted_clock(reader, request))? {
        return Ok((id, Outcome::Held { until: request.now + CLOCK_ASKED_EVERY, missing }));
    }
    let locales = audience.all_locales();
    // One instant for all of it: a rollup that ends meanwhile must not part a total from its channels.
    let found = warehouse.snapshot_blocking(|reader| {
        let ready = readiness(reader, context, request)?;
        if let Action::Hold { until } = ready.decision.action {
            return Ok(Err(Outcome::Held { until, missing: ready.decision.late_text() }));
        }
        Ok(Ok((built(reader, context, request, &ready, &locales, corrects.clone())?, ready.decision.reason)))
    })?;
    let (built, reason) = match found {
        Ok(found) => found,
        Err(held) => return Ok((id, held)),
    };
    if request.corrects && !built.differs {
        return Ok((id, Outcome::Unchanged));
    }
    let prints = Renderings::new(&built, &locales, templates)?;
    let define = |basis: &crate::report::receipt::Expression| basis.definition(&context.metrics);
    let receipts = built.receipts.into_iter().map(|draft| kept(draft, &define)).collect::<Result<_, _>>()?;
    let new = new_report(&built.standard, &request.definition, receipts, &prints, audience, templates)?;
    let now = request.now;
    let is_new = warehouse.write_ledger_blocking(move |connection| issue(connection, &new, now))?;
    let outcome = if is_new { Outcome::Issued { gaps: built.standard.gaps.len(), reason } } else { Outcome::Known };
    Ok((id, outcome))
}
