//! One person: everything held about them, handed out or erased. A person is found by address or
//! vendor's id, and then by every identifier that shares a row with one already found.

use super::columns::{self, PersonalColumn, PersonalTable};
use super::marks::Marks;
use super::{derived, erased, objection, traces};
use crate::domain::fact::Personal;
use crate::support::secret::Secret;
use crate::support::spelling::of_address;
use crate::warehouse::audit;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::maintenance::checksum::named;
use crate::warehouse::sql::literal;
use crate::warehouse::worker::BothWriter;
use chrono::{DateTime, Utc};
use duckdb::{Connection, Transaction, params};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Whom to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An e-mail address, hashed as loads hash it.
    Mail(String),
    /// A contact's or customer's id at a vendor, of one connection or of any.
    Id { id: String, connection: Option<String> },
}

/// An identifier as it stands in the tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Identifier {
    /// Absent for pseudonyms, which are the same at every vendor.
    pub connection: Option<String>,
    /// What its columns are declared as: `person_key`, `contact_id`, `customer_id`.
    pub kind: String,
    pub value: String,
}

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
    erased::set_key(connection, key)?;
    let held = look(connection, workspace, who);
    erased::forget_key(connection);
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
    held.tables.extend(super::messages::held(&transaction, workspace)?);
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
    erased::set_key(connection, key)?;
    let erased = replace(connection, workspace, who, actor, now);
    erased::forget_key(connection);
    erased
}

/// Looks for a person, and does `work` in one transaction with the tables `person_id` and `person_mark` filled.
pub fn with_identifiers<T>(
    connection: &mut Connection,
    workspace: &str,
    who: &Who,
    key: &Secret,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, WarehouseError>,
) -> Result<T, WarehouseError> {
    erased::set_key(connection, key)?;
    let done = (|| {
        let step = || "looking for a person".to_owned();
        let transaction = connection.transaction().context(step)?;
        find(&transaction, workspace, who)?;
        let done = work(&transaction)?;
        transaction.execute_batch("DROP TABLE person_id; DROP TABLE person_mark").context(step)?;
        transaction.commit().context(step)?;
        Ok(done)
    })();
    erased::forget_key(connection);
    done
}

/// A person's identifiers, and the marks to find them by in texts.
pub fn identified(
    connection: &mut Connection,
    workspace: &str,
    who: &Who,
    key: &Secret,
) -> Result<(Vec<Identifier>, Marks), WarehouseError> {
    with_identifiers(connection, workspace, who, key, |transaction| {
        Ok((identifiers(transaction)?, Marks::wanted(transaction, workspace)?))
    })
}

