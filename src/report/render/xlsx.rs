//! The figures as a workbook for spreadsheets: numbers are numbers in every language of Excel and
//! LibreOffice, ids and names are text and keep their zeros. One sheet has every figure with the columns of
//! the CSV; each table of the report has a sheet of its own with all its rows.

use crate::report::document::{Block, Cell, Document, Figure, Row, Table, Unit};
use crate::report::render::csv::{HEADER, lines, rounded};
use crate::report::render::words::{currency_of, exact_value, plain};
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::collections::BTreeSet;

/// Excel's limit for the name of a sheet.
const SHEET_CHARS: usize = 31;
/// Excel's limit for a text in a cell.
const TEXT_CHARS: usize = 32_000;

/// The document as a workbook; the same bytes for the same document.
pub fn render(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let issued = ExcelDateTime::from_timestamp(document.issued_at.timestamp())?;
    let title = format!("{}: {}", plain(&document.workspace_name), plain(&document.title));
    book.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&issued));
    figures(document, book.add_worksheet())?;
    let mut names = BTreeSet::from(["figures".to_owned()]);
    for section in &document.sections {
        for block in &section.blocks {
            if let Block::Table(table) = block {
                let title = table.title.as_deref().unwrap_or(&section.title);
                let sheet = book.add_worksheet();
                sheet.set_name(sheet_name(title, &mut names))?;
                table_sheet(document, table, sheet)?;
            }
        }
    }
    book.save_to_buffer()
}

/// A sheet's name: no sign that Excel refuses, at most 31 letters, unlike every other whatever its case.
fn sheet_name(title: &str, taken: &mut BTreeSet<String>) -> String {
    let clean: String = plain(title).chars().filter(|c| !r"[]:*?/\'".contains(*c)).collect();
    let clean = if clean.trim().is_empty() { "Table".to_owned() } else { clean.trim().to_owned() };
    let mut number = 1;
    loop {
        let tail = if number == 1 { String::new() } else { format!(" {number}") };
        let name: String = clean.chars().take(SHEET_CHARS - tail.len()).collect::<String>() + &tail;
        if taken.insert(name.to_lowercase()) {
            return name;
        }
        number += 1;
    }
}

