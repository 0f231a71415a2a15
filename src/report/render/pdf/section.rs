//! A section: its title, its lead and its blocks, and what of them stays together on a page.

use super::page::{INK, Layout, MUTED};
use super::{blocks, chart, picture, table};
use crate::report::document::{Block, Chart, Document, Section, Table};
use crate::report::render::typeface::{Weight, showable};
use crate::report::render::words::plain;
use chart::Drawing;

/// What a section's title stays together with: its lead and the beginning of what follows.
pub fn least_height(document: &Document, section: &Section, layout: &Layout) -> f32 {
    let lead = section.lead.as_ref().map_or(0.0, |lead| layout.paragraph_height(lead, 9.5, Weight::Regular) + 4.0);
    // What a block without content does not fill, the next one does.
    let mut blocks = 0.0;
    for at in 0..section.blocks.len() {
        blocks += block_least(at, section, document, layout);
        if blocks > 12.0 {
            break;
        }
    }
    lead.min(120.0) + f32::max(blocks, 20.0)
}

/// The height a block needs before its first break.
fn block_least(at: usize, section: &Section, document: &Document, layout: &Layout) -> f32 {
    match &section.blocks[at] {
        Block::Cards { cards } => blocks::least_height(cards, layout),
        Block::Table(table) => table::least_height(table, table_caption(table, section), layout),
        Block::Chart(chart) => chart_least(chart, at, section, document, layout),
        Block::Text { text } => layout.paragraph_height(text, 10.0, Weight::Regular).min(90.0),
    }
}

pub fn draw(document: &Document, section: &Section, layout: &mut Layout) {
    let least = least_height(document, section, layout);
    layout.heading(&section.title, least);
    let before = layout.texts();
    if let Some(lead) = &section.lead {
        layout.paragraph(lead, 9.5, Weight::Regular, MUTED);
        layout.space(4.0);
    }
    for (at, block) in section.blocks.iter().enumerate() {
        match block {
            Block::Cards { cards } => blocks::cards(cards, layout),
            Block::Table(table) => table::draw(table, table_caption(table, section), layout),
            Block::Chart(chart) => draw_chart(chart, section, at, document, layout),
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

/// The table of a chart stays with it, unless much of the page would be white for that.
fn chart_least(chart: &Chart, at: usize, section: &Section, document: &Document, layout: &Layout) -> f32 {
    const MUCH: f32 = 0.4;
    let drawing = drawing(chart, document, layout);
    let caption = chart_caption(chart, section).map_or(0.0, |title| layout.caption_height(title));
    let alone = caption + picture::least_height(&drawing, layout);
    let Some(Block::Table(table)) = section.blocks.get(at + 1) else { return alone };
    let whole = drawing.height * picture::scale(&drawing, layout) + 8.0;
    let together = caption + whole + table::least_height(table, table_caption(table, section), layout);
    let is_short = together <= layout.room.height * 0.8 && layout.left_over() < layout.room.height * MUCH;
    if is_short { together } else { alone }
}

fn draw_chart(chart: &Chart, section: &Section, at: usize, document: &Document, layout: &mut Layout) {
    let drawing = drawing(chart, document, layout);
    // The first one stands where its section's title has made room for it.
    if at > 0 {
        layout.ensure(chart_least(chart, at, section, document, layout));
    }
    if let Some(title) = chart_caption(chart, section) {
        layout.caption(title, picture::least_height(&drawing, layout));
    }
    let alt = plain(if chart.alt.trim().is_empty() { &chart.title } else { &chart.alt });
    picture::draw(&drawing, &alt, layout);
    layout.space(8.0);
}

fn drawing(chart: &Chart, document: &Document, layout: &Layout) -> Drawing {
    chart::draw_printed(chart, document, layout.width() / picture::SCALE)
}

/// A title that says more than the section's.
fn chart_caption<'a>(chart: &'a Chart, section: &Section) -> Option<&'a str> {
    Some(chart.title.as_str()).filter(|title| says_more(title, section))
}

fn table_caption<'a>(table: &'a Table, section: &Section) -> Option<&'a str> {
    table.title.as_deref().filter(|title| says_more(title, section))
}

fn says_more(title: &str, section: &Section) -> bool {
    title != section.title && !showable(title).trim().is_empty()
}
