//! People who objected to being analysed (GDPR, article 21). What they paid stays in every sum; their keys are
//! joined with no others, so that nothing is reported of them as of one person.

use super::identifiers::{Who, with_identifiers};
use super::marks::Marks;
use crate::support::regular_file;
use crate::support::secret::Secret;
use crate::warehouse::audit;
use crate::warehouse::disk::write_json;
use crate::warehouse::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Beside the database, for the day a backup is restored.
pub const FILE: &str = "objections.json";

/// One identifier of a person who objected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    pub workspace: String,
    /// Absent for pseudonyms.
    pub connection: Option<String>,
    pub kind: String,
    pub value: String,
    pub objected_at: DateTime<Utc>,
    /// Since when it is no more.
    pub lifted_at: Option<DateTime<Utc>>,
}

/// Notes or lifts a person's objection; returns how many identifiers it is about. The days they paid on or got
/// something back on are computed anew by the next rollup.
pub fn object(
    connection: &mut Connection,
    workspace: &str,
    who: &Who,
    key: &Secret,
    (actor, lifts): (&str, bool),
    now: DateTime<Utc>,
) -> Result<u64, WarehouseError> {
    with_identifiers(connection, workspace, who, key, |transaction| {
        let changed = if lifts { lift(transaction, workspace, now)? } else { note(transaction, workspace, now)? };
        if changed > 0 {
            touch(transaction, workspace, now)?;
            let action = if lifts { "lift_objection" } else { "object_person" };
            audit::note(transaction, now, actor, action, Some(workspace), &format!("{changed} identifiers"))?;
        }
        Ok(changed)
    })
}

const SAME: &str = "o.workspace = ? AND o.lifted_at IS NULL AND o.connection IS NOT DISTINCT FROM i.connection
    AND o.kind = i.kind AND o.value = i.value";

fn note(transaction: &Transaction<'_>, workspace: &str, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let sql = format!(
        "INSERT INTO ops.objection
         SELECT DISTINCT ?, i.connection, i.kind, i.value, ?::TIMESTAMP, NULL::TIMESTAMP FROM person_id AS i
         WHERE i.value IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ops.objection AS o WHERE {SAME})"
    );
    let rows = transaction.execute(&sql, params![workspace, now.naive_utc(), workspace]);
    Ok(rows.context(|| "noting an objection".to_owned())? as u64)
}

fn lift(transaction: &Transaction<'_>, workspace: &str, now: DateTime<Utc>) -> Result<u64, WarehouseError> {
    let sql = format!("UPDATE ops.objection AS o SET lifted_at = ? FROM person_id AS i WHERE {SAME}");
    let rows = transaction.execute(&sql, params![now.naive_utc(), workspace]);
    Ok(rows.context(|| "lifting an objection".to_owned())? as u64)
}

/// Days of the person, and of what was given back to them.
fn touch(transaction: &Transaction<'_>, workspace: &str, now: DateTime<Utc>) -> Result<(), WarehouseError> {
    let load = format!("objection_{}", now.format("%Y%m%dT%H%M%SZ"));
    transaction
        .execute(
            "INSERT INTO ops.touched_day
             WITH theirs AS (
                 SELECT DISTINCT p.connection, p.payment_id, p.date FROM core.payment AS p JOIN person_id AS i
                     ON (i.kind = 'customer_id' AND i.connection = p.connection AND i.value = p.customer_id)
                         OR (i.kind = 'person_key' AND i.value = p.person_key)
                 WHERE p.workspace = $1)
             SELECT DISTINCT $1, date, $2 FROM (
                 SELECT date FROM theirs
                 UNION ALL SELECT r.date FROM core.refund AS r SEMI JOIN theirs USING (connection, payment_id) WHERE r.workspace = $1
                 UNION ALL SELECT m.date FROM core.dispute_movement AS m SEMI JOIN theirs USING (connection, payment_id) WHERE m.workspace = $1)",
            params![workspace, load],
        )
        .context(|| "finding the days of an objection".to_owned())?;
    Ok(())
}

