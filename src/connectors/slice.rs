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

/// What a sync has to fetch of one partition, oldest first: from `read_until` less the re-read (or
/// from `since` at first) until `now`, the running day included.
pub fn slices(
    spec: &SlicingSpec,
    partition: &str,
    read_until: Option<DateTime<Utc>>,
    since: NaiveDate,
    now: DateTime<Utc>,
    zone: Tz,
) -> Vec<Slice> {
    let slice = |window| Slice { partition: partition.to_owned(), window };
    match *spec {
        SlicingSpec::Whole => vec![slice(Window::Whole)],
        SlicingSpec::Days { step_days, reread_days } => {
            let end = now.with_timezone(&zone).date_naive() + Days::new(1);
            let start = read_until.map_or(since, |until| {
                let reread = until.with_timezone(&zone).date_naive() - Days::new(u64::from(reread_days));
                reread.max(since)
            });
            let step = Days::new(u64::from(step_days.max(1)));
            let starts = std::iter::successors(Some(start), |day| Some(*day + step)).take_while(|day| *day < end);
            starts
                .filter_map(|day| Period::new(day, (day + step).min(end)))
                .map(|period| slice(Window::Days { period }))
                .collect()
        }
        SlicingSpec::Instants { step_days, overlap_secs } => {
            let first = start_of_day(since, zone);
            let overlap = TimeDelta::seconds(i64::try_from(overlap_secs).unwrap_or(i64::MAX / 1000));
            let start = read_until.map_or(first, |until| (until - overlap).max(first));
            let step = TimeDelta::days(i64::from(step_days.max(1)));
            let starts = std::iter::successors(Some(start), |at| Some(*at + step)).take_while(|at| *at < now);
            starts.map(|at| slice(Window::Instants { start: at, end: (at + step).min(now) })).collect()
        }
    }
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
        let slices = slices(&spec, "1", Some(now), since, now, zone);
        assert_eq!(slices.len(), 1);
        assert_eq!(slices[0].id(), "1_2026-03-04_2026-03-07");
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
