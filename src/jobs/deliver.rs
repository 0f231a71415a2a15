//! Delivery: messages are claimed, sent, and marked with what the other side answered.
//!
//! Each way out (the mail server, each Slack hook, files) is a lane, so a slow mail server holds up no Slack
//! message, of this pass or a later one. Mail has several senders; one reader's mails leave in order. Where
//! nothing can go a way at all, its other messages are left alone until the next time, by every sender.

mod notices;
mod smaller;
mod weekly;

use crate::delivery::bounce::{self, bounce};
use crate::delivery::config::UnknownPolicy;
use crate::delivery::{Deliverers, DeliveryError, DeliveryResult, Disposition, Outgoing, Policy, Route, retry};
use crate::support::clock::Clock;
use crate::warehouse::outbox::{
    Bounce, Claimed, Ending, Kind, LEASE, Outcome, Reply, Whose, claim, due_lanes, finish, give_up_leases,
    is_left_over, is_wholly_sent, requeue_unknown,
};
use crate::warehouse::outbox::{HandedOver, What};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A sending that takes longer has lost its way; shorter than a claim's lease.
const LONGEST_SENDING: Duration = Duration::from_secs(50 * 60);
/// The lane of mails.
const MAIL: &str = "mail";
/// The lane of files: the same file twice is one file.
const FILE: &str = "file";
/// Stands among the lanes while the operator's notices are written; no way out is called so.
const TELLING: &str = "telling the operator";
/// Messages that wait for the operator are tried again so often, in case something was mended.
const UNTIL_MENDED: TimeDelta = TimeDelta::hours(1);
/// No message is given up before.
const FEWEST_TRIES: u32 = 4;

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    pub message_id: String,
    /// The report's id, or what else groups messages.
    pub owner: String,
    pub workspace: String,
    pub kind: Kind,
    /// As JSON.
    pub route: String,
    pub ending: Ending,
    pub replies: Vec<Reply>,
}

/// The lanes that have a sender at work; clones know the same. Passes that share them leave each
/// other's lanes alone.
#[derive(Clone, Debug, Default)]
pub struct BusyQueues(Arc<Mutex<BTreeSet<String>>>);

/// A lane of one's own until this is dropped.
struct QueueClaim<'a>(&'a BusyQueues, String);

impl BusyQueues {
    fn take(&self, lane: String) -> Option<QueueClaim<'_>> {
        let is_idle = self.lanes().insert(lane.clone());
        is_idle.then(|| QueueClaim(self, lane))
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for QueueClaim<'_> {
    fn drop(&mut self) {
        self.0.lanes().remove(&self.1);
    }
}

/// Sends every message that is due in a lane that is not `busy`, tells the operator of trouble, and lets
/// the outside watch know when a report went out whole.
pub async fn deliver_due(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    busy: &BusyQueues,
) -> Result<Vec<Delivered>, WarehouseError> {
    let now = clock.now();
    let resends = deliverers.policy.after_unknown == UnknownPolicy::Resend;
    // Most passes find nothing, and then nothing is written.
    if warehouse.read(move |reader| is_left_over(reader, resends, now)).await? {
        let lost = warehouse.write_ledger(move |connection| give_up_leases(connection, now)).await?;
        if lost > 0 {
            tracing::error!(messages = lost, "messages were being sent for more than an hour and are given up");
        }
        if resends {
            warehouse.write_ledger(move |connection| requeue_unknown(connection, now)).await?;
        }
    }
    let mut done = send_due(warehouse, deliverers, clock, busy, None).await?;
    tell(warehouse, deliverers, clock, busy, &mut done).await?;
    beat(warehouse, deliverers, &done).await?;
    Ok(done)
}

/// Sends the due messages of some reports and of no other; the operator hears of trouble as ever.
pub async fn deliver_reports(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    reports: &[&str],
) -> Result<Vec<Delivered>, WarehouseError> {
    let busy = BusyQueues::default();
    let mut done = Vec::new();
    for report in reports {
        done.extend(send_due(warehouse, deliverers, clock, &busy, Some(report)).await?);
    }
    tell(warehouse, deliverers, clock, &busy, &mut done).await?;
    beat(warehouse, deliverers, &done).await?;
    Ok(done)
}

