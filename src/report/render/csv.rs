//! A report's figures as CSV: one line a figure, columns that stay.

use crate::report::document::{Block, Cell, Document, Figure, Plot, Unit};

const HEADER: [&str; 15] = [
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
    "issued_at",
];

/// RFC 4180 with CRLF in UTF-8, without a byte-order mark: programs read it first, and every current
/// spreadsheet asks. `period_end` is the last day inside.
pub fn render(document: &Document) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let mut write = |section: &str, block: &str, row: &str, column: &str, figure: &Figure| {
        let is_money = figure.unit == Unit::Money;
        let fields: [&str; 15] = [
            &document.report,
            &document.workspace_id,
            &document.period.start.to_string(),
            &document.period.last_day().to_string(),
            section,
            block,
            &harmless(row),
            &harmless(column),
            &figure.value.map(|value| value.normalize().to_string()).unwrap_or_default(),
            unit(figure.unit),
            if is_money { document.currency.code() } else { "" },
            &harmless(&figure.text),
            figure.receipt.as_deref().unwrap_or_default(),
            if figure.provisional { "true" } else { "false" },
            &document.issued_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        ];
        writer.write_record(fields)
    };
    for section in &document.sections {
        for block in &section.blocks {
            match block {
                Block::Cards { cards } => {
                    for card in cards {
                        write(&section.id, "cards", &card.label, &card.metric, &card.figure)?;
                        for comparison in &card.comparisons {
                            write(&section.id, "cards", &card.label, &comparison.label, &comparison.base)?;
                            write(
                                &section.id,
                                "cards",
                                &card.label,
                                &format!("change vs {}", comparison.label),
                                &comparison.change,
                            )?;
                        }
                    }
                }
                Block::Table(table) => {
                    for row in table.rows.iter().chain(&table.total) {
                        for (column, cell) in table.columns.iter().zip(&row.cells) {
                            if let Cell::Figure { figure, .. } | Cell::Progress { figure, .. } = cell {
                                write(&section.id, &table.id, &row.name, &column.id, figure)?;
                            }
                        }
                    }
                }
                Block::Chart(chart) => {
                    if let Plot::Bars { bars: stages } | Plot::Funnel { stages } = &chart.plot {
                        for bar in stages {
                            write(&section.id, &chart.id, &bar.label, "value", &bar.figure)?;
                        }
                    }
                }
                Block::Text { .. } => {}
            }
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Money => "money",
        Unit::Percent => "percent",
        Unit::Ratio => "ratio",
        Unit::Duration => "seconds",
    }
}

/// A text no spreadsheet takes for a formula: what begins like one gets an apostrophe in front
/// (owasp.org/www-community/attacks/CSV_Injection).
fn harmless(text: &str) -> String {
    let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.trim_start_matches([' ', '\u{feff}']).starts_with(starts) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_figure_is_there_with_its_text() {
        let document = sample::document();
        let text = render(&document).expect("csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let lines: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("sound csv");
        assert_eq!(lines.len(), document.figures().len());
        for ((_, figure), line) in document.figures().iter().zip(&lines) {
            assert_eq!(line[11].trim_start_matches('\''), figure.text);
        }
    }

    #[test]
    fn no_cell_begins_like_a_formula() {
        let text = render(&sample::document()).expect("csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for record in reader.records() {
            let record = record.expect("a record");
            for (index, field) in record.iter().enumerate() {
                let is_number = index == 8 && field.parse::<rust_decimal::Decimal>().is_ok();
                assert!(is_number || !field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field}");
            }
        }
    }
}