/// Since when the person of `person_id` objects; none if they do not.
pub fn since(transaction: &Transaction<'_>, workspace: &str) -> Result<Option<DateTime<Utc>>, WarehouseError> {
    let sql = format!("SELECT min(o.objected_at) FROM ops.objection AS o JOIN person_id AS i ON {SAME}");
    let at: Option<NaiveDateTime> = transaction
        .query_row(&sql, params![workspace], |row| row.get(0))
        .context(|| "looking for an objection".to_owned())?;
    Ok(at.map(|at| at.and_utc()))
}

/// Puts the words of erased people in the place of their identifiers: the objection holds on.
pub fn erase(connection: &Connection, workspace: &str, marks: &Marks) -> Result<Vec<(String, u64)>, WarehouseError> {
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let rows = connection
        .execute(
            "UPDATE ops.objection AS o SET value = e.token FROM ops.erased AS e
             WHERE o.workspace = ? AND e.workspace = o.workspace AND e.mark = mark_of(o.kind, o.connection, o.value)",
            params![workspace],
        )
        .context(|| "erasing in the objections".to_owned())?;
    Ok(if rows > 0 { vec![("ops.objection".to_owned(), rows as u64)] } else { Vec::new() })
}

/// Every objection, lifted ones too; none in a database of before.
pub fn all(connection: &Connection) -> Result<Vec<Objection>, WarehouseError> {
    let step = || "reading who objected".to_owned();
    let mut statement = connection
        .prepare("SELECT workspace, connection, kind, value, objected_at, lifted_at FROM ops.objection ORDER BY ALL")
        .context(step)?;
    let rows = statement
        .query_map([], |row| {
            Ok(Objection {
                workspace: row.get(0)?,
                connection: row.get(1)?,
                kind: row.get(2)?,
                value: row.get(3)?,
                objected_at: row.get::<_, NaiveDateTime>(4)?.and_utc(),
                lifted_at: row.get::<_, Option<NaiveDateTime>>(5)?.map(|at| at.and_utc()),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Takes up what a database does not know: objections, and that they were lifted.
pub fn take_up(connection: &Connection, objections: &[Objection]) -> Result<(), WarehouseError> {
    let step = || "taking up objections".to_owned();
    for one in objections {
        let own = params![one.workspace, one.connection, one.kind, one.value, one.objected_at.naive_utc()];
        let same = "workspace = ? AND connection IS NOT DISTINCT FROM ? AND kind = ? AND value = ? AND objected_at = ?";
        let known: bool = connection
            .query_row(&format!("SELECT count(*) > 0 FROM ops.objection WHERE {same}"), own, |row| row.get(0))
            .context(step)?;
        let lifted = one.lifted_at.map(|at| at.naive_utc());
        if !known {
            let all = params![one.workspace, one.connection, one.kind, one.value, one.objected_at.naive_utc(), lifted];
            connection.execute("INSERT INTO ops.objection VALUES (?, ?, ?, ?, ?, ?)", all).context(step)?;
        } else if lifted.is_some() {
            let set = params![lifted, one.workspace, one.connection, one.kind, one.value, one.objected_at.naive_utc()];
            connection
                .execute(&format!("UPDATE ops.objection SET lifted_at = coalesce(lifted_at, ?) WHERE {same}"), set)
                .context(step)?;
        }
    }
    Ok(())
}

/// Keeps the objections beside the database.
pub fn write_file(path: &Path, objections: &[Objection]) -> Result<(), WarehouseError> {
    if objections.is_empty() && !path.exists() {
        return Ok(());
    }
    write_json(path, &objections)
}

/// Reads what [`write_file`] wrote; none where there is no file.
///
/// # Errors
/// A file that cannot be understood: to go on without it would analyse people who objected.
pub fn read_file(path: &Path) -> Result<Vec<Objection>, WarehouseError> {
    match regular_file::read(path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| {
            WarehouseError::Invalid(format!(
                "{} cannot be read ({error}): it keeps people who objected out of analyses; put its last good version in place",
                path.display()
            ))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(WarehouseError::io(path, error)),
    }
}
