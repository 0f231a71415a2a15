//! The report as a Slack message of a few lines that stand alone: the result, the plan, what moved most and
//! where, and how complete it is. Figures follow in a thread where a bot posts; incoming webhooks have none.
//!
//! Limits are Slack's: <https://docs.slack.dev/reference/block-kit/blocks/>.

use super::brief::{Line, Mark, brief, cards, title};
use super::{Post, cut};
use crate::report::document::{Card, Document, Tone};
use crate::report::render::words::{instant_text, shortened};
use serde_json::{Value, json};

const SECTION_CHARS: usize = 3000;
/// Of a note: the escapes need room.
const NOTE_CHARS: usize = 2500;
const FIELD_CHARS: usize = 2000;
const FIELDS: usize = 10;
const HEADER_CHARS: usize = 150;
const FALLBACK_CHARS: usize = 1000;
const NAME_CHARS: usize = 60;
mod mrkdwn;
mod picture;

pub const POST: Post = Post { channel: "slack", label: "Slack", render, note, picture: picture::slack, size };

/// Slack's own bound of a message.
const BLOCKS: usize = 50;

fn size(message: &Value) -> String {
    format!("{} of at most {BLOCKS} blocks", message["blocks"].as_array().map_or(0, Vec::len))
}

/// The key under which a message carries the blocks of its thread; no hook is sent it.
pub const THREAD: &str = "thread";

/// The body of a webhook call or of `chat.postMessage`: `text` and `blocks`; under [`THREAD`] the blocks of a
/// reply to it.
pub fn render(document: &Document) -> Value {
    let lines = bounded_lines(&lines(document), SECTION_CHARS);
    let blocks = vec![header(document), section(&lines), context(&closing(document))];
    let mut message =
        json!({ "text": fallback(document), "blocks": blocks, "unfurl_links": false, "unfurl_media": false });
    let thread: Vec<Value> = cards(document).chunks(FIELDS).map(fields).collect();
    if !thread.is_empty() {
        message[THREAD] = Value::Array(thread);
    }
    message
}

/// `text` in which Slack sees no mention, link or entity.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text on one line in which Slack sees no mention, link, bold, code, struck text, quote or emoji: a word
/// joiner keeps its signs readable but inert.
fn inert(text: &str) -> String {
    let mut out = String::new();
    for c in escaped(text).chars() {
        if matches!(c, '*' | '_' | '~' | '`' | ':') {
            out.push('\u{2060}');
        }
        out.push(c);
    }
    out
}

/// The lines that are read: verdict, plan, largest changes, completeness.
fn lines(document: &Document) -> Vec<String> {
    brief(document).into_iter().map(|line| line_text(&line)).collect()
}

/// Colour alone says nothing to some readers, so the sentences say it as well.
fn line_text(line: &Line) -> String {
    let text = inert(&line.text);
    match line.mark {
        Mark::None => text,
        Mark::Verdict(tone) => {
            let mark = match tone {
                Tone::Good => ":large_green_circle:",
                Tone::Bad => ":red_circle:",
                Tone::Neutral => ":white_circle:",
            };
            format!("{mark} *{text}*")
        }
        Mark::Detail => format!("• {text}"),
        Mark::Complete => format!(":white_check_mark: {text}"),
        // What only limits a figure is a remark; what lacks data is a warning.
        Mark::Limited => format!(":information_source: {text}"),
        Mark::Lacking => format!(":warning: {text}"),
    }
}

fn header(document: &Document) -> Value {
    let text = shortened(&title(document), HEADER_CHARS);
    json!({ "type": "header", "text": { "type": "plain_text", "text": text, "emoji": false } })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
}

fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text, "verbatim": true }] })
}

fn fields(cards: &[&Card]) -> Value {
    let fields = cards.iter().map(|card| {
        let mark = if card.figure.provisional { " (may still change)" } else { "" };
        let mut lines = vec![
            format!("*{}*", inert(&shortened(&card.label, NAME_CHARS))),
            format!("*{}*{mark}", escaped(&card.figure.text)),
        ];
        lines.extend(card.comparisons.iter().map(|item| {
            let label = inert(&shortened(&item.label, NAME_CHARS));
            format!("{} {label} ({})", escaped(&item.change.text), escaped(&item.base.text))
        }));
        json!({ "type": "mrkdwn", "text": bounded_lines(&lines, FIELD_CHARS), "verbatim": true })
    });
    json!({ "type": "section", "fields": fields.collect::<Vec<_>>() })
}

