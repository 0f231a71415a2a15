//! Ten years of beats, and clocks that jump.

use super::{ME, at, job, schedule};
use crate::domain::schedule::in_memory::InMemoryLedger;
use crate::domain::schedule::ledger::{Ledger, Mark};
use crate::domain::schedule::planner::{PlannedJob, Planner};
use crate::domain::schedule::policy::{CatchUp, Policy};
use crate::domain::schedule::slot::{Outcome, Pair, Slot, SlotKey, SlotState};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// A ledger that keeps of a finished slot its instant only, and refuses a second one.
#[derive(Default)]
struct Slim {
    open: InMemoryLedger,
    done: BTreeMap<Pair, BTreeSet<DateTime<Utc>>>,
}

impl Slim {
    fn is_done(&self, key: &SlotKey) -> bool {
        self.done.get(&key.pair).is_some_and(|done| done.contains(&key.at))
    }
}

impl Ledger for Slim {
    type Error = Infallible;

    fn marks(&mut self) -> Result<Vec<(Pair, Mark)>, Infallible> {
        self.open.marks()
    }

    fn unfinished(&mut self) -> Result<Vec<Slot>, Infallible> {
        self.open.unfinished()
    }

    fn plan(&mut self, slots: &[Slot], marks: &[(Pair, Mark)]) -> Result<Vec<bool>, Infallible> {
        let fresh: Vec<Slot> = slots.iter().filter(|slot| !self.is_done(&slot.key)).cloned().collect();
        let mut taken = self.open.plan(&fresh, marks)?.into_iter();
        Ok(slots.iter().map(|slot| !self.is_done(&slot.key) && taken.next().unwrap_or(false)).collect())
    }

    fn skip(&mut self, slot: &Slot) -> Result<(), Infallible> {
        panic!("{} is skipped: {}", slot.key, slot.detail)
    }

    fn claim(&mut self, slots: &[Slot]) -> Result<Vec<bool>, Infallible> {
        slots.iter().for_each(|slot| assert!(!self.is_done(&slot.key), "{} runs a second time", slot.key));
        self.open.claim(slots)
    }

    fn finish(
        &mut self,
        slot: &Slot,
        outcome: Outcome,
        detail: &str,
        mark: &Mark,
        now: DateTime<Utc>,
    ) -> Result<bool, Infallible> {
        let was_claimed = self.open.finish(slot, outcome, detail, mark, now)?;
        self.open.attempts.clear();
        if slot.state == SlotState::Succeeded {
            self.open.slots.remove(&slot.key);
            self.done.entry(slot.key.pair.clone()).or_default().insert(slot.key.at);
        }
        Ok(was_claimed)
    }

    fn covered_through(&mut self, _: &str, _: &str, _: DateTime<Utc>) -> Result<Option<NaiveDate>, Infallible> {
        Ok(None)
    }
}

const SIX: [Tz; 6] = [
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::America__Sao_Paulo,
    Tz::Africa__Casablanca,
    Tz::Asia__Tehran,
];

/// One job every hour, one every six hours, and daily, weekly and monthly ones at all hours.
fn fifty_jobs(zone: Tz) -> Vec<PlannedJob> {
    let policy = |index: i64| Policy {
        catch_up: CatchUp::All { within: TimeDelta::days(10) },
        jitter: TimeDelta::seconds(30 * index),
        ..Policy::default()
    };
    (0..50)
        .map(|index| {
            let (minute, hour) = (index * 7 % 60, index * 5 % 24);
            let text = match index {
                0 => format!("{minute} * * * *"),
                1 | 2 => "0 */6 * * *".to_owned(),
                3..=6 => format!("{minute} 2,14 * * *"),
                7..=12 => format!("{minute} {hour} * * {}", index % 7),
                13..=16 => format!("{minute} {hour} {} * *", index * 2 - 20),
                _ => format!("{minute} {hour} * * *"),
            };
            job(&format!("job_{index}"), &text, zone, policy(index))
        })
        .collect()
}

