//! How the values of files are written, and the words that settings have for it.

use super::column::Mark;
use crate::settings::values::{quoted, read_text};
use crate::settings::{Kind, fault};
use chrono_tz::Tz;
use serde_json::json;

/// The signs before decimals.
pub const MARKS: [(&str, Mark); 2] = [(".", Mark::Point), (",", Mark::Comma)];
/// The signs between values.
pub const DELIMITERS: [(&str, u8); 4] = [(",", b','), (";", b';'), ("\t", b'\t'), ("|", b'|')];

/// How values are written; what is absent is found out over the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The sign before decimals.
    pub decimal_mark: Option<Mark>,
    /// As strptime writes it, e.g. `%d/%m/%Y`.
    pub date_format: Option<String>,
    /// Zone of instants without an offset; the workspace's, or what the file says, if absent.
    pub zone: Option<Tz>,
    /// A WHATWG label such as `windows-1252`.
    pub encoding: Option<String>,
    pub delimiter: Option<u8>,
    /// The line of the columns' names, from 1.
    pub header_line: Option<u64>,
    /// Of workbooks; the only visible sheet with data if absent.
    pub sheet: Option<String>,
    /// Of workbooks, such as `A3:F200`.
    pub range: Option<String>,
}

impl Written {
    /// What `self` does not say, as `other` says it.
    pub fn or(self, other: &Self) -> Self {
        let other = other.clone();
        Self {
            decimal_mark: self.decimal_mark.or(other.decimal_mark),
            date_format: self.date_format.or(other.date_format),
            zone: self.zone.or(other.zone),
            encoding: self.encoding.or(other.encoding),
            delimiter: self.delimiter.or(other.delimiter),
            header_line: self.header_line.or(other.header_line),
            sheet: self.sheet.or(other.sheet),
            range: self.range.or(other.range),
        }
    }
}

/// The label of an encoding.
pub fn encoding<'k>() -> Kind<'k, String> {
    Kind::text(json!({}), |value| {
        let label = read_text(value)?;
        match encoding_rs::Encoding::for_label(label.as_bytes()) {
            Some(_) => Ok(label),
            None => Err(fault(
                format!("{} is no encoding that is known", quoted(&label)),
                "write utf-8, utf-16le, windows-1252 or another label of the WHATWG",
            )),
        }
    })
}
