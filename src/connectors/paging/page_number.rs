//! Pages by number.

use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::walk::Walk;
use super::{cut_short, number, text};
use crate::connectors::cursor::Cursor;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// `cursor.page` grows by one until the number of pages or of records is reached that the vendor states.
/// Where it states none, until a page has fewer records than `limit` and than the largest before it (vendors
/// cap pages below what is asked), or is empty (`until_empty`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageNumber {
    pub first: u64,
    pub limit: u64,
    pub records_pointer: String,
    pub total_pages_pointer: Option<String>,
    pub total_pages_header: Option<String>,
    pub total_pointer: Option<String>,
    pub total_header: Option<String>,
    /// The number of the page as the vendor repeats it: another than the one asked for is no answer.
    pub echo_pointer: Option<String>,
    pub until_empty: bool,
    /// A first page that states no numbers and is not full is the only one.
    pub may_state_nothing: bool,
}

impl PageNumber {
    pub const WORD: &str = "page_number";
    pub const ABOUT: &str = "`cursor.page` grows by one until the number of pages or of records is reached that the \
                 vendor states. Where it states none, until a page has fewer records than `limit` and than the \
                 largest before it (vendors cap pages below what is asked), or is empty (`until_empty`).";
    pub const HAS_LIMIT: bool = true;

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            first: fields::number(section, "first", "1", "The number of the first page."),
            limit: fields::number(section, "limit", "100", "The records of a full page."),
            records_pointer: fields::text(
                section,
                "records_pointer",
                "\"/results\"",
                "JSON pointer to the list of records; \"\" where the body is the list.",
            ),
            total_pages_pointer: fields::optional_text(
                section,
                "total_pages_pointer",
                "JSON pointer to how many pages there are. A number that changes meanwhile begins the slice anew.",
            ),
            total_pages_header: fields::optional_text(
                section,
                "total_pages_header",
                "The header that says how many pages there are, e.g. `X-WP-TotalPages`.",
            ),
            total_pointer: fields::optional_text(
                section,
                "total_pointer",
                "JSON pointer to how many records there are: readers are told of a list that ends before. A number \
                 that changes meanwhile begins the slice anew.",
            ),
            total_header: fields::optional_text(
                section,
                "total_header",
                "The header that says how many records there are, e.g. `X-Total-Count`.",
            ),
            echo_pointer: fields::optional_text(
                section,
                "echo_pointer",
                "JSON pointer to the number of the page as the vendor repeats it: where it is another than the one \
                 asked for, the slice is read anew.",
            ),
            until_empty: fields::boolean(
                section,
                "until_empty",
                "Ask until a page is empty: for vendors that take records out of pages, so that a page may be short \
                 before the last.",
            ),
            may_state_nothing: fields::boolean(
                section,
                "may_state_nothing",
                "A first page that lacks the numbers and has fewer records than `limit` is the only one: for vendors \
                 that leave them out where there is nothing to go on to.",
            ),
        }
    }

    fn states_pages(&self) -> bool {
        self.total_pages_pointer.is_some() || self.total_pages_header.is_some()
    }

    fn states_records(&self) -> bool {
        self.total_pointer.is_some() || self.total_header.is_some()
    }
}

impl PageKind for PageNumber {
    fn first(&self) -> Cursor {
        Cursor { page: self.first, ..Cursor::default() }
    }

    fn lookups(&self) -> Vec<Lookup> {
        vec![
            Lookup::new(&self.records_pointer, Want::Records { id_field: None }),
            Lookup::either(self.total_pages_pointer.as_deref(), self.total_pages_header.as_deref()),
            Lookup::either(self.total_pointer.as_deref(), self.total_header.as_deref()),
            Lookup::either(self.echo_pointer.as_deref(), None),
        ]
    }

    fn limit(&self) -> Option<u64> {
        Some(self.limit)
    }

    fn list(&self) -> Option<&str> {
        Some(&self.records_pointer)
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        let asked = walk.cursor.page;
        if let Some(sent) = number(found, 3).filter(|sent| *sent != asked) {
            walk.unsteady = Some(format!("the vendor sends page {sent} where page {asked} is asked for"));
            return Ok(true);
        }
        if let Some(odd) = text(found, 3).filter(|_| number(found, 3).is_none()) {
            walk.unsteady = Some(format!("the vendor sends page {odd:?} where page {asked} is asked for"));
            return Ok(true);
        }
        let came = found.first().map_or(0, |records| records.records);
        walk.cursor.page += 1;
        walk.rows += came;
        let (pages, total) = (number(found, 1), number(found, 2));
        if self.states_records() {
            walk.watch(total, true);
            walk.total = total;
        }
        if self.states_pages() {
            walk.watch_pages(pages);
        }
        let done = walk.cursor.page - self.first;
        let is_full = came >= walk.cursor.limit.max(1) || came >= walk.largest;
        walk.largest = walk.largest.max(came);
        match (pages, total) {
            (Some(pages), _) if done >= pages => Ok(false),
            (Some(pages), _) if came == 0 => Err(cut_short(&format!("page {done} of {pages}"))),
            (None, Some(total)) if walk.rows >= total => Ok(false),
            (None, Some(total)) if came == 0 => Err(cut_short(&format!("{} of {total} records", walk.rows))),
            (Some(_), _) | (_, Some(_)) => Ok(true),
            (None, None) if self.may_state_nothing && done == 1 && came < walk.cursor.limit => Ok(false),
            // What it states elsewhere is missing: only an empty page shows the end.
            (None, None) if self.until_empty || self.states_pages() || self.states_records() => Ok(came > 0),
            (None, None) => Ok(came > 0 && is_full),
        }
    }

    fn resize(&self, walk: &mut Walk, limit: u64) -> bool {
        let before = (walk.cursor.page - self.first) * walk.cursor.limit;
        walk.cursor.page = self.first + before / limit;
        walk.largest = 0;
        walk.forget_pages();
        before.is_multiple_of(limit)
    }
}
