//! How to read the report: what its metrics and its words mean.

use super::tables::words;
use super::{FigureBuilder, Readings};
use crate::report::definition::Compare;
use crate::report::document::{Block, Column, Row, Section, Table};
use crate::report::format::{IMMATURE, NOT_COMPARABLE};

/// Words that are not metrics.
const WORDS: [(&str, &str, &str); 5] = [
    ("vs", "vs", "How much a figure changed against the days named behind it, whose own figure follows."),
    ("pp", "pp", "Percentage points: the difference of two percentages. From 50.0% to 51.0% is +1.0 pp."),
    ("times", "×", "From tenfold on, a change is written as a multiple: ×12 is twelve times as much."),
    ("few", "too few", "Fewer than ten events on one side: a percentage would say more than is known."),
    ("provisional", "p", "Provisional: the source may still change it, or has not delivered all of it."),
];

/// A page for readers who have not seen the report before.
pub fn section(readings: &Readings, builder: &FigureBuilder<'_>) -> Option<Section> {
    let row = |id: &str, name: &str, text: String| Row::new(id, name, vec![words(text)]);
    let mut rows: Vec<Row> =
        builder.printed().map(|metric| row(metric, &builder.label(metric), builder.about(metric))).collect();
    rows.retain(
        |row| !matches!(row.cells.as_slice(), [crate::report::document::Cell::Text { text }] if text.is_empty()),
    );
    if rows.is_empty() {
        return None;
    }
    rows.sort_by_key(|row| row.name.to_lowercase());
    if builder.printed().any(|metric| metric == "roas" || metric == "cac") {
        let text = "Paid: of the channels that cost money. Blended: of all channels, with what no media paid for.";
        rows.push(row("blended", "Paid and blended", text.to_owned()));
    }
    rows.extend(WORDS.map(|(id, name, text)| row(id, name, text.to_owned())));
    if builder.has_immature() {
        let text =
            "Events of the last days are still arriving: a change would compare incomplete data with complete data.";
        rows.push(row("immature", IMMATURE, text.to_owned()));
    }
    if builder.has_unlike() {
        let text = "The days compared with lack a source, or days of one, that counts now; the notes name it.";
        rows.push(row("not_comparable", NOT_COMPARABLE, text.to_owned()));
    }
    if readings.definition.compare.contains(&Compare::LastYear) && !readings.definition.cadence.is_of_months() {
        rows.push(row("52_weeks", "52 weeks earlier", "The same weekdays a year before, 364 days back.".to_owned()));
    }
    let table = Table {
        id: "glossary".to_owned(),
        title: None,
        row_heading: "Word".to_owned(),
        columns: vec![Column { id: "meaning".to_owned(), heading: "What it means".to_owned() }],
        rows,
        page_rows: None,
        others: None,
        total: None,
        empty_text: String::new(),
    };
    let title = "How to read this report".to_owned();
    Some(Section { id: "glossary".to_owned(), title, lead: None, blocks: vec![Block::Table(table)] })
}
