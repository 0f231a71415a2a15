//! How the past is cut into requests. Pure.

#[cfg(test)]
mod tests;

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
    let SlicingSpec::Days { reread_days, nightly_days, weekly_days, kept_days, .. } = *spec else { return Vec::new() };
    let today = now.with_timezone(&zone).date_naive();
    let back = |days: u32| today - Days::new(u64::from(days));
    let since = kept_days.map_or(since, |days| since.max(back(days)));
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

/// Whether a stream that is read every so many hours is due. Runs are not to the minute: a quarter of an hour
/// less is enough. What was asked after now was asked under a wrong clock.
pub fn is_due_again(reached: Option<Reached>, now: DateTime<Utc>, hours: u32) -> bool {
    let pause = TimeDelta::hours(i64::from(hours)) - TimeDelta::minutes(15);
    reached.is_none_or(|reached| reached.asked_at > now || now - reached.asked_at >= pause)
}

/// Whether a slice has a day before `today` that was never asked for, or in vain: what is read once a day is asked for
/// such days all the same.
pub fn lacks_days(slice: &Slice, held: &BTreeMap<NaiveDate, DayRead>, today: NaiveDate) -> bool {
    let Window::Days { period } = slice.window else { return false };
    let is_lacking = |date| held.get(&date).is_none_or(|read| read.standing.is_some_and(Standing::is_open));
    period.dates().take_while(|date| *date < today).any(is_lacking)
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
