//! Payloads of messages, in a table beside the outbox, larger ones in files. Those of reports are dropped some time after the other side
//! took them, and put back where one is to go out again: the issued document stays, so nothing is lost but bytes.

use super::handed::may_go_again;
use super::payload_files::{PayloadFiles, SMALLEST};
use super::{Context, WarehouseError};
use crate::support::ids::hex;
use crate::warehouse::writers::LedgerWriter;
use chrono::{DateTime, TimeDelta, Utc};
use duckdb::{Connection, OptionalExt, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

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
    /// The sum of a payload that was dropped or lost, in lower-case hexadecimal.
    pub lacking_sha256: Option<String>,
}

/// Messages dropped, and the bytes they held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    pub messages: u64,
    pub bytes: u64,
}

/// Files of payloads that nothing names are removed when they are so old: until then the database that names them may
/// come back.
const UNNAMED_FOR: TimeDelta = TimeDelta::days(35);

/// A payload, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// There never was one, or it was dropped.
    None,
    Here(Vec<u8>),
    /// Its file is gone or damaged; with the sum.
    Lost(String),
}

/// Writes the payload of a message that has none; an empty one is none.
pub(super) fn keep(connection: &Connection, message_id: &str, payload: &[u8]) -> Result<(), WarehouseError> {
    if payload.is_empty() { Ok(()) } else { keep_payload(connection, "ops.payload", message_id, payload) }
}

/// Writes a payload to a table of the shape of `ops.payload`, and to a file where it is larger.
pub fn keep_payload(
    connection: &Connection,
    table: &str,
    message_id: &str,
    payload: &[u8],
) -> Result<(), WarehouseError> {
    let sum = hex(&Sha256::digest(payload));
    let files = connection.path().and_then(PayloadFiles::of).filter(|_| payload.len() >= SMALLEST);
    // First the file: where the transaction fails, nothing names it.
    files.as_ref().map_or(Ok(()), |files| files.add(&sum, payload))?;
    let here = files.is_none().then_some(payload);
    connection
        .execute(
            &format!("INSERT INTO {table} (message_id, bytes, sha256, payload, in_file) VALUES (?, ?, ?, ?, ?)"),
            params![message_id, payload.len() as u64, sum, here, here.is_none()],
        )
        .context(|| "keeping a message's payload".to_owned())?;
    Ok(())
}

