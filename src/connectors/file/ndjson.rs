//! NDJSON: one object a line. Numbers keep every digit they were written with.

use super::records::{LONGEST_NAME, LONGEST_RECORD, MOST_COLUMNS, Writer, not_text, utf8};
use super::{DecimalMark, refused, shown};
use crate::connectors::error::ConnectorError;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read};

/// Reads the text called `name` into `writer`; yields the columns, in the order they first appear.
pub fn read(
    text: impl Read,
    name: &str,
    decimal_mark: DecimalMark,
    writer: &mut Writer<'_>,
) -> Result<Vec<String>, ConnectorError> {
    let broken =
        |error: std::io::Error| refused(name, None, &format!("the file cannot be read ({error})"), "drop it again");
    let mut text = BufReader::with_capacity(1 << 16, text);
    if let Some(problem) = not_text(text.fill_buf().map_err(broken)?, name) {
        return Err(problem);
    }
    let mut columns: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let most = LONGEST_RECORD as u64 + 1;
        let count = text.by_ref().take(most).read_until(b'\n', &mut bytes).map_err(broken)?;
        if count == 0 {
            break;
        }
        if count as u64 == most {
            let remedy = "write one object a line, at most 1 MB";
            return Err(refused(name, Some(number), "the line is longer than 1 MB", remedy));
        }
        let line = utf8(&bytes, name, number)?.trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
        if line.is_empty() {
            continue;
        }
        if number == 1 && line.starts_with('[') {
            let message = "the file is one JSON list";
            return Err(refused(
                name,
                Some(1),
                message,
                "write one object a line, without [ ] and commas between them",
            ));
        }
        let object: BTreeMap<String, Box<RawValue>> = match serde_json::from_str(line) {
            Ok(object) => object,
            Err(error) => {
                writer.bad(number, &format!("the line is not a JSON object (column {})", error.column()), line)?;
                continue;
            }
        };
        let mut values: Vec<Option<String>> = Vec::new();
        for (key, value) in object {
            let place = match places.get(&key) {
                Some(place) => *place,
                None => {
                    check_name(&key, columns.len(), name, number)?;
                    columns.push(key.clone());
                    places.insert(key, columns.len() - 1);
                    columns.len() - 1
                }
            };
            if values.len() <= place {
                values.resize(place + 1, None);
            }
            values[place] = text_of(&value, decimal_mark);
        }
        writer.row(number, &values)?;
    }
    if writer.rows == 0 && writer.bad > 0 {
        let remedy = "write one object a line, such as {\"date\": \"2026-11-01\"}";
        return Err(refused(name, Some(1), "no line is a JSON object", remedy));
    }
    Ok(columns)
}

fn check_name(key: &str, known: usize, name: &str, line: u64) -> Result<(), ConnectorError> {
    if known == MOST_COLUMNS {
        let message = "the objects have more than 500 different fields";
        return Err(refused(name, Some(line), message, "drop fewer"));
    }
    if key.chars().count() > LONGEST_NAME || key.contains('\0') {
        let message = format!("a field is called {:?}", shown(key));
        return Err(refused(name, Some(line), &message, "give fields short names"));
    }
    Ok(())
}

/// A value as a person would have written it in a file with this decimal mark.
fn text_of(value: &RawValue, decimal_mark: DecimalMark) -> Option<String> {
    let raw = value.get();
    match raw.as_bytes().first() {
        Some(b'n') | None => None,
        Some(b'"') => serde_json::from_str(raw).ok(),
        Some(b'-' | b'0'..=b'9') if decimal_mark == DecimalMark::Comma => Some(raw.replace('.', ",")),
        Some(_) => Some(raw.to_owned()),
    }
}
