//! What is left of vendors' allowances, noted after each sync: a restart asks nobody who said when to ask again, and
//! `daybook quota` tells it.

use super::context::{Source, SyncContext};
use crate::connectors::spent::Held;
use crate::connectors::{Connection, Engine};
use crate::warehouse::allowances::{Hold, StatedAllowance, holds, note};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, Utc};

/// Notes what the vendor said of the connection's credential, and what is used up.
pub async fn keep(context: &SyncContext, source: &Source) {
    let (connection, now) = (&source.connection, context.clock.now());
    let (stated, holds) = known(&context.engine, connection, now);
    let (workspace, id) = (connection.workspace.clone(), connection.id.clone());
    if stated.is_empty() && holds.is_empty() {
        let is_own = |hold: &Hold| hold.workspace == workspace && hold.connection == id;
        // What was noted has been answered since.
        let is_noted = context.warehouse.read(move |reader| self::holds(reader, now)).await;
        if is_noted.is_ok_and(|noted| !noted.iter().any(is_own)) {
            return;
        }
    }
    let (workspace, id) = (connection.workspace.clone(), connection.id.clone());
    let written =
        context.warehouse.write(move |writer| note(writer, (workspace.as_str(), id.as_str()), &stated, &holds)).await;
    if let Err(error) = written {
        tracing::warn!(connection.id = connection.id, error = %error, "what is left of the allowance could not be noted");
    }
}

fn known(engine: &Engine, connection: &Connection, now: DateTime<Utc>) -> (Vec<StatedAllowance>, Vec<Hold>) {
    let stated = engine.meters().of(&connection.credential()).into_iter().map(|reading| StatedAllowance {
        workspace: connection.workspace.clone(),
        connection: connection.id.clone(),
        partition: reading.partition,
        what: reading.what,
        amount: reading.amount,
        limit: reading.limit,
        is_used: reading.is_used,
        resets_at: reading.resets_at,
        said_at: reading.said_at,
    });
    let held = engine.spent().all(&connection.workspace, &connection.id, now).into_iter().map(|held| Hold {
        workspace: connection.workspace.clone(),
        connection: connection.id.clone(),
        stream: held.stream,
        partition: held.partition,
        since: held.since,
        until: held.until,
        note: held.note,
    });
    (stated.collect(), held.collect())
}

/// Holds what was used up when an earlier process ended.
///
/// # Errors
/// As the ledger cannot be read.
pub fn remember(engine: &Engine, warehouse: &Warehouse, now: DateTime<Utc>) -> Result<(), WarehouseError> {
    for hold in warehouse.read_blocking(move |reader| holds(reader, now))? {
        let Hold { workspace, connection, stream, partition, since, until, note } = hold;
        engine.spent().restore(&workspace, &connection, Held { stream, partition, since, until, note });
    }
    Ok(())
}
