//! Rows on their way out: pieces of one form, none larger than a query likes to read.

use super::{Decoded, Take};
use crate::connectors::error::ConnectorError;
use serde_json::{Map, Value, json};

/// Bytes of rows in a piece.
const PIECE: usize = 1 << 20;
/// Lines that are no rows are told one by one up to so many.
const MOST_TOLD: u64 = 20;

/// Gathers rows, and hands them out as `{…, "rows": […], "bad": […]}`.
pub struct Pieces<'a> {
    /// What each piece says beside its rows.
    around: Map<String, Value>,
    rows: Vec<u8>,
    bad: Vec<Value>,
    count: Decoded,
    has_handed_out: bool,
    take: &'a mut Take<'a>,
}

impl<'a> Pieces<'a> {
    pub fn new(take: &'a mut Take<'a>) -> Self {
        let (around, rows, bad) = (Map::new(), Vec::new(), Vec::new());
        Self { around, rows, bad, count: Decoded::default(), has_handed_out: false, take }
    }

    /// What each piece says beside its rows, from now on.
    pub fn around(&mut self, around: Map<String, Value>) {
        self.around = around;
    }

    /// A row as JSON text.
    pub fn row(&mut self, row: &[u8]) -> Result<(), ConnectorError> {
        if !self.rows.is_empty() {
            self.rows.push(b',');
        }
        self.rows.extend_from_slice(row);
        self.count.rows += 1;
        if self.rows.len() >= PIECE { self.hand_out() } else { Ok(()) }
    }

    /// A line that is no row. `raw` is cut.
    pub fn bad(&mut self, line: u64, reason: &str, raw: &str) {
        self.count.bad += 1;
        if self.count.bad <= MOST_TOLD {
            let raw: String = raw.chars().take(200).collect();
            self.bad.push(json!({ "line": line, "reason": format!("line {line}: {reason}"), "raw": raw }));
        }
    }

    fn hand_out(&mut self) -> Result<(), ConnectorError> {
        self.has_handed_out = true;
        let mut around = self.around.clone();
        let bad = std::mem::take(&mut self.bad);
        if !bad.is_empty() {
            around.insert("bad".to_owned(), Value::Array(bad));
        }
        let mut piece = Value::Object(around).to_string().into_bytes();
        piece.pop();
        if piece.len() > 1 {
            piece.push(b',');
        }
        piece.extend_from_slice(b"\"rows\":[");
        piece.append(&mut self.rows);
        piece.extend_from_slice(b"]}");
        (self.take)(&piece)
    }

    /// Hands out what is left; a body without rows is a piece as well.
    pub fn finish(mut self) -> Result<Decoded, ConnectorError> {
        if !self.rows.is_empty() || !self.bad.is_empty() || !self.has_handed_out {
            self.hand_out()?;
        }
        Ok(self.count)
    }
}
