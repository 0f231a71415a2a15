//! The records of dropped files: what became of each.

use super::coverage::Place;
use super::error::{Context, WarehouseError};
use crate::domain::dropped::{FileStanding, FileState};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use std::collections::BTreeMap;

/// A file with the content and way of reading that its state is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    pub file: FileStanding,
    pub slice: String,
}

/// Enters how files of a workspace stand; all or nothing.
pub fn note(connection: &mut Connection, workspace: &str, files: &[Noted]) -> Result<(), WarehouseError> {
    let step = || "noting dropped files".to_owned();
    if files.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction().context(step)?;
    transaction
        .execute_batch("CREATE OR REPLACE TEMP TABLE noted AS SELECT * FROM ops.dropped_file LIMIT 0")
        .context(step)?;
    {
        let mut appender = transaction.appender("noted").context(step)?;
        for Noted { file, slice } in files {
            let (first, last) = file.days.unzip();
            let bad = file.bad_days.as_ref();
            let bad = bad.map(|days| days.iter().map(NaiveDate::to_string).collect::<Vec<_>>().join(","));
            appender
                .append_row(params![
                    workspace,
                    file.connection,
                    file.stream,
                    file.name,
                    file.state.name(),
                    file.reason,
                    slice,
                    file.modified_at.map(|at| at.naive_utc()),
                    file.seen_at.naive_utc(),
                    file.rows_read,
                    file.rows_quarantined,
                    first,
                    last,
                    bad,
                ])
                .context(step)?;
        }
        appender.flush().context(step)?;
    }
    transaction
        .execute_batch("INSERT OR REPLACE INTO ops.dropped_file SELECT * FROM noted; DROP TABLE noted")
        .context(step)?;
    transaction.commit().context(step)
}

/// The files of a workspace, of one connection if it is named, by name.
pub fn list(reader: &Connection, workspace: &str, connection: Option<&str>) -> Result<Vec<Noted>, WarehouseError> {
    Ok(list_of(reader, Some(workspace), connection)?.remove(workspace).unwrap_or_default())
}

/// The files of every workspace, in one statement.
pub fn list_all(reader: &Connection) -> Result<BTreeMap<String, Vec<Noted>>, WarehouseError> {
    list_of(reader, None, None)
}

fn list_of(
    reader: &Connection,
    wanted: Option<&str>,
    connection: Option<&str>,
) -> Result<BTreeMap<String, Vec<Noted>>, WarehouseError> {
    let step = || "reading the books of dropped files".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT connection, stream, name, state, reason, modified_at, seen_at, rows_read, rows_quarantined,
                 first_date, last_date, slice, bad_dates, workspace
             FROM ops.dropped_file WHERE ($1::VARCHAR IS NULL OR workspace = $1) AND ($2::VARCHAR IS NULL OR connection = $2)
             ORDER BY connection, name",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![wanted, connection], |row| {
            let state: String = row.get(3)?;
            let (first, last): (Option<NaiveDate>, Option<NaiveDate>) = (row.get(9)?, row.get(10)?);
            let file = FileStanding {
                connection: row.get(0)?,
                stream: row.get(1)?,
                name: row.get(2)?,
                // What a newer Daybook knows and this one does not is somebody's business.
                state: FileState::named(&state).unwrap_or(FileState::Refused),
                reason: row.get(4)?,
                modified_at: row.get::<_, Option<NaiveDateTime>>(5)?.map(|at| at.and_utc()),
                seen_at: row.get::<_, NaiveDateTime>(6)?.and_utc(),
                rows_read: row.get(7)?,
                rows_quarantined: row.get(8)?,
                days: first.zip(last),
                bad_days: row
                    .get::<_, Option<String>>(12)?
                    .map(|days| days.split(',').filter_map(|day| day.parse().ok()).collect()),
            };
            Ok((row.get(13)?, Noted { file, slice: row.get(11)? }))
        })
        .context(step)?;
    let mut all = BTreeMap::<String, Vec<Noted>>::new();
    for row in rows {
        let (workspace, noted) = row.context(step)?;
        all.entry(workspace).or_default().push(noted);
    }
    Ok(all)
}

/// The files of one connection by name.
pub fn known(reader: &Connection, workspace: &str, id: &str) -> Result<BTreeMap<String, Noted>, WarehouseError> {
    Ok(list(reader, workspace, Some(id))?.into_iter().map(|noted| (noted.file.name.clone(), noted)).collect())
}

