//! Requests for the past, on days that clocks change and on holes.

use super::*;
use proptest::prelude::*;

fn days_spec(nightly_days: u32, weekly_days: u32) -> SlicingSpec {
    SlicingSpec::Days { step_days: 30, reread_days: 3, nightly_days, weekly_days, kept_days: None }
}

/// `count` whole days, asked for at one instant.
fn read(first: NaiveDate, count: usize, asked_at: DateTime<Utc>) -> BTreeMap<NaiveDate, DayRead> {
    let whole = DayRead { asked_at, is_whole: true, standing: None };
    first.iter_days().take(count).map(|day| (day, whole)).collect()
}

fn ids(slices: &[Slice]) -> Vec<String> {
    slices.iter().map(Slice::id).collect()
}

#[test]
fn the_look_back_is_short_by_the_hour_longer_by_night_and_longest_by_the_week() {
    let since: NaiveDate = "2026-01-01".parse().expect("a date");
    let at = |day, hour| Utc.with_ymd_and_hms(2026, 6, day, hour, 0, 0).single().expect("an instant");
    let ask = |asked_at, now| {
        let known = Known { days: read(since, 160, asked_at), ..Known::default() };
        ids(&slices(&days_spec(14, 40), "", &known, since, now, chrono_tz::UTC))
    };
    assert_eq!(ask(at(9, 8), at(9, 9)), ["2026-06-06_2026-06-09"]);
    assert_eq!(ask(at(8, 23), at(9, 0)), ["2026-05-26_2026-06-09"]);
    assert_eq!(ask(at(2, 8), at(9, 0)), ["2026-04-30_2026-05-29", "2026-05-30_2026-06-09"]);
    // Read by a clock that ran ahead: never asked for.
    assert_eq!(ask(at(20, 8), at(9, 9)), ask(at(2, 8), at(9, 9)));
}

#[test]
fn a_day_that_is_missing_in_part_failed_or_doubted_is_asked_for_until_it_is_settled() {
    let since: NaiveDate = "2026-01-01".parse().expect("a date");
    let now = Utc.with_ymd_and_hms(2026, 6, 9, 9, 0, 0).single().expect("an instant");
    let mut days = read(since, 160, now);
    let stand = |standing| DayRead { asked_at: now, is_whole: false, standing };
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
    days.remove(&day("2026-02-01"));
    days.insert(day("2026-02-02"), stand(None));
    days.insert(day("2026-03-01"), stand(Some(Standing::Failed)));
    days.insert(day("2026-03-03"), stand(Some(Standing::Doubted)));
    days.insert(day("2026-03-05"), stand(Some(Standing::Accepted)));
    days.insert(day("2026-03-07"), stand(Some(Standing::Unconfirmed)));
    let known = Known { days, reached: Some(Reached { until: now, asked_at: now }) };
    let asked = ids(&slices(&days_spec(0, 0), "", &known, since, now, chrono_tz::UTC));
    let late = ["2026-02-01_2026-02-02", "2026-03-01_2026-03-01", "2026-03-03_2026-03-03", "2026-06-06_2026-06-09"];
    assert_eq!(asked, late);
    let spec = SlicingSpec::Instants {
        step_days: 30,
        overlap_secs: 3600,
        reload_after_days: None,
        reload_daily: false,
        from_beginning: false,
        before_days: 0,
    };
    let asked = ids(&slices(&spec, "", &known, since, now, chrono_tz::UTC));
    assert_eq!(asked[0], "20260301T000000Z_20260302T000000Z");
    assert_eq!(asked[2], "20260609T080000Z_20260609T090000Z");
}

#[test]
fn a_slice_id_cannot_leave_its_folder() {
    let slice = Slice { partition: "../../etc".to_owned(), window: Window::Whole };
    assert_eq!(slice.id_before(), "------etc_all");
    assert!(slice.id().starts_with("------etc~") && slice.id().ends_with("_all"), "{}", slice.id());
}

#[test]
fn the_running_day_and_the_reread_are_included() {
    let now = Utc.with_ymd_and_hms(2026, 3, 8, 3, 0, 0).single().expect("an instant");
    let since: NaiveDate = "2026-01-01".parse().expect("a date");
    let zone = chrono_tz::America::New_York;
    let days = read(since, 66, now);
    let known = Known { days, ..Known::default() };
    assert_eq!(ids(&slices(&days_spec(0, 0), "1", &known, since, now, zone)), ["1_2026-03-04_2026-03-07"]);
}

