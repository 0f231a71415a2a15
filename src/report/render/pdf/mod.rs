//! A report as PDF: our own layout over printpdf's drawing operations. A4 or Letter, selectable text in
//! embedded subsets of the typefaces, charts as vectors, the same bytes for the same document.
//! `lay_out` is pure and says where everything stands; `file` writes it down.

mod appendix;
mod blocks;
mod columns;
mod figure;
mod file;
mod fonts;
mod glyphs;
mod links;
mod logo;
mod marks;
mod options;
mod page;
mod paper;
mod picture;
mod plain;
mod prose;
mod receipts;
mod run;
mod section;
mod structure;
mod table;
mod tags;

pub use options::Options;

use super::chart;
use super::typeface::{Weight, fit, showable};
use super::words::{has_provisional, period_text};
use crate::report::document::Document;
use crate::report::look::Paper;
use logo::Image;
use page::{AMBER, AMBER_PAPER, INK, Layout, MUTED, Pages, Target};
use paper::Area;
use tags::Tag;

/// A report could not be laid out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the PDF cannot be made: {0}")]
pub struct PdfError(String);

/// Renders the document with its appendix.
pub fn render(document: &Document, paper: Paper) -> Result<Vec<u8>, PdfError> {
    render_with(document, &Options::whole(paper))
}

/// Renders the document as an edition wants it.
pub fn render_with(document: &Document, options: &Options) -> Result<Vec<u8>, PdfError> {
    let logo = options.logo.as_ref().map(Image::from);
    let document = &document.as_printed();
    file::write(document, lay_out(document, options, logo))
}

/// The document on pages.
fn lay_out(document: &Document, options: &Options, logo: Option<Image>) -> Pages {
    let mut layout = Layout::new(options.paper, options.palette, document.locale.decimal_mark());
    title(document, logo, &mut layout);
    for (number, section) in document.sections.iter().enumerate() {
        section::draw(document, section, &mut layout);
        if number == 0 {
            let next = document.sections.get(1).map_or(0.0, |next| section::least_height(document, next, &layout));
            contents(document, next, &mut layout);
        }
    }
    if options.appendix {
        notes(document, &mut layout);
        appendix::draw(document, &mut layout);
    }
    let running = format!("{} · {}", document.workspace_name, document.title);
    let issued = document.locale.stamp_text(document.issued_at, document.time_zone);
    let footer = format!("Issued {issued} by Daybook · {}", document.id);
    layout.finish(&running, &period_text(document), &footer)
}

fn title(document: &Document, logo: Option<Image>, layout: &mut Layout) {
    // Beside the logo there is less room.
    let beside = layout.width() - logo.as_ref().map_or(0.0, |logo| logo.width + 16.0);
    let room = layout.width();
    if let Some(logo) = logo {
        layout.logo(logo);
    }
    layout.text_lines(Tag::P, &document.workspace_name, beside, 10.5, Weight::Bold, MUTED);
    layout.space(4.0);
    layout.text_lines(Tag::H1, &document.title, beside, 24.0, Weight::Bold, INK);
    let contact = document.contact.as_ref().map(|contact| format!(" · Questions: {contact}")).unwrap_or_default();
    let days = format!("{} · {} · {}{contact}", period_text(document), document.time_zone, document.currency);
    layout.text_lines(Tag::P, &days, room, 10.0, Weight::Regular, MUTED);
    layout.space(10.0);
    if !document.gaps.is_empty() {
        layout.boxed(document.gaps_title(), &document.gaps, AMBER, AMBER_PAPER);
    }
    layout.paragraph(&document.summary, 12.5, Weight::Regular, INK);
    layout.space(6.0);
}

/// Where the other sections are: in a long report always, in a short one if the first page has room left
/// that the next section cannot use.
fn contents(document: &Document, next: f32, layout: &mut Layout) {
    const ACROSS: usize = 3;
    const LINE: f32 = 15.0;
    const LONG: usize = 5;
    let titles: Vec<&str> = document.sections.iter().skip(1).map(|section| section.title.as_str()).collect();
    let height = titles.len().div_ceil(ACROSS) as f32 * LINE + 34.0;
    let left = layout.left_over();
    let fills = layout.is_first_page() && height <= left && next + 60.0 >= left;
    if titles.is_empty() || !(fills || titles.len() >= LONG) {
        return;
    }
    layout.ensure(height);
    layout.space(18.0);
    layout.within(Tag::P, |layout| layout.text(layout.left(), layout.y, "In this report", 9.0, Weight::Bold, MUTED));
    layout.space(4.0);
    let rows = titles.len().div_ceil(ACROSS);
    let top = layout.y;
    layout.within(Tag::L, |layout| {
        for (index, title) in titles.iter().enumerate() {
            let (x, wide) = layout.column(index / rows, ACROSS, 16.0);
            let base = top + (index % rows) as f32 * LINE + 11.0;
            let area = Area { x, y: base - 10.0, width: wide, height: 13.0 };
            layout.cell = Some(area);
            let target = Target::Section(index + 1);
            let shown = fit(title, wide - 24.0, 9.0, Weight::Regular);
            layout.item(|layout| {
                layout.within(Tag::Link, |layout| {
                    layout.text(x, base, &shown, 9.0, Weight::Regular, INK);
                    layout.page_number(x + wide, base, target.clone());
                    layout.link(area, title, target);
                });
            });
        }
    });
    layout.cell = None;
    layout.y = top + rows as f32 * LINE;
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
