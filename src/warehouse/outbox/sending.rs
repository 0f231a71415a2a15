//! Claim, then send, then record what the other side answered.

use super::handed::{HandedOver, What};
use super::suppression;
use super::{Context, Kind, WarehouseError};
use crate::support::redact;
use crate::warehouse::worker::LedgerWriter;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use duckdb::{Connection, OptionalExt, params};
use serde::{Deserialize, Serialize};

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
    /// This one included.
    pub attempts: u32,
    pub created_at: DateTime<Utc>,
    pub claimed_at: DateTime<Utc>,
    /// A mail's bare address.
    pub recipient: Option<String>,
    /// Why the recipient gets no mail, if it was refused for good before.
    pub suppressed: Option<String>,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The other side took it; nobody says it was delivered or read.
    Accepted {
        answer: String,
    },
    /// Try again, not before an instant.
    Postponed {
        reason: String,
        not_before: DateTime<Utc>,
        /// Only the operator can put it right.
        needs_operator: bool,
        /// What the operator must put right concerns the lane: its other messages wait as well.
        holds_lane: bool,
    },
    Failed {
        reason: String,
    },
    /// Nobody knows whether it went out; never sent again blindly.
    Unknown {
        reason: String,
    },
}

/// What the other side said at one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// e.g. `RCPT TO`.
    pub step: String,
    pub text: String,
}

/// A refusal of the address itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounce {
    /// The other side said that the mailbox does not exist: no mail goes there any more.
    Firm,
    /// A refusal that says no more: the second message refused so ends the mails.
    Likely,
}

/// How one try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub ending: Ending,
    pub replies: Vec<Reply>,
    pub bounce: Option<Bounce>,
}

impl From<Ending> for Outcome {
    fn from(ending: Ending) -> Self {
        Self { ending, replies: Vec::new(), bounce: None }
    }
}

pub(super) struct Place {
    pub lane: String,
    pub recipient: Option<String>,
}

/// Which sender a route needs, and whom it addresses.
pub(super) fn place(route: &str) -> Place {
    let route: serde_json::Value = serde_json::from_str(route).unwrap_or_default();
    let text = |key: &str| route.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let lane = match (text("kind"), text("hook")) {
        ("slack" | "slack_file", hook) => format!("slack:{hook}"),
        (kind, _) => kind.to_owned(),
    };
    let recipient = (text("kind") == "mail").then(|| bare(text("to")));
    Place { lane, recipient }
}

/// `Name <Name@Example.com>` as `name@example.com`.
pub fn bare(address: &str) -> String {
    let inner = address.trim_end().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')).map(|(_, inner)| inner);
    inner.unwrap_or(address).trim().to_lowercase()
}

/// Whether a pass has something to do beside the lanes that are due: claims whose lease ran out and, where
/// `resends`, messages of which nobody knows whether they went out.
pub fn is_left_over(reader: &Connection, resends: bool, now: DateTime<Utc>) -> Result<bool, WarehouseError> {
    reader
        .query_row(
            "SELECT count(*) > 0 FROM ops.outbox
             WHERE (state = 'claimed' AND coalesce(lease_until, claimed_at) < ?)
                 OR (? AND state = 'unknown' AND (SELECT count(*) FROM ops.delivery_attempt AS a
                     WHERE a.message_id = outbox.message_id AND a.outcome = 'unknown') = 1)",
            params![now.naive_utc(), resends],
            |row| row.get(0),
        )
        .context(|| "looking for messages left over".to_owned())
}

/// Which messages are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whose {
    /// Only those of one report or test.
    pub owner: Option<String>,
    /// Reports of these workspaces alone, in the order of their ids; of all where absent.
    pub workspaces: Option<Vec<String>>,
}

impl Whose {
    fn workspaces(&self) -> Option<String> {
        // Ids hold no comma.
        self.workspaces.as_ref().map(|ids| ids.join(","))
    }
}

