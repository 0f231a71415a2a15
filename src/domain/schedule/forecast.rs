//! Every fire of a span with its reason: what will happen, and what would be caught up.

use super::catch_up::{Classification, plan};
use super::expression::FireReason;
use super::jitter::jitter;
use super::ledger::Mark;
use super::planner::PlannedJob;
use super::slot::{Pair, Slot, SlotKey};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// Why a fire stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    Normal,
    /// The clock skips the time that was meant.
    Gap,
    /// The clock shows this time twice.
    Overlap,
    /// Its time passed while nobody looked, and it is made up for.
    CatchUp,
    /// Its time passed while nobody looked, and it is not made up for.
    Missed,
    /// It waits for jobs or days.
    Gated,
}

impl Reason {
    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Gap => "gap",
            Self::Overlap => "overlap",
            Self::CatchUp => "catch-up",
            Self::Missed => "missed",
            Self::Gated => "gated",
        }
    }
}

/// A fire of a job for a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFire {
    pub pair: Pair,
    pub zone: Tz,
    pub at: DateTime<Utc>,
    /// `at` and the pair's stable delay.
    pub begins_at: DateTime<Utc>,
    /// What the zone's clock shows at `at`.
    pub wall: NaiveDateTime,
    pub reason: Reason,
    /// More about the reason, for a person; may be empty.
    pub note: String,
}

/// What the ledger knows, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub marks: BTreeMap<Pair, Mark>,
    pub slots: BTreeMap<SlotKey, Slot>,
}

/// Every fire in `[from, to)`, in order of time.
pub fn forecast(
    jobs: &[PlannedJob],
    known: &Known,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<PlannedFire> {
    let mut all: Vec<PlannedFire> = jobs.iter().flat_map(|job| of_job(job, known, from, to, now)).collect();
    all.sort_by(|one, other| (one.at, &one.pair).cmp(&(other.at, &other.pair)));
    all
}

fn of_job(
    job: &PlannedJob,
    known: &Known,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<PlannedFire> {
    let moment = TimeDelta::nanoseconds(1);
    let mark = known.marks.get(&job.pair);
    let missed = mark.map(|mark| job.schedule.fires(mark.planned_through + moment, now + moment)).unwrap_or_default();
    let verdicts: BTreeMap<DateTime<Utc>, Classification> =
        missed.iter().zip(plan(&missed, job.policy.catch_up, now)).map(|(fire, verdict)| (fire.at, verdict)).collect();
    let delay = jitter(&job.pair.job, &job.pair.workspace, job.policy.jitter);
    let mut fires = Vec::new();
    for fire in job.schedule.fires(from, to) {
        let mut notes = Vec::new();
        let mut reason = match fire.reason {
            FireReason::Normal | FireReason::Asked => Reason::Normal,
            FireReason::Gap => {
                notes.push(format!("the clock skips {}", fire.meant.format("%H:%M")));
                Reason::Gap
            }
            FireReason::Overlap => {
                notes.push(format!("the clock shows {} twice", fire.meant.format("%H:%M")));
                Reason::Overlap
            }
        };
        let slot = known.slots.get(&SlotKey { pair: job.pair.clone(), at: fire.at });
        match (slot, verdicts.get(&fire.at)) {
            (Some(slot), _) => notes.push(format!("{}: {}", slot.state.name(), slot.detail)),
            (None, Some(Classification::CatchUp)) => {
                reason = Reason::CatchUp;
                notes.push("its time passed while Daybook was not looking".to_owned());
            }
            (None, Some(Classification::Skip(why))) => {
                reason = Reason::Missed;
                notes.push(why.sentence().to_owned());
            }
            (None, _) if fire.at <= now && mark.is_some() => notes.push("before Daybook knew the job".to_owned()),
            _ => {}
        }
        let is_ahead = match slot {
            Some(slot) => slot.state.is_unfinished(),
            None => fire.at > now || mark.is_none() || reason == Reason::CatchUp,
        };
        if let Some(gate) = gate(job).filter(|_| is_ahead) {
            if reason == Reason::Normal {
                reason = Reason::Gated;
            }
            notes.push(gate);
        }
        fires.push(PlannedFire {
            pair: job.pair.clone(),
            zone: job.schedule.zone,
            at: fire.at,
            begins_at: fire.at + delay,
            wall: fire.wall,
            reason,
            note: notes.join("; "),
        });
    }
    fires
}

/// What slots of a job wait for, in words.
fn gate(job: &PlannedJob) -> Option<String> {
    let policy = &job.policy;
    let mut awaited = policy.after.clone();
    if !policy.after_coverage.is_empty() {
        awaited.push(format!("yesterday of {}", policy.after_coverage.join(", ")));
    }
    let deadline = policy.deadline.num_minutes();
    (!awaited.is_empty()).then(|| format!("after {}, or {deadline} minutes later without", awaited.join(" and ")))
}
