//! Figures of incomplete days, of too few events, of windows, and targets of quarters and by a date.

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
fn a_figure_of_incomplete_days_says_so_and_its_change_is_not_rated() {
    let (document, cards) = cards(november(), [dec!(300), dec!(200)]);
    let leads = &cards[0];
    assert!(leads.figure.provisional, "events are still arriving");
    assert_eq!((leads.figure.text.as_str(), leads.comparisons[0].change.text.as_str()), ("300", "immature"));
    assert_eq!((leads.comparisons[0].change.value, leads.comparisons[0].tone), (Some(dec!(0.5)), Tone::Neutral));
    // A ratio is complete when all that it is made of is.
    assert_eq!((cards[1].figure.text.as_str(), cards[1].comparisons[0].change.text.as_str()), ("$2.00", "immature"));
    let note = "Late leads: events of days since Tue 24 Nov 2026 are still arriving (complete after 7 days), so changes \
                are not rated.";
    assert!(document.notes.iter().any(|told| told == note), "{:?}", document.notes);
    assert_eq!(
        words(table(&document, "glossary"), "immature", "meaning").split(':').next(),
        Some("Events of the last days are still arriving")
    );
}

#[test]
fn a_figure_of_complete_days_is_rated() {
    // 31 October and 7 days have passed long before the 1st of December.
    let (document, cards) = cards(Period::month_of(date("2026-10-05")), [dec!(300), dec!(200)]);
    assert_eq!((cards[0].comparisons[0].change.text.as_str(), cards[0].comparisons[0].tone), ("+50.0%", Tone::Good));
    assert!(!document.notes.iter().any(|note| note.contains("arriving")), "{:?}", document.notes);
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
    let mut readings = readings("monthly_overview", SectionKind::Standard("goals"), november());
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

fn target(metric: &str, term: Term, days: [&str; 2], amount: Decimal) -> Target {
    let period = Period { start: date(days[0]), end: date(days[1]) + Days::new(1) };
    Target { metric: metric.to_owned(), amount, term, period }
}

#[test]
fn a_target_that_ends_within_the_week_has_its_result_reported() {
    let week = Period::week_of(date("2026-11-30"), chrono::Weekday::Mon);
    let mut readings = readings("weekly_performance", SectionKind::Standard("goals"), week);
    let by = target("leads", Term::By, ["2026-11-01", "2026-12-02"], dec!(100));
    let year = target("leads", Term::Year, ["2026-01-01", "2026-12-31"], dec!(1000));
    for (period, leads) in [(by.period, dec!(120)), (Period { start: year.period.start, end: week.end }, dec!(990))] {
        readings.data.spans.insert(period, Span { total: sums(&[("leads", leads)]), ..Span::default() });
    }
    readings.longer_targets = vec![by, year];
    let (document, _) = build(&readings, &registry());
    let goals = table(&document, "goals");
    assert_eq!(words(goals, "Leads by Wed 2 Dec 2026", "verdict"), "exceeded by 20.0%");
    let section = &document.sections[0];
    assert_eq!(section.title, "Goals", "they are not of one month");
    assert_eq!(
        section.lead.as_deref(),
        Some("Targets that are over: 1 of 1 reached. Targets that are running: 1 of 1 will be reached at this pace.")
    );
}

// Puzzlepart/prosjektportalen#77: a target of nothing has no share, and was taken for one without data.
#[test]
fn a_target_of_nothing_is_met_or_missed() {
    let verdict = |refunded: Decimal, days: [&str; 2]| {
        let mut readings = readings("monthly_overview", SectionKind::Standard("goals"), november());
        let year = target("refunds", Term::By, days, dec!(0.00));
        let counted = Period { end: year.period.end.min(november().end), ..year.period };
        let total = sums(&[("refunds", refunded), ("revenue", dec!(900))]);
        readings.data.spans.insert(counted, Span { total, ..Span::default() });
        readings.longer_targets = vec![year];
        let (document, _) = build(&readings, &registry());
        let goals = table(&document, "goals").clone();
        let reached = document.sections[0].lead.clone().expect("a lead");
        (words(&goals, &goals.rows[0].name.clone(), "verdict").to_owned(), reached.contains("1 of 1"))
    };
    let (running, over) = (["2026-11-01", "2026-12-31"], ["2026-11-01", "2026-11-30"]);
    assert_eq!(verdict(dec!(0), running), ("on track".to_owned(), true));
    assert_eq!(verdict(dec!(5), running), ("behind".to_owned(), false));
    assert_eq!(verdict(dec!(0), over), ("reached".to_owned(), true));
    assert_eq!(verdict(dec!(5), over), ("missed".to_owned(), false));
}

// CityofToronto/bdit_flashcrow#468 and benjaminrich/table1#80: what has no value is counted by the total and in no row.
#[test]
fn what_has_no_campaign_stands_in_a_row_of_its_own_behind_the_others() {
    let mut readings = of_metrics("monthly_overview", november(), &["cost"]);
    let mut span = Span { total: sums(&[("cost", dec!(1250))]), ..Span::default() };
    span.campaigns.insert(String::new(), sums(&[("cost", dec!(800))]));
    span.campaigns.insert("Autumn".to_owned(), sums(&[("cost", dec!(450))]));
    readings.data.spans.insert(november(), span);
    let (document, _) = build(&readings, &registry());
    let own = table(&document, "own");
    let names: Vec<&str> = own.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Autumn", "Not stated"]);
    assert_eq!(figure(own, "Not stated", "cost").text, "$800.00");
}

/// Cost of the month to date and of 7 days, a ratio of both kinds, and search leads.
fn with_windows() -> Registry {
    let of = |id: &str, unit: &str, more: &str| {
        format!("[{id}]\nlabel = '{id}'\nabout = 'x'\nunit = '{unit}'\nbetter = 'higher'\n{more}\n")
    };
    let own = of("cost_mtd", "money", "of = 'cost'\nwindow = 'month_to_date'")
        + &of("cost_ytd", "money", "of = 'cost'\nwindow = 'year_to_date'")
        + &of("mtd_share", "ratio", "formula = 'cost_mtd / mrr'")
        + &of("search_cpl", "money", "of = 'cpl'\nwhere = { channel = 'paid_search' }");
    let text = include_str!("../../../../jobs/metrics.toml").to_owned() + &own;
    let columns = Columns {
        summed: columns().summed.into_keys().map(|name| (name, vec!["ad_daily".to_owned()])).collect(),
        ..columns()
    };
    Registry::new(toml::from_str(&text).expect("metrics"), &columns).expect("a registry")
}

/// A report of one section with `metrics`, by campaign.
fn of_metrics(report: &str, period: Period, metrics: &[&str]) -> Readings {
    let mut readings = readings(report, SectionKind::Metrics(0), period);
    let metrics = metrics.iter().map(|metric| (*metric).to_owned()).collect();
    let by = Some(crate::report::definition::GroupBy::Campaign);
    let id = "own".to_owned();
    readings.definition.edition.own =
        vec![MetricsSection { id, title: "Own".to_owned(), metrics, by, ..MetricsSection::default() }];
    readings
}

fn own_cards(document: &Document) -> Vec<Card> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks
        .filter_map(|block| if let Block::Cards { cards } = block { Some(cards.clone()) } else { None })
        .flatten()
        .collect()
}

