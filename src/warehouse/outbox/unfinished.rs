//! Messages without an outcome: claims whose sender is gone, and what the operator or a policy makes of the others.

use super::handed::{HandedOver, Last, Line, What, may_go_again};
use super::outcome::free_lane;
use super::{Context, WarehouseError};
use crate::warehouse::writers::LedgerWriter;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use duckdb::{Connection, params};

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

/// Claims of a process that is gone. Whether one went out is shown by the list of what was handed over; where that
/// does not say, the outcome is unknown, and the message is shown and not resent. Files are written again: the same
/// file twice is one file. Called at start, when no other process can hold the database.
pub fn give_up_claims(connection: &mut LedgerWriter<'_>, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    give_up(connection, "state = 'claimed'", Sender::IsGone, now)
}

/// The same for claims whose lease ran out while Daybook went on.
pub fn give_up_leases(connection: &mut LedgerWriter<'_>, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let due = format!(
        "state = 'claimed' AND coalesce(lease_until, claimed_at) < TIMESTAMP '{}'",
        now.format("%Y-%m-%d %H:%M:%S%.6f")
    );
    give_up(connection, &due, Sender::MayBeAtWork, now)
}

/// What is known of who claimed a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    IsGone,
    /// Its lease is over by a clock that may have been moved.
    MayBeAtWork,
}

/// What became of a message that was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Sent,
    NotSent,
    Unknown,
}

impl Became {
    /// State, outcome of the try, and why.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Sent => ("sent", "sent", "the other side took it; what it answered was not recorded"),
            Self::NotSent => ("pending", "postponed", "it did not go out, and its outcome was not recorded"),
            Self::Unknown => {
                ("unknown", "unknown", "Daybook stopped while this was being sent: it may or may not have gone out")
            }
        }
    }
}

/// What the message's last line in the list says. Its line is on the disk before it goes out, so without one it
/// surely did not, unless its sender is about to write it.
fn became(line: Option<&Line>, sender: Sender, claimed_at: DateTime<Utc>) -> Became {
    // Lines are of whole seconds.
    let is_of_this_claim = |line: &Line| line.at > claimed_at - TimeDelta::seconds(1);
    match (line, sender) {
        (Some(Line { what: What::Sent, .. }), _) => Became::Sent,
        (Some(Line { what: What::Handed, .. }), _) => Became::Unknown,
        (None | Some(_), Sender::IsGone) => Became::NotSent,
        (Some(line), Sender::MayBeAtWork) if is_of_this_claim(line) => Became::NotSent,
        (None | Some(_), Sender::MayBeAtWork) => Became::Unknown,
    }
}

fn give_up(
    connection: &mut LedgerWriter<'_>,
    which: &str,
    sender: Sender,
    now: DateTime<Utc>,
) -> Result<u64, WarehouseError> {
    let step = || "looking for unfinished deliveries".to_owned();
    let transaction = connection.transaction().context(step)?;
    let claimed: Vec<(String, String, Option<NaiveDateTime>)> = {
        let sql = format!("SELECT message_id, lane, claimed_at FROM ops.outbox WHERE {which} ORDER BY message_id");
        let mut statement = transaction.prepare(&sql).context(step)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).context(step)?;
        rows.collect::<Result<_, _>>().context(step)?
    };
    if claimed.is_empty() {
        return Ok(0);
    }
    let last: Option<Last> = HandedOver::of(&transaction).map(|handed| handed.read()).transpose()?.flatten();
    for (id, lane, claimed_at) in &claimed {
        let claimed_at = claimed_at.map_or(now, |at| at.and_utc());
        let became = match (lane.as_str(), &last) {
            ("file", _) => Became::NotSent,
            (_, Some(last)) => became(last.get(id), sender, claimed_at),
            (_, None) => Became::Unknown,
        };
        let (state, outcome, why) = became.words();
        transaction
            .execute(
                "INSERT INTO ops.delivery_attempt (message_id, attempt, recipient, began_at, ended_at, outcome, detail,
                     bounce, replies)
                 SELECT message_id, attempts, recipient, ?, ?, ?, ?, NULL, '[]' FROM ops.outbox WHERE message_id = ?",
                params![claimed_at.naive_utc(), now.naive_utc(), outcome, why, id],
            )
            .context(step)?;
        transaction
            .execute(
                "UPDATE ops.outbox SET state = ?, answer = ?, ended_at = ?, lease_until = NULL WHERE message_id = ?",
                params![state, why, now.naive_utc(), id],
            )
            .context(step)?;
    }
    transaction.commit().context(step)?;
    Ok(claimed.len() as u64)
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
             WHERE message_id = ? AND state IN ('failed', 'unknown', 'pending')
                 AND message_id IN (SELECT message_id FROM ops.payload)",
            params![now.naive_utc(), message_id],
        )
        .context(|| "putting a message back".to_owned())?;
    if count > 0 {
        may_go_again(connection, message_id, now)?;
    }
    Ok(count > 0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_the_list_says_what_became_of_a_claim() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let claimed_at = at("2026-11-25T12:00:00.7Z");
        let line = |what, text: &str| Line { what, at: at(text), number: 0 };
        let same_second = line(What::NotSent, "2026-11-25T12:00:00Z");
        let before = line(What::NotSent, "2026-11-25T11:00:00Z");
        for sender in [Sender::IsGone, Sender::MayBeAtWork] {
            let of = |line: &Line| became(Some(line), sender, claimed_at);
            assert_eq!(of(&line(What::Sent, "2026-11-25T12:00:01Z")), Became::Sent);
            assert_eq!(of(&line(What::Handed, "2026-11-25T12:00:01Z")), Became::Unknown);
            assert_eq!(of(&same_second), Became::NotSent);
        }
        assert_eq!(became(None, Sender::IsGone, claimed_at), Became::NotSent);
        assert_eq!(became(Some(&before), Sender::IsGone, claimed_at), Became::NotSent);
        // Under a clock that jumped its sender may be about to hand it over.
        assert_eq!(became(None, Sender::MayBeAtWork, claimed_at), Became::Unknown);
        assert_eq!(became(Some(&before), Sender::MayBeAtWork, claimed_at), Became::Unknown);
    }
}
