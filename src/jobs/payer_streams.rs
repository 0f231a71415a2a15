//! Which streams of a connection say who pays, and what subscriptions were worth when, as its connector
//! names them.

use crate::connectors::Connection;
use crate::warehouse::new_customers::PayerStreams;
use crate::warehouse::plan_history::PlanStreams;

/// The streams that fill payments and earlier payers; `None` for a connection without payments.
pub fn payer_streams(connection: &Connection) -> Option<PayerStreams> {
    let (payments, earlier) = (filling(connection, "payment")?, filling(connection, "earlier_payer"));
    Some(PayerStreams { connection: connection.id.clone(), payments, earlier })
}

/// The streams that fill subscriptions and their events; `None` for a connection without subscriptions.
pub fn plan_streams(connection: &Connection) -> Option<PlanStreams> {
    let subscriptions = filling(connection, "subscription")?;
    let events = filling(connection, "subscription_event");
    let stream = connection.connector.spec.streams.get(&subscriptions)?;
    let listing = stream.follow.as_ref().and_then(|follow| follow.listing.as_ref());
    let events_kept_days = listing.map_or(0, |listing| listing.kept_days);
    Some(PlanStreams { connection: connection.id.clone(), subscriptions, events, events_kept_days })
}

/// The stream that fills a table.
fn filling(connection: &Connection, table: &str) -> Option<String> {
    let mut streams = connection.connector.spec.streams.iter();
    let found = streams.find(|(_, stream)| stream.loads.iter().any(|load| load.table == table));
    found.map(|(id, _)| id.clone())
}
