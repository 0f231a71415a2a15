//! JSON lines: an object on each, in any encoding of Unicode that begins with a byte order mark, or UTF-8.

use super::packing::failed;
use super::pieces::Pieces;
use super::{Decoded, Form, Take, unexpected};
use crate::connectors::error::ConnectorError;
use crate::support::soft_json::readable;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// No record is longer.
const LONGEST: u64 = 4 << 20;

pub fn decode(path: &Path, _: &Form, take: &mut Take<'_>) -> Result<Decoded, ConnectorError> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path).map_err(|error| failed(&error))?);
    let mut pieces = Pieces::new(take);
    let (mut line, mut rows) = (0, 0);
    let mut last_was_bad = None;
    loop {
        let mut text = Vec::new();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut text).map_err(|error| failed(&error))?;
        if read == 0 {
            break;
        }
        line += 1;
        let has_end = text.ends_with(b"\n");
        if !has_end && read as u64 == LONGEST {
            return Err(unexpected(format!("line {line} of the answer is longer than {} MB", LONGEST >> 20)));
        }
        let text = text.strip_prefix(b"\xef\xbb\xbf").filter(|_| line == 1).map_or(text.as_slice(), |rest| rest);
        let text = text.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let text = readable(text.to_vec());
        match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&text) {
            Ok(_) => {
                rows += 1;
                pieces.row(&text)?;
                last_was_bad = None;
            }
            Err(error) => {
                last_was_bad = Some((line, has_end, error.is_eof()));
                pieces.bad(line, "it is no JSON object", &String::from_utf8_lossy(&text));
            }
        }
    }
    match last_was_bad {
        // A last line that ends within its object was cut on its way.
        Some((_, false, true)) => Err(ConnectorError::Unavailable { note: "the answer is cut short".to_owned() }),
        Some(_) if rows == 0 => Err(unexpected("the answer is not JSON lines: no line is an object")),
        _ => pieces.finish(),
    }
}
