//! Rows of the ledger as values.

use super::Run;
use crate::domain::schedule::decide::Failures;
use crate::domain::schedule::{FireReason, Mark, Pair, Slot, SlotKey, SlotState};
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::types::Type;
use duckdb::{Error, Row};

/// As stored: UTC without a zone.
pub(super) fn at(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.naive_utc()
}

/// The same as a text that DuckDB reads.
pub(super) fn text(instant: DateTime<Utc>) -> String {
    at(instant).format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

fn instant(row: &Row<'_>, index: usize) -> Result<DateTime<Utc>, Error> {
    row.get::<_, NaiveDateTime>(index).map(|at| at.and_utc())
}

fn optional(row: &Row<'_>, index: usize) -> Result<Option<DateTime<Utc>>, Error> {
    Ok(row.get::<_, Option<NaiveDateTime>>(index)?.map(|at| at.and_utc()))
}

fn pair(row: &Row<'_>, index: usize) -> Result<Pair, Error> {
    Ok(Pair { job: row.get(index)?, workspace: row.get(index + 1)? })
}

/// A word that only another Daybook can have written.
fn unknown(index: usize, word: &str) -> Error {
    Error::FromSqlConversionFailure(index, Type::Text, format!("unknown word {word:?}").into())
}

pub(super) fn read_slot(row: &Row<'_>) -> Result<Slot, Error> {
    let (fire, state): (String, String) = (row.get(3)?, row.get(5)?);
    Ok(Slot {
        key: SlotKey { pair: pair(row, 0)?, at: instant(row, 2)? },
        fire: FireReason::from_name(&fire).ok_or_else(|| unknown(3, &fire))?,
        is_catch_up: row.get(4)?,
        state: SlotState::from_name(&state).ok_or_else(|| unknown(5, &state))?,
        attempts: row.get(6)?,
        reason: row.get(7)?,
        detail: row.get(8)?,
        planned_at: instant(row, 9)?,
        not_before: optional(row, 10)?,
        first_started_at: optional(row, 11)?,
        claimed_by: row.get(12)?,
        claimed_at: optional(row, 13)?,
        ended_at: optional(row, 14)?,
    })
}

pub(super) fn read_mark(row: &Row<'_>) -> Result<(Pair, Mark), Error> {
    let failures = Failures { in_row: row.get(4)?, last_at: optional(row, 5)? };
    let mark = Mark {
        first_seen_at: instant(row, 2)?,
        planned_through: instant(row, 3)?,
        failures,
        last_success_slot: optional(row, 6)?,
    };
    Ok((pair(row, 0)?, mark))
}

pub(super) fn read_run(row: &Row<'_>) -> Result<Run, Error> {
    Ok(Run {
        run_id: row.get(0)?,
        job: row.get(1)?,
        workspace: row.get(2)?,
        subject: row.get(3)?,
        slot_at: optional(row, 4)?,
        attempt: row.get(5)?,
        reason: row.get(6)?,
        started_at: instant(row, 7)?,
        ended_at: optional(row, 8)?,
        outcome: row.get(9)?,
        detail: row.get(10)?,
    })
}
