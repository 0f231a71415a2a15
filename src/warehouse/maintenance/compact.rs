//! Compaction. DuckDB reuses freed blocks but hardly ever gives them back; a copy
//! takes only what is held, and takes the file's place once it is proved equal.

use crate::warehouse::copies::copy::copy;
use crate::warehouse::disk::wal;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::worker::Warehouse;
use duckdb::Connection;
use std::fs;

pub use crate::warehouse::checkpoint::checkpoint;

/// A file with less free space than this is left as it is.
const WORTH_IT_BYTES: u64 = 16 << 20;
/// How much of the file holds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Space {
    pub bytes: u64,
    pub free_bytes: u64,
}

impl Space {
    /// Free bytes of a hundred.
    pub fn free_percent(self) -> u64 {
        (self.free_bytes * 100).checked_div(self.bytes).unwrap_or(0)
    }

    /// Whether a compaction pays.
    pub fn is_wasteful(self, at_free_percent: u64) -> bool {
        self.free_bytes >= WORTH_IT_BYTES && self.free_percent() >= at_free_percent
    }
}

/// What a compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Compacted {
    pub bytes_before: u64,
    pub bytes_after: u64,
    /// Rows found equal in both.
    pub rows: u64,
}

/// How full the file is.
pub fn space(connection: &Connection) -> Result<Space, WarehouseError> {
    connection
        .query_row(
            "SELECT (total_blocks * block_size)::UBIGINT, (free_blocks * block_size)::UBIGINT
             FROM pragma_database_size() WHERE database_name = current_database()",
            [],
            |row| Ok(Space { bytes: row.get(0)?, free_bytes: row.get(1)? }),
        )
        .context(|| "measuring the database".to_owned())
}

/// Copies the database together and swaps the files. Writes wait; readers go on until the swap.
///
/// # Errors
/// The file is untouched after every error, and open again.
pub fn compact(warehouse: &Warehouse) -> Result<Compacted, WarehouseError> {
    let target = warehouse.path().with_extension("compact");
    warehouse.swap_blocking(
        move |connection, path| {
            checkpoint(connection)?;
            let before = fs::metadata(path).map_err(|error| WarehouseError::io(path, error))?.len();
            Ok((copy(connection, &target, &[])?, before))
        },
        |(copied, bytes_before), path| {
            if wal(path).exists() {
                let message = "the log could not be written into the database; the compaction was left for later";
                return Err(WarehouseError::Invalid(message.to_owned()));
            }
            let (proof, bytes_after) = copied.place(path)?;
            Ok(Compacted { bytes_before, bytes_after, rows: proof.rows() })
        },
    )
}
