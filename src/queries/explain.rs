//! Where a printed figure comes from.

use crate::app::{App, AppError};
use crate::jobs::explain;
use crate::warehouse::issued::{self, LoadLine, Receipt};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// A figure of an issued report, and what it rests on. Instants are UTC, days the workspace's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// As it was issued.
    pub receipt: Receipt,
    pub report_id: String,
    pub workspace: String,
    pub issued_at: DateTime<Utc>,
    /// The formula as it is today.
    pub definition: String,
    pub meanings: Vec<Meaning>,
    /// Days and part of the workspace, in words.
    pub filters: Vec<String>,
    /// Gives the value again on the warehouse's file.
    pub sql: String,
    /// What the figure is now, exactly; absent where it has no value.
    pub value_now: Option<String>,
    /// The same as printed, with its unit.
    pub text_now: String,
    pub loads: Vec<LoadLine>,
    pub freshness: Vec<Freshness>,
}

/// What a metric in the figure means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meaning {
    pub label: String,
    pub about: String,
}

/// How far a source of the figure reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// Connection and stream.
    pub source: String,
    pub label: String,
    /// The last day up to which every part is there.
    pub whole_through: Option<NaiveDate>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub settles_after_days: u32,
}

/// The figure of a receipt.
///
/// # Errors
/// No issued report holds it, its workspace is gone, or another version of Daybook kept it.
pub fn explain(app: &App, receipt: &str) -> Result<Explanation, AppError> {
    let found = app.warehouse.read_blocking(|reader| {
        let Some((report_id, receipt)) = issued::receipt(reader, receipt)? else { return Ok(None) };
        Ok(issued::issued(reader, &report_id)?.map(|report| (report, receipt)))
    })?;
    let (report, receipt) =
        found.ok_or_else(|| AppError::Usage(format!("no issued report holds the receipt {receipt:?}")))?;
    let workspace = app.settings.workspace(&report.workspace).ok_or_else(|| {
        AppError::Usage(format!(
            "the receipt is of the workspace {}, which is not configured any more",
            report.workspace
        ))
    })?;
    let context = app.report_context(workspace);
    let explained = app.warehouse.snapshot_blocking(|reader| explain::explain(reader, &context, &receipt))?;
    let explained = explained.ok_or_else(|| {
        AppError::Usage("the receipt was kept by another version of Daybook, which knows what it stands for".to_owned())
    })?;
    Ok(Explanation {
        receipt,
        report_id: report.report_id,
        workspace: report.workspace,
        issued_at: report.issued_at,
        definition: explained.definition,
        meanings: explained.meanings.into_iter().map(|(label, about)| Meaning { label, about }).collect(),
        filters: explained.filters,
        sql: explained.sql,
        value_now: explained.now.map(|value| value.normalize().to_string()),
        text_now: explained.now_text,
        loads: explained.loads,
        freshness: explained
            .freshness
            .into_iter()
            .map(|source| Freshness {
                whole_through: source.whole_through(),
                source: source.source,
                label: source.label,
                last_success_at: source.last_success_at,
                settles_after_days: source.settles_after_days,
            })
            .collect(),
    })
}
