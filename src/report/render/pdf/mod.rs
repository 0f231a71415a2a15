//! A report as PDF: our own layout over printpdf's drawing operations. A4 or Letter, selectable text in
//! embedded subsets of the typefaces, charts as vectors, the same bytes for the same document.
//! [`lay_out`] is pure and says where everything stands; `file` writes it down.

mod blocks;
mod columns;
mod file;
mod fonts;
mod glyphs;
mod page;
mod paper;
mod picture;
mod receipts;
mod run;
mod table;

pub use paper::Paper;

use super::chart;
use super::typeface::{Weight, fit, showable};
use super::words::has_provisional;
use crate::report::document::{Block, Document, Section};
use page::{AMBER, AMBER_PAPER, INK, Layout, MUTED, Pages, Target};
use paper::Area;

/// A report could not be laid out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the PDF cannot be made: {0}")]
pub struct PdfError(String);

/// Renders the document.
pub fn render(document: &Document, paper: Paper) -> Result<Vec<u8>, PdfError> {
    file::write(document, lay_out(document, paper))
}

/// The document on pages.
fn lay_out(document: &Document, paper: Paper) -> Pages {
    let mut layout = Layout::new(paper, document.wording.decimal_mark());
    title(document, &mut layout);
    for (number, section) in document.sections.iter().enumerate() {
        draw_section(document, section, &mut layout);
        if number == 0 {
            let next = document.sections.get(1).map_or(0.0, |next| least_height(document, next, &layout));
            contents(document, next, &mut layout);
        }
    }
    sources(document, &mut layout);
    notes(document, &mut layout);
    receipts::draw(document, &mut layout);
    let running = format!("{} · {}", document.workspace_name, document.title);
    let issued = document.wording.stamp_text(document.issued_at, document.time_zone);
    let footer = format!("Issued {issued} by Daybook · {}", document.id);
    let day = document.wording.date_text(document.period.last_day());
    layout.finish(&running, &day, &footer)
}

fn title(document: &Document, layout: &mut Layout) {
    layout.text_line(&document.workspace_name, 10.5, Weight::Bold, MUTED);
    layout.space(4.0);
    layout.text_line(&document.title, 24.0, Weight::Bold, INK);
    let date = |day| document.wording.date_text(day);
    let days = if document.period.days() == 1 {
        date(document.period.start)
    } else {
        format!("{} to {}", date(document.period.start), date(document.period.last_day()))
    };
    layout.text_line(&format!("{days} · {} · {}", document.time_zone, document.currency), 10.0, Weight::Regular, MUTED);
    layout.space(10.0);
    if !document.gaps.is_empty() {
        layout.boxed(document.gaps_title(), &document.gaps, AMBER, AMBER_PAPER);
    }
    layout.paragraph(&document.summary, 12.5, Weight::Regular, INK);
    layout.space(6.0);
}

/// What a section's title stays together with: its lead and the beginning of what follows.
fn least_height(document: &Document, section: &Section, layout: &Layout) -> f32 {
    let lead = section.lead.as_ref().map_or(0.0, |lead| layout.paragraph_height(lead, 9.5, Weight::Regular) + 4.0);
    // What a block without content does not fill, the next one does.
    let mut blocks = 0.0;
    for block in &section.blocks {
        blocks += blocks::least_height(block, document, layout);
        if blocks > 12.0 {
            break;
        }
    }
    lead.min(120.0) + f32::max(blocks, 20.0)
}

/// Where the other sections are, if the first page has room left that the next one cannot use.
fn contents(document: &Document, next: f32, layout: &mut Layout) {
    const ACROSS: usize = 3;
    const LINE: f32 = 15.0;
    let titles: Vec<&str> = document.sections.iter().skip(1).map(|section| section.title.as_str()).collect();
    let height = titles.len().div_ceil(ACROSS) as f32 * LINE + 34.0;
    let left = layout.left_over();
    if titles.is_empty() || !layout.is_first_page() || height > left || next + 60.0 < left {
        return;
    }
    layout.space(18.0);
    layout.text(layout.left(), layout.y, "In this report", 9.0, Weight::Bold, MUTED);
    layout.space(4.0);
    let rows = titles.len().div_ceil(ACROSS);
    let top = layout.y;
    for (index, title) in titles.iter().enumerate() {
        let (x, wide) = layout.column(index / rows, ACROSS, 16.0);
        let base = top + (index % rows) as f32 * LINE + 11.0;
        let area = Area { x, y: base - 10.0, width: wide, height: 13.0 };
        layout.cell = Some(area);
        let target = Target::Section(index + 1);
        layout.text(x, base, &fit(title, wide - 24.0, 9.0, Weight::Regular), 9.0, Weight::Regular, INK);
        layout.page_number(x + wide, base, target.clone());
        layout.link(area, target);
    }
    layout.cell = None;
    layout.y = top + rows as f32 * LINE;
}

fn draw_section(document: &Document, section: &Section, layout: &mut Layout) {
    let least = least_height(document, section, layout);
    layout.heading(&section.title, least);
    let before = layout.texts();
    if let Some(lead) = &section.lead {
        layout.paragraph(lead, 9.5, Weight::Regular, MUTED);
        layout.space(4.0);
    }
    for block in &section.blocks {
        match block {
            Block::Cards { cards } => blocks::cards(cards, layout),
            Block::Table(table) => table::draw(table, layout),
            Block::Chart(chart) => {
                let drawing = chart::draw(chart, document, layout.width() / picture::SCALE);
                picture::draw(&drawing, layout);
                layout.space(8.0);
            }
            Block::Text { text } => {
                layout.paragraph(text, 10.0, Weight::Regular, INK);
                layout.space(4.0);
            }
        }
    }
    if layout.texts() == before {
        layout.paragraph("There is nothing to show yet.", 9.5, Weight::Regular, MUTED);
    }
}

fn sources(document: &Document, layout: &mut Layout) {
    let rows: Vec<[String; 4]> = document
        .freshness
        .iter()
        .map(|row| {
            let through =
                row.data_through.map_or_else(|| "nothing yet".to_owned(), |day| document.wording.date_text(day));
            let read = row
                .last_success_at
                .map_or_else(|| "never".to_owned(), |at| document.wording.day_stamp_text(at, document.time_zone));
            [row.label.clone(), through, read, row.remark.clone()]
        })
        .collect();
    let least = table::least_plain_height(&rows, layout).max(30.0);
    layout.heading("Data through", least);
    if rows.is_empty() {
        layout.paragraph("No source is connected yet.", 9.5, Weight::Regular, MUTED);
        return;
    }
    table::draw_plain(["Source", "Whole days through", "Last read", "State"], &rows, layout);
}

fn notes(document: &Document, layout: &mut Layout) {
    let mark = has_provisional(document).then(|| "A small p marks a provisional figure.".to_owned());
    let mut notes = document.notes.iter().chain(&mark).filter(|note| !showable(note).trim().is_empty()).peekable();
    let Some(first) = notes.peek() else { return };
    let least = layout.paragraph_height(first, 9.0, Weight::Regular).min(90.0);
    layout.heading("Notes", least);
    for note in notes {
        layout.paragraph(note, 9.0, Weight::Regular, MUTED);
        layout.space(2.0);
    }
}

#[cfg(test)]
mod boxes;
#[cfg(test)]
mod tests;
