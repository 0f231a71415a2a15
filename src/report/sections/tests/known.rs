//! Known events and holidays in sentences and on lines. Cases of other tools name where they were reported.

use super::*;
use crate::domain::business::{EventKind, KnownEvent};
use crate::domain::holidays::Region;
use crate::report::document::{Chart, EventMark};
use crate::report::sections::known::{marks, of_channels};

fn event(from: &str, to: &str, text: &str) -> KnownEvent {
    KnownEvent {
        from: date(from),
        to: date(to),
        text: text.to_owned(),
        kind: EventKind::Other,
        channels: Vec::new(),
        countries: Vec::new(),
        metrics: Vec::new(),
        is_muted: false,
    }
}

fn day(from: &str, text: &str) -> KnownEvent {
    event(from, from, text)
}

/// A report of leads, with some on every day.
fn report(name: &str, period: Period, events: Vec<KnownEvent>) -> Readings {
    let mut readings = readings(name, SectionKind::Standard("trend"), period);
    let first = trend::first(readings.definition.cadence, period);
    let all = Period { start: first, end: period.end };
    readings.data.days = all.dates().map(|date| (date, sums(&[("leads", dec!(5))]))).collect();
    let spans = readings.bases().into_iter().map(|(_, _, base)| base).chain([period]);
    let spans: Vec<Period> = spans.chain(readings.leading().map(|(_, _, base)| base)).collect();
    let total = || Span { total: sums(&[("leads", dec!(35))]), ..Span::default() };
    readings.data.spans.extend(spans.into_iter().map(|span| (span, total())));
    readings.business.events = events;
    readings
}

fn daily(day: &str, events: Vec<KnownEvent>) -> Readings {
    report("daily_performance", Period::day(date(day)), events)
}

fn weekly(first: &str, events: Vec<KnownEvent>) -> Readings {
    report("weekly_performance", Period::week_of(date(first), chrono::Weekday::Mon), events)
}

fn document(readings: &Readings) -> Document {
    build(readings, &registry()).0
}

fn known(readings: &Readings) -> Vec<String> {
    document(readings).lead.expect("a lead").known
}

fn line(document: &Document) -> Chart {
    document.charts().find(|chart| chart.id == "trend").expect("a line").clone()
}

fn points(marks: &[EventMark]) -> Vec<(String, String)> {
    marks.iter().map(|mark| (mark.from.to_string(), mark.to.to_string())).collect()
}

#[test]
fn an_event_is_named_beside_the_comparison_marked_and_explained_below_the_line() {
    let mut banner = day("2026-11-20", "consent banner live.");
    banner.kind = EventKind::Tracking;
    let document = document(&daily("2026-11-20", vec![banner]));
    assert_eq!(document.lead.as_ref().expect("a lead").known, ["Known: 20 Nov: consent banner live (tracking)."]);
    assert!(document.summary.contains("Known: 20 Nov: consent banner live (tracking)."), "{}", document.summary);
    let chart = line(&document);
    assert_eq!(chart.events.len(), 1);
    assert!(chart.alt.ends_with("Known events are marked and named below: 1 at 20 Nov."), "{}", chart.alt);
    let texts = document.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
        Block::Text { text } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["Marked: 1 = 20 Nov: consent banner live (tracking)."]);
}

#[test]
fn what_touches_neither_the_days_nor_what_they_are_compared_with_is_not_named() {
    let events = vec![day("2026-11-12", "too early"), day("2026-11-21", "too late")];
    assert_eq!(known(&daily("2026-11-20", events)), [""; 0]);
}

#[test]
fn an_event_of_the_compared_days_is_named_as_theirs_and_one_of_both_once() {
    let events = vec![day("2026-11-13", "outage of the shop"), event("2026-11-01", "2026-11-30", "sale")];
    let told = known(&weekly("2026-11-16", events));
    assert_eq!(told[0], "Known: 1 Nov – 30 Nov: sale (other).");
    assert_eq!(told[1], "Known of what it is compared with (week before): 13 Nov: outage of the shop (other).");
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn a_muted_event_is_nowhere() {
    let mut muted = day("2026-11-20", "secret");
    muted.is_muted = true;
    let document = document(&daily("2026-11-20", vec![muted]));
    assert!(!serde_json::to_string(&document).expect("JSON").contains("secret"));
}

#[test]
fn events_of_another_metric_or_of_channels_outside_a_split_are_left_out() {
    let mut other = day("2026-11-20", "other");
    other.metrics = vec!["sessions".to_owned()];
    let mut mail = day("2026-11-20", "mail");
    mail.channels = vec!["email".to_owned()];
    let mut readings = daily("2026-11-20", vec![other, mail]);
    assert_eq!(known(&readings), ["Known: 20 Nov: mail (other, email)."]);
    readings.definition.split.filter = Filter { channels: vec!["paid_search".to_owned()], campaigns: Vec::new() };
    readings.business.events.iter_mut().for_each(|event| event.metrics.clear());
    assert_eq!(known(&readings), ["Known: 20 Nov: other (other)."]);
}

#[test]
fn an_event_of_a_channel_is_named_where_channels_are() {
    let mut mail = day("2026-11-20", "mail");
    mail.channels = vec!["email".to_owned()];
    let readings = daily("2026-11-20", vec![mail, day("2026-11-20", "all")]);
    let told = of_channels(&readings, &["email".to_owned()]);
    assert_eq!(told.as_deref(), Some("Known: 20 Nov: mail (other, email)."));
    assert_eq!(of_channels(&readings, &["paid_search".to_owned()]), None);
}

#[test]
fn fifty_events_do_not_flood_a_page() {
    let events = (0..50).map(|number| day("2026-11-20", &format!("event {number}"))).collect();
    let document = document(&daily("2026-11-20", events));
    let told = &document.lead.as_ref().expect("a lead").known;
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with("; and 47 more."), "{told:?}");
    assert_eq!(line(&document).events.len(), 6);
}

