//! The report as a Slack message that stands alone: incoming webhooks carry no files.
//!
//! Limits are Slack's: <https://docs.slack.dev/reference/block-kit/blocks/>.

use crate::report::document::{Block, Card, Cell, Document, Figure, FreshnessState, Row, Table};
use crate::report::format::in_sentence;
use crate::report::render::words::{has_provisional, instant_text, period_text, shortened};
use serde_json::{Value, json};

const BLOCKS: usize = 50;
const SECTION_CHARS: usize = 3000;
const FIELD_CHARS: usize = 2000;
const FIELDS: usize = 10;
const HEADER_CHARS: usize = 150;
const FALLBACK_CHARS: usize = 4000;
const NAME_CHARS: usize = 60;
/// Rows shown of each table; the whole of it is in the mailed report.
const TABLE_ROWS: usize = 5;

/// The body of a webhook call or of `chat.postMessage`: `text` and `blocks`.
pub fn render(document: &Document) -> Value {
    let mut blocks = vec![header(document)];
    // Slack refuses a message for one empty text.
    let summary = bounded(&summary(document), SECTION_CHARS);
    if !summary.trim().is_empty() {
        blocks.push(section(&summary));
    }
    if !document.gaps.is_empty() {
        let gaps: Vec<String> = document.gaps.iter().map(|gap| format!(":warning: {}", name(gap, 400))).collect();
        blocks.push(section(&bounded_lines(&gaps, SECTION_CHARS)));
    }
    for part in document.sections.iter().flat_map(|section| section.blocks.iter().map(move |block| (section, block))) {
        match part {
            (_, Block::Cards { cards }) => blocks.extend(cards.chunks(FIELDS).map(fields)),
            (owner, Block::Table(table)) if !table.rows.is_empty() => {
                let title = table.title.as_deref().unwrap_or(&owner.title);
                blocks.push(section(&table_text(title, table)));
            }
            _ => {}
        }
    }
    // The last lines say how far to trust the figures, so they are kept when others must go.
    blocks.truncate(BLOCKS - 2);
    blocks.push(context(&freshness(document)));
    blocks.push(context(&closing(document)));
    json!({ "text": fallback(document), "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
}

/// `text` in which Slack sees no mention, link or entity.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A hostile name on one line: shortened, escaped, and without the signs that make bold, code or
/// struck text. A word joiner keeps them readable but inert.
fn name(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for c in escaped(&shortened(text, limit)).chars() {
        if matches!(c, '*' | '_' | '~' | '`') {
            out.push('\u{2060}');
        }
        out.push(c);
    }
    out
}

fn header(document: &Document) -> Value {
    let text = format!("{}: {}, {}", document.workspace_name, document.title, period_text(document));
    json!({ "type": "header", "text": { "type": "plain_text", "text": shortened(&text, HEADER_CHARS), "emoji": false } })
}

fn summary(document: &Document) -> String {
    name(&document.summary, 1500)
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
}

fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": bounded(text, FIELD_CHARS), "verbatim": true }] })
}

fn fields(cards: &[Card]) -> Value {
    let fields: Vec<Value> = cards
        .iter()
        .map(|card| {
            let mut lines = vec![format!("*{}*", name(&card.label, NAME_CHARS)), format!("*{}*", value(&card.figure))];
            lines.extend(card.comparisons.iter().map(|item| {
                let label = name(&item.label, NAME_CHARS);
                format!("{} vs {label} {}", escaped(&item.change.text), value(&item.base))
            }));
            json!({ "type": "mrkdwn", "text": bounded_lines(&lines, FIELD_CHARS), "verbatim": true })
        })
        .collect();
    json!({ "type": "section", "fields": fields })
}

fn value(figure: &Figure) -> String {
    let mark = if figure.provisional { " (p)" } else { "" };
    format!("{}{mark}", escaped(&figure.text))
}

fn table_text(title: &str, table: &Table) -> String {
    let mut lines = vec![format!("*{}*", name(title, NAME_CHARS))];
    lines.extend(table.rows.iter().take(TABLE_ROWS).map(|row| row_text(table, row)));
    if let Some(total) = &table.total {
        lines.push(row_text(table, total));
    }
    let hidden = table.rows.len().saturating_sub(TABLE_ROWS);
    if hidden > 0 {
        lines.push(format!("_… and {hidden} more in the full report_"));
    }
    bounded_lines(&lines, SECTION_CHARS)
}

fn row_text(table: &Table, row: &Row) -> String {
    let cells = table.columns.iter().zip(&row.cells).map(|(column, cell)| {
        let heading = name(&in_sentence(&column.heading), NAME_CHARS);
        match cell {
            Cell::Figure { figure, .. } | Cell::Progress { figure, .. } => format!("{heading} {}", value(figure)),
            Cell::Text { text } => name(text, NAME_CHARS),
        }
    });
    format!("• *{}*: {}", name(&row.name, NAME_CHARS), cells.collect::<Vec<_>>().join(", "))
}

fn freshness(document: &Document) -> String {
    let sources = document.freshness.iter().map(|source| {
        let through =
            source.data_through.map_or_else(|| "no data yet".to_owned(), |day| document.wording.date_text(day));
        let mark =
            if matches!(source.state, FreshnessState::Late | FreshnessState::Limited) { ":warning: " } else { "" };
        format!("{mark}{} {through} ({})", name(&source.label, NAME_CHARS), name(&source.remark, 120))
    });
    let sources: Vec<String> = sources.collect();
    if sources.is_empty() {
        "No source is connected".to_owned()
    } else {
        format!("Data through: {}", sources.join(" · "))
    }
}

fn closing(document: &Document) -> String {
    let issued = instant_text(document, document.issued_at);
    let legend = if has_provisional(document) { "(p): provisional, the source may still change it. " } else { "" };
    format!(
        "{legend}Issued {issued} as {}. Every figure has a receipt: it is in the HTML, PDF and CSV of this report, and \
         daybook explain shows where the figure comes from.",
        name(&document.id, NAME_CHARS)
    )
}

/// What a notification shows.
fn fallback(document: &Document) -> String {
    let mut lines = vec![format!(
        "{}: {}, {}. {}",
        name(&document.workspace_name, 100),
        name(&document.title, 100),
        period_text(document),
        summary(document)
    )];
    lines.extend(document.gaps.iter().map(|gap| name(gap, 400)));
    bounded_lines(&lines, FALLBACK_CHARS)
}

/// As many whole lines as fit, so that no escape is cut in two.
fn bounded_lines(lines: &[String], limit: usize) -> String {
    let mut out = String::new();
    let mut left = limit.saturating_sub(2);
    for line in lines {
        let chars = line.chars().count() + 1;
        if chars > left {
            out.push('…');
            break;
        }
        left -= chars;
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line);
    }
    out
}

