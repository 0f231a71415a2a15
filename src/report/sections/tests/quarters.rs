//! Reports of quarters.

use super::*;

// A quarter's budget is that of its months, and its targets are theirs where all have one.
#[test]
fn a_quarter_adds_up_the_budgets_and_targets_of_its_months() {
    let quarter = Period { start: date("2026-10-01"), end: date("2027-01-01") };
    let mut readings = readings("quarterly_overview", SectionKind::Standard("goals"), quarter);
    readings.definition.edition.parts.push(SectionKind::Standard("budget"));
    let values = sums(&[("leads", dec!(900)), ("cost", dec!(450))]);
    let channels = BTreeMap::from([("paid_search".to_owned(), values.clone())]);
    readings.data.spans.insert(quarter, Span { total: values, channels, ..Span::default() });
    let mut plan = |plan, name: &str, month: &str, amount| {
        readings.data.plans.insert((plan, name.to_owned(), date(month)), amount);
    };
    for month in ["2026-10-01", "2026-11-01", "2026-12-01"] {
        plan(Plan::Target, "leads", month, dec!(200));
    }
    // Two of three months: no target of the quarter.
    plan(Plan::Target, "sessions", "2026-10-01", dec!(10));
    plan(Plan::Target, "sessions", "2026-11-01", dec!(10));
    // A campaign that ran for two months had the money of two.
    plan(Plan::Budget, "paid_search", "2026-10-01", dec!(250));
    plan(Plan::Budget, "paid_search", "2026-12-01", dec!(250));
    let (document, _) = build(&readings, &registry());
    let goals = table(&document, "goals");
    assert_eq!(goals.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Leads"]);
    assert_eq!(figure(goals, "Leads", "target").value, Some(dec!(600)));
    assert_eq!(figure(goals, "Leads", "actual").value, Some(dec!(900)));
    let budget = table(&document, "budget");
    assert_eq!(figure(budget, "paid_search", "planned").value, Some(dec!(500)));
    assert_eq!(figure(budget, "paid_search", "used").value, Some(dec!(0.9)));
    let titles: Vec<&str> = document.sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(titles[..2], ["Goals, Q4 2026", "Budget pacing, Q4 2026"]);
}

// The line of before has as many points as the one it stands beside.
#[test]
fn the_quarters_before_are_as_many() {
    let quarter = Period { start: date("2026-10-01"), end: date("2027-01-01") };
    let mut readings = readings("quarterly_overview", SectionKind::Standard("trend"), quarter);
    for back in 0..16_u32 {
        let day = quarter.start - chrono::Months::new(3 * back);
        let value = Decimal::from(1000 - 10 * back);
        readings.data.days.insert(day, sums(&[("leads", value)]));
        readings.data.spans.insert(
            Period { start: day, end: day + chrono::Months::new(3) },
            Span { total: sums(&[("leads", value)]), ..Span::default() },
        );
    }
    let (document, _) = build(&readings, &registry());
    let charts: Vec<_> = document.charts().collect();
    let crate::report::document::Plot::Lines { dates, series } = &charts[0].plot else { panic!("{charts:?}") };
    assert_eq!((dates.len(), series.len()), (8, 2));
    assert!(series.iter().all(|line| line.values.len() == 8), "{series:?}");
    assert_eq!(series[0].label, "8 quarters before");
}
