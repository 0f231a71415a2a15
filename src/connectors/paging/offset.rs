//! An offset that grows by what came.

use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::walk::Walk;
use super::{cut_short, number};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// `cursor.offset` grows by what came until it reaches the total; without a total, until a page is empty. A
/// total that changes meanwhile begins the slice anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offset {
    pub limit: u64,
    pub total_pointer: Option<String>,
    pub total_header: Option<String>,
    /// JSON pointer to the list of records: a page shorter than `limit` is not skipped over, and an
    /// empty one before the total is an error.
    pub records_pointer: Option<String>,
}

impl Offset {
    pub const WORD: &str = "offset";
    pub const ABOUT: &str = "`cursor.offset` grows by what came until it reaches the total; without a total, \
                 until a page is empty. A total that changes meanwhile begins the slice anew.";
    pub const HAS_LIMIT: bool = true;

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            limit: fields::number(section, "limit", "1000", "The records of a full page."),
            total_pointer: fields::optional_text(
                section,
                "total_pointer",
                "JSON pointer to how many records there are.",
            ),
            total_header: fields::optional_text(
                section,
                "total_header",
                "The header that says how many records there are, e.g. `X-Total-Count`.",
            ),
            records_pointer: fields::optional_text(
                section,
                "records_pointer",
                "JSON pointer to the list of records: a page shorter than `limit` is not skipped \
                 over, and an empty one before the total is an error. Where no total is named, the stream's \
                 `records` if absent.",
            ),
        }
    }

    fn states_total(&self) -> bool {
        self.total_pointer.is_some() || self.total_header.is_some()
    }
}

impl PageKind for Offset {
    fn lookups(&self) -> Vec<Lookup> {
        let records = self.records_pointer.as_ref();
        let records = records.map(|pointer| Lookup::new(pointer, Want::Records { id_field: None }));
        let total = Lookup::either(self.total_pointer.as_deref(), self.total_header.as_deref());
        std::iter::once(total).chain(records).collect()
    }

    fn limit(&self) -> Option<u64> {
        Some(self.limit)
    }

    fn list(&self) -> Option<&str> {
        self.records_pointer.as_deref()
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        let limit = walk.cursor.limit.max(1);
        let total = number(found, 0);
        let came = self.records_pointer.as_ref().and_then(|_| found.get(1)).map(|records| records.records);
        let came = if total.is_none() { came.or(walk.came) } else { came };
        // A page may be shorter than asked for: what comes next begins where it ended.
        walk.cursor.offset += came.map_or(limit, |came| came.min(limit));
        walk.rows += came.unwrap_or(0);
        if self.states_total() {
            walk.watch(total, came.is_some());
        }
        match (total, came) {
            (Some(total), Some(0)) if walk.cursor.offset < total => {
                Err(cut_short(&format!("{} of {total} records", walk.cursor.offset)))
            }
            (Some(total), _) => Ok(walk.cursor.offset < total),
            // Without a total only an empty page shows that there is no more: vendors cap pages.
            (None, Some(came)) => Ok(came > 0),
            (None, None) => {
                let note = "the vendor does not say how many records there are, and the pager's records_pointer, by which an empty page would be seen, is not set";
                Err(ConnectorError::UnexpectedPayload { note: note.to_owned() })
            }
        }
    }
}
