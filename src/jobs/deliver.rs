//! Delivery: messages are claimed, sent, and marked with what the other side answered.
//!
//! Each way out (the mail server, each channel, files) is a lane, so a slow mail server holds up no Slack
//! message, of this pass or a later one. Mail has several senders; one reader's mails never leave two at once.
//! Where nothing can go a way at all, its other messages are left alone until the next time, by every sender.

pub(super) mod notice;
mod notices;
mod one;
mod smaller;
mod weekly;

use crate::delivery::settings::UnknownPolicy;
use crate::delivery::{Deliverers, FILE_LANE, MAIL_LANE, Outgoing};
use crate::support::clock::Clock;
use crate::warehouse::outbox::{
    Ending, HandedOver, Kind, Reply, Whose, claim, due_lanes, give_up_leases, is_left_over, is_wholly_sent,
    requeue_unknown, unknown_workspaces,
};
use crate::warehouse::{Warehouse, WarehouseError};
use futures_util::future::join_all;
use one::{hand_over, log, record, route_of};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Stands among the lanes while the operator's notices are written; no way out is called so.
const TELLING: &str = "telling the operator";

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
