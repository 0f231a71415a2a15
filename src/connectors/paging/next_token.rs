//! A token in the body; and where a search lists only so many rows, a new query above the last id.

use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::text;
use super::walk::Walk;
use crate::connectors::cursor::Cursor;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// A token in the body, sent as `cursor.token` (in query or body); its absence ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextToken {
    /// JSON pointer, e.g. `/nextPageToken`.
    pub pointer: String,
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
    pub const ABOUT: &str = "A token in the body, sent as `cursor.token` (in query or body); its absence ends.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            pointer: fields::text(section, "pointer", "\"/nextPageToken\"", "JSON pointer, e.g. `/nextPageToken`."),
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
        let mut lookups = vec![Lookup::new(&self.pointer, Want::Scalar)];
        lookups.extend(self.restart.as_ref().map(|restart| {
            Lookup::new(&restart.records_pointer, Want::Records { id_field: Some(restart.id_field.clone()) })
        }));
        lookups.extend(self.total_pointer.as_ref().map(|pointer| Lookup::new(pointer, Want::Scalar)));
        lookups
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        walk.rows += found.get(1).map_or(0, |records| records.records);
        if let Some(restart) = &self.restart
            && walk.rows >= restart.rows
            && let Some(last) = found.get(1).and_then(|records| records.last_id.clone())
        {
            walk.once(&format!("above {last}"))?;
            walk.rows = 0;
            walk.cursor = Cursor { floor: last, ..Cursor::default() };
            return Ok(true);
        }
        let Some(token) = text(found, 0) else {
            walk.total = self.total_pointer.as_ref().and_then(|_| text(found, 2)?.parse().ok());
            return Ok(false);
        };
        let token = if self.percent_encoded { decode(&token) } else { token };
        walk.once(&format!("{}/{token}", walk.cursor.floor))?;
        walk.cursor.token = token;
        Ok(true)
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
