//! What happens to a slot now, and what follows an attempt: pure, each answer with a named reason.

use super::jitter::spread;
use super::policy::{CircuitPolicy, Overlap, Policy};
use super::slot::{Outcome, Slot, SlotState};
use chrono::{DateTime, TimeDelta, Utc};

/// Why a slot runs, waits, was skipped or is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionReason {
    // It runs:
    Due,
    CaughtUp,
    Retry,
    Probe,
    PastDeadline,
    // It waits:
    NotYet,
    Running,
    Queued,
    Backoff,
    CircuitOpen,
    WaitsForJob,
    WaitsForCoverage,
    Again,
    Held,
    // It is skipped:
    Missed,
    Superseded,
    TooOld,
    Overlapping,
    Orphaned,
    // It is done:
    Done,
    AttemptsSpent,
    BudgetSpent,
    NeedsHelp,
    TimeLimit,
}

impl DecisionReason {
    /// As stored and logged.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// For a person.
    pub fn sentence(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Due => ("due", "its time has come"),
            Self::CaughtUp => ("caught_up", "its time passed while Daybook was not looking; it is made up for"),
            Self::Retry => ("retry", "it is tried again after a failure"),
            Self::Probe => ("probe", "the job keeps failing; this tries whether it works again"),
            Self::PastDeadline => ("past_deadline", "it waited until its deadline and runs without what it waited for"),
            Self::NotYet => ("not_yet", "its time has not come"),
            Self::Running => ("running", "it is at work"),
            Self::Queued => ("queued", "an earlier slot of the job is not finished"),
            Self::Backoff => ("backoff", "it failed and waits before it is tried again"),
            Self::CircuitOpen => ("circuit_open", "the job keeps failing and is only probed now and then"),
            Self::WaitsForJob => ("waits_for_job", "a job it comes after has not succeeded yet"),
            Self::WaitsForCoverage => ("waits_for_coverage", "the days it needs are not whole yet"),
            Self::Again => ("again", "it was stopped before its end and begins again"),
            Self::Held => ("held", "what it needs is late; it looks again every few minutes until its deadline"),
            Self::Missed => ("missed", "its time passed while Daybook was not looking, and the job catches nothing up"),
            Self::Superseded => {
                ("superseded", "its time passed while Daybook was not looking; a later slot stands for it")
            }
            Self::TooOld => ("too_old", "its time passed longer ago than the job catches up"),
            Self::Overlapping => ("overlapping", "an earlier slot of the job was not finished"),
            Self::Orphaned => ("gone", "the job is no longer configured for this workspace"),
            Self::Done => ("done", "it succeeded"),
            Self::AttemptsSpent => ("attempts_spent", "every attempt failed"),
            Self::BudgetSpent => ("budget_spent", "it failed, and the time for retries is over"),
            Self::NeedsHelp => ("needs_help", "it failed in a way that only a person can mend"),
            Self::TimeLimit => ("time_limit", "it took longer than the job may"),
        }
    }
}

/// A slot that was held looks again after this.
const HELD_FOR: TimeDelta = TimeDelta::minutes(5);

/// What happens to a slot now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Run {
        /// Counts from 1.
        attempt: u32,
        why: DecisionReason,
    },
    /// `until` is when to look again; `None` where something else must happen first.
    Wait {
        until: Option<DateTime<Utc>>,
        why: DecisionReason,
    },
    Skip {
        why: DecisionReason,
    },
    /// The attempt has run into its limit and is to be ended.
    TimeOut,
    /// Nothing remains to be done.
    Finished,
}

/// How a job has been failing for a workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Failed attempts since the last success.
    pub in_row: u32,
    pub last_at: Option<DateTime<Utc>>,
}

impl Failures {
    /// When an open circuit is tried again; `None` while it is closed.
    pub fn probe_at(&self, policy: &CircuitPolicy) -> Option<DateTime<Utc>> {
        let last = self.last_at?;
        (self.in_row >= policy.failures.max(1)).then(|| last + policy.probe_every)
    }

    /// After one more attempt.
    pub fn after(self, outcome: Outcome, now: DateTime<Utc>) -> Self {
        match outcome {
            Outcome::Succeeded => Self::default(),
            Outcome::Stopped | Outcome::Held => self,
            Outcome::Failed | Outcome::Refused | Outcome::TimedOut | Outcome::Lost => {
                Self { in_row: self.in_row.saturating_add(1), last_at: Some(now) }
            }
        }
    }
}

/// All that a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct DecisionInput<'a> {
    pub slot: &'a Slot,
    pub policy: &'a Policy,
    /// The pair's stable delay.
    pub jitter: TimeDelta,
    /// Whether an earlier slot of the pair is unfinished.
    pub has_earlier: bool,
    pub failures: Failures,
    /// The first thing it waits for, if any: [`DecisionReason::WaitsForJob`] or [`DecisionReason::WaitsForCoverage`].
    pub unmet: Option<DecisionReason>,
    pub now: DateTime<Utc>,
}

