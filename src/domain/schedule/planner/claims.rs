//! Claims: taken before the work, closed after it, and taken back from a process that is gone.

use super::entering::as_skipped;
use super::{Entry, Planner, SlotToRun};
use crate::domain::schedule::decide::{DecisionReason, after_attempt};
use crate::domain::schedule::ledger::Ledger;
use crate::domain::schedule::slot::{Outcome, Slot, SlotKey, SlotState};
use chrono::{DateTime, Utc};

impl Planner {
    /// Claims a slot for the process `by`. `None` if it is not there to be claimed any more.
    pub fn claim<L: Ledger>(
        &mut self,
        ledger: &mut L,
        due: &SlotToRun,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Slot>, L::Error> {
        Ok(self.claim_all(ledger, std::slice::from_ref(due), by, now)?.pop())
    }

    /// The same of several at once; answers those that were there, in order.
    pub fn claim_all<L: Ledger>(
        &mut self,
        ledger: &mut L,
        due: &[SlotToRun],
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<Slot>, L::Error> {
        let wanted: Vec<Slot> = due.iter().filter_map(|due| self.claimable(due, by, now)).collect();
        if wanted.is_empty() {
            return Ok(wanted);
        }
        let taken = ledger.claim(&wanted)?;
        let claimed = wanted.into_iter().zip(taken).filter_map(|(slot, is_taken)| is_taken.then_some(slot));
        let claimed: Vec<Slot> = claimed.collect();
        for slot in &claimed {
            if let Some(entry) = self.entries.get_mut(&slot.key.pair) {
                entry.open.insert(slot.key.at, slot.clone());
            }
        }
        Ok(claimed)
    }

    /// How a slot would stand once it is claimed.
    fn claimable(&self, due: &SlotToRun, by: &str, now: DateTime<Utc>) -> Option<Slot> {
        let slot = self.entries.get(&due.key.pair)?.open.get(&due.key.at)?;
        let is_open = slot.state == SlotState::Planned && slot.attempts + 1 == due.attempt;
        is_open.then(|| Slot {
            state: SlotState::Claimed,
            attempts: due.attempt,
            reason: due.why.name().to_owned(),
            detail: due.why.sentence().to_owned(),
            not_before: None,
            first_started_at: slot.first_started_at.or(Some(now)),
            claimed_by: Some(by.to_owned()),
            claimed_at: Some(now),
            ..slot.clone()
        })
    }

    /// Records how an attempt ended, and answers how the slot now stands. `None` if it was not
    /// claimed.
    pub fn finish<L: Ledger>(
        &mut self,
        ledger: &mut L,
        key: &SlotKey,
        outcome: Outcome,
        detail: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Slot>, L::Error> {
        if let Some((slot, mark)) = self.departed.get(key) {
            let state = if outcome == Outcome::Succeeded { SlotState::Succeeded } else { SlotState::Failed };
            let ended = Slot { state, ..as_skipped(slot.clone(), DecisionReason::Orphaned, now) };
            let was_claimed = ledger.finish(&ended, outcome, detail, mark, now)?;
            self.departed.remove(key);
            return Ok(was_claimed.then_some(ended));
        }
        let Some(entry) = self.entries.get_mut(&key.pair) else { return Ok(None) };
        let Some(slot) = entry.open.get(&key.at).filter(|slot| slot.state == SlotState::Claimed) else {
            return Ok(None);
        };
        let next = after_attempt(slot, outcome, &entry.job.policy, now);
        let ended = Slot {
            state: next.state,
            attempts: next.attempts,
            reason: next.why.name().to_owned(),
            detail: if detail.is_empty() { next.why.sentence().to_owned() } else { detail.to_owned() },
            not_before: next.not_before,
            claimed_by: None,
            ended_at: (!next.state.is_unfinished()).then_some(now),
            ..slot.clone()
        };
        let mut mark = entry.mark;
        mark.failures = mark.failures.after(outcome, now);
        if outcome == Outcome::Succeeded {
            mark.last_success_slot = mark.last_success_slot.max(Some(key.at));
        }
        if !ledger.finish(&ended, outcome, detail, &mark, now)? {
            return Ok(None);
        }
        entry.mark = mark;
        entry.wake_at = now;
        if ended.state.is_unfinished() {
            entry.open.insert(key.at, ended.clone());
        } else {
            entry.open.remove(&key.at);
        }
        Ok(Some(ended))
    }

    /// Ends every claim of a process other than `me`: the one that held them is gone, since only one
    /// can have the data folder. Answers how each slot now stands.
    pub fn reap<L: Ledger>(&mut self, ledger: &mut L, me: &str, now: DateTime<Utc>) -> Result<Vec<Slot>, L::Error> {
        let is_orphan = |slot: &&Slot| slot.state == SlotState::Claimed && slot.claimed_by.as_deref() != Some(me);
        let orphans: Vec<(SlotKey, String)> = self
            .entries
            .values()
            .flat_map(|entry| entry.open.values().filter(is_orphan))
            .map(|slot| (slot.key.clone(), slot.claimed_by.clone().unwrap_or_default()))
            .collect();
        let mut reaped = Vec::new();
        for (key, holder) in orphans {
            let detail = format!("the process that was at it is gone ({holder})");
            reaped.extend(self.finish(ledger, &key, Outcome::Lost, &detail, now)?);
        }
        Ok(reaped)
    }

    /// Attempts that have run into their time limit and are to be ended.
    pub fn overdue(&self, now: DateTime<Utc>) -> Vec<SlotKey> {
        let is_over = |entry: &Entry, slot: &&Slot| {
            slot.state == SlotState::Claimed && slot.claimed_at.is_some_and(|at| now - at >= entry.job.policy.timeout)
        };
        let of = |entry: &Entry| -> Vec<SlotKey> {
            entry.open.values().filter(|slot| is_over(entry, slot)).map(|slot| slot.key.clone()).collect()
        };
        self.entries.values().flat_map(of).collect()
    }
}
