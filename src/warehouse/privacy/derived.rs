//! What was made of facts that name people: `mart.<fact>_by` may hold an identifier as a dimension, where the query of a
//! contribution says so. The day and the value lead from a row of the fact to what was made of it.

use super::columns::{PersonalColumn, PersonalTable};
use super::identifiers::shares;
use super::words::{is_named, words};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::{literal, named};
use duckdb::{Connection, Transaction, params};
use serde_json::Value;

/// A fact with personal columns, whose rows are in `core` and `history`.
struct Source {
    fact: String,
    day: String,
    /// Of `mart.<fact>_by`; none if there is no such table.
    dimensions: Vec<String>,
}

/// Facts that name people and have a day, with the dimensions of what they add.
fn sources(connection: &Connection, tables: &[PersonalTable]) -> Result<Vec<Source>, WarehouseError> {
    let step = || "looking for what was made of facts that name people".to_owned();
    let mut statement = connection
        .prepare(
            "SELECT f.fact, f.day_column, coalesce(string_agg(c.column_name, ',' ORDER BY c.column_index), '')
             FROM ops.fact AS f LEFT JOIN duckdb_columns() AS c ON c.database_name = current_database()
                 AND c.schema_name = 'mart' AND c.table_name = f.fact || '_by' AND list_contains(f.dimensions, c.column_name)
             WHERE f.day_column IS NOT NULL GROUP BY ALL ORDER BY ALL",
        )
        .context(step)?;
    let rows = statement
        .query_map([], |row| {
            let dimensions: String = row.get(2)?;
            let dimensions = dimensions.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Ok(Source { fact: row.get(0)?, day: row.get(1)?, dimensions })
        })
        .context(step)?;
    let all: Vec<Source> = rows.collect::<Result<_, _>>().context(step)?;
    Ok(all.into_iter().filter(|source| tables.iter().any(|table| table.table == source.fact)).collect())
}

/// Where identifiers stand that `test` holds for: a query of `date` and `value`, and what `more` adds.
fn places(source: &Source, tables: &[PersonalTable], workspace: &str, by: &By<'_>) -> String {
    let own = tables.iter().filter(|table| table.schema != "mart" && table.table == source.fact);
    let columns = own.flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let queries = columns.map(|(table, column)| {
        let value = PersonalColumn { name: "value".to_owned(), is_list: false, ..column.clone() };
        format!(
            "SELECT DISTINCT t.date, t.value{more} FROM (
                 SELECT t.connection, t.{day} AS date, {each} AS value FROM {table} AS t WHERE t.workspace = {workspace}) AS t{from}
             WHERE t.date IS NOT NULL AND t.value IS NOT NULL AND {test}",
            more = (by.more)(&value),
            day = source.day,
            each = column.each(),
            table = named(&table.schema, &table.table),
            workspace = literal(workspace),
            from = by.from,
            test = (by.test)(&value),
        )
    });
    queries.collect::<Vec<_>>().join(" UNION ")
}

/// Which identifiers are looked for, as SQL over `t` and `from`.
struct By<'a> {
    from: &'a str,
    more: &'a dyn Fn(&PersonalColumn) -> String,
    test: &'a dyn Fn(&PersonalColumn) -> String,
}

/// Rows of `mart.<fact>_by` that hold an identifier of `person_id`.
pub fn held(
    transaction: &Transaction<'_>,
    workspace: &str,
    tables: &[PersonalTable],
) -> Result<Vec<(String, Vec<Value>)>, WarehouseError> {
    let step = || "looking in what was made of facts".to_owned();
    let by = By { from: "", more: &|_| String::new(), test: &|column| shares(std::slice::from_ref(column)) };
    let mut all = Vec::new();
    for source in sources(transaction, tables)?.into_iter().filter(|source| !source.dimensions.is_empty()) {
        let tests: Vec<String> =
            source.dimensions.iter().map(|name| format!("(b.date, b.{name}) IN (FROM place)")).collect();
        let sql = format!(
            "WITH place AS ({}) SELECT to_json(b)::VARCHAR FROM mart.{}_by AS b WHERE b.workspace = ? AND ({}) ORDER BY 1",
            places(&source, tables, workspace, &by),
            source.fact,
            tests.join(" OR ")
        );
        let mut statement = transaction.prepare(&sql).context(step)?;
        let rows = statement.query_map(params![workspace], |row| row.get::<_, String>(0)).context(step)?;
        let rows: Vec<String> = rows.collect::<Result<_, _>>().context(step)?;
        if !rows.is_empty() {
            let rows = rows.iter().map(|row| serde_json::from_str(row).unwrap_or(Value::Null)).collect();
            all.push((format!("mart.{}_by", source.fact), rows));
        }
    }
    Ok(all)
}

/// Replaces the workspace's erased identifiers in `mart.<fact>_by`, and makes their days due where rollups may have
/// used them; called before they are replaced in the facts. Returns the rows changed by table.
pub fn erase(
    connection: &Connection,
    workspace: &str,
    tables: &[PersonalTable],
) -> Result<Vec<(String, u64)>, WarehouseError> {
    let step = || "erasing in what was made of facts".to_owned();
    let has_rollups: bool = connection
        .query_row("SELECT count(*) > 0 FROM ops.rollup WHERE fingerprint <> ''", [], |row| row.get(0))
        .context(step)?;
    let from = format!(", {}", words(workspace));
    let by = By {
        from: &from,
        more: &|column| format!(", e.m[mark_of('{}', t.connection, t.{})] AS token", column.kind.word(), column.name),
        test: &|column| is_named(std::slice::from_ref(column), "t.connection"),
    };
    let mut changed = Vec::new();
    for source in sources(connection, tables)? {
        if source.dimensions.is_empty() && !has_rollups {
            continue;
        }
        let places = places(&source, tables, workspace, &by);
        let sql = format!("CREATE OR REPLACE TEMP TABLE erased_place AS {places}");
        connection.execute_batch(&sql).context(step)?;
        let mut rows = 0;
        for name in &source.dimensions {
            let sql = format!(
                "UPDATE mart.{}_by AS b SET {name} = p.token
                 FROM (SELECT date, value, min(token) AS token FROM erased_place GROUP BY ALL) AS p
                 WHERE b.workspace = ? AND b.date = p.date AND b.{name} = p.value",
                source.fact
            );
            rows += connection.execute(&sql, params![workspace]).context(step)? as u64;
        }
        if rows > 0 {
            changed.push((format!("mart.{}_by", source.fact), rows));
        }
        connection
            .execute(
                "INSERT INTO ops.touched_day SELECT DISTINCT ?, date, 'erasure' FROM erased_place",
                params![workspace],
            )
            .context(step)?;
        connection.execute_batch("DROP TABLE erased_place").context(step)?;
    }
    Ok(changed)
}