/// The lanes with messages that are due; only an owner's, if one is named. A lane that waits for the
/// operator is not due before its next try: each try with a wrong login counts against the account.
pub fn due_lanes(reader: &Connection, whose: &Whose, now: DateTime<Utc>) -> Result<Vec<String>, WarehouseError> {
    let (owner, workspaces) = (whose.owner.as_deref(), whose.workspaces());
    let step = || "looking for messages that are due".to_owned();
    let (at, latest) = (now.naive_utc(), (now + LONGEST_WAIT).naive_utc());
    let mut statement = reader
        .prepare(
            "SELECT DISTINCT lane FROM ops.outbox
             WHERE state = 'pending' AND (not_before IS NULL OR not_before <= ? OR not_before > ?)
                 AND (?::VARCHAR IS NULL OR report_id = ?)
                 AND (?::VARCHAR IS NULL OR kind <> 'report' OR list_contains(string_split(?, ','), workspace))
                 AND (?::VARCHAR IS NOT NULL OR lane NOT IN (SELECT lane FROM ops.outbox
                     WHERE state = 'pending' AND trouble = 'misconfigured' AND not_before > ? AND not_before <= ?))
             ORDER BY lane",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![at, latest, owner, owner, workspaces, workspaces, owner, at, latest], |row| row.get(0))
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
    let (owner, workspaces) = (whose.owner.as_deref(), whose.workspaces());
    let step = || "claiming a message".to_owned();
    let at = now.naive_utc();
    let transaction = connection.transaction().context(step)?;
    // Its row first: to put thousands of payloads in order only to take one of them would need all of them.
    let next: Option<i64> = transaction
        .query_row(
            "SELECT rowid FROM ops.outbox
             WHERE state = 'pending' AND lane = ? AND (not_before IS NULL OR not_before <= ? OR not_before > ?)
                 AND (?::VARCHAR IS NULL OR report_id = ?)
                 AND (?::VARCHAR IS NULL OR kind <> 'report' OR list_contains(string_split(?, ','), workspace))
                 -- One reader's mails keep their order: none leaves beside another. A test waits for nobody.
                 AND (recipient IS NULL OR kind = 'test' OR recipient NOT IN (
                     SELECT recipient FROM ops.outbox WHERE state = 'claimed' AND lane = ? AND recipient IS NOT NULL))
             ORDER BY created_at, report_id, position LIMIT 1",
            params![lane, at, (now + LONGEST_WAIT).naive_utc(), owner, owner, workspaces, workspaces, lane],
            |row| row.get(0),
        )
        .optional()
        .context(step)?;
    let Some(row_id) = next else { return Ok(None) };
    let mut message = transaction
        .query_row(
            "SELECT message_id, report_id, workspace, kind, route, payload, attempts, created_at, recipient
             FROM ops.outbox WHERE rowid = ?",
            params![row_id],
            |row| {
                Ok(Claimed {
                    message_id: row.get(0)?,
                    owner: row.get(1)?,
                    workspace: row.get(2)?,
                    kind: Kind::parse(&row.get::<_, String>(3)?),
                    route: row.get(4)?,
                    payload: row.get(5)?,
                    attempts: row.get::<_, u32>(6)? + 1,
                    created_at: row.get::<_, NaiveDateTime>(7)?.and_utc(),
                    claimed_at: now,
                    recipient: row.get(8)?,
                    suppressed: None,
                })
            },
        )
        .context(step)?;
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

/// Records how a claimed message ended, with what was said; an address that was refused for good
/// is suppressed in the same transaction. Gives the address then.
pub fn finish(
    connection: &mut LedgerWriter<'_>,
    message: &Claimed,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<Option<String>, WarehouseError> {
    let step = || "recording a delivery".to_owned();
    let transaction = connection.transaction().context(step)?;
    let (state, name, answer, not_before, trouble) = match &outcome.ending {
        Ending::Accepted { answer } => ("sent", "sent", answer, None, None),
        Ending::Postponed { reason, not_before, needs_operator, holds_lane } => {
            let trouble = needs_operator.then_some(if *holds_lane { "misconfigured" } else { "barred" });
            ("pending", "postponed", reason, Some(not_before.naive_utc()), trouble)
        }
        Ending::Failed { reason } => ("failed", "failed", reason, None, None),
        Ending::Unknown { reason } => ("unknown", "unknown", reason, None, None),
    };
    let answer = &redact::all(answer);
    // A sender whose lease was given up comes too late to change what was recorded since.
    let changed = transaction
        .execute(
            "UPDATE ops.outbox SET state = ?, answer = ?, not_before = ?, trouble = ?, ended_at = ?, lease_until = NULL
             WHERE message_id = ? AND (state = 'claimed' OR ? = 'sent')",
            params![state, answer, not_before, trouble, now.naive_utc(), message.message_id, state],
        )
        .context(step)?;
    if changed == 0 {
        tracing::warn!(message.id = message.message_id, "a message ended after its claim had been given up");
    }
    if state == "sent" {
        // Whatever held the lane is mended, or this one could not have gone.
        free_lane(&transaction, &message.message_id)?;
    }
    let replies = serde_json::to_string(&outcome.replies).unwrap_or_else(|_| "[]".to_owned());
    let replies = redact::all(&replies);
    let bounce = outcome.bounce.map(|bounce| if bounce == Bounce::Firm { "firm" } else { "likely" });
    transaction
        .execute(
            "INSERT INTO ops.delivery_attempt (message_id, attempt, recipient, began_at, ended_at, outcome, detail,
                 bounce, replies) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                message.message_id,
                message.attempts,
                message.recipient,
                message.claimed_at.naive_utc(),
                now.naive_utc(),
                name,
                answer,
                bounce,
                replies
            ],
        )
        .context(step)?;
    let suppressed = match (outcome.bounce, &message.recipient) {
        (Some(bounce), Some(recipient)) => {
            suppression::note(&transaction, recipient, bounce, &message.message_id, answer, now)?
        }
        _ => None,
    };
    transaction.commit().context(step)?;
    Ok(suppressed)
}

const STOPPED: &str = "Daybook stopped while this was being sent: it may or may not have gone out";

/// Claims of a process that is gone: their outcome is unknown, and they are shown, not resent. Files
/// are written again: the same file twice is one file. Called at start, when no other process can hold
/// the database.
pub fn give_up_claims(connection: &mut LedgerWriter<'_>, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    give_up(connection, "state = 'claimed'", now)
}

/// The same for claims whose lease ran out while Daybook went on.
pub fn give_up_leases(connection: &mut LedgerWriter<'_>, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let due = format!(
        "state = 'claimed' AND coalesce(lease_until, claimed_at) < TIMESTAMP '{}'",
        now.format("%Y-%m-%d %H:%M:%S%.6f")
    );
    give_up(connection, &due, now)
}

