//! From fires to slots: each fire since the last look becomes one, those not to be run included.

use super::{PlannedJob, Planner};
use crate::domain::schedule::catch_up::{Classification, is_on_time, plan};
use crate::domain::schedule::decide::DecisionReason;
use crate::domain::schedule::expression::{Fire, FireReason};
use crate::domain::schedule::ledger::{Ledger, Mark};
use crate::domain::schedule::slot::{Pair, Slot, SlotKey, SlotState};
use chrono::{DateTime, TimeDelta, Utc};

/// Fires of one pair entered at one beat; of more, the earliest are only counted.
const MOST_FIRES: usize = 10_000;
/// Nothing older than this is entered; nobody waits for a run of the year before last.
const OLDEST: TimeDelta = TimeDelta::days(400);

impl Planner {
    /// Makes slots of every fire since the last look. What the ledger does not take, for an error, is
    /// found again at the next beat.
    pub(super) fn enter<L: Ledger>(
        &mut self,
        ledger: &mut L,
        awake: &[Pair],
        now: DateTime<Utc>,
    ) -> Result<(), L::Error> {
        let (mut slots, mut marks, mut looked) = (Vec::new(), Vec::new(), Vec::new());
        for pair in awake {
            let Some(entry) = self.entries.get(pair) else { continue };
            let since = entry.mark.planned_through;
            // Set back as the clock was: what is entered twice is entered once.
            let mark = Mark { planned_through: now, ..entry.mark };
            let next_fire = entry.next_fire.filter(|next| since <= now && now < *next);
            let found = if next_fire.is_some() { Vec::new() } else { due_slots(&entry.job, since, now) };
            if !found.is_empty() || now < since {
                marks.push((pair.clone(), mark));
            }
            looked.push((pair, mark, next_fire));
            slots.extend(found);
        }
        let taken = if slots.is_empty() && marks.is_empty() { Vec::new() } else { ledger.plan(&slots, &marks)? };
        for (pair, mark, next_fire) in looked {
            if let Some(entry) = self.entries.get_mut(pair) {
                entry.mark = mark;
                entry.next_fire = next_fire;
            }
        }
        for (slot, _) in slots.into_iter().zip(taken).filter(|(slot, taken)| *taken && slot.state == SlotState::Planned)
        {
            if let Some(entry) = self.entries.get_mut(&slot.key.pair) {
                entry.open.insert(slot.key.at, slot);
            }
        }
        Ok(())
    }

    /// Makes a slot at `now` for each workspace of a job that a person asks for; answers those the
    /// ledger took. It then goes the way of any other.
    pub fn ask<L: Ledger>(&mut self, ledger: &mut L, job: &str, now: DateTime<Utc>) -> Result<Vec<SlotKey>, L::Error> {
        let verdict = Classification::Work;
        let wall = now.naive_utc();
        let fire = Fire { at: now, reason: FireReason::Asked, meant: wall, wall };
        let pairs = self.entries.keys().filter(|pair| pair.job == job);
        let slots: Vec<Slot> = pairs.map(|pair| new_slot(pair, &fire, verdict, now)).collect();
        let taken = ledger.plan(&slots, &[])?;
        let mut asked = Vec::new();
        for (slot, _) in slots.into_iter().zip(taken).filter(|(_, taken)| *taken) {
            asked.push(slot.key.clone());
            if let Some(entry) = self.entries.get_mut(&slot.key.pair) {
                entry.open.insert(slot.key.at, slot);
                entry.wake_at = now;
            }
        }
        Ok(asked)
    }
}

/// The slots of the fires in `(since, now]`, those not to be run included.
fn due_slots(job: &PlannedJob, since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Slot> {
    let moment = TimeDelta::nanoseconds(1);
    let since = since.max(now - OLDEST);
    let fires = job.schedule.fires(since + moment, now + moment);
    let uncounted = fires.len().saturating_sub(MOST_FIRES);
    let fires = &fires[uncounted..];
    let verdicts = plan(fires, job.policy.catch_up, now);
    let mut slots: Vec<Slot> =
        fires.iter().zip(verdicts).map(|(fire, verdict)| new_slot(&job.pair, fire, verdict, now)).collect();
    if let Some(first) = slots.first_mut().filter(|_| uncounted > 0) {
        first.detail = format!("{}; {uncounted} earlier ones went the same way", first.detail);
    }
    slots
}

fn new_slot(pair: &Pair, fire: &Fire, verdict: Classification, now: DateTime<Utc>) -> Slot {
    let is_catch_up = !is_on_time(fire.at, now);
    let planned = Slot {
        key: SlotKey { pair: pair.clone(), at: fire.at },
        fire: fire.reason,
        is_catch_up,
        state: SlotState::Planned,
        attempts: 0,
        reason: DecisionReason::Due.name().to_owned(),
        detail: DecisionReason::Due.sentence().to_owned(),
        planned_at: now,
        not_before: None,
        first_started_at: None,
        claimed_by: None,
        claimed_at: None,
        ended_at: None,
    };
    match verdict {
        Classification::Work => planned,
        Classification::CatchUp => Slot {
            reason: DecisionReason::CaughtUp.name().to_owned(),
            detail: DecisionReason::CaughtUp.sentence().to_owned(),
            ..planned
        },
        Classification::Skip(why) => as_skipped(planned, why, now),
    }
}

pub(super) fn as_skipped(slot: Slot, why: DecisionReason, now: DateTime<Utc>) -> Slot {
    Slot {
        state: SlotState::Skipped,
        reason: why.name().to_owned(),
        detail: why.sentence().to_owned(),
        ended_at: Some(now),
        ..slot
    }
}