/// Tells the operator of trouble, and how the week went.
async fn tell(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    busy: &BusyQueues,
    done: &mut Vec<Delivered>,
) -> Result<(), WarehouseError> {
    // Two passes at once would tell the same twice; who comes second leaves it to the next.
    let told = match busy.take(TELLING.to_owned()) {
        Some(_alone) => {
            notices::write(warehouse, &deliverers.policy, clock).await?
                + weekly::write(warehouse, &deliverers.policy, clock).await?
        }
        None => 0,
    };
    if told > 0 {
        done.extend(send_due(warehouse, deliverers, clock, busy, Some("operator")).await?);
    }
    Ok(())
}

/// Sends the due messages of one report or test, and nothing else.
pub async fn deliver_of(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    owner: &str,
) -> Result<Vec<Delivered>, WarehouseError> {
    send_due(warehouse, deliverers, clock, &BusyQueues::default(), Some(owner)).await
}

/// Every lane comes to its end, whatever befalls another: a sending that was cut off would be one of which
/// nobody knows. The first error is told after that.
async fn send_due(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    busy: &BusyQueues,
    owner: Option<&str>,
) -> Result<Vec<Delivered>, WarehouseError> {
    let workspaces = deliverers.policy.workspaces.as_ref().map(|ids| ids.iter().cloned().collect());
    let whose = Whose { owner: owner.map(str::to_owned), workspaces };
    let (now, wanted) = (clock.now(), whose.clone());
    let lanes = warehouse.read(move |reader| due_lanes(reader, &wanted, now)).await?;
    let idle = lanes.into_iter().filter_map(|lane| busy.take(lane));
    let senders = idle.map(|lane| send_lane(warehouse, deliverers, clock, lane, &whose));
    let done: Result<Vec<_>, _> = join_all(senders).await.into_iter().collect();
    Ok(done?.into_iter().flatten().collect())
}

async fn send_lane(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    lane: QueueClaim<'_>,
    whose: &Whose,
) -> Result<Vec<Delivered>, WarehouseError> {
    let blocked = AtomicBool::new(false);
    let sender = |most| send_in_order(warehouse, deliverers, clock, &lane.1, (whose, most, &blocked));
    // The first message shows whether any can go: a wrong login is tried once, and not by every sender.
    let mut done = sender(1).await;
    if let Ok(first) = &mut done
        && !first.is_empty()
    {
        let others = join_all((0..deliverers.senders(&lane.1)).map(|_| sender(usize::MAX))).await;
        let others: Result<Vec<_>, _> = others.into_iter().collect();
        match others {
            Ok(others) => first.extend(others.into_iter().flatten()),
            Err(error) => done = Err(error),
        }
    }
    if lane.1 == MAIL {
        deliverers.rest().await;
    }
    done
}

/// One sender of a lane: up to `most` messages one after the other, until another finds that none can go.
async fn send_in_order(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    lane: &str,
    (whose, most, blocked): (&Whose, usize, &AtomicBool),
) -> Result<Vec<Delivered>, WarehouseError> {
    let mut done = Vec::new();
    while done.len() < most && !deliverers.stop.is_set() && !blocked.load(Ordering::Relaxed) {
        let (own, wanted, now) = (lane.to_owned(), whose.clone(), clock.now());
        let claiming = warehouse.write_ledger(move |connection| claim(connection, &own, &wanted, now));
        let Some(message) = claiming.await? else { break };
        let handed = HandedOver::beside(warehouse.path()).filter(|_| lane != FILE);
        let (outcome, is_blocked) = match route_of(&message) {
            Ok(route) => hand_over(deliverers, &message, route, handed.as_ref(), clock).await,
            Err(reason) => (Ending::Failed { reason }.into(), false),
        };
        log(&message, &outcome.ending);
        let (kept, finished, now) = (message.clone(), outcome.clone(), clock.now());
        let suppressed = warehouse.write_ledger(move |connection| finish(connection, &kept, &finished, now)).await?;
        if let Some(address) = suppressed {
            tracing::warn!(address, "an address was refused for good and gets no more mail until that is lifted");
        }
        done.push(Delivered {
            message_id: message.message_id,
            owner: message.owner,
            workspace: message.workspace,
            kind: message.kind,
            route: message.route,
            ending: outcome.ending,
            replies: outcome.replies,
        });
        if is_blocked {
            blocked.store(true, Ordering::Relaxed);
        }
    }
    Ok(done)
}

