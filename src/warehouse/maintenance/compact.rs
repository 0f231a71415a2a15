//! Checkpoint and compaction. DuckDB reuses freed blocks but hardly ever gives them back; a copy
//! takes only what is held, and takes the file's place once it is proved equal.

use super::copy::{copy, wal};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::worker::{BothWriter, Warehouse};
use duckdb::Connection;
use std::fs;
use std::time::{Duration, Instant};

/// A file with less free space than this is left as it is.
const WORTH_IT_BYTES: u64 = 16 << 20;
/// What DuckDB says of a checkpoint that older transactions keep from beginning.
const ACTIVE_TRANSACTIONS: &str = "transactions active";
/// How long a checkpoint waits for readers.
const READERS_END_WITHIN: Duration = Duration::from_secs(1);
const POLL_EVERY: Duration = Duration::from_millis(10);

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

/// Writes the log into the file, so that a start has nothing to replay; nobody else writes. DuckDB refuses it while a reader is at work who began before the
/// newest change. Who begins now sees that change already, so only the readers of this moment are waited for.
pub fn checkpoint(connection: &BothWriter<'_>) -> Result<(), WarehouseError> {
    let begun = Instant::now();
    loop {
        match connection.execute_batch("CHECKPOINT") {
            Err(error) if begun.elapsed() < READERS_END_WITHIN && error.to_string().contains(ACTIVE_TRANSACTIONS) => {
                std::thread::sleep(POLL_EVERY);
            }
            result => return result.context(|| "writing the log into the database".to_owned()),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::worker::both;

    /// DuckDB refuses a checkpoint while a reader is at work who began before a row was changed.
    #[test]
    fn a_checkpoint_waits_for_readers_who_began_before_the_newest_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let flags = duckdb::Config::default().with("checkpoint_threshold", "1TB").expect("settings");
        let mut writer = Connection::open_with_flags(folder.path().join("x.duckdb"), flags).expect("a database");
        writer.execute_batch("CREATE TABLE t AS SELECT i FROM range(10) AS r(i)").expect("a table");
        let reader = writer.try_clone().expect("a reader");
        reader.execute_batch("BEGIN; SELECT sum(i) FROM t").expect("begun");
        writer.execute_batch("UPDATE t SET i = i + 1").expect("changed");
        assert!(writer.execute_batch("CHECKPOINT").is_err(), "what is waited for");
        let reading = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            reader.execute_batch("COMMIT").expect("ended");
        });
        checkpoint(&both(&mut writer)).expect("written");
        reading.join().expect("read");
    }
}
