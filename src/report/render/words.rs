//! Small wordings every text format shares: dates of the report, safe names, shortened names.

use crate::domain::money::Currency;
use crate::report::document::{Block, Card, Document, Figure, Mood};
use chrono::{DateTime, Utc};

/// The report's days in words: `Fri 20 Nov 2026`, or `Mon 9 Nov 2026 – Sun 15 Nov 2026`.
pub fn period_text(document: &Document) -> String {
    let (first, last, wording) = (document.period.start, document.period.last_day(), document.wording);
    if first == last {
        wording.date_text(first)
    } else {
        format!("{} – {}", wording.date_text(first), wording.date_text(last))
    }
}

/// The report's days for a subject line: `Fri 20 Nov`, or `9 Nov – 15 Nov`.
pub fn short_period_text(document: &Document) -> String {
    let (first, last, wording) = (document.period.start, document.period.last_day(), document.wording);
    if first == last {
        wording.day_text(first)
    } else {
        format!("{} – {}", wording.short_day_text(first), wording.short_day_text(last))
    }
}

/// An instant on the reader's clock: `Sat 21 Nov 2026, 08:00 CET`.
pub fn instant_text(document: &Document, at: DateTime<Utc>) -> String {
    document.wording.instant_text(at, document.time_zone)
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

/// [`plain`] text of at most `limit` characters, the last of them `…` where something was cut.
pub fn shortened(text: &str, limit: usize) -> String {
    let mut kept = plain(text);
    if let Some((cut, _)) = kept.char_indices().nth(limit) {
        let end = kept[..cut].char_indices().next_back().map_or(0, |(last, _)| last);
        kept.truncate(end);
        kept.push('…');
    }
    kept
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

/// The word templates and style sheets know a mood by.
pub fn mood_word(mood: Mood) -> &'static str {
    match mood {
        Mood::Good => "good",
        Mood::Bad => "bad",
        Mood::Neutral => "neutral",
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
        assert_eq!(shortened("Söhne & Co", 6), "Söhne…");
        assert_eq!(shortened("Söhne", 5), "Söhne");
    }

    #[test]
    fn instants_are_told_on_the_readers_clock() {
        let document = sample::document();
        assert_eq!(instant_text(&document, document.issued_at), "Sat 21 Nov 2026, 08:00 CET");
        assert_eq!(short_period_text(&document), "Fri 20 Nov");
    }
}
