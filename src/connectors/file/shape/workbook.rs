//! Workbooks: the sheet is chosen, its header found as in a text, its rows streamed.

use super::book::Book;
use super::cells::Writing;
use super::delimited::Rows;
use super::grid::{Area, Part, Row, letters};
use super::header::{self, Sampled, Wanted};
use super::source::Source;
use super::{Ask, Found, LAST_HEADER_LINE, Refusal, Sink, shown};
use csv::StringRecord;

type Reading<T> = Result<T, Refusal>;

/// Reads `source` into `sink`.
pub fn read(source: &Source, ask: &Ask, head: &[u8], sink: &mut dyn Sink, name: &str) -> Reading<Found> {
    let area = match ask.range.as_deref() {
        None => None,
        Some(range) => Some(Area::parse(range).ok_or_else(|| {
            Refusal::new(
                None,
                format!("{:?} is no range of cells", shown(range)),
                "write range = \"A3:F200\" or \"A:F\"",
            )
        })?),
    };
    let part = Part { area, max_bytes: ask.max_bytes };
    let file = source.seekable()?;
    let mut book = Book::open(file.path(), head, ask)?;
    let sheet = book.choose(ask)?;
    let mut writing = Writing { decimal_mark: ask.decimal_mark, long_number: None };
    let mut sampled: Vec<Sampled> = Vec::new();
    book.each(&sheet, part, &mut writing, &mut |row| {
        let values = row.values.iter().map(|value| value.chars().take(600).collect()).collect();
        sampled.push(Sampled { line: u64::from(row.number), values });
        Ok(sampled.len() < 400 && u64::from(row.number) < ask.header_line.unwrap_or(LAST_HEADER_LINE) + 400)
    })?;
    let wanted = Wanted::new(&ask.wanted, ask.required);
    let header = header::search(&sampled, &wanted, ask.header_line, " ").map_err(|refusal| match refusal.line {
        None => {
            Refusal::new(None, format!("the sheet {:?} is empty", shown(&sheet)), "name another with sheet = \"…\"")
        }
        Some(_) => refusal,
    })?;
    let found = Found {
        name: name.to_owned(),
        columns: header.columns,
        encoding: "",
        delimiter: None,
        header_line: header.line,
        sheet: Some(sheet.clone()),
        above: header.above,
        holds_required: header.holds_required,
        notes: Vec::new(),
    };
    sink.header(&found)?;
    writing.long_number = None;
    let header_line = found.header_line;
    let mut rows = Rows::new(found, sink);
    let mut record = StringRecord::new();
    book.each(&sheet, part, &mut writing, &mut |row: Row<'_>| {
        let line = u64::from(row.number);
        if line <= header_line {
            return Ok(true);
        }
        if let Some(column) = row.beyond {
            rows.bad(line, &format!("column {} holds a value, far beyond the table", letters(column)), row.values)?;
            return Ok(true);
        }
        record.clear();
        for value in row.values {
            record.push_field(value);
        }
        rows.take(&record, line, false)?;
        Ok(true)
    })?;
    let mut found = rows.finish()?;
    if let Some((row, number)) = writing.long_number {
        found.notes.push(format!(
            "row {row} holds the number {number}: Excel keeps 15 digits only; format such columns as text before the numbers come in"
        ));
    }
    Ok(found)
}
