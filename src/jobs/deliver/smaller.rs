//! A mail that is too large for a server is made smaller for that reader, and handed over again.

use crate::delivery::{Deliverers, DeliveryError, DeliveryResult, Outgoing, Reply, Route, limit_text};
use crate::report::render::email::smaller;

/// What the ledger calls this step.
const STEP: &str = "made smaller";

/// Hands a message over; where the server takes no mail so large, with less and less in it.
pub(super) async fn deliver(deliverers: &Deliverers, outgoing: &Outgoing) -> DeliveryResult {
    let mut handed = deliverers.deliver(outgoing).await;
    let Err(DeliveryError::TooLarge { most_bytes: limit, .. }) = handed.result else { return handed };
    if !matches!(outgoing.route, Route::Mail { .. }) {
        return handed;
    }
    let mut most = limit;
    let words = limit.map(limit_text);
    for step in smaller(&outgoing.payload, words.as_deref()) {
        if most.is_some_and(|most| step.raw.len() as u64 > most) {
            continue;
        }
        handed.replies.push(Reply { step: STEP, text: told(outgoing.payload.len(), step.raw.len(), &step.left_out) });
        let Outgoing { message_id, route, .. } = outgoing;
        let (message_id, route) = (message_id.clone(), route.clone());
        let next = deliverers.deliver(&Outgoing { message_id, route, payload: step.raw }).await;
        handed.replies.extend(next.replies);
        handed.result = next.result;
        match handed.result {
            Err(DeliveryError::TooLarge { most_bytes, .. }) => most = most_bytes.or(most),
            _ => return handed,
        }
    }
    handed.result = handed.result.map_err(nothing_helps);
    handed
}

fn told(before: usize, after: usize, left_out: &[String]) -> String {
    format!("{before} bytes became {after} without {}", left_out.join(", "))
}

fn nothing_helps(error: DeliveryError) -> DeliveryError {
    match error {
        DeliveryError::TooLarge { reason, .. } => DeliveryError::Permanent {
            reason: format!(
                "{reason}; leaving out files and pictures does not help: send this reader fewer sections, or have the limit raised"
            ),
        },
        error => error,
    }
}
