//! One claimed message: handed over between two lines of the list beside the database, and what came of it recorded.

use super::smaller;
use crate::delivery::bounce::{self, bounce};
use crate::delivery::{Deliverers, DeliveryError, DeliveryResult, Disposition, Outgoing, Policy, Route, retry};
use crate::support::blocking::off_thread;
use crate::support::clock::Clock;
use crate::warehouse::outbox::{Bounce, Claimed, Ending, HandedOver, Kind, LEASE, Outcome, Reply, What, finish};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// A sending that takes longer has hung; shorter than a claim's lease.
const LONGEST_SENDING: Duration = Duration::from_secs(50 * 60);
/// Waits between the tries to record an outcome: without one its message counts as being sent until its lease ends.
const RECORDED_AFTER: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];
/// Messages that wait for the operator are tried again so often, in case something was mended.
const UNTIL_MENDED: TimeDelta = TimeDelta::hours(1);
/// No message is given up before.
const FEWEST_TRIES: u32 = 4;

/// Records an outcome, in a few tries: until it is recorded no other message goes to its reader.
pub(super) async fn record(
    warehouse: &Warehouse,
    message: &Claimed,
    outcome: &Outcome,
    clock: &Clock,
) -> Result<Option<String>, WarehouseError> {
    let mut waits = RECORDED_AFTER.into_iter();
    loop {
        let (kept, finished, now) = (message.clone(), outcome.clone(), clock.now());
        let error = match warehouse.write_ledger(move |connection| finish(connection, &kept, &finished, now)).await {
            Ok(suppressed) => return Ok(suppressed),
            Err(error) => error,
        };
        let Some(wait) = waits.next() else { return Err(error) };
        tracing::warn!(message.id = message.message_id, error = %error, "an outcome is not recorded yet");
        tokio::time::sleep(wait).await;
    }
}

/// Where a message goes, or why it goes nowhere.
pub(super) fn route_of(message: &Claimed) -> Result<Route, String> {
    if let Some(since) = message.suppressed.as_ref().filter(|_| message.kind != Kind::Test) {
        return Err(format!("not sent: the address was refused on {since}"));
    }
    if message.is_lost {
        return Err(format!(
            "not sent: the file with its bytes beside the database is gone or damaged; `daybook deliveries resend {}` \
             makes it again from the issued document",
            message.message_id
        ));
    }
    serde_json::from_str(&message.route).map_err(|error| format!("its route cannot be read: {error}"))
}

/// Sends a message between two lines of the list of what was handed over.
pub(super) async fn hand_over(
    deliverers: &Deliverers,
    message: &Claimed,
    outgoing: &Outgoing,
    handed: Option<&HandedOver>,
    clock: &Clock,
) -> (Outcome, bool) {
    if let Err(error) = note_handed(handed, message, What::Handed, clock.now()).await {
        return (not_noted(&error, clock.now()), true);
    }
    let (outcome, is_blocked) = send(deliverers, message, outgoing, clock).await;
    let became = match outcome.ending {
        Ending::Accepted { .. } => Some(What::Sent),
        Ending::Unknown { .. } => None,
        Ending::Postponed { .. } | Ending::Failed { .. } => Some(What::NotSent),
    };
    if let Some(what) = became
        && let Err(error) = note_handed(handed, message, what, clock.now()).await
    {
        tracing::warn!(message.id = message.message_id, error = %error, "the list of what was handed over cannot be written");
    }
    (outcome, is_blocked)
}

/// Adds a line, which waits for the disk.
async fn note_handed(
    handed: Option<&HandedOver>,
    message: &Claimed,
    what: What,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let Some(handed) = handed.cloned() else { return Ok(()) };
    let id = message.message_id.clone();
    off_thread(move || handed.add(&id, what, now)).await
}

