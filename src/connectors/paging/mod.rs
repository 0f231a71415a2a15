//! How to ask for the next page, and when to stop.
//!
//! # Adding one
//!
//! A pager is a variant of `PagingSpec` in `src/connectors/spec/stream.rs` and two arms here: [`Pager::lookups`] says
//! what to look up in each page, [`Pager::advance`] moves the cursor on or ends. What requests see of it is a field
//! of `Cursor` in `src/connectors/template.rs`. Write the schema again (`the_committed_schemas_are_current` says
//! how). It is done when tests here show the last page, an empty one, and a vendor that sends the same cursor twice.

mod part;
mod scan;
mod softly;

use super::error::ConnectorError;
use super::spec::PagingSpec;
use super::template::Cursor;
use crate::support::shown::cut_line;
pub use scan::{Found, Lookup, Want, scan, scan_stream};
pub use softly::{scan_softly, scan_stream_softly};
use std::collections::HashSet;

/// No stream has more pages in a slice than this.
const MOST_PAGES: u64 = 200_000;

/// Walks the pages of one query.
#[derive(Debug)]
pub struct Pager<'a> {
    spec: &'a PagingSpec,
    cursor: Cursor,
    seen: HashSet<String>,
    pages: u64,
    /// Rows since the query began or began again.
    rows: u64,
    /// Records of the largest page so far.
    largest: u64,
    /// What the query has by its vendor's own count, known at its end.
    total: Option<u64>,
    /// The count that the first page stated, and what is wrong with it since.
    first_total: Option<u64>,
    unsteady: Option<String>,
}

impl<'a> Pager<'a> {
    pub fn new(spec: &'a PagingSpec) -> Self {
        let page = if let PagingSpec::PageNumber { first, .. } = spec { *first } else { 0 };
        let cursor = Cursor { page, ..Cursor::default() };
        Self {
            spec,
            cursor,
            seen: HashSet::new(),
            pages: 0,
            rows: 0,
            largest: 0,
            total: None,
            first_total: None,
            unsteady: None,
        }
    }

    /// What the next request's templates see.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// What has to be looked up in each page.
    pub fn lookups(&self) -> Vec<Lookup> {
        match self.spec {
            PagingSpec::None => Vec::new(),
            PagingSpec::NextToken { pointer, restart, total_pointer, .. } => {
                let mut lookups = vec![Lookup::new(pointer, Want::Scalar)];
                lookups.extend(restart.as_ref().map(|restart| {
                    Lookup::new(&restart.records_pointer, Want::Records { id_field: Some(restart.id_field.clone()) })
                }));
                lookups.extend(total_pointer.as_ref().map(|pointer| Lookup::new(pointer, Want::Scalar)));
                lookups
            }
            PagingSpec::Offset { total_pointer, records_pointer, .. } => {
                let records = records_pointer.as_ref();
                let records = records.map(|pointer| Lookup::new(pointer, Want::Records { id_field: None }));
                std::iter::once(Lookup::new(total_pointer, Want::Scalar)).chain(records).collect()
            }
            PagingSpec::PageNumber { records_pointer, .. } => {
                vec![Lookup::new(records_pointer, Want::Records { id_field: None })]
            }
            PagingSpec::StartingAfter { records_pointer, id_field, has_more_pointer } => vec![
                Lookup::new(has_more_pointer, Want::Scalar),
                Lookup::new(records_pointer, Want::Records { id_field: Some(id_field.clone()) }),
            ],
            PagingSpec::NextUrl { pointer } => vec![Lookup::new(pointer, Want::Scalar)],
        }
    }

