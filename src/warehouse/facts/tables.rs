//! Brings the tables of facts to what their contracts say: tables and columns are added, never changed or taken
//! away. What was applied is written down, so that an unchanged contract costs one query.

use super::marts;
use super::read::COMMON;
use super::rollup_tables;
use crate::domain::fact::{Column, Dimension, Fact, Facts, Origin, Retention};
use crate::support::ids::hex;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::metric_sql::Adds;
use crate::warehouse::sql::literal;
use duckdb::{Connection, Row, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Applies the contracts in one transaction. A second time it finds nothing to do.
///
/// # Errors
/// `Invalid` with the remedy where a column has another type than its table, is gone from its contract, or is
/// required and rows have none.
pub fn apply(connection: &mut Connection, facts: &Facts) -> Result<(), WarehouseError> {
    let step = || "applying the contracts of facts".to_owned();
    let known = applied(connection)?;
    let is_changed = |fact: &&Fact| known.get(&fact.id).is_none_or(|stored| stored.0 != fingerprint(fact));
    let changed: Vec<&Fact> = facts.iter().filter(is_changed).collect();
    let is_removed = known.iter().any(|(id, stored)| facts.get(id).is_none() && !stored.0.is_empty());
    // Nobody but this process reads a database in memory.
    let mut bare = if is_in_memory(connection)? { Vec::new() } else { uncommented(connection)? };
    bare.retain(|id| facts.get(id).is_some());
    if changed.is_empty() && bare.is_empty() && !is_removed && rollup_tables::is_applied(connection, facts)? {
        return Ok(());
    }
    let transaction = connection.transaction().context(step)?;
    let tables = columns(&transaction)?;
    for fact in &changed {
        match tables.get(&fact.id) {
            None => create(&transaction, fact)?,
            Some(found) => extend(&transaction, fact, found)?,
        }
        // A sentence of a fact is none of the rollup's business, so what it adds has a fingerprint of its own.
        let before = known.get(&fact.id).and_then(|stored| stored.1.as_ref());
        if let (Some(day), Some(now)) = (&fact.day, marts::fingerprint(fact))
            && before != Some(&now)
        {
            marts::touch(&transaction, &fact.id, day)?;
        }
    }
    withdraw(&transaction, facts, &known)?;
    note(&transaction, &changed)?;
    if !changed.is_empty() {
        marts::apply(&transaction, facts)?;
    }
    rollup_tables::apply(&transaction, facts)?;
    if !is_in_memory(&transaction)? {
        let computed = with_computed_defaults(&transaction)?;
        let told =
            facts.iter().filter(|fact| changed.iter().any(|other| other.id == fact.id) || bare.contains(&fact.id));
        let comments: String = told.filter(|fact| !computed.contains(&fact.id)).map(comments).collect();
        transaction.execute_batch(&comments).context(|| "writing the comments of facts".to_owned())?;
    }
    transaction.commit().context(step)
}

fn is_in_memory(connection: &Connection) -> Result<bool, WarehouseError> {
    connection
        .query_row("SELECT current_database() = 'memory'", [], |row| row.get(0))
        .context(|| "asking for the database's name".to_owned())
}

/// Names the text of a contract.
pub fn fingerprint(fact: &Fact) -> String {
    hex(&Sha256::digest(format!("{fact:?}").as_bytes()))
}

/// By fact: the fingerprints of the contract and of what it adds.
type Applied = BTreeMap<String, (String, Option<String>)>;

fn applied(connection: &Connection) -> Result<Applied, WarehouseError> {
    let step = || "reading which contracts were applied".to_owned();
    let mut statement = connection.prepare("SELECT fact, fingerprint, adds_fingerprint FROM ops.fact").context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Facts whose comments a copy of the database has lost: all of them, or none.
fn uncommented(connection: &Connection) -> Result<Vec<String>, WarehouseError> {
    let step = || "looking for comments of facts".to_owned();
    let sql =
        "SELECT table_name, comment IS NOT NULL FROM duckdb_tables() SEMI JOIN ops.fact AS f ON f.fact = table_name
        WHERE database_name = current_database() AND schema_name = 'core'";
    let mut statement = connection.prepare(sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    let all: Vec<(String, bool)> = rows.collect::<Result<_, _>>().context(step)?;
    if all.iter().any(|(_, has_comment)| *has_comment) {
        return Ok(Vec::new());
    }
    let computed = with_computed_defaults(connection)?;
    Ok(all.into_iter().map(|(table, _)| table).filter(|table| !computed.contains(table)).collect())
}

/// Tables in which the default of a column is an expression. DuckDB 1.5.5 writes a change of such a table to its log
/// and cannot replay it: after a crash the database would not open. So they are never altered, and have no comments.
fn with_computed_defaults(connection: &Connection) -> Result<BTreeSet<String>, WarehouseError> {
    let step = || "looking for defaults that are expressions".to_owned();
    let sql = "SELECT DISTINCT table_name FROM duckdb_columns()
        WHERE database_name = current_database() AND schema_name = 'core' AND contains(column_default, '(')";
    let mut statement = connection.prepare(sql).context(step)?;
    statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)
}

/// A column of a table as it stands.
struct Found {
    name: String,
    kind: String,
    is_nullable: bool,
}

/// The columns of each table of `core`, in order.
fn columns(connection: &Connection) -> Result<BTreeMap<String, Vec<Found>>, WarehouseError> {
    let step = || "reading the tables of facts".to_owned();
    let sql = "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()
        WHERE database_name = current_database() AND schema_name = 'core' ORDER BY table_name, column_index";
    let mut statement = connection.prepare(sql).context(step)?;
    let found = |row: &Row<'_>| -> duckdb::Result<Found> {
        Ok(Found { name: row.get(1)?, kind: row.get(2)?, is_nullable: row.get(3)? })
    };
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, found(row)?))).context(step)?;
    let mut tables: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for row in rows {
        let (table, column) = row.context(step)?;
        tables.entry(table).or_default().push(column);
    }
    Ok(tables)
}

