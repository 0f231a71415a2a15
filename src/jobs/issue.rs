//! Issues a report: decides whether it may go out, builds it, and writes it with its receipts, files'
//! sums and messages in one transaction.

use crate::domain::period::Period;
use crate::jobs::readings::{ReportContext, Request, broken_claims, reach, read};
use crate::jobs::report::{Audience, Built, Prints, ReportError, kept, new_report};
use crate::report::build::{build, report_id};
use crate::report::definition::Definition;
use crate::report::format::Wording;
use crate::report::readiness::{Action, Decision, LatePolicy, Question, decide};
use crate::report::templates::Templates;
use crate::warehouse::issued::last_of;
use crate::warehouse::outbox::{is_issued, issue};
use crate::warehouse::{Warehouse, WarehouseError, clock};
use chrono::{DateTime, TimeDelta, Utc};
use duckdb::Connection;
use std::collections::BTreeSet;

/// A report to be issued about some days.
#[derive(Clone, Debug)]
pub struct Order {
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

/// What became of an order.
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

/// Whether an order's report may go out.
pub fn readiness(reader: &Connection, context: &ReportContext, order: &Order) -> Result<Decision, WarehouseError> {
    let sources = reach(reader, context)?;
    let broken = broken_claims(reader, context, order.period)?;
    Ok(decide(&Question {
        policy: order.late,
        deadline: order.deadline,
        now: order.now,
        period: order.period,
        sources: &sources,
        broken: &broken,
        is_insisted_on: order.is_insisted_on,
    }))
}

/// An order's report in the standard wording and in `wordings`, under a decision that does not hold it;
/// blocking. All of it is read once, so that wordings cannot differ in a figure.
pub fn built(
    reader: &Connection,
    context: &ReportContext,
    order: &Order,
    decision: &Decision,
    wordings: &BTreeSet<Wording>,
    corrects: Option<(u32, String)>,
) -> Result<Built, WarehouseError> {
    let dropped = match &decision.action {
        Action::IssueWithout { facts } => facts.clone(),
        Action::Issue | Action::Hold { .. } => BTreeSet::new(),
    };
    let request = Request {
        corrects,
        definition: order.definition.clone(),
        period: order.period,
        issued_at: order.now,
        dropped,
        known_gaps: decision.broken.clone(),
    };
    let mut readings = read(reader, context, request)?;
    let differs = readings.restated.as_ref().is_some_and(|(_, restated)| !restated.is_empty());
    let (standard, receipts) = build(&readings, &context.metrics);
    let mut others = Vec::new();
    for wording in wordings.iter().filter(|wording| !wording.is_standard()) {
        readings.wording = *wording;
        others.push(build(&readings, &context.metrics).0);
    }
    Ok(Built { standard, others, receipts, differs })
}

/// A clock this far behind what it has shown is not set right yet: what it calls yesterday was long ago.
const FAR_BEHIND: TimeDelta = TimeDelta::days(7);
const CLOCK_ASKED_EVERY: TimeDelta = TimeDelta::minutes(15);

/// Why nothing is issued under the clock as it stands, whoever asks for it.
fn doubted_clock(reader: &Connection, order: &Order) -> Result<Option<String>, WarehouseError> {
    let seen = clock::seen(reader)?;
    let latest = seen.is_behind(order.now).filter(|latest| *latest - order.now > FAR_BEHIND);
    let latest = latest.filter(|_| !seen.is_believed(order.now));
    let shown = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    Ok(latest.map(|latest| {
        format!(
            "the clock shows {}, but has shown {}: if it is right, daybook clock --correct",
            shown(order.now),
            shown(latest)
        )
    }))
}

/// Issues an order once; blocking.
pub fn issue_order(
    warehouse: &Warehouse,
    context: &ReportContext,
    order: &Order,
    audience: &Audience,
    templates: &Templates,
) -> Result<(String, Outcome), ReportError> {
    let workspace = &context.workspace;
    let today = order.now.with_timezone(&workspace.time_zone).date_naive();
    if order.period.end > today {
        return Err(ReportError::NotOver { period: order.period, today });
    }
    let corrects = if order.corrects {
        let of = order.definition.variant();
        let last = warehouse
            .read_blocking(|reader| last_of(reader, &workspace.id, &order.definition.report, &of, order.period))?;
        let Some((issues, last)) = last else {
            return Ok((report_id(&order.definition, &workspace.id, order.period, None), Outcome::NeverIssued));
        };
        Some((issues, last))
    } else {
        None
    };
    let number = corrects.as_ref().map(|(number, _)| *number);
    let id = report_id(&order.definition, &workspace.id, order.period, number);
    if warehouse.read_blocking(|reader| is_issued(reader, &id))? {
        return Ok((id, Outcome::Known));
    }
    if let Some(missing) = warehouse.read_blocking(|reader| doubted_clock(reader, order))? {
        return Ok((id, Outcome::Held { until: order.now + CLOCK_ASKED_EVERY, missing }));
    }
    let wordings = audience.all_wordings();
    // One instant for all of it: a rollup that ends meanwhile must not part a total from its channels.
    let found = warehouse.snapshot_blocking(|reader| {
        let decision = readiness(reader, context, order)?;
        if let Action::Hold { until } = decision.action {
            return Ok(Err(Outcome::Held { until, missing: decision.late_text() }));
        }
        Ok(Ok((built(reader, context, order, &decision, &wordings, corrects.clone())?, decision.reason)))
    })?;
    let (built, reason) = match found {
        Ok(found) => found,
        Err(held) => return Ok((id, held)),
    };
    if order.corrects && !built.differs {
        return Ok((id, Outcome::Unchanged));
    }
    let prints = Prints::new(&built, &wordings, templates)?;
    let define = |basis: &crate::report::receipt::Basis| basis.definition(&context.metrics);
    let receipts = built.receipts.into_iter().map(|draft| kept(draft, &define)).collect::<Result<_, _>>()?;
    let new = new_report(&built.standard, &order.definition, receipts, &prints, audience, templates)?;
    let now = order.now;
    let is_new = warehouse.write_blocking(move |connection| issue(connection, &new, now))?;
    let outcome = if is_new { Outcome::Issued { gaps: built.standard.gaps.len(), reason } } else { Outcome::Known };
    Ok((id, outcome))
}
