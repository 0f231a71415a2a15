//! Issuing a job's reports: each copy built from the warehouse, rendered, and entered into the books once.

use super::App;
use crate::config::jobs::Copy;
use crate::config::{Job, ReportJob, WorkspaceSettings};
use crate::domain::period::Period;
use crate::jobs::issue::{Order, Outcome, document, issue_order, readiness};
use crate::jobs::preview::Draft;
use crate::jobs::report::ReportError;
use crate::report::definition::Definition;
use crate::report::document::Document;
use crate::support::blocking::off_thread;
use crate::warehouse::WarehouseError;
use chrono::{DateTime, Utc};

/// A report, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub workspace: String,
    /// Names its files, e.g. `daily-2026-11-20`.
    pub stem: String,
    pub report_id: String,
    pub outcome: Outcome,
}

/// How patient an order is with late data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
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

/// What a report job would issue now about some days of a tenant, whatever is late. Nothing is kept.
pub async fn drafts(
    app: &App,
    workspace: &WorkspaceSettings,
    report: &ReportJob,
    period: Period,
) -> Result<Vec<Draft>, WarehouseError> {
    let mut copies = report.copies();
    if copies.is_empty() {
        copies = vec![Copy { definition: report.base.clone(), to: Vec::new(), formats: report.formats.clone() }];
    }
    let mut all = Vec::new();
    for copy in copies {
        let (variant, audience) = (copy.definition.variant(), app.audience(workspace, &copy));
        let document = draft(app, workspace, report, copy.definition, period).await?;
        all.push(Draft { document, variant, audience });
    }
    Ok(all)
}

/// One document as it would be issued now.
pub async fn draft(
    app: &App,
    workspace: &WorkspaceSettings,
    report: &ReportJob,
    definition: Definition,
    period: Period,
) -> Result<Document, WarehouseError> {
    let now = app.clock.now();
    let order = Order { definition, period, late: report.late, deadline: now, is_insisted_on: true, now };
    let (context, warehouse) = (app.report_context(workspace), app.warehouse.clone());
    let built = off_thread(move || {
        warehouse.snapshot_blocking(|reader| {
            let decision = readiness(reader, &context, &order)?;
            document(reader, &context, &order, &decision)
        })
    });
    Ok(built.await?.0)
}

/// Issues every document of a report job about some days of a tenant.
pub async fn issue_job(
    app: &App,
    workspace: &WorkspaceSettings,
    report: &ReportJob,
    period: Period,
    patience: Patience,
) -> Result<Vec<Issued>, ReportError> {
    let now = app.clock.now();
    let mut all = Vec::new();
    for copy in report.copies() {
        let (context, audience) = (app.report_context(workspace), app.audience(workspace, &copy));
        let (warehouse, templates) = (app.warehouse.clone(), app.templates.clone());
        let order = Order {
            definition: copy.definition,
            period,
            late: report.late,
            deadline: match patience {
                Patience::Until(at) => at,
                Patience::None => now,
            },
            is_insisted_on: patience == Patience::None,
            now,
        };
        let stem = order.definition.file_stem(period);
        let (report_id, outcome) =
            off_thread(move || issue_order(&warehouse, &context, &order, &audience, &templates)).await?;
        all.push(Issued { workspace: workspace.workspace.id.clone(), stem, report_id, outcome });
    }
    Ok(all)
}
