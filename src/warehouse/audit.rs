//! What was done to the data on purpose, by whom and when. Never holds an identifier of a person.

use crate::warehouse::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDateTime, Utc};
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

/// What was noted under some actions since an instant, the newest first, each with its day.
pub fn since(reader: &Connection, actions: &[&str], since: DateTime<Utc>) -> Result<Vec<String>, WarehouseError> {
    let step = || "reading what was done".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT noted_at, detail FROM ops.audit WHERE noted_at >= ? AND list_contains(string_split(?, ','), action)
             ORDER BY noted_at DESC",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![since.naive_utc(), actions.join(",")], |row| {
            let (at, detail): (NaiveDateTime, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("{}: {detail}", at.format("%Y-%m-%d %H:%M UTC")))
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
