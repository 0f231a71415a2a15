//! The last pages: how far each source reaches, and every figure with its receipt.

use super::page::{Layout, MUTED};
use super::{plain, receipts};
use crate::report::document::Document;
use crate::report::render::typeface::Weight;

pub fn draw(document: &Document, layout: &mut Layout) {
    sources(document, layout);
    receipts::draw(document, layout);
}

fn sources(document: &Document, layout: &mut Layout) {
    let rows: Vec<[String; 4]> = document
        .freshness
        .iter()
        .map(|row| {
            let through =
                row.data_through.map_or_else(|| "nothing yet".to_owned(), |day| document.locale.date_text(day));
            let read = row
                .last_success_at
                .map_or_else(|| "never".to_owned(), |at| document.locale.day_stamp_text(at, document.time_zone));
            [row.label.clone(), through, read, row.remark.clone()]
        })
        .collect();
    let least = plain::least_height(&rows, layout).max(30.0);
    layout.heading("Data through", least);
    if rows.is_empty() {
        layout.paragraph("No source is connected yet.", 9.5, Weight::Regular, MUTED);
        return;
    }
    plain::draw(["Source", "Whole days through", "Last read", "State"], &rows, layout);
}
