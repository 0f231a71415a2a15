//! Reports as issued and the messages born with them: claim, then send, then record what the other
//! side answered.

use super::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, OptionalExt, params};
use rust_decimal::Decimal;

/// A report about to be issued.
#[derive(Clone, Debug)]
pub struct NewReport {
    pub report_id: String,
    pub workspace: String,
    pub report: String,
    pub period_start: NaiveDate,
    /// The first day after the period.
    pub period_end: NaiveDate,
    /// The document as JSON.
    pub document: String,
    pub receipts: Vec<NewReceipt>,
    pub messages: Vec<NewMessage>,
}

/// What one printed figure rests on.
#[derive(Clone, Debug)]
pub struct NewReceipt {
    pub receipt: String,
    pub metric: String,
    pub period_start: NaiveDate,
    pub period_end: NaiveDate,
    pub channel: Option<String>,
    pub campaign: Option<String>,
    pub value: Option<Decimal>,
    pub text: String,
}

/// A message to one place.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub message_id: String,
    /// Where it goes, as JSON.
    pub route: String,
    pub payload: Vec<u8>,
}

/// A message claimed for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub message_id: String,
    pub workspace: String,
    pub route: String,
    pub payload: Vec<u8>,
    /// This one included.
    pub attempts: u32,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The other side took it; nobody says it was read.
    Accepted {
        answer: String,
    },
    /// Try again, not before an instant.
    Postponed {
        reason: String,
        not_before: DateTime<Utc>,
    },
    Failed {
        reason: String,
    },
    /// Nobody knows whether it went out; never sent again blindly.
    Unknown {
        reason: String,
    },
}

/// Issues a report with its receipts and messages, all or nothing. `false` if it was issued before:
/// then nothing changes, and nothing is sent twice.
pub fn issue(connection: &mut Connection, new: &NewReport, now: DateTime<Utc>) -> Result<bool, WarehouseError> {
    let step = || format!("issuing {}", new.report_id);
    let transaction = connection.transaction().context(step)?;
    let is_known: bool = transaction
        .query_row("SELECT count(*) > 0 FROM ops.report WHERE report_id = ?", params![new.report_id], |row| row.get(0))
        .context(step)?;
    if is_known {
        return Ok(false);
    }
    let at = now.naive_utc();
    transaction
        .execute(
            "INSERT INTO ops.report VALUES (?, ?, ?, ?, ?, ?, ?)",
            params![new.report_id, new.workspace, new.report, new.period_start, new.period_end, at, new.document],
        )
        .context(step)?;
    for receipt in &new.receipts {
        transaction
            .execute(
                "INSERT INTO ops.receipt VALUES (?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?)",
                params![
                    receipt.receipt,
                    new.report_id,
                    new.workspace,
                    receipt.metric,
                    receipt.period_start,
                    receipt.period_end,
                    receipt.channel,
                    receipt.campaign,
                    receipt.value.map(|value| value.to_string()),
                    receipt.text
                ],
            )
            .context(step)?;
    }
    for (position, message) in new.messages.iter().enumerate() {
        transaction
            .execute(
                "INSERT INTO ops.outbox VALUES (?, ?, ?, ?, ?, ?, 'pending', 0, ?, NULL, NULL, NULL, NULL)",
                params![
                    message.message_id,
                    new.report_id,
                    new.workspace,
                    position as i32,
                    message.route,
                    message.payload,
                    at
                ],
            )
            .context(step)?;
    }
    transaction.commit().context(step)?;
    Ok(true)
}

/// Whether a report has been issued.
pub fn is_issued(reader: &Connection, report_id: &str) -> Result<bool, WarehouseError> {
    reader
        .query_row("SELECT count(*) > 0 FROM ops.report WHERE report_id = ?", params![report_id], |row| row.get(0))
        .context(|| "looking for a report".to_owned())
}

/// Claims the next message that is due, oldest first.
pub fn claim(connection: &mut Connection, now: DateTime<Utc>) -> Result<Option<Claimed>, WarehouseError> {
    let step = || "claiming a message".to_owned();
    let at = now.naive_utc();
    let transaction = connection.transaction().context(step)?;
    let next = transaction
        .query_row(
            "SELECT message_id, workspace, route, payload, attempts FROM ops.outbox
             WHERE state = 'pending' AND (not_before IS NULL OR not_before <= ?)
             ORDER BY created_at, report_id, position LIMIT 1",
            params![at],
            |row| {
                Ok(Claimed {
                    message_id: row.get(0)?,
                    workspace: row.get(1)?,
                    route: row.get(2)?,
                    payload: row.get(3)?,
                    attempts: row.get::<_, u32>(4)? + 1,
                })
            },
        )
        .optional()
        .context(step)?;
    if let Some(message) = &next {
        transaction
            .execute(
                "UPDATE ops.outbox SET state = 'claimed', claimed_at = ?, attempts = ? WHERE message_id = ?",
                params![at, message.attempts, message.message_id],
            )
            .context(step)?;
    }
    transaction.commit().context(step)?;
    Ok(next)
}

