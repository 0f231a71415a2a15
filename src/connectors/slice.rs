//! How the past is cut into requests. Pure.

use super::spec::SlicingSpec;
use crate::domain::coverage::Standing;
use crate::domain::period::Period;
use crate::support::names;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A piece of a stream that is fetched and loaded as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// One value of the list setting the stream is partitioned over; empty if it is not.
    pub partition: String,
    pub window: Window,
}

/// The time a slice speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Window {
    /// All there is.
    Whole,
    /// Calendar days in the account's zone.
    Days { period: Period },
    /// Instants `[start, end)`.
    Instants { start: DateTime<Utc>, end: DateTime<Utc> },
}

impl Window {
    /// The days (UTC) that it touches; `None` where it has none.
    pub fn days(&self) -> Option<Period> {
        match *self {
            Self::Whole => None,
            Self::Days { period } => Some(period),
            Self::Instants { start, end } => Period::new(start.date_naive(), end.date_naive() + Days::new(1)),
        }
    }
}

impl Slice {
    /// Names the slice within its stream, stable across runs; safe as a folder name.
    pub fn id(&self) -> String {
        self.named(names::safe)
    }

    /// The name that versions before 0.2 gave, which slices of several partitions may share.
    pub fn id_before(&self) -> String {
        self.named(names::safe_before)
    }

    /// Whether a folder's name is that of the slice, by today's rule or that of before.
    pub fn is_named(&self, name: &str) -> bool {
        name == self.id() || name == self.id_before()
    }

    fn named(&self, safe: fn(&str) -> String) -> String {
        let window = match self.window {
            Window::Whole => "all".to_owned(),
            Window::Days { period } => format!("{}_{}", period.start, period.last_day()),
            Window::Instants { start, end } => {
                format!("{}_{}", start.format("%Y%m%dT%H%M%SZ"), end.format("%Y%m%dT%H%M%SZ"))
            }
        };
        if self.partition.is_empty() { window } else { format!("{}_{window}", safe(&self.partition)) }
    }

    /// Until when the stream has been read once this slice is loaded.
    pub fn read_until(&self, fetched_at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        match self.window {
            Window::Whole => fetched_at,
            Window::Instants { end, .. } => end.min(fetched_at),
            Window::Days { period } => start_of_day(period.end, zone).min(fetched_at),
        }
    }
}

/// How far a partition has been read, and when the vendor was last asked about it: later than
/// `until` where a first load was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    pub until: DateTime<Utc>,
    pub asked_at: DateTime<Utc>,
}

/// What is known of one partition.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// How far it was read; absent before the first load.
    pub reached: Option<Reached>,
    /// The days in the coverage map.
    pub days: BTreeMap<NaiveDate, DayRead>,
}

/// A day in the coverage map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRead {
    /// When the vendor answered for it last.
    pub asked_at: DateTime<Utc>,
    pub is_whole: bool,
    pub standing: Option<Standing>,
}