/// Where a message goes, or why it goes nowhere.
fn route_of(message: &Claimed) -> Result<Route, String> {
    if let Some(since) = message.suppressed.as_ref().filter(|_| message.kind != Kind::Test) {
        return Err(format!("not sent: the address was refused on {since}"));
    }
    serde_json::from_str(&message.route).map_err(|error| format!("its route cannot be read: {error}"))
}

/// Sends a message between two lines of the list of what was handed over.
async fn hand_over(
    deliverers: &Deliverers,
    message: &Claimed,
    route: Route,
    handed: Option<&HandedOver>,
    clock: &Clock,
) -> (Outcome, bool) {
    if let Err(error) = note_handed(handed, message, What::DeliveryResult, clock.now()) {
        return (not_noted(&error, clock.now()), true);
    }
    let (outcome, is_blocked) = send(deliverers, message, route, clock).await;
    let became = match outcome.ending {
        Ending::Accepted { .. } => Some(What::Sent),
        Ending::Unknown { .. } => None,
        Ending::Postponed { .. } | Ending::Failed { .. } => Some(What::NotSent),
    };
    if let Some(what) = became
        && let Err(error) = note_handed(handed, message, what, clock.now())
    {
        tracing::warn!(message.id = message.message_id, error = %error, "the list of what was handed over cannot be written");
    }
    (outcome, is_blocked)
}

fn note_handed(
    handed: Option<&HandedOver>,
    message: &Claimed,
    what: What,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    handed.map_or(Ok(()), |handed| handed.add(&message.message_id, what, now))
}

/// What cannot be noted is not sent: a full disk is no reason to send twice.
fn not_noted(error: &WarehouseError, now: DateTime<Utc>) -> Outcome {
    let reason = format!("not sent, as it cannot be noted that it is: {error}");
    // A list that cannot be written for another reason than room is somebody's to mend.
    let needs_operator = !error.ran_short();
    let not_before = now + if needs_operator { UNTIL_MENDED } else { TimeDelta::minutes(1) };
    Ending::Postponed { reason, not_before, needs_operator, holds_lane: needs_operator }.into()
}

fn log(message: &Claimed, ending: &Ending) {
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
async fn send(deliverers: &Deliverers, message: &Claimed, route: Route, clock: &Clock) -> (Outcome, bool) {
    let outgoing = Outgoing { message_id: message.message_id.clone(), route, payload: message.payload.clone() };
    let handed = match tokio::time::timeout(LONGEST_SENDING, smaller::deliver(deliverers, &outgoing)).await {
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

/// Calls the heartbeat once if a report's messages were all taken just now.
async fn beat(warehouse: &Warehouse, deliverers: &Deliverers, done: &[Delivered]) -> Result<(), WarehouseError> {
    let reports: BTreeSet<String> = done
        .iter()
        .filter(|delivered| delivered.kind == Kind::Report && matches!(delivered.ending, Ending::Accepted { .. }))
        .map(|delivered| delivered.owner.clone())
        .collect();
    let whole = warehouse
        .read(move |reader| reports.iter().map(|report| is_wholly_sent(reader, report)).collect::<Result<Vec<_>, _>>())
        .await?;
    if whole.contains(&true)
        && let Some(Err(error)) = deliverers.beat().await
    {
        tracing::warn!(error = %error, "the heartbeat was not heard");
    }
    Ok(())
}
