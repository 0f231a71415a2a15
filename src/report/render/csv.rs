//! The figures as CSV, one line each: a stable contract for spreadsheets and programs, which README
//! documents. Every row of every list is here, whatever pages show of it.
//!
//! `row`, `column` and `compare` are ids that do not change with dates, languages or names; `row_label` and
//! `column_label` say what pages print. `value` is rounded to what its unit can be paid or shown in, `exact`
//! is not. A share of 2.8% is `0.028`.

use crate::domain::money::round_to_unit;
use crate::report::document::{Block, Card, Cell, Document, Figure, Plot, Table, Unit};
use crate::report::render::words::{currency_of, exact_value};
use rust_decimal::Decimal;

/// The columns, in their order. New ones are added at the end only.
pub const HEADER: [&str; 19] = [
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
    "compare",
    "row_label",
    "column_label",
    "exact",
    "report_id",
];

/// Excel reads a CSV without this mark in the machine's old code page and garbles `€` and `ö`;
/// DuckDB and pandas skip it.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// Decimals of shares and ratios in `value`.
const RATIO_DECIMALS: u32 = 6;

/// A figure with what names it.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    pub section: &'a str,
    /// e.g. `cards`, `channels`, `channels/total`.
    pub block: String,
    pub row: &'a str,
    pub column: String,
    /// What the figure is set against, e.g. `day_before`; empty for the figure itself.
    pub compare: &'a str,
    pub row_label: &'a str,
    pub column_label: String,
    pub figure: &'a Figure,
}

/// Every figure of a document in reading order. Charts of bars and stages are included, lines and heat maps
/// are not.
pub fn lines(document: &Document) -> Vec<Line<'_>> {
    let mut all = Vec::new();
    for section in &document.sections {
        for block in &section.blocks {
            match block {
                Block::Cards { cards } => cards.iter().for_each(|card| card_lines(&section.id, card, &mut all)),
                Block::Table(table) => table_lines(&section.id, table, &mut all),
                Block::Chart(chart) => match &chart.plot {
                    Plot::Bars { bars: stages } | Plot::Waterfall { bars: stages } | Plot::Funnel { stages } => {
                        all.extend(stages.iter().map(|bar| Line {
                            section: &section.id,
                            block: chart.id.clone(),
                            row: or(&bar.id, &bar.label),
                            column: "value".to_owned(),
                            compare: "",
                            row_label: &bar.label,
                            column_label: chart.title.clone(),
                            figure: &bar.figure,
                        }));
                    }
                    Plot::Lines { .. } | Plot::Heat { .. } => {}
                },
                Block::Text { .. } => {}
            }
        }
    }
    all
}

/// Documents of earlier versions have no ids.
fn or<'a>(id: &'a str, label: &'a str) -> &'a str {
    if id.is_empty() { label } else { id }
}

fn card_lines<'a>(section: &'a str, card: &'a Card, all: &mut Vec<Line<'a>>) {
    let line = |column: &str, compare: &'a str, label: &str, figure: &'a Figure| Line {
        section,
        block: "cards".to_owned(),
        row: &card.metric,
        column: column.to_owned(),
        compare,
        row_label: &card.label,
        column_label: label.to_owned(),
        figure,
    };
    all.push(line("value", "", &card.label, &card.figure));
    for comparison in &card.comparisons {
        let (id, label) = (or(&comparison.id, &comparison.label), &comparison.label);
        all.push(line("base", id, label, &comparison.base));
        all.push(line("change", id, label, &comparison.change));
    }
}

fn table_lines<'a>(section: &'a str, table: &'a Table, all: &mut Vec<Line<'a>>) {
    // A campaign may be called "Total", so sums are distinguished by their block.
    let total = format!("{}/total", table.id);
    let rows = table.rows.iter().map(|row| (&table.id, row));
    for (block, row) in rows.chain(table.total.iter().map(|row| (&total, row))) {
        for (column, cell) in table.columns.iter().zip(&row.cells) {
            if let Cell::Figure { figure, .. } | Cell::Progress { figure, .. } = cell {
                all.push(Line {
                    section,
                    block: block.clone(),
                    row: or(&row.id, &row.name),
                    column: column.id.clone(),
                    compare: "",
                    row_label: &row.name,
                    column_label: column.heading.clone(),
                    figure,
                });
            }
        }
    }
}

