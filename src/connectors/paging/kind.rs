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

    /// Moves on by what a page held; `false` when it was the last. `found` answers the lookups.
    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError>;
}