/// Mails to a person that are being sent.
pub fn mails_under_way(
    connection: &mut Connection,
    workspace: &str,
    who: &Who,
    key: &Secret,
) -> Result<usize, WarehouseError> {
    with_identifiers(connection, workspace, who, key, |transaction| {
        let held = super::messages::held(transaction, workspace)?;
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

/// Fills the temporary tables `person_id(connection, kind, value)` and `person_mark(mark)`.
fn find(transaction: &Transaction<'_>, workspace: &str, who: &Who) -> Result<(), WarehouseError> {
    let step = || "looking for a person".to_owned();
    transaction
        .execute_batch("CREATE OR REPLACE TEMP TABLE person_id (connection VARCHAR, kind VARCHAR, value VARCHAR)")
        .context(step)?;
    let tables = columns::tables(transaction)?;
    let ids = tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let ids = ids.filter(|(_, column)| column.kind != Personal::PersonKey);
    match who {
        Who::Mail(mail) => {
            // Loads hash an address as it is spelt, but for its case.
            for form in of_address(mail) {
                let sql = "INSERT INTO person_id SELECT NULL, 'person_key', pseudonym(?)";
                transaction.execute(sql, params![form]).context(step)?;
                // There are systems, and many files, in which the address itself is the id.
                for (table, column) in ids.clone() {
                    let sql = format!(
                        "{} WHERE lower(trim(v.value)) = lower(?)",
                        add_values(table, column, workspace, "v.connection")
                    );
                    transaction.execute(&sql, params![form]).context(step)?;
                }
            }
        }
        Who::Id { id, connection } => {
            for (table, column) in ids {
                let sql = format!(
                    "{} WHERE v.value = ? AND (?::VARCHAR IS NULL OR v.connection = ?)",
                    add_values(table, column, workspace, "v.connection")
                );
                transaction.execute(&sql, params![id, connection, connection]).context(step)?;
            }
            // Records that were only ever quarantined have no row; a named connection is believed.
            if let Some(connection) = connection {
                let sql = "INSERT INTO person_id VALUES (?, 'contact_id', ?), (?, 'customer_id', ?)";
                transaction.execute(sql, params![connection, id, connection, id]).context(step)?;
            }
        }
    }
    while grow(transaction, workspace, &tables)? > 0 {}
    transaction
        .execute_batch(
            "CREATE OR REPLACE TEMP TABLE person_mark AS
             SELECT DISTINCT mark_of(kind, connection, value) AS mark FROM person_id WHERE value NOT LIKE 'erased\\_%' ESCAPE '\\'",
        )
        .context(step)
}

/// A statement that adds the identifiers of a column to `person_id`, for a condition over `v(connection, value)`;
/// `owner` is SQL for what is noted as their connection.
fn add_values(table: &PersonalTable, column: &PersonalColumn, workspace: &str, owner: &str) -> String {
    format!(
        "INSERT INTO person_id SELECT DISTINCT {owner}, '{}', v.value FROM {} AS v",
        column.kind.word(),
        values(table, column, workspace, "true")
    )
}

/// The identifiers of a column as a relation of `connection` and `value`, of rows of `t` for which `test` holds.
fn values(table: &PersonalTable, column: &PersonalColumn, workspace: &str, test: &str) -> String {
    format!(
        "(SELECT t.connection, {} AS value FROM {} AS t WHERE t.workspace = {} AND {test})",
        column.each(),
        named(&table.schema, &table.table),
        literal(workspace)
    )
}

/// Adds what stands in one row with a known identifier; returns how many are new.
fn grow(transaction: &Transaction<'_>, workspace: &str, tables: &[PersonalTable]) -> Result<usize, WarehouseError> {
    let mut found = 0;
    let people = tables.iter().flat_map(|table| table.people().into_iter().map(move |columns| (table, columns)));
    for (table, columns) in people {
        for column in &columns {
            let owner = if column.kind == Personal::PersonKey { "NULL::VARCHAR" } else { "v.connection" };
            let sql = format!(
                "INSERT INTO person_id
                 SELECT connection, kind, value FROM (
                     SELECT DISTINCT {owner} AS connection, '{}' AS kind, v.value FROM {} AS v)
                 WHERE value IS NOT NULL AND value <> '' AND (coalesce(connection, ''), kind, value) NOT IN
                     (SELECT (coalesce(connection, ''), kind, value) FROM person_id)",
                column.kind.word(),
                values(table, column, workspace, &shares(&columns))
            );
            let rows = transaction.execute(&sql, []);
            found += rows.context(|| format!("looking in {}.{}", table.schema, table.table))?;
        }
    }
    Ok(found)
}

/// Whether a row of `t` holds a known identifier.
pub(super) fn shares(columns: &[PersonalColumn]) -> String {
    let tests = columns.iter().map(|PersonalColumn { name, kind, is_list, .. }| {
        let kind = kind.word();
        let is_it = match is_list {
            true => format!("list_contains(t.{name}, i.value)"),
            false => format!("i.value = t.{name}"),
        };
        format!(
            "EXISTS (SELECT 1 FROM person_id AS i WHERE i.kind = '{kind}' AND {is_it}
                 AND (i.connection IS NULL OR i.connection = t.connection))"
        )
    });
    format!("({})", tests.collect::<Vec<_>>().join(" OR "))
}

/// What was found, without an id that only the caller believes in.
fn identifiers(transaction: &Transaction<'_>) -> Result<Vec<Identifier>, WarehouseError> {
    let step = || "listing a person's identifiers".to_owned();
    let mut statement = transaction
        .prepare("SELECT DISTINCT connection, kind, value FROM person_id WHERE value IS NOT NULL ORDER BY ALL")
        .context(step)?;
    let rows = statement
        .query_map([], |row| Ok(Identifier { connection: row.get(0)?, kind: row.get(1)?, value: row.get(2)? }))
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
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