/// What a sync has to fetch of one partition, oldest first, from `since` until `now`, the running day
/// included: days that are not there as a whole, and what may have changed since it was read.
pub fn slices(
    spec: &SlicingSpec,
    partition: &str,
    known: &Known,
    since: NaiveDate,
    now: DateTime<Utc>,
    zone: Tz,
) -> Vec<Slice> {
    let slice = |window| Slice { partition: partition.to_owned(), window };
    match *spec {
        SlicingSpec::Whole => vec![slice(Window::Whole)],
        SlicingSpec::Days { step_days, .. } => {
            let lacking = lacking_days(spec, &known.days, since, now, zone);
            let windows = runs(&lacking).into_iter().flat_map(|run| cut(run, step_days));
            windows.map(|period| slice(Window::Days { period })).collect()
        }
        SlicingSpec::Before { from, step_days } => {
            let end = start_of_day(since, zone);
            let start = known.reached.map_or_else(|| start_of_day(from, zone), |reached| reached.until);
            let step = TimeDelta::days(i64::from(step_days.max(1)));
            let starts = std::iter::successors(Some(start), |at| Some(*at + step)).take_while(|at| *at < end);
            starts.map(|at| slice(Window::Instants { start: at, end: (at + step).min(end) })).collect()
        }
        SlicingSpec::Instants { step_days, overlap_secs, from_beginning, before_days, .. } => {
            let first = if from_beginning { DateTime::UNIX_EPOCH } else { start_of_day(since, zone) };
            let start = known
                .reached
                .filter(|reached| goes_on(spec, *reached, now, zone))
                .map_or(first, |reached| (reached.until - seconds(overlap_secs)).max(first));
            let step = TimeDelta::days(i64::from(step_days.max(1)));
            let starts = std::iter::successors(Some(start), |at| Some(*at + step)).take_while(|at| *at < now);
            let live = starts.map(|at| (at, (at + step).min(now)));
            let holes = holes(&known.days, start, zone);
            // What was made before the first day is read with that day.
            let before = TimeDelta::days(i64::from(if from_beginning { 0 } else { before_days }));
            let from = |start: DateTime<Utc>| if start == first { start - before } else { start };
            let all = holes.into_iter().chain(live);
            all.map(|(start, end)| slice(Window::Instants { start: from(start), end })).collect()
        }
    }
}

/// The days to be asked for: those that are not whole, today, and the look-back that is due.
fn lacking_days(
    spec: &SlicingSpec,
    held: &BTreeMap<NaiveDate, DayRead>,
    since: NaiveDate,
    now: DateTime<Utc>,
    zone: Tz,
) -> Vec<NaiveDate> {
    let SlicingSpec::Days { reread_days, nightly_days, weekly_days, .. } = *spec else { return Vec::new() };
    let today = now.with_timezone(&zone).date_naive();
    let back = |days: u32| today - Days::new(u64::from(days));
    // What is dated after now was read under a wrong clock, and counts as never asked for.
    let age = |read: &DayRead| match (today - read.asked_at.with_timezone(&zone).date_naive()).num_days() {
        ..0 => i64::MAX,
        days => days,
    };
    let is_week_old = held.range(back(weekly_days).min(today)..today).any(|(_, read)| read.is_whole && age(read) >= 7);
    let is_due = |date: NaiveDate| match held.get(&date) {
        None => true,
        Some(read) => {
            let is_open = read.standing.is_some_and(Standing::is_open);
            let is_settled = read.standing.is_some_and(|standing| !standing.is_open());
            is_open
                || !is_settled && !read.is_whole
                || date >= back(reread_days)
                || date >= back(nightly_days) && age(read) >= 1
                || date >= back(weekly_days) && is_week_old
        }
    };
    since.iter_days().take_while(|date| *date <= today).filter(|date| is_due(*date)).collect()
}

/// How many days back a stream looks at most.
pub fn look_back(spec: &SlicingSpec) -> u32 {
    match *spec {
        SlicingSpec::Days { reread_days, nightly_days, weekly_days, .. } => {
            reread_days.max(nightly_days).max(weekly_days)
        }
        SlicingSpec::Whole | SlicingSpec::Before { .. } | SlicingSpec::Instants { .. } => 0,
    }
}

/// Days that were asked for in vain, as instants; those that are asked for anyway from `start` on are
/// left out.
fn holes(held: &BTreeMap<NaiveDate, DayRead>, start: DateTime<Utc>, zone: Tz) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let is_open = |read: &DayRead| read.standing.is_some_and(Standing::is_open);
    let open: Vec<NaiveDate> = held.iter().filter(|(_, read)| is_open(read)).map(|(date, _)| *date).collect();
    let windows = runs(&open).into_iter().map(|run| (start_of_day(run.start, zone), start_of_day(run.end, zone)));
    windows.map(|(from, to)| (from, to.min(start))).filter(|(from, to)| from < to).collect()
}

/// Days in a row as periods.
fn runs(days: &[NaiveDate]) -> Vec<Period> {
    let mut runs: Vec<Period> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some(last) if last.end == *day => last.end = *day + Days::new(1),
            _ => runs.push(Period::day(*day)),
        }
    }
    runs
}

