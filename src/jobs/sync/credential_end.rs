//! When a connection's credential ends, as its vendor says: asked once a day, beside the streams.

use super::context::{Source, SyncContext};
use crate::warehouse::credential_ends::{StatedEnd, all, note};
use chrono::TimeDelta;

/// An answer is as good as a new one for so long.
const ASKED_AGAIN_AFTER: TimeDelta = TimeDelta::hours(20);

/// Asks the vendor when the connection's credential ends, unless it was asked lately.
pub async fn ask(context: &SyncContext, source: &Source) {
    let connection = &source.connection;
    if connection.connector.spec.horizon.as_ref().is_none_or(|horizon| horizon.request.is_none()) {
        return;
    }
    let (now, credential) = (context.clock.now(), connection.credential());
    let is_known = |stated: &StatedEnd| {
        stated.workspace == connection.workspace
            && stated.connection == connection.id
            && stated.credential == credential
            && (now - stated.asked_at).abs() < ASKED_AGAIN_AFTER
    };
    let known = match context.warehouse.read(all).await {
        Ok(known) if known.iter().any(is_known) => return,
        Ok(known) => known,
        Err(error) => return tell(source, &error.to_string()),
    };
    // A vendor that cannot be asked is asked tomorrow; until then stands what it said of the same secrets.
    let before = known.iter().find(|stated| {
        (&stated.workspace, &stated.connection) == (&connection.workspace, &connection.id)
            && stated.credential == credential
    });
    let ends_at = match context.engine.credential_end(connection).await {
        Ok(ends_at) => ends_at,
        Err(error) => {
            tell(source, &error.to_string());
            before.and_then(|stated| stated.ends_at)
        }
    };
    let (workspace, id) = (connection.workspace.clone(), connection.id.clone());
    let stated = StatedEnd { workspace, connection: id, credential, ends_at, asked_at: now };
    if let Err(error) = context.warehouse.write(move |writer| note(writer, &stated)).await {
        tell(source, &error.to_string());
    }
}

fn tell(source: &Source, error: &str) {
    tracing::warn!(
        workspace.id = source.connection.workspace,
        connection.id = source.connection.id,
        error,
        "when the credential ends is not known"
    );
}
