//! What parts say, over a few readings.

use super::*;
use crate::domain::campaign::Status;
use crate::domain::metric::{Columns, Daily};
use crate::domain::money::Currency;
use crate::domain::workspace::Workspace;
use crate::report::data::ReportData;
use crate::report::data::{Span, Sums};
use crate::report::definition::{Edition, Filter, Split};
use crate::report::document::{Block, Cell, Figure, Table};
use crate::report::format::Locale;
use crate::report::questions::{Answer, Answers};
use crate::report::readiness::{SectionFreshness, SourceFreshness};
use crate::report::receipt::Plan;
use chrono::Utc;
use rust_decimal::Decimal;

use chrono::TimeZone;
use rust_decimal::dec;

mod complete;
mod incidents;
mod known;
mod language;
mod public;
mod quarters;
mod unlike;

const SUMMED: [&str; 57] = [
    "sessions",
    "engaged_sessions",
    "pageviews",
    "session_seconds",
    "key_events",
    "impressions",
    "clicks",
    "platform_conversions",
    "leads",
    "mqls",
    "sqls",
    "opportunities",
    "customers",
    "orders",
    "offline_conversions",
    "revenue",
    "refunds",
    "chargebacks",
    "cost",
    "events",
    "new_sessions",
    "returning_sessions",
    "quality_points",
    "scored_impressions",
    "search_clicks",
    "search_impressions",
    "search_ranked_impressions",
    "search_position_sum",
    "brand_search_clicks",
    "brand_known_clicks",
    "platform_leads",
    "platform_purchases",
    "platform_purchase_value",
    "emails_sent",
    "emails_delivered",
    "emails_arrived",
    "emails_with_bounces",
    "emails_with_opens",
    "emails_with_human_opens",
    "emails_with_clicks",
    "email_bounces",
    "email_opens",
    "email_human_opens",
    "email_machine_opens",
    "email_clicks",
    "email_unsubscribes",
    "email_complaints",
    "list_joined",
    "list_left",
    "list_unsubscribes",
    "shop_orders",
    "ordered_sales",
    "order_discounts",
    "order_shipping",
    "order_tax",
    "order_tips",
    "returned_sales",
];

fn columns() -> Columns {
    let of = |table: &str, column: &str| Daily::new("core", table, "date", column);
    let recurring = ["mrr", "subscriptions"].map(|column| of("mrr_daily", column));
    let visitors = ["visitors", "new_visitors"].map(|column| of("web_visitors_daily", column));
    let people = ["reach", "impressions"].map(|column| of("ad_reach_daily", column));
    Columns {
        summed: SUMMED.map(|column| (column.to_owned(), Vec::new())).into(),
        daily: recurring.into_iter().chain(visitors).chain(people).chain([of("audience_level", "members")]).collect(),
        ..Columns::default()
    }
}

fn registry() -> Registry {
    let specs = toml::from_str(include_str!("../../../jobs/metrics.toml")).expect("metrics");
    Registry::new(specs, &columns()).expect("a registry")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn sums(values: &[(&str, Decimal)]) -> Sums {
    // Where there is a row, every column has a value.
    let mut sums: Sums = SUMMED.iter().map(|column| ((*column).to_owned(), Decimal::ZERO)).collect();
    sums.extend(values.iter().map(|(column, value)| ((*column).to_owned(), *value)));
    sums
}

/// A report of one part about a period whose data begins long before.
fn readings(report: &str, part: SectionKind, period: Period) -> Readings {
    let mut definition = standard(report).expect("a report");
    definition.edition.parts = vec![part];
    Readings {
        definition,
        workspace: Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::UTC,
            currency: Currency::new("USD").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        },
        locale: Locale::STANDARD,
        period,
        issued_at: Utc.with_ymd_and_hms(2026, 12, 1, 10, 0, 0).single().expect("an instant"),
        parts: BTreeMap::new(),
        data: ReportData { first_date: Some(date("2020-01-01")), ..ReportData::default() },
        channel_labels: BTreeMap::new(),
        campaigns: Vec::new(),
        longer_targets: Vec::new(),
        business: crate::domain::business::Business::default(),
        benchmarks: Vec::new(),
        gross_margin: None,
        reach: Vec::new(),
        known_gaps: Vec::new(),
        cross_checks: Vec::new(),
        unsure: BTreeMap::new(),
        incidents: Vec::new(),
        dropped: BTreeSet::new(),
        restated: None,
        correction: None,
        contact: None,
    }
}

