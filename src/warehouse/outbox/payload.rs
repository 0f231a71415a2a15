//! Payloads of reports: dropped some time after the other side took them, and put back where one is to go out
//! again. The issued document stays, so nothing is lost but bytes.

use super::{Context, WarehouseError};
use crate::warehouse::worker::LedgerWriter;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use duckdb::{Connection, OptionalExt, params};

/// So long after it was accepted a report's message keeps its payload.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// What is kept of a message to make it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    pub message_id: String,
    pub report_id: String,
    /// As JSON.
    pub route: String,
    /// How the report it carries is worded; absent in messages of early versions.
    pub locale: Option<String>,
    /// As JSON; absent in mails of early versions.
    pub made_with: Option<String>,
    pub state: String,
    /// Absent once it was dropped.
    pub payload: Option<Vec<u8>>,
    pub dropped: Option<DroppedPayload>,
}

/// What is known of a payload that was dropped.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DroppedPayload {
    pub at: DateTime<Utc>,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// Messages dropped, and the bytes they held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    pub messages: u64,
    pub bytes: u64,
}

/// Drops the payloads of reports that were accepted long ago, and whose document is there to make them again.
pub fn drop_payloads(ledger: &mut LedgerWriter<'_>, now: DateTime<Utc>) -> Result<Dropped, WarehouseError> {
    let step = || "dropping payloads that went out".to_owned();
    let due = "kind = 'report' AND state = 'sent' AND ended_at < ? AND payload_dropped_at IS NULL
         AND octet_length(payload) > 0 AND (lane <> 'mail' OR made_with IS NOT NULL)
         AND report_id IN (SELECT report_id FROM ops.report WHERE document IS NOT NULL)";
    let old = (now - KEPT_FOR).naive_utc();
    let transaction = ledger.transaction().context(step)?;
    let bytes: u64 = transaction
        .query_row(
            &format!("SELECT coalesce(sum(octet_length(payload)), 0)::UBIGINT FROM ops.outbox WHERE {due}"),
            params![old],
            |row| row.get(0),
        )
        .context(step)?;
    let sql = format!(
        "UPDATE ops.outbox SET payload_bytes = octet_length(payload), payload_sha256 = sha256(payload),
             payload_dropped_at = ?, payload = ''::BLOB WHERE {due}"
    );
    let messages = transaction.execute(&sql, params![now.naive_utc(), old]).context(step)?;
    transaction.commit().context(step)?;
    Ok(Dropped { messages: messages as u64, bytes })
}

/// A message with its payload, or what is known of it.
pub fn stored(reader: &Connection, message_id: &str) -> Result<Option<StoredMessage>, WarehouseError> {
    reader
        .query_row(
            "SELECT message_id, report_id, route, wording, made_with, state, payload, payload_dropped_at, payload_sha256
             FROM ops.outbox WHERE message_id = ?",
            params![message_id],
            |row| {
                let dropped_at: Option<NaiveDateTime> = row.get(7)?;
                let sha256: Option<String> = row.get(8)?;
                let payload: Vec<u8> = row.get(6)?;
                Ok(StoredMessage {
                    message_id: row.get(0)?,
                    report_id: row.get(1)?,
                    route: row.get(2)?,
                    locale: row.get(3)?,
                    made_with: row.get(4)?,
                    state: row.get(5)?,
                    payload: Some(payload).filter(|payload| !payload.is_empty()),
                    dropped: dropped_at
                        .map(|at| DroppedPayload { at: at.and_utc(), sha256: sha256.unwrap_or_default() }),
                })
            },
        )
        .optional()
        .context(|| "looking for a message".to_owned())
}

/// Puts a message that went out back into the outbox, because the operator says so, with `payload` where its own
/// was dropped. `false` if it did not go out, or has nothing to send.
pub fn send_again(
    ledger: &mut LedgerWriter<'_>,
    message_id: &str,
    payload: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Result<bool, WarehouseError> {
    let step = || "sending a message again".to_owned();
    let transaction = ledger.transaction().context(step)?;
    if let Some(payload) = payload {
        transaction
            .execute(
                "UPDATE ops.outbox SET payload = ?, payload_dropped_at = NULL, payload_bytes = NULL,
                     payload_sha256 = NULL WHERE message_id = ? AND payload_dropped_at IS NOT NULL",
                params![payload, message_id],
            )
            .context(step)?;
    }
    let count = transaction
        .execute(
            "UPDATE ops.outbox SET state = 'pending', not_before = NULL, trouble = NULL, told = NULL, created_at = ?
             WHERE message_id = ? AND state = 'sent' AND octet_length(payload) > 0",
            params![now.naive_utc(), message_id],
        )
        .context(step)?;
    if count == 0 {
        return Ok(false);
    }
    super::sending::may_go_again(&transaction, message_id, now)?;
    transaction.commit().context(step)?;
    Ok(true)
}