fn source(fact: &str, missing: Option<&str>, through: &str) -> SourceFreshness {
    let (first, end) = (date("2026-01-01"), date(through) + Days::new(1));
    let whole = match missing.map(date) {
        Some(day) => vec![Period { start: first, end: day }, Period { start: day + Days::new(1), end }],
        None => vec![Period { start: first, end }],
    };
    SourceFreshness {
        source: format!("ads/{fact}"),
        label: "Ads: cost".to_owned(),
        fact: fact.to_owned(),
        parts: vec![crate::report::readiness::SectionFreshness { whole, ..Default::default() }],
        last_success_at: None,
        settles_after_days: 0,
        expected: crate::report::readiness::Expected::EveryDay,
    }
}

#[test]
fn days_of_a_window_that_a_source_lacks_are_named_with_the_figures_that_count_them() {
    let day = Period::day(date("2026-11-20"));
    let mut readings = of_metrics("daily_performance", day, &["cost", "cost_mtd"]);
    let total = sums(&[("cost", dec!(10)), ("cost month_to_date", dec!(190))]);
    readings.data.spans.insert(day, Span { total, ..Span::default() });
    readings.reach = vec![source("ad_daily", Some("2026-11-12"), "2026-11-20")];
    let (document, _) = build(&readings, &with_windows());
    assert_eq!(
        document.gaps,
        ["Ads: cost: lacks Thu 12 Nov 2026: “cost_mtd” counts these days and is incomplete."],
        "the day itself is complete"
    );
    assert!(document.lacks_data);
    let lead = document.lead.as_ref().expect("a lead");
    assert_eq!(lead.complete, "Every source covers these days, but lacks earlier ones that count in cost_mtd.");
    let cards = own_cards(&document);
    assert_eq!((cards[0].figure.provisional, cards[1].figure.provisional), (false, true));

    readings.reach = vec![source("ad_daily", Some("2026-10-12"), "2026-11-20")];
    let (document, _) = build(&readings, &with_windows());
    assert_eq!(document.gaps, Vec::<String>::new(), "a day of no window");
    assert!(!own_cards(&document)[1].figure.provisional);

    let mut limited = source("ad_daily", None, "2026-11-20");
    limited.parts[0].caveats = vec![(Period::day(date("2026-11-12")), "sampled".to_owned())];
    readings.reach = vec![limited];
    let (document, _) = build(&readings, &with_windows());
    assert_eq!(document.gaps, ["Ads: cost: sampled: “cost_mtd” counts such days and is an estimate."]);
}

