//! What the other side answered, recorded for a claimed message.

use super::claim::Claimed;
use super::suppression::{self, Bounce};
use super::{Context, WarehouseError};
use crate::support::redact;
use crate::warehouse::writers::LedgerWriter;
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};
use serde::{Deserialize, Serialize};

/// How a delivery ended; in JSON with the words of the stored attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Ending {
    /// The other side took it; nobody says it was delivered or read.
    #[serde(rename = "sent")]
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

/// What the other side answered at one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// e.g. `RCPT TO`.
    pub step: String,
    pub text: String,
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

/// Records how a claimed message ended, with what was answered; an address that was refused for good
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
    // A sender whose lease was given up comes too late to change what was recorded since, and has no say in a claim
    // that another made after it.
    let changed = transaction
        .execute(
            "UPDATE ops.outbox SET state = ?, answer = ?, not_before = ?, trouble = ?, ended_at = ?, lease_until = NULL
             WHERE message_id = ? AND ((state = 'claimed' AND attempts = ?) OR ? = 'sent')",
            params![state, answer, not_before, trouble, now.naive_utc(), message.message_id, message.attempts, state],
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

/// Ends the wait of what held the lane of a message.
pub(super) fn free_lane(connection: &Connection, message_id: &str) -> Result<(), WarehouseError> {
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
    use serde_json::{json, to_value};

    /// `report --json` prints it.
    #[test]
    fn an_ending_is_an_object_with_the_words_of_attempts() {
        let sent = Ending::Accepted { answer: "250 ok".to_owned() };
        assert_eq!(to_value(sent).expect("JSON"), json!({ "outcome": "sent", "answer": "250 ok" }));
        let later = Ending::Postponed {
            reason: "busy".to_owned(),
            not_before: DateTime::from_timestamp(1_795_433_400, 0).expect("an instant"),
            needs_operator: false,
            holds_lane: false,
        };
        let wanted = json!({
            "outcome": "postponed", "reason": "busy", "not_before": "2026-11-23T11:30:00Z", "needs_operator": false,
            "holds_lane": false
        });
        assert_eq!(to_value(later).expect("JSON"), wanted);
        for (ending, outcome) in [
            (Ending::Failed { reason: "no".to_owned() }, "failed"),
            (Ending::Unknown { reason: "no".to_owned() }, "unknown"),
        ] {
            assert_eq!(to_value(ending).expect("JSON"), json!({ "outcome": outcome, "reason": "no" }));
        }
    }
}