/// Records how a claimed message ended.
pub fn finish(
    connection: &Connection,
    message_id: &str,
    ending: &Ending,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let (state, answer, not_before) = match ending {
        Ending::Accepted { answer } => ("accepted", answer, None),
        Ending::Postponed { reason, not_before } => ("pending", reason, Some(not_before.naive_utc())),
        Ending::Failed { reason } => ("failed", reason, None),
        Ending::Unknown { reason } => ("unknown", reason, None),
    };
    connection
        .execute(
            "UPDATE ops.outbox SET state = ?, answer = ?, not_before = ?, ended_at = ? WHERE message_id = ?",
            params![state, answer, not_before, now.naive_utc(), message_id],
        )
        .context(|| "recording a delivery".to_owned())?;
    Ok(())
}

/// Messages claimed by a process that is gone: their outcome is unknown, and they are shown, not resent.
/// Called at start, when no other process can hold the database.
pub fn give_up_claims(connection: &Connection, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let reason = "Daybook stopped while this was being sent: it may or may not have gone out";
    let count = connection
        .execute(
            "UPDATE ops.outbox SET state = 'unknown', answer = ?, ended_at = ? WHERE state = 'claimed'",
            params![reason, now.naive_utc()],
        )
        .context(|| "looking for unfinished deliveries".to_owned())?;
    Ok(count as u64)
}

/// A receipt with the report it was printed in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    pub receipt: String,
    pub report_id: String,
    pub workspace: String,
    pub metric: String,
    pub period_start: NaiveDate,
    pub period_end: NaiveDate,
    pub channel: Option<String>,
    pub campaign: Option<String>,
    pub value: Option<String>,
    pub text: String,
    pub issued_at: DateTime<Utc>,
}

/// Looks a receipt up.
pub fn receipt(reader: &Connection, receipt: &str) -> Result<Option<Receipt>, WarehouseError> {
    reader
        .query_row(
            "SELECT c.receipt, c.report_id, c.workspace, c.metric, c.period_start, c.period_end, c.channel, c.campaign,
                 c.value, c.text, r.issued_at
             FROM ops.receipt AS c JOIN ops.report AS r USING (report_id) WHERE c.receipt = ?",
            params![receipt],
            |row| {
                Ok(Receipt {
                    receipt: row.get(0)?,
                    report_id: row.get(1)?,
                    workspace: row.get(2)?,
                    metric: row.get(3)?,
                    period_start: row.get(4)?,
                    period_end: row.get(5)?,
                    channel: row.get(6)?,
                    campaign: row.get(7)?,
                    value: row.get(8)?,
                    text: row.get(9)?,
                    issued_at: row.get::<_, NaiveDateTime>(10)?.and_utc(),
                })
            },
        )
        .optional()
        .context(|| "looking for a receipt".to_owned())
}

/// A load that a figure rests on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoadLine {
    pub load_id: String,
    pub connection: String,
    pub stream: String,
    pub slice: String,
    pub fetched_at: DateTime<Utc>,
    pub rows: u64,
    pub manifest: String,
}

/// The loads that the rows of a fact for a workspace's days came with.
pub fn loads(
    reader: &Connection,
    workspace: &str,
    fact: &str,
    start: NaiveDate,
    end: NaiveDate,
) -> Result<Vec<LoadLine>, WarehouseError> {
    let step = || format!("looking for the loads of {fact}");
    let day = match fact {
        "contact_stage" => "entered_date",
        "influencer_post" => "posted_date",
        _ => "date",
    };
    let known = super::load::columns(reader, fact)?;
    if !known.iter().any(|column| column == day) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT l.load_id, l.connection, l.stream, l.slice, l.fetched_at, count(*)::UBIGINT, l.manifest
         FROM core.{fact} AS f JOIN ops.load AS l USING (load_id)
         WHERE f.workspace = ? AND f.{day} >= ? AND f.{day} < ? GROUP BY ALL ORDER BY l.fetched_at"
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement
        .query_map(params![workspace, start, end], |row| {
            Ok(LoadLine {
                load_id: row.get(0)?,
                connection: row.get(1)?,
                stream: row.get(2)?,
                slice: row.get(3)?,
                fetched_at: row.get::<_, NaiveDateTime>(4)?.and_utc(),
                rows: row.get(5)?,
                manifest: row.get(6)?,
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
