//! Reports as issued and the messages born with them: claim, then send, then record what the other
//! side answered.

mod list;
mod notices;
mod sending;
mod suppression;

pub use list::{Attempt, DeliveryFilter, DeliveryLine, attempts, deliveries};
pub use notices::{Trouble, tell, troubles};
pub use sending::{
    Bounce, Claimed, Ending, LEASE, Outcome, Reply, claim, due_lanes, finish, give_up_claims, give_up_leases,
    is_wholly_sent, requeue, requeue_unknown, settle,
};
pub use suppression::{Suppressed, lift, suppressed};

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

/// Why a message was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Report,
    /// Tells the operator of trouble; its own trouble is only logged, so that no loop can start.
    Notice,
    /// Asked for by `daybook send-test`.
    Test,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Notice => "notice",
            Self::Test => "test",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "notice" => Self::Notice,
            "test" => Self::Test,
            _ => Self::Report,
        }
    }
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
    add(&transaction, Kind::Report, &new.report_id, &new.workspace, &new.messages, now)?;
    transaction.commit().context(step)?;
    Ok(true)
}

/// Puts messages of no report into the outbox, all or nothing; one that is there already stays as it is.
/// `owner` groups them, as a report id groups a report's messages.
pub fn enqueue(
    connection: &mut Connection,
    kind: Kind,
    owner: &str,
    workspace: &str,
    messages: &[NewMessage],
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let step = || "writing to the outbox".to_owned();
    let transaction = connection.transaction().context(step)?;
    add(&transaction, kind, owner, workspace, messages, now)?;
    transaction.commit().context(step)
}

fn add(
    connection: &Connection,
    kind: Kind,
    owner: &str,
    workspace: &str,
    messages: &[NewMessage],
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let step = || "writing to the outbox".to_owned();
    for (position, message) in messages.iter().enumerate() {
        let place = sending::place(&message.route);
        connection
            .execute(
                "INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, payload, state, attempts,
                     created_at, kind, lane, recipient)
                 SELECT ?, ?, ?, ?, ?, ?, 'pending', 0, ?, ?, ?, ?
                 WHERE NOT EXISTS (SELECT 1 FROM ops.outbox WHERE message_id = ?)",
                params![
                    message.message_id,
                    owner,
                    workspace,
                    position as i32,
                    message.route,
                    message.payload,
                    now.naive_utc(),
                    kind.name(),
                    place.lane,
                    place.recipient,
                    message.message_id
                ],
            )
            .context(step)?;
    }
    Ok(())
}

/// Whether a report has been issued.
pub fn is_issued(reader: &Connection, report_id: &str) -> Result<bool, WarehouseError> {
    reader
        .query_row("SELECT count(*) > 0 FROM ops.report WHERE report_id = ?", params![report_id], |row| row.get(0))
        .context(|| "looking for a report".to_owned())
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
