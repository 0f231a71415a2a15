//! Messages and what the other side answered.

use crate::app::App;
use crate::warehouse::WarehouseError;
use crate::warehouse::outbox::{self, Attempt, DeliveryFilter, DeliveryLine, Suppressed};
use serde::Serialize;

/// A message with every try. Instants are UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageHistory {
    pub message: DeliveryLine,
    /// The oldest first.
    pub attempts: Vec<Attempt>,
    /// Where its bytes were written to a file: whether they are those that went out, in words.
    pub written: Option<String>,
}

/// The messages that a filter takes, the newest first.
pub fn deliveries(app: &App, filter: &DeliveryFilter) -> Result<Vec<DeliveryLine>, WarehouseError> {
    app.warehouse.read_blocking(|reader| outbox::deliveries(reader, filter))
}

/// One message; none where there is none of that id.
pub fn message(app: &App, id: &str) -> Result<Option<MessageHistory>, WarehouseError> {
    let filter = DeliveryFilter { message_id: Some(id.to_owned()), limit: 1, ..DeliveryFilter::default() };
    app.warehouse.read_blocking(|reader| {
        let Some(message) = outbox::deliveries(reader, &filter)?.into_iter().next() else { return Ok(None) };
        Ok(Some(MessageHistory { message, attempts: outbox::attempts(reader, id)?, written: None }))
    })
}

/// Addresses that were refused for good and get no more mail.
pub fn suppressed(app: &App) -> Result<Vec<Suppressed>, WarehouseError> {
    app.warehouse.read_blocking(outbox::suppressed)
}
