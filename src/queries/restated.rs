//! Figures of an issued report that would be printed otherwise now.

use crate::app::{App, AppError};
use crate::jobs::restatement::{StoredReceipt, differences};
use crate::warehouse::issued::{Issued, receipts};
use serde::Serialize;

/// An issued report held against what is known now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restated {
    pub report_id: String,
    /// How many figures it has.
    pub figures: usize,
    pub differences: Vec<Difference>,
}

/// A figure that is another one now; as printed, with its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub figure: String,
    pub said: String,
    pub now: String,
    pub why: String,
}

/// Holds every figure of an issued report against what is known now.
///
/// # Errors
/// The report's workspace is not configured any more.
pub fn restated(app: &App, issued: &Issued) -> Result<Restated, AppError> {
    let workspace = app.settings.workspace(&issued.workspace).ok_or_else(|| {
        AppError::Usage(format!(
            "the report is of the workspace {}, which is not configured any more",
            issued.workspace
        ))
    })?;
    let context = app.report_context(workspace);
    let (differing, figures) = app.warehouse.snapshot_blocking(|reader| {
        Ok((differences(reader, &context, issued)?, receipts(reader, &issued.report_id)?.len()))
    })?;
    let differences = differing.into_iter().map(|item| {
        let kept = StoredReceipt { basis: item.basis, unit: item.unit, value: item.said.value };
        let now = kept.text(item.now, &context);
        Difference { figure: item.label, said: item.said.text, now, why: item.why }
    });
    Ok(Restated { report_id: issued.report_id.clone(), figures, differences: differences.collect() })
}