fn create(transaction: &Transaction<'_>, fact: &Fact) -> Result<(), WarehouseError> {
    let definition = |column: &Column| {
        let required = if column.is_required { " NOT NULL" } else { "" };
        format!("{} {}{required}", column.name, column.kind)
    };
    let own: Vec<String> = fact.columns.iter().map(definition).collect();
    let sql = format!(
        "CREATE TABLE core.{id} (workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, {}, load_id VARCHAR NOT NULL)",
        own.join(", "),
        id = fact.id
    );
    transaction.execute_batch(&sql).context(|| format!("making the table core.{}", fact.id))?;
    make_history(transaction, fact, false)
}

/// History has the fact's columns and its own two last, so it is made anew where a column was added.
fn make_history(transaction: &Transaction<'_>, fact: &Fact, had_one: bool) -> Result<(), WarehouseError> {
    let id = &fact.id;
    let (before, after) = match had_one {
        true => (
            format!("ALTER TABLE history.{id} RENAME TO {id}_before;"),
            format!(
                "INSERT INTO history.{id} BY NAME SELECT * FROM history.{id}_before; DROP TABLE history.{id}_before;"
            ),
        ),
        false => (String::new(), String::new()),
    };
    let sql = format!(
        "{before} CREATE TABLE history.{id} AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at
         FROM core.{id} LIMIT 0; {after}"
    );
    transaction.execute_batch(&sql).context(|| format!("making the table history.{id}"))
}

