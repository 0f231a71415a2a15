//! Reports as issued and the messages born with them: claim, then send, then record what the other
//! side answered.

mod claim;
mod handed;
mod holding;
mod list;
mod moving;
mod notices;
mod outcome;
mod payload;
mod payload_files;
mod place;
mod suppression;
mod unfinished;

pub use claim::{Claimed, LEASE, Whose, claim, due_lanes, unknown_workspaces};
pub use handed::{HandedOver, Last, Line, What, reconcile};
pub use holding::{Released, Tally, cancel, held, is_released, orphans, release, tally};
pub use list::{Attempt, DeliveryFilter, DeliveryLine, Waiting, attempts, deliveries, waiting};
pub use moving::{move_waiting, waiting_by_lane};
pub use notices::{Trouble, tell, troubles};
pub use outcome::{Ending, Outcome, Reply, finish, is_wholly_sent};
pub use payload::{
    Dropped, KEPT_FOR, StoredMessage, drop_payloads, keep_payload, remake, replace_lost, send_again, stored,
    sums_in_files, sweep_files,
};
pub use payload_files::PayloadFiles;
pub use suppression::{Bounce, Suppressed, lift, suppressed};
pub use unfinished::{give_up_claims, give_up_leases, is_left_over, requeue, requeue_unknown, settle};

use super::error::{Context, WarehouseError};
use super::issued::NewIssued;
use super::writers::LedgerWriter;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use std::collections::BTreeSet;

/// A report about to be issued.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// The snapshot that is kept of it.
    pub issued: NewIssued,
    pub messages: Vec<NewMessage>,
    /// The ways out whose messages are held until the installation is released, e.g. `mail`.
    pub held_lanes: BTreeSet<String>,
}

/// A message to one place.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub message_id: String,
    /// Where it goes, as JSON.
    pub route: String,
    pub payload: Vec<u8>,
    /// How the report it carries is worded; none for what is no report.
    pub locale: Option<String>,
    /// What it was made with besides its document, as JSON; none for what is no report.
    pub made_with: Option<String>,
    /// Why it could not be made: it is put down as failed, and the others go.
    pub refused: Option<String>,
}

/// Why a message was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Report,
    /// Notifies the operator of trouble; its own trouble is only logged, so that no loop can start.
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
pub fn issue(connection: &mut LedgerWriter<'_>, new: &NewReport, now: DateTime<Utc>) -> Result<bool, WarehouseError> {
    let step = || format!("issuing {}", new.issued.report_id);
    let transaction = connection.transaction().context(step)?;
    let is_known: bool = transaction
        .query_row("SELECT count(*) > 0 FROM ops.report WHERE report_id = ?", params![new.issued.report_id], |row| {
            row.get(0)
        })
        .context(step)?;
    if is_known {
        return Ok(false);
    }
    let at = now.naive_utc();
    super::issued::keep(&transaction, &new.issued, at)?;
    let held = if holding::is_released(&transaction)? { &BTreeSet::new() } else { &new.held_lanes };
    add(&transaction, (Kind::Report, &new.issued.report_id, &new.issued.workspace), &new.messages, held, now)?;
    transaction.commit().context(step)?;
    Ok(true)
}

/// Puts messages of no report into the outbox, all or nothing; one that is there already stays as it is.
/// `owner` groups them, as a report id groups a report's messages. Says how many are new.
pub fn enqueue(
    connection: &mut LedgerWriter<'_>,
    kind: Kind,
    owner: &str,
    workspace: &str,
    messages: &[NewMessage],
    now: DateTime<Utc>,
) -> Result<usize, WarehouseError> {
    let step = || "writing to the outbox".to_owned();
    let transaction = connection.transaction().context(step)?;
    let added = add(&transaction, (kind, owner, workspace), messages, &BTreeSet::new(), now)?;
    transaction.commit().context(step)?;
    Ok(added)
}

fn add(
    connection: &Connection,
    (kind, owner, workspace): (Kind, &str, &str),
    messages: &[NewMessage],
    held: &BTreeSet<String>,
    now: DateTime<Utc>,
) -> Result<usize, WarehouseError> {
    let step = || "writing to the outbox".to_owned();
    let mut count = 0;
    for (position, message) in messages.iter().enumerate() {
        let place = place::place(&message.route);
        let handed_at = handed_over(connection, &message.message_id)?;
        let gone =
            handed_at.map(|at| format!("handed over at {}, before this database was", at.format("%Y-%m-%d %H:%M UTC")));
        let state = match &message.refused {
            Some(_) => "failed",
            None if gone.is_some() => "unknown",
            None if held.contains(&place.lane) => "held",
            None => "pending",
        };
        let added = connection
            .execute(
                "INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, state, attempts, created_at, kind,
                     lane, recipient, wording, made_with, answer, ended_at)
                 SELECT ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?
                 WHERE NOT EXISTS (SELECT 1 FROM ops.outbox WHERE message_id = ?)",
                params![
                    message.message_id,
                    owner,
                    workspace,
                    position as i32,
                    message.route,
                    state,
                    now.naive_utc(),
                    kind.name(),
                    place.lane,
                    place.recipient,
                    message.locale,
                    message.made_with,
                    message.refused.as_ref().or(gone.as_ref()),
                    message.refused.as_ref().or(gone.as_ref()).map(|_| now.naive_utc()),
                    message.message_id
                ],
            )
            .context(step)?;
        count += added;
        if added > 0 {
            payload::keep(connection, &message.message_id, &message.payload)?;
        }
    }
    Ok(count)
}

/// When a message went out that this outbox did not know, by the list beside the database.
fn handed_over(connection: &Connection, message_id: &str) -> Result<Option<DateTime<Utc>>, WarehouseError> {
    let sql = "SELECT max(handed_at) FROM ops.handed_over WHERE message_id = ?";
    let at: Option<NaiveDateTime> = connection
        .query_row(sql, params![message_id], |row| row.get(0))
        .context(|| "looking for what was handed over".to_owned())?;
    Ok(at.map(|at| at.and_utc()))
}

/// Whether a report has been issued.
pub fn is_issued(reader: &Connection, report_id: &str) -> Result<bool, WarehouseError> {
    reader
        .query_row("SELECT count(*) > 0 FROM ops.report WHERE report_id = ?", params![report_id], |row| row.get(0))
        .context(|| "looking for a report".to_owned())
}
