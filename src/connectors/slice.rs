//! How the past is cut into requests. Pure.

use super::spec::SlicingSpec;
use crate::domain::period::Period;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

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

impl Slice {
    /// Names the slice within its stream, stable across runs; safe as a folder name.
    pub fn id(&self) -> String {
        let window = match self.window {
            Window::Whole => "all".to_owned(),
            Window::Days { period } => format!("{}_{}", period.start, period.last_day()),
            Window::Instants { start, end } => {
                format!("{}_{}", start.format("%Y%m%dT%H%M%SZ"), end.format("%Y%m%dT%H%M%SZ"))
            }
        };
        if self.partition.is_empty() { window } else { format!("{}_{window}", safe_name(&self.partition)) }
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

/// What a sync has to fetch of one partition, oldest first: from where it was `reached` less the
/// re-read (or from `since` at first) until `now`, the running day included.
pub fn slices(
    spec: &SlicingSpec,
    partition: &str,
    reached: Option<Reached>,
    since: NaiveDate,
    now: DateTime<Utc>,
    zone: Tz,
) -> Vec<Slice> {
    let slice = |window| Slice { partition: partition.to_owned(), window };
    match *spec {
        SlicingSpec::Whole => vec![slice(Window::Whole)],
        SlicingSpec::Days { step_days, reread_days } => {
            let end = now.with_timezone(&zone).date_naive() + Days::new(1);
            let start = reached.map_or(since, |reached| {
                let reread = reached.until.with_timezone(&zone).date_naive() - Days::new(u64::from(reread_days));
                reread.max(since)
            });
            let step = Days::new(u64::from(step_days.max(1)));
            let starts = std::iter::successors(Some(start), |day| Some(*day + step)).take_while(|day| *day < end);
            starts
                .filter_map(|day| Period::new(day, (day + step).min(end)))
                .map(|period| slice(Window::Days { period }))
                .collect()
        }
        SlicingSpec::Instants { step_days, overlap_secs, from_beginning, .. } => {
            let first = if from_beginning { DateTime::UNIX_EPOCH } else { start_of_day(since, zone) };
            let start = reached
                .filter(|reached| goes_on(spec, *reached, now, zone))
                .map_or(first, |reached| (reached.until - seconds(overlap_secs)).max(first));
            let step = TimeDelta::days(i64::from(step_days.max(1)));
            let starts = std::iter::successors(Some(start), |at| Some(*at + step)).take_while(|at| *at < now);
            starts.map(|at| slice(Window::Instants { start: at, end: (at + step).min(now) })).collect()
        }
    }
}

/// Whether a stream that is read once a day is due: it has not been asked on this day of the zone.
pub fn is_due(reached: Option<Reached>, now: DateTime<Utc>, zone: Tz) -> bool {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    reached.is_none_or(|reached| day(reached.asked_at) < day(now))
}

/// Since when changes of objects that were read earlier count. `None` where all is read anew: then
/// nothing that was read is older than the news of it.
pub fn news_since(spec: &SlicingSpec, reached: Option<Reached>, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let overlap = if let SlicingSpec::Instants { overlap_secs, .. } = spec { *overlap_secs } else { 0 };
    reached.filter(|reached| goes_on(spec, *reached, now, zone)).map(|reached| reached.asked_at - seconds(overlap))
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

/// A text as a file name: letters, digits, `-` and `_` stay, the rest becomes `-`, at most 60
/// characters.
pub fn safe_name(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slice_id_cannot_leave_its_folder() {
        let slice = Slice { partition: "../../etc".to_owned(), window: Window::Whole };
        assert_eq!(slice.id(), "------etc_all");
    }

    #[test]
    fn the_running_day_and_the_reread_are_included() {
        let now = Utc.with_ymd_and_hms(2026, 3, 8, 3, 0, 0).single().expect("an instant");
        let spec = SlicingSpec::Days { step_days: 30, reread_days: 3 };
        let since = "2026-01-01".parse().expect("a date");
        let zone = chrono_tz::America::New_York;
        let slices = slices(&spec, "1", Some(Reached { until: now, asked_at: now }), since, now, zone);
        assert_eq!(slices.len(), 1);
        assert_eq!(slices[0].id(), "1_2026-03-04_2026-03-07");
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
            };
            let asked_at = now - TimeDelta::hours(back_hours);
            let reached = Some(Reached { until: asked_at, asked_at });
            let found = slices(&spec, "", reached, since, now, zone);
            let Window::Instants { start, end } = found[0].window else { panic!("instants") };
            assert_eq!((found.len(), end), (1, now));
            assert_eq!(news_since(&spec, reached, now, zone), Some(asked_at).filter(|_| start == asked_at));
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
    fn a_first_load_that_was_broken_off_goes_on_and_hears_what_changed_since() {
        let now = Utc.with_ymd_and_hms(2026, 6, 10, 12, 0, 0).single().expect("an instant");
        let spec = SlicingSpec::Instants {
            step_days: 30,
            overlap_secs: 3600,
            reload_after_days: Some(29),
            reload_daily: false,
            from_beginning: false,
        };
        let reached = Reached { until: now - TimeDelta::days(300), asked_at: now - TimeDelta::days(2) };
        let since = "2025-01-01".parse().expect("a date");
        let found = slices(&spec, "", Some(reached), since, now, chrono_tz::UTC);
        assert_eq!(found.len(), 11);
        let news = news_since(&spec, Some(reached), now, chrono_tz::UTC);
        assert_eq!(news, Some(reached.asked_at - TimeDelta::hours(1)));
        assert_eq!(news_since(&spec, None, now, chrono_tz::UTC), None);
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
            let spec = SlicingSpec::Days { step_days: step, reread_days: 3 };
            let days: Vec<NaiveDate> = slices(&spec, "", None, since, now, chrono_tz::Europe::Berlin)
                .into_iter()
                .flat_map(|slice| match slice.window { Window::Days { period } => period.dates().collect::<Vec<_>>(), _ => Vec::new() })
                .collect();
            prop_assert_eq!(days, since.iter_days().take(usize::try_from(length).expect("small")).collect::<Vec<_>>());
        }
    }
}