    /// Moves on by what a page held; `false` when it was the last. `found` answers
    /// [`Pager::lookups`]. A vendor that sends the same cursor twice is an error, not a loop.
    pub fn advance(&mut self, found: &[Found]) -> Result<bool, ConnectorError> {
        self.pages += 1;
        if self.pages > MOST_PAGES {
            let note = format!("the vendor sends more than {MOST_PAGES} pages");
            return Err(ConnectorError::UnexpectedPayload { note });
        }
        let text = |index: usize| found.get(index).and_then(Found::text);
        match self.spec {
            PagingSpec::None => Ok(false),
            PagingSpec::NextToken { percent_encoded, restart, total_pointer, .. } => {
                self.rows += found.get(1).map_or(0, |records| records.records);
                if let Some(restart) = restart
                    && self.rows >= restart.rows
                    && let Some(last) = found.get(1).and_then(|records| records.last_id.clone())
                {
                    self.once(&format!("above {last}"))?;
                    self.rows = 0;
                    self.cursor = Cursor { floor: last, ..Cursor::default() };
                    return Ok(true);
                }
                let Some(token) = text(0) else {
                    self.total = total_pointer.as_ref().and_then(|_| text(2)?.parse().ok());
                    return Ok(false);
                };
                let token = if *percent_encoded { decode(&token) } else { token };
                self.once(&format!("{}/{token}", self.cursor.floor))?;
                self.cursor.token = token;
                Ok(true)
            }
            PagingSpec::Offset { limit, records_pointer, .. } => {
                let limit = (*limit).max(1);
                let total: Option<u64> = text(0).and_then(|total| total.parse().ok());
                let came = records_pointer.as_ref().and_then(|_| found.get(1)).map(|records| records.records);
                // A page may be shorter than asked for: what comes next begins where it ended.
                self.cursor.offset += came.map_or(limit, |came| came.min(limit));
                self.rows += came.unwrap_or(0);
                self.watch(total, came.is_some());
                match (total, came) {
                    (Some(total), Some(0)) if self.cursor.offset < total => Err(cut_short(self.cursor.offset, total)),
                    (Some(total), _) => Ok(self.cursor.offset < total),
                    // Without a total only a full page shows that there may be more.
                    (None, came) => Ok(came.is_some_and(|came| came >= limit)),
                }
            }
            PagingSpec::PageNumber { limit, .. } => {
                self.cursor.page += 1;
                let came = found.first().map_or(0, |records| records.records);
                let is_full = came >= (*limit).max(1) || came >= self.largest;
                self.largest = self.largest.max(came);
                Ok(came > 0 && is_full)
            }
            PagingSpec::StartingAfter { .. } => {
                match text(0).as_deref() {
                    Some("true") => {}
                    Some("false") => return Ok(false),
                    _ => {
                        let note = "the vendor does not say whether there is more".to_owned();
                        return Err(ConnectorError::UnexpectedPayload { note });
                    }
                }
                let last = found.get(1).and_then(|records| records.last_id.clone()).ok_or_else(|| {
                    let note = "the vendor says there is more, but the page has no last id".to_owned();
                    ConnectorError::UnexpectedPayload { note }
                })?;
                self.once(&last)?;
                self.cursor.after = last;
                Ok(true)
            }
            PagingSpec::NextUrl { .. } => {
                let Some(url) = text(0) else { return Ok(false) };
                self.once(&url)?;
                self.cursor.url = Some(url);
                Ok(true)
            }
        }
    }

    /// Notes that a list is not the one that its first page was of: what is before an offset may have
    /// come and gone.
    fn watch(&mut self, total: Option<u64>, is_counted: bool) {
        match (self.first_total, total) {
            (None, _) if self.pages == 1 => self.first_total = total,
            (first, now) if first != now => {
                let said = |count: Option<u64>| count.map_or_else(|| "no number".to_owned(), |count| count.to_string());
                self.unsteady = Some(format!(
                    "the vendor's list changes while it is read: of {} records, then of {}",
                    said(first),
                    said(now)
                ));
            }
            (Some(first), _) if is_counted && self.rows > first => {
                self.unsteady = Some(format!("the vendor's list has {} records where it says {first}", self.rows));
            }
            _ => {}
        }
    }

    /// Why the pages so far are no list, where they are none: it is to be read anew.
    pub fn unsteady(&self) -> Option<String> {
        self.unsteady.clone()
    }

    /// That a query ended before it had what it says it has, but for half a percent, in words. Counts of
    /// search indexes are not exact.
    pub fn shortfall(&self) -> Option<String> {
        let total = self.total.filter(|total| (total.saturating_sub(self.rows)) * 200 > *total)?;
        Some(format!("the vendor lists {} of {total} records", self.rows))
    }

    fn once(&mut self, cursor: &str) -> Result<(), ConnectorError> {
        if self.seen.insert(cursor.to_owned()) {
            return Ok(());
        }
        let shown = cut_line(cursor, 60);
        let note =
            format!("the vendor repeats the page cursor {shown:?} (after {} pages): it would never end", self.pages);
        Err(ConnectorError::UnexpectedPayload { note })
    }
}

