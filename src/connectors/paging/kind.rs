//! What each way to ask for the next page has to say.

use super::scan::{Found, Lookup};
use super::walk::Walk;
use crate::connectors::cursor::Cursor;
use crate::connectors::error::ConnectorError;

/// A way to ask for the next page.
pub trait PageKind {
    /// What the first request's templates see.
    fn first(&self) -> Cursor {
        Cursor::default()
    }

    /// What has to be looked up in each page.
    fn lookups(&self) -> Vec<Lookup>;

    /// The records of a full page, where the kind says so itself.
    fn limit(&self) -> Option<u64> {
        None
    }

    /// JSON pointer to the list of records, where the kind names it.
    fn list(&self) -> Option<&str> {
        None
    }

    /// Goes over to pages of `limit` records at the same place, before `cursor.limit` is set; `false` where that
    /// place cannot be named, so that the query has to begin anew.
    fn resize(&self, walk: &mut Walk, limit: u64) -> bool {
        limit > 0 && walk.cursor.url.is_none()
    }

    /// Moves on by what a page held; `false` when it was the last. `found` answers the lookups.
    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError>;
}