fn figures(document: &Document, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_name("Figures")?;
    let bold = Format::new().set_bold();
    for (column, name) in (0u16..).zip(HEADER) {
        sheet.write_with_format(0, column, name, &bold)?;
    }
    let all = lines(document);
    for (line, row) in all.iter().zip(1u32..) {
        let figure = line.figure;
        let currency = currency_of(figure, document.currency);
        let texts = [
            (0, document.report.as_str()),
            (1, &document.workspace_id),
            (4, line.section),
            (5, &line.block),
            (6, line.row),
            (7, &line.column),
            (9, figure.unit.word()),
            (10, currency.as_ref().map_or("", |currency| currency.code())),
            (11, &figure.text),
            (12, figure.receipt.as_deref().unwrap_or_default()),
            (13, if figure.provisional { "true" } else { "false" }),
            (14, line.compare),
            (15, line.row_label),
            (16, &line.column_label),
            (17, &exact_value(figure)),
            (18, &document.id),
        ];
        for (column, text) in texts {
            sheet.write_string(row, column, cell_text(text))?;
        }
        let date = Format::new().set_num_format("yyyy-mm-dd");
        for (column, day) in [(2, document.period.start), (3, document.period.last_day())] {
            let day = ExcelDateTime::parse_from_str(&day.to_string())?;
            sheet.write_datetime_with_format(row, column, &day, &date)?;
        }
        number(document, figure, sheet, (row, 8))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    let last = u32::try_from(all.len()).unwrap_or(u32::MAX).min(1_048_575);
    sheet.autofilter(0, 0, last, 18)?;
    Ok(())
}

fn table_sheet(document: &Document, table: &Table, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.write_with_format(0, 0, cell_text(&table.row_heading), &bold)?;
    for (column, heading) in (1u16..).zip(&table.columns) {
        sheet.write_with_format(0, column, cell_text(&heading.heading), &bold)?;
    }
    for (index, row) in (1u32..).zip(table.rows.iter().chain(&table.total)) {
        write_row(document, row, sheet, index)?;
    }
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_column_width(0, 34)?;
    for column in (1u16..).take(table.columns.len()) {
        sheet.set_column_width(column, 15)?;
    }
    Ok(())
}

fn write_row(document: &Document, row: &Row, sheet: &mut Worksheet, index: u32) -> Result<(), XlsxError> {
    sheet.write_string(index, 0, cell_text(&row.name))?;
    for (column, cell) in (1u16..).zip(&row.cells) {
        match cell {
            Cell::Figure { figure, .. } | Cell::Progress { figure, .. } => {
                number(document, figure, sheet, (index, column))?;
            }
            Cell::Text { text } => drop(sheet.write_string(index, column, cell_text(text))?),
        }
    }
    Ok(())
}

/// A value as a number with the format of its unit; a number of more digits than a spreadsheet keeps, and
/// what does not exist, as text.
fn number(
    document: &Document,
    figure: &Figure,
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
) -> Result<(), XlsxError> {
    let value = rounded(document, figure);
    let fits = value.filter(|value| value.normalize().mantissa().unsigned_abs() < 1_000_000_000_000_000);
    let Some(number) = fits.and_then(|value| value.to_f64()) else {
        let text = value.map(|value| value.normalize().to_string()).unwrap_or_default();
        sheet.write_string(row, column, text)?;
        return Ok(());
    };
    let format = match figure.unit {
        Unit::Count | Unit::Duration => "#,##0.######".to_owned(),
        Unit::Money if document.currency.decimals() == 0 => format!("#,##0 [${}]", document.currency.code()),
        Unit::Money => {
            format!("#,##0.{} [${}]", "0".repeat(document.currency.decimals() as usize), document.currency.code())
        }
        Unit::Percent | Unit::Points => "0.0%".to_owned(),
        Unit::Ratio => "0.00".to_owned(),
    };
    sheet.write_number_with_format(row, column, number, &Format::new().set_num_format(format))?;
    Ok(())
}

/// Within Excel's limit, without what XML cannot hold.
fn cell_text(text: &str) -> String {
    plain(text).chars().filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')).take(TEXT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
    use std::io::Cursor;

    fn read(document: &Document) -> Xlsx<Cursor<Vec<u8>>> {
        open_workbook_from_rs(Cursor::new(render(document).expect("a workbook"))).expect("it reads back")
    }

    #[test]
    fn every_figure_is_a_number_that_reads_back() {
        let document = sample::document();
        let range = read(&document).worksheet_range("Figures").expect("the sheet");
        let figures = document.figures();
        assert_eq!(range.height(), figures.len() + 1);
        for (row, (_, figure)) in range.rows().skip(1).zip(figures) {
            let kept: Option<rust_decimal::Decimal> = row[17].to_string().parse().ok();
            assert_eq!(kept.map(|value| value.normalize()), figure.value.map(|value| value.normalize()));
            match (&row[8], rounded(&document, figure)) {
                (Data::Float(number), Some(value)) => {
                    assert!((number - value.to_f64().expect("a number")).abs() < 1e-6, "{row:?}");
                }
                (Data::String(_) | Data::Empty, _) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    // SEED-platform/seed#2562, orangelight#2695, archi#141: zeros, long ids and `73928e05` were made numbers.
    #[test]
    fn names_that_look_like_numbers_stay_text() {
        let mut document = sample::document();
        let names = ["00123", "9912140633506421", "73928e05", "1-2", "TRUE", "=1+1"];
        let table =
            document.sections.iter_mut().flat_map(|section| &mut section.blocks).find_map(|block| match block {
                Block::Table(table) if table.rows.len() >= 2 => Some(table),
                _ => None,
            });
        let table = table.expect("a table");
        let first = table.rows[0].clone();
        table.title = Some("Names".to_owned());
        table.rows = names.iter().map(|name| Row { name: (*name).to_owned(), ..first.clone() }).collect();
        let range = read(&document).worksheet_range("Names").expect("the sheet");
        let kept: Vec<&Data> = range.rows().skip(1).take(names.len()).map(|row| &row[0]).collect();
        assert!(kept.iter().zip(names).all(|(cell, name)| **cell == Data::String(name.to_owned())), "{kept:?}");
    }

    #[test]
    fn the_same_document_gives_the_same_bytes_and_sheets_of_their_own() {
        let document = sample::document();
        assert_eq!(render(&document).expect("once"), render(&document).expect("twice"));
        let mut taken = BTreeSet::new();
        let long = "a title that is much longer than thirty-one letters";
        assert_eq!(sheet_name(long, &mut taken).chars().count(), 31);
        assert!(sheet_name(long, &mut taken).ends_with(" 2"));
        assert_eq!(sheet_name("[]:*?/\\", &mut taken), "Table");
    }
}
