//! The planner with its ledger, kept off the async threads.

use crate::domain::schedule::{Outcome, PlannedJob, Planner, Slot, SlotKey, SlotToRun};
use crate::queries::scheduler::{Status, status};
use crate::support::blocking::off_thread;
use crate::warehouse::WarehouseError;
use crate::warehouse::slots::SlotLedger;
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// An attempt that ended and is to be recorded.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub key: SlotKey,
    pub outcome: Outcome,
    pub detail: String,
}

#[derive(Debug)]
struct Inner {
    heart: Planner,
    ledger: SlotLedger,
    /// Ends that the ledger could not take yet.
    unrecorded: Vec<Ended>,
}

/// Clones share the ledger.
#[derive(Clone, Debug)]
pub(super) struct SchedulerLedger {
    me: String,
    inner: Arc<Mutex<Inner>>,
}

impl SchedulerLedger {
    /// Opens the ledger for the process `me`; answers the slots taken back from a process that is gone.
    pub async fn open(
        jobs: Vec<PlannedJob>,
        ledger: SlotLedger,
        me: &str,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Slot>), WarehouseError> {
        let (name, mut ledger) = (me.to_owned(), ledger);
        off_thread(move || {
            let mut heart = Planner::open(jobs, &mut ledger, &name, now)?;
            let reaped = heart.reap(&mut ledger, &name, now)?;
            let inner = Inner { heart, ledger, unrecorded: Vec::new() };
            Ok((Self { me: name, inner: Arc::new(Mutex::new(inner)) }, reaped))
        })
        .await
    }

    /// Goes on with other jobs: what is at work goes on, all else is decided anew.
    pub async fn replace(
        &self,
        jobs: Vec<PlannedJob>,
        ledger: SlotLedger,
        now: DateTime<Utc>,
    ) -> Result<(), WarehouseError> {
        let me = self.me.clone();
        self.with(move |inner| {
            let mut ledger = ledger;
            inner.heart = Planner::open(jobs, &mut ledger, &me, now)?;
            inner.ledger = ledger;
            Ok(())
        })
        .await
    }

    /// Records what ended; what the ledger cannot take now is kept for the next time. Answers how each
    /// slot now stands.
    pub async fn record(&self, ended: Vec<Ended>, now: DateTime<Utc>) -> Result<Vec<Slot>, WarehouseError> {
        self.with(move |inner| {
            inner.unrecorded.extend(ended);
            let mut recorded = Vec::new();
            while let Some(end) = inner.unrecorded.first() {
                let slot = inner.heart.finish(&mut inner.ledger, &end.key, end.outcome, &end.detail, now)?;
                inner.unrecorded.remove(0);
                recorded.extend(slot);
            }
            Ok(recorded)
        })
        .await
    }

    /// Attempts over their limit.
    pub async fn overdue(&self, now: DateTime<Utc>) -> Vec<SlotKey> {
        self.with(move |inner| inner.heart.overdue(now)).await
    }

    /// Enters what came due, and names what may run now.
    pub async fn beat(&self, now: DateTime<Utc>) -> Result<Vec<SlotToRun>, WarehouseError> {
        self.with(move |inner| inner.heart.tick(&mut inner.ledger, now)).await
    }

    /// Enters a slot at `now` for each workspace of a job.
    pub async fn ask(&self, job: String, now: DateTime<Utc>) -> Result<Vec<SlotKey>, WarehouseError> {
        self.with(move |inner| inner.heart.ask(&mut inner.ledger, &job, now)).await
    }

    /// Claims slots; answers those that were there to be claimed.
    pub async fn claim(&self, due: Vec<SlotToRun>, now: DateTime<Utc>) -> Result<Vec<Slot>, WarehouseError> {
        let me = self.me.clone();
        self.with(move |inner| inner.heart.claim_all(&mut inner.ledger, &due, &me, now)).await
    }

    pub async fn status(&self) -> Status {
        self.with(|inner| status(&inner.heart)).await
    }

    async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut Inner) -> T + Send + 'static) -> T {
        let inner = self.inner.clone();
        off_thread(move || work(&mut inner.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}