#[test]
fn days_of_a_longer_target_that_a_source_lacks_are_named() {
    let day = Period::day(date("2026-11-20"));
    let mut readings = readings("daily_performance", SectionKind::Standard("goals"), day);
    let quarter = target("cost", Term::Quarter, ["2026-10-01", "2026-12-31"], dec!(900));
    let passed = Period { start: quarter.period.start, end: day.end };
    readings.longer_targets = vec![quarter];
    readings.data.spans.insert(passed, Span { total: sums(&[("cost", dec!(490))]), ..Span::default() });
    readings.reach = vec![source("ad_daily", Some("2026-10-12"), "2026-11-20")];
    let (document, _) = build(&readings, &with_windows());
    assert_eq!(
        document.gaps,
        ["Ads: cost: lacks Mon 12 Oct 2026: “Media cost, Q4 2026” counts these days and is incomplete."]
    );
    assert!(figure(table(&document, "goals"), "Media cost, Q4 2026", "actual").provisional);
}

#[test]
fn others_of_a_long_table_are_the_sum_of_those_that_have_a_value() {
    let mut readings = of_metrics("monthly_overview", november(), &["cost", "cost_mtd"]);
    let mut span = Span { total: sums(&[("cost", dec!(140)), ("cost month_to_date", dec!(155))]), ..Span::default() };
    for number in 0..15 {
        let (name, window) =
            (format!("Campaign {number:02}"), Sums::from([("cost month_to_date".to_owned(), dec!(10))]));
        span.windows.campaigns.insert(name.clone(), window);
        // The last one has rows in the window alone.
        if number < 14 {
            span.campaigns.insert(name, sums(&[("cost", dec!(10))]));
        }
    }
    readings.data.spans.insert(november(), span);
    let (document, _) = build(&readings, &with_windows());
    let others = table(&document, "own").others.clone().expect("others");
    let text = |index: usize| match &others.cells[index] {
        Cell::Figure { figure, .. } => figure.text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((others.name.as_str(), text(0), text(1)), ("3 others", "$20.00".into(), "$30.00".into()));
}

#[test]
fn a_channel_with_rows_in_a_window_alone_has_spent_nothing_of_its_budget() {
    let period = Period::day(date("2026-11-12"));
    let mut readings = readings("daily_performance", SectionKind::Standard("budget"), period);
    let to_date = Period { start: date("2026-11-01"), end: period.end };
    let spent = sums(&[("cost", dec!(4500))]);
    let mut span =
        Span { total: spent.clone(), channels: [("paid_search".to_owned(), spent)].into(), ..Span::default() };
    let of_year = Sums::from([("cost year_to_date".to_owned(), dec!(700))]);
    span.windows.channels.insert("paid_social".to_owned(), of_year);
    readings.data.spans.insert(to_date, span);
    for (channel, amount) in [("paid_search", dec!(9000)), ("paid_social", dec!(300))] {
        readings.data.plans.insert((Plan::Budget, channel.to_owned(), to_date.start), amount);
    }
    let (document, _) = build(&readings, &with_windows());
    let budget = table(&document, "budget");
    let text = |row, column| figure(budget, row, column).text.clone();
    assert_eq!(text("paid_social", "spent"), "$0.00");
    assert_eq!(text("All budgets", "used"), "48.4%");
}

#[test]
fn a_year_to_date_is_compared_once_and_a_mix_of_windows_with_nothing() {
    let day = Period::day(date("2026-11-20"));
    let mut readings = of_metrics("daily_performance", day, &["cost_ytd", "mtd_share"]);
    readings.definition.compare = vec![Compare::Previous, Compare::LastYear];
    let values = [("cost year_to_date", dec!(900)), ("cost month_to_date", dec!(90)), ("mrr_daily.mrr", dec!(45))];
    readings.data.spans.insert(day, Span { total: sums(&values), ..Span::default() });
    let (document, _) = build(&readings, &with_windows());
    let cards = own_cards(&document);
    let ids = |card: &Card| card.comparisons.iter().map(|own| own.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&cards[0]), ["year_before"]);
    assert_eq!((cards[1].figure.text.as_str(), ids(&cards[1])), ("2.00", Vec::<String>::new()));
}

