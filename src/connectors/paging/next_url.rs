//! The next URL in the body.

use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::text;
use super::walk::Walk;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// The body holds the whole next URL (same host only).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextUrl {
    pub pointer: String,
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
        }
    }
}

impl PageKind for NextUrl {
    fn lookups(&self) -> Vec<Lookup> {
        vec![Lookup::new(&self.pointer, Want::Scalar)]
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        let Some(url) = text(found, 0) else { return Ok(false) };
        walk.once(&url)?;
        walk.cursor.url = Some(url);
        Ok(true)
    }
}
