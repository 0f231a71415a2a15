//! Clock changes against a slow reference, ten years of beats, and every rule by itself.

mod clocks;
mod decisions;
mod expressions;
mod years;

use super::in_memory::InMemoryLedger;
use super::planner::{PlannedJob, Planner, SlotToRun};
use super::policy::Policy;
use super::slot::{Outcome, Pair, Slot};
use super::{Expression, Schedule};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

const ME: &str = "this process";

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().expect("an instant")
}

fn schedule(expression: &str, zone: Tz) -> Schedule {
    Schedule { expression: Expression::parse(expression).expect("an expression"), zone }
}

fn job(id: &str, expression: &str, zone: Tz, policy: Policy) -> PlannedJob {
    PlannedJob { pair: Pair::new(id, "acme"), schedule: schedule(expression, zone), policy, days_zone: zone }
}

/// A planner over a ledger in memory.
struct Bench {
    heart: Planner,
    books: InMemoryLedger,
}

impl Bench {
    fn open(jobs: Vec<PlannedJob>, now: &str) -> Self {
        let mut books = InMemoryLedger::default();
        let Ok(heart) = Planner::open(jobs, &mut books, ME, at(now));
        Self { heart, books }
    }

    fn tick(&mut self, now: &str) -> Vec<SlotToRun> {
        let Ok(due) = self.heart.tick(&mut self.books, at(now));
        due
    }

    /// Ticks, claims the only slot that is due, and ends its attempt at once.
    fn run(&mut self, now: &str, outcome: Outcome) -> Slot {
        let due = self.tick(now);
        let [slot] = due.as_slice() else { panic!("at {now}: {due:?}") };
        self.claim(slot, now);
        self.finish(slot, now, outcome)
    }

    fn claim(&mut self, slot: &SlotToRun, now: &str) {
        let Ok(claimed) = self.heart.claim(&mut self.books, slot, ME, at(now));
        assert!(claimed.is_some(), "{slot:?} is not to be had");
    }

    fn finish(&mut self, slot: &SlotToRun, now: &str, outcome: Outcome) -> Slot {
        let Ok(ended) = self.heart.finish(&mut self.books, &slot.key, outcome, "", at(now));
        ended.expect("a claimed slot")
    }

    /// State and reason of each slot, by instant.
    fn states(&self) -> Vec<(String, &'static str, &str)> {
        let state = |slot: &'_ Slot| (slot.key.at.format("%d %H:%M").to_string(), slot.state.name());
        self.books
            .slots
            .values()
            .map(|slot| {
                let (at, name) = state(slot);
                (at, name, slot.reason.as_str())
            })
            .collect()
    }
}
