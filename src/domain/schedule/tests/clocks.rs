//! Fires over ten years in ten zones, against a reference that walks through every minute of real
//! time and knows nothing of offsets, gaps or cron.

use super::{at, schedule};
use crate::domain::schedule::FireReason;
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// Ordinary ones, southern ones, one that shifts by half an hour, ones whose clocks change at
/// midnight, and six that changed their rule within the ten years.
const ZONES: [Tz; 10] = [
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Australia__Sydney,
    Tz::America__Sao_Paulo,
    Tz::America__Mexico_City,
    Tz::Asia__Tehran,
    Tz::Africa__Casablanca,
    Tz::Africa__Cairo,
    Tz::Pacific__Apia,
];

/// An expression, whether it names hours, and what it means in plain words.
struct Case {
    text: &'static str,
    names_hours: bool,
    matches: fn(NaiveDateTime) -> bool,
}

#[rustfmt::skip] // a table reads better in rows
const CASES: [Case; 11] = [
    // Fixed.
    Case { text: "30 2 * * *", names_hours: true, matches: |w| w.hour() == 2 && w.minute() == 30 },
    Case { text: "0 0 * * *", names_hours: true, matches: |w| w.hour() == 0 && w.minute() == 0 },
    Case { text: "15 2 * * SUN", names_hours: true, matches: |w| w.hour() == 2 && w.minute() == 15 && w.weekday() == Weekday::Sun },
    Case { text: "45 23 1 * *", names_hours: true, matches: |w| w.hour() == 23 && w.minute() == 45 && w.day() == 1 },
    // Listed.
    Case { text: "30 2,14 * * *", names_hours: true, matches: |w| matches!(w.hour(), 2 | 14) && w.minute() == 30 },
    Case { text: "0,30 1-3 * * *", names_hours: true, matches: |w| matches!(w.hour(), 1..=3) && matches!(w.minute(), 0 | 30) },
    Case { text: "10 0-23/6 * * 1-5", names_hours: true, matches: |w| w.hour() % 6 == 0 && w.minute() == 10 && w.weekday().number_from_monday() <= 5 },
    // Intervals.
    Case { text: "*/15 * * * *", names_hours: false, matches: |w| w.minute() % 15 == 0 },
    Case { text: "5 * * * *", names_hours: false, matches: |w| w.minute() == 5 },
    Case { text: "0 */6 * * *", names_hours: false, matches: |w| w.hour() % 6 == 0 && w.minute() == 0 },
    Case { text: "20 */2 * * 0", names_hours: false, matches: |w| w.hour() % 2 == 0 && w.minute() == 20 && w.weekday() == Weekday::Sun },
];

