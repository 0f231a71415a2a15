//! An offset that grows by what came.

use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::text;
use super::walk::Walk;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// `cursor.offset` grows by what came until it reaches the total; without a total, until a page has
/// fewer than `limit` records. A total that changes meanwhile begins the slice anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offset {
    pub limit: u64,
    pub total_pointer: String,
    /// JSON pointer to the list of records: a page shorter than `limit` is not skipped over, and an
    /// empty one before the total is an error.
    pub records_pointer: Option<String>,
}

impl Offset {
    pub const WORD: &str = "offset";
    pub const ABOUT: &str = "`cursor.offset` grows by what came until it reaches the total; without a total, \
                 until a page has fewer than `limit` records. A total that changes meanwhile begins \
                 the slice anew.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            limit: fields::number(section, "limit", "1000", "The records of a full page."),
            total_pointer: fields::text(
                section,
                "total_pointer",
                "\"/rowCount\"",
                "JSON pointer to how many records there are.",
            ),
            records_pointer: fields::optional_text(
                section,
                "records_pointer",
                "JSON pointer to the list of records: a page shorter than `limit` is not skipped \
                 over, and an empty one before the total is an error.",
            ),
        }
    }
}

impl PageKind for Offset {
    fn lookups(&self) -> Vec<Lookup> {
        let records = self.records_pointer.as_ref();
        let records = records.map(|pointer| Lookup::new(pointer, Want::Records { id_field: None }));
        std::iter::once(Lookup::new(&self.total_pointer, Want::Scalar)).chain(records).collect()
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        let limit = self.limit.max(1);
        let total: Option<u64> = text(found, 0).and_then(|total| total.parse().ok());
        let came = self.records_pointer.as_ref().and_then(|_| found.get(1)).map(|records| records.records);
        // A page may be shorter than asked for: what comes next begins where it ended.
        walk.cursor.offset += came.map_or(limit, |came| came.min(limit));
        walk.rows += came.unwrap_or(0);
        walk.watch(total, came.is_some());
        match (total, came) {
            (Some(total), Some(0)) if walk.cursor.offset < total => Err(cut_short(walk.cursor.offset, total)),
            (Some(total), _) => Ok(walk.cursor.offset < total),
            // Without a total only a full page shows that there may be more.
            (None, came) => Ok(came.is_some_and(|came| came >= limit)),
        }
    }
}

/// A list that ended before its stated total; asked for again, it may be whole.
fn cut_short(came: u64, total: u64) -> ConnectorError {
    ConnectorError::Unavailable { note: format!("the vendor's list ends after {came} of {total} records") }
}
