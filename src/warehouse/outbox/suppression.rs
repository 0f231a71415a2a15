//! Addresses that were refused for good. Mail to them would only harm the sender's name.

use super::place::bare;
use super::{Context, WarehouseError};
use crate::warehouse::writers::LedgerWriter;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, OptionalExt, params};

/// An address that gets no mail, until somebody lifts that.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Suppressed {
    pub address: String,
    pub reason: String,
    /// The mail that was refused.
    pub message_id: String,
    pub suppressed_at: DateTime<Utc>,
}

/// A refusal of the address itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounce {
    /// The other side answered that the mailbox does not exist: no mail goes there any more.
    Firm,
    /// A refusal that says no more: the second message refused so ends the mails.
    Likely,
}

/// Every suppressed address, newest first.
pub fn suppressed(reader: &Connection) -> Result<Vec<Suppressed>, WarehouseError> {
    let step = || "reading the suppressed addresses".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT address, reason, message_id, suppressed_at FROM ops.suppression WHERE lifted_at IS NULL
             ORDER BY suppressed_at DESC, address",
        )
        .context(step)?;
    let rows = statement
        .query_map([], |row| {
            Ok(Suppressed {
                address: row.get(0)?,
                reason: row.get(1)?,
                message_id: row.get(2)?,
                suppressed_at: row.get::<_, NaiveDateTime>(3)?.and_utc(),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Lets mail go to an address again. `false` if it was not suppressed.
pub fn lift(connection: &mut LedgerWriter<'_>, address: &str, now: DateTime<Utc>) -> Result<bool, WarehouseError> {
    let count = connection
        .execute(
            "UPDATE ops.suppression SET lifted_at = ? WHERE address = ? AND lifted_at IS NULL",
            params![now.naive_utc(), bare(address)],
        )
        .context(|| "lifting a suppression".to_owned())?;
    Ok(count > 0)
}

/// Why an address gets no mail.
pub(super) fn reason(reader: &Connection, address: &str) -> Result<Option<String>, WarehouseError> {
    reader
        .query_row(
            "SELECT strftime(suppressed_at, '%Y-%m-%d') || ': ' || reason FROM ops.suppression
             WHERE address = ? AND lifted_at IS NULL LIMIT 1",
            params![address],
            |row| row.get(0),
        )
        .optional()
        .context(|| "looking for a suppression".to_owned())
}

/// Suppresses an address after a firm refusal, or after likely ones of two messages since it was last
/// lifted. The attempt must be in the ledger already. Gives the address if it is suppressed now.
pub(super) fn note(
    connection: &Connection,
    address: &str,
    bounce: Bounce,
    message_id: &str,
    words: &str,
    now: DateTime<Utc>,
) -> Result<Option<String>, WarehouseError> {
    let step = || "suppressing an address".to_owned();
    if reason(connection, address)?.is_some() {
        return Ok(None);
    }
    let refused: u32 = connection
        .query_row(
            "SELECT count(DISTINCT message_id)::UINTEGER FROM ops.delivery_attempt
             WHERE recipient = ? AND bounce IS NOT NULL AND ended_at > coalesce(
                 (SELECT max(lifted_at) FROM ops.suppression WHERE address = ?), TIMESTAMP '1970-01-01')",
            params![address, address],
            |row| row.get(0),
        )
        .context(step)?;
    if bounce == Bounce::Likely && refused < 2 {
        return Ok(None);
    }
    connection
        .execute(
            "INSERT INTO ops.suppression (address, reason, message_id, suppressed_at, lifted_at) VALUES (?, ?, ?, ?, NULL)",
            params![address, words, message_id, now.naive_utc()],
        )
        .context(step)?;
    Ok(Some(address.to_owned()))
}
