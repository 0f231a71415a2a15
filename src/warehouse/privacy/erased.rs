//! Erased people. An identifier is replaced by a random word wherever it stands; the same word takes
//! its place when a vendor sends the record again, so that rows, sums and keys stay as they are and
//! nothing leads back to the person. Amounts and days stay: they are the company's books.

use super::columns::{self, PersonalTable};
use super::marks::Marks;
use super::traces::{self, TextChange};
use super::{derived, messages, objection};
use crate::support::regular_file;
use crate::support::secret::Secret;
use crate::warehouse::disk::write_json;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::{literal, named};
use crate::warehouse::writers::BothWriter;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

pub use super::key::{forget_key, set_key};
pub use super::words::{is_named, replaced, words};

/// The file beside the database that keeps erased people erased when a backup is restored.
pub const FILE: &str = "erased.json";
/// What a scrubbed record's reason says.
const SCRUBBED: &str = "the record named a person who was erased";

/// An erased identifier: `mark` is a keyed hash, `token` the word in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub workspace: String,
    pub mark: String,
    pub token: String,
    pub erased_at: DateTime<Utc>,
}

/// Replaces the workspace's erased identifiers in every table; returns the rows changed by table.
/// The key must be set.
pub fn apply(connection: &Connection, workspace: &str) -> Result<Vec<(String, u64)>, WarehouseError> {
    let tables = columns::tables(connection)?;
    // First, while the identifiers that lead to them are still there.
    let mut changed = derived::erase(connection, workspace, &tables)?;
    for PersonalTable { schema, table, columns } in &tables {
        let sets: Vec<String> =
            columns.iter().map(|column| format!("{} = {}", column.name, replaced(column, "t.connection"))).collect();
        let rows = connection
            .execute(
                &format!(
                    "UPDATE {} AS t SET {} FROM {} WHERE t.workspace = ? AND {}",
                    named(schema, table),
                    sets.join(", "),
                    words(workspace),
                    is_named(columns, "t.connection")
                ),
                params![workspace],
            )
            .context(|| format!("erasing in {schema}.{table}"))?;
        if rows > 0 {
            changed.push((format!("{schema}.{table}"), rows as u64));
        }
    }
    let marks = Marks::erased(connection, workspace)?;
    let rows = traces::scrub_records(connection, workspace, None, &marks, SCRUBBED)?;
    if rows > 0 {
        changed.push(("ops.quarantine".to_owned(), rows));
    }
    let mut in_text = objection::erase(connection, workspace, &marks)?;
    in_text.extend(messages::erase(connection, workspace)?);
    in_text.extend(traces::erase(connection, workspace, &marks)?);
    for (table, rows) in in_text {
        match changed.iter_mut().find(|(known, _)| *known == table) {
            Some((_, known)) => *known = rows.max(*known),
            None => changed.push((table, rows)),
        }
    }
    Ok(changed)
}

/// Empties quarantined records that name an erased person, of one load or of all.
pub fn scrub_quarantine(
    connection: &Connection,
    workspace: &str,
    load_id: Option<&str>,
) -> Result<u64, WarehouseError> {
    let marks = Marks::erased(connection, workspace)?;
    traces::scrub_records(connection, workspace, load_id, &marks, SCRUBBED)
}

/// Replaces erased identifiers among the rows that were read for `table`, before they are compared with what is held.
/// Costs one look at an empty list where nobody was erased.
pub fn in_read_rows(
    connection: &Connection,
    workspace: &str,
    of_connection: &str,
    table: &str,
) -> Result<bool, WarehouseError> {
    let step = || "leaving erased people out".to_owned();
    let any: bool = connection
        .query_row("SELECT count(*) > 0 FROM ops.erased WHERE workspace = ?", params![workspace], |row| row.get(0))
        .context(step)?;
    if !any {
        return Ok(false);
    }
    let personal = columns::of_fact(connection, table)?;
    if !personal.is_empty() {
        let own = literal(of_connection);
        let sets: Vec<String> =
            personal.iter().map(|column| format!("{} = {}", column.name, replaced(column, &own))).collect();
        connection
            .execute_batch(&format!(
                "UPDATE read AS t SET {} FROM {} WHERE {}",
                sets.join(", "),
                words(workspace),
                is_named(&personal, &own)
            ))
            .context(step)?;
    }
    Ok(true)
}