/// Adds the columns that a table lacks, and lets columns be empty or not as their contract has it.
fn extend(transaction: &Transaction<'_>, fact: &Fact, found: &[Found]) -> Result<(), WarehouseError> {
    let place = match &fact.origin {
        Origin::BuiltIn => format!("the fact {}", fact.id),
        Origin::File(file) => file.display().to_string(),
    };
    let refused = |what: String, remedy: &str| WarehouseError::Invalid(format!("{place}: {what}; {remedy}"));
    for Found { name, kind, is_nullable } in found.iter().filter(|found| !COMMON.contains(&found.name.as_str())) {
        let Some(column) = fact.column(name) else {
            let rows = rows(transaction, fact)?;
            let what =
                format!("the column {name} of core.{} is no longer named, and the table has {rows} rows", fact.id);
            return Err(refused(what, "name it again, or give the fact another name and load it anew"));
        };
        if !is_type(transaction, &column.kind.to_string(), kind)? {
            let what = format!("the column {name} is {kind} in the database and {} here", column.kind);
            return Err(refused(what, "give it its type again, or add a column of another name"));
        }
        // Tables of built-in facts are as migrations made them.
        if fact.origin == Origin::BuiltIn || *is_nullable != column.is_required {
            continue;
        }
        let empty = if column.is_required { empty_rows(transaction, fact, name)? } else { 0 };
        if empty > 0 {
            let what = format!("the column {name} is required now, and {empty} rows of core.{} have none", fact.id);
            return Err(refused(what, "leave out required = true, or load those days anew with it first"));
        }
        let change = if column.is_required { "SET NOT NULL" } else { "DROP NOT NULL" };
        transaction
            .execute_batch(&format!("ALTER TABLE core.{} ALTER {name} {change}", fact.id))
            .context(|| format!("changing {name} of core.{}", fact.id))?;
    }
    let is_new = |column: &&Column| !found.iter().any(|found| found.name == column.name);
    let new: Vec<&Column> = fact.columns.iter().filter(is_new).collect();
    if new.is_empty() {
        return Ok(());
    }
    if with_computed_defaults(transaction)?.contains(&fact.id) {
        let what = format!("core.{} cannot get the column {} as it stands", fact.id, new[0].name);
        return Err(refused(what, "write a migration that makes the table anew"));
    }
    let rows = rows(transaction, fact)?;
    for column in new {
        if column.is_required && rows > 0 {
            let what =
                format!("the new column {} is required, and {rows} rows of core.{} have none", column.name, fact.id);
            return Err(refused(what, "leave out required = true"));
        }
        let sql = format!("ALTER TABLE core.{} ADD COLUMN {} {}", fact.id, column.name, column.kind);
        transaction.execute_batch(&sql).context(|| format!("adding {} to core.{}", column.name, fact.id))?;
        if column.is_required {
            let sql = format!("ALTER TABLE core.{} ALTER {} SET NOT NULL", fact.id, column.name);
            transaction.execute_batch(&sql).context(|| format!("adding {} to core.{}", column.name, fact.id))?;
        }
        if rows > 0 {
            // webhookdb/webhookdb#249: a column that is empty on earlier days looks as if nothing had been there.
            tracing::warn!(
                "core.{} has the new column {}, which its {rows} rows lack: `daybook backfill` fetches their days again, \
                 `daybook replay` reads landed pages again",
                fact.id,
                column.name
            );
        }
    }
    make_history(transaction, fact, true)
}

fn rows(transaction: &Transaction<'_>, fact: &Fact) -> Result<u64, WarehouseError> {
    let sql = format!("SELECT count(*)::UBIGINT FROM core.{}", fact.id);
    transaction.query_row(&sql, [], |row| row.get(0)).context(|| format!("counting core.{}", fact.id))
}

fn empty_rows(transaction: &Transaction<'_>, fact: &Fact, column: &str) -> Result<u64, WarehouseError> {
    let sql = format!("SELECT count(*)::UBIGINT FROM core.{} WHERE {column} IS NULL", fact.id);
    transaction.query_row(&sql, [], |row| row.get(0)).context(|| format!("counting empty {column}"))
}

