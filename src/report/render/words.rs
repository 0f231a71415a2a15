//! Small wordings every text format shares: dates of the report, safe names, shortened names.

use crate::domain::money::Currency;
use crate::report::document::{Block, Card, Document, Figure, Tone};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The report's days as people say them: `Fri 20 Nov 2026`, `October 2026`, `Week 47, 16 – 22 Nov 2026`.
pub fn period_text(document: &Document) -> String {
    match document.period_name.is_empty() {
        false => document.period_name.clone(),
        // Issued by an earlier version.
        true => document.locale.span_text(document.period),
    }
}

/// An instant on the reader's clock: `Sat 21 Nov 2026, 08:00 CET`.
pub fn instant_text(document: &Document, at: DateTime<Utc>) -> String {
    document.locale.instant_text(at, document.time_zone)
}

/// What a line may break into: words, which keep an amount and its currency together.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}')).filter(|word| !word.is_empty())
}

/// `text` without what could disturb the lines around it: control characters become spaces, and
/// characters that turn the direction of everything after them are dropped.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(
            |c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}'),
        )
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// A [`plain`] name of at most `limit` characters: cut in the middle, because names of a family differ at
/// their ends (elastic-charts#1925).
pub fn shortened(text: &str, limit: usize) -> String {
    let kept = plain(text);
    let count = kept.chars().count();
    if count <= limit {
        return kept;
    }
    let room = limit.saturating_sub(1);
    let tail = room * 2 / 5;
    let head = room - tail;
    kept.chars().take(head).chain(['…']).chain(kept.chars().skip(count - tail)).collect()
}

/// [`plain`] sentences of at most `limit` characters, the last of them `…` where something was cut.
pub fn clipped(text: &str, limit: usize) -> String {
    let kept = plain(text);
    if kept.chars().count() <= limit {
        return kept;
    }
    kept.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// Names of one list, each [`shortened`]; two that differ are never printed alike.
pub fn distinct<'a>(names: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let names: Vec<&str> = names.into_iter().collect();
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        let mut short = shortened(name, limit);
        let mut number = 2;
        while taken.get(&short).is_some_and(|other| *other != name) {
            let mark = format!(" ({number})");
            short = shortened(name, limit.saturating_sub(mark.chars().count())) + &mark;
            number += 1;
        }
        taken.insert(short.clone(), name);
        out.push(short);
    }
    out
}

/// The report's first headline figure, if it has one.
pub fn first_card(document: &Document) -> Option<&Card> {
    document.sections.iter().flat_map(|section| &section.blocks).find_map(|block| match block {
        Block::Cards { cards } => cards.first(),
        _ => None,
    })
}

/// Whether any printed figure may still change.
pub fn has_provisional(document: &Document) -> bool {
    document.figures().iter().any(|(_, figure)| figure.provisional)
}

/// The word templates and style sheets know a tone by.
pub fn tone_word(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Neutral => "neutral",
    }
}

/// The figure's exact value without an exponent or grouping, e.g. `-1234.50`; empty where it does
/// not exist.
pub fn exact_value(figure: &Figure) -> String {
    figure.value.map(|value| value.normalize().to_string()).unwrap_or_default()
}

/// The currency a figure is in: the document's for money, none for the rest.
pub fn currency_of(figure: &Figure, currency: Currency) -> Option<Currency> {
    (figure.unit == crate::report::document::Unit::Money).then_some(currency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn names_lose_what_could_disturb_the_lines_around_them() {
        assert_eq!(plain("a\r\nBcc: x\u{202e}y"), "a  Bcc: xy");
    }

    #[test]
    fn a_cut_name_keeps_within_its_limit() {
        assert_eq!(clipped("Söhne & Co", 6), "Söhne…");
        assert_eq!(shortened("Söhne & Co", 6), "Söh…Co");
        assert_eq!(shortened("Söhne", 5), "Söhne");
    }

    // elastic-charts#1925, TablePlus#208: four campaigns that differ after the 60th letter were the same row.
    #[test]
    fn two_names_are_never_printed_alike() {
        let long = "x".repeat(80);
        let names =
            [format!("{long} Berlin {long}"), format!("{long} Bremen {long}"), format!("{long}1"), format!("{long}2")];
        let short = distinct(names.iter().map(String::as_str), 30);
        assert!(short.iter().all(|name| name.chars().count() <= 30), "{short:?}");
        assert_eq!(short.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{short:?}");
        assert_eq!(distinct(["a", "a"], 30), ["a", "a"], "the same name twice is the same");
    }

    #[test]
    fn instants_are_shown_on_the_readers_clock() {
        let document = sample::document();
        assert_eq!(instant_text(&document, document.issued_at), "Sat 21 Nov 2026, 08:00 CET");
    }
}
