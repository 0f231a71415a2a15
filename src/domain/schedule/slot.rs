//! A slot: one instant of one job for one workspace, and how it stands.

use super::expression::FireReason;
use chrono::{DateTime, Utc};
use std::fmt;

/// A job at work for a workspace; the workspace is empty where the whole installation is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    pub job: String,
    pub workspace: String,
}

impl Pair {
    pub fn new(job: &str, workspace: &str) -> Self {
        Self { job: job.to_owned(), workspace: workspace.to_owned() }
    }
}

/// What is unique in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotKey {
    pub pair: Pair,
    pub at: DateTime<Utc>,
}

impl fmt::Display for SlotKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.format("%Y-%m-%dT%H:%MZ");
        if self.pair.workspace.is_empty() {
            return write!(out, "{} {at}", self.pair.job);
        }
        write!(out, "{} {} {at}", self.pair.job, self.pair.workspace)
    }
}

/// How a slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlotState {
    /// To be done, or to be done again.
    Planned,
    /// Somebody is at it.
    Claimed,
    Succeeded,
    /// Every attempt failed.
    Failed,
    /// Never begun, for a reason.
    Skipped,
}

impl SlotState {
    pub const ALL: [Self; 5] = [Self::Planned, Self::Claimed, Self::Succeeded, Self::Failed, Self::Skipped];

    /// As stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Claimed => "claimed",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether something remains to be done.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Planned | Self::Claimed)
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Succeeded,
    /// Trying again may help.
    Failed,
    /// Trying again cannot help before a person does something.
    Refused,
    /// It ran into its time limit.
    TimedOut,
    /// The process that was at it is gone.
    Lost,
    /// It was asked to stop and undid what it had begun: no fault of the job.
    Stopped,
}

impl Outcome {
    /// As stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Lost => "lost",
            Self::Stopped => "stopped",
        }
    }
}

/// A slot as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub key: SlotKey,
    pub fire: FireReason,
    /// Its time passed while nobody looked.
    pub is_catch_up: bool,
    pub state: SlotState,
    /// Begun so far.
    pub attempts: u32,
    /// Named reason of the last decision.
    pub reason: String,
    /// The same for a person.
    pub detail: String,
    pub planned_at: DateTime<Utc>,
    /// No attempt before this.
    pub not_before: Option<DateTime<Utc>>,
    pub first_started_at: Option<DateTime<Utc>>,
    /// The process at it.
    pub claimed_by: Option<String>,
    pub claimed_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}
