//! Who is one person: payers and contacts are joined by every key that agrees, whichever of them a
//! single record has.

use crate::domain::components::components;
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::{Connection, params};

/// Fills the temporary table `identity(workspace, key, person)`: each key of the payers of the workspaces in a table and
/// of contacts that share one with them, and a number that all keys of a person have in common. Empty where nobody
/// paid.
pub fn identify(connection: &Connection, workspaces: &str) -> Result<(), WarehouseError> {
    let step = || "joining people's keys".to_owned();
    connection
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE identity (workspace VARCHAR, key VARCHAR, person BIGINT);
             CREATE OR REPLACE TEMP TABLE paying AS
             SELECT DISTINCT workspace FROM {workspaces} SEMI JOIN core.payment USING (workspace)"
        ))
        .context(step)?;
    let nobody_paid: bool =
        connection.query_row("SELECT count(*) = 0 FROM paying", [], |row| row.get(0)).context(step)?;
    if nobody_paid {
        return connection.execute_batch("DROP TABLE paying").context(step);
    }
    connection
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE same_person AS {};
             CREATE OR REPLACE TEMP TABLE known_key AS
             SELECT workspace, key, row_number() OVER () - 1 AS node
             FROM (SELECT workspace, a AS key FROM same_person
                   UNION SELECT workspace, b FROM same_person WHERE b IS NOT NULL);
             CREATE OR REPLACE TEMP TABLE component (node BIGINT, person BIGINT)",
            include_str!("same_person.sql")
        ))
        .context(step)?;
    // Only numbers come out and go back in: texts stay where they are.
    let count: u64 =
        connection.query_row("SELECT count(*)::UBIGINT FROM known_key", [], |row| row.get(0)).context(step)?;
    let mut statement = connection
        .prepare(
            // In two steps: as one, the planner may join all keys of a workspace with one another first.
            "WITH found AS MATERIALIZED (
                 SELECT s.workspace, s.b, one.node FROM same_person AS s
                 JOIN known_key AS one ON one.workspace = s.workspace AND one.key = s.a
                 WHERE s.b IS NOT NULL)
             SELECT found.node::UBIGINT, other.node::UBIGINT FROM found
             JOIN known_key AS other ON other.workspace = found.workspace AND other.key = found.b",
        )
        .context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?))).context(step)?;
    let pairs: Vec<(u64, u64)> = rows.collect::<Result<_, _>>().context(step)?;
    let place = |node: u64| usize::try_from(node).unwrap_or(usize::MAX);
    let found = components(place(count), pairs.into_iter().map(|(one, other)| (place(one), place(other))));
    let mut appender = connection.appender("component").context(step)?;
    for (node, person) in found.into_iter().enumerate() {
        appender.append_row(params![node as u64, person as u64]).context(step)?;
    }
    appender.flush().context(step)?;
    drop(appender);
    connection
        .execute_batch(
            "INSERT INTO identity SELECT workspace, key, person FROM known_key JOIN component USING (node);
             DROP TABLE same_person; DROP TABLE known_key; DROP TABLE component; DROP TABLE paying",
        )
        .context(step)
}

#[cfg(test)]
mod tests;