/// The fires of each case in `[from, to)`, found by looking at the wall clock at every minute.
fn reference(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<BTreeMap<DateTime<Utc>, FireReason>> {
    let minute = TimeDelta::minutes(1);
    let mut fires = vec![BTreeMap::new(); CASES.len()];
    let wall = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
    // Two days of run-up, so that what a change before `from` carried is seen.
    let mut now = from - TimeDelta::days(2);
    let mut before = wall(now - minute);
    let mut newest = before;
    let mut carried: Vec<(DateTime<Utc>, usize)> = Vec::new();
    while now < to {
        let shown = wall(now);
        let mut skipped = before + minute;
        let gap_began = skipped;
        while skipped < shown {
            for (index, case) in CASES.iter().enumerate().filter(|(_, case)| (case.matches)(skipped)) {
                if case.names_hours {
                    fires[index].entry(now).or_insert(FireReason::Gap);
                } else {
                    carried.push((now + (skipped - gap_began), index));
                }
            }
            skipped += minute;
        }
        let is_repeated = shown <= newest;
        for (index, case) in CASES.iter().enumerate().filter(|(_, case)| (case.matches)(shown)) {
            if is_repeated && case.names_hours {
                continue;
            }
            let is_of_two = is_repeated || comes_again(zone, now, shown);
            fires[index].insert(now, if is_of_two { FireReason::Overlap } else { FireReason::Normal });
        }
        newest = newest.max(shown);
        before = shown;
        now += minute;
    }
    for (at, index) in carried {
        fires[index].entry(at).or_insert(FireReason::Gap);
    }
    for fires in &mut fires {
        fires.retain(|at, _| from <= *at && *at < to);
    }
    fires
}

/// Whether the clock shows the same once more within a day.
fn comes_again(zone: Tz, now: DateTime<Utc>, shown: NaiveDateTime) -> bool {
    let wall = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
    let goes_back = wall(now + TimeDelta::days(1)) - shown < TimeDelta::days(1);
    goes_back && (1..=24 * 60).any(|later| wall(now + TimeDelta::minutes(later)) == shown)
}

#[test]
fn ten_years_of_fires_in_ten_zones_are_those_of_the_reference() {
    let (from, to) = (at("2016-01-01T00:00"), at("2026-01-01T00:00"));
    let check = |zone: Tz| {
        let mut changed = [0, 0];
        for (case, expected) in CASES.iter().zip(reference(zone, from, to)) {
            let found: BTreeMap<DateTime<Utc>, FireReason> =
                schedule(case.text, zone).fires(from, to).iter().map(|fire| (fire.at, fire.reason)).collect();
            for (at, reason) in &expected {
                assert_eq!(found.get(at), Some(reason), "{zone} {:?} lacks {at}", case.text);
            }
            let added: Vec<_> = found.keys().filter(|at| !expected.contains_key(at)).collect();
            assert!(added.is_empty(), "{zone} {:?} adds {added:?}", case.text);
            changed[0] += found.values().filter(|reason| **reason == FireReason::Gap).count();
            changed[1] += found.values().filter(|reason| **reason == FireReason::Overlap).count();
        }
        assert!(changed.iter().all(|count| *count > 0), "{zone}: no clock change was met: {changed:?}");
    };
    std::thread::scope(|scope| {
        for zone in ZONES {
            scope.spawn(move || check(zone));
        }
    });
}

/// Every day has its run of a fixed time, on days of clock changes as well.
#[test]
fn a_daily_job_runs_once_on_each_day_that_exists() {
    for zone in ZONES {
        for text in ["30 2 * * *", "0 0 * * *", "59 23 * * *"] {
            let fires = schedule(text, zone).fires(at("2016-01-01T12:00"), at("2026-01-01T12:00"));
            let days: std::collections::BTreeSet<_> = fires.iter().map(|fire| fire.meant.date()).collect();
            assert_eq!(fires.len(), 3653, "{zone} {text}");
            assert_eq!(days.len(), 3653, "{zone} {text}");
        }
    }
}

#[test]
fn a_time_in_a_gap_runs_at_the_first_valid_instant_after_it() {
    let told = |text: &str, zone: Tz, from: &str, to: &str| -> Vec<String> {
        let fires = schedule(text, zone).fires(at(from), at(to));
        fires
            .iter()
            .map(|fire| format!("{} {} {}", fire.at.format("%d %H:%M"), fire.wall.format("%H:%M"), fire.reason.name()))
            .collect()
    };
    // Berlin 2026: 02:00 becomes 03:00 on 29 March; 03:00 becomes 02:00 on 25 October.
    assert_eq!(
        told("30 2,14 * * *", Tz::Europe__Berlin, "2026-03-29T00:00", "2026-03-30T00:00"),
        ["29 01:00 03:00 gap", "29 12:30 14:30 normal"]
    );
    assert_eq!(
        told("30 2 * * *", Tz::Europe__Berlin, "2026-10-24T22:00", "2026-10-25T22:00"),
        ["25 00:30 02:30 overlap"]
    );
    // Lord Howe: 02:00 becomes 02:30 on 4 October 2026; 02:00 becomes 01:30 on 5 April.
    assert_eq!(
        told("10 2 * * *", Tz::Australia__Lord_Howe, "2026-10-03T12:00", "2026-10-04T12:00"),
        ["03 15:30 02:30 gap"]
    );
    assert_eq!(
        told("45 1 * * *", Tz::Australia__Lord_Howe, "2026-04-04T12:00", "2026-04-05T12:00"),
        ["04 14:45 01:45 overlap"]
    );
    assert_eq!(
        told("0 2 * * *", Tz::Australia__Lord_Howe, "2026-10-03T12:00", "2026-10-04T12:00"),
        ["03 15:30 02:30 gap"]
    );
    // Samoa skipped 30 December 2011 as a whole.
    assert_eq!(
        told("0 9 * * *", Tz::Pacific__Apia, "2011-12-29T12:00", "2011-12-31T12:00"),
        ["29 19:00 09:00 normal", "30 10:00 00:00 gap", "30 19:00 09:00 normal"]
    );
}

#[test]
fn next_and_previous_agree_with_the_list() {
    for zone in ZONES {
        for case in &CASES {
            let schedule = schedule(case.text, zone);
            let fires = schedule.fires(at("2019-03-01T00:00"), at("2019-05-01T00:00"));
            for pair in fires.windows(2) {
                let between = pair[0].at + TimeDelta::seconds(1);
                assert_eq!(schedule.next(between).map(|fire| fire.at), Some(pair[1].at), "{zone} {}", case.text);
                assert_eq!(schedule.previous(between).map(|fire| fire.at), Some(pair[0].at), "{zone} {}", case.text);
            }
        }
    }
}

/// Short windows are looked at in another way than long ones.
#[test]
fn short_windows_name_the_same_fires_as_a_long_one() {
    for zone in ZONES.into_iter().chain([Tz::Pacific__Apia, Tz::Antarctica__Troll, Tz::Africa__Casablanca]) {
        for (from, to) in [("2011-12-20T00:00", "2012-01-10T00:00"), ("2026-01-01T00:00", "2026-12-31T00:00")] {
            for case in &CASES {
                let schedule = schedule(case.text, zone);
                let mut found = Vec::new();
                let mut start = at(from);
                while start < at(to) {
                    let end = (start + TimeDelta::hours(7)).min(at(to));
                    found.extend(schedule.fires(start, end));
                    start = end;
                }
                assert_eq!(found, schedule.fires(at(from), at(to)), "{zone} {}", case.text);
            }
        }
    }
}
