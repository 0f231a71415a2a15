//! Which streams of a connection tell who pays, as its connector names them.

use crate::connectors::Connection;
use crate::warehouse::new_customers::PayerStreams;

/// The streams that fill payments and earlier payers; `None` for a connection without payments.
pub fn payer_streams(connection: &Connection) -> Option<PayerStreams> {
    let streams = &connection.connector.spec.streams;
    let filling = |table: &str| {
        let found = streams.iter().find(|(_, stream)| stream.loads.iter().any(|load| load.table == table));
        found.map(|(id, _)| id.clone())
    };
    let (payments, earlier) = (filling("payment")?, filling("earlier_payer"));
    Some(PayerStreams { connection: connection.id.clone(), payments, earlier })
}
