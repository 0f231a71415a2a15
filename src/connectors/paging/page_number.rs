//! Pages by number.

use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::walk::Walk;
use crate::connectors::cursor::Cursor;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// `cursor.page` grows by one until a page has fewer records than `limit` and than the largest
/// before it: vendors cap pages below what is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageNumber {
    pub first: u64,
    pub limit: u64,
    pub records_pointer: String,
}

impl PageNumber {
    pub const WORD: &str = "page_number";
    pub const ABOUT: &str = "`cursor.page` grows by one until a page has fewer records than `limit` and than the \
                 largest before it: vendors cap pages below what is asked.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            first: fields::number(section, "first", "1", "The number of the first page."),
            limit: fields::number(section, "limit", "100", "The records of a full page."),
            records_pointer: fields::text(
                section,
                "records_pointer",
                "\"/results\"",
                "JSON pointer to the list of records.",
            ),
        }
    }
}

impl PageKind for PageNumber {
    fn first(&self) -> Cursor {
        Cursor { page: self.first, ..Cursor::default() }
    }

    fn lookups(&self) -> Vec<Lookup> {
        vec![Lookup::new(&self.records_pointer, Want::Records { id_field: None })]
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        walk.cursor.page += 1;
        let came = found.first().map_or(0, |records| records.records);
        let is_full = came >= self.limit.max(1) || came >= walk.largest;
        walk.largest = walk.largest.max(came);
        Ok(came > 0 && is_full)
    }
}