fn november() -> Period {
    Period::month_of(date("2026-11-15"))
}

fn table<'d>(document: &'d Document, id: &str) -> &'d Table {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let mut found = blocks.filter_map(|block| match block {
        Block::Table(table) if table.id == id => Some(table),
        _ => None,
    });
    found.next().unwrap_or_else(|| panic!("no table {id} in {document:#?}"))
}

fn cell<'t>(table: &'t Table, row: &str, column: &str) -> &'t Cell {
    let index = table.columns.iter().position(|known| known.id == column).expect(column);
    let rows = table.rows.iter().chain(&table.total);
    &rows.into_iter().find(|known| known.name == row).expect(row).cells[index]
}

fn figure<'t>(table: &'t Table, row: &str, column: &str) -> &'t Figure {
    match cell(table, row, column) {
        Cell::Figure { figure, .. } | Cell::Progress { figure, .. } => figure,
        Cell::Text { text } => panic!("{row} {column} is the text {text}"),
    }
}

fn words<'t>(table: &'t Table, row: &str, column: &str) -> &'t str {
    match cell(table, row, column) {
        Cell::Text { text } => text,
        other => panic!("{row} {column} is {other:?}"),
    }
}

/// The worked example of the campaign chapter: budget $5,000, 120 leads, 12 conversions, $18,000.
#[test]
fn a_campaign_against_its_plan_gives_the_worked_example() {
    let mut readings = readings("monthly_overview", SectionKind::Standard("plans"), november());
    let results = sums(&[
        ("cost", dec!(5000)),
        ("leads", dec!(120)),
        ("customers", dec!(12)),
        ("orders", dec!(12)),
        ("revenue", dec!(18000)),
    ]);
    let span =
        Span { total: results.clone(), campaigns: BTreeMap::from([("Spring".to_owned(), results)]), ..Span::default() };
    readings.data.spans.insert(november(), span);
    readings.campaigns = vec![Campaign {
        name: "Spring".to_owned(),
        label: None,
        status: Status::Active,
        start: november().start,
        end: None,
        budget: Some(dec!(5000)),
        targets: [("leads", dec!(150)), ("customers", dec!(15)), ("roi", dec!(2.50))]
            .map(|(metric, amount)| (metric.to_owned(), amount))
            .into(),
    }];
    let (document, receipts) = build(&readings, &registry());
    let plans = table(&document, "plans");
    let text = |column| figure(plans, "Spring", column).text.clone();
    assert_eq!((text("used"), text("cost"), text("budget")), ("100.0%".into(), "$5,000.00".into(), "$5,000.00".into()));
    let results = table(&document, "plan_results");
    assert_eq!(figure(results, "Spring", "lead_to_customer_rate").text, "10.0%");
    assert_eq!(figure(results, "Spring", "cpl").text, "$41.67");
    assert_eq!(text("roi"), "260.0%");
    assert_eq!(text("margin"), "72.2%");
    assert_eq!(text("break_even_orders"), "3", "payments of $1,500 that would have paid for the cost");
    let targets = table(&document, "plan_targets");
    let reached = |name: &str| {
        let row = format!("Spring: {name}");
        let text = |column| figure(targets, &row, column).text.clone();
        (text("actual"), text("target"), text("reached"))
    };
    assert_eq!(reached("Leads"), ("120".into(), "150".into(), "80.0%".into()));
    assert_eq!(reached("New customers"), ("12".into(), "15".into(), "80.0%".into()));
    assert_eq!(reached("ROI"), ("260.0%".into(), "250.0%".into(), "104.0%".into()));
    assert!(document.figures().iter().all(|(_, figure)| figure.receipt.is_some()));
    assert_eq!(receipts.iter().map(|draft| &draft.receipt).collect::<BTreeSet<_>>().len(), receipts.len());
}

