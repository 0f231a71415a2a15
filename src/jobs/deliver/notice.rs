//! A notice to the operator: the same words to each of their channels.

use crate::delivery::{Route, note};
use crate::support::ids::stable_id;
use crate::warehouse::outbox::NewMessage;
use chrono::{DateTime, Utc};

/// What groups notices in the outbox.
pub(in crate::jobs) const OWNER: &str = "operator";

/// One message for each channel. `key` makes the same notice the same messages, which the outbox takes once.
pub(in crate::jobs) fn messages<'a>(
    operator: impl IntoIterator<Item = &'a Route>,
    key: &[&str],
    subject: &str,
    text: &str,
    now: DateTime<Utc>,
) -> Vec<NewMessage> {
    let mut messages = Vec::new();
    for route in operator {
        let Ok(written) = serde_json::to_string(route) else { continue };
        let message_id = stable_id("msg", &[key, &[written.as_str()]].concat());
        match note::payload(route, subject, text, &message_id, now) {
            Ok(payload) => messages.push(NewMessage {
                message_id,
                route: written,
                payload,
                locale: None,
                made_with: None,
                refused: None,
            }),
            Err(error) => tracing::error!(error = %error, "the operator cannot be told"),
        }
    }
    messages
}