fn closing(document: &Document) -> String {
    let issued = instant_text(document, document.issued_at);
    format!(
        "Issued {} as {}. The report itself is in the mail and the report folder.",
        inert(&shortened(&issued, 60)),
        inert(&shortened(&document.id, NAME_CHARS))
    )
}

/// What a notification shows.
fn fallback(document: &Document) -> String {
    let short = |text: &str, limit| inert(&shortened(text, limit));
    let sentence = document.lead.as_ref().map_or(&document.summary, |lead| &lead.sentence);
    let text =
        format!("{}: {}. {}", short(&document.workspace_name, 100), short(&document.title, 100), short(sentence, 600));
    bounded_lines(&[text], FALLBACK_CHARS)
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

/// A note that pings nobody.
fn note(subject: &str, text: &str) -> Value {
    // Most text needs no escape and may be as long as the limit.
    let fits = escaped(text).chars().count() <= NOTE_CHARS;
    let cut = if fits { text.to_owned() } else { cut(text, NOTE_CHARS / 5) };
    let (head, body) = (escaped(subject), escaped(&cut));
    json!({
        "text": format!("{head}\n{body}"),
        "blocks": [
            section(&format!("*{head}*")),
            { "type": "section", "text": { "type": "plain_text", "text": cut, "emoji": false } },
        ],
    })
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
    fn a_note_pings_nobody_and_keeps_the_limits() {
        let value = note("<!here>", &format!("<!channel> {}", "&".repeat(9000)));
        assert!(!value["text"].as_str().expect("text").contains('<'));
        assert_eq!(value["blocks"][0]["text"]["text"], "*&lt;!here&gt;*");
        assert_eq!(value["blocks"][1]["text"]["type"], "plain_text");
        assert!(value["blocks"][1]["text"]["text"].as_str().expect("text").chars().count() <= SECTION_CHARS);
    }

    #[test]
    fn five_lines_stand_alone() {
        let message = render(&sample::document());
        let text = message["blocks"][1]["text"]["text"].as_str().expect("text");
        assert!((4..=8).contains(&text.lines().count()), "{text}");
        assert!(message["blocks"].as_array().expect("blocks").len() == 3);
    }

    // sentry#68922, integrations/slack#1958: `a:us:b` in a name becomes an emoji.
    #[test]
    fn a_name_cannot_ping_anyone_or_become_an_emoji() {
        let mut document = sample::document();
        document.workspace_name = "<!channel> Deal:fire:Week".to_owned();
        document.summary = "<@U123> &lt;!here&gt; <https://evil|click>".to_owned();
        document.lead = None;
        document.gaps = vec!["<!everyone> Search:us:Brand".to_owned()];
        let message = render(&document);
        let mut found = Vec::new();
        texts(&message, &mut found);
        // The header is plain text, which Slack never reads for mentions.
        let read = found.iter().filter(|text| !text.contains("Daily performance, Fri"));
        assert!(read.clone().count() > 10);
        assert!(read.clone().all(|text| !text.contains(['<', '>'])), "{found:?}");
        assert!(read.clone().all(|text| !text.contains(":us:") && !text.contains(":fire:")), "{found:?}");
    }

    #[test]
    fn a_huge_document_stays_within_slacks_limits() {
        let mut document = sample::document();
        document.gaps = (0..200).map(|n| format!("{n} & {}", "&".repeat(900))).collect();
        document.summary = "&".repeat(9000);
        if let Some(lead) = &mut document.lead {
            lead.sentence = "&".repeat(9000);
            lead.moved = vec!["&".repeat(9000); 9];
        }
        document.workspace_name = "W".repeat(10_000);
        let sections = document.sections.clone();
        (0..40).for_each(|_| document.sections.extend(sections.clone()));
        let message = render(&document);
        let thread = message[THREAD].as_array().expect("a thread");
        let blocks = message["blocks"].as_array().expect("blocks");
        assert!(blocks.len() <= 50);
        assert!(message["text"].as_str().expect("text").chars().count() <= FALLBACK_CHARS);
        for block in blocks.iter().chain(thread) {
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
