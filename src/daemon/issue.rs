//! Issuing a report: built from the warehouse, rendered, and entered into the books once.

use super::App;
use crate::config::{ReportJob, WorkspaceSettings};
use crate::jobs::report::{ReportError, build_daily, new_report, render_all};
use crate::support::blocking::off_thread;
use crate::warehouse::WarehouseError;
use crate::warehouse::outbox::{is_issued, issue};
use chrono::NaiveDate;

/// Whether a report was issued now or had been before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub workspace: String,
    pub date: NaiveDate,
    pub report_id: String,
    pub is_new: bool,
    pub gaps: usize,
}

/// A report could not be issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Issues a job's report of a day, with its messages, unless it was issued before.
pub async fn issue_report(
    app: &App,
    workspace: &WorkspaceSettings,
    job: &ReportJob,
    date: NaiveDate,
) -> Result<Issued, IssueError> {
    let context = app.report_context(workspace);
    let (audience, templates) = (app.audience(workspace, job), app.templates.clone());
    let (warehouse, now) = (app.warehouse.clone(), app.clock.now());
    off_thread(move || {
        let (document, receipts) = warehouse.read_blocking(|reader| build_daily(reader, &context, date, now))?;
        let mut issued = Issued {
            workspace: document.workspace_id.clone(),
            date,
            report_id: document.id.clone(),
            is_new: false,
            gaps: document.gaps.len(),
        };
        if warehouse.read_blocking(|reader| is_issued(reader, &document.id))? {
            return Ok(issued);
        }
        let rendered = render_all(&document, &templates)?;
        let new = new_report(&document, receipts, &rendered, &audience, &templates)?;
        issued.is_new = warehouse.write_blocking(move |connection| issue(connection, &new, now))?;
        Ok(issued)
    })
    .await
}
