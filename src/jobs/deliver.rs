//! Delivery: messages are claimed, sent, and marked with what the other side answered.
//!
//! Each way out (the mail server, each Slack hook, files) is a lane, so a slow mail server holds up no Slack
//! message, of this pass or a later one. Mail has several senders; one reader's mails never leave two at once.
//! Where nothing can go a way at all, its other messages are left alone until the next time, by every sender.

pub(super) mod notice;
mod notices;
mod smaller;
mod weekly;

use crate::delivery::bounce::{self, bounce};
use crate::delivery::config::UnknownPolicy;
use crate::delivery::{
    Deliverers, DeliveryError, DeliveryResult, Disposition, FILE_LANE, MAIL_LANE, Outgoing, Policy, Route, retry,
};
use crate::support::blocking::off_thread;
use crate::support::clock::Clock;
use crate::warehouse::outbox::{
    Bounce, Claimed, Ending, Kind, LEASE, Outcome, Reply, Whose, claim, due_lanes, finish, give_up_leases,
    is_left_over, is_wholly_sent, requeue_unknown, unknown_workspaces,
};
use crate::warehouse::outbox::{HandedOver, What};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A sending that takes longer has hung; shorter than a claim's lease.
const LONGEST_SENDING: Duration = Duration::from_secs(50 * 60);
/// Waits between the tries to record an outcome: without one its message counts as being sent until its lease ends.
const RECORDED_AFTER: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];
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

/// Sends every message that is due in a lane that is not `busy`, notifies the operator of trouble, and lets
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
    let sent = send_due(warehouse, deliverers, clock, busy, None).await;
    told(warehouse, deliverers, clock, busy, sent).await
}

/// Sends the due messages of some reports and of no other; the operator is notified of trouble as ever.
pub async fn deliver_reports(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    reports: &[&str],
) -> Result<Vec<Delivered>, WarehouseError> {
    let busy = BusyQueues::default();
    let mut sent = Sent::default();
    for report in reports {
        sent.add(send_due(warehouse, deliverers, clock, &busy, Some(report)).await);
    }
    told(warehouse, deliverers, clock, &busy, sent).await
}

/// What went out, and the first error of those who sent it: one sender's trouble takes nothing from the others.
#[derive(Debug, Default)]
struct Sent {
    done: Vec<Delivered>,
    error: Option<WarehouseError>,
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.error = self.error.take().or(other.error);
    }

    fn all(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        parts.into_iter().for_each(|part| all.add(part));
        all
    }

    fn result(self) -> Result<Vec<Delivered>, WarehouseError> {
        self.error.map_or(Ok(self.done), Err)
    }
}

impl From<WarehouseError> for Sent {
    fn from(error: WarehouseError) -> Self {
        Self { done: Vec::new(), error: Some(error) }
    }
}

/// Reports what went out, also where an error is given after that.
async fn told(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    busy: &BusyQueues,
    mut sent: Sent,
) -> Result<Vec<Delivered>, WarehouseError> {
    match tell(warehouse, deliverers, clock, busy).await {
        Ok(told) => sent.add(told),
        Err(error) => sent.add(error.into()),
    }
    if let Err(error) = beat(warehouse, deliverers, &sent.done).await {
        sent.add(error.into());
    }
    sent.result()
}

/// Notifies the operator of trouble, and of how the week went.
async fn tell(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    busy: &BusyQueues,
) -> Result<Sent, WarehouseError> {
    // Two passes at once would report the same twice; who comes second leaves it to the next.
    let told = match busy.take(TELLING.to_owned()) {
        Some(_alone) => {
            notices::write(warehouse, &deliverers.policy, clock).await?
                + weekly::write(warehouse, &deliverers.policy, clock).await?
        }
        None => 0,
    };
    match told {
        0 => Ok(Sent::default()),
        _ => Ok(send_due(warehouse, deliverers, clock, busy, Some(notice::OWNER)).await),
    }
}