/// Whether two spellings name one type.
fn is_type(transaction: &Transaction<'_>, stated: &str, found: &str) -> Result<bool, WarehouseError> {
    let plain = |text: &str| text.replace(' ', "").to_uppercase();
    if plain(stated) == plain(found) {
        return Ok(true);
    }
    let sql = format!("SELECT typeof(CAST(NULL AS {stated})) = typeof(CAST(NULL AS {found}))");
    transaction.query_row(&sql, [], |row| row.get(0)).context(|| format!("comparing the types {stated} and {found}"))
}

/// Writes contracts down.
fn note(transaction: &Transaction<'_>, facts: &[&Fact]) -> Result<(), WarehouseError> {
    let step = || "writing the contracts of facts down".to_owned();
    if facts.is_empty() {
        return Ok(());
    }
    let optional = |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), literal);
    let list = |texts: &mut dyn Iterator<Item = &str>| {
        format!("CAST([{}] AS VARCHAR[])", texts.map(literal).collect::<Vec<_>>().join(", "))
    };
    let searched = searched(transaction)?;
    let (mut rows, mut columns) = (Vec::new(), Vec::new());
    for fact in facts {
        let adds = fact.contribution.as_ref();
        let file = match &fact.origin {
            Origin::BuiltIn => None,
            Origin::File(file) => Some(file.display().to_string()),
        };
        rows.push(format!(
            "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
            literal(&fact.id),
            literal(&fact.about),
            optional(fact.day.as_deref()),
            optional(fact.hour.as_deref()),
            list(&mut fact.key.iter().map(String::as_str)),
            list(&mut adds.iter().flat_map(|adds| adds.dimensions.iter().map(|dimension| dimension.word()))),
            list(&mut adds.iter().flat_map(|adds| adds.measures.iter().map(|measure| measure.name.as_str()))),
            fact.retention == Retention::Keep,
            file.is_none(),
            optional(file.as_deref()),
            literal(&fingerprint(fact)),
            optional(marts::fingerprint(fact).as_deref()),
        ));
        for (position, column) in fact.columns.iter().enumerate() {
            columns.push(format!(
                "({}, {}, {position}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
                literal(&fact.id),
                literal(&column.name),
                literal(&column.kind.to_string()),
                optional(column.unit.map(|unit| unit.word())),
                literal(&column.about),
                column.is_required,
                optional(column.min.map(|min| min.to_string()).as_deref()),
                optional(column.max.map(|max| max.to_string()).as_deref()),
                optional(column.format.as_deref()),
                optional(column.personal.map(|personal| personal.word())),
                optional(column.person_role.as_deref()),
                optional(searched.of(fact, column)),
            ));
        }
    }
    let ids = facts.iter().map(|fact| literal(&fact.id)).collect::<Vec<_>>().join(", ");
    let mut sql = format!(
        "DELETE FROM ops.fact WHERE fact IN ({ids}); DELETE FROM ops.fact_column WHERE fact IN ({ids});
         INSERT INTO ops.fact (fact, about, day_column, hour_column, key_columns, dimensions, measures, is_kept, is_built_in,
             file, fingerprint, adds_fingerprint) VALUES {};",
        rows.join(", ")
    );
    if !columns.is_empty() {
        sql += &format!(
            "INSERT INTO ops.fact_column (fact, column_name, position, type, unit, about, is_required,
                 min_value, max_value, format, personal, person_role, erased_as) VALUES {}",
            columns.join(", ")
        );
    }
    transaction.execute_batch(&sql).context(step)
}

/// As which kind the columns of known facts were searched for erased people.
struct Searched {
    is_anyone_erased: bool,
    facts: BTreeSet<String>,
    columns: BTreeMap<(String, String), String>,
}

impl Searched {
    /// What a column that is written down now was searched as: a table that is new, or in which nobody was to be found,
    /// needs no search.
    fn of<'a>(&'a self, fact: &Fact, column: &Column) -> Option<&'a str> {
        if !self.is_anyone_erased || !self.facts.contains(&fact.id) {
            return column.personal.map(|personal| personal.word());
        }
        self.columns.get(&(fact.id.clone(), column.name.clone())).map(String::as_str)
    }
}

