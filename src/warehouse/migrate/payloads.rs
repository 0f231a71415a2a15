//! Payloads of an outbox of before move to a table of their own, and larger ones into files, a few at a time: a scan of
//! many would hold thousands of them in memory.

use crate::support::ids::hex;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::outbox;
use duckdb::{Connection, params};
use sha2::{Digest, Sha256};

/// Bytes of one transaction, and of the log before it is written into the file.
const AT_ONCE: usize = 16 << 20;
const LONG_LOG: usize = 64 << 20;

/// Fills `ops.payload` from the outbox. Runs before its migration and not in it, as one transaction of all payloads
/// would hold them in memory; begun again it begins anew.
pub(super) fn move_out(connection: &mut Connection) -> Result<(), WarehouseError> {
    let step = || "moving payloads out of the outbox".to_owned();
    connection.execute_batch(include_str!("../migrations/0026_payload_table.sql")).context(step)?;
    one_by_one(connection, "ops.outbox", |connection, id, payload| {
        let sum = hex(&Sha256::digest(payload));
        connection
            .execute("INSERT INTO ops.payload VALUES (?, ?, ?, ?)", params![id, payload.len() as u64, sum, payload])
            .context(step)?;
        Ok(())
    })
}

/// Fills `ops.payload_filed`, and the folder beside the database with larger payloads. The same holds.
pub(super) fn move_to_files(connection: &mut Connection) -> Result<(), WarehouseError> {
    let step = || "moving payloads into files".to_owned();
    connection.execute_batch(include_str!("../migrations/0029_payload_files_table.sql")).context(step)?;
    one_by_one(connection, "ops.payload", |connection, id, payload| {
        outbox::keep_payload(connection, "ops.payload_filed", id, payload)
    })
}

/// Runs `put` on each payload of a table that is not empty, by the message's id.
fn one_by_one(
    connection: &mut Connection,
    table: &str,
    put: impl Fn(&Connection, &str, &[u8]) -> Result<(), WarehouseError>,
) -> Result<(), WarehouseError> {
    let step = || format!("moving payloads of {table}");
    let ids: Vec<String> = {
        let mut statement =
            connection.prepare(&format!("SELECT message_id FROM {table} ORDER BY rowid")).context(step)?;
        let rows = statement.query_map([], |row| row.get(0)).context(step)?;
        rows.collect::<Result<_, _>>().context(step)?
    };
    let one = format!("SELECT payload FROM {table} WHERE message_id = ?");
    let mut left = ids.iter();
    let mut in_log = 0;
    while left.len() > 0 {
        let mut moved = 0;
        let transaction = connection.transaction().context(step)?;
        for id in left.by_ref() {
            let payload: Vec<u8> = transaction.query_row(&one, params![id], |row| row.get(0)).context(step)?;
            if !payload.is_empty() {
                put(&transaction, id, &payload)?;
            }
            moved += payload.len();
            if moved >= AT_ONCE {
                break;
            }
        }
        transaction.commit().context(step)?;
        in_log += moved;
        if in_log >= LONG_LOG {
            connection.execute_batch("CHECKPOINT").context(step)?;
            in_log = 0;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::migrate::{MIGRATIONS, PAYLOADS, apply};

    /// A database as version 25 left it, on the disk, with messages of so many bytes.
    fn of_before(path: &std::path::Path, messages: usize, bytes: usize) -> Connection {
        let flags = duckdb::Config::default()
            .with("memory_limit", "512MB")
            .and_then(|flags| flags.with("preserve_insertion_order", "false"))
            .and_then(|flags| flags.with("checkpoint_threshold", "1TB"))
            .and_then(|flags| flags.with("threads", "2"))
            .expect("settings");
        let connection = Connection::open_with_flags(path, flags).expect("a database");
        connection.execute_batch("CREATE TABLE main.daybook_version (version INTEGER NOT NULL)").expect("a table");
        for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version < PAYLOADS) {
            connection.execute_batch(sql).expect("an older migration");
            connection
                .execute("INSERT INTO main.daybook_version (version) VALUES (?)", params![version])
                .expect("a version");
        }
        for number in 0..messages {
            // Bytes that no compression makes fewer, as those of a PDF.
            let seed = (number as u64).to_be_bytes();
            let payload: Vec<u8> =
                (0_u64..).flat_map(|i| Sha256::digest([seed, i.to_be_bytes()].concat())).take(bytes).collect();
            let sql = "INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, payload, state,
                attempts, created_at, kind, lane)
                VALUES (?, 'r', 'w', 0, '{}', ?, 'sent', 1, TIMESTAMP '2026-01-01', 'report', 'file')";
            connection.execute(sql, params![format!("m{number:04}"), payload]).expect("a message");
            if number % 100 == 99 {
                connection.execute_batch("CHECKPOINT").expect("folded");
            }
        }
        connection
    }

    #[test]
    fn payloads_of_an_older_outbox_move_and_keep_their_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("daybook.duckdb");
        let mut connection = of_before(&path, 150, 192 << 10);
        let sums = |connection: &Connection, sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).expect("a query");
            let rows = statement.query_map([], |row| row.get(0)).expect("rows");
            rows.collect::<Result<_, _>>().expect("texts")
        };
        let first = sums(&connection, "SELECT sha256(payload) FROM ops.outbox WHERE message_id = 'm0007'");
        apply(&mut connection).expect("migrated");
        let moved = sums(&connection, "SELECT sha256 FROM ops.payload WHERE message_id = 'm0007'");
        assert_eq!(first, moved);
        assert_eq!(
            sums(&connection, "SELECT count(*) || ' ' || sum(bytes) || ' ' || count(payload) FROM ops.payload"),
            [format!("150 {} 0", 150 * (192 << 10))]
        );
        let files = outbox::PayloadFiles::of(&path).expect("a folder");
        assert!(files.read(&moved[0], 192 << 10).expect("read").is_some());
        drop(connection);
        // The log is replayed.
        let again = Connection::open(&path).expect("opened");
        assert_eq!(
            sums(&again, "SELECT count(*)::VARCHAR FROM ops.payload JOIN ops.outbox USING (message_id)"),
            ["150"]
        );
    }

    #[test]
    fn a_move_that_was_cut_off_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = of_before(&folder.path().join("daybook.duckdb"), 3, 100);
        move_out(&mut connection).expect("moved");
        connection.execute("DELETE FROM ops.payload WHERE message_id = 'm0001'", []).expect("as if cut");
        apply(&mut connection).expect("migrated");
        let count: u64 =
            connection.query_row("SELECT count(*) FROM ops.payload", [], |row| row.get(0)).expect("a count");
        assert_eq!(count, 3);
    }
}
