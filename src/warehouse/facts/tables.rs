//! Brings the tables of facts to what their contracts say: tables and columns are added, never changed or taken
//! away. What was applied is written down, so that an unchanged contract costs one query.

use super::marts;
use super::read::COMMON;
use crate::domain::fact::{Column, Fact, Facts, Origin};
use crate::support::ids::hex;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::load::literal;
use duckdb::{Connection, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Columns of history beside those of the fact, last.
const SUPERSEDED: &str = "superseded_by VARCHAR, superseded_at TIMESTAMP";

/// Applies the contracts in one transaction. A second time it finds nothing to do.
///
/// # Errors
/// `Invalid` with the remedy where a column has another type than its table, is gone from its contract, or is
/// required and new.
pub fn apply(connection: &mut Connection, facts: &Facts) -> Result<(), WarehouseError> {
    let step = || "applying the contracts of facts".to_owned();
    let known = applied(connection)?;
    // A sentence of a fact is none of the rollup's business, so what it adds has a fingerprint of its own.
    let changed: Vec<&Fact> =
        facts.iter().filter(|fact| known.get(&fact.id).is_none_or(|stored| stored.0 != fingerprint(fact))).collect();
    let bare = uncommented(connection)?;
    let bare: Vec<&Fact> = bare.iter().filter_map(|id| facts.get(id)).collect();
    if changed.is_empty() && bare.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction().context(step)?;
    let tables = columns(&transaction)?;
    for fact in &changed {
        match tables.get(&fact.id) {
            None => create(&transaction, fact)?,
            Some(found) => extend(&transaction, fact, found)?,
        }
        let before = known.get(&fact.id).and_then(|stored| stored.1.as_deref());
        marts::touch(&transaction, fact, before)?;
        note(&transaction, fact)?;
    }
    if !changed.is_empty() {
        marts::apply(&transaction, facts)?;
    }
    let told = changed.iter().chain(bare.iter().filter(|fact| !changed.iter().any(|other| other.id == fact.id)));
    let computed = with_computed_defaults(&transaction)?;
    let comments: String = told.filter(|fact| !computed.contains(&fact.id)).map(|fact| comments(fact)).collect();
    transaction.execute_batch(&comments).context(|| "writing the comments of facts".to_owned())?;
    transaction.commit().context(step)
}

/// Names the text of a contract.
pub fn fingerprint(fact: &Fact) -> String {
    hex(&Sha256::digest(format!("{fact:?}").as_bytes()))
}

/// By fact: the fingerprints of the contract and of what it adds.
fn applied(connection: &Connection) -> Result<BTreeMap<String, (String, Option<String>)>, WarehouseError> {
    let step = || "reading which contracts were applied".to_owned();
    let mut statement = connection.prepare("SELECT fact, fingerprint, adds_fingerprint FROM ops.fact").context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Facts whose comments a copy of the database has lost.
fn uncommented(connection: &Connection) -> Result<Vec<String>, WarehouseError> {
    let step = || "looking for comments of facts".to_owned();
    let sql = "SELECT table_name FROM duckdb_tables() SEMI JOIN ops.fact AS f ON f.fact = table_name
        WHERE database_name = current_database() AND schema_name = 'core' AND comment IS NULL";
    let mut statement = connection.prepare(sql).context(step)?;
    let bare: Vec<String> =
        statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)?;
    let computed = with_computed_defaults(connection)?;
    Ok(bare.into_iter().filter(|table| !computed.contains(table)).collect())
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

/// Name and type of each column of each table of `core`, in order.
fn columns(connection: &Connection) -> Result<BTreeMap<String, Vec<(String, String)>>, WarehouseError> {
    let step = || "reading the tables of facts".to_owned();
    let sql = "SELECT table_name, column_name, data_type FROM duckdb_columns()
        WHERE database_name = current_database() AND schema_name = 'core' ORDER BY table_name, column_index";
    let mut statement = connection.prepare(sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))).context(step)?;
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in rows {
        let (table, name, kind) = row.context(step)?;
        tables.entry(table).or_default().push((name, kind));
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
    let keep = if had_one { format!("ALTER TABLE history.{id} RENAME TO {id}_before;") } else { String::new() };
    let copy = if had_one {
        format!("INSERT INTO history.{id} BY NAME SELECT * FROM history.{id}_before; DROP TABLE history.{id}_before;")
    } else {
        String::new()
    };
    let [by, at] = [SUPERSEDED.split(", ").next(), SUPERSEDED.split(", ").nth(1)].map(Option::unwrap_or_default);
    let sql = format!(
        "{keep} CREATE TABLE history.{id} AS SELECT * FROM core.{id} LIMIT 0;
         ALTER TABLE history.{id} ADD COLUMN {by}; ALTER TABLE history.{id} ADD COLUMN {at}; {copy}"
    );
    transaction.execute_batch(&sql).context(|| format!("making the table history.{id}"))
}

/// Adds the columns that a table lacks.
fn extend(transaction: &Transaction<'_>, fact: &Fact, found: &[(String, String)]) -> Result<(), WarehouseError> {
    let place = match &fact.origin {
        Origin::BuiltIn => format!("the fact {}", fact.id),
        Origin::File(file) => file.display().to_string(),
    };
    let refused = |what: String, remedy: &str| WarehouseError::Invalid(format!("{place}: {what}; {remedy}"));
    for (name, kind) in found.iter().filter(|(name, _)| !COMMON.contains(&name.as_str())) {
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
    }
    let is_new = |column: &&Column| !found.iter().any(|(name, _)| *name == column.name);
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
    }
    make_history(transaction, fact, true)
}

