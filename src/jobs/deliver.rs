//! Delivery: messages are claimed, sent, and marked with what the other side answered.

use crate::delivery::{Deliverers, DeliveryError, Disposition, Outgoing};
use crate::support::clock::Clock;
use crate::warehouse::outbox::{Claimed, Ending, claim, finish};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::TimeDelta;

/// A message that is refused for the moment is tried so often, then given up.
const MOST_ATTEMPTS: u32 = 8;

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    pub workspace: String,
    /// As JSON.
    pub route: String,
    pub ending: Ending,
}

/// Sends every message that is due, one after the other, so that mail arrives in order.
pub async fn deliver_due(
    warehouse: &Warehouse,
    deliverers: &Deliverers,
    clock: &Clock,
) -> Result<Vec<Delivered>, WarehouseError> {
    let mut done = Vec::new();
    loop {
        let now = clock.now();
        let Some(message) = warehouse.write(move |connection| claim(connection, now)).await? else {
            return Ok(done);
        };
        let ending = send(deliverers, &message, clock).await;
        tracing::info!(
            workspace.id = message.workspace, message.id = message.message_id, delivery.route = message.route,
            delivery.ending = ?ending, "a message ended"
        );
        let (id, kept, now) = (message.message_id.clone(), ending.clone(), clock.now());
        warehouse.write(move |connection| finish(connection, &id, &kept, now)).await?;
        done.push(Delivered { workspace: message.workspace, route: message.route, ending });
    }
}

async fn send(deliverers: &Deliverers, message: &Claimed, clock: &Clock) -> Ending {
    let route = match serde_json::from_str(&message.route) {
        Ok(route) => route,
        Err(error) => return Ending::Failed { reason: format!("its route cannot be read: {error}") },
    };
    let outgoing = Outgoing { message_id: message.message_id.clone(), route, payload: message.payload.clone() };
    match deliverers.deliver(&outgoing).await {
        Ok(accepted) => Ending::Accepted { answer: accepted.response },
        Err(error) => ending(&error, message.attempts, clock),
    }
}

fn ending(error: &DeliveryError, attempts: u32, clock: &Clock) -> Ending {
    let reason = error.to_string();
    match error.disposition() {
        Disposition::Retry { after } if attempts < MOST_ATTEMPTS => {
            // 1, 5, 15 minutes, then every hour, unless the other side names a time.
            let minutes = [1, 5, 15].get(attempts.saturating_sub(1) as usize).copied().unwrap_or(60);
            let wait = after.and_then(|after| TimeDelta::from_std(after).ok()).unwrap_or(TimeDelta::minutes(minutes));
            Ending::Postponed { reason, not_before: clock.now() + wait }
        }
        Disposition::Retry { .. } | Disposition::GiveUp => Ending::Failed { reason },
        // The message is kept until somebody has mended the configuration.
        Disposition::TellOperator => Ending::Postponed { reason, not_before: clock.now() + TimeDelta::hours(1) },
        Disposition::AskOperator => Ending::Unknown { reason },
    }
}
