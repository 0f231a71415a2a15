//! Sheets of OpenDocument, cell by cell: repeated cells and rows stay numbers, so that a sheet which
//! says "a million empty rows" takes no room.

use super::cells::duration_of_iso;
use super::grid::Grid;
use super::{MOST_COLUMNS, Refusal, shown, typed};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;
use std::io::BufRead;

/// A row that is declared as repeated more often holds no data.
const MOST_REPEATS: u32 = 1_048_576;

/// The names of the sheets, and whether each is visible.
pub fn sheets(xml: impl BufRead) -> Result<Vec<(String, bool)>, Refusal> {
    let mut reader = reader(xml);
    let mut buffer = Vec::new();
    let mut sheets = Vec::new();
    let mut hidden = HashSet::new();
    let mut style = String::new();
    loop {
        buffer.clear();
        match next(&mut reader, &mut buffer)? {
            Event::Start(e) => match e.name().as_ref() {
                "style:style" => style = attribute(&e, "style:name").unwrap_or_default(),
                "style:table-properties" if attribute(&e, "table:display").as_deref() == Some("false") => {
                    hidden.insert(style.clone());
                }
                "table:table" => {
                    let is_visible = attribute(&e, "table:style-name").is_none_or(|style| !hidden.contains(&style));
                    sheets.push((attribute(&e, "table:name").unwrap_or_default(), is_visible));
                    if sheets.len() > 10_000 {
                        return Err(Refusal::new(None, "the workbook has more than 10,000 sheets", "save fewer"));
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok(sheets),
            _ => {}
        }
    }
}

/// Hands the filled cells of one sheet to `grid`.
pub fn read(xml: impl BufRead, sheet: &str, decimal_mark: char, grid: &mut Grid<'_>) -> Result<(), Refusal> {
    let mut reader = reader(xml);
    let mut buffer = Vec::new();
    let mut place = Place::default();
    let mut is_inside = false;
    loop {
        buffer.clear();
        match next(&mut reader, &mut buffer)? {
            Event::Start(e) => match e.name().as_ref() {
                "table:table" if !is_inside => is_inside = attribute(&e, "table:name").as_deref() == Some(sheet),
                "table:table-row" if is_inside => {
                    place.repeats = repeats(&e, "table:number-rows-repeated");
                    place.column = 0;
                    place.cells.clear();
                }
                "table:table-cell" | "table:covered-table-cell" if is_inside => place.begin(&e, decimal_mark),
                "office:annotation" => place.is_note = true,
                "text:p" if place.is_cell && !place.is_note => place.paragraph(),
                "text:s" if place.is_text() => {
                    let count = attribute(&e, "text:c").and_then(|count| count.parse::<usize>().ok()).unwrap_or(1);
                    place.text.push_str(&" ".repeat(count.min(1000)));
                }
                "text:tab" if place.is_text() => place.text.push('\t'),
                "text:line-break" if place.is_text() => place.text.push('\n'),
                _ => {}
            },
            Event::Text(text) if place.is_text() => place.push(&text.xml10_content())?,
            Event::CData(text) if place.is_text() => place.push(&text.xml10_content())?,
            Event::GeneralRef(entity) if place.is_text() => {
                let sign = match entity.as_ref() {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => entity.resolve_char_ref().ok().flatten(),
                };
                place.text.extend(sign.filter(|sign| *sign != '\0'));
            }
            Event::End(e) => match e.name().as_ref() {
                "office:annotation" => place.is_note = false,
                "table:table-cell" | "table:covered-table-cell" if place.is_cell => place.end()?,
                "table:table-row" if is_inside && !place.row(grid)? => return Ok(()),
                "table:table" if is_inside => {
                    grid.flush()?;
                    return Ok(());
                }
                _ => {}
            },
            Event::Eof => {
                grid.flush()?;
                return Ok(());
            }
            _ => {}
        }
    }
}

/// Where the reader stands, and what the cell holds so far.
#[derive(Default)]
struct Place {
    row: u32,
    column: u32,
    /// How often the row and the cell stand there.
    repeats: u32,
    width: u32,
    is_cell: bool,
    is_note: bool,
    /// Of a typed cell; its text is what the value looks like.
    value: Option<String>,
    text: String,
    has_paragraph: bool,
    cells: Vec<(u32, String)>,
}

impl Place {
    fn begin(&mut self, e: &BytesStart<'_>, decimal_mark: char) {
        self.is_cell = true;
        self.is_note = false;
        self.has_paragraph = false;
        self.text.clear();
        self.width = repeats(e, "table:number-columns-repeated");
        let is_error = attribute(e, "calcext:value-type").as_deref() == Some("error");
        self.value = match attribute(e, "office:value-type").as_deref() {
            _ if is_error => None,
            Some("float" | "currency" | "percentage") => attribute(e, "office:value").map(|number| {
                let number = number.strip_suffix(".0").unwrap_or(&number).to_owned();
                typed(&number, decimal_mark)
            }),
            Some("date") => attribute(e, "office:date-value")
                .map(|day| day.strip_suffix("T00:00:00").map_or_else(|| day.clone(), ToOwned::to_owned)),
            Some("time") => attribute(e, "office:time-value").map(|time| duration_of_iso(&time).unwrap_or(time)),
            Some("boolean") => attribute(e, "office:boolean-value"),
            _ => attribute(e, "office:string-value").filter(|text| !text.is_empty()),
        };
    }

    fn is_text(&self) -> bool {
        self.is_cell && !self.is_note && self.value.is_none() && self.has_paragraph
    }

    fn paragraph(&mut self) {
        if std::mem::replace(&mut self.has_paragraph, true) {
            self.text.push('\n');
        }
    }

    fn push(&mut self, text: &str) -> Result<(), Refusal> {
        self.text.push_str(text);
        if self.text.len() > super::LONGEST_RECORD {
            let line = Some(u64::from(self.row) + 1);
            return Err(Refusal::new(line, "the row is longer than 1 MB", "take the long texts out of the sheet"));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.is_cell = false;
        let text = self.value.take().unwrap_or_else(|| std::mem::take(&mut self.text));
        if !text.is_empty() {
            // What stands beyond every table is shown by its first cell.
            let most = (MOST_COLUMNS as u32 + 1).saturating_sub(self.column).max(1);
            for column in self.column..self.column.saturating_add(self.width.min(most)) {
                if self.cells.len() > MOST_COLUMNS {
                    break;
                }
                self.cells.push((column, text.clone()));
            }
        }
        self.column = self.column.saturating_add(self.width);
        let bytes: usize = self.cells.iter().map(|(_, text)| text.len()).sum();
        if bytes > super::LONGEST_RECORD {
            let line = Some(u64::from(self.row) + 1);
            return Err(Refusal::new(line, "the row is longer than 1 MB", "take the long texts out of the sheet"));
        }
        Ok(())
    }

    fn row(&mut self, grid: &mut Grid<'_>) -> Result<bool, Refusal> {
        let count = if self.cells.is_empty() { 0 } else { self.repeats };
        for offset in 0..count {
            for (column, text) in &self.cells {
                if !grid.cell(self.row.saturating_add(offset), *column, text.clone())? {
                    return Ok(false);
                }
            }
        }
        self.row = self.row.saturating_add(self.repeats);
        Ok(true)
    }
}

fn reader<R: BufRead>(xml: R) -> Reader<R> {
    let mut reader = Reader::from_reader(xml);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.expand_empty_elements = true;
    reader
}

fn next<'b, R: BufRead>(reader: &mut Reader<R>, buffer: &'b mut Vec<u8>) -> Result<Event<'b>, Refusal> {
    reader.read_event_into(buffer).map_err(|error| {
        let message = format!("the sheet cannot be read: it seems damaged ({})", shown(&error.to_string()));
        Refusal::new(None, message, "open and save it in LibreOffice, and drop it again")
    })
}

fn attribute(e: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = e.try_get_attribute(name).ok().flatten()?;
    let value: &str = attribute.value.as_ref();
    quick_xml::escape::unescape(value).ok().map(|value| value.replace('\0', "\u{fffd}"))
}

fn repeats(e: &BytesStart<'_>, name: &str) -> u32 {
    attribute(e, name).and_then(|count| count.parse::<u32>().ok()).unwrap_or(1).clamp(1, MOST_REPEATS)
}