/// How many rows of a file are quarantined; its name is the place's partition.
pub fn quarantined(reader: &Connection, file: &Place) -> Result<u64, WarehouseError> {
    reader
        .query_row(&format!("SELECT count(*)::UBIGINT FROM ops.quarantine WHERE {OF_FILE}"), of_file(file), |row| {
            row.get(0)
        })
        .context(|| "counting quarantined rows".to_owned())
}

/// Forgets the bad rows of a file that is gone.
pub fn forget_quarantined(writer: &mut Connection, file: &Place) -> Result<(), WarehouseError> {
    writer
        .execute(&format!("DELETE FROM ops.quarantine WHERE {OF_FILE}"), of_file(file))
        .context(|| "clearing quarantined rows".to_owned())?;
    Ok(())
}

const OF_FILE: &str = "workspace = $1 AND connection = $2 AND slice IN (
    SELECT slice FROM ops.load WHERE workspace = $1 AND connection = $2 AND partition = $3)";

fn of_file(file: &Place) -> [&str; 3] {
    [&file.workspace, &file.connection, &file.partition]
}

/// Where the rows of a kind of files lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// In schema `core`.
    pub table: String,
    /// Columns of days that reports read.
    pub touches: Vec<String>,
    pub day: String,
}

/// Takes a file's rows out, and notes it as unloaded; other files of the connection that speak of its
/// days are read again by the next sync. Returns the number of rows.
pub fn unload(
    connection: &mut Connection,
    file: &Place,
    held: &Held,
    now: DateTime<Utc>,
) -> Result<u64, WarehouseError> {
    let step = || format!("unloading {}", file.partition);
    let transaction = connection.transaction().context(step)?;
    let Held { table, touches, day } = held;
    let own = "old.workspace = $1 AND old.connection = $2 AND old.load_id IN (
        SELECT load_id FROM ops.load WHERE workspace = $1 AND connection = $2 AND partition = $3)";
    let of = of_file(file);
    let days: (Option<NaiveDate>, Option<NaiveDate>) = transaction
        .query_row(&format!("SELECT min({day}), max({day}) FROM core.{table} AS old WHERE {own}"), of, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .context(step)?;
    for column in touches {
        transaction
            .execute(
                &format!(
                    "INSERT INTO ops.touched_day SELECT DISTINCT $1, {column}, 'unload' FROM core.{table} AS old
                     WHERE {own} AND {column} IS NOT NULL"
                ),
                of,
            )
            .context(step)?;
    }
    transaction
        .execute(
            &format!(
                "INSERT INTO history.{table} SELECT old.*, 'unload', TIMESTAMP '{}' FROM core.{table} AS old WHERE {own}",
                now.naive_utc().format("%Y-%m-%d %H:%M:%S%.6f")
            ),
            of,
        )
        .context(step)?;
    let rows = transaction.execute(&format!("DELETE FROM core.{table} AS old WHERE {own}"), of).context(step)?;
    transaction.execute(&format!("DELETE FROM ops.quarantine WHERE {OF_FILE}"), of).context(step)?;
    transaction
        .execute(
            "UPDATE ops.dropped_file SET state = 'unloaded', first_date = NULL, last_date = NULL, rows_quarantined = 0,
                 reason = 'a person took its rows out; daybook files reload reads it again'
             WHERE workspace = $1 AND connection = $2 AND name = $3",
            of,
        )
        .context(step)?;
    if let (Some(first), Some(last)) = days {
        transaction
            .execute(
                "UPDATE ops.dropped_file SET slice = '' WHERE workspace = ? AND connection = ? AND name <> ?
                 AND state IN ('loaded', 'partly') AND first_date <= ? AND last_date >= ?",
                params![file.workspace, file.connection, file.partition, last, first],
            )
            .context(step)?;
    }
    transaction.commit().context(step)?;
    Ok(rows as u64)
}

/// Lets the next sync read a file as if it were new.
pub fn read_again(writer: &mut Connection, file: &Place) -> Result<(), WarehouseError> {
    writer
        .execute(
            "UPDATE ops.dropped_file SET slice = '', state = 'waiting' WHERE workspace = $1 AND connection = $2 AND name = $3",
            of_file(file),
        )
        .context(|| format!("reading {} again", file.partition))?;
    Ok(())
}
