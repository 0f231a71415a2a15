//! One person: everything held about them, handed out or erased.

use super::columns::{self, PersonalColumn, PersonalTable};
use super::identifiers::{find, identifiers, shares};
use super::key::{forget_key, set_key};
use super::marks::Marks;
use super::{derived, erased, messages, objection, traces};
use crate::support::secret::Secret;
use crate::warehouse::audit;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::named;
use crate::warehouse::writers::BothWriter;
use chrono::{DateTime, Utc};
use duckdb::{Connection, Transaction, params};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub use super::identifiers::{Identifier, Who, identified, with_identifiers};

/// All that is held about a person.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Held {
    pub identifiers: Vec<Identifier>,
    /// Rows as JSON by `schema.table`.
    pub tables: BTreeMap<String, Vec<Value>>,
    /// Quarantined records that name the person, with their reason.
    pub quarantine: Vec<Value>,
    /// Since when the person objects to being analysed; absent if they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects_since: Option<DateTime<Utc>>,
}

impl Held {
    /// Whether no row and no record names the person; an address always has a pseudonym.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.quarantine.is_empty()
    }
}

/// What was erased in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Erased {
    pub identifiers: u64,
    /// Rows changed by table; none was removed.
    pub rows: Vec<(String, u64)>,
}

/// Everything about a person. Changes nothing that lasts.
pub fn held(connection: &mut Connection, workspace: &str, who: &Who, key: &Secret) -> Result<Held, WarehouseError> {
    set_key(connection, key)?;
    let held = look(connection, workspace, who);
    forget_key(connection);
    held
}

fn look(connection: &mut Connection, workspace: &str, who: &Who) -> Result<Held, WarehouseError> {
    let step = || "looking for a person".to_owned();
    let transaction = connection.transaction().context(step)?;
    find(&transaction, workspace, who)?;
    let mut held = Held { identifiers: identifiers(&transaction)?, ..Held::default() };
    let tables = columns::tables(&transaction)?;
    for PersonalTable { schema, table, columns } in &tables {
        let sql = format!(
            "SELECT to_json(t)::VARCHAR FROM {} AS t WHERE t.workspace = ? AND {} ORDER BY 1",
            named(schema, table),
            shares(columns)
        );
        let mut rows = json(&transaction, &sql, workspace)?;
        rows.iter_mut().for_each(|row| hide_others(row, columns, &held.identifiers));
        if !rows.is_empty() {
            held.tables.insert(format!("{schema}.{table}"), rows);
        }
    }
    held.tables.extend(derived::held(&transaction, workspace, &tables)?);
    held.tables.extend(messages::held(&transaction, workspace)?);
    let marks = Marks::wanted(&transaction, workspace)?;
    for (table, texts) in traces::held(&transaction, workspace, &marks)? {
        held.tables.entry(table).or_default().extend(texts);
    }
    let records = traces::named_records(&transaction, workspace, None, &marks)?;
    held.quarantine = records.into_iter().map(|(_, record)| record).collect();
    held.objects_since = objection::since(&transaction, workspace)?;
    transaction.rollback().context(step)?;
    Ok(held)
}

/// Hides identifiers of others in a row: who asks for their own data gets nobody else's.
fn hide_others(row: &mut Value, columns: &[PersonalColumn], own: &[Identifier]) {
    let of = row.get("connection").and_then(Value::as_str).map(str::to_owned);
    for column in columns {
        let is_own = |value: &Value| {
            let is_it = |one: &&Identifier| {
                one.kind == column.kind.word()
                    && value.as_str() == Some(one.value.as_str())
                    && (one.connection.is_none() || of.is_none() || one.connection == of)
            };
            own.iter().any(|one| is_it(&one))
        };
        let hidden = |value: &Value| if value.is_null() || is_own(value) { value.clone() } else { Value::from("***") };
        match row.get_mut(&column.name) {
            Some(Value::Array(all)) => all.iter_mut().for_each(|value| *value = hidden(value)),
            Some(value) => *value = hidden(value),
            None => {}
        }
    }
}

/// Erases a person in every table, history and quarantine included, in one transaction. `actor` is
/// noted; the person is not.
pub fn erase(
    connection: &mut BothWriter<'_>,
    workspace: &str,
    who: &Who,
    key: &Secret,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Erased, WarehouseError> {
    set_key(connection, key)?;
    let erased = replace(connection, workspace, who, actor, now);
    forget_key(connection);
    erased
}

/// Mails to a person that are being sent.
pub fn mails_under_way(
    connection: &mut Connection,
    workspace: &str,
    who: &Who,
    key: &Secret,
) -> Result<usize, WarehouseError> {
    with_identifiers(connection, workspace, who, key, |transaction| {
        let held = messages::held(transaction, workspace)?;
        let mails = held.iter().filter(|(table, _)| table == "ops.outbox").flat_map(|(_, rows)| rows);
        Ok(mails.filter(|row| row["state"] == "claimed").count())
    })
}

fn replace(
    connection: &mut Connection,
    workspace: &str,
    who: &Who,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Erased, WarehouseError> {
    let step = || "erasing a person".to_owned();
    let transaction = connection.transaction().context(step)?;
    find(&transaction, workspace, who)?;
    let identifiers = transaction
        .execute(
            "INSERT INTO ops.erased (workspace, mark, token, erased_at)
             SELECT ?, mark, 'erased_' || left(replace(CAST(uuid() AS VARCHAR), '-', ''), 20), ?
             FROM (SELECT DISTINCT mark FROM person_mark)
             WHERE mark NOT IN (SELECT mark FROM ops.erased WHERE workspace = ?)",
            params![workspace, now.naive_utc(), workspace],
        )
        .context(step)? as u64;
    let rows = erased::apply(&transaction, workspace)?;
    let changed: u64 = rows.iter().map(|(_, rows)| rows).sum();
    let detail = format!("{identifiers} identifiers in {changed} rows");
    audit::note(&transaction, now, actor, "erase_person", Some(workspace), &detail)?;
    transaction.execute_batch("DROP TABLE person_id; DROP TABLE person_mark").context(step)?;
    transaction.commit().context(step)?;
    Ok(Erased { identifiers, rows })
}

fn json(transaction: &Transaction<'_>, sql: &str, workspace: &str) -> Result<Vec<Value>, WarehouseError> {
    let step = || "reading what is held about a person".to_owned();
    let mut statement = transaction.prepare(sql).context(step)?;
    let rows = statement.query_map(params![workspace], |row| row.get::<_, String>(0)).context(step)?;
    let mut all = Vec::new();
    for row in rows {
        all.push(serde_json::from_str(&row.context(step)?).unwrap_or(Value::Null));
    }
    Ok(all)
}