fn give_up(connection: &mut LedgerWriter<'_>, which: &str, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let step = || "looking for unfinished deliveries".to_owned();
    let transaction = connection.transaction().context(step)?;
    transaction
        .execute(
            &format!(
                "INSERT INTO ops.delivery_attempt (message_id, attempt, recipient, began_at, ended_at, outcome, detail,
                     bounce, replies)
                 SELECT message_id, attempts, recipient, coalesce(claimed_at, ?), ?, 'unknown', ?, NULL, '[]'
                 FROM ops.outbox WHERE {which}"
            ),
            params![now.naive_utc(), now.naive_utc(), STOPPED],
        )
        .context(step)?;
    let count = transaction
        .execute(
            &format!(
                "UPDATE ops.outbox SET state = CASE lane WHEN 'file' THEN 'pending' ELSE 'unknown' END,
                     answer = ?, ended_at = ?, lease_until = NULL WHERE {which}"
            ),
            params![STOPPED, now.naive_utc()],
        )
        .context(step)?;
    transaction.commit().context(step)?;
    Ok(count as u64)
}

/// Puts a failed or unknown message back, or ends the wait of a pending one, because the operator says so.
/// `false` if there is none, or if it could never be made.
pub fn requeue(
    connection: &mut LedgerWriter<'_>,
    message_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, WarehouseError> {
    // What held its lane is mended, says the operator.
    free_lane(connection, message_id)?;
    let count = connection
        .execute(
            // Its age begins anew, or it would be given up at the first refusal.
            "UPDATE ops.outbox SET state = 'pending', not_before = NULL, trouble = NULL, told = NULL, created_at = ?
             WHERE message_id = ? AND state IN ('failed', 'unknown', 'pending') AND octet_length(payload) > 0",
            params![now.naive_utc(), message_id],
        )
        .context(|| "putting a message back".to_owned())?;
    if count > 0 {
        may_go_again(connection, message_id, now)?;
    }
    Ok(count > 0)
}

/// Ends the wait of what held the lane of a message.
fn free_lane(connection: &Connection, message_id: &str) -> Result<(), WarehouseError> {
    connection
        .execute(
            "UPDATE ops.outbox SET not_before = NULL, trouble = NULL
             WHERE state = 'pending' AND trouble = 'misconfigured'
                 AND lane = (SELECT lane FROM ops.outbox WHERE message_id = ?)",
            params![message_id],
        )
        .context(|| "freeing a way out".to_owned())?;
    Ok(())
}

/// Puts every unknown message back that was tried once: the policy `after_unknown = "resend"`.
pub fn requeue_unknown(connection: &mut LedgerWriter<'_>, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let step = || "putting messages back".to_owned();
    let mut statement = connection
        .prepare(
            "UPDATE ops.outbox SET state = 'pending', not_before = NULL
             WHERE state = 'unknown' AND (SELECT count(*) FROM ops.delivery_attempt AS a
                 WHERE a.message_id = outbox.message_id AND a.outcome = 'unknown') = 1
             RETURNING message_id",
        )
        .context(step)?;
    let ids = statement.query_map([], |row| row.get(0)).context(step)?;
    let ids: Vec<String> = ids.collect::<Result<_, _>>().context(step)?;
    ids.iter().try_for_each(|id| may_go_again(connection, id, now))?;
    Ok(ids.len() as u64)
}

/// Notes in the list beside the database that a message is not to be taken for one that went out.
pub(super) fn may_go_again(
    connection: &Connection,
    message_id: &str,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    HandedOver::of(connection).map_or(Ok(()), |handed| handed.add(message_id, What::NotSent, now))
}

/// Records what the operator found out about an unknown message. `false` if there is none.
pub fn settle(
    connection: &mut LedgerWriter<'_>,
    message_id: &str,
    was_sent: bool,
    now: DateTime<Utc>,
) -> Result<bool, WarehouseError> {
    let state = if was_sent { "sent" } else { "failed" };
    let answer = format!("settled by the operator as {state}");
    let count = connection
        .execute(
            "UPDATE ops.outbox SET state = ?, answer = ?, ended_at = ?, told = ?
             WHERE message_id = ? AND state = 'unknown'",
            params![state, answer, now.naive_utc(), state, message_id],
        )
        .context(|| "settling a message".to_owned())?;
    Ok(count > 0)
}

/// Whether every message of an owner was taken by the other side, and there is at least one.
pub fn is_wholly_sent(reader: &Connection, owner: &str) -> Result<bool, WarehouseError> {
    reader
        .query_row(
            "SELECT count(*) > 0 AND count(*) = count(*) FILTER (state = 'sent') FROM ops.outbox WHERE report_id = ?",
            params![owner],
            |row| row.get(0),
        )
        .context(|| "counting a report's messages".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_without_its_name() {
        assert_eq!(bare("Jörg <CEO@Example.com> "), "ceo@example.com");
        assert_eq!(bare("ceo@example.com"), "ceo@example.com");
    }

    #[test]
    fn each_hook_is_a_lane_of_its_own() {
        let lane = |route: &str| place(route).lane;
        assert_eq!(lane(r#"{"kind":"slack","hook":"team"}"#), "slack:team");
        assert_eq!(lane(r#"{"kind":"slack_file","hook":"team","file_name":"x.pdf","title":"x"}"#), "slack:team");
        assert_eq!(lane(r#"{"kind":"mail","from":"a@b.c","to":"d@e.f"}"#), "mail");
        assert_eq!(lane("not JSON"), "");
    }
}
