//! Writing DuckDB's log into the database's file.

use super::error::{Context, WarehouseError};
use super::writers::BothWriter;
use std::time::{Duration, Instant};

/// What DuckDB says of a checkpoint that older transactions keep from beginning.
const ACTIVE_TRANSACTIONS: &str = "transactions active";
/// How long a checkpoint waits for readers.
const READERS_END_WITHIN: Duration = Duration::from_secs(1);
const POLL_EVERY: Duration = Duration::from_millis(10);

/// Writes the log into the file, so that a start has nothing to replay; nobody else writes. DuckDB refuses it while a
/// reader is at work who began before the newest change. Who begins now sees that change already, so only the readers of this moment are waited for.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::writers::both;
    use duckdb::Connection;

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
