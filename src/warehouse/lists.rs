//! What sources say of lists that are read as a whole: these have no days that it could stand at.

use super::error::{Context, WarehouseError};
use duckdb::{Connection, params};

/// A caveat of a list's newest answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCaveat {
    pub connection: String,
    pub stream: String,
    pub caveat: String,
}

/// What the newest answer of every list of a workspace says of itself, by connection and stream.
pub fn caveats(reader: &Connection, workspace: &str) -> Result<Vec<ListCaveat>, WarehouseError> {
    let step = || "reading what sources say of their lists".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT connection, stream, unnest(caveats) AS caveat FROM (
                 SELECT connection, stream, caveats, window_start FROM ops.load WHERE workspace = ?
                 QUALIFY row_number() OVER (PARTITION BY connection, stream, partition ORDER BY fetched_at DESC, loaded_at DESC) = 1)
             WHERE window_start IS NULL AND len(caveats) > 0
             ORDER BY ALL",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![workspace], |row| {
            Ok(ListCaveat { connection: row.get(0)?, stream: row.get(1)?, caveat: row.get(2)? })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