/// A list that ended before its stated total; asked for again, it may be whole.
fn cut_short(came: u64, total: u64) -> ConnectorError {
    ConnectorError::Unavailable { note: format!("the vendor's list ends after {came} of {total} records") }
}

fn decode(token: &str) -> String {
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::spec::RestartSpec;
    use serde_json::Value;

    fn value(text: &str) -> Found {
        Found { value: Some(Value::from(text)), ..Found::default() }
    }

    fn records(records: u64, last: &str) -> Found {
        Found { records, last_id: Some(last.to_owned()), ..Found::default() }
    }

    #[test]
    fn a_token_that_comes_again_ends_with_a_clear_error() {
        let spec = PagingSpec::NextToken {
            pointer: "/next".to_owned(),
            percent_encoded: true,
            restart: None,
            total_pointer: None,
        };
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[value("Mw%3D%3D")]), Ok(true));
        assert_eq!(pager.cursor().token, "Mw==");
        let error = pager.advance(&[value("Mw%3D%3D")]).expect_err("a loop");
        assert!(error.to_string().contains("repeats the page cursor"), "{error}");
    }

    #[test]
    fn a_capped_search_begins_again_above_the_last_id() {
        let restart = RestartSpec { rows: 400, records_pointer: "/results".to_owned(), id_field: "id".to_owned() };
        let spec = PagingSpec::NextToken {
            pointer: "/next".to_owned(),
            percent_encoded: false,
            restart: Some(restart),
            total_pointer: Some("/total".to_owned()),
        };
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
        let spec = PagingSpec::Offset { limit: 10, total_pointer, records_pointer };
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[value("20")]), Ok(true));
        assert_eq!(pager.advance(&[Found { value: Some(Value::from(20)), ..Found::default() }]), Ok(false));
        assert_eq!(Pager::new(&spec).advance(&[Found::default()]), Ok(false));
    }

    #[test]
    fn a_list_whose_total_changes_or_is_exceeded_is_to_be_read_anew() {
        // PostHog/posthog#69948, plausible/analytics#4572
        let (total_pointer, records_pointer) = ("/rowCount".to_owned(), Some("/rows".to_owned()));
        let spec = PagingSpec::Offset { limit: 40, total_pointer, records_pointer };
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
        let spec = PagingSpec::Offset { limit: 10, total_pointer, records_pointer };
        let rows = |rows| Found { records: rows, ..Found::default() };
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[value("9"), rows(4)]), Ok(true));
        assert_eq!(pager.cursor().offset, 4, "the vendor caps pages at 4");
        assert!(pager.advance(&[value("9"), rows(0)]).is_err_and(|e| e.to_string().contains("4 of 9")));
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[Found::default(), rows(10)]), Ok(true), "a full page, and no total");
        assert_eq!(pager.advance(&[Found::default(), rows(3)]), Ok(false));

        let spec = PagingSpec::PageNumber { first: 1, limit: 100, records_pointer: "/rows".to_owned() };
        let mut pager = Pager::new(&spec);
        let ends: Vec<bool> = [50, 50, 20].map(|came| pager.advance(&[rows(came)]).expect("a page")).into();
        assert_eq!(ends, [true, true, false], "the vendor caps pages at 50");
        assert_eq!(Pager::new(&spec).advance(&[rows(0)]), Ok(false));
    }

    #[test]
    fn starting_after_follows_the_last_id_while_there_is_more() {
        let spec = PagingSpec::StartingAfter {
            records_pointer: "/data".to_owned(),
            id_field: "id".to_owned(),
            has_more_pointer: "/has_more".to_owned(),
        };
        let more = |more: bool| Found { value: Some(Value::from(more)), ..Found::default() };
        let mut pager = Pager::new(&spec);
        assert_eq!(pager.advance(&[more(true), records(100, "ch_9")]), Ok(true));
        assert_eq!(pager.cursor().after, "ch_9");
        assert_eq!(pager.advance(&[more(false), records(1, "ch_1")]), Ok(false));
        assert!(Pager::new(&spec).advance(&[more(true), Found::default()]).is_err());
        assert!(Pager::new(&spec).advance(&[Found::default(), records(100, "ch_9")]).is_err(), "nothing is said");
    }
}
