//! A token in a header of the response.

use super::kind::PageKind;
use super::scan::{Found, Lookup};
use super::text;
use super::walk::Walk;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// A header holds the token of the next page, sent as `cursor.token`; its absence ends, or the word `last` where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenHeader {
    pub header: String,
    /// What stands there on the last page.
    pub last: Option<String>,
}

impl TokenHeader {
    pub const WORD: &str = "token_header";
    pub const ABOUT: &str = "A header of the response holds the token of the next page, sent as `cursor.token`.";
    pub const HAS_LIMIT: bool = false;

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            header: fields::text(section, "header", "\"X-Next-Token\"", "Its name; its absence ends."),
            last: fields::optional_text(section, "last", "What stands there on the last page, such as \"null\"."),
        }
    }
}

impl PageKind for TokenHeader {
    fn lookups(&self) -> Vec<Lookup> {
        vec![Lookup::header(&self.header)]
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        let token = match (text(found, 0), &self.last) {
            (Some(token), Some(last)) if token == *last => return Ok(false),
            (Some(token), _) => token,
            (None, None) => return Ok(false),
            // Whatever took the header away took the rest of the list with it.
            (None, Some(last)) => {
                let note =
                    format!("a page came without the header {}, which says {last:?} on the last one", self.header);
                return Err(ConnectorError::UnexpectedPayload { note });
            }
        };
        walk.once(&token)?;
        walk.cursor.token = token;
        Ok(true)
    }
}