fn rows(transaction: &Transaction<'_>, fact: &Fact) -> Result<u64, WarehouseError> {
    let sql = format!("SELECT count(*)::UBIGINT FROM core.{}", fact.id);
    transaction.query_row(&sql, [], |row| row.get(0)).context(|| format!("counting core.{}", fact.id))
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

/// Writes the contract down.
fn note(transaction: &Transaction<'_>, fact: &Fact) -> Result<(), WarehouseError> {
    let step = || format!("writing the contract of {} down", fact.id);
    let list = |texts: Vec<&str>| {
        let texts: Vec<String> = texts.into_iter().map(literal).collect();
        format!("CAST([{}] AS VARCHAR[])", texts.join(", "))
    };
    let adds = fact.contribution.as_ref();
    let measures = adds.map(|adds| adds.measures.iter().map(|measure| measure.name.as_str()).collect());
    let dimensions = adds.map(|adds| adds.dimensions.iter().map(|dimension| dimension.word()).collect());
    let file = match &fact.origin {
        Origin::BuiltIn => None,
        Origin::File(file) => Some(file.display().to_string()),
    };
    transaction.execute("DELETE FROM ops.fact WHERE fact = ?", params![fact.id]).context(step)?;
    transaction.execute("DELETE FROM ops.fact_column WHERE fact = ?", params![fact.id]).context(step)?;
    transaction
        .execute(
            &format!(
                "INSERT INTO ops.fact (fact, about, day_column, hour_column, key_columns, dimensions, measures,
                     is_built_in, file, fingerprint, adds_fingerprint) VALUES (?, ?, ?, ?, {}, {}, {}, ?, ?, ?, ?)",
                list(fact.key.iter().map(String::as_str).collect()),
                list(dimensions.unwrap_or_default()),
                list(measures.unwrap_or_default())
            ),
            params![
                fact.id,
                fact.about,
                fact.day,
                fact.hour,
                file.is_none(),
                file,
                fingerprint(fact),
                marts::fingerprint(fact)
            ],
        )
        .context(step)?;
    let mut rows = Vec::new();
    for (position, column) in fact.columns.iter().enumerate() {
        let optional = |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), literal);
        rows.push(format!(
            "({}, {}, {position}, {}, {}, {}, {}, {})",
            literal(&fact.id),
            literal(&column.name),
            literal(&column.kind.to_string()),
            optional(column.unit.map(|unit| unit.word())),
            literal(&column.about),
            column.is_required,
            optional(column.personal.map(|personal| personal.word())),
        ));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO ops.fact_column (fact, column_name, position, type, unit, about, is_required, personal) VALUES {}",
        rows.join(", ")
    );
    transaction.execute_batch(&sql).context(step)
}

/// The texts that a BI tool shows.
fn comments(fact: &Fact) -> String {
    let table = format!("COMMENT ON TABLE core.{} IS {};", fact.id, literal(&fact.about));
    let of =
        |column: &Column| format!("COMMENT ON COLUMN core.{}.{} IS {};", fact.id, column.name, literal(&column.about));
    std::iter::once(table).chain(fact.columns.iter().map(of)).collect()
}

#[cfg(test)]
mod tests {
    use crate::warehouse::{Warehouse, WarehouseConfig};

    /// A database that is cut off before its log was folded in opens again: what contracts change can be replayed.
    #[test]
    fn a_database_that_was_cut_off_after_its_first_start_opens() {
        let folder = tempfile::tempdir().expect("a folder");
        let [first, cut] = ["first.duckdb", "cut.duckdb"].map(|name| folder.path().join(name));
        let warehouse = Warehouse::open(&first, &WarehouseConfig::default()).expect("a new database");
        let log = |path: &std::path::Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(".wal");
            std::path::PathBuf::from(name)
        };
        assert!(log(&first).exists(), "the log is not folded in yet");
        std::fs::copy(&first, &cut).expect("copied");
        std::fs::copy(log(&first), log(&cut)).expect("copied");
        drop(warehouse);
        let again = Warehouse::open(&cut, &WarehouseConfig::default()).expect("the log can be replayed");
        let sql = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'core' AND comment IS NOT NULL";
        let commented: u64 = again
            .read_blocking(|reader| Ok(reader.query_row(sql, [], |row| row.get(0)).expect("a count")))
            .expect("read");
        assert!(commented > 20, "{commented}");
    }
}