/// Beats irregularly, stops now and then, and crashes twice a year, for ten years.
fn live_ten_years(zone: Tz) -> usize {
    let (from, to) = (at("2016-01-01T00:00"), at("2026-01-01T00:00"));
    let jobs = fifty_jobs(zone);
    let mut books = Slim::default();
    let Ok(mut heart) = Planner::open(jobs.clone(), &mut books, ME, from);
    let (mut now, mut beat) = (from, 0i64);
    while now < to + TimeDelta::days(1) {
        let Ok(due) = heart.tick(&mut books, now);
        for slot in &due {
            let Ok(claimed) = heart.claim(&mut books, slot, ME, now);
            assert!(claimed.is_some(), "{}", slot.key);
            let Ok(_) = heart.finish(&mut books, &slot.key, Outcome::Succeeded, "", now);
        }
        beat += 1;
        if beat % 20_000 == 0 {
            let Ok(reopened) = Planner::open(jobs.clone(), &mut books, ME, now);
            heart = reopened;
        }
        // Between 5 and 12 minutes; now and then an hour, more rarely a day and a half.
        now += match beat {
            _ if beat % 9_973 == 0 => TimeDelta::hours(36),
            _ if beat % 997 == 0 => TimeDelta::minutes(61),
            _ => TimeDelta::seconds(300 + beat * 7_919 % 420),
        };
    }
    let mut count = 0;
    for job in &jobs {
        let expected: BTreeSet<DateTime<Utc>> =
            job.schedule.fires(from + TimeDelta::nanoseconds(1), to).iter().map(|fire| fire.at).collect();
        let done: BTreeSet<DateTime<Utc>> =
            books.done[&job.pair].iter().copied().filter(|instant| *instant < to).collect();
        assert_eq!(done, expected, "{zone} {}", job.schedule.expression.text());
        count += done.len();
    }
    count
}

#[test]
fn ten_years_of_fifty_jobs_in_six_zones_have_each_slot_once() {
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let lives = SIX.map(|zone| scope.spawn(move || live_ten_years(zone)));
        lives.into_iter().map(|life| life.join().expect("a life without a fault")).collect()
    });
    println!("slots by zone: {counts:?}");
    assert!(counts.iter().sum::<usize>() > 1_300_000, "{counts:?}");
}

/// A planner with hourly and daily jobs, whose clock can be set.
struct Watch {
    heart: Planner,
    books: InMemoryLedger,
}

impl Watch {
    fn open(catch_up: CatchUp, now: DateTime<Utc>) -> Self {
        let policy = Policy { catch_up, ..Policy::default() };
        let jobs = vec![
            job("hourly", "0 * * * *", Tz::Europe__Berlin, policy.clone()),
            job("daily", "30 2 * * *", Tz::Europe__Berlin, policy),
        ];
        let mut books = InMemoryLedger::default();
        let Ok(heart) = Planner::open(jobs, &mut books, ME, now);
        Self { heart, books }
    }

    /// Beats each minute of `[from, to)` on the clock as it is set.
    fn live(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) {
        let mut now = from;
        while now < to {
            loop {
                let Ok(due) = self.heart.tick(&mut self.books, now);
                if due.is_empty() {
                    break;
                }
                for slot in &due {
                    let Ok(claimed) = self.heart.claim(&mut self.books, slot, ME, now);
                    assert!(claimed.is_some());
                    let Ok(_) = self.heart.finish(&mut self.books, &slot.key, Outcome::Succeeded, "", now);
                }
            }
            now += TimeDelta::minutes(1);
        }
    }

    /// The instants run, each as often as it ran.
    fn ran(&self, job: &str) -> Vec<DateTime<Utc>> {
        let mut ran: Vec<_> =
            self.books.attempts.iter().filter(|(key, ..)| key.pair.job == job).map(|(key, ..)| key.at).collect();
        ran.sort();
        ran
    }

