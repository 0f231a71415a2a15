//! Contributions that count rows of their fact more than once: a join to a table with several rows of a key repeats the
//! fact's, and every sum over them is too large. Rollups and their comparison with facts are both computed by the same
//! query, so that neither shows it; the fact's own column of the same name does.

use super::contributions::{adding, temporary};
use crate::domain::fact::{Column, ColumnType, Contribution, Fact, Facts};
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::Connection;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// A measure that is larger than the column of the fact that it is named after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    pub fact: String,
    /// Where the contribution is written.
    pub file: PathBuf,
    pub measure: String,
    /// What the contribution adds up to, and what the fact holds, on the same days.
    pub added: Decimal,
    pub held: Decimal,
}

impl fmt::Display for Repeated {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fact, file, measure, added, held } = self;
        write!(
            out,
            "{} adds up {measure} to {}, and core.{fact} holds {}: a join repeats rows of {fact}; join by a key that \
             is unique there, or give the measure a name of its own",
            file.display(),
            added.normalize(),
            held.normalize()
        )
    }
}

/// Measures by workspace that are larger than their fact, in what is computed anew: the temporary tables of
/// contributions and `touched` must be there.
pub fn repeated(reader: &Connection, facts: &Facts) -> Result<BTreeMap<String, Vec<Repeated>>, WarehouseError> {
    let mut all: BTreeMap<String, Vec<Repeated>> = BTreeMap::new();
    for (fact, adds) in adding(facts) {
        for (workspace, found) in of_fact(reader, fact, adds)? {
            all.entry(workspace).or_default().push(found);
        }
    }
    Ok(all)
}

fn of_fact(reader: &Connection, fact: &Fact, adds: &Contribution) -> Result<Vec<(String, Repeated)>, WarehouseError> {
    let step = || format!("comparing {} with core.{}", adds.file.display(), fact.id);
    let measures: Vec<&str> = comparable(fact, adds).collect();
    let (Some(day), false) = (&fact.day, measures.is_empty()) else { return Ok(Vec::new()) };
    let sums = |sum: &dyn Fn(&str) -> String| -> String {
        measures.iter().map(|name| format!(", CAST({} AS DECIMAL(38, 6)) AS {name}", sum(name))).collect()
    };
    // A query leaves rows out, of which some may be negative; it adds no more than all that are not.
    let held = sums(&|name| format!("sum(greatest({name}, 0))"));
    let added = sums(&|name| format!("sum({name})"));
    let of_measure = |name: &&str| {
        format!(
            "SELECT workspace, '{name}' AS measure, sum(a.{name}) AS added, sum(coalesce(h.{name}, 0)) AS held
             FROM added AS a LEFT JOIN held AS h USING (workspace, date) JOIN ends USING (workspace)
             GROUP BY workspace
             -- A day of its own, in another time zone say, moves rows across the ends and between days.
             HAVING added > held AND (bool_and(a.{name} >= coalesce(h.{name}, 0)) OR added > any_value(ends.{name}))"
        )
    };
    let sql = format!(
        "WITH added AS (SELECT workspace, date{added} FROM {from} SEMI JOIN touched USING (workspace, date) GROUP BY 1, 2),
         span AS (SELECT workspace, min(date) - 1 AS first, max(date) + 1 AS last FROM touched GROUP BY workspace),
         near AS (SELECT f.* FROM core.{id} AS f JOIN span AS s ON s.workspace = f.workspace AND f.{day} BETWEEN s.first AND s.last),
         held AS (SELECT workspace, CAST({day} AS DATE) AS date{held} FROM near GROUP BY 1, 2),
         ends AS (SELECT workspace{held} FROM near GROUP BY 1)
         {} ORDER BY workspace, measure",
        measures.iter().map(of_measure).collect::<Vec<_>>().join(" UNION ALL "),
        from = temporary(fact),
        id = fact.id,
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                Repeated {
                    fact: fact.id.clone(),
                    file: adds.file.clone(),
                    measure: row.get(1)?,
                    added: row.get(2)?,
                    held: row.get(3)?,
                },
            ))
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Measures that are called as a column of numbers of the fact. An amount of money is converted, so that its sum says
/// nothing.
fn comparable<'a>(fact: &'a Fact, adds: &'a Contribution) -> impl Iterator<Item = &'a str> {
    let is_number = |column: &&Column| {
        matches!(column.kind, ColumnType::Integer | ColumnType::Bigint | ColumnType::Double | ColumnType::Decimal(..))
    };
    let is_money = |name: &str| fact.money.iter().any(|money| money.amount == name);
    let names = adds.measures.iter().map(|measure| measure.name.as_str());
    names.filter(move |name| fact.column(name).filter(is_number).is_some() && !is_money(name))
}

#[cfg(test)]
pub(super) mod tests;
