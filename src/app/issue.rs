//! Issuing a job's reports: each copy built from the warehouse, rendered, and entered into the ledger once.

use super::App;
use crate::config::jobs::Copy;
use crate::config::{Job, ReportJob, WorkspaceSettings};
use crate::domain::period::Period;
use crate::jobs::issue::{IssueRequest, Outcome, built, issue_report, readiness};
use crate::jobs::preview::Draft;
use crate::jobs::report::{Built, ReportError};
use crate::report::definition::Definition;
use crate::report::format::Locale;
use crate::support::blocking::in_pool;
use crate::warehouse::WarehouseError;
use crate::warehouse::outbox::held;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// A report, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub workspace: String,
    /// Names its files, e.g. `daily-2026-11-20`.
    pub stem: String,
    pub report_id: String,
    pub outcome: Outcome,
}

/// How patient a request is with late data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// A held report waits until this instant.
    Until(DateTime<Utc>),
    /// Somebody asks for it in spite of gaps.
    None,
}

/// When a held report of `period` goes out nevertheless: so long after the job's time as it says.
pub fn deadline(app: &App, workspace: &WorkspaceSettings, job: &Job, period: Period) -> DateTime<Utc> {
    let due_at = job.due_at(period.end, workspace.workspace.time_zone).unwrap_or_else(|| app.clock.now());
    due_at + job.policy.deadline
}

/// What a report job would issue now about some days of a tenant, whatever is late; as the workspace
/// words it, or the copies that one `reader` gets, as they are worded for this address. Nothing is kept.
pub async fn drafts(
    app: &App,
    workspace: &WorkspaceSettings,
    report: &ReportJob,
    period: Period,
    reader: Option<&str>,
) -> Result<Vec<Draft>, ReportError> {
    let mut copies = report.copies();
    if copies.is_empty() {
        copies = vec![Copy { definition: report.base.clone(), to: Vec::new(), formats: report.formats.clone() }];
    }
    let mut all = Vec::new();
    for copy in copies {
        let (variant, mut audience) = (copy.definition.variant(), app.audience(workspace, &copy));
        if let Some(reader) = reader {
            audience.mail_to.retain(|address| address.eq_ignore_ascii_case(reader));
            let Some(address) = audience.mail_to.first() else { continue };
            audience.locale = audience.locale_of(address);
        }
        let locale = audience.locale;
        let built = draft(app, workspace, report, (copy.definition, period), [locale].into()).await?;
        let document = built.worded(locale).ok_or(ReportError::Unworded(locale))?.clone();
        all.push(Draft { document, data: built.standard, variant, audience });
    }
    Ok(all)
}

/// One report as it would be issued now, in the standard locale and in `locales`.
pub async fn draft(
    app: &App,
    workspace: &WorkspaceSettings,
    report: &ReportJob,
    (definition, period): (Definition, Period),
    locales: BTreeSet<Locale>,
) -> Result<Built, WarehouseError> {
    let now = app.clock.now();
    let request = IssueRequest {
        definition,
        period,
        late: report.late,
        deadline: now,
        is_insisted_on: true,
        corrects: false,
        now,
    };
    let (context, warehouse) = (app.report_context(workspace), app.warehouse.clone());
    in_pool(move || {
        warehouse.snapshot_blocking(|reader| {
            let ready = readiness(reader, &context, &request)?;
            built(reader, &context, &request, &ready, &locales, None)
        })
    })
    .await
}

/// Issues every document of a report job about some days of a tenant.
pub async fn issue_job(
    app: &App,
    workspace: &WorkspaceSettings,
    report: &ReportJob,
    period: Period,
    patience: Deadline,
    corrects: bool,
) -> Result<Vec<Issued>, ReportError> {
    let now = app.clock.now();
    let mut all = Vec::new();
    for copy in report.copies() {
        let (context, audience) = (app.report_context(workspace), app.audience(workspace, &copy));
        let (warehouse, templates) = (app.warehouse.clone(), app.templates());
        let request = IssueRequest {
            definition: copy.definition,
            period,
            late: report.late,
            deadline: match patience {
                Deadline::Until(at) => at,
                Deadline::None => now,
            },
            is_insisted_on: patience == Deadline::None,
            corrects,
            now,
        };
        let stem = request.definition.file_stem(period);
        let (report_id, outcome) =
            in_pool(move || issue_report(&warehouse, &context, &request, &audience, &templates)).await?;
        all.push(Issued { workspace: workspace.workspace.id.clone(), stem, report_id, outcome });
    }
    let held = app.warehouse.read(held).await?;
    if held > 0 {
        tracing::warn!(held, "first reports are held: look at them, then `daybook deliveries release`");
    }
    Ok(all)
}
