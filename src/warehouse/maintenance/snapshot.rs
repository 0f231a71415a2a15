//! A copy for BI tools: facts, history, rollups and ledger, read-only, replaced as a whole, so that a
//! reader never meets a half-written one and never stands in Daybook's way.

use crate::warehouse::copies::copy::copy;
use crate::warehouse::error::WarehouseError;
use duckdb::Connection;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Messages with their attachments, addresses, raw records that could not be used, and the lists of
/// erasure stay at home: their tables are there and empty.
const WITHOUT: [&str; 10] = [
    "ops.audit",
    "ops.delivery_attempt",
    "ops.erased",
    "ops.handed_over",
    "ops.landing_removed",
    "ops.objection",
    "ops.outbox",
    "ops.payload",
    "ops.quarantine",
    "ops.suppression",
];

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Snapshot {
    pub bytes: u64,
    pub rows: u64,
}

/// A folder that is not there yet is made for others to enter, who are to read what comes into it.
fn make_folder(target: &Path) -> Result<(), WarehouseError> {
    let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) else {
        return Ok(());
    };
    let made = fs::create_dir_all(folder).and_then(|()| fs::set_permissions(folder, Permissions::from_mode(0o755)));
    made.map_err(|error| WarehouseError::io(folder, error))
}

/// Writes the snapshot to `target`, counted before it takes the place of an older one.
pub fn snapshot(connection: &Connection, target: &Path) -> Result<Snapshot, WarehouseError> {
    make_folder(target)?;
    let copied = copy(connection, target, &WITHOUT)?;
    fs::set_permissions(copied.path(), Permissions::from_mode(0o444))
        .map_err(|error| WarehouseError::io(copied.path(), error))?;
    let (proof, bytes) = copied.place(target)?;
    Ok(Snapshot { bytes, rows: proof.rows() })
}