/// The payload of a message.
pub(super) fn of(connection: &Connection, message_id: &str) -> Result<Payload, WarehouseError> {
    let row: Option<(Option<Vec<u8>>, u64, String)> = connection
        .query_row(
            "SELECT payload, bytes::UBIGINT, sha256 FROM ops.payload WHERE message_id = ?",
            params![message_id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()
        .context(|| "reading a message's payload".to_owned())?;
    let Some((here, bytes, sum)) = row else { return Ok(Payload::None) };
    if let Some(here) = here {
        return Ok(Payload::Here(here));
    }
    let found = match connection.path().and_then(PayloadFiles::of) {
        Some(files) => files.read(&sum, bytes)?,
        None => None,
    };
    Ok(found.map_or(Payload::Lost(sum), Payload::Here))
}

/// Removes files of payloads that no message names any more: those of long ago, or all of them `at_once`. Nobody may
/// be writing messages.
pub fn sweep_files(connection: &Connection, at_once: bool, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let Some(files) = connection.path().and_then(PayloadFiles::of) else { return Ok(0) };
    let before = (!at_once).then(|| (now - UNNAMED_FOR).into());
    files.sweep(&sums_in_files(connection)?, before)
}

/// The sums of payloads that lie in files.
pub fn sums_in_files(connection: &Connection) -> Result<BTreeSet<String>, WarehouseError> {
    let step = || "listing payloads".to_owned();
    // A backup is made of databases of earlier versions as well.
    let are_known: bool = connection
        .query_row(
            "SELECT count(*) > 0 FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'ops'
                 AND table_name = 'payload' AND column_name = 'in_file'",
            [],
            |row| row.get(0),
        )
        .context(step)?;
    if !are_known {
        return Ok(BTreeSet::new());
    }
    let mut statement = connection.prepare("SELECT DISTINCT sha256 FROM ops.payload WHERE in_file").context(step)?;
    let sums = statement.query_map([], |row| row.get(0)).context(step)?;
    sums.collect::<Result<_, _>>().context(step)
}

/// Drops the payloads of reports that were accepted long ago, and whose document is there to make them again. No
/// payload is read: to delete its row costs a few bytes, to change it would cost those of its neighbours.
pub fn drop_payloads(ledger: &mut LedgerWriter<'_>, now: DateTime<Utc>) -> Result<Dropped, WarehouseError> {
    let step = || "dropping payloads that went out".to_owned();
    let transaction = ledger.transaction().context(step)?;
    transaction
        .execute(
            "UPDATE ops.outbox SET payload_bytes = p.bytes, payload_sha256 = p.sha256, payload_dropped_at = ?
             FROM ops.payload AS p
             WHERE p.message_id = outbox.message_id AND kind = 'report' AND state = 'sent' AND ended_at < ?
                 AND (lane <> 'mail' OR made_with IS NOT NULL)
                 AND report_id IN (SELECT report_id FROM ops.report WHERE document IS NOT NULL)
                 AND (coalesce(wording, 'en') = 'en'
                     OR (report_id, wording) IN (SELECT (report_id, wording) FROM ops.report_wording))",
            params![now.naive_utc(), (now - KEPT_FOR).naive_utc()],
        )
        .context(step)?;
    let dropped = transaction
        .query_row(
            "SELECT count(*)::UBIGINT, coalesce(sum(bytes), 0)::UBIGINT FROM ops.payload
             WHERE message_id IN (SELECT message_id FROM ops.outbox WHERE payload_dropped_at IS NOT NULL)",
            [],
            |row| Ok(Dropped { messages: row.get(0)?, bytes: row.get(1)? }),
        )
        .context(step)?;
    transaction
        .execute(
            "DELETE FROM ops.payload
             WHERE message_id IN (SELECT message_id FROM ops.outbox WHERE payload_dropped_at IS NOT NULL)",
            [],
        )
        .context(step)?;
    transaction.commit().context(step)?;
    Ok(dropped)
}

/// A message with its payload, or what is known of it.
pub fn stored(reader: &Connection, message_id: &str) -> Result<Option<StoredMessage>, WarehouseError> {
    let found = reader
        .query_row(
            "SELECT message_id, report_id, route, wording, made_with, state, payload_sha256
             FROM ops.outbox WHERE message_id = ?",
            params![message_id],
            |row| {
                Ok(StoredMessage {
                    message_id: row.get(0)?,
                    report_id: row.get(1)?,
                    route: row.get(2)?,
                    locale: row.get(3)?,
                    made_with: row.get(4)?,
                    state: row.get(5)?,
                    payload: None,
                    lacking_sha256: row.get(6)?,
                })
            },
        )
        .optional()
        .context(|| "looking for a message".to_owned())?;
    let Some(mut message) = found else { return Ok(None) };
    match of(reader, message_id)? {
        Payload::None => {}
        Payload::Here(payload) => message.payload = Some(payload),
        Payload::Lost(sum) => message.lacking_sha256 = Some(sum),
    }
    Ok(Some(message))
}

/// Gives a message a payload in place of one that was dropped or lost. It has one no more where it was erased meanwhile.
fn put_back(connection: &Connection, message_id: &str, payload: &[u8]) -> Result<(), WarehouseError> {
    let step = || "keeping a payload that was made again".to_owned();
    let was_dropped = connection
        .execute(
            "UPDATE ops.outbox SET payload_dropped_at = NULL, payload_bytes = NULL, payload_sha256 = NULL
             WHERE message_id = ? AND payload_dropped_at IS NOT NULL",
            params![message_id],
        )
        .context(step)?;
    let was_lost =
        connection.execute("DELETE FROM ops.payload WHERE message_id = ?", params![message_id]).context(step)?;
    if was_dropped + was_lost > 0 { keep(connection, message_id, payload) } else { Ok(()) }
}

/// The same for a message that did not go out.
pub fn replace_lost(ledger: &mut LedgerWriter<'_>, message_id: &str, payload: &[u8]) -> Result<(), WarehouseError> {
    let step = || "keeping a payload that was made again".to_owned();
    let transaction = ledger.transaction().context(step)?;
    put_back(&transaction, message_id, payload)?;
    transaction.commit().context(step)
}

/// Gives a message that did not go out another route and payload.
pub fn remake(
    ledger: &mut LedgerWriter<'_>,
    message_id: &str,
    route: &str,
    payload: &[u8],
) -> Result<(), WarehouseError> {
    let step = || "keeping a message that was made again".to_owned();
    let transaction = ledger.transaction().context(step)?;
    let count = transaction
        .execute(
            "UPDATE ops.outbox SET route = ? WHERE message_id = ? AND state IN ('pending', 'failed', 'unknown')",
            params![route, message_id],
        )
        .context(step)?;
    if count > 0 {
        put_back(&transaction, message_id, payload)?;
    }
    transaction.commit().context(step)
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
    payload.map_or(Ok(()), |payload| put_back(&transaction, message_id, payload))?;
    let count = transaction
        .execute(
            "UPDATE ops.outbox SET state = 'pending', not_before = NULL, trouble = NULL, told = NULL, created_at = ?
             WHERE message_id = ? AND state = 'sent' AND message_id IN (SELECT message_id FROM ops.payload)",
            params![now.naive_utc(), message_id],
        )
        .context(step)?;
    if count == 0 {
        return Ok(false);
    }
    may_go_again(&transaction, message_id, now)?;
    transaction.commit().context(step)?;
    Ok(true)
}
