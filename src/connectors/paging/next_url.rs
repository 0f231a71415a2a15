//! The next URL in the body.

use super::flag::has_more;
use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::text;
use super::walk::Walk;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// The body holds the whole next URL (same host only).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextUrl {
    pub pointer: String,
    /// JSON pointer to whether the list is complete, of a vendor that may name a next URL then as well.
    pub done_pointer: Option<String>,
}

impl NextUrl {
    pub const WORD: &str = "next_url";
    pub const ABOUT: &str = "The body holds the whole next URL (same host only).";
    pub const HAS_LIMIT: bool = false;

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            pointer: fields::text(
                section,
                "pointer",
                "\"/paging/next\"",
                "JSON pointer to the next URL; its absence ends.",
            ),
            done_pointer: fields::optional_text(
                section,
                "done_pointer",
                "JSON pointer to whether the list is complete (true, 1, \"yes\"): then no URL is followed, and without \
                 that a page that names none is cut.",
            ),
        }
    }
}

impl PageKind for NextUrl {
    fn lookups(&self) -> Vec<Lookup> {
        vec![Lookup::new(&self.pointer, Want::Scalar), Lookup::either(self.done_pointer.as_deref(), None)]
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        let is_done = has_more(found.get(1))?;
        if is_done == Some(true) {
            return Ok(false);
        }
        let Some(url) = text(found, 0) else {
            return match is_done {
                Some(false) => Err(ConnectorError::UnexpectedPayload {
                    note: "the vendor says that its list goes on and names no next page".to_owned(),
                }),
                _ => Ok(false),
            };
        };
        walk.once(&url)?;
        walk.cursor.url = Some(url);
        Ok(true)
    }
}
