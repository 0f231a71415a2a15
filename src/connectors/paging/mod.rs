//! How to ask for the next page, and when to stop.
//!
//! # Adding one
//!
//! A pager is a file here (its keys, what it looks up in each page, and how the cursor moves on or ends) and its name in
//! the list of `src/connectors/paging/spec.rs`. What requests see of it is a field of `Cursor` in
//! `src/connectors/cursor.rs`. Write the schema again (`the_committed_schemas_are_current` says how). It is done when
//! tests show the last page, an empty one, and a vendor that sends the same cursor twice.

mod kind;
mod next_token;
mod next_url;
mod offset;
mod page_number;
mod part;
mod scan;
mod softly;
mod spec;
mod starting_after;
mod walk;

pub use scan::{Found, Lookup, Want, scan, scan_stream};
pub use softly::{scan_softly, scan_stream_softly};
pub use spec::PagingSpec;

use super::cursor::Cursor;
use super::error::ConnectorError;
use walk::Walk;

/// No stream has more pages in a slice than this.
const MOST_PAGES: u64 = 200_000;

/// Walks the pages of one query.
#[derive(Debug)]
pub struct Pager<'a> {
    spec: &'a PagingSpec,
    walk: Walk,
}

impl<'a> Pager<'a> {
    pub fn new(spec: &'a PagingSpec) -> Self {
        let cursor = spec.kind().map(|kind| kind.first()).unwrap_or_default();
        Self { spec, walk: Walk::from(cursor) }
    }

    /// What the next request's templates see.
    pub fn cursor(&self) -> &Cursor {
        &self.walk.cursor
    }

    /// What has to be looked up in each page.
    pub fn lookups(&self) -> Vec<Lookup> {
        self.spec.kind().map(|kind| kind.lookups()).unwrap_or_default()
    }

    /// Moves on by what a page held; `false` when it was the last. `found` answers
    /// [`Pager::lookups`]. A vendor that sends the same cursor twice is an error, not a loop.
    pub fn advance(&mut self, found: &[Found]) -> Result<bool, ConnectorError> {
        self.walk.pages += 1;
        if self.walk.pages > MOST_PAGES {
            let note = format!("the vendor sends more than {MOST_PAGES} pages");
            return Err(ConnectorError::UnexpectedPayload { note });
        }
        self.spec.kind().map_or(Ok(false), |kind| kind.advance(&mut self.walk, found))
    }

    /// Why the pages so far are no list, where they are none: it is to be read anew.
    pub fn unsteady(&self) -> Option<String> {
        self.walk.unsteady.clone()
    }

    /// That a query ended before it had what it says it has, but for half a percent, in words. Counts of
    /// search indexes are not exact.
    pub fn shortfall(&self) -> Option<String> {
        let total = self.walk.total.filter(|total| (total.saturating_sub(self.walk.rows)) * 200 > *total)?;
        Some(format!("the vendor lists {} of {total} records", self.walk.rows))
    }
}

/// The text of the lookup at `index`.
fn text(found: &[Found], index: usize) -> Option<String> {
    found.get(index).and_then(Found::text)
}

#[cfg(test)]
mod tests {
    use super::next_token::{NextToken, RestartSpec};
    use super::offset::Offset;
    use super::page_number::PageNumber;
    use super::starting_after::StartingAfter;
    use super::*;
    use serde_json::Value;

    fn value(text: &str) -> Found {
        Found { value: Some(Value::from(text)), ..Found::default() }
    }

    fn records(records: u64, last: &str) -> Found {
        Found { records, last_id: Some(last.to_owned()), ..Found::default() }
    }

