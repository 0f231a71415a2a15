//! The report as an adaptive card of a Teams channel: a few lines that stand alone, and the headline figures below.
//!
//! Elements are those of version 1.4, which Teams shows on all devices:
//! <https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference>.

mod picture;

use super::brief::{Line, Mark, brief, cards, title};
use super::{Post, cut};
use crate::report::document::{Card, Document, Tone};
use crate::report::render::words::{instant_text, shortened};
use serde_json::{Value, json};

pub const POST: Post = Post { channel: "teams", label: "Teams", render, note, picture: picture::teams, size };

/// Teams takes messages of 28 kB as it counts them, and counts more than is sent: 24.5 kB were counted as 28.9
/// (MicrosoftDocs/msteams-docs#11274).
const MOST_BYTES: usize = 18_000;
/// Of a note.
const NOTE_CHARS: usize = 4_000;
const TITLE_CHARS: usize = 300;
const NAME_CHARS: usize = 60;
/// Figures that a card has; the report has all of them.
const FIGURES: usize = 12;

fn size(message: &Value) -> String {
    format!("{} kB of the 28 kB that Teams takes", message.to_string().len().div_ceil(1000))
}

/// The body of a call of the channel's workflow.
fn render(document: &Document) -> Value {
    let lines: Vec<Value> = brief(document).iter().map(line).collect();
    let figures = figures(&cards(document));
    // Lines are the message; of figures as many as fit.
    (0..=figures.len()).rev().map(|count| message(document, &lines, &figures[..count])).find(fits).unwrap_or_else(
        || {
            let fewer = &lines[..lines.len().min(2)];
            message(document, fewer, &[])
        },
    )
}

fn fits(message: &Value) -> bool {
    message.to_string().len() <= MOST_BYTES
}

fn message(document: &Document, lines: &[Value], figures: &[Value]) -> Value {
    let heading = json!({ "type": "TextBlock", "text": inert(&shortened(&title(document), TITLE_CHARS)), "size": "Large",
        "weight": "Bolder", "wrap": true, "style": "heading" });
    let mut body = vec![heading];
    body.extend(lines.iter().cloned());
    if !figures.is_empty() {
        body.push(json!({ "type": "FactSet", "separator": true, "facts": figures }));
    }
    body.push(closing(document));
    card(&body)
}

/// The message that a workflow takes: a list of cards, never none (bgptools/issues#203).
fn card(body: &[Value]) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": body,
            },
        }],
    })
}

/// A note, a line each.
fn note(subject: &str, text: &str) -> Value {
    let text = cut(text, NOTE_CHARS);
    let line =
        |text: &str, weight: &str| json!({ "type": "TextBlock", "wrap": true, "weight": weight, "text": inert(text) });
    let lines = text.lines().filter(|line| !line.trim().is_empty()).map(|text| line(text.trim_end(), "Default"));
    card(&std::iter::once(line(subject, "Bolder")).chain(lines).collect::<Vec<_>>())
}

/// Colour alone says nothing to some readers, so the sentences say it as well.
fn line(line: &Line) -> Value {
    let text = inert(&line.text);
    let (mark, color, weight) = match line.mark {
        Mark::None => ("", "Default", "Default"),
        Mark::Verdict(Tone::Good) => ("🟢 ", "Good", "Bolder"),
        Mark::Verdict(Tone::Bad) => ("🔴 ", "Attention", "Bolder"),
        Mark::Verdict(Tone::Neutral) => ("⚪ ", "Default", "Bolder"),
        Mark::Detail => ("• ", "Default", "Default"),
        Mark::Complete => ("✅ ", "Default", "Default"),
        Mark::Limited => ("ℹ️ ", "Default", "Default"),
        Mark::Lacking => ("⚠️ ", "Warning", "Default"),
    };
    json!({ "type": "TextBlock", "text": format!("{mark}{text}"), "color": color, "weight": weight, "wrap": true })
}

fn figures(cards: &[&Card]) -> Vec<Value> {
    let fact = |card: &&Card| {
        let mark = if card.figure.provisional { " (may still change)" } else { "" };
        let mut value = format!("{}{mark}", inert(&card.figure.text));
        for item in &card.comparisons {
            let label = inert(&shortened(&item.label, NAME_CHARS));
            value += &format!("; {} {label} ({})", inert(&item.change.text), inert(&item.base.text));
        }
        json!({ "title": inert(&shortened(&card.label, NAME_CHARS)), "value": value })
    };
    cards.iter().take(FIGURES).map(fact).collect()
}

fn closing(document: &Document) -> Value {
    let text = format!(
        "Issued {} as {}. The report itself is in the mail and the report folder.",
        inert(&shortened(&instant_text(document, document.issued_at), NAME_CHARS)),
        inert(&shortened(&document.id, NAME_CHARS))
    );
    json!({ "type": "TextBlock", "text": text, "size": "Small", "isSubtle": true, "wrap": true, "separator": true })
}

/// Text on one line in which Teams sees no bold, link, list, heading, mention or date function: a word joiner keeps its
/// signs readable but inert.
fn inert(text: &str) -> String {
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        let begins_list = index == 0 && matches!(c, '-' | '+' | '0'..='9');
        if begins_list || matches!(c, '*' | '_' | '~' | '`' | '[' | ']' | '#' | '<' | '>' | '{' | '}' | '\\' | '|') {
            out.push('\u{2060}');
        }
        out.push(if c.is_control() { ' ' } else { c });
        if c == ']' {
            // "](" makes a link.
            out.push('\u{2060}');
        }
    }
    out
}

#[cfg(test)]
mod tests;
