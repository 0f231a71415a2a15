//! Tables without days that what an installation computes reads beside its own, such as the names of agents beside
//! their calls. No load says which days a change of theirs moves, so every day is due that is computed with them.
//! Tables with days are followed by the days that loads touch.

use crate::domain::fact::{Facts, Origin};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts::rollup_tables::days_of_inputs;
use crate::warehouse::sql::literal;
use duckdb::Connection;
use std::collections::BTreeMap;

/// What is computed from tables without days.
struct Reader<'a> {
    /// `core.<fact>` for what a fact adds, `mart.<rollup>`.
    name: String,
    /// Facts without days.
    reads: Vec<&'a str>,
    /// Inserts its days as due; a condition on the workspace follows.
    touch: String,
}

/// A reader whose tables hold something else in a workspace than when it was last computed.
struct Moved {
    reader: usize,
    workspace: String,
    state: String,
}

/// Makes days of `workspaces` due that are computed from tables which changed.
pub fn touch(connection: &Connection, workspaces: &[&str], facts: &Facts) -> Result<(), WarehouseError> {
    let readers = readers(facts);
    for Moved { reader, workspace, state } in moved(connection, workspaces, &readers)? {
        let Reader { name, touch, .. } = &readers[reader];
        let (name, workspace) = (literal(name), literal(&workspace));
        connection
            .execute_batch(&format!(
                "{touch} WHERE workspace = {workspace};
                 DELETE FROM ops.read_state WHERE reader = {name} AND workspace = {workspace};
                 INSERT INTO ops.read_state VALUES ({name}, {workspace}, {})",
                literal(&state)
            ))
            .context(|| format!("making days due that read {}", readers[reader].reads.join(", ")))?;
    }
    Ok(())
}

/// Those of `workspaces` of which [`touch`] would make days due.
pub fn waiting(connection: &Connection, workspaces: &[&str], facts: &Facts) -> Result<Vec<String>, WarehouseError> {
    Ok(moved(connection, workspaces, &readers(facts))?.into_iter().map(|moved| moved.workspace).collect())
}

fn readers(facts: &Facts) -> Vec<Reader<'_>> {
    let reads = |sql: &str, own: &str| -> Vec<&str> {
        let dayless = facts.iter().filter(|fact| fact.day.is_none() && fact.id != own);
        dayless.map(|fact| fact.id.as_str()).filter(|id| names(sql, id)).collect()
    };
    // What ships has relations of its own, which say whose days a changed person moves.
    let adding = facts.iter().filter(|fact| fact.origin != Origin::BuiltIn).filter_map(|fact| {
        let (adds, day) = (fact.contribution.as_ref()?, fact.day.as_ref()?);
        let (name, reads) = (format!("core.{}", fact.id), reads(&adds.sql, &fact.id));
        let why = literal(&format!("tables that {} reads", adds.file.display()));
        let touch = format!(
            "INSERT INTO ops.touched_day SELECT DISTINCT workspace, date, {why}
             FROM (SELECT workspace, {day} AS date FROM {name} WHERE {day} IS NOT NULL)"
        );
        Some(Reader { name, reads, touch })
    });
    let rollups = facts.rollups().iter().map(|rollup| {
        let (name, reads) = (format!("mart.{}", rollup.id), reads(&rollup.sql, ""));
        let touch = format!(
            "INSERT INTO ops.rollup_due SELECT DISTINCT {}, workspace, date FROM ({})",
            literal(&rollup.id),
            days_of_inputs(rollup, facts)
        );
        Reader { name, reads, touch }
    });
    adding.chain(rollups).filter(|reader| !reader.reads.is_empty()).collect()
}

/// Whether a query names `core.<fact>`. A comment that does so costs days computed anew, and no figure.
fn names(sql: &str, fact: &str) -> bool {
    let (sql, table) = (sql.to_lowercase(), format!("core.{fact}"));
    let is_end = |at: usize| !sql[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    sql.match_indices(&table).any(|(at, _)| is_end(at + table.len()))
}

fn moved(connection: &Connection, workspaces: &[&str], readers: &[Reader<'_>]) -> Result<Vec<Moved>, WarehouseError> {
    let ids: Vec<String> = workspaces.iter().map(|id| literal(id)).collect();
    let mut found = Vec::new();
    for (index, Reader { name, reads, .. }) in readers.iter().enumerate() {
        let step = || format!("looking for changes of {}", reads.join(", "));
        // A row that changes has another load, and one that goes is one less.
        let tables = reads.iter().map(|fact| {
            format!(
                "SELECT workspace, concat_ws(' ', '{fact}', count(*), sum(hash(load_id))) AS state FROM core.{fact}
                 WHERE workspace IN ({}) GROUP BY workspace",
                ids.join(", ")
            )
        });
        let read = |sql: &str| -> Result<BTreeMap<String, String>, WarehouseError> {
            let mut statement = connection.prepare(sql).context(step)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
            rows.collect::<Result<_, _>>().context(step)
        };
        let now = read(&format!(
            "SELECT workspace, string_agg(state, ', ' ORDER BY state) FROM ({}) GROUP BY workspace",
            tables.collect::<Vec<_>>().join(" UNION ALL ")
        ))?;
        let then = read(&format!("SELECT workspace, state FROM ops.read_state WHERE reader = {}", literal(name)))?;
        let state = |of: &BTreeMap<String, String>, id: &str| of.get(id).cloned().unwrap_or_default();
        let others = workspaces.iter().filter(|id| state(&now, id) != state(&then, id));
        found.extend(others.map(|id| Moved { reader: index, workspace: (*id).to_owned(), state: state(&now, id) }));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