#[test]
fn budget_pacing_projects_the_month_by_days() {
    let period = Period::day(date("2026-11-12"));
    let mut readings = readings("daily_performance", SectionKind::Standard("budget"), period);
    let to_date = Period { start: date("2026-11-01"), end: date("2026-11-13") };
    let spent = sums(&[("cost", dec!(4500))]);
    let span =
        Span { total: spent.clone(), channels: BTreeMap::from([("paid_search".to_owned(), spent)]), ..Span::default() };
    readings.data.spans.insert(to_date, span);
    for (channel, amount) in [("paid_search", dec!(9000)), ("email", dec!(300))] {
        readings.data.plans.insert((Plan::Budget, channel.to_owned(), to_date.start), amount);
    }
    let (document, _) = build(&readings, &registry());
    let budget = table(&document, "budget");
    let text = |row, column| figure(budget, row, column).text.clone();
    // 12 of 30 days: 4,500 becomes 11,250; half is spent where two fifths should be.
    assert_eq!((text("paid_search", "used"), text("paid_search", "projected")), ("50.0%".into(), "$11,250".into()));
    assert_eq!((text("paid_search", "left"), words(budget, "paid_search", "pace")), ("$250.00".into(), "overspending"));
    assert_eq!((text("email", "spent"), words(budget, "email", "pace")), ("$0.00".into(), "no cost data"));
    assert_eq!((text("All budgets", "planned"), text("All budgets", "used")), ("$9,300.00".into(), "48.4%".into()));
}

#[test]
fn a_target_is_shared_out_over_the_days_of_two_months() {
    let week = Period::week_of(date("2026-11-30"), chrono::Weekday::Mon);
    let of_month = |month| {
        Expression::Read(crate::report::receipt::DataPoint::Plan {
            plan: Plan::Target,
            name: "leads".to_owned(),
            month,
        })
    };
    let basis = share_of_months(week, &of_month);
    let Expression::Calculated { formula, parts } = &basis else { panic!("{basis:?}") };
    assert_eq!((formula.as_str(), parts.len()), ("month_2026_11 * 1 / 30 + month_2026_12 * 6 / 31", 2));
    assert_eq!(basis.evaluate(&|_| Some(dec!(930))), Some(dec!(211)));
    let month = share_of_months(november(), &of_month);
    assert_eq!(month, of_month(november().start), "a whole month needs no share");
}

#[test]
fn movements_of_recurring_revenue_close() {
    let mut readings = readings("monthly_overview", SectionKind::Standard("subscriptions"), november());
    let moved = [
        ("opening", dec!(1000)),
        ("exchange_rates", dec!(10)),
        ("new", dec!(300)),
        ("reactivation", dec!(50)),
        ("expansion", dec!(40)),
        ("contraction", dec!(-30)),
        ("churned", dec!(-80)),
        ("closing", dec!(1290)),
        ("opening_customers", dec!(10)),
        ("paying_customers", dec!(12)),
        ("lost_customers", dec!(1)),
    ];
    let answers = Answers::from([(Vec::new(), answer(&moved))]);
    readings.data.answers.insert(("mrr_movements".to_owned(), november()), answers);
    let (document, _) = build(&readings, &registry());
    let mrr = table(&document, "mrr");
    let sum: Decimal = mrr.rows.iter().filter_map(|row| figure(mrr, &row.name, "amount").value).sum();
    assert_eq!(Some(sum), figure(mrr, "At the end", "amount").value);
    let rates = table(&document, "mrr_rates");
    let text = |row| figure(rates, row, "value").text.clone();
    assert_eq!(text("Gross MRR churn"), "10.9%", "110 of 1,010");
    assert_eq!(text("Net revenue retention"), "93.1%", "940 of 1,010");
    assert_eq!((text("MRR per paying customer"), text("Customer churn")), ("$107.50".into(), "10.0%".into()));
}