/// The document's figures as RFC 4180 text (CRLF, UTF-8 with byte order mark). `period_end` is the
/// last day inside the period.
pub fn render(document: &Document) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for line in lines(document) {
        let figure = line.figure;
        let currency = currency_of(figure, document.currency);
        writer.write_record([
            guarded(&document.report).as_str(),
            &guarded(&document.workspace_id),
            &document.period.start.to_string(),
            &document.period.last_day().to_string(),
            &guarded(line.section),
            &guarded(&line.block),
            &guarded(line.row),
            &guarded(&line.column),
            &rounded(document, figure).map(|value| value.normalize().to_string()).unwrap_or_default(),
            figure.unit.word(),
            currency.as_ref().map_or("", |currency| currency.code()),
            &guarded(&figure.text.replace('−', "-")),
            &guarded(figure.receipt.as_deref().unwrap_or_default()),
            if figure.provisional { "true" } else { "false" },
            line.compare,
            &guarded(line.row_label),
            &guarded(&line.column_label),
            &exact_value(figure),
            &document.id,
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(format!("{BYTE_ORDER_MARK}{text}"))
}

/// A figure's value in what its unit can be paid or shown in: money to the currency's minor unit, shares and
/// ratios to six decimals.
pub fn rounded(document: &Document, figure: &Figure) -> Option<Decimal> {
    let value = figure.value?;
    Some(match figure.unit {
        Unit::Money => round_to_unit(value, document.currency),
        Unit::Count | Unit::Percent | Unit::Points | Unit::Ratio | Unit::Duration => value.round_dp(RATIO_DECIMALS),
    })
}

/// `text` as a cell that no spreadsheet takes for a formula: a `'` is put before a first character that
/// would start one, unless the whole is a number, which the mark would turn into text (woocommerce#53020).
/// Leading blanks don't hide it, as some programs drop them on import.
pub fn guarded(text: &str) -> String {
    let starts_oddly = text.starts_with(['\t', '\r', '\n']);
    let first =
        text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}' || c == '\u{200b}');
    let starts_formula = first.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if starts_oddly || (starts_formula && !is_number(text)) { format!("'{text}") } else { text.to_owned() }
}

/// A sign, digits with separators, and nothing else but a percent sign.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = digits.strip_suffix('%').unwrap_or(digits);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use std::collections::BTreeSet;

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
            assert_eq!(line[11].trim_start_matches('\''), figure.text.replace('−', "-"));
            assert_eq!(line[17].parse().ok(), figure.value.map(|value| value.normalize()));
        }
    }

    // metabase#7622, lightdash#4636: the attached file held the rows of the page alone.
    #[test]
    fn rows_that_pages_leave_out_are_in_the_file() {
        let mut document = sample::document();
        let tables = document.sections.iter_mut().flat_map(|section| &mut section.blocks);
        for block in tables {
            if let Block::Table(table) = block {
                table.page_rows = Some(1);
            }
        }
        assert_eq!(records(&render(&document).expect("CSV")).len(), sample::document().figures().len());
    }

    #[test]
    fn no_two_lines_are_named_alike() {
        let document = sample::document();
        let keys: Vec<String> = lines(&document)
            .iter()
            .map(|line| format!("{}/{}/{}/{}/{}", line.section, line.block, line.row, line.column, line.compare))
            .collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{keys:#?}");
    }

    #[test]
    fn no_text_cell_can_start_a_formula() {
        let text = render(&sample::document()).expect("CSV");
        assert!(text.contains("\"'=HYPERLINK(\"\"http://evil\"\")\""));
        assert!(
            records(&text)
                .iter()
                .flat_map(|line| [&line[6], &line[15]].map(str::to_owned))
                .all(|cell| { !cell.starts_with(['=', '+', '-', '@', '\t']) })
        );
        for hostile in ["=1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", " =1", "\u{feff}=1", "+1 pp", "--1"] {
            assert!(guarded(hostile).starts_with('\''), "{hostile:?}");
        }
        assert_eq!(guarded("−3.0%"), "−3.0%");
    }

    // niko-table-registry#194, woocommerce#53020, mui-x#13888: the guard made text of some numbers.
    #[test]
    fn a_number_is_not_guarded_whatever_its_sign_and_size() {
        for number in ["-5.00", "-1,234.56", "-20", "-20,000", "+15.0%", "-42"] {
            assert_eq!(guarded(number), number);
        }
        for other in ["-2+3+cmd|'/c calc'!A1", "-- comment", "=cmd|'/c calc'!A1", "-", "+", "-1-2", "-1 2"] {
            assert!(guarded(other).starts_with('\''), "{other:?}");
        }
    }

    #[test]
    fn a_negative_value_is_a_number() {
        let text = render(&sample::document()).expect("CSV");
        assert!(text.contains(",-1234567890123.45,money,EUR,"), "plain decimals");
    }

    #[test]
    fn every_line_ends_as_rfc_4180_wants() {
        let text = render(&sample::document()).expect("CSV");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    }
}
