//! What the scheduler is at, for those who ask: the CLI, the admin page, the watchdog.

use crate::domain::schedule::{Decision, Planner, Slot, SlotState};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The scheduler as its last beat left it. Instants are UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    pub beats: u64,
    /// When it last looked what is due.
    pub last_beat_at: Option<DateTime<Utc>>,
    /// When the newest beat began; it may still wait for the ledger.
    pub beat_began_at: Option<DateTime<Utc>>,
    /// Maintenance is at work: a beat may wait as long as the database file is being replaced.
    pub is_maintaining: bool,
    pub is_stopping: bool,
    pub at_work: Vec<AtWork>,
    pub waiting: Vec<Waiting>,
    /// Jobs that keep failing and are only probed.
    pub circuits: Vec<Circuit>,
    /// Why the last beat could not use the ledger, if it could not.
    pub trouble: Option<String>,
    /// How late the beats of the last hour were; absent before the first.
    pub lag: Option<Lag>,
}

/// From the second at which a beat was due to the moment all that was due then had been looked at,
/// over the beats of the last hour. Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lag {
    pub beats: usize,
    pub median_ms: u64,
    pub p99_ms: u64,
    pub most_ms: u64,
}

/// A slot at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AtWork {
    pub job: String,
    pub workspace: String,
    pub slot_at: DateTime<Utc>,
    /// Counts from 1.
    pub attempt: u32,
    pub since: Option<DateTime<Utc>>,
}

/// A slot that is due but waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    pub job: String,
    pub workspace: String,
    pub slot_at: DateTime<Utc>,
    /// A name such as `waits_for_job`, and the same for a person.
    pub reason: String,
    pub detail: String,
    /// When it is looked at again, if that is known.
    pub until: Option<DateTime<Utc>>,
}

/// A job that keeps failing for a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Circuit {
    pub job: String,
    pub workspace: String,
    pub failures_in_row: u32,
    pub probe_at: DateTime<Utc>,
}

/// What a planner says of itself.
pub fn status(heart: &Planner) -> Status {
    let (mut at_work, mut waiting) = (Vec::new(), Vec::new());
    for (slot, decision) in heart.open_slots() {
        if slot.state == SlotState::Claimed {
            at_work.push(at_work_of(slot));
        } else {
            waiting.push(waiting_of(slot, decision));
        }
    }
    let circuits = heart.open_circuits().map(|(pair, failures_in_row, probe_at)| Circuit {
        job: pair.job.clone(),
        workspace: pair.workspace.clone(),
        failures_in_row,
        probe_at,
    });
    Status { at_work, waiting, circuits: circuits.collect(), ..Status::default() }
}

fn at_work_of(slot: &Slot) -> AtWork {
    AtWork {
        job: slot.key.pair.job.clone(),
        workspace: slot.key.pair.workspace.clone(),
        slot_at: slot.key.at,
        attempt: slot.attempts,
        since: slot.claimed_at,
    }
}

fn waiting_of(slot: &Slot, decision: Option<Decision>) -> Waiting {
    let (reason, detail, until) = match decision {
        Some(Decision::Wait { until, why }) => (why.name().to_owned(), why.sentence().to_owned(), until),
        Some(Decision::Run { .. }) => ("no_room".to_owned(), "as many runs are at work as may be".to_owned(), None),
        _ => (slot.reason.clone(), slot.detail.clone(), slot.not_before),
    };
    Waiting {
        job: slot.key.pair.job.clone(),
        workspace: slot.key.pair.workspace.clone(),
        slot_at: slot.key.at,
        reason,
        detail,
        until,
    }
}