#[test]
fn a_long_pause_or_a_new_day_reads_everything_again_where_the_stream_says_so() {
    let zone = chrono_tz::UTC;
    let since: NaiveDate = "2026-01-01".parse().expect("a date");
    let start = |reload_after_days, reload_daily, from_beginning, back_hours| {
        let now = Utc.with_ymd_and_hms(2026, 6, 10, 12, 0, 0).single().expect("an instant");
        let spec = SlicingSpec::Instants {
            step_days: 36_500,
            overlap_secs: 0,
            reload_after_days,
            reload_daily,
            from_beginning,
            before_days: 0,
        };
        let asked_at = now - TimeDelta::hours(back_hours);
        let reached = Some(Reached { until: asked_at, asked_at });
        let known = Known { reached, ..Known::default() };
        let found = slices(&spec, "", &known, since, now, zone);
        let Window::Instants { start, end } = found[0].window else { panic!("instants") };
        assert_eq!((found.len(), end), (1, now));
        let news = match (start == asked_at, from_beginning) {
            (true, _) => Some(asked_at),
            (false, true) => None,
            (false, false) => Some(DateTime::UNIX_EPOCH),
        };
        assert_eq!(news_since(&spec, reached, now, zone), news);
        start.to_rfc3339()
    };
    assert_eq!(start(Some(30), false, false, 29 * 24), "2026-05-12T12:00:00+00:00");
    assert_eq!(start(Some(30), false, false, 31 * 24), "2026-01-01T00:00:00+00:00");
    assert_eq!(start(None, true, true, 1), "2026-06-10T11:00:00+00:00");
    assert_eq!(start(None, true, true, 13), "1970-01-01T00:00:00+00:00");
}

#[test]
fn what_is_read_once_a_day_is_asked_again_for_days_that_did_not_come() {
    let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a date");
    let read =
        |standing: Option<Standing>| DayRead { asked_at: DateTime::UNIX_EPOCH, is_whole: standing.is_none(), standing };
    let slice = |start, end| Slice {
        partition: String::new(),
        window: Window::Days { period: Period::new(date(start), date(end)).expect("days") },
    };
    let held = BTreeMap::from([
        (date(1), read(Some(Standing::Failed))),
        (date(2), read(None)),
        (date(3), read(None)),
        (date(4), read(Some(Standing::Accepted))),
    ]);
    let lacks = |start, end| super::lacks_days(&slice(start, end), &held, date(6));
    assert!(lacks(1, 3) && !lacks(2, 5) && lacks(4, 6));
    assert!(!lacks(6, 7), "the running day comes with the next day's first run");
    assert!(!super::lacks_days(&Slice { partition: String::new(), window: Window::Whole }, &held, date(6)));
}

#[test]
fn what_is_read_once_a_day_is_due_on_the_next_day_of_its_zone() {
    let at = |day, hour| Utc.with_ymd_and_hms(2026, 6, day, hour, 0, 0).single().expect("an instant");
    let is_due = |asked_at, now, zone| is_due(Some(Reached { until: asked_at, asked_at }), now, zone);
    assert!(super::is_due(None, at(10, 12), chrono_tz::UTC));
    assert!(!is_due(at(10, 1), at(10, 23), chrono_tz::UTC) && is_due(at(10, 23), at(11, 0), chrono_tz::UTC));
    assert!(!is_due(at(10, 23), at(11, 3), chrono_tz::America::New_York), "still the evening before");
}

#[test]
fn what_is_read_every_so_many_hours_is_due_after_them_though_runs_are_not_to_the_minute() {
    let at = |hour, minute| Utc.with_ymd_and_hms(2026, 6, 10, hour, minute, 0).single().expect("an instant");
    let is_due = |asked_at, now| is_due_again(Some(Reached { until: asked_at, asked_at }), now, 6);
    assert!(is_due_again(None, at(12, 0), 6));
    assert!(!is_due(at(6, 10), at(11, 5)) && is_due(at(6, 10), at(12, 5)) && is_due(at(6, 0), at(12, 0)));
    assert!(is_due(at(18, 0), at(12, 0)), "asked under a clock that was ahead");
}

