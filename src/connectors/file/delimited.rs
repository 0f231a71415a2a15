//! CSV and TSV: the delimiter is found in the header, a row may span lines, and every row knows the
//! line it begins on.

use super::records::{LONGEST_NAME, LONGEST_RECORD, MOST_COLUMNS, Writer, not_text, utf8};
use super::{refused, shown};
use crate::connectors::error::ConnectorError;
use csv::ByteRecord;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

const HEAD: u64 = 64 << 10;

/// Reads the text called `name` into `writer`; yields the columns' names, each of them once.
pub fn read(mut text: impl Read, name: &str, writer: &mut Writer<'_>) -> Result<Vec<String>, ConnectorError> {
    let broken = |error: io::Error| refused(name, None, &format!("the file cannot be read ({error})"), "drop it again");
    let mut head = Vec::new();
    text.by_ref().take(HEAD).read_to_end(&mut head).map_err(broken)?;
    if let Some(problem) = not_text(&head, name) {
        return Err(problem);
    }
    let mut start: &[u8] = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let mut skipped = 0;
    let mut delimiter = None;
    // Excel's own hint, which no other program expects.
    if let Some(hint) = start.strip_prefix(b"sep=")
        && let [sign, b'\r' | b'\n', ..] = hint
    {
        delimiter = Some(*sign);
        start = &start[start.iter().position(|byte| *byte == b'\n').map_or(start.len(), |end| end + 1)..];
        skipped = 1;
    }
    let delimiter = delimiter.unwrap_or_else(|| delimiter_of(start));
    let since_record = Rc::new(Cell::new(0));
    let guarded = Guarded { inner: start.chain(text), since_record: Rc::clone(&since_record), last: None };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(guarded);
    let mut record = ByteRecord::new();
    let mut columns: Option<Vec<String>> = None;
    loop {
        let begins = skipped + reader.position().line();
        since_record.set(0);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(unreadable(name, begins, &error)),
        }
        // Counted back from its end: blank lines before a row are no part of it.
        let ends = skipped + reader.position().line();
        let inside = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let line = ends.saturating_sub(inside + 1).max(begins);
        let mut values = Vec::with_capacity(record.len());
        for value in &record {
            values.push(utf8(value, name, line)?);
        }
        let Some(columns) = &columns else {
            columns = Some(header(&values, name, line)?);
            continue;
        };
        if values.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        let surplus = values.get(columns.len()..).unwrap_or_default();
        let spans_lines = ends > line + 1;
        if surplus.iter().any(|value| !value.trim().is_empty()) || (spans_lines && values.len() < columns.len()) {
            let open = if spans_lines { "; it spans several lines: is a quotation mark not closed?" } else { "" };
            let reason = format!("the row has {} values for {} columns{open}", values.len(), columns.len());
            writer.bad(line, &reason, &values.join(","))?;
            continue;
        }
        let row: Vec<Option<&str>> =
            values.iter().take(columns.len()).map(|value| (!value.is_empty()).then_some(*value)).collect();
        writer.row(line, &row)?;
    }
    columns
        .ok_or_else(|| refused(name, None, "the file is empty", "drop it again with a header and rows, or remove it"))
}

/// The sign that stands most often in the first line, outside quotes.
fn delimiter_of(start: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut is_quoted = false;
    for byte in start.iter().take_while(|byte| **byte != b'\n') {
        is_quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| sign == byte && !is_quoted) {
            *count += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(sign, _)| *sign)
}

/// The columns' names: unnamed ones by their number, repeated ones numbered.
fn header(values: &[&str], name: &str, line: u64) -> Result<Vec<String>, ConnectorError> {
    if values.len() > MOST_COLUMNS {
        let message = format!("the header has {} columns", values.len());
        return Err(refused(name, Some(line), &message, "drop at most 500 columns"));
    }
    if let Some(long) = values.iter().find(|value| value.chars().count() > LONGEST_NAME) {
        let message = format!("a column is called {:?}", shown(long));
        return Err(refused(name, Some(line), &message, "begin the file with a line of the columns' names"));
    }
    let trimmed = values.iter().enumerate().map(|(index, value)| match value.trim() {
        "" => format!("(column {})", index + 1),
        named => named.to_owned(),
    });
    Ok(trimmed.collect())
}

fn unreadable(name: &str, line: u64, error: &csv::Error) -> ConnectorError {
    if matches!(error.kind(), csv::ErrorKind::Io(inner) if inner.kind() == io::ErrorKind::FileTooLarge) {
        let message = "the row that begins here is longer than 1 MB";
        return refused(
            name,
            Some(line),
            message,
            "look for a quotation mark that is not closed, or for a file that is no CSV",
        );
    }
    refused(name, Some(line), &format!("the file cannot be read ({error})"), "drop it again")
}

/// Lets no single record swell without end, and ends every line with `\n` alone, so that lines count
/// the same whichever machine wrote them.
struct Guarded<R> {
    inner: R,
    /// Bytes handed out since the last record began; the reader sets it back.
    since_record: Rc<Cell<usize>>,
    /// As received.
    last: Option<u8>,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_record.get() > LONGEST_RECORD {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        loop {
            let count = self.inner.read(buffer)?;
            if count == 0 {
                let is_open = self.last.take().is_some_and(|last| last != b'\n' && last != b'\r');
                return Ok(match buffer.first_mut() {
                    Some(first) if is_open => {
                        *first = b'\n';
                        1
                    }
                    _ => 0,
                });
            }
            let mut kept = 0;
            for index in 0..count {
                let byte = buffer[index];
                if byte != b'\n' || self.last != Some(b'\r') {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
                self.last = Some(byte);
            }
            if kept > 0 {
                self.since_record.set(self.since_record.get() + kept);
                return Ok(kept);
            }
        }
    }
}