    #[test]
    fn a_token_that_comes_again_ends_with_a_clear_error() {
        let spec = PagingSpec::NextToken(NextToken {
            pointer: "/next".to_owned(),
            percent_encoded: true,
            restart: None,
            total_pointer: None,
        });
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[value("Mw%3D%3D")]), Ok(true));
        assert_eq!(pager.cursor().token, "Mw==");
        let error = pager.advance(&[value("Mw%3D%3D")]).expect_err("a loop");
        assert!(error.to_string().contains("repeats the page cursor"), "{error}");
    }

    #[test]
    fn a_capped_search_begins_again_above_the_last_id() {
        let restart = RestartSpec { rows: 400, records_pointer: "/results".to_owned(), id_field: "id".to_owned() };
        let spec = PagingSpec::NextToken(NextToken {
            pointer: "/next".to_owned(),
            percent_encoded: false,
            restart: Some(restart),
            total_pointer: Some("/total".to_owned()),
        });
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[value("200"), records(200, "17")]), Ok(true));
        assert_eq!(pager.advance(&[value("400"), records(200, "35")]), Ok(true));
        assert_eq!((pager.cursor().floor.as_str(), pager.cursor().token.as_str()), ("35", ""));
        assert_eq!(pager.advance(&[value("200"), records(200, "52")]), Ok(true));
        assert_eq!((pager.cursor().floor.as_str(), pager.cursor().token.as_str()), ("35", "200"));
        assert_eq!(pager.advance(&[Found::default(), records(3, "55"), value("203")]), Ok(false));
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[Found::default(), records(3, "55"), value("203")]), Ok(false));
        assert_eq!(pager.shortfall().as_deref(), Some("the vendor lists 3 of 203 records"));
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[Found::default(), records(399, "55"), value("400")]), Ok(false));
        assert_eq!(pager.shortfall(), None, "half a percent");
    }

    #[test]
    fn offsets_reach_the_total_whether_number_or_text() {
        let (total_pointer, records_pointer) = ("/rowCount".to_owned(), None);
        let spec = PagingSpec::Offset(Offset { limit: 10, total_pointer, records_pointer });
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[value("20")]), Ok(true));
        assert_eq!(pager.advance(&[Found { value: Some(Value::from(20)), ..Found::default() }]), Ok(false));
        assert_eq!(Pager::new(&spec).advance(&[Found::default()]), Ok(false));
    }

    #[test]
    fn a_list_whose_total_changes_or_is_exceeded_is_to_be_read_anew() {
        // PostHog/posthog#69948, plausible/analytics#4572
        let (total_pointer, records_pointer) = ("/rowCount".to_owned(), Some("/rows".to_owned()));
        let spec = PagingSpec::Offset(Offset { limit: 40, total_pointer, records_pointer });
        let rows = |rows| Found { records: rows, ..Found::default() };
        let after = |pages: &[(&str, u64)]| {
            let mut pager = Pager::new(&spec);
            pages.iter().for_each(|(total, came)| {
                let _ = pager.advance(&[value(total), rows(*came)]).expect("a page");
            });
            pager.unsteady()
        };
        assert!(after(&[("60", 40), ("50", 10)]).is_some_and(|why| why.contains("of 60 records, then of 50")));
        assert!(after(&[("60", 40), ("60", 25)]).is_some_and(|why| why.contains("has 65 records where it says 60")));
        assert!(after(&[("60", 40), ("", 20)]).is_some_and(|why| why.contains("no number")));
        assert_eq!((after(&[("60", 40), ("60", 20)]), after(&[("", 0)])), (None, None));
    }

    #[test]
    fn a_capped_page_a_missing_total_and_an_empty_page_do_not_end_a_list_in_silence() {
        let (total_pointer, records_pointer) = ("/rowCount".to_owned(), Some("/rows".to_owned()));
        let spec = PagingSpec::Offset(Offset { limit: 10, total_pointer, records_pointer });
        let rows = |rows| Found { records: rows, ..Found::default() };
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[value("9"), rows(4)]), Ok(true));
        assert_eq!(pager.cursor().offset, 4, "the vendor caps pages at 4");
        assert!(pager.advance(&[value("9"), rows(0)]).is_err_and(|e| e.to_string().contains("4 of 9")));
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[Found::default(), rows(10)]), Ok(true), "a full page, and no total");
        assert_eq!(pager.advance(&[Found::default(), rows(3)]), Ok(false));

        let spec = PagingSpec::PageNumber(PageNumber { first: 1, limit: 100, records_pointer: "/rows".to_owned() });
        let mut pager = Pager::new(&spec);
        let ends: Vec<bool> = [50, 50, 20].map(|came| pager.advance(&[rows(came)]).expect("a page")).into();
        assert_eq!(ends, [true, true, false], "the vendor caps pages at 50");
        assert_eq!(Pager::new(&spec).advance(&[rows(0)]), Ok(false));
    }

    #[test]
    fn starting_after_follows_the_last_id_while_there_is_more() {
        let spec = PagingSpec::StartingAfter(StartingAfter {
            records_pointer: "/data".to_owned(),
            id_field: "id".to_owned(),
            has_more_pointer: "/has_more".to_owned(),
        });
        let more = |more: bool| Found { value: Some(Value::from(more)), ..Found::default() };
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[more(true), records(100, "ch_9")]), Ok(true));
        assert_eq!(pager.cursor().after, "ch_9");
        assert_eq!(pager.advance(&[more(false), records(1, "ch_1")]), Ok(false));
        assert!(Pager::new(&spec).advance(&[more(true), Found::default()]).is_err());
        assert!(Pager::new(&spec).advance(&[Found::default(), records(100, "ch_9")]).is_err(), "nothing is said");
    }
}