#[test]
fn visitors_are_shown_for_a_day_and_never_summed_for_a_week() {
    let day = Period::day(date("2026-11-15"));
    let mut one = readings("daily_performance", SectionKind::Standard("headline"), day);
    let with = |visitors| sums(&[("sessions", dec!(90)), ("web_visitors_daily.visitors", visitors)]);
    one.data.spans.insert(day, Span { total: with(dec!(70)), ..Span::default() });
    let (document, _) = build(&one, &registry());
    assert!(document.figures().iter().any(|(path, figure)| path == "headline/visitors" && figure.text == "70"));
    let week = Period::week_of(date("2026-11-15"), chrono::Weekday::Mon);
    let mut seven = readings("weekly_performance", SectionKind::Standard("headline"), week);
    seven.data.spans.insert(week, Span { total: sums(&[("sessions", dec!(600))]), ..Span::default() });
    seven.data.days = week.dates().map(|date| (date, with(dec!(70)))).collect();
    let (document, _) = build(&seven, &registry());
    assert!(document.figures().iter().all(|(path, _)| !path.contains("visitors")));
    assert!(document.notes.iter().any(|note| note.starts_with("Visitors are left out")), "{:?}", document.notes);
}

#[test]
fn late_facts_take_their_figures_with_them_and_are_named() {
    let day = Period::day(date("2026-11-15"));
    let mut readings = readings("daily_performance", SectionKind::Standard("headline"), day);
    let total = sums(&[("sessions", dec!(90)), ("revenue", dec!(500)), ("cost", dec!(100))]);
    readings.data.spans.insert(day, Span { total, ..Span::default() });
    readings.dropped = BTreeSet::from(["ad_daily".to_owned()]);
    let (document, _) = build(&readings, &registry());
    let shown: Vec<String> = document.figures().into_iter().map(|(path, _)| path).collect();
    assert!(shown.iter().any(|path| path == "headline/net_revenue"));
    assert!(shown.iter().all(|path| !path.contains("cost") && !path.contains("roas")), "{shown:?}");
    assert_eq!(document.gaps, ["Left out because their data is late: Media cost, ROAS."]);
    assert!(!document.summary.contains("cost"), "{}", document.summary);
}

#[test]
fn a_figure_is_final_once_its_sources_have_settled() {
    let (day, last) = (date("2026-11-15"), date("2026-11-20"));
    let source = |fact: &str, settles_after_days, through| SourceFreshness {
        source: fact.to_owned(),
        label: fact.to_owned(),
        fact: fact.to_owned(),
        parts: vec![SectionFreshness {
            whole: vec![Period { start: date("2026-01-01"), end: through + chrono::Days::new(1) }],
            ..SectionFreshness::default()
        }],
        last_success_at: None,
        settles_after_days,
        expected: crate::report::readiness::Expected::EveryDay,
    };
    let reach = [source("ad_daily", 30, last), source("web_daily", 3, last), source("payment", 0, date("2026-11-14"))];
    let settling = |today| Settling::new(&reach, today);
    assert!(!settling(date("2026-12-15")).is_final("ad_daily", Period::day(day)), "its thirtieth day is not over");
    assert!(settling(date("2026-12-16")).is_final("ad_daily", Period::day(day)));
    assert!(settling(date("2026-11-19")).is_final("web_daily", Period::day(day)));
    assert!(!settling(date("2026-11-18")).is_final("web_daily", Period::day(day)));
    assert!(!settling(date("2027-01-01")).is_final("payment", Period::day(day)), "the day has not come yet");
    assert!(settling(date("2026-11-16")).is_final("payment", Period::day(date("2026-11-14"))));
}