/// At most `limit` characters, cut before an escape that would not fit.
fn bounded(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(limit - 1).collect();
    if let Some(at) = kept.rfind('&').filter(|at| !kept[*at..].contains(';')) {
        kept.truncate(at);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(fields) => fields.values().for_each(|item| texts(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_message_reads_as_agreed() {
        let message = serde_json::to_string_pretty(&render(&sample::document())).expect("JSON");
        insta::assert_snapshot!(message);
    }

    #[test]
    fn a_name_cannot_ping_anyone() {
        let mut document = sample::document();
        document.workspace_name = "<!channel>".to_owned();
        document.summary = "<@U123> &lt;!here&gt; <https://evil|click>".to_owned();
        document.gaps = vec!["<!everyone>".to_owned()];
        let message = render(&document);
        let mut found = Vec::new();
        texts(&message, &mut found);
        // The header is plain text, which Slack never reads for mentions.
        let read = found.iter().filter(|text| !text.starts_with("<!channel>: Daily"));
        assert!(read.clone().count() > 10);
        assert!(read.clone().all(|text| !text.contains(['<', '>'])), "{found:?}");
    }

    #[test]
    fn a_huge_document_stays_within_slacks_limits() {
        let mut document = sample::document();
        document.gaps = (0..200).map(|n| format!("{n} & {}", "&".repeat(900))).collect();
        document.summary = "&".repeat(9000);
        document.workspace_name = "W".repeat(10_000);
        let sections = document.sections.clone();
        (0..40).for_each(|_| document.sections.extend(sections.clone()));
        let message = render(&document);
        let blocks = message["blocks"].as_array().expect("blocks");
        assert!(blocks.len() <= BLOCKS);
        assert!(message["text"].as_str().expect("text").chars().count() <= FALLBACK_CHARS);
        for block in blocks {
            let length = block["text"]["text"].as_str().unwrap_or_default().chars().count();
            assert!(length <= if block["type"] == "header" { HEADER_CHARS } else { SECTION_CHARS });
            for field in block["fields"].as_array().into_iter().flatten() {
                assert!(field["text"].as_str().expect("text").chars().count() <= FIELD_CHARS);
            }
            assert!(block["fields"].as_array().is_none_or(|fields| fields.len() <= FIELDS));
        }
    }

    #[test]
    fn headline_figures_are_those_of_the_document() {
        let document = sample::document();
        let text = render(&document).to_string();
        let headline = document.figures().into_iter().filter(|(path, _)| path.starts_with("headline/"));
        assert!(headline.into_iter().all(|(_, figure)| text.contains(&figure.text)));
    }
}