/// matomo-org/matomo#21837, umami-software/umami#4545: an annotation stood on the day before.
#[test]
fn an_event_stays_on_its_day_in_every_zone() {
    for zone in [chrono_tz::Pacific::Honolulu, chrono_tz::Pacific::Kiritimati, chrono_tz::America::Los_Angeles] {
        let mut readings = daily("2026-11-20", vec![day("2026-11-20", "x")]);
        readings.workspace.time_zone = zone;
        let own = ("2026-11-20".to_owned(), "2026-11-20".to_owned());
        assert_eq!(points(&line(&document(&readings)).events), [own], "{zone}");
    }
}

/// metabase/metabase#64978: an event of the first of a month stood at the month before.
#[test]
fn the_first_and_the_last_day_of_a_month_belong_to_it() {
    let readings = report("monthly_overview", november(), vec![day("2026-09-01", "first"), day("2026-09-30", "last")]);
    let september = ("2026-09-01".to_owned(), "2026-09-01".to_owned());
    assert_eq!(points(&line(&document(&readings)).events), [september.clone(), september]);
}

/// metabase/metabase#44355: events after the first day of the last point were lost; matomo-org/matomo#10608:
/// a weekly line showed none.
#[test]
fn a_weekly_line_has_the_events_of_every_day_of_its_last_week() {
    let events = vec![day("2026-11-22", "its last day"), day("2026-11-23", "beyond")];
    let own = ("2026-11-16".to_owned(), "2026-11-16".to_owned());
    assert_eq!(points(&line(&document(&weekly("2026-11-16", events))).events), [own]);
}

#[test]
fn an_event_that_began_before_the_line_is_marked_from_its_first_point() {
    let readings = daily("2026-11-20", vec![event("2026-01-01", "2026-11-19", "long")]);
    let dates = [date("2026-11-18"), date("2026-11-19"), date("2026-11-20")];
    assert_eq!(points(&marks(&readings, "leads", &dates)), [("2026-11-18".to_owned(), "2026-11-19".to_owned())]);
}

fn regions(codes: &[&str]) -> Vec<Region> {
    codes.iter().map(|code| Region::parse(code).expect("a region")).collect()
}

/// facebook/prophet#909: New Year of two countries is one day off, and their Thanksgivings are two.
#[test]
fn a_holiday_that_countries_share_is_named_once() {
    let mut readings = daily("2026-01-01", Vec::new());
    readings.business.holidays = regions(&["US", "CA"]);
    let told = known(&readings);
    assert_eq!(told[0], "Known: 1 Jan: New Year's Day (public holiday in United States; Canada).");
    let mut readings = daily("2026-11-26", Vec::new());
    readings.business.holidays = regions(&["US", "CA"]);
    let told = known(&readings);
    assert!(told[0].contains("Thanksgiving") && !told[0].contains("Canada"), "{told:?}");
}

/// facebook/prophet#1618: both the day itself and the day off for it change figures.
#[test]
fn a_holiday_on_a_weekend_and_the_day_off_for_it_are_both_named() {
    let mut readings = weekly("2026-06-29", Vec::new());
    readings.business.holidays = regions(&["US"]);
    let told = known(&readings);
    assert!(
        told[0].contains("3 Jul: Independence Day (observed)") && told[0].contains("4 Jul: Independence Day ("),
        "{told:?}"
    );
}

#[test]
fn a_month_names_no_holidays_and_days_compared_with_name_theirs() {
    let mut month = report("monthly_overview", november(), Vec::new());
    month.business.holidays = regions(&["US"]);
    assert_eq!(known(&month), [""; 0]);
    let mut day_after = daily("2026-01-02", Vec::new());
    day_after.business.holidays = regions(&["DE"]);
    let told = known(&day_after);
    assert!(
        told.iter()
            .any(|told| told.starts_with("Known of what it is compared with (")
                && told.contains("1 Jan: New Year's Day")),
        "{told:?}"
    );
}

#[test]
fn days_are_worded_as_the_reader_wants_them() {
    let mut readings = daily("2026-11-20", vec![event("2026-11-19", "2026-11-20", "x")]);
    readings.locale.language = crate::report::format::Language::De;
    assert_eq!(known(&readings)[0], "Known: 19. Nov. – 20. Nov.: x (other).");
}
