//! What is known of the pages of one query so far.

use super::scan::Found;
use crate::connectors::cursor::Cursor;
use crate::connectors::error::ConnectorError;
use crate::support::redact::quoted;
use std::collections::HashSet;

/// The state of a walk through the pages of one query.
#[derive(Debug, Default)]
pub struct Walk {
    /// What the next request's templates see.
    pub cursor: Cursor,
    pub pages: u64,
    /// Rows since the query began or began again.
    pub rows: u64,
    /// Records of the largest page so far.
    pub largest: u64,
    /// What the query has by its vendor's own count, known at its end.
    pub total: Option<u64>,
    /// What is wrong with the count that the first page stated.
    pub unsteady: Option<String>,
    /// Records of the last page, where the place of the list is known.
    pub came: Option<u64>,
    /// Records of all pages, where the place of the list is known.
    pub listed: u64,
    first_total: Option<u64>,
    pages_stated: Option<Option<u64>>,
    seen: HashSet<String>,
    seen_pages: HashSet<(u64, u64)>,
    seen_records: HashSet<u64>,
}

impl From<Cursor> for Walk {
    fn from(cursor: Cursor) -> Self {
        Self { cursor, ..Self::default() }
    }
}

impl Walk {
    /// Notes that a list is not the one that its first page was of: what is before an offset may have
    /// come and gone.
    pub fn watch(&mut self, total: Option<u64>, is_counted: bool) {
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

    /// The same of the number of pages that the vendor states.
    pub fn watch_pages(&mut self, pages: Option<u64>) {
        let first = *self.pages_stated.get_or_insert(pages);
        if first != pages {
            let said = |count: Option<u64>| count.map_or_else(|| "no number".to_owned(), |count| count.to_string());
            let (first, now) = (said(first), said(pages));
            self.unsteady =
                Some(format!("the vendor's list changes while it is read: of {first} pages, then of {now}"));
        }
    }

    /// Pages are counted anew: they have another size.
    pub fn forget_pages(&mut self) {
        self.pages_stated = None;
    }

    /// Notes the records of a page; the same ones again are an error: the vendor does not go on.
    pub fn list(&mut self, list: &Found) -> Result<(), ConnectorError> {
        self.came = Some(list.records);
        self.listed += list.records;
        if list.records == 0 || self.seen_pages.insert((list.records, list.fingerprint)) {
            return Ok(());
        }
        let note = format!(
            "page {} has the same {} records as one before it: the vendor does not go on to the next page",
            self.pages, list.records
        );
        Err(ConnectorError::UnexpectedPayload { note })
    }

    /// Notes what the records of a page are known by; one that an earlier page had means that the list has moved.
    pub fn distinguish(&mut self, keys: &[u64]) {
        let again = keys.iter().filter(|key| self.seen_records.contains(key)).count();
        if again > 0 {
            let page = self.pages;
            self.unsteady = Some(format!(
                "the vendor's list changes while it is read: {again} records of page {page} were on one before it"
            ));
        }
        self.seen_records.extend(keys);
    }

    /// Notes a cursor; one that comes again is an error, not a loop.
    pub fn once(&mut self, cursor: &str) -> Result<(), ConnectorError> {
        if self.seen.insert(cursor.to_owned()) {
            return Ok(());
        }
        let shown = quoted(cursor, 60);
        let note =
            format!("the vendor repeats the page cursor {shown:?} (after {} pages): it would never end", self.pages);
        Err(ConnectorError::UnexpectedPayload { note })
    }
}
