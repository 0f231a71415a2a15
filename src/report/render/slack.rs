//! A report as Slack blocks that stand alone (docs.slack.dev/reference/block-kit).

use crate::report::document::{Block, Card, Cell, Document, FreshnessState, Mood, Table};
use crate::report::format::date_text;
use serde_json::{Value, json};

const LONGEST_SECTION: usize = 2900;
const MOST_FIELDS: usize = 10;
const MOST_ROWS: usize = 6;

/// The body of an incoming webhook.
pub fn render(document: &Document) -> Value {
    let title = format!("{}: {}, {}", document.workspace_name, document.title, date_text(document.period.last_day()));
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": cut(&title, 150), "emoji": false}}),
        section(&escape(&document.summary)),
    ];
    if !document.gaps.is_empty() {
        let gaps: Vec<String> = document.gaps.iter().map(|gap| format!("• {}", escape(gap))).collect();
        blocks.push(section(&format!("*Data is not complete*\n{}", gaps.join("\n"))));
    }
    for part in &document.sections {
        for block in &part.blocks {
            match block {
                Block::Cards { cards } => blocks.push(fields(cards)),
                Block::Table(table) if !table.rows.is_empty() && table.id != "campaigns" => {
                    blocks.push(section(&format!("*{}*\n{}", escape(&part.title), rows(table))));
                }
                _ => {}
            }
        }
    }
    blocks.push(
        json!({"type": "context", "elements": [{"type": "mrkdwn", "text": cut(&footer(document), LONGEST_SECTION)}]}),
    );
    json!({"text": cut(&escape(&format!("{title}. {}", document.summary)), 3900), "blocks": blocks})
}

fn fields(cards: &[Card]) -> Value {
    let field = |card: &Card| {
        let mark = if card.figure.provisional { "ᵖ" } else { "" };
        let first = card.comparisons.first();
        let change = first.map(|c| format!("\n{} {} vs {}", arrow(c.mood), escape(&c.change.text), escape(&c.label)));
        let text =
            format!("*{}*\n{}{mark}{}", escape(&card.label), escape(&card.figure.text), change.unwrap_or_default());
        json!({"type": "mrkdwn", "text": cut(&text, 1900)})
    };
    json!({"type": "section", "fields": cards.iter().take(MOST_FIELDS).map(field).collect::<Vec<_>>()})
}

/// The first rows of a table, a line each.
fn rows(table: &Table) -> String {
    let mut lines: Vec<String> = Vec::new();
    for row in table.rows.iter().take(MOST_ROWS) {
        let cells = table.columns.iter().zip(&row.cells).map(|(column, cell)| match cell {
            Cell::Figure { figure, .. } | Cell::Progress { figure, .. } => {
                format!("{} {}", column.heading, figure.text)
            }
            Cell::Text { text } => text.clone(),
        });
        let cells: Vec<String> = cells.map(|cell| escape(&cell)).collect();
        lines.push(format!("• {}: {}", escape(&cut(&row.name, 80)), cells.join(" · ")));
    }
    if table.rows.len() > MOST_ROWS {
        lines.push(format!("… and {} more in the report", table.rows.len() - MOST_ROWS));
    }
    lines.join("\n")
}

fn footer(document: &Document) -> String {
    let sources = document.freshness.iter().map(|row| {
        let mark = if row.state == FreshnessState::Late { "late" } else { "through" };
        let day = row.data_through.map_or_else(|| "nothing".to_owned(), |day| day.to_string());
        format!("{} {mark} {day}", escape(&row.label))
    });
    let sources: Vec<String> = sources.collect();
    format!("Data: {}. ᵖ provisional. Receipts of all figures are in the CSV.", sources.join(", "))
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": cut(text, LONGEST_SECTION)}})
}

fn arrow(mood: Mood) -> &'static str {
    match mood {
        Mood::Good => "▲",
        Mood::Bad => "▼",
        Mood::Neutral => "•",
    }
}

/// Nothing a vendor names can mention a channel or make a link; formatting marks are defused too.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '*' => out.push('∗'),
            '`' => out.push('ˋ'),
            '~' => out.push('∼'),
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// At most `most` characters; an escape is never cut in two.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most - 1).collect();
    if let Some(at) = kept.rfind('&')
        && !kept[at..].contains(';')
    {
        kept.truncate(at);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_sample_keeps_slacks_limits_and_pings_nobody() {
        let message = render(&sample::document());
        let blocks = message["blocks"].as_array().expect("blocks");
        assert!(blocks.len() <= 50);
        for block in blocks {
            assert!(block["text"]["text"].as_str().unwrap_or_default().chars().count() <= 3000);
            assert!(block["fields"].as_array().map_or(0, Vec::len) <= 10);
        }
        assert!(!message.to_string().contains("<!"));
    }
}
