//! A token in the body, with or without a word on whether there is more; and where a search lists only so many rows, a new query above the last id.

use super::flag::{has_more, unsaid};
use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::walk::Walk;
use super::{number, text};
use crate::connectors::cursor::Cursor;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// A token in the body, sent as `cursor.token` (in query or body); its absence ends, or a flag that says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextToken {
    /// JSON pointer, e.g. `/nextPageToken`.
    pub pointer: String,
    /// JSON pointer to whether there is more, where the last page has a token as well.
    pub has_more_pointer: Option<String>,
    /// JSON pointer to the whole next URL, which every page has but the last; the last one has a token as well.
    pub next_url_pointer: Option<String>,
    /// The token arrives percent-encoded and is decoded once.
    pub percent_encoded: bool,
    /// After so many rows of one query, begin again above the last id.
    pub restart: Option<RestartSpec>,
    /// JSON pointer to how many rows the query has: readers are told of a list that ends before. Needs
    /// `restart`, which counts them.
    pub total_pointer: Option<String>,
}

impl NextToken {
    pub const WORD: &str = "next_token";
    pub const ABOUT: &str = "A token in the body, sent as `cursor.token` (in query or body; a list or object as JSON \
                 text); its absence ends, or a flag that says so.";
    pub const HAS_LIMIT: bool = false;

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            pointer: fields::text(section, "pointer", "\"/nextPageToken\"", "JSON pointer, e.g. `/nextPageToken`."),
            has_more_pointer: fields::optional_text(
                section,
                "has_more_pointer",
                "JSON pointer to whether there is more (true, 1, \"yes\", how many are left), where the last page has a \
                 token as well. Of a GraphQL connection `pageInfo/hasNextPage`, beside `pageInfo/endCursor`.",
            ),
            next_url_pointer: fields::optional_text(
                section,
                "next_url_pointer",
                "JSON pointer to the whole next URL, which every page has but the last, where the last one has a token \
                 as well. The token is sent; a page without one is followed by its URL (same host only).",
            ),
            percent_encoded: fields::boolean(
                section,
                "percent_encoded",
                "The token arrives percent-encoded and is decoded once.",
            ),
            restart: fields::table(
                section,
                "restart",
                "After so many rows of one query, begin again above the last id.",
                RestartSpec::read,
            ),
            total_pointer: fields::optional_text(
                section,
                "total_pointer",
                "JSON pointer to how many rows the query has: readers are told of a list that ends \
                 before. Needs `restart`, which counts them.",
            ),
        }
    }
}

impl PageKind for NextToken {
    fn lookups(&self) -> Vec<Lookup> {
        let of_restart = |restart: &RestartSpec| {
            Lookup::new(&restart.records_pointer, Want::Records { id_field: Some(restart.id_field.clone()) })
        };
        vec![
            Lookup::new(&self.pointer, Want::Token),
            self.restart.as_ref().map_or_else(|| Lookup::either(None, None), of_restart),
            Lookup::either(self.total_pointer.as_deref(), None),
            Lookup::either(self.has_more_pointer.as_deref(), None),
            Lookup::either(self.next_url_pointer.as_deref(), None),
        ]
    }

    fn list(&self) -> Option<&str> {
        self.restart.as_ref().map(|restart| restart.records_pointer.as_str())
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        let listed = self.restart.as_ref().and_then(|_| found.get(1));
        walk.rows += listed.map_or(0, |records| records.records);
        if let Some(restart) = &self.restart
            && walk.rows >= restart.rows
            && let Some(last) = listed.and_then(|records| records.last_id.clone())
        {
            walk.once(&format!("above {last}"))?;
            walk.rows = 0;
            walk.cursor = Cursor { floor: last, ..Cursor::default() };
            return Ok(true);
        }
        let token = text(found, 0);
        if self.next_url_pointer.is_some() {
            let Some(url) = text(found, 4) else { return Ok(false) };
            if token.is_none() {
                walk.once(&url)?;
                walk.cursor.url = Some(url);
                return Ok(true);
            }
            walk.cursor.url = None;
        }
        if !self.goes_on(walk, token.is_some(), found.get(3))? {
            walk.total = self.restart.as_ref().and_then(|_| number(found, 2));
            return Ok(false);
        }
        let token = token.unwrap_or_default();
        let token = if self.percent_encoded { decode(&token) } else { token };
        // A last page that is empty may repeat the token that led to it.
        if walk.came == Some(0) && token == walk.cursor.token {
            return Ok(false);
        }
        walk.once(&format!("{}/{token}", walk.cursor.floor))?;
        walk.cursor.token = token;
        Ok(true)
    }
}

impl NextToken {
    /// Whether there is more, by the token and, where there is one, by the flag.
    fn goes_on(&self, walk: &Walk, has_token: bool, flag: Option<&Found>) -> Result<bool, ConnectorError> {
        if self.has_more_pointer.is_none() {
            return Ok(has_token);
        }
        match (has_more(flag)?, has_token) {
            (Some(false), _) => Ok(false),
            (_, true) => Ok(true),
            // An empty page without a token ends the list, whatever the flag says.
            (Some(true), false) if walk.came == Some(0) => Ok(false),
            (Some(true), false) => {
                let note = "the vendor says there is more, but the page has no token for it".to_owned();
                Err(ConnectorError::UnexpectedPayload { note })
            }
            (None, false) => Err(unsaid()),
        }
    }
}

/// For searches that list only so many rows: order by id, and when `rows` have come, ask again
/// with `cursor.floor` set to the last id and no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartSpec {
    pub rows: u64,
    pub records_pointer: String,
    pub id_field: String,
}

impl RestartSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            rows: fields::number(&mut section, "rows", "10000", "The rows after which to begin again."),
            records_pointer: fields::text(
                &mut section,
                "records_pointer",
                "\"/results\"",
                "JSON pointer to the list of records.",
            ),
            id_field: fields::text(&mut section, "id_field", "\"id\"", "The field of a record that holds its id."),
        };
        section.finish();
        read
    }
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