#[test]
fn what_a_new_customer_costs_is_marked_where_earlier_payments_are_not_known() {
    let day = Period::day(date("2026-11-15"));
    let mut readings = readings("daily_performance", SectionKind::Standard("headline"), day);
    readings.definition.edition.parts = vec![SectionKind::Standard("funnel")];
    let known = sums(&[("cost", dec!(100)), ("customers", dec!(4)), ("orders", dec!(5)), ("leads", dec!(9))]);
    readings.data.spans.insert(day, Span { total: known, ..Span::default() });
    let marked = |readings: &Readings| {
        let (document, _) = build(readings, &registry());
        let figures = document.figures().into_iter().filter(|(_, figure)| figure.provisional);
        figures.map(|(path, _)| path).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(marked(&readings), "");
    readings.unsure.insert("earlier_payer".to_owned(), day.start);
    assert_eq!(marked(&readings), "", "the day itself is known");
    readings.unsure.insert("earlier_payer".to_owned(), NaiveDate::MAX);
    let found = marked(&readings);
    assert!(found.contains("customers") && !found.contains("leads"), "{found}");
}

#[test]
fn a_report_about_a_part_has_an_id_and_files_of_its_own_and_says_so() {
    let day = Period::day(date("2026-11-15"));
    let mut readings = readings("daily_performance", SectionKind::Standard("headline"), day);
    let whole = report_id(&readings.definition, "acme", day, None);
    let within = Filter { channels: vec!["paid_search".to_owned()], campaigns: Vec::new() };
    readings.definition.split = Split { id: "paid".to_owned(), title: "Paid".to_owned(), filter: within.clone() };
    readings.definition.edition = Edition {
        parts: vec![SectionKind::Standard("headline"), SectionKind::Standard("goals")],
        ..Edition::default()
    };
    readings.data.filter = within;
    readings.data.spans.insert(day, Span { total: sums(&[("sessions", dec!(9))]), ..Span::default() });
    readings.data.plans.insert((Plan::Target, "sessions".to_owned(), date("2026-11-01")), dec!(100));
    let (document, receipts) = build(&readings, &registry());
    assert_ne!(document.id, whole);
    assert_eq!(document.file_stem, "daily-2026-11-15-paid");
    assert!(document.sections.iter().all(|section| section.id != "goals"), "targets are those of the whole");
    assert!(document.notes.iter().any(|note| note.contains("channels paid_search")));
    let kept = receipts.iter().map(|draft| serde_json::to_string(&draft.basis).expect("JSON"));
    assert!(kept.into_iter().all(|basis| basis.contains("paid_search")));
}

fn answer(values: &[(&str, Decimal)]) -> Answer {
    let values = values.iter().map(|(measure, value)| ((*measure).to_owned(), *value)).collect();
    Answer { values, ..Answer::default() }
}

/// Pages with sessions and key events.
fn pages(all: &[(&str, i64, i64)]) -> Answers {
    let of = |sessions: i64, key_events: i64| {
        let values = [
            ("sessions", sessions),
            ("engaged_sessions", sessions / 2),
            ("pageviews", sessions * 3),
            ("key_events", key_events),
        ];
        answer(&values.map(|(measure, value)| (measure, Decimal::from(value))))
    };
    all.iter().map(|(page, sessions, key_events)| (vec![(*page).to_owned()], of(*sessions, *key_events))).collect()
}

/// A weekly report of pages: what they had, what they had the week before, and since when they are known.
fn of_pages(now: &[(&str, i64, i64)], before: &[(&str, i64, i64)], since: &str) -> Document {
    let week = Period::new(date("2026-11-09"), date("2026-11-16")).expect("a week");
    let mut readings = readings("weekly_performance", SectionKind::Standard("content"), week);
    for (days, pages) in [(week, pages(now)), (week.back(7), pages(before))] {
        readings.data.answers.insert(("pages".to_owned(), days), pages);
    }
    readings.data.known_since.insert("pages".to_owned(), date(since));
    build(&readings, &registry()).0
}

#[test]
fn pages_are_ranked_by_sessions_and_those_that_moved_most_are_named_and_shown() {
    let small: Vec<(String, i64, i64)> = (10..22).map(|n| (format!("/page-{n}"), 100 - n, 1)).collect();
    let mut now: Vec<(&str, i64, i64)> = small.iter().map(|(page, s, k)| (page.as_str(), *s, *k)).collect();
    let mut before = now.clone();
    now.extend([("/new", 400, 10), ("/fading", 20, 1), ("(not set)", 900, 0), ("(other)", 70, 0)]);
    before.extend([("/fading", 260, 9), ("/gone", 50, 0), ("(not set)", 100, 0)]);
    let document = of_pages(&now, &before, "2026-01-01");
    let table = table(&document, "pages");
    let names: Vec<&str> = table.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names[..3], ["/new", "/page-10", "/page-11"]);
    assert_eq!(table.on_page().0.len(), 11, "ten, and the one that lost most: {names:?}");
    assert_eq!(names.len(), 14, "data files have all");
    let others = table.others.as_ref().expect("others");
    let sessions = |row: &crate::report::document::Row| match &row.cells[0] {
        Cell::Figure { figure, .. } => figure.value.expect("sessions"),
        _ => panic!("no figure"),
    };
    let on_page: Decimal = table.on_page().0.iter().chain([others]).map(sessions).sum();
    assert_eq!(on_page, sessions(table.total.as_ref().expect("a total")), "what the page shows adds up");
    assert_eq!(names[10], "/fading");
    assert!(!names.contains(&"(not set)"), "what names no page is no page");
    assert_eq!(figure(table, "/new", "sessions_change").value, None, "no change from nothing");
    assert_eq!(figure(table, "/fading", "sessions_change").text, "−92.3%");
    assert_eq!(figure(table, "/new", "key_event_rate").text, "2.5%");
    assert_eq!(figure(table, "/new", "engagement_rate").text, "50.0%");
    let all: i64 = now.iter().map(|(_, sessions, _)| sessions).sum();
    assert_eq!(figure(table, "All pages", "sessions").value, Some(Decimal::from(all)), "but its sessions count");
    let lead = document.sections[0].lead.as_deref().expect("a lead");
    assert_eq!(
        lead,
        "The 10 of 14 pages on which most sessions began, and the largest changes. “/new” gained most, 400 sessions \
         more than the week before; “/fading” lost most, 240 sessions fewer."
    );
}