    fn fires(text: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        schedule(text, Tz::Europe__Berlin).fires(from, to).iter().map(|fire| fire.at).collect()
    }
}

/// Around the autumn change of clocks, to make it harder.
const START: &str = "2026-10-24T20:30";

#[test]
fn a_clock_that_jumps_forward_and_back_runs_each_slot_once() {
    for jump in [TimeDelta::hours(1), TimeDelta::days(1)] {
        let start = at(START);
        let mut watch = Watch::open(CatchUp::All { within: TimeDelta::days(2) }, start);
        let later = start + TimeDelta::hours(5);
        watch.live(start, later);
        watch.live(later + jump, later + jump + TimeDelta::hours(3));
        // And back to where it would have been.
        let back = later + TimeDelta::hours(3);
        let end = back + TimeDelta::hours(40);
        watch.live(back, end);
        assert_eq!(watch.ran("hourly"), Watch::fires("0 * * * *", start, end), "a jump of {jump}");
        assert_eq!(watch.ran("daily"), Watch::fires("30 2 * * *", start, end), "a jump of {jump}");
    }
}

#[test]
fn a_clock_that_jumps_back_and_forward_runs_each_slot_once() {
    for jump in [TimeDelta::hours(1), TimeDelta::days(1)] {
        let start = at(START);
        let mut watch = Watch::open(CatchUp::All { within: TimeDelta::days(2) }, start);
        let later = start + TimeDelta::hours(30);
        watch.live(start, later);
        watch.live(later - jump, later - jump + TimeDelta::hours(3));
        let forward = later + TimeDelta::hours(3);
        let end = forward + TimeDelta::hours(20);
        watch.live(forward, end);
        // Back in the days before its first start, Daybook runs what then comes due: never twice.
        let ran: Vec<_> = watch.ran("hourly").into_iter().filter(|instant| *instant > start).collect();
        assert_eq!(ran, Watch::fires("0 * * * *", start, end), "a jump of {jump}");
    }
}

#[test]
fn a_slot_skipped_by_a_clock_that_ran_ahead_is_run_once_the_clock_is_right() {
    let start = at("2026-11-20T07:30");
    let mut watch = Watch::open(CatchUp::None, start);
    watch.live(start, start + TimeDelta::minutes(10));
    watch.live(start + TimeDelta::days(1), start + TimeDelta::days(1) + TimeDelta::minutes(5));
    let skipped = |watch: &Watch| watch.books.slots.values().filter(|slot| slot.state == SlotState::Skipped).count();
    assert_eq!(skipped(&watch), 25, "a day of slots");
    watch.live(start + TimeDelta::minutes(15), start + TimeDelta::hours(25));
    assert_eq!(skipped(&watch), 0);
    assert_eq!(watch.ran("hourly"), Watch::fires("0 * * * *", start, start + TimeDelta::hours(25)));
}

#[test]
fn after_a_suspend_of_three_days_every_slot_is_accounted_for() {
    let start = at("2026-11-20T07:30");
    let woken = start + TimeDelta::days(3);
    for (catch_up, caught_up) in [
        (CatchUp::None, 0),
        (CatchUp::Latest, 1),
        (CatchUp::All { within: TimeDelta::hours(24) }, 24),
        (CatchUp::All { within: TimeDelta::days(4) }, 72),
    ] {
        let mut watch = Watch::open(catch_up, start);
        watch.live(start, start + TimeDelta::minutes(5));
        watch.live(woken, woken + TimeDelta::minutes(5));
        let hourly: Vec<&Slot> = watch.books.slots.values().filter(|slot| slot.key.pair.job == "hourly").collect();
        assert_eq!(hourly.len(), 72, "{catch_up:?}");
        assert_eq!(watch.ran("hourly").len(), caught_up, "{catch_up:?}");
        assert_eq!(hourly.iter().filter(|slot| slot.state == SlotState::Skipped).count(), 72 - caught_up);
        assert!(hourly.iter().all(|slot| slot.is_catch_up && !slot.reason.is_empty()));
    }
}