fn searched(transaction: &Transaction<'_>) -> Result<Searched, WarehouseError> {
    let step = || "reading which columns were searched for erased people".to_owned();
    let is_anyone_erased =
        transaction.query_row("SELECT count(*) > 0 FROM ops.erased", [], |row| row.get(0)).context(step)?;
    let facts = applied(transaction)?.into_keys().collect();
    let sql = "SELECT fact, column_name, erased_as FROM ops.fact_column WHERE erased_as IS NOT NULL";
    let mut statement = transaction.prepare(sql).context(step)?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).context(step)?;
    Ok(Searched { is_anyone_erased, facts, columns: rows.collect::<Result<_, _>>().context(step)? })
}

/// Facts whose contract was taken away: the rows stay, and what they added to the metrics is taken out.
fn withdraw(transaction: &Transaction<'_>, facts: &Facts, known: &Applied) -> Result<(), WarehouseError> {
    let step = || "taking out what removed facts added".to_owned();
    for (id, (_, adds)) in known.iter().filter(|(id, _)| facts.get(id).is_none()) {
        if adds.is_some() {
            let day: Option<String> = transaction
                .query_row("SELECT day_column FROM ops.fact WHERE fact = ?", params![id], |row| row.get(0))
                .context(step)?;
            if let Some(day) = day {
                marts::touch(transaction, id, &day)?;
            }
        }
        // It is applied anew should it come back.
        transaction
            .execute("UPDATE ops.fact SET fingerprint = '', adds_fingerprint = NULL WHERE fact = ?", params![id])
            .context(step)?;
    }
    Ok(())
}

/// The column of the day of each fact that has one.
pub fn days(connection: &Connection) -> Result<BTreeMap<String, String>, WarehouseError> {
    let step = || "reading the days of facts".to_owned();
    let sql = "SELECT fact, day_column FROM ops.fact WHERE day_column IS NOT NULL";
    let mut statement = connection.prepare(sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Facts that split what they add by a dimension, with the measures.
pub fn telling_apart(connection: &Connection, dimension: Dimension) -> Result<Vec<Adds>, WarehouseError> {
    let step = || format!("looking for facts by {}", dimension.word());
    let sql = "SELECT fact, unnest(measures) FROM ops.fact
        WHERE adds_fingerprint IS NOT NULL AND list_contains(dimensions, ?) ORDER BY fact";
    let mut statement = connection.prepare(sql).context(step)?;
    let rows = statement.query_map(params![dimension.word()], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let (fact, measure) = row.context(step)?;
        all.entry(fact).or_default().push(measure);
    }
    Ok(all.into_iter().collect())
}

/// Facts that are kept for good unless the configuration names them.
pub fn kept(connection: &Connection) -> Result<BTreeSet<String>, WarehouseError> {
    let step = || "reading which facts are kept".to_owned();
    let mut statement = connection.prepare("SELECT fact FROM ops.fact WHERE is_kept").context(step)?;
    statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)
}

/// Facts that have a table and rows, but no contract any more.
pub fn removed(connection: &Connection) -> Result<Vec<String>, WarehouseError> {
    let step = || "looking for facts without a contract".to_owned();
    let mut statement =
        connection.prepare("SELECT fact FROM ops.fact WHERE fingerprint = '' ORDER BY 1").context(step)?;
    statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)
}

/// The texts that a BI tool shows.
fn comments(fact: &Fact) -> String {
    let table = format!("COMMENT ON TABLE core.{} IS {};", fact.id, literal(&fact.about));
    let of =
        |column: &Column| format!("COMMENT ON COLUMN core.{}.{} IS {};", fact.id, column.name, literal(&column.about));
    std::iter::once(table).chain(fact.columns.iter().map(of)).collect()
}

#[cfg(test)]
mod tests;