#[test]
fn a_ratio_of_some_rows_that_stands_on_few_events_is_not_rated() {
    let mut readings = of_metrics("monthly_overview", november(), &["search_cpl"]);
    let october = Period::month_of(date("2026-10-01"));
    for (period, leads) in [(november(), dec!(2)), (october, dec!(4))] {
        let of = |column: &str, value| (format!("{column} where channel = \"paid_search\""), value);
        let total: Sums = [of("cost", dec!(600)), of("leads", leads)].into();
        readings.data.spans.insert(period, Span { total, ..Span::default() });
    }
    let (document, _) = build(&readings, &with_windows());
    assert_eq!(own_cards(&document)[0].comparisons[0].change.text, "too few", "two leads instead of four say nothing");
}

#[test]
fn incomplete_leads_silence_no_warning_about_other_figures() {
    let day = Period::day(date("2026-11-30"));
    let mut readings = readings("daily_performance", SectionKind::Standard("headline"), day);
    let text = include_str!("../../../../jobs/metrics.toml").replacen("[leads]\n", "[leads]\nmatures_after = 7\n", 1);
    let registry = Registry::new(toml::from_str(&text).expect("metrics"), &columns()).expect("a registry");
    let base = readings.definition.cadence.compared(day, readings.definition.cadence.leading()).expect("a day");
    for (period, sessions, cost) in [(day, dec!(20), dec!(900)), (base, dec!(400), dec!(300))] {
        let total = sums(&[("leads", dec!(9)), ("sessions", sessions), ("clicks", dec!(80)), ("cost", cost)]);
        let campaigns = [("Spring".to_owned(), sums(&[("cost", cost)]))].into();
        readings.data.spans.insert(period, Span { total, campaigns, ..Span::default() });
    }
    let (document, _) = build(&readings, &registry);
    let lead = document.lead.as_ref().expect("a lead");
    assert!(!lead.sentence.contains(" vs "), "{}", lead.sentence);
    assert!(lead.moved.iter().any(|told| told.contains("check whether tracking")), "{:?}", lead.moved);
    assert!(lead.moved.iter().any(|told| told.contains("The campaign “Spring” cost $900.00")), "{:?}", lead.moved);
}

#[test]
fn incomplete_figures_are_rated_neither_by_benchmarks_nor_by_campaign_targets() {
    let mut readings = readings("monthly_overview", SectionKind::Standard("benchmarks"), november());
    readings.definition.edition.parts = vec![SectionKind::Standard("benchmarks"), SectionKind::Standard("plans")];
    let results = sums(&[("leads", dec!(3)), ("cost", dec!(600))]);
    let campaigns = [("Spring".to_owned(), results.clone())].into();
    readings.data.spans.insert(november(), Span { total: results, campaigns, ..Span::default() });
    readings.benchmarks = vec![crate::domain::benchmark::Benchmark {
        industry: "shop".to_owned(),
        metric: "late_leads".to_owned(),
        channel: None,
        average: dec!(100),
        good: dec!(200),
        excellent: dec!(300),
    }];
    readings.campaigns = vec![Campaign {
        name: "Spring".to_owned(),
        label: None,
        status: Status::Active,
        start: november().start,
        end: None,
        budget: None,
        targets: [("late_leads".to_owned(), dec!(150))].into(),
    }];
    let (document, _) = build(&readings, &with_own());
    assert_eq!(words(table(&document, "benchmarks"), "All channels: Late leads", "rating"), "immature");
    let reached = cell(table(&document, "plan_targets"), "Spring: Late leads", "reached");
    assert!(
        matches!(reached, Cell::Progress { tone: Tone::Neutral, .. }),
        "2% of the target, and more will come: {reached:?}"
    );
}

#[test]
fn what_was_reported_of_incomplete_days_is_set_against_what_is_known_of_them_now() {
    let mut readings = readings("monthly_overview", SectionKind::Standard("restated"), november());
    readings.data.spans.insert(november(), Span { total: sums(&[("leads", dec!(300))]), ..Span::default() });
    let basis = Expression::metric(crate::report::receipt::Reading::of_all("late_leads", november()));
    let said = Figure {
        value: Some(dec!(200)),
        unit: crate::domain::metric::Unit::Count,
        text: "200".to_owned(),
        receipt: None,
        provisional: true,
    };
    let restated = Restated {
        label: "Late leads".to_owned(),
        said,
        basis,
        unit: crate::domain::metric::Unit::Count,
        now: Some(dec!(300)),
        why: "late data".to_owned(),
    };
    readings.restated = Some((readings.issued_at, vec![restated]));
    let (document, _) = build(&readings, &with_own());
    assert_eq!(figure(table(&document, "restated"), "Late leads", "change").text, "+50.0%");
}
