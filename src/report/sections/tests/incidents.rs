//! Known errors of vendors beside the figures that rest on them.

use super::*;
use crate::domain::incident::Incident;
use crate::report::definition::MetricsSection;
use crate::report::document::{Card, Tone};

/// A monthly report with search figures of its month and of the month before, and an error until 27 April 2026.
fn cards(month: &str, [now, before]: [[Decimal; 2]; 2]) -> (Document, Vec<Card>) {
    let period = Period::month_of(date(month));
    let mut readings = readings("monthly_overview", SectionKind::Metrics(0), period);
    let metrics = ["search_clicks", "search_impressions", "search_ctr"].map(str::to_owned).to_vec();
    readings.definition.edition.own =
        vec![MetricsSection { id: "own".to_owned(), title: "Own".to_owned(), metrics, ..MetricsSection::default() }];
    let days = Period { start: date("2025-05-13"), end: date("2026-04-28") };
    let measures = BTreeSet::from(["search_impressions".to_owned()]);
    readings.incidents = vec![Incident { days, measures, note: "Vendor: impressions are not comparable.".to_owned() }];
    for (period, [clicks, impressions]) in [(period, now), (Period::month_of(period.start - Days::new(1)), before)] {
        let total = sums(&[("search_clicks", clicks), ("search_impressions", impressions)]);
        readings.data.spans.insert(period, Span { total, ..Span::default() });
    }
    let (document, _) = build(&readings, &registry());
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let cards = blocks.filter_map(|block| if let Block::Cards { cards } = block { Some(cards.clone()) } else { None });
    let cards = cards.flatten().collect();
    (document, cards)
}

fn told(card: &Card) -> (&str, Tone) {
    (card.comparisons[0].change.text.as_str(), card.comparisons[0].tone)
}

// optimixed.com, "GSC logging error": impressions that fell by 28% when the vendor mended its counting.
#[test]
fn a_change_across_a_known_error_is_shown_with_its_reason_and_not_rated() {
    let (document, cards) = cards("2026-05-10", [[dec!(1010), dec!(36000)], [dec!(1000), dec!(50000)]]);
    assert_eq!(told(&cards[0]), ("+1.0%", Tone::Good), "clicks were right");
    assert_eq!(told(&cards[1]), ("−28.0%", Tone::Neutral));
    assert_eq!(told(&cards[2]).1, Tone::Neutral, "a rate of impressions");
    assert!(
        document.notes.iter().any(|note| note == "Vendor: impressions are not comparable."),
        "{:?}",
        document.notes
    );
}

#[test]
fn changes_within_a_known_error_and_without_it_are_rated() {
    let fallen = [[dec!(1010), dec!(36000)], [dec!(1000), dec!(50000)]];
    let (document, within) = cards("2026-02-10", fallen);
    assert_eq!(told(&within[1]), ("−28.0%", Tone::Bad), "both months are wrong alike");
    assert!(document.notes.iter().any(|note| note.starts_with("Vendor:")), "{:?}", document.notes);
    let (document, without) = cards("2026-06-10", fallen);
    assert_eq!(told(&without[1]), ("−28.0%", Tone::Bad));
    assert!(document.notes.iter().any(|note| note.starts_with("Vendor:")), "the year before lies within it");
}
