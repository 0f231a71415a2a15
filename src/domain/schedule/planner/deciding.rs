//! What happens to each unfinished slot of a pair, and what it waits for.

use super::entering::as_skipped;
use super::{Entry, Planner, SlotToRun};
use crate::domain::schedule::decide::{Decision, DecisionInput, DecisionReason, decide};
use crate::domain::schedule::expression::FireReason;
use crate::domain::schedule::ledger::Ledger;
use crate::domain::schedule::slot::{Pair, Slot, SlotState};
use chrono::{DateTime, Days, TimeDelta, Utc};
use std::collections::BTreeMap;

/// How often a slot that waits for days asks for them.
const COVERAGE_EVERY: TimeDelta = TimeDelta::seconds(60);

impl Planner {
    /// Decides on every unfinished slot of a pair.
    pub(super) fn look_at<L: Ledger>(
        &mut self,
        ledger: &mut L,
        pair: &Pair,
        now: DateTime<Utc>,
        due: &mut Vec<SlotToRun>,
    ) -> Result<(), L::Error> {
        let Some(entry) = self.entries.get(pair) else { return Ok(()) };
        let next_fire = entry.next_fire.unwrap_or_else(|| {
            entry.job.schedule.next(now + TimeDelta::nanoseconds(1)).map_or(DateTime::<Utc>::MAX_UTC, |fire| fire.at)
        });
        let mut wake_at = next_fire;
        let (mut skipped, mut decisions) = (Vec::new(), BTreeMap::new());
        for slot in entry.open.values() {
            let decision = self.decide(ledger, entry, slot, now)?;
            decisions.insert(slot.key.at, decision);
            match decision {
                Decision::Run { attempt, why } => {
                    due.push(SlotToRun { key: slot.key.clone(), attempt, why, timeout: entry.job.policy.timeout });
                    wake_at = now;
                }
                // What it waits for may come at any time; coverage has to be asked for.
                Decision::Wait { why: DecisionReason::WaitsForJob, .. } => wake_at = now,
                Decision::Wait { why: DecisionReason::WaitsForCoverage, .. } => {
                    wake_at = wake_at.min(now + COVERAGE_EVERY)
                }
                // Others of the pair end first, and that wakes it.
                Decision::Wait { why: DecisionReason::Queued | DecisionReason::Running, .. }
                | Decision::TimeOut
                | Decision::Finished => {}
                Decision::Wait { until, .. } => wake_at = wake_at.min(until.unwrap_or(now)),
                Decision::Skip { why } => skipped.push((slot.key.at, why)),
            }
        }
        let Some(entry) = self.entries.get_mut(pair) else { return Ok(()) };
        for (at, why) in skipped {
            let Some(slot) = entry.open.get(&at) else { continue };
            ledger.skip(&as_skipped(slot.clone(), why, now))?;
            entry.open.remove(&at);
        }
        entry.next_fire = Some(next_fire);
        entry.wake_at = wake_at;
        entry.decisions = decisions;
        Ok(())
    }

    pub(super) fn decide<L: Ledger>(
        &self,
        ledger: &mut L,
        entry: &Entry,
        slot: &Slot,
        now: DateTime<Utc>,
    ) -> Result<Decision, L::Error> {
        // Whoever asks for a run waits for nobody.
        let is_asked = slot.fire == FireReason::Asked;
        let is_bound = slot.state == SlotState::Planned && !is_asked;
        let mut situation = DecisionInput {
            slot,
            policy: &entry.job.policy,
            jitter: if is_asked { TimeDelta::zero() } else { entry.jitter },
            has_earlier: entry.open.range(..slot.key.at).next().is_some(),
            failures: entry.mark.failures,
            unmet: None,
            now,
        };
        // What it waits for costs questions to the ledger, and only matters where all else lets it run.
        if is_bound && matches!(decide(&situation), Decision::Run { .. }) {
            situation.unmet = self.unmet(ledger, entry, slot, now)?;
        }
        Ok(decide(&situation))
    }

    /// The first thing a slot waits for.
    fn unmet<L: Ledger>(
        &self,
        ledger: &mut L,
        entry: &Entry,
        slot: &Slot,
        now: DateTime<Utc>,
    ) -> Result<Option<DecisionReason>, L::Error> {
        let waits_for = |job: &String| {
            let pair = Pair::new(job, &slot.key.pair.workspace);
            self.entries.get(&pair).is_some_and(|before| {
                let last = before.job.schedule.previous(slot.key.at).map(|fire| fire.at);
                // A slot from before the job was known never was; there is nothing to wait for.
                last.is_some_and(|last| last > before.mark.first_seen_at && before.mark.last_success_slot < Some(last))
            })
        };
        if entry.job.policy.after.iter().any(waits_for) {
            return Ok(Some(DecisionReason::WaitsForJob));
        }
        let day = slot.key.at.with_timezone(&entry.job.days_zone).date_naive();
        let needed = day.checked_sub_days(Days::new(1));
        for connection in &entry.job.policy.after_coverage {
            if ledger.covered_through(&slot.key.pair.workspace, connection, now)? < needed {
                return Ok(Some(DecisionReason::WaitsForCoverage));
            }
        }
        Ok(None)
    }
}
