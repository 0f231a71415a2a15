//! How to ask for the next page, and when to stop.
//!
//! # Adding one
//!
//! A pager is a file here (its keys, what it looks up in each page or in its headers, and how the cursor moves on
//! or ends) and its name in the list of `src/connectors/paging/spec.rs`; keys that every pager has are those of
//! `Bounds` there. What requests see of it is a field of `Cursor` in `src/connectors/cursor.rs`. No list may end
//! in silence before it is whole: what ends it is the vendor's word or an empty page. Write the schema again
//! (`the_committed_schemas_are_current` says how). It is done when tests show the last page, an empty one, a vendor
//! that caps its pages, and one that sends the same cursor or page twice.

mod flag;
mod headers;
mod kind;
mod link_header;
mod next_token;
mod next_url;
mod offset;
mod page_number;
mod part;
mod scan;
mod search_after;
mod softly;
mod spec;
mod starting_after;
mod stop;
#[cfg(test)]
mod tests;
mod token_header;
mod walk;

pub use headers::{answer as answer_headers, value as header_value};
pub use scan::{Found, Lookup, Want, scan, scan_stream};
pub use softly::{scan_softly, scan_stream_softly};
pub use spec::PagingSpec;

use super::cursor::Cursor;
use super::error::ConnectorError;
pub use stop::Stop;
use walk::Walk;

/// No stream has more pages in a slice than this.
const MOST_PAGES: u64 = 200_000;

/// Walks the pages of one query.
#[derive(Debug)]
pub struct Pager<'a> {
    spec: &'a PagingSpec,
    /// JSON pointer to the list of records.
    list: Option<String>,
    /// Where the instant of a record is, and the instant before which no more pages are wanted.
    stop: Option<(String, Stop)>,
    walk: Walk,
}

/// How a query goes on with smaller pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smaller {
    /// The same place is asked for again.
    Again,
    /// All is asked for again.
    Anew,
    /// Pages are as small as they may be.
    Never,
}

impl<'a> Pager<'a> {
    pub fn new(spec: &'a PagingSpec) -> Self {
        let limit = spec.limit().unwrap_or_default();
        Self {
            spec,
            list: spec.kind().and_then(|kind| kind.list()).map(str::to_owned),
            stop: None,
            walk: begun(spec, limit),
        }
    }

    /// Knows where the list of records is, if the pager does not say.
    pub fn of_list(mut self, pointer: Option<String>) -> Self {
        self.list = self.list.or(pointer);
        self
    }

    /// Ends where the records are older than `stop`.
    pub fn until(mut self, stop: Option<Stop>) -> Self {
        self.stop = self.spec.bounds.stop_before.as_ref().and_then(|before| Some((before.pointer.clone(), stop?)));
        self
    }

    /// Begins again, with pages as small as they are by now.
    pub fn begin_anew(&mut self) {
        self.walk = begun(self.spec, self.walk.cursor.limit);
    }

    /// What the next request's templates see.
    pub fn cursor(&self) -> &Cursor {
        &self.walk.cursor
    }

    /// What has to be looked up in each page.
    pub fn lookups(&self) -> Vec<Lookup> {
        let mut lookups = self.spec.kind().map(|kind| kind.lookups()).unwrap_or_default();
        lookups.extend(self.list.as_ref().map(|list| Lookup::new(list, Want::Page)));
        lookups.extend(self.stop.as_ref().map(|(pointer, _)| stop::lookup(pointer)));
        let within = &self.spec.bounds.distinct_by;
        if !within.is_empty() {
            let within = within.iter().map(|pointer| scan::path_of(pointer)).collect();
            lookups.extend(self.list.as_ref().map(|list| Lookup::new(list, Want::Keys { within })));
        }
        lookups
    }

    /// Moves on by what a page held; `false` when it was the last. `found` answers
    /// [`Pager::lookups`]. A vendor that sends the same cursor or page twice is an error, not a loop.
    pub fn advance(&mut self, found: &[Found]) -> Result<bool, ConnectorError> {
        self.walk.pages += 1;
        if self.walk.pages > MOST_PAGES {
            let note = format!("the vendor sends more than {MOST_PAGES} pages");
            return Err(ConnectorError::UnexpectedPayload { note });
        }
        let Some(kind) = self.spec.kind() else {
            let listed = self.list.as_ref().and_then(|_| found.first());
            return listed.map_or(Ok(()), |list| self.walk.list(list)).map(|()| false);
        };
        let own = kind.lookups().len();
        let mut common = found.iter().skip(own);
        let listed = self.list.as_ref().and_then(|_| common.next());
        let repeats = listed.map_or(Ok(()), |list| self.walk.list(list));
        let limit = self.walk.cursor.limit;
        let goes_on = kind.advance(&mut self.walk, &found[..own.min(found.len())])?;
        self.walk.cursor.limit = limit;
        if self.walk.unsteady.is_some() {
            return Ok(goes_on);
        }
        repeats?;
        let is_over = self.stop.as_ref().is_some_and(|(_, stop)| common.next().is_some_and(|last| stop.is_past(last)));
        if let Some(keyed) = common.next() {
            self.walk.distinguish(&keyed.keys);
        }
        Ok(goes_on && !is_over)
    }

    /// Goes over to pages of half the size.
    pub fn ask_less(&mut self) -> Smaller {
        let (limit, least) = (self.walk.cursor.limit, self.spec.bounds.least_limit.unwrap_or(1).max(1));
        let smaller = (limit / 2).max(least);
        if smaller >= limit {
            return Smaller::Never;
        }
        let is_named = self.spec.kind().is_some_and(|kind| kind.resize(&mut self.walk, smaller));
        self.walk.cursor.limit = smaller;
        if is_named { Smaller::Again } else { Smaller::Anew }
    }

    /// That the list has as many records as the vendor lists at most, in words: there may be more.
    pub fn cut(&self) -> Option<String> {
        let most = self.spec.bounds.most_records.filter(|most| self.walk.listed >= *most)?;
        Some(format!("the vendor lists {} records, and {most} at most: there may be more", self.walk.listed))
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

fn begun(spec: &PagingSpec, limit: u64) -> Walk {
    let cursor = spec.kind().map(|kind| kind.first()).unwrap_or_default();
    Walk::from(Cursor { limit, ..cursor })
}

/// A list that ended before its stated total; asked for again, it may be whole.
fn cut_short(after: &str) -> ConnectorError {
    ConnectorError::Unavailable { note: format!("the vendor's list ends after {after}") }
}

/// The text of the lookup at `index`.
fn text(found: &[Found], index: usize) -> Option<String> {
    found.get(index).and_then(Found::text)
}

/// The whole number of the lookup at `index`.
fn number(found: &[Found], index: usize) -> Option<u64> {
    text(found, index)?.parse().ok()
}
