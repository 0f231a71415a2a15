//! A report as PDF: our own layout over printpdf's drawing operations. A4, selectable text in
//! embedded subsets of the typeface, charts as vectors, the same bytes for the same document.

mod blocks;
mod page;
mod table;

use super::chart;
use super::typeface::{BOLD, REGULAR, Weight, face};
use crate::report::document::{Block, Document, Section};
use crate::report::format::date_text;
use crate::support::ids::stable_id;
use chrono::{Datelike, Timelike};
use page::{AMBER, AMBER_PAPER, INK, Layout, MUTED};
use printpdf::{FontId, OffsetDateTime, PageAnnotId, PageAnnotation, ParsedFont, PdfDocument, PdfFont, PdfSaveOptions};
use std::collections::{BTreeMap, BTreeSet};

/// A report could not be laid out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the PDF cannot be made: {0}")]
pub struct PdfError(String);

/// Pixels of a chart to points on paper.
const CHART_SCALE: f32 = 0.75;

/// Renders the document.
pub fn render(document: &Document) -> Result<Vec<u8>, PdfError> {
    let mut layout = Layout::new();
    title(document, &mut layout);
    for section in &document.sections {
        draw_section(document, section, &mut layout);
    }
    sources(document, &mut layout);
    notes(document, &mut layout);
    let running = format!("{} · {}", document.workspace_name, document.title);
    let issued = document.issued_at.with_timezone(&document.time_zone).format("%d %b %Y %H:%M %Z");
    let footer = format!("Issued {issued} by Daybook · {}", document.id);
    let day = date_text(document.period.last_day());
    let (pages, bookmarks) = layout.finish(&running, &day, &footer);
    assemble(document, pages, bookmarks)
}

fn title(document: &Document, layout: &mut Layout) {
    layout.text_line(&document.workspace_name, 10.5, Weight::Bold, MUTED);
    layout.space(4.0);
    layout.text_line(&document.title, 24.0, Weight::Bold, INK);
    let days = if document.period.days() == 1 {
        date_text(document.period.start)
    } else {
        format!("{} to {}", date_text(document.period.start), date_text(document.period.last_day()))
    };
    layout.text_line(&format!("{days} · {} · {}", document.time_zone, document.currency), 10.0, Weight::Regular, MUTED);
    layout.space(10.0);
    if !document.gaps.is_empty() {
        layout.boxed("Data is not complete", &document.gaps, AMBER, AMBER_PAPER);
    }
    layout.paragraph(&document.summary, 12.5, Weight::Regular, INK);
    layout.space(6.0);
}

fn draw_section(document: &Document, section: &Section, layout: &mut Layout) {
    let first_height = section.blocks.first().map_or(0.0, |block| blocks::least_height(block, document));
    // A heading stays with its lead and what follows.
    let lead_height = if section.lead.is_some() { 30.0 } else { 0.0 };
    layout.heading(&section.title, first_height + lead_height);
    if let Some(lead) = &section.lead {
        layout.paragraph(lead, 9.5, Weight::Regular, MUTED);
        layout.space(4.0);
    }
    for block in &section.blocks {
        match block {
            Block::Cards { cards } => blocks::cards(cards, layout),
            Block::Table(table) => table::draw(table, layout),
            Block::Chart(chart) => {
                let drawing = chart::draw(chart, document.currency, page::WIDTH / CHART_SCALE);
                layout.drawing(&drawing, CHART_SCALE);
                layout.space(8.0);
            }
            Block::Text { text } => {
                layout.paragraph(text, 10.0, Weight::Regular, INK);
                layout.space(4.0);
            }
        }
    }
}

fn sources(document: &Document, layout: &mut Layout) {
    layout.heading("Data through", 60.0);
    let rows: Vec<[String; 4]> = document
        .freshness
        .iter()
        .map(|row| {
            let through = row.data_through.map_or_else(|| "nothing yet".to_owned(), date_text);
            let read = row.last_success_at.map_or_else(
                || "never".to_owned(),
                |at| at.with_timezone(&document.time_zone).format("%d %b %H:%M").to_string(),
            );
            [row.label.clone(), through, read, row.remark.clone()]
        })
        .collect();
    table::draw_plain(["Source", "Whole days through", "Last read", "State"], &rows, layout);
}

