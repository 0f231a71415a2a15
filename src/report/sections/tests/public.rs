//! What other tools reported wrongly to their readers, with the right values. Each source is a public thread.

use super::*;
use crate::domain::comparison::{Cadence, Compare};
use crate::report::document::{Comparison, Tone};
use crate::report::sections::period_name;

/// How a weekly headline words a metric that was `before` in the week before and is `now`.
fn worded(metric: &str, before: &[(&str, Decimal)], now: &[(&str, Decimal)]) -> Comparison {
    let week = Period::week_of(date("2026-11-15"), chrono::Weekday::Mon);
    let mut readings = readings("weekly_performance", SectionKind::Standard("headline"), week);
    for (period, values) in [(week, now), (week.back(7), before)] {
        readings.data.spans.insert(period, Span { total: sums(values), ..Span::default() });
    }
    let (document, _) = build(&readings, &registry());
    let cards = document.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
        Block::Cards { cards } => Some(cards),
        _ => None,
    });
    let card = cards.flatten().find(|card| card.metric == metric).unwrap_or_else(|| panic!("no {metric}"));
    card.comparisons.iter().find(|item| item.id == "week_before").unwrap_or_else(|| panic!("{card:#?}")).clone()
}

fn changed(metric: &str, before: Decimal, now: Decimal) -> (String, Tone) {
    let column = if metric == "net_revenue" { "revenue" } else { metric };
    let item = worded(metric, &[(column, before)], &[(column, now)]);
    (item.change.text, item.tone)
}

// awesomemotive/easy-digital-downloads#9338, ibericode/koko-analytics#277, #7693; Automattic/jetpack#51469:
// days so far were set against a whole month, and 30 days against 29.
#[test]
fn days_are_set_against_as_many_days_and_a_month_so_far_against_its_same_days() {
    let part = |text: &str| Period::new(date("2026-08-01"), date(text)).expect("a period");
    assert_eq!(
        Cadence::Monthly.compared(part("2026-08-04"), Compare::Previous),
        Period::new(date("2026-07-01"), date("2026-07-04"))
    );
    let january = Period::new(date("2025-01-01"), date("2025-01-04")).expect("a period");
    assert_eq!(
        Cadence::Monthly.compared(january, Compare::Previous),
        Period::new(date("2024-12-01"), date("2024-12-04"))
    );
    assert_eq!(
        Cadence::Monthly.compared(january, Compare::LastYear),
        Period::new(date("2024-01-01"), date("2024-01-04"))
    );
    for start in date("2027-01-01").iter_days().take(800) {
        for (cadence, days) in [(Cadence::Daily, 1), (Cadence::Weekly, 7)] {
            let period = Period { start, end: start + chrono::Days::new(days) };
            for compare in [Compare::Previous, Compare::SameWeekday, Compare::LastYear] {
                let other = cadence.compared(period, compare).expect("days that compare");
                assert_eq!(other.days(), period.days(), "{period} {compare:?}");
            }
        }
    }
}

// awesomemotive/easy-digital-downloads#7693: on 30 March 2020 "last month" was March, since there is no 30 February.
#[test]
fn the_last_month_is_the_one_before_on_every_day() {
    for (today, month) in [
        ("2020-03-29", "2020-02-01 to 2020-02-29"),
        ("2020-03-31", "2020-02-01 to 2020-02-29"),
        ("2027-03-30", "2027-02-01 to 2027-02-28"),
        ("2026-05-31", "2026-04-01 to 2026-04-30"),
        ("2026-07-31", "2026-06-01 to 2026-06-30"),
        ("2026-12-31", "2026-11-01 to 2026-11-30"),
        ("2027-01-01", "2026-12-01 to 2026-12-31"),
    ] {
        assert_eq!(
            Cadence::Monthly
                .last_whole(date(today), crate::domain::workspace::Workspace::sample("w", "EUR").calendar())
                .to_string(),
            month,
            "{today}"
        );
    }
}

// uvarov-frontend/vanilla-calendar-pro#422, ohcnetwork/leaderboard#589, dateutil/dateutil#1529: week 53 was put into
// the next year's week 1, and 31 December into "week 1 of 2024".
#[test]
fn a_week_over_new_year_is_called_by_its_own_number_and_days() {
    let name = |day: &str| {
        let week = Period::week_of(date(day), chrono::Weekday::Mon);
        period_name(&readings("weekly_performance", SectionKind::Standard("headline"), week))
    };
    assert_eq!(name("2027-01-03"), "Week 53, 28 Dec 2026 – 3 Jan 2027");
    assert_eq!(name("2027-01-04"), "Week 1, 4 – 10 Jan 2027");
    assert_eq!(name("2024-12-31"), "Week 1, 30 Dec 2024 – 5 Jan 2025");
    assert_eq!(name("2026-01-04"), "Week 1, 29 Dec 2025 – 4 Jan 2026");
}

// matomo-org/matomo#13124, Automattic/jetpack#50690: nothing before was +100%, less than 1 to 20.
// bencherdev/bencher#957: a fall to nothing was no change; fdietz/team_dashboard#130: a doubling was +50%.
#[test]
fn changes_from_and_to_nothing_say_so() {
    let text = |before, now| changed("sessions", before, now).0;
    assert_eq!(text(dec!(0), dec!(500)), "from 0");
    assert_eq!(text(dec!(3069448), dec!(0)), "−100.0%");
    assert_eq!(text(dec!(50), dec!(100)), "+100.0%");
    assert_eq!(text(dec!(100), dec!(50)), "−50.0%");
    assert_eq!(text(dec!(2), dec!(7)), "+5", "of few events the number");
}

