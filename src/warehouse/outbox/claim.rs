//! Claiming messages for sending, each by one sender.

use super::payload::{self, Payload};
use super::{Context, Kind, WarehouseError, suppression};
use crate::warehouse::writers::LedgerWriter;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use duckdb::{Connection, OptionalExt, params};

/// A claim older than this has lost its sender. Longer than any sending may take.
pub const LEASE: TimeDelta = TimeDelta::hours(1);
/// No message waits longer for its next try: a later instant was set under a clock that stood ahead.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(12);

/// A message claimed for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub message_id: String,
    /// The report's id, or what else groups the message with others.
    pub owner: String,
    pub workspace: String,
    pub kind: Kind,
    pub route: String,
    pub payload: Vec<u8>,
    /// Whether it has a payload whose file is gone or damaged.
    pub is_lost: bool,
    /// This one included.
    pub attempts: u32,
    pub created_at: DateTime<Utc>,
    pub claimed_at: DateTime<Utc>,
    /// A mail's bare address.
    pub recipient: Option<String>,
    /// Why the recipient gets no mail, if it was refused for good before.
    pub suppressed: Option<String>,
}

/// Which messages are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whose {
    /// Only those of one report or test.
    pub owner: Option<String>,
    /// No reports of these workspaces.
    pub left_out: Vec<String>,
}

impl Whose {
    fn left_out(&self) -> Option<String> {
        // Ids hold no comma.
        Some(self.left_out.join(",")).filter(|ids| !ids.is_empty())
    }
}

/// Workspaces with reports in the outbox that are not among `known`. No report of theirs leaves.
pub fn unknown_workspaces(reader: &Connection, known: &[String]) -> Result<Vec<String>, WarehouseError> {
    let step = || "looking for workspaces that were taken out".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT DISTINCT workspace FROM ops.outbox
             WHERE kind = 'report' AND NOT list_contains(string_split(?, ','), workspace) ORDER BY workspace",
        )
        .context(step)?;
    let rows = statement.query_map([known.join(",")], |row| row.get(0)).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The lanes with messages that are due; only an owner's, if one is named. A lane that waits for the
/// operator is not due before its next try: each try with a wrong login counts against the account.
pub fn due_lanes(reader: &Connection, whose: &Whose, now: DateTime<Utc>) -> Result<Vec<String>, WarehouseError> {
    let (owner, left_out) = (whose.owner.as_deref(), whose.left_out());
    let step = || "looking for messages that are due".to_owned();
    let (at, latest) = (now.naive_utc(), (now + LONGEST_WAIT).naive_utc());
    let mut statement = reader
        .prepare(
            "SELECT DISTINCT lane FROM ops.outbox
             WHERE state = 'pending' AND (not_before IS NULL OR not_before <= ? OR not_before > ?)
                 AND (?::VARCHAR IS NULL OR report_id = ?)
                 AND (?::VARCHAR IS NULL OR kind <> 'report' OR NOT list_contains(string_split(?, ','), workspace))
                 AND (?::VARCHAR IS NOT NULL OR lane NOT IN (SELECT lane FROM ops.outbox
                     WHERE state = 'pending' AND trouble = 'misconfigured' AND not_before > ? AND not_before <= ?))
             ORDER BY lane",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![at, latest, owner, owner, left_out, left_out, owner, at, latest], |row| row.get(0))
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Claims the next message of a lane that is due, oldest first; only an owner's, if one is named. A lane may have
/// several senders: no message is claimed twice, and no reader has two under way.
pub fn claim(
    connection: &mut LedgerWriter<'_>,
    lane: &str,
    whose: &Whose,
    now: DateTime<Utc>,
) -> Result<Option<Claimed>, WarehouseError> {
    let (owner, left_out) = (whose.owner.as_deref(), whose.left_out());
    let step = || "claiming a message".to_owned();
    let at = now.naive_utc();
    let transaction = connection.transaction().context(step)?;
    let next: Option<i64> = transaction
        .query_row(
            "SELECT rowid FROM ops.outbox
             WHERE state = 'pending' AND lane = ? AND (not_before IS NULL OR not_before <= ? OR not_before > ?)
                 AND (?::VARCHAR IS NULL OR report_id = ?)
                 AND (?::VARCHAR IS NULL OR kind <> 'report' OR NOT list_contains(string_split(?, ','), workspace))
                 -- One reader never has two under way. A test waits for nobody.
                 AND (recipient IS NULL OR kind = 'test' OR recipient NOT IN (
                     SELECT recipient FROM ops.outbox WHERE state = 'claimed' AND lane = ? AND recipient IS NOT NULL))
             ORDER BY created_at, report_id, position LIMIT 1",
            params![lane, at, (now + LONGEST_WAIT).naive_utc(), owner, owner, left_out, left_out, lane],
            |row| row.get(0),
        )
        .optional()
        .context(step)?;
    let Some(row_id) = next else { return Ok(None) };
    let mut message = transaction
        .query_row(
            "SELECT message_id, report_id, workspace, kind, route, attempts, created_at, recipient
             FROM ops.outbox WHERE rowid = ?",
            params![row_id],
            |row| {
                Ok(Claimed {
                    message_id: row.get(0)?,
                    owner: row.get(1)?,
                    workspace: row.get(2)?,
                    kind: Kind::parse(&row.get::<_, String>(3)?),
                    route: row.get(4)?,
                    payload: Vec::new(),
                    is_lost: false,
                    attempts: row.get::<_, u32>(5)? + 1,
                    created_at: row.get::<_, NaiveDateTime>(6)?.and_utc(),
                    claimed_at: now,
                    recipient: row.get(7)?,
                    suppressed: None,
                })
            },
        )
        .context(step)?;
    match payload::of(&transaction, &message.message_id)? {
        Payload::None => {}
        Payload::Here(payload) => message.payload = payload,
        Payload::Lost(_) => message.is_lost = true,
    }
    if let Some(recipient) = &message.recipient {
        message.suppressed = suppression::reason(&transaction, recipient)?;
    }
    transaction
        .execute(
            "UPDATE ops.outbox SET state = 'claimed', claimed_at = ?, lease_until = ?, attempts = ? WHERE rowid = ?",
            params![at, (now + LEASE).naive_utc(), message.attempts, row_id],
        )
        .context(step)?;
    transaction.commit().context(step)?;
    Ok(Some(message))
}