/// What happens to a slot now.
pub fn decide(situation: &DecisionInput<'_>) -> Decision {
    let DecisionInput { slot, policy, now, .. } = *situation;
    match slot.state {
        SlotState::Planned => decide_planned(situation),
        SlotState::Claimed => {
            let ends_at = slot.claimed_at.unwrap_or(now) + policy.timeout;
            if now >= ends_at {
                return Decision::TimeOut;
            }
            Decision::Wait { until: Some(ends_at), why: DecisionReason::Running }
        }
        SlotState::Succeeded | SlotState::Failed | SlotState::Skipped => Decision::Finished,
    }
}

fn decide_planned(situation: &DecisionInput<'_>) -> Decision {
    let DecisionInput { slot, policy, now, .. } = *situation;
    let starts_at = slot.key.at + situation.jitter;
    if now < starts_at {
        return Decision::Wait { until: Some(starts_at), why: DecisionReason::NotYet };
    }
    if situation.has_earlier {
        let may_skip = policy.overlap == Overlap::Skip && !slot.is_catch_up && slot.attempts == 0;
        return if may_skip {
            Decision::Skip { why: DecisionReason::Overlapping }
        } else {
            Decision::Wait { until: None, why: DecisionReason::Queued }
        };
    }
    let longest = policy.retries.longest_wait.max(HELD_FOR);
    if let Some(until) = still_ahead(slot.not_before, longest, now) {
        let why =
            if slot.reason == DecisionReason::Held.name() { DecisionReason::Held } else { DecisionReason::Backoff };
        return Decision::Wait { until: Some(until), why };
    }
    let probe_at = situation.failures.probe_at(&policy.circuit);
    if let Some(until) = still_ahead(probe_at, policy.circuit.probe_every, now) {
        return Decision::Wait { until: Some(until), why: DecisionReason::CircuitOpen };
    }
    // What is caught up waits as long as if its time were now: what it comes after is caught up too.
    let deadline = slot.key.at.max(slot.planned_at) + policy.deadline;
    if let Some(why) = situation.unmet
        && now < deadline
    {
        return Decision::Wait { until: Some(deadline), why };
    }
    let why = match situation.unmet {
        Some(_) => DecisionReason::PastDeadline,
        None if probe_at.is_some() => DecisionReason::Probe,
        None if slot.attempts > 0 => DecisionReason::Retry,
        None if slot.is_catch_up => DecisionReason::CaughtUp,
        None => DecisionReason::Due,
    };
    Decision::Run { attempt: slot.attempts + 1, why }
}

/// `at`, where it lies ahead. Further ahead than it can have been set means that the clock was set
/// back since: then nothing is waited for.
fn still_ahead(at: Option<DateTime<Utc>>, longest: TimeDelta, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    at.filter(|at| *at > now && *at - now <= longest)
}

/// How a slot stands after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub state: SlotState,
    /// That count against the limit.
    pub attempts: u32,
    pub not_before: Option<DateTime<Utc>>,
    pub why: DecisionReason,
}

/// What follows the attempt that a claimed slot's `attempts` counts last.
pub fn after_attempt(slot: &Slot, outcome: Outcome, policy: &Policy, now: DateTime<Utc>) -> Next {
    let end = |state, why| Next { state, attempts: slot.attempts, not_before: None, why };
    let retries = &policy.retries;
    match outcome {
        Outcome::Succeeded => return end(SlotState::Succeeded, DecisionReason::Done),
        Outcome::Refused => return end(SlotState::Failed, DecisionReason::NeedsHelp),
        Outcome::Stopped => {
            let attempts = slot.attempts.saturating_sub(1);
            return Next { state: SlotState::Planned, attempts, not_before: None, why: DecisionReason::Again };
        }
        Outcome::Held => {
            let attempts = slot.attempts.saturating_sub(1);
            let not_before = Some(now + HELD_FOR);
            return Next { state: SlotState::Planned, attempts, not_before, why: DecisionReason::Held };
        }
        Outcome::Failed | Outcome::TimedOut | Outcome::Lost => {}
    }
    if slot.attempts >= retries.attempts {
        return end(SlotState::Failed, DecisionReason::AttemptsSpent);
    }
    // A process that died says nothing against trying at once; attempts bound it all the same.
    let wait = if outcome == Outcome::Lost {
        TimeDelta::zero()
    } else {
        spread(backoff(policy, slot.attempts), &slot.key, slot.attempts)
    };
    let not_before = now + wait;
    let first = slot.first_started_at.unwrap_or(now);
    if outcome != Outcome::Lost && not_before > first + retries.budget {
        return end(SlotState::Failed, DecisionReason::BudgetSpent);
    }
    Next {
        state: SlotState::Planned,
        attempts: slot.attempts,
        not_before: Some(not_before),
        why: DecisionReason::Backoff,
    }
}

/// The wait after the attempt of that number: doubled each time, up to the longest.
fn backoff(policy: &Policy, attempt: u32) -> TimeDelta {
    let factor = 1i32.checked_shl(attempt.saturating_sub(1)).filter(|factor| *factor > 0).unwrap_or(i32::MAX);
    policy.retries.first_wait.checked_mul(factor).unwrap_or(TimeDelta::MAX).min(policy.retries.longest_wait)
}
