//! Figures of young days, of too few events, and targets of quarters and by a date.

use super::*;
use crate::domain::fiscal::FiscalYear;
use crate::domain::target::{Target, Term};
use crate::report::definition::MetricsSection;
use crate::report::document::{Card, Tone};

/// The shipped metrics and two more.
fn with_own() -> Registry {
    let own = "
        [late_leads]\nlabel = 'Late leads'\nabout = 'x'\nunit = 'count'\nbetter = 'higher'\nsum = 'leads'\nmatures_after = 7
        [late_cpl]\nlabel = 'Late CPL'\nabout = 'x'\nunit = 'money'\nbetter = 'lower'\nformula = 'cost / late_leads'\nminimum = 30";
    let text = include_str!("../../../../jobs/metrics.toml").to_owned() + own;
    Registry::new(toml::from_str(&text).expect("metrics"), &columns()).expect("a registry")
}

/// A monthly report of October or November, issued on the 1st of December, with 300 and 200 leads for 600 each.
fn cards(period: Period, leads: [Decimal; 2]) -> (Document, Vec<Card>) {
    let mut readings = readings("monthly_overview", SectionKind::Metrics(0), period);
    let metrics = ["late_leads", "late_cpl"].map(str::to_owned).to_vec();
    readings.definition.edition.own =
        vec![MetricsSection { id: "own".to_owned(), title: "Own".to_owned(), metrics, ..MetricsSection::default() }];
    let before = Period::month_of(period.start - Days::new(1));
    for (period, leads) in [(period, leads[0]), (before, leads[1])] {
        let total = sums(&[("leads", leads), ("cost", dec!(600))]);
        readings.data.spans.insert(period, Span { total, ..Span::default() });
    }
    let (document, _) = build(&readings, &with_own());
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let cards = blocks.filter_map(|block| if let Block::Cards { cards } = block { Some(cards.clone()) } else { None });
    let cards = cards.flatten().collect();
    (document, cards)
}

#[test]
fn a_figure_of_young_days_says_so_and_its_change_is_not_judged() {
    let (document, cards) = cards(november(), [dec!(300), dec!(200)]);
    let leads = &cards[0];
    assert!(leads.figure.provisional, "it still grows");
    assert_eq!((leads.figure.text.as_str(), leads.comparisons[0].change.text.as_str()), ("300", "immature"));
    assert_eq!((leads.comparisons[0].change.value, leads.comparisons[0].tone), (Some(dec!(0.5)), Tone::Neutral));
    // A ratio is as young as the youngest of what it is made of.
    assert_eq!((cards[1].figure.text.as_str(), cards[1].comparisons[0].change.text.as_str()), ("$2.00", "immature"));
    let note =
        "Late leads: days mature after 7 days. Those since Tue 24 Nov 2026 still grow, so changes are not judged.";
    assert!(document.notes.iter().any(|told| told == note), "{:?}", document.notes);
    assert_eq!(
        words(table(&document, "glossary"), "immature", "meaning").split(':').next(),
        Some("Events of the last days are still coming in")
    );
}

#[test]
fn a_figure_of_grown_days_is_judged() {
    // 31 October and 7 days have passed long before the 1st of December.
    let (document, cards) = cards(Period::month_of(date("2026-10-05")), [dec!(300), dec!(200)]);
    assert_eq!((cards[0].comparisons[0].change.text.as_str(), cards[0].comparisons[0].tone), ("+50.0%", Tone::Good));
    assert!(!document.notes.iter().any(|note| note.contains("mature")), "{:?}", document.notes);
}

#[test]
fn a_ratio_of_too_few_is_not_shown_and_neither_is_its_change() {
    let october = Period::month_of(date("2026-10-05"));
    let of = |leads: [Decimal; 2]| {
        let card = cards(october, leads).1.remove(1);
        (
            card.figure.text,
            card.figure.value,
            card.comparisons[0].change.text.clone(),
            card.comparisons[0].base.text.clone(),
        )
    };
    let text = |text: &str| text.to_owned();
    assert_eq!(of([dec!(29), dec!(200)]), (text("too few"), None, text("too few"), text("$3.00")));
    assert_eq!(of([dec!(30), dec!(29)]), (text("$20.00"), Some(dec!(20)), text("too few"), text("too few")));
}

/// Weeks that begin on other days have no number that all agree on.
#[test]
fn a_week_from_sunday_to_saturday_is_named_by_its_days() {
    let week = Period::week_of(date("2026-11-18"), chrono::Weekday::Sun);
    let mut readings = readings("weekly_performance", SectionKind::Metrics(0), week);
    readings.workspace.week_starts_on = chrono::Weekday::Sun;
    assert_eq!(period_name(&readings), "15 – 21 Nov 2026");
    let before = readings.definition.cadence.compared(week, Compare::Previous).expect("a week");
    assert_eq!(before.to_string(), "2026-11-08 to 2026-11-14");
    readings.period = Period::week_of(date("2026-11-18"), chrono::Weekday::Mon);
    assert_eq!(period_name(&readings), "Week 47, 16 – 22 Nov 2026");
}

#[test]
fn longer_targets_stand_beside_those_of_the_month() {
    let mut readings = readings("monthly_overview", SectionKind::Goals, november());
    readings.workspace.fiscal_year = FiscalYear::from_month(4);
    let quarter = readings.workspace.fiscal_year.quarter_of(date("2026-11-30"));
    let target = |term, period, amount| Target { metric: "leads".to_owned(), amount, term, period };
    let by = Period { start: date("2026-11-01"), end: date("2026-12-31") };
    readings.longer_targets = vec![target(Term::Quarter, quarter, dec!(900)), target(Term::By, by, dec!(700))];
    readings.data.plans.insert((Plan::Target, "leads".to_owned(), november().start), dec!(300));
    for (period, leads) in [(november(), dec!(330)), (Period { start: quarter.start, end: november().end }, dec!(610))]
    {
        readings.data.spans.insert(period, Span { total: sums(&[("leads", leads)]), ..Span::default() });
    }
    let (document, _) = build(&readings, &registry());
    let goals = table(&document, "goals");
    let names: Vec<&str> = goals.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Leads", "Leads, Q3 2026/27", "Leads by Wed 30 Dec 2026"]);
    let text = |row: &str, column: &str| figure(goals, row, column).text.clone();
    // The month is over: 330 of 300. 610 in 61 of 92 days make 920 of 900; 330 in 30 of 60 days make 660 of 700.
    assert_eq!((text("Leads", "reached"), words(goals, "Leads", "verdict")), ("110.0%".into(), "exceeded by 10.0%"));
    assert_eq!(
        (text("Leads, Q3 2026/27", "projected"), words(goals, "Leads, Q3 2026/27", "verdict")),
        ("920".into(), "on track")
    );
    assert_eq!(text("Leads by Wed 30 Dec 2026", "projected"), "660");
    assert_eq!(words(goals, "Leads by Wed 30 Dec 2026", "verdict"), "behind by 5.7%");
}