/// Sends the due messages of one report or test, and nothing else.
pub async fn deliver_of(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    owner: &str,
) -> Result<Vec<Delivered>, WarehouseError> {
    send_due(warehouse, deliverers, clock, &BusyQueues::default(), Some(owner)).await.result()
}

/// Every lane comes to its end, even if another fails: a sending that was cut off would be one of which nobody
/// knows.
async fn send_due(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    busy: &BusyQueues,
    owner: Option<&str>,
) -> Sent {
    let known: Option<Vec<String>> = deliverers.policy.workspaces.as_ref().map(|ids| ids.iter().cloned().collect());
    let (owner, now) = (owner.map(str::to_owned), clock.now());
    let found = warehouse.read(move |reader| {
        let left_out = known.map_or(Ok(Vec::new()), |known| unknown_workspaces(reader, &known))?;
        let whose = Whose { owner, left_out };
        Ok((due_lanes(reader, &whose, now)?, whose))
    });
    let (lanes, whose) = match found.await {
        Ok(found) => found,
        Err(error) => return error.into(),
    };
    let idle = lanes.into_iter().filter_map(|lane| busy.take(lane));
    let senders = idle.map(|lane| send_lane(warehouse, deliverers, clock, lane, &whose));
    Sent::all(join_all(senders).await)
}

async fn send_lane(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    lane: QueueClaim<'_>,
    whose: &Whose,
) -> Sent {
    let blocked = AtomicBool::new(false);
    let sender = |most| send_in_order(warehouse, deliverers, clock, &lane.1, (whose, most, &blocked));
    // The first message shows whether any can go: a wrong login is tried once, and not by every sender.
    let mut sent = sender(1).await;
    if sent.error.is_none() && !sent.done.is_empty() {
        sent.add(Sent::all(join_all((0..deliverers.senders(&lane.1)).map(|_| sender(usize::MAX))).await));
    }
    if lane.1 == MAIL_LANE {
        deliverers.rest().await;
    }
    sent
}

/// One sender of a lane: up to `most` messages one after the other, until another finds that none can go.
async fn send_in_order(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
    lane: &str,
    (whose, most, blocked): (&Whose, usize, &AtomicBool),
) -> Sent {
    let mut sent = Sent::default();
    while sent.done.len() < most && !deliverers.stop.is_cancelled() && !blocked.load(Ordering::Relaxed) {
        let (own, wanted, now) = (lane.to_owned(), whose.clone(), clock.now());
        let claiming = warehouse.write_ledger(move |connection| claim(connection, &own, &wanted, now));
        let mut message = match claiming.await {
            Ok(Some(message)) => message,
            Ok(None) => break,
            Err(error) => {
                sent.add(error.into());
                break;
            }
        };
        let payload = std::mem::take(&mut message.payload);
        let handed = HandedOver::beside(warehouse.path()).filter(|_| lane != FILE_LANE);
        let (outcome, is_blocked) = match route_of(&message) {
            Ok(route) => {
                let outgoing = Outgoing { message_id: message.message_id.clone(), route, payload };
                hand_over(deliverers, &message, &outgoing, handed.as_ref(), clock).await
            }
            Err(reason) => (Ending::Failed { reason }.into(), false),
        };
        log(&message, &outcome.ending);
        match record(warehouse, &message, &outcome, clock).await {
            Ok(None) => {}
            Ok(Some(address)) => {
                tracing::warn!(address, "an address was refused for good and gets no more mail until that is lifted");
            }
            // It went out or not, and is reported as such; the list beside the database knows.
            Err(error) => sent.add(error.into()),
        }
        sent.done.push(Delivered {
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
        if sent.error.is_some() {
            break;
        }
    }
    sent
}

/// Records an outcome, in a few tries: until it is recorded no other message goes to its reader.
async fn record(
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
fn route_of(message: &Claimed) -> Result<Route, String> {
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
async fn hand_over(
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