#[test]
fn pages_are_left_out_where_none_are_known_and_not_compared_with_days_that_are_not() {
    let (now, before) = ([("/a", 10, 1), ("/b", 5, 0)], [("/a", 4, 1)]);
    assert_eq!(of_pages(&[], &before, "2026-01-01").sections, [], "an older database");
    assert_eq!(of_pages(&[("(not set)", 3, 0)], &before, "2026-01-01").sections, []);
    for (since, more) in [("2026-11-05", ""), ("2026-11-11", " Pages are known since Wed 11 Nov 2026 only.")] {
        let document = of_pages(&now, &before, since);
        assert!(table(&document, "pages").columns.iter().all(|column| column.id != "sessions_change"));
        let lead = document.sections[0].lead.as_deref().expect("a lead");
        assert_eq!(lead, format!("Sessions by the page on which they began.{more}"));
    }
    let lost = of_pages(&before, &now, "2026-01-01");
    let lead = lost.sections[0].lead.as_deref().expect("a lead");
    assert_eq!(
        lead,
        "Sessions by the page on which they began. “/a” lost most, 6 sessions fewer than the week before."
    );
    let gone = of_pages(&before, &[("/a", 4, 1), ("/gone", 9, 0)], "2026-01-01");
    let gone = figure(table(&gone, "pages"), "/gone", "sessions_change").text.clone();
    assert_eq!(gone, "−9", "a page that had nothing any more is shown with what it lost");
}
