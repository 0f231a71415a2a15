//! Checks that follow from contracts: keys, exchange rates, ranges, formats and references of every fact. Each is a
//! query that returns bad rows; none means good.
//!
//! # Adding one
//!
//! What is to hold for every fact is a function here, with its name in [`NAMES`] and its line in [`checks`]. What is
//! to hold for some tables is `jobs/checks/<claim>.sql`: the name and the first line (`-- Claim:`) state what is
//! right, and the query returns the rows that contradict it. Nothing lists it. It is done when a test puts a bad row
//! in and gets it back, as `tests/it/ledger.rs` does, and a sound simulation (`tests/it/truth.rs`) gives none.

use crate::domain::fact::{Column, Fact, Facts};
use crate::warehouse::sql::literal;

/// A check with its name, which is a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub sql: String,
}

/// Names of the checks that follow from contracts.
pub const NAMES: [&str; 3] = ["fact_keys_are_unique", "every_amount_has_a_rate", "facts_are_as_their_contracts_say"];

/// The checks of all facts.
pub fn checks(facts: &Facts) -> Vec<Check> {
    vec![
        Check { name: NAMES[0], sql: keys(facts) },
        Check { name: NAMES[1], sql: rates(facts) },
        Check { name: NAMES[2], sql: values(facts) },
    ]
}

fn union(queries: Vec<String>) -> String {
    queries.join("\nUNION ALL\n")
}

/// Rows that are held twice.
fn keys(facts: &Facts) -> String {
    let of = |fact: &Fact| {
        let key = fact.key_expressions();
        let shown: Vec<String> =
            fact.key.iter().map(|column| format!("any_value(CAST({column} AS VARCHAR))")).collect();
        format!(
            "SELECT workspace, '{id}' AS fact, concat_ws(' ', {}) AS key, count(*) AS copies\nFROM core.{id}\n\
             GROUP BY workspace, {}\nHAVING count(*) > 1",
            shown.join(", "),
            key.join(", "),
            id = fact.id
        )
    };
    let all = facts.iter().filter(|fact| !fact.key.is_empty()).map(of).collect();
    format!("-- Claim: no fact is held twice\n{}", union(all))
}

/// Amounts without a rate for their day; a subscription counts on each of its days.
fn rates(facts: &Facts) -> String {
    let of = |fact: &Fact| -> Vec<String> {
        let Some(day) = &fact.day else { return Vec::new() };
        let converted = fact.money.iter().filter(|money| money.is_converted);
        converted
            .map(|money| {
                let which = money.condition.as_ref().map(|text| format!(" WHERE {text}")).unwrap_or_default();
                format!(
                    "SELECT workspace, {day} AS date, {} AS currency, {} AS amount FROM core.{}{which}",
                    money.currency, money.amount, fact.id
                )
            })
            .collect()
    };
    let amounts: Vec<String> = facts.iter().flat_map(of).collect();
    include_str!("every_amount_has_a_rate.sql").replace("/* amounts */", &amounts.join("\n    UNION ALL "))
}

/// Values outside their range, of another form, or that refer to nothing.
fn values(facts: &Facts) -> String {
    let found = |fact: &Fact, column: &Column, claim: &str, which: String| {
        format!(
            "SELECT t.workspace, '{}' AS fact, {} AS claim, count(*) AS rows, \
             left(CAST(min(t.{name}) AS VARCHAR), 100) AS example\nFROM core.{} AS t WHERE {which} GROUP BY t.workspace",
            fact.id,
            literal(claim),
            fact.id,
            name = column.name
        )
    };
    let of = |fact: &Fact| -> Vec<String> {
        let mut queries = Vec::new();
        for column in &fact.columns {
            let name = &column.name;
            // The word in the place of an erased person is of no form, and may point to nobody.
            let is_theirs = match column.personal {
                Some(_) => format!(" AND CAST(t.{name} AS VARCHAR) NOT LIKE '%erased\\_%' ESCAPE '\\'"),
                None => String::new(),
            };
            if let Some(min) = column.min {
                queries.push(found(fact, column, &format!("{name} is at least {min}"), format!("t.{name} < {min}")));
            }
            if let Some(max) = column.max {
                queries.push(found(fact, column, &format!("{name} is at most {max}"), format!("t.{name} > {max}")));
            }
            if let Some(format) = &column.format {
                let which = format!("NOT regexp_full_match(CAST(t.{name} AS VARCHAR), {}){is_theirs}", literal(format));
                queries.push(found(fact, column, &format!("{name} is of the form {format}"), which));
            }
            if let Some((other, at)) = &column.references {
                let which = format!(
                    "t.{name} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM core.{other} AS o WHERE o.workspace = t.workspace \
                     AND o.connection = t.connection AND o.{at} = t.{name}){is_theirs}"
                );
                queries.push(found(fact, column, &format!("{name} names a row of {other}"), which));
            }
        }
        queries
    };
    let all: Vec<String> = facts.iter().flat_map(of).collect();
    let head = "-- Claim: facts are as their contracts say";
    if all.is_empty() {
        return format!("{head}\nSELECT NULL AS workspace WHERE false");
    }
    format!("{head}\n{}", union(all))
}
