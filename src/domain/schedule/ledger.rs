//! What the planner asks of the ledger that slots are kept in.

use super::decide::Failures;
use super::slot::{Outcome, Pair, Slot};
use chrono::{DateTime, NaiveDate, Utc};

/// What the ledger remembers of a pair beside its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub first_seen_at: DateTime<Utc>,
    /// Every fire up to here is a slot.
    pub planned_through: DateTime<Utc>,
    pub failures: Failures,
    /// The instant of the last slot that succeeded.
    pub last_success_slot: Option<DateTime<Utc>>,
}

impl Mark {
    /// Of a pair that is seen for the first time.
    pub fn first(now: DateTime<Utc>) -> Self {
        Self { first_seen_at: now, planned_through: now, failures: Failures::default(), last_success_slot: None }
    }
}

/// The ledger. Each call is all or nothing.
pub trait Ledger {
    type Error;

    /// What is known of every pair.
    fn marks(&mut self) -> Result<Vec<(Pair, Mark)>, Self::Error>;

    /// Every slot that is planned or claimed.
    fn unfinished(&mut self) -> Result<Vec<Slot>, Self::Error>;

    /// Enters slots and marks. A slot that is already there stays as it is, save that one skipped
    /// becomes planned if it is now; the answer says for each whether it was taken.
    fn plan(&mut self, slots: &[Slot], marks: &[(Pair, Mark)]) -> Result<Vec<bool>, Self::Error>;

    /// Marks a planned slot as skipped; `slot` says how it now stands.
    fn skip(&mut self, slot: &Slot) -> Result<(), Self::Error>;

    /// Claims planned slots, all at once, and opens an attempt of each; `slots` say how they would then stand. The
    /// answer says for each whether it was there to be claimed.
    fn claim(&mut self, slots: &[Slot]) -> Result<Vec<bool>, Self::Error>;

    /// Closes the attempt of a claimed slot at `now`; `slot` says how it now stands. `false` if it is
    /// not claimed.
    fn finish(
        &mut self,
        slot: &Slot,
        outcome: Outcome,
        detail: &str,
        mark: &Mark,
        now: DateTime<Utc>,
    ) -> Result<bool, Self::Error>;

    /// The last day through which a connection's days are whole, the least of its streams.
    fn covered_through(
        &mut self,
        workspace: &str,
        connection: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<NaiveDate>, Self::Error>;
}
