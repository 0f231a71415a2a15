//! Days whose facts retention has removed.

use super::error::{Context, WarehouseError};
use chrono::NaiveDate;
use duckdb::{Connection, OptionalExt};

/// The first day whose facts are all there; rollups leave earlier days as they are.
pub fn sealed_before(connection: &Connection) -> Result<NaiveDate, WarehouseError> {
    let before: Option<NaiveDate> = connection
        .query_row("SELECT max(before) FROM ops.sealed", [], |row| row.get(0))
        .optional()
        .context(|| "reading which days are sealed".to_owned())?
        .flatten();
    Ok(before.unwrap_or(NaiveDate::MIN))
}
