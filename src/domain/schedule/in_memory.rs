//! A ledger that forgets at the end: for trying out a plan, and for tests.

use super::ledger::{Ledger, Mark};
use super::slot::{Outcome, Pair, Slot, SlotKey, SlotState};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Slots and marks by key, attempts as they came.
#[derive(Clone, Debug, Default)]
pub struct InMemoryLedger {
    pub slots: BTreeMap<SlotKey, Slot>,
    pub marks: BTreeMap<Pair, Mark>,
    /// Closed ones: slot, number of the attempt, outcome.
    pub attempts: Vec<(SlotKey, u32, Outcome)>,
    /// By workspace and connection.
    pub coverage: BTreeMap<(String, String), NaiveDate>,
}

impl Ledger for InMemoryLedger {
    type Error = Infallible;

    fn marks(&mut self) -> Result<Vec<(Pair, Mark)>, Infallible> {
        Ok(self.marks.iter().map(|(pair, mark)| (pair.clone(), *mark)).collect())
    }

    fn unfinished(&mut self) -> Result<Vec<Slot>, Infallible> {
        Ok(self.slots.values().filter(|slot| slot.state.is_unfinished()).cloned().collect())
    }

    fn plan(&mut self, slots: &[Slot], marks: &[(Pair, Mark)]) -> Result<Vec<bool>, Infallible> {
        self.marks.extend(marks.iter().cloned());
        let mut enter = |slot: &Slot| {
            let known = self.slots.get(&slot.key).map(|slot| slot.state);
            let is_taken = known.is_none() || (known == Some(SlotState::Skipped) && slot.state == SlotState::Planned);
            if is_taken {
                self.slots.insert(slot.key.clone(), slot.clone());
            }
            is_taken
        };
        Ok(slots.iter().map(&mut enter).collect())
    }

    fn skip(&mut self, slot: &Slot) -> Result<(), Infallible> {
        self.slots.insert(slot.key.clone(), slot.clone());
        Ok(())
    }

    fn claim(&mut self, slots: &[Slot]) -> Result<Vec<bool>, Infallible> {
        let claim = |slot: &Slot| {
            let known = self.slots.get_mut(&slot.key).filter(|known| known.state == SlotState::Planned);
            known.map(|known| known.clone_from(slot)).is_some()
        };
        Ok(slots.iter().map(claim).collect())
    }

    fn finish(
        &mut self,
        slot: &Slot,
        outcome: Outcome,
        _detail: &str,
        mark: &Mark,
        _now: DateTime<Utc>,
    ) -> Result<bool, Infallible> {
        let Some(known) = self.slots.get_mut(&slot.key).filter(|known| known.state == SlotState::Claimed) else {
            return Ok(false);
        };
        self.attempts.push((slot.key.clone(), known.attempts, outcome));
        known.clone_from(slot);
        self.marks.insert(slot.key.pair.clone(), *mark);
        Ok(true)
    }

    fn covered_through(
        &mut self,
        workspace: &str,
        connection: &str,
        _: DateTime<Utc>,
    ) -> Result<Option<NaiveDate>, Infallible> {
        Ok(self.coverage.get(&(workspace.to_owned(), connection.to_owned())).copied())
    }
}
