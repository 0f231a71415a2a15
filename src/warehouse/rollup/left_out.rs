//! Contributions whose join leaves rows of their fact out: an inner join drops a row that has no partner, e.g. one of a
//! campaign that was deleted, and every sum is too low without any error. The same query with outer joins shows them.

use super::contributions::{adding, temporary};
use crate::domain::fact::{Contribution, Fact, Facts, Origin};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::queries::{parsed, written};
use duckdb::Connection;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What rows that a join leaves out would add to a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub fact: String,
    /// Where the contribution is written.
    pub file: PathBuf,
    pub measure: String,
    /// What the contribution adds up to, and what it would with all rows, on the same days.
    pub added: Decimal,
    pub whole: Decimal,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fact, file, measure, added, whole } = self;
        write!(
            out,
            "{} adds up {measure} to {}, and {} with the rows of core.{fact} that have no partner in its join; write \
             LEFT JOIN, or SEMI JOIN where they are to be left out",
            file.display(),
            added.normalize(),
            whole.normalize()
        )
    }
}

/// Measures by workspace that miss rows of their fact, in what is computed anew: the temporary tables of contributions
/// and `touched` must be there.
///
/// # Errors
/// As a query cannot be parsed or run.
pub fn left_out(reader: &Connection, facts: &Facts) -> Result<BTreeMap<String, Vec<LeftOut>>, WarehouseError> {
    let mut all: BTreeMap<String, Vec<LeftOut>> = BTreeMap::new();
    for (fact, adds) in adding(facts).into_iter().filter(|(fact, _)| matches!(fact.origin, Origin::File(_))) {
        let mut tree = parsed(reader, &adds.sql)?;
        if !opened(&mut tree, &fact.id) {
            continue;
        }
        // Not every condition can be that of an outer join; the other comparisons go on without this one.
        match written(reader, &tree).and_then(|query| of_fact(reader, (fact, adds), &query)) {
            Ok(found) => {
                found.into_iter().for_each(|(workspace, found)| all.entry(workspace).or_default().push(found));
            }
            Err(error) => {
                tracing::warn!(file = %adds.file.display(), error = %error, "whether a join leaves rows out is not known")
            }
        }
    }
    Ok(all)
}

/// Makes each inner join of the fact's table an outer one that keeps all rows of the fact; whether there is any.
fn opened(node: &mut Value, fact: &str) -> bool {
    let parts: &mut dyn Iterator<Item = &mut Value> = match node {
        Value::Array(parts) => &mut parts.iter_mut(),
        Value::Object(parts) => &mut parts.values_mut(),
        _ => return false,
    };
    let mut is_opened = false;
    for part in parts {
        is_opened |= opened(part, fact);
    }
    if node["type"] == "JOIN" && node["ref_type"] == "REGULAR" && node["join_type"] == "INNER" {
        let keeps = match (reads(&node["left"], fact), reads(&node["right"], fact)) {
            (true, _) => "LEFT",
            (false, true) => "RIGHT",
            (false, false) => return is_opened,
        };
        node["join_type"] = keeps.into();
        return true;
    }
    is_opened
}

fn reads(node: &Value, fact: &str) -> bool {
    match node {
        Value::Array(parts) => parts.iter().any(|part| reads(part, fact)),
        Value::Object(parts) => {
            let is_fact = node["type"] == "BASE_TABLE"
                && node["table_name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(fact));
            is_fact || parts.values().any(|part| reads(part, fact))
        }
        _ => false,
    }
}

fn of_fact(
    reader: &Connection,
    (fact, adds): (&Fact, &Contribution),
    opened: &str,
) -> Result<Vec<(String, LeftOut)>, WarehouseError> {
    let step = || format!("looking for rows that a join of {} leaves out", adds.file.display());
    let measures: Vec<&str> = adds.measures.iter().map(|measure| measure.name.as_str()).collect();
    let sums: String =
        measures.iter().map(|name| format!(", CAST(coalesce(sum({name}), 0) AS DECIMAL(38, 6)) AS {name}")).collect();
    let of_measure = |name: &&str| {
        format!(
            "SELECT workspace, '{name}' AS measure, coalesce(a.{name}, 0) AS added, w.{name} AS whole
             FROM whole AS w LEFT JOIN added AS a USING (workspace) WHERE whole <> added"
        )
    };
    let sql = format!(
        "WITH added AS (SELECT workspace{sums} FROM {from} SEMI JOIN touched USING (workspace, date) GROUP BY 1),
         whole AS (SELECT workspace{sums} FROM ({query}) SEMI JOIN touched USING (workspace, date) GROUP BY 1)
         {} ORDER BY workspace, measure",
        measures.iter().map(of_measure).collect::<Vec<_>>().join(" UNION ALL "),
        from = temporary(fact),
        query = opened,
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement
        .query_map([], |row| {
            let (fact, file) = (fact.id.clone(), adds.file.clone());
            Ok((row.get(0)?, LeftOut { fact, file, measure: row.get(1)?, added: row.get(2)?, whole: row.get(3)? }))
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

#[cfg(test)]
mod tests;