#[test]
fn a_first_load_that_was_broken_off_goes_on_and_receives_what_changed_since() {
    let now = Utc.with_ymd_and_hms(2026, 6, 10, 12, 0, 0).single().expect("an instant");
    let spec = SlicingSpec::Instants {
        step_days: 30,
        overlap_secs: 3600,
        reload_after_days: Some(29),
        reload_daily: false,
        from_beginning: false,
        before_days: 0,
    };
    let reached = Reached { until: now - TimeDelta::days(300), asked_at: now - TimeDelta::days(2) };
    let since = "2025-01-01".parse().expect("a date");
    let known = Known { reached: Some(reached), ..Known::default() };
    let found = slices(&spec, "", &known, since, now, chrono_tz::UTC);
    assert_eq!(found.len(), 11);
    let all = Some(DateTime::UNIX_EPOCH);
    assert_eq!(news_since(&spec, Some(reached), now, chrono_tz::UTC), all, "broken off, it is still the first one");
    assert_eq!(news_since(&spec, None, now, chrono_tz::UTC), all, "objects of before the first day");
}

#[test]
fn what_was_made_before_the_first_day_is_read_with_that_day() {
    let now = Utc.with_ymd_and_hms(2026, 6, 10, 12, 0, 0).single().expect("an instant");
    let spec = SlicingSpec::Instants {
        step_days: 30,
        overlap_secs: 0,
        reload_after_days: None,
        reload_daily: false,
        from_beginning: false,
        before_days: 31,
    };
    let since = "2026-05-01".parse().expect("a date");
    let ask = |known: &Known| ids(&slices(&spec, "", known, since, now, chrono_tz::UTC));
    let first = "20260331T000000Z_20260531T000000Z";
    assert_eq!(ask(&Known::default()), [first, "20260531T000000Z_20260610T120000Z"]);
    let failed = DayRead { asked_at: now, is_whole: false, standing: Some(Standing::Failed) };
    let days = BTreeMap::from([(since, failed)]);
    let known = Known { reached: Some(Reached { until: now, asked_at: now }), days };
    assert_eq!(ask(&known)[0], "20260331T000000Z_20260502T000000Z", "asked for once more after it failed");
}

#[test]
fn what_was_before_the_first_day_is_asked_for_once() {
    let now = Utc.with_ymd_and_hms(2026, 6, 10, 12, 0, 0).single().expect("an instant");
    let (since, zone) = ("2026-01-01".parse().expect("a date"), chrono_tz::America::New_York);
    let spec = SlicingSpec::Before { from: "2024-06-01".parse().expect("a date"), step_days: 365 };
    let found = |until: Option<DateTime<Utc>>| {
        let reached = until.map(|until| Reached { until, asked_at: now });
        let known = Known { reached, ..Known::default() };
        slices(&spec, "", &known, since, now, zone).iter().map(Slice::id).collect::<Vec<_>>()
    };
    assert_eq!(found(None), ["20240601T040000Z_20250601T040000Z", "20250601T040000Z_20260101T050000Z"]);
    assert_eq!(found(Some(start_of_day(since, zone))), Vec::<String>::new());
}

#[test]
fn a_midnight_that_does_not_exist_begins_at_the_first_valid_instant() {
    let at = start_of_day("2018-11-04".parse().expect("a date"), chrono_tz::America::Sao_Paulo);
    assert_eq!(at.to_rfc3339(), "2018-11-04T03:00:00+00:00");
}

proptest! {
    #[test]
    fn every_day_is_covered_exactly_once(length in 1u64..800, step in 1u32..40) {
        let since: NaiveDate = "2025-01-01".parse().expect("a date");
        let now = start_of_day(since + Days::new(length), chrono_tz::Europe::Berlin) - TimeDelta::seconds(1);
        let spec = SlicingSpec::Days { step_days: step, reread_days: 3, nightly_days: 14, weekly_days: 0, kept_days: None };
        let days: Vec<NaiveDate> = slices(&spec, "", &Known::default(), since, now, chrono_tz::Europe::Berlin)
            .into_iter()
            .flat_map(|slice| match slice.window { Window::Days { period } => period.dates().collect::<Vec<_>>(), _ => Vec::new() })
            .collect();
        prop_assert_eq!(days, since.iter_days().take(usize::try_from(length).expect("small")).collect::<Vec<_>>());
    }
}