/// A period in pieces of at most `step_days`.
fn cut(run: Period, step_days: u32) -> Vec<Period> {
    let step = Days::new(u64::from(step_days.max(1)));
    let starts = std::iter::successors(Some(run.start), |day| Some(*day + step)).take_while(|day| *day < run.end);
    starts.filter_map(|day| Period::new(day, (day + step).min(run.end))).collect()
}

/// Whether a stream that is read once a day is due: it has not been asked on this day of the zone.
pub fn is_due(reached: Option<Reached>, now: DateTime<Utc>, zone: Tz) -> bool {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    reached.is_none_or(|reached| day(reached.asked_at) < day(now))
}

/// Since when changes of objects that are not read now count. `None` where all is read anew, from the
/// beginning of time: then nothing that was read is older than the news of it. Where it is read from the
/// first day, objects of before may have changed since: all news counts that the vendor still keeps.
pub fn news_since(spec: &SlicingSpec, reached: Option<Reached>, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let SlicingSpec::Instants { overlap_secs, from_beginning, .. } = *spec else {
        return reached.map(|reached| reached.asked_at);
    };
    // A first reading that was broken off is still the first one.
    let is_done = |reached: &Reached| reached.until >= reached.asked_at - TimeDelta::minutes(1);
    match reached.filter(|reached| goes_on(spec, *reached, now, zone) && is_done(reached)) {
        Some(reached) => Some(reached.asked_at - seconds(overlap_secs)),
        None if from_beginning => None,
        None => Some(DateTime::UNIX_EPOCH),
    }
}

/// Whether a stream goes on where it stopped instead of reading everything again.
fn goes_on(spec: &SlicingSpec, reached: Reached, now: DateTime<Utc>, zone: Tz) -> bool {
    let SlicingSpec::Instants { reload_after_days, reload_daily, .. } = *spec else { return true };
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let pause = now - reached.asked_at;
    let is_forgotten = reload_after_days.is_some_and(|days| pause > TimeDelta::days(i64::from(days)));
    let is_new_day = reload_daily && day(reached.asked_at) < day(now);
    !(is_forgotten || is_new_day)
}

fn seconds(count: u64) -> TimeDelta {
    TimeDelta::seconds(i64::try_from(count).unwrap_or(i64::MAX / 1000))
}

/// The first instant of a day in a zone: where midnight falls into a gap, the first after it.
pub fn start_of_day(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = date.and_time(chrono::NaiveTime::MIN);
    (0..=4)
        .find_map(|quarter| zone.from_local_datetime(&(midnight + TimeDelta::minutes(30 * quarter))).earliest())
        .map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn days_spec(nightly_days: u32, weekly_days: u32) -> SlicingSpec {
        SlicingSpec::Days { step_days: 30, reread_days: 3, nightly_days, weekly_days }
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
    fn what_is_read_once_a_day_is_due_on_the_next_day_of_its_zone() {
        let at = |day, hour| Utc.with_ymd_and_hms(2026, 6, day, hour, 0, 0).single().expect("an instant");
        let is_due = |asked_at, now, zone| is_due(Some(Reached { until: asked_at, asked_at }), now, zone);
        assert!(super::is_due(None, at(10, 12), chrono_tz::UTC));
        assert!(!is_due(at(10, 1), at(10, 23), chrono_tz::UTC) && is_due(at(10, 23), at(11, 0), chrono_tz::UTC));
        assert!(!is_due(at(10, 23), at(11, 3), chrono_tz::America::New_York), "still the evening before");
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
            let spec = SlicingSpec::Days { step_days: step, reread_days: 3, nightly_days: 14, weekly_days: 0 };
            let days: Vec<NaiveDate> = slices(&spec, "", &Known::default(), since, now, chrono_tz::Europe::Berlin)
                .into_iter()
                .flat_map(|slice| match slice.window { Window::Days { period } => period.dates().collect::<Vec<_>>(), _ => Vec::new() })
                .collect();
            prop_assert_eq!(days, since.iter_days().take(usize::try_from(length).expect("small")).collect::<Vec<_>>());
        }
    }
}