fn notes(document: &Document, layout: &mut Layout) {
    layout.heading("Notes", 30.0);
    for note in &document.notes {
        layout.paragraph(note, 9.0, Weight::Regular, MUTED);
        layout.space(2.0);
    }
    let figures = document.figures();
    if figures.iter().any(|(_, figure)| figure.provisional) {
        layout.paragraph("A small p marks a provisional figure.", 9.0, Weight::Regular, MUTED);
    }
    layout.heading("Receipts", 40.0);
    let mut seen = BTreeSet::new();
    // A change follows from its two figures, whose receipts stand here; its own is in HTML and CSV.
    let rows: Vec<[String; 3]> = figures
        .iter()
        .filter(|(path, _)| !path.ends_with("change"))
        .filter_map(|(path, figure)| {
            let receipt = figure.receipt.clone()?;
            seen.insert(receipt.clone()).then(|| [path.replace('/', " › "), figure.text.clone(), receipt])
        })
        .collect();
    table::draw_receipts(&rows, layout);
}

/// The pages with their fonts, bookmarks and metadata.
fn assemble(
    document: &Document,
    pages: Vec<printpdf::PdfPage>,
    bookmarks: Vec<(String, usize)>,
) -> Result<Vec<u8>, PdfError> {
    let mut pdf = PdfDocument::new(&format!("{} · {}", document.workspace_name, document.title));
    let used = page::used_letters(&pages);
    for (weight, bytes) in [(Weight::Regular, REGULAR), (Weight::Bold, BOLD)] {
        let font = subset(bytes, weight, used.get(&weight).unwrap_or(&BTreeSet::new()))?;
        pdf.resources.fonts.map.insert(FontId(page::font_name(weight).to_owned()), PdfFont::new(font));
    }
    for (number, (name, page)) in bookmarks.into_iter().enumerate() {
        pdf.bookmarks.map.insert(PageAnnotId(format!("bookmark{number:04}")), PageAnnotation { name, page });
    }
    let at = offset_date_time(document);
    let info = &mut pdf.metadata.info;
    (info.creation_date, info.modification_date, info.metadata_date) = (at, at, at);
    info.author = "Daybook".to_owned();
    info.creator = "Daybook".to_owned();
    info.subject = format!("{} {}", document.report, document.period);
    info.identifier = document.id.clone();
    let options = PdfSaveOptions { subset_fonts: false, ..PdfSaveOptions::default() };
    let mut bytes = pdf.with_pages(pages).save(&options, &mut Vec::new());
    name_file(&mut bytes, &document.id);
    Ok(bytes)
}

/// printpdf draws the file's identifier by lot; ours follows from the report, so that the same
/// report gives the same bytes.
fn name_file(bytes: &mut [u8], id: &str) {
    let Some(start) = bytes.windows(5).rposition(|window| window == b"/ID[(") else { return };
    let letters: Vec<u8> = stable_id("", &[id]).bytes().filter(u8::is_ascii_hexdigit).collect();
    let mut letters = letters.into_iter().cycle();
    for byte in bytes[start + 4..].iter_mut().take_while(|byte| **byte != b']') {
        if byte.is_ascii_alphanumeric() {
            *byte = letters.next().unwrap_or(b'0');
        }
    }
}

/// The typeface with the letters used and no others.
fn subset(bytes: &[u8], weight: Weight, letters: &BTreeSet<char>) -> Result<ParsedFont, PdfError> {
    let failed = || PdfError("the typeface cannot be embedded".to_owned());
    let whole = face(weight).ok_or_else(failed)?;
    let mut remapper = subsetter::GlyphRemapper::new();
    let (mut letters_to_glyphs, mut widths) = (BTreeMap::new(), BTreeMap::new());
    for letter in letters {
        if let Some(glyph) = whole.glyph_index(*letter) {
            let new = remapper.remap(glyph.0);
            letters_to_glyphs.insert(u32::from(*letter), new);
            widths.insert(new, whole.glyph_hor_advance(glyph).unwrap_or_default());
        }
    }
    let mut font = ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).ok_or_else(failed)?;
    font.original_bytes = subsetter::subset(bytes, 0, &remapper).map_err(|_| failed())?;
    font.font_name = Some(format!("OpenSans-{weight:?}"));
    (font.codepoint_to_glyph, font.glyph_widths) = (letters_to_glyphs, widths);
    Ok(font)
}

fn offset_date_time(document: &Document) -> OffsetDateTime {
    let at = document.issued_at;
    let part = |value: u32| u8::try_from(value).unwrap_or(1);
    printpdf::date::DateTime {
        date: printpdf::date::Date { year: at.year(), month: part(at.month()), day: part(at.day()) },
        time: printpdf::date::Time {
            hour: part(at.hour()),
            minute: part(at.minute()),
            second: part(at.second()),
            millisecond: 0,
        },
        offset: printpdf::date::Offset { hours: 0, minutes: 0, seconds: 0, milliseconds: 0 },
    }
}

#[cfg(test)]
mod tests;
