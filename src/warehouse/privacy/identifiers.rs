//! The identifiers of a person: looked for by address or vendor's id, and then by every one that shares a row with one
//! already found.

use super::columns::{self, PersonalColumn, PersonalTable};
use super::key::{forget_key, set_key};
use super::marks::Marks;
use crate::domain::fact::Personal;
use crate::support::secret::Secret;
use crate::support::spelling::of_address;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::{literal, named};
use duckdb::{Connection, Transaction, params};
use serde::Serialize;

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

/// Looks for a person, and does `work` in one transaction with the tables `person_id` and `person_mark` filled.
pub fn with_identifiers<T>(
    connection: &mut Connection,
    workspace: &str,
    who: &Who,
    key: &Secret,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, WarehouseError>,
) -> Result<T, WarehouseError> {
    set_key(connection, key)?;
    let done = (|| {
        let step = || "looking for a person".to_owned();
        let transaction = connection.transaction().context(step)?;
        find(&transaction, workspace, who)?;
        let done = work(&transaction)?;
        transaction.execute_batch("DROP TABLE person_id; DROP TABLE person_mark").context(step)?;
        transaction.commit().context(step)?;
        Ok(done)
    })();
    forget_key(connection);
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

/// Fills the temporary tables `person_id(connection, kind, value)` and `person_mark(mark)`.
pub(super) fn find(transaction: &Transaction<'_>, workspace: &str, who: &Who) -> Result<(), WarehouseError> {
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
pub(super) fn identifiers(transaction: &Transaction<'_>) -> Result<Vec<Identifier>, WarehouseError> {
    let step = || "listing a person's identifiers".to_owned();
    let mut statement = transaction
        .prepare("SELECT DISTINCT connection, kind, value FROM person_id WHERE value IS NOT NULL ORDER BY ALL")
        .context(step)?;
    let rows = statement
        .query_map([], |row| Ok(Identifier { connection: row.get(0)?, kind: row.get(1)?, value: row.get(2)? }))
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
