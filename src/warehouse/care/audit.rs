//! What was done to the data on purpose, by whom and when. Never holds an identifier of a person.

use crate::warehouse::error::{Context, WarehouseError};
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};

/// Notes an action; `actor` is `night` or the user at the command line.
pub fn note(
    connection: &Connection,
    now: DateTime<Utc>,
    actor: &str,
    action: &str,
    workspace: Option<&str>,
    detail: &str,
) -> Result<(), WarehouseError> {
    connection
        .execute(
            "INSERT INTO ops.audit (noted_at, actor, action, workspace, detail) VALUES (?, ?, ?, ?, ?)",
            params![now.naive_utc(), actor, action, workspace, detail],
        )
        .context(|| "noting what was done".to_owned())?;
    Ok(())
}