/// Every erasure, for the file that survives a restore.
pub fn all(connection: &Connection) -> Result<Vec<Erasure>, WarehouseError> {
    let step = || "reading who was erased".to_owned();
    let mut statement =
        connection.prepare("SELECT workspace, mark, token, erased_at FROM ops.erased ORDER BY ALL").context(step)?;
    let rows = statement
        .query_map([], |row| {
            Ok(Erasure {
                workspace: row.get(0)?,
                mark: row.get(1)?,
                token: row.get(2)?,
                erased_at: row.get::<_, NaiveDateTime>(3)?.and_utc(),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// What errors of vendors and other words reported of erased people since, to be replaced by [`replace_in_ledger`].
pub fn named_in_ledger(reader: &Connection, key: &Secret) -> Result<Vec<TextChange>, WarehouseError> {
    let workspaces: BTreeSet<String> = all(reader)?.into_iter().map(|one| one.workspace).collect();
    if workspaces.is_empty() {
        return Ok(Vec::new());
    }
    set_key(reader, key)?;
    let found = workspaces.iter().map(|workspace| {
        let marks = Marks::erased(reader, workspace)?;
        traces::named_in_ledger(reader, workspace, &marks)
    });
    let found: Result<Vec<_>, _> = found.collect();
    forget_key(reader);
    Ok(found?.into_iter().flatten().collect())
}

/// Replaces what was found, in one transaction; returns how many texts. One that has changed since is left to the
/// next time.
pub fn replace_in_ledger(connection: &mut BothWriter<'_>, found: &[TextChange]) -> Result<u64, WarehouseError> {
    let step = || "erasing in the ledger".to_owned();
    let transaction = connection.transaction().context(step)?;
    let changed = traces::replace(&transaction, found)?.values().sum();
    transaction.commit().context(step)?;
    Ok(changed)
}

/// Takes up erasures that the database does not know and applies them, and those it knows where a contract has declared
/// a column personal since; returns how many it did not know. The key must be set if there are any.
pub fn apply_missing(connection: &mut BothWriter<'_>, erasures: &[Erasure]) -> Result<u64, WarehouseError> {
    let step = || "erasing again who was erased".to_owned();
    let known = all(connection)?;
    // Several copies of the list may name one mark; no mark has two words.
    let mut seen: BTreeSet<(&str, &str)> =
        known.iter().map(|one| (one.workspace.as_str(), one.mark.as_str())).collect();
    let missing: Vec<&Erasure> = erasures.iter().filter(|one| seen.insert((&one.workspace, &one.mark))).collect();
    let transaction = connection.transaction().context(step)?;
    let mut workspaces = BTreeSet::new();
    for erasure in &missing {
        transaction
            .execute(
                "INSERT INTO ops.erased (workspace, mark, token, erased_at) VALUES (?, ?, ?, ?)",
                params![erasure.workspace, erasure.mark, erasure.token, erasure.erased_at.naive_utc()],
            )
            .context(step)?;
        workspaces.insert(&erasure.workspace);
    }
    if columns::are_due(&transaction)? {
        workspaces.extend(known.iter().map(|one| &one.workspace));
        columns::settle(&transaction)?;
    }
    for workspace in workspaces {
        apply(&transaction, workspace)?;
    }
    transaction.commit().context(step)?;
    Ok(missing.len() as u64)
}

/// Keeps the erasures beside the database, so that a restored backup does not bring people back.
pub fn write_file(path: &Path, erasures: &[Erasure]) -> Result<(), WarehouseError> {
    if erasures.is_empty() && !path.exists() {
        return Ok(());
    }
    write_json(path, &erasures)
}

/// Reads what [`write_file`] wrote; none where there is no file.
///
/// # Errors
/// A file that cannot be understood: to go on without it could bring people back.
pub fn read_file(path: &Path) -> Result<Vec<Erasure>, WarehouseError> {
    match regular_file::read(path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| {
            WarehouseError::Invalid(format!(
                "{} cannot be read ({error}): it keeps erased people erased; put its last good version in place",
                path.display()
            ))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(WarehouseError::io(path, error)),
    }
}