// google/site-kit-wp#13264, adamwdraper/Numeral-js#279: −0.03 was written as −0%, which is neither a fall nor none.
#[test]
fn a_change_below_the_printed_places_is_no_zero_and_no_verdict() {
    assert_eq!(changed("sessions", dec!(100000), dec!(99970)), ("−<0.1%".to_owned(), Tone::Neutral));
    assert_eq!(changed("sessions", dec!(100000), dec!(100000)).0, "no change");
}

// plausible/analytics#3781, growthbook/growthbook#3891, yakew7/Fair-Code#515: a rate's change as a percentage of
// percentages, and "(-0.0 pp)".
#[test]
fn rates_change_by_points_everywhere() {
    let rate = |before, now| {
        let of = |engaged| [("sessions", dec!(10000)), ("engaged_sessions", engaged)];
        worded("engagement_rate", &of(before), &of(now)).change.text
    };
    assert_eq!(rate(dec!(200), dec!(250)), "+0.5\u{a0}pp");
    assert_eq!(rate(dec!(6000), dec!(4800)), "−12.0\u{a0}pp");
    assert_eq!(rate(dec!(5000), dec!(4999)), "−<0.1\u{a0}pp");
    assert_eq!(rate(dec!(5000), dec!(5000)), "no change");
}

// covid19india/covid19india.github.io#1941, we-promise/sure#2213: below zero a gain was written as a loss.
#[test]
fn an_amount_below_zero_changes_by_money_with_its_true_sign() {
    assert_eq!(changed("net_revenue", dec!(-1000), dec!(-500)), ("+$500.00".to_owned(), Tone::Good));
    assert_eq!(changed("net_revenue", dec!(-1000), dec!(-1500)), ("−$500.00".to_owned(), Tone::Bad));
    assert_eq!(changed("net_revenue", dec!(-18), dec!(7)), ("+$25.00".to_owned(), Tone::Good));
    assert_eq!(changed("net_revenue", dec!(18), dec!(-7)), ("−138.9%".to_owned(), Tone::Bad));
}

// matomo-org/matomo#20788: a lower bounce rate was red. What is spent is neither good nor bad.
#[test]
fn each_metric_has_its_own_direction() {
    let of = |cost| {
        [("cost", cost), ("leads", dec!(100)), ("clicks", dec!(1000)), ("customers", dec!(50)), ("orders", dec!(60))]
    };
    for (metric, tone) in [("cost", Tone::Neutral), ("cac", Tone::Bad)] {
        assert_eq!(worded(metric, &of(dec!(1000)), &of(dec!(1500))).tone, tone, "{metric}");
    }
}

// laravel/framework#59692, azaitsev/millify#1: 999,500 was 1,000K and 999,999 was 1000k.
#[test]
fn a_thousand_thousands_are_a_million_along_an_axis() {
    let usd = Currency::new("USD").expect("a currency");
    let tick = |value: f64| Locale::STANDARD.tick_text(value, crate::domain::metric::Unit::Count, usd);
    assert_eq!(tick(999_950.0), "999.95k");
    assert_eq!(tick(999_999.0), "1M");
    assert_eq!(tick(-999_999.0), "−1M");
    assert_eq!(tick(999_400.0), "999.4k");
    assert_eq!(tick(999.0), "999");
    assert_eq!(tick(999_999_999.0), "1bn");
}

// danielalves96/zublo#21, Tanq16/ExpenseOwl#37: won with cents; yen and yuan share a sign.
#[test]
fn a_currency_has_its_own_places_and_a_sign_of_its_own() {
    let money = |amount, code| Locale::STANDARD.exact_money_text(amount, Currency::new(code).expect("a currency"));
    assert_eq!(money(dec!(1000), "KRW"), "KRW\u{a0}1,000");
    assert_eq!(money(dec!(1000.4), "JPY"), "¥1,000");
    assert_eq!(money(dec!(1000), "BHD"), "BHD\u{a0}1,000.000");
    assert_ne!(money(dec!(1000), "CNY")[..2], money(dec!(1000), "JPY")[..2]);
}

// nicolaskruchten/pivottable#1011, langfuse/langfuse#15209: the total of a rate was the mean of its rows.
#[test]
fn the_total_of_a_rate_has_the_weights_of_its_own_denominator() {
    let week = Period::week_of(date("2026-11-15"), chrono::Weekday::Mon);
    let mut readings = readings("weekly_performance", SectionKind::Standard("channels"), week);
    let of = |sessions, leads, cost, revenue| {
        sums(&[("sessions", sessions), ("leads", leads), ("cost", cost), ("revenue", revenue)])
    };
    let (one, other) = (of(dec!(400), dec!(4), dec!(10), dec!(100)), of(dec!(100), dec!(50), dec!(90), dec!(90)));
    let total = of(dec!(500), dec!(54), dec!(100), dec!(190));
    let channels = BTreeMap::from([("paid_search".to_owned(), one), ("paid_social".to_owned(), other)]);
    readings.data.spans.insert(week, Span { total, channels, ..Span::default() });
    let (document, _) = build(&readings, &registry());
    let channels = table(&document, "channels");
    assert_eq!(figure(channels, "All channels", "roas").text, "1.90", "190 of 100, not the mean of 10 and 1");
}
