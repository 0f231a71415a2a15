//! The figures as CSV, one line each: a stable contract for spreadsheets and programs.
//!
//! `value` is exact and plain (a share of 2.8% is `0.028`), `text` is what every format prints.

use crate::report::document::{Block, Card, Cell, Document, Figure, Plot, Table, Unit};
use crate::report::render::words::{currency_of, exact_value};

/// The columns, in their order. New ones are added at the end only.
pub const HEADER: [&str; 14] = [
    "report",
    "workspace",
    "period_start",
    "period_end",
    "section",
    "block",
    "row",
    "column",
    "value",
    "unit",
    "currency",
    "text",
    "receipt",
    "provisional",
];

/// Excel reads a CSV without this mark in the machine's old code page and garbles `€` and `ö`;
/// DuckDB and pandas skip it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The document's figures as RFC 4180 text (CRLF, UTF-8 with byte order mark). `period_end` is the
/// last day inside the period. Charts of bars and stages are included, lines and heat maps are not.
pub fn render(document: &Document) -> Result<String, csv::Error> {
    let mut lines =
        Lines { document, writer: csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()) };
    lines.writer.write_record(HEADER)?;
    for section in &document.sections {
        for block in &section.blocks {
            lines.block(&section.id, block)?;
        }
    }
    let bytes = lines.writer.into_inner().map_err(|error| error.into_error())?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(format!("{BYTE_ORDER_MARK}{text}"))
}

/// `text` as a cell that no spreadsheet takes for a formula: a `'` is put before a first character
/// that would start one. Leading blanks don't hide it, as some programs drop them on import.
pub fn guarded(text: &str) -> String {
    let starts_oddly = text.starts_with(['\t', '\r', '\n']);
    let first =
        text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}' || c == '\u{200b}');
    let starts_formula = first.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if starts_oddly || starts_formula { format!("'{text}") } else { text.to_owned() }
}

struct Lines<'a> {
    document: &'a Document,
    writer: csv::Writer<Vec<u8>>,
}

impl Lines<'_> {
    fn block(&mut self, section: &str, block: &Block) -> Result<(), csv::Error> {
        match block {
            Block::Cards { cards } => cards.iter().try_for_each(|card| self.card(section, card)),
            Block::Table(table) => self.table(section, table),
            Block::Chart(chart) => match &chart.plot {
                Plot::Bars { bars: stages } | Plot::Funnel { stages } => {
                    stages.iter().try_for_each(|bar| self.line(section, &chart.id, &bar.label, "value", &bar.figure))
                }
                Plot::Lines { .. } | Plot::Heat { .. } => Ok(()),
            },
            Block::Text { .. } => Ok(()),
        }
    }

    fn card(&mut self, section: &str, card: &Card) -> Result<(), csv::Error> {
        self.line(section, "cards", &card.metric, "value", &card.figure)?;
        for comparison in &card.comparisons {
            self.line(section, "cards", &card.metric, &comparison.label, &comparison.base)?;
            let change = format!("{}, change", comparison.label);
            self.line(section, "cards", &card.metric, &change, &comparison.change)?;
        }
        Ok(())
    }

    fn table(&mut self, section: &str, table: &Table) -> Result<(), csv::Error> {
        // A campaign may be called "Total", so sums are told apart by their block.
        let total = format!("{}/total", table.id);
        let rows = table.rows.iter().map(|row| (table.id.as_str(), row));
        for (block, row) in rows.chain(table.total.iter().map(|row| (total.as_str(), row))) {
            for (column, cell) in table.columns.iter().zip(&row.cells) {
                if let Cell::Figure { figure, .. } | Cell::Progress { figure, .. } = cell {
                    self.line(section, block, &row.name, &column.id, figure)?;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, section: &str, block: &str, row: &str, column: &str, figure: &Figure) -> Result<(), csv::Error> {
        let document = self.document;
        let currency = currency_of(figure, document.currency);
        self.writer.write_record([
            guarded(&document.report).as_str(),
            &guarded(&document.workspace_id),
            &document.period.start.to_string(),
            &document.period.last_day().to_string(),
            &guarded(section),
            &guarded(block),
            &guarded(row),
            &guarded(column),
            &exact_value(figure),
            unit_word(figure.unit),
            currency.as_ref().map_or("", |currency| currency.code()),
            &guarded(&figure.text),
            &guarded(figure.receipt.as_deref().unwrap_or_default()),
            if figure.provisional { "true" } else { "false" },
        ])
    }
}

fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Money => "money",
        Unit::Percent => "percent",
        Unit::Ratio => "ratio",
        Unit::Duration => "duration",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn records(text: &str) -> Vec<csv::StringRecord> {
        let body = text.strip_prefix('\u{feff}').expect("a byte order mark");
        csv::Reader::from_reader(body.as_bytes()).records().map(|record| record.expect("a record")).collect()
    }

    #[test]
    fn the_contract_stays_as_it_is() {
        let text = render(&sample::document()).expect("CSV");
        let start: String = text.replace('\u{feff}', "").split_inclusive("\r\n").take(12).collect();
        insta::assert_snapshot!(start.replace("\r\n", "\n"));
    }

    #[test]
    fn there_is_one_line_for_every_figure_and_it_says_the_same() {
        let document = sample::document();
        let figures = document.figures();
        let lines = records(&render(&document).expect("CSV"));
        assert_eq!(lines.len(), figures.len());
        for (line, (_, figure)) in lines.iter().zip(figures) {
            assert_eq!(line[11].trim_start_matches('\''), figure.text);
            assert_eq!(line[8].parse().ok(), figure.value.map(|value| value.normalize()));
        }
    }

    #[test]
    fn no_text_cell_can_start_a_formula() {
        let text = render(&sample::document()).expect("CSV");
        assert!(text.contains("\"'=HYPERLINK(\"\"http://evil\"\")\""));
        assert!(
            records(&text)
                .iter()
                .flat_map(|line| [&line[6], &line[11]].map(str::to_owned))
                .all(|cell| { !cell.starts_with(['=', '+', '-', '@', '\t']) })
        );
        for hostile in ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", " =1", "\u{feff}=1"] {
            assert!(guarded(hostile).starts_with('\''), "{hostile:?}");
        }
        assert_eq!(guarded("−3.0%"), "−3.0%");
    }

    #[test]
    fn a_negative_value_is_a_number() {
        let text = render(&sample::document()).expect("CSV");
        assert!(text.contains(",-1234567890123.45,money,EUR,\"−€1,234,567,890,123.45\","), "plain decimals");
    }

    #[test]
    fn every_line_ends_as_rfc_4180_wants() {
        let text = render(&sample::document()).expect("CSV");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    }
}