/// What cannot be noted is not sent: a full disk is no reason to send twice.
fn not_noted(error: &WarehouseError, now: DateTime<Utc>) -> Outcome {
    let reason = format!("not sent, as it cannot be noted that it is: {error}");
    // A list that cannot be written for another reason than room is somebody's to mend.
    let needs_operator = !error.ran_short();
    let not_before = now + if needs_operator { UNTIL_MENDED } else { TimeDelta::minutes(1) };
    Ending::Postponed { reason, not_before, needs_operator, holds_lane: needs_operator }.into()
}

pub(super) fn log(message: &Claimed, ending: &Ending) {
    let (id, route, attempts) = (&message.message_id, &message.route, message.attempts);
    match ending {
        Ending::Accepted { answer } => {
            tracing::info!(message.id = id, delivery.route = route, attempts, answer, "a message was accepted");
        }
        Ending::Postponed { reason, not_before, .. } => {
            tracing::warn!(message.id = id, delivery.route = route, attempts, reason, %not_before, "a message waits");
        }
        Ending::Failed { reason } => {
            tracing::error!(message.id = id, delivery.route = route, attempts, reason, "a message failed");
        }
        Ending::Unknown { reason } => {
            tracing::error!(message.id = id, delivery.route = route, attempts, reason, "a message may have gone out");
        }
    }
}

/// How one try went, and whether the rest of the lane need not try.
async fn send(deliverers: &Deliverers, message: &Claimed, outgoing: &Outgoing, clock: &Clock) -> (Outcome, bool) {
    let handed = match tokio::time::timeout(LONGEST_SENDING, smaller::deliver(deliverers, outgoing)).await {
        Ok(handed) => handed,
        Err(_) => Err(DeliveryError::Unknown { reason: "the sending took too long".to_owned() }).into(),
    };
    outcome(handed, message, &deliverers.policy, clock.now())
}

fn outcome(handed: DeliveryResult, message: &Claimed, policy: &Policy, now: DateTime<Utc>) -> (Outcome, bool) {
    debug_assert!(LEASE.to_std().is_ok_and(|lease| lease > LONGEST_SENDING));
    let is_blocked = handed.result.as_ref().is_err_and(DeliveryError::concerns_all);
    // A refusal for another reason says nothing of the address.
    let is_refused = matches!(handed.result, Err(DeliveryError::Permanent { .. }));
    let bounce = is_refused.then(|| bounce(&handed.replies)).flatten().map(|bounce| match bounce {
        bounce::Bounce::Firm => Bounce::Firm,
        bounce::Bounce::Likely => Bounce::Likely,
    });
    let ending = match &handed.result {
        Ok(accepted) => Ending::Accepted { answer: accepted.response.clone() },
        Err(error) => ending(error, message, policy, now),
    };
    let replies = handed.replies.into_iter().map(|reply| Reply { step: reply.step.to_owned(), text: reply.text });
    (Outcome { ending, replies: replies.collect(), bounce }, is_blocked)
}

fn ending(error: &DeliveryError, message: &Claimed, policy: &Policy, now: DateTime<Utc>) -> Ending {
    let reason = error.to_string();
    let (wait, needs_operator) = match error.disposition() {
        Disposition::Retry { after } => {
            let wait = retry::wait(message.attempts, after, &message.message_id);
            (TimeDelta::from_std(wait).unwrap_or(UNTIL_MENDED), false)
        }
        Disposition::TellOperator => (UNTIL_MENDED, true),
        Disposition::GiveUp => return Ending::Failed { reason },
        Disposition::AskOperator => return Ending::Unknown { reason },
    };
    let last = message.created_at + TimeDelta::from_std(policy.give_up_after).unwrap_or(TimeDelta::days(2));
    let not_before = now + wait;
    // The clock alone ends nothing: a message is tried a few times, however late it seems to be.
    if not_before > last && message.attempts >= FEWEST_TRIES {
        let hours = (now - message.created_at).num_hours();
        let reason = format!("given up after {} tries in {hours} hours: {reason}", message.attempts);
        return Ending::Failed { reason };
    }
    Ending::Postponed { reason, not_before, needs_operator, holds_lane: error.concerns_all() && needs_operator }
}
