//! What the daemon does at each beat: enter the slots that came due, and say which run now.
//!
//! The planner keeps unfinished slots in memory and writes every change to the ledger first; at
//! start it reads them back. An idle beat touches no ledger.

mod claims;
mod deciding;
mod entering;

use super::decide::{Decision, DecisionReason};
use super::expression::Schedule;
use super::jitter::jitter;
use super::ledger::{Ledger, Mark};
use super::policy::Policy;
use super::slot::{Outcome, Pair, Slot, SlotKey, SlotState};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use entering::as_skipped;
use std::collections::BTreeMap;

/// A job for a workspace, with all that its slots depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedJob {
    pub pair: Pair,
    pub schedule: Schedule,
    pub policy: Policy,
    /// The zone that the workspace's days are counted in.
    pub days_zone: Tz,
}

/// A slot whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotToRun {
    pub key: SlotKey,
    /// Counts from 1.
    pub attempt: u32,
    pub why: DecisionReason,
    pub timeout: TimeDelta,
}

/// Knows every job and works out what is due.
#[derive(Clone, Debug)]
pub struct Planner {
    entries: BTreeMap<Pair, Entry>,
    /// Claimed slots that are still being worked at, of jobs that are no longer there.
    departed: BTreeMap<SlotKey, (Slot, Mark)>,
    last_tick: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
struct Entry {
    job: PlannedJob,
    jitter: TimeDelta,
    mark: Mark,
    /// Unfinished slots by instant.
    open: BTreeMap<DateTime<Utc>, Slot>,
    /// What the last beat decided on them.
    decisions: BTreeMap<DateTime<Utc>, Decision>,
    /// The first fire after `mark.planned_through`; absent where it has to be worked out.
    next_fire: Option<DateTime<Utc>>,
    /// Nothing changes before this; the next fire or a wait's end.
    wake_at: DateTime<Utc>,
}

impl Planner {
    /// Takes up the ledger for the process `me`. Jobs seen for the first time begin at `now`; slots of
    /// jobs that are no longer there are closed with that reason, save those that `me` is at.
    pub fn open<L: Ledger>(
        jobs: Vec<PlannedJob>,
        ledger: &mut L,
        me: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, L::Error> {
        let marks: BTreeMap<Pair, Mark> = ledger.marks()?.into_iter().collect();
        let mut fresh = Vec::new();
        let mut entries = BTreeMap::new();
        for job in jobs {
            let first = Mark::first(now);
            let mark = marks.get(&job.pair).copied().unwrap_or_else(|| {
                fresh.push((job.pair.clone(), first));
                first
            });
            let delay = jitter(&job.pair.job, &job.pair.workspace, job.policy.jitter);
            let pair = job.pair.clone();
            entries.insert(
                pair,
                Entry {
                    job,
                    jitter: delay,
                    mark,
                    open: BTreeMap::new(),
                    decisions: BTreeMap::new(),
                    next_fire: None,
                    wake_at: now,
                },
            );
        }
        let mut departed = BTreeMap::new();
        for slot in ledger.unfinished()? {
            if let Some(entry) = entries.get_mut(&slot.key.pair) {
                entry.open.insert(slot.key.at, slot);
                continue;
            }
            let mark = marks.get(&slot.key.pair).copied().unwrap_or_else(|| Mark::first(now));
            match slot.state {
                SlotState::Claimed if slot.claimed_by.as_deref() == Some(me) => {
                    departed.insert(slot.key.clone(), (slot, mark));
                }
                SlotState::Claimed => {
                    let detail = DecisionReason::Orphaned.sentence();
                    ledger.finish(
                        &as_skipped(slot, DecisionReason::Orphaned, now),
                        Outcome::Lost,
                        detail,
                        &mark,
                        now,
                    )?;
                }
                _ => ledger.skip(&as_skipped(slot, DecisionReason::Orphaned, now))?,
            }
        }
        ledger.plan(&[], &fresh)?;
        Ok(Self { entries, departed, last_tick: None })
    }

    /// Enters what came due up to `now` and names what is to run now, oldest first. A slot is named
    /// at each beat until it is claimed. A clock that was set back is no matter: instants that are
    /// slots already stay what they are.
    pub fn tick<L: Ledger>(&mut self, ledger: &mut L, now: DateTime<Utc>) -> Result<Vec<SlotToRun>, L::Error> {
        let was_set_back = self.last_tick.is_some_and(|last| now < last);
        let awake: Vec<Pair> = self
            .entries
            .iter()
            .filter(|(_, e)| was_set_back || e.wake_at <= now)
            .map(|(pair, _)| pair.clone())
            .collect();
        self.enter(ledger, &awake, now)?;
        let mut due = Vec::new();
        for pair in &awake {
            self.look_at(ledger, pair, now, &mut due)?;
        }
        self.last_tick = Some(now);
        due.sort_by(|one: &SlotToRun, other| (one.key.at, &one.key.pair).cmp(&(other.key.at, &other.key.pair)));
        Ok(due)
    }

    /// Unfinished slots with what would happen to each now; for a person who asks.
    #[cfg(test)]
    pub fn standing<L: Ledger>(&self, ledger: &mut L, now: DateTime<Utc>) -> Result<Vec<(Slot, Decision)>, L::Error> {
        let mut standing = Vec::new();
        for entry in self.entries.values() {
            for slot in entry.open.values() {
                standing.push((slot.clone(), self.decide(ledger, entry, slot, now)?));
            }
        }
        Ok(standing)
    }

    /// Unfinished slots with what the last beat decided on each, without a look into the ledger.
    pub fn open_slots(&self) -> impl Iterator<Item = (&Slot, Option<Decision>)> {
        self.entries
            .values()
            .flat_map(|entry| entry.open.values().map(|slot| (slot, entry.decisions.get(&slot.key.at).copied())))
    }

    /// Jobs that keep failing, with how often in a row and when each is probed next.
    pub fn open_circuits(&self) -> impl Iterator<Item = (&Pair, u32, DateTime<Utc>)> {
        self.entries.iter().filter_map(|(pair, entry)| {
            let failures = entry.mark.failures;
            Some((pair, failures.in_row, failures.probe_at(&entry.job.policy.circuit)?))
        })
    }

    /// What is remembered of a pair.
    #[cfg(test)]
    pub fn mark(&self, pair: &Pair) -> Option<Mark> {
        self.entries.get(pair).map(|entry| entry.mark)
    }

    /// Every job that is known.
    #[cfg(test)]
    pub fn jobs(&self) -> impl Iterator<Item = &PlannedJob> {
        self.entries.values().map(|entry| &entry.job)
    }
}
