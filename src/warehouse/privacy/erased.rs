//! Erased people. An identifier is replaced by a random word wherever it stands; the same word takes
//! its place when a vendor sends the record again, so that rows, sums and keys stay as they are and
//! nothing leads back to the person. Amounts and days stay: they are the company's books.

use super::marks::Marks;
use super::traces::{self, TextChange};
use crate::support::regular_file;
use crate::support::secret::Secret;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::load::literal;
use crate::warehouse::maintenance::checksum::named;
use crate::warehouse::maintenance::copy::write_json;
use crate::warehouse::worker::BothWriter;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// Columns that name a person, in whatever table they stand.
pub const SINGLE: [&str; 3] = ["person_key", "contact_id", "customer_id"];
/// Columns that list identifiers of a kind.
pub const LISTS: [(&str, &str); 2] = [("merged_contact_ids", "contact_id"), ("other_person_keys", "person_key")];

/// Whether a column of that name names people.
pub fn names_a_person(column: &str) -> bool {
    SINGLE.contains(&column) || LISTS.iter().any(|(list, _)| *list == column)
}

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

/// Sets the key of the pseudonyms for the connection's next statements.
pub fn set_key(connection: &Connection, key: &Secret) -> Result<(), WarehouseError> {
    // No value can be bound here; the statement's text is not part of the error.
    connection.execute_batch(&format!("SET VARIABLE person_key = {}", literal(key.expose()))).map_err(|_| {
        WarehouseError::Invalid("the key of people's pseudonyms cannot be used: it holds unusual characters".to_owned())
    })
}

/// Forgets that key, however the work ended: no rollback takes a variable back.
pub fn forget_key(connection: &Connection) {
    // A connection that cannot do this has given up on its database, and is opened anew.
    let _ = connection.execute_batch("RESET VARIABLE person_key");
}

/// The tables that name people, with the columns that do.
pub fn tables(connection: &Connection) -> Result<Vec<(String, String, Vec<String>)>, WarehouseError> {
    let step = || "looking for tables that name people".to_owned();
    let names: Vec<&str> = SINGLE.into_iter().chain(LISTS.map(|(column, _)| column)).collect();
    let names: Vec<String> = names.into_iter().map(literal).collect();
    let mut statement = connection
        .prepare(&format!(
            "SELECT schema_name, table_name, string_agg(column_name, ',' ORDER BY column_index) FROM duckdb_columns()
             WHERE database_name = current_database() AND schema_name IN ('core', 'history', 'mart')
               AND column_name IN ({}) GROUP BY ALL ORDER BY ALL",
            names.join(", ")
        ))
        .context(step)?;
    let rows = statement
        .query_map([], |row| {
            let columns: String = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, columns.split(',').map(str::to_owned).collect()))
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The words in place of a workspace's erased identifiers, as a relation `e(m)` of one map.
pub fn words(workspace: &str) -> String {
    let workspace = literal(workspace);
    format!("(SELECT map_from_entries(list((mark, token))) AS m FROM ops.erased WHERE workspace = {workspace}) AS e")
}

/// `column` of `t` with erased identifiers replaced; `connection` is SQL for the row's connection.
pub fn replaced(column: &str, connection: &str) -> String {
    let lists = LISTS.iter().find(|(name, _)| *name == column);
    match lists {
        Some((_, kind)) => {
            format!("list_transform(t.{column}, lambda id: coalesce(e.m[mark_of('{kind}', {connection}, id)], id))")
        }
        None => format!("coalesce(e.m[mark_of('{column}', {connection}, t.{column})], t.{column})"),
    }
}

/// Whether a row of `t` names an erased person in one of `columns`.
pub fn is_named(columns: &[String], connection: &str) -> String {
    let tests = columns.iter().map(|column| match LISTS.iter().find(|(name, _)| *name == column) {
        Some((_, kind)) => format!(
            "len(list_filter(t.{column}, lambda id: list_contains(map_keys(e.m), mark_of('{kind}', {connection}, id)))) > 0"
        ),
        None => format!("coalesce(list_contains(map_keys(e.m), mark_of('{column}', {connection}, t.{column})), false)"),
    });
    format!("({})", tests.collect::<Vec<_>>().join(" OR "))
}

/// Replaces the workspace's erased identifiers in every table; returns the rows changed by table.
/// The key must be set.
pub fn apply(connection: &Connection, workspace: &str) -> Result<Vec<(String, u64)>, WarehouseError> {
    let mut changed = Vec::new();
    for (schema, table, columns) in tables(connection)? {
        let sets: Vec<String> =
            columns.iter().map(|column| format!("{column} = {}", replaced(column, "t.connection"))).collect();
        let rows = connection
            .execute(
                &format!(
                    "UPDATE {} AS t SET {} FROM {} WHERE t.workspace = ? AND {}",
                    named(&schema, &table),
                    sets.join(", "),
                    words(workspace),
                    is_named(&columns, "t.connection")
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
    let mut in_text = super::objection::erase(connection, workspace, &marks)?;
    in_text.extend(super::messages::erase(connection, workspace)?);
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

/// Replaces erased identifiers among freshly read rows, before they are compared with what is held.
/// Costs one look at an empty list where nobody was erased.
pub fn in_read_rows(
    connection: &Connection,
    workspace: &str,
    of_connection: &str,
    columns: &[String],
) -> Result<bool, WarehouseError> {
    let step = || "leaving erased people out".to_owned();
    let any: bool = connection
        .query_row("SELECT count(*) > 0 FROM ops.erased WHERE workspace = ?", params![workspace], |row| row.get(0))
        .context(step)?;
    if !any {
        return Ok(false);
    }
    let personal: Vec<String> = columns.iter().filter(|column| names_a_person(column)).cloned().collect();
    if !personal.is_empty() {
        let own = literal(of_connection);
        let sets: Vec<String> =
            personal.iter().map(|column| format!("{column} = {}", replaced(column, &own))).collect();
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

/// What errors of vendors and other words told of erased people since, to be replaced by [`replace_in_ledger`].
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

/// Takes up erasures that the database does not know and applies them; returns how many. The key must
/// be set if there are any.
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
