//! The ledger of the schedule: slots, what is remembered of each job, and a run for each attempt. A
//! change and its record are one transaction.

mod ledger;
mod rows;
#[cfg(test)]
mod tests;

pub use ledger::{Dated, SlotLedger};

use super::error::{Context, WarehouseError};
use super::writers::LedgerWriter;
use crate::domain::schedule::{Mark, Outcome, Pair, Slot, SlotState};
use crate::support::ids::stable_id;
use crate::support::redact;
use chrono::{DateTime, Utc};
use duckdb::{Connection, Transaction, params};
use rows::{at, read_mark, read_run, read_slot, text};
use std::collections::BTreeSet;

/// An attempt at a slot, or another run, as the ledger has it. Instants are UTC.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Run {
    pub run_id: String,
    pub job: String,
    pub workspace: String,
    pub subject: String,
    pub slot_at: Option<DateTime<Utc>>,
    /// Counts from 1.
    pub attempt: u32,
    /// Why it began.
    pub reason: String,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    /// `running` until it ended.
    pub outcome: String,
    pub detail: String,
}

/// Every slot that is planned or claimed, oldest first.
pub fn unfinished(reader: &Connection) -> Result<Vec<Slot>, WarehouseError> {
    let step = || "reading the slots".to_owned();
    let mut statement = reader.prepare(include_str!("unfinished.sql")).context(step)?;
    let rows = statement.query_map([], read_slot).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Of each job and workspace the newest slot that ended, where every attempt at it failed.
pub fn given_up(reader: &Connection) -> Result<Vec<Slot>, WarehouseError> {
    let step = || "looking for jobs that failed".to_owned();
    let mut statement = reader.prepare(include_str!("given_up.sql")).context(step)?;
    let rows = statement.query_map([], read_slot).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The newest slots of a job, a workspace or all.
pub fn list(
    reader: &Connection,
    job: Option<&str>,
    workspace: Option<&str>,
    most: u32,
) -> Result<Vec<Slot>, WarehouseError> {
    let step = || "listing the slots".to_owned();
    let mut statement = reader.prepare(include_str!("list.sql")).context(step)?;
    let rows = statement.query_map(params![job, workspace, most], read_slot).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The newest runs of a job, a workspace or all.
pub fn runs(
    reader: &Connection,
    job: Option<&str>,
    workspace: Option<&str>,
    most: u32,
) -> Result<Vec<Run>, WarehouseError> {
    let step = || "listing the runs".to_owned();
    let mut statement = reader.prepare(include_str!("runs.sql")).context(step)?;
    let rows = statement.query_map(params![job, workspace, most], read_run).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// What is remembered of every job and workspace.
pub fn marks(reader: &Connection) -> Result<Vec<(Pair, Mark)>, WarehouseError> {
    let step = || "reading what is remembered of the jobs".to_owned();
    let mut statement = reader.prepare(include_str!("marks.sql")).context(step)?;
    let rows = statement.query_map([], read_mark).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Enters slots and marks, all or nothing; says for each slot whether it was taken. Of a list all go in
/// by one statement: a minute at which hundreds are due must not hold up the beat.
pub fn plan(
    connection: &mut LedgerWriter<'_>,
    slots: &[Slot],
    marks: &[(Pair, Mark)],
) -> Result<Vec<bool>, WarehouseError> {
    let step = || "entering slots".to_owned();
    let transaction = connection.transaction().context(step)?;
    let taken = if slots.is_empty() { BTreeSet::new() } else { enter(&transaction, slots).context(step)? };
    set_marks(&transaction, marks)?;
    transaction.commit().context(step)?;
    Ok(slots.iter().map(|slot| taken.contains(&stored_key(slot))).collect())
}

/// Answers the keys of those that were taken.
fn enter(transaction: &Transaction<'_>, slots: &[Slot]) -> Result<BTreeSet<StoredKey>, duckdb::Error> {
    let list: Vec<serde_json::Value> = slots
        .iter()
        .map(|slot| {
            serde_json::json!({
                "job": slot.key.pair.job, "workspace": slot.key.pair.workspace, "slot_at": text(slot.key.at),
                "fire": slot.fire.name(), "is_catch_up": slot.is_catch_up, "state": slot.state.name(),
                "reason": slot.reason, "detail": slot.detail, "planned_at": text(slot.planned_at),
                "ended_at": slot.ended_at.map(text),
            })
        })
        .collect();
    let mut statement = transaction.prepare(include_str!("enter.sql"))?;
    let taken = statement.query_map(params![serde_json::Value::from(list).to_string()], |row| {
        let at: chrono::NaiveDateTime = row.get(2)?;
        Ok((row.get(0)?, row.get(1)?, at.and_utc().timestamp_micros()))
    })?;
    taken.collect()
}

/// Job, workspace, instant in microseconds, as DuckDB keeps them.
type StoredKey = (String, String, i64);

fn stored_key(slot: &Slot) -> StoredKey {
    let pair = &slot.key.pair;
    (pair.job.clone(), pair.workspace.clone(), slot.key.at.timestamp_micros())
}

/// Marks a planned slot as skipped.
pub fn skip(connection: &mut LedgerWriter<'_>, slot: &Slot) -> Result<(), WarehouseError> {
    set(connection, slot, SlotState::Planned).map(drop)
}

/// Claims planned slots in one transaction and opens a run of each. `false` for one that is not there to be claimed.
pub fn claim(connection: &mut LedgerWriter<'_>, slots: &[Slot]) -> Result<Vec<bool>, WarehouseError> {
    let step = || "claiming slots".to_owned();
    let transaction = connection.transaction().context(step)?;
    let taken = slots.iter().map(|slot| claim_one(&transaction, slot)).collect::<Result<_, _>>()?;
    transaction.commit().context(step)?;
    Ok(taken)
}

fn claim_one(transaction: &Transaction<'_>, slot: &Slot) -> Result<bool, WarehouseError> {
    let step = || format!("claiming {}", slot.key);
    if !set(transaction, slot, SlotState::Planned)? {
        return Ok(false);
    }
    let pair = &slot.key.pair;
    let begun = slot.claimed_at.unwrap_or(slot.key.at);
    let subject = slot.key.at.format("%Y-%m-%dT%H:%MZ").to_string();
    let run_id = stable_id(
        "run",
        &[&pair.job, &pair.workspace, &slot.key.at.to_rfc3339(), &slot.attempts.to_string(), &begun.to_rfc3339()],
    );
    transaction
        .execute(
            include_str!("begin_run.sql"),
            params![run_id, pair.job, pair.workspace, subject, at(begun), at(slot.key.at), slot.attempts, slot.reason,],
        )
        .context(step)?;
    Ok(true)
}

/// Closes the run of a claimed slot and says how the slot now stands. `false` if it is not claimed.
pub fn finish(
    connection: &mut LedgerWriter<'_>,
    slot: &Slot,
    outcome: Outcome,
    detail: &str,
    mark: &Mark,
    ended_at: DateTime<Utc>,
) -> Result<bool, WarehouseError> {
    let step = || format!("finishing {}", slot.key);
    let transaction = connection.transaction().context(step)?;
    if !set(&transaction, slot, SlotState::Claimed)? {
        return Ok(false);
    }
    let pair = &slot.key.pair;
    transaction
        .execute(
            include_str!("end_run.sql"),
            params![pair.job, pair.workspace, at(slot.key.at), at(ended_at), outcome.name(), redact::all(detail)],
        )
        .context(step)?;
    set_marks(&transaction, &[(pair.clone(), *mark)])?;
    transaction.commit().context(step)?;
    Ok(true)
}

/// Writes how a slot now stands, if it stands as `expected`.
fn set(connection: &Connection, slot: &Slot, expected: SlotState) -> Result<bool, WarehouseError> {
    let pair = &slot.key.pair;
    let count = connection
        .execute(
            include_str!("set.sql"),
            params![
                pair.job,
                pair.workspace,
                at(slot.key.at),
                expected.name(),
                slot.state.name(),
                slot.attempts,
                slot.reason,
                redact::all(&slot.detail),
                slot.not_before.map(at),
                slot.first_started_at.map(at),
                slot.claimed_by,
                slot.claimed_at.map(at),
                slot.ended_at.map(at),
            ],
        )
        .context(|| format!("writing how {} stands", slot.key))?;
    Ok(count > 0)
}

fn set_marks(connection: &Connection, marks: &[(Pair, Mark)]) -> Result<(), WarehouseError> {
    if marks.is_empty() {
        return Ok(());
    }
    let list: Vec<serde_json::Value> = marks
        .iter()
        .map(|(pair, mark)| {
            serde_json::json!({
                "job": pair.job, "workspace": pair.workspace, "first_seen_at": text(mark.first_seen_at),
                "planned_through": text(mark.planned_through), "failures_in_row": mark.failures.in_row,
                "last_failure_at": mark.failures.last_at.map(text),
                "last_success_slot_at": mark.last_success_slot.map(text),
            })
        })
        .collect();
    connection
        .execute(include_str!("set_marks.sql"), params![serde_json::Value::from(list).to_string()])
        .context(|| "remembering how jobs stand".to_owned())?;
    Ok(())
}
