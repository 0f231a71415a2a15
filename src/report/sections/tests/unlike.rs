//! Changes from days that lack what the value has.

use super::*;
use crate::report::definition::MetricsSection;
use crate::report::document::{Card, Tone};
use crate::report::readiness::{Expected, SectionFreshness, SourceFreshness};

fn source(label: &str, from: &str) -> SourceFreshness {
    let whole = vec![Period { start: date(from), end: date("2026-12-01") }];
    SourceFreshness {
        source: label.to_owned(),
        label: format!("{label}: ads"),
        fact: "ad_daily".to_owned(),
        parts: vec![SectionFreshness { from: date(from), whole, ..SectionFreshness::default() }],
        last_success_at: None,
        settles_after_days: 0,
        expected: Expected::EveryDay,
    }
}

fn costs(sources: Vec<SourceFreshness>) -> (Document, Card) {
    let period = november();
    let mut readings = readings("monthly_overview", SectionKind::Metrics(0), period);
    let metrics = vec!["cost".to_owned()];
    readings.definition.edition.own =
        vec![MetricsSection { id: "own".to_owned(), title: "Own".to_owned(), metrics, ..MetricsSection::default() }];
    readings.reach = sources;
    for (period, cost) in [(period, dec!(2000)), (Period::month_of(period.start - Days::new(1)), dec!(1000))] {
        let of = |part: Decimal| sums(&[("cost", part), ("clicks", part)]);
        let parts = |one: &str, other: &str| -> BTreeMap<String, Sums> {
            [(one.to_owned(), of(cost - dec!(500))), (other.to_owned(), of(dec!(500)))].into()
        };
        let (channels, campaigns) = (parts("paid_social", "paid_search"), parts("Reels", "Brand"));
        readings.data.spans.insert(period, Span { total: of(cost), channels, campaigns, ..Span::default() });
    }
    let (document, _) = build(&readings, &registry());
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let cards = blocks.filter_map(|block| if let Block::Cards { cards } = block { Some(cards.clone()) } else { None });
    let card = cards.flatten().next().expect("a card");
    (document, card)
}

/// A second ad platform was connected, and cost seemed to double. plausible/analytics#2870: the base lacked a source, and
/// "+450%" was printed.
#[test]
fn a_change_from_days_of_fewer_sources_is_not_stated_and_the_new_one_is_named() {
    let told = |card: &Card| (card.comparisons[0].change.text.clone(), card.comparisons[0].tone);
    let (document, card) = costs(vec![source("Google Ads", "2026-01-01"), source("LinkedIn Ads", "2026-10-20")]);
    assert_eq!(told(&card), ("not comparable".to_owned(), Tone::Neutral));
    assert_eq!(card.comparisons[0].base.text, "$1,000.00", "both values stand");
    let note = "LinkedIn Ads is read since Tue 20 Oct 2026: changes of Clicks, Media cost against days that lack it are not stated.";
    assert!(document.notes.iter().any(|said| said == note), "{:?}", document.notes);

    let (document, card) = costs(vec![source("Google Ads", "2026-01-01"), source("LinkedIn Ads", "2026-10-01")]);
    assert_eq!(told(&card).0, "+100.0%", "both months have both");
    assert!(!document.notes.iter().any(|said| said.contains("is read since")), "{:?}", document.notes);
}

/// A month that lacked two days made the next one look like growth. What both lack alike is named by the gaps on top.
#[test]
fn a_change_from_days_with_holes_is_not_stated_unless_the_value_has_them_too() {
    let runs = |runs: &[(&str, &str)]| -> Vec<Period> {
        runs.iter().map(|(start, end)| Period { start: date(start), end: date(end) }).collect()
    };
    let mut holed = source("Google Ads", "2026-01-01");
    holed.parts[0].whole = runs(&[("2026-01-01", "2026-10-05"), ("2026-10-07", "2026-12-01")]);
    let (document, card) = costs(vec![holed.clone()]);
    assert_eq!(card.comparisons[0].change.text, "not comparable");
    let note = "Google Ads: ads: lacks 5 Oct to Tue 6 Oct 2026: changes of Clicks, Media cost against days that lack it are not stated.";
    assert!(document.notes.iter().any(|said| said == note), "{:?}", document.notes);

    holed.parts[0].whole =
        runs(&[("2026-01-01", "2026-10-05"), ("2026-10-07", "2026-11-20"), ("2026-11-21", "2026-12-01")]);
    let (document, card) = costs(vec![holed]);
    assert_eq!(card.comparisons[0].change.text, "+100.0%");
    assert!(document.is_late(), "{:?}", document.gaps);
}

/// The demo's own page one: "The campaign “Herbst Reels” cost €1,395.31 instead of €80.91", where Meta was read since the
/// last days of the month before.
#[test]
fn the_lead_states_no_change_against_days_of_fewer_sources() {
    let lead = |began: &str| {
        let (document, _) = costs(vec![source("Google Ads", "2026-01-01"), source("Meta Ads", began)]);
        document.lead.expect("a lead")
    };
    let told = lead("2026-10-29");
    assert_eq!(told.sentence, "Clicks were 2,000 in November 2026, not comparable with October.");
    assert_eq!(told.moved, Vec::<String>::new(), "neither a channel nor a campaign");
    assert_eq!(told.tone, Tone::Neutral);

    let told = lead("2026-01-01");
    assert_eq!(told.sentence, "Clicks were 2,000 in November 2026, +100.0% vs October (+106.7% per day).");
    assert_eq!(
        told.moved,
        [
            "Largest change: paid_social, +1,000 clicks (+200.0%) vs October.",
            "The campaign “Reels” cost $1,500.00 instead of $500.00 (October).",
        ]
    );
}
