//! Queries whose results do not add up, though every one of their rows is right: a contribution is summed over days,
//! channels and campaigns, so that averages, distinct counts and amounts of several currencies give a wrong sum that
//! looks like a right one. DuckDB's own parser says what a query is made of.

use super::contributions::adding;
use crate::domain::fact::{ColumnType, Contribution, Fact, Facts, Origin};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::queries::parsed;
use duckdb::Connection;
use duckdb::arrow::datatypes::DataType;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// Functions whose results over parts say nothing of the whole.
const AVERAGES: [&str; 22] = [
    "avg",
    "mean",
    "favg",
    "geomean",
    "geometric_mean",
    "median",
    "mode",
    "mad",
    "quantile",
    "quantile_cont",
    "quantile_disc",
    "approx_quantile",
    "reservoir_quantile",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
    "corr",
    "entropy",
    "skewness",
];
const SUMS: [&str; 6] = ["sum", "count", "count_star", "count_if", "fsum", "sum_no_overflow"];
/// What a query must not add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAdditive {
    /// Where the query is written.
    pub file: PathBuf,
    pub message: String,
    pub remedy: String,
}

impl fmt::Display for NotAdditive {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}; {}", self.file.display(), self.message, self.remedy)
    }
}

/// What the installation's contributions and rollups add up that does not add up. The relations that contributions read
/// must be there, as [`super::compute_anew`] leaves them.
///
/// # Errors
/// As a query cannot be parsed or planned.
pub fn not_additive(reader: &Connection, facts: &Facts) -> Result<Vec<NotAdditive>, WarehouseError> {
    let mut all = Vec::new();
    let own = adding(facts).into_iter().filter(|(fact, _)| matches!(fact.origin, Origin::File(_)));
    for (fact, adds) in own {
        let tree = parsed(reader, &adds.sql)?;
        let mut say = |message: String, remedy: &str| {
            all.push(NotAdditive { file: adds.file.clone(), message, remedy: remedy.to_owned() });
        };
        of_measures(fact, adds, &tree, &mut say);
        of_types(reader, adds, &mut say)?;
        joins(&tree, &mut say);
    }
    for rollup in facts.rollups() {
        let tree = parsed(reader, &rollup.sql)?;
        joins(&tree, &mut |message, remedy| {
            all.push(NotAdditive { file: rollup.file.clone(), message, remedy: remedy.to_owned() });
        });
    }
    Ok(all)
}

fn of_measures(fact: &Fact, adds: &Contribution, tree: &Value, say: &mut dyn FnMut(String, &str)) {
    let mut items = Vec::new();
    selected(tree, &mut items);
    if let Some(day) = &fact.day {
        let is_other = |item: &&&Value| {
            item["alias"].as_str().is_some_and(|alias| alias.eq_ignore_ascii_case("date"))
                && column(uncast(item)).is_none_or(|column| !column.eq_ignore_ascii_case(day) && column != "date")
        };
        if items.iter().any(|item| is_other(&item)) {
            say(
                format!("its date is not {day}, the day of {}: days that a load changes are found by that", fact.id),
                "let the connector's query compute the day that counts, and name that column as the fact's day",
            );
        }
    }
    let converts = has(tree, &|node| node["table_name"] == "rate");
    for measure in &adds.measures {
        let name = measure.name.as_str();
        for item in items.iter().filter(|item| is_called(item, name)) {
            if has_own(item, &|node| node["distinct"] == true) {
                say(
                    format!(
                        "{name} counts distinct values of each row, and who is in two rows counts twice in their sum"
                    ),
                    "count rows of a subquery that has each once (SELECT DISTINCT …), or let the vendor count and name that \
                     column with distinct = \"…\"",
                );
            }
            let averages = |node: &Value| AVERAGES.contains(&function(node).as_str());
            let divides = |node: &Value| {
                function(node) == "/"
                    && node["children"].as_array().is_some_and(|parts| parts.len() == 2 && parts.iter().all(adds_up))
            };
            if has_own(item, &averages) || has_own(item, &divides) {
                say(
                    format!("{name} is an average of each row, and averages do not add up"),
                    "add its sum and its count as two measures, and divide them in a formula",
                );
            }
            for money in &fact.money {
                let is_amount = |node: &Value| column(node).is_some_and(|named| named == money.amount);
                let is_picked = |node: &Value| {
                    node["class"] == "COMPARISON"
                        && [&node["left"], &node["right"]]
                            .iter()
                            .any(|side| column(side).is_some_and(|named| named == money.currency))
                };
                if has_own(item, &is_amount) && !converts && !has(tree, &is_picked) {
                    say(
                        format!("{name} adds up {} of several currencies as it stands", money.amount),
                        "join rate by workspace, date and currency and multiply by its rate, or keep rows of one currency",
                    );
                }
            }
        }
    }
}

/// Each measure has room for the decimals of its query.
fn of_types(reader: &Connection, adds: &Contribution, say: &mut dyn FnMut(String, &str)) -> Result<(), WarehouseError> {
    let step = || format!("reading the columns of {}", adds.file.display());
    let names: Vec<&str> = adds.measures.iter().map(|measure| measure.name.as_str()).collect();
    let sql = format!("SELECT {} FROM (\n{}\n) LIMIT 0", names.join(", "), adds.sql.trim_end().trim_end_matches(';'));
    let mut statement = reader.prepare(&sql).context(step)?;
    statement.query([]).map(drop).context(step)?;
    for (index, measure) in adds.measures.iter().enumerate() {
        let decimals = match statement.column_type(index) {
            DataType::Decimal128(_, scale) => u8::try_from(scale).unwrap_or_default(),
            DataType::Float32 | DataType::Float64 => 1,
            _ => 0,
        };
        let room = match measure.kind {
            ColumnType::Integer | ColumnType::Bigint => 0,
            ColumnType::Decimal(_, scale) => scale.max(1),
            _ => u8::MAX,
        };
        // Amounts at a rate have more than anybody counts.
        if decimals.min(6) > room {
            say(
                format!(
                    "{} has decimals in the query and none, or fewer, as {}: each row would be rounded before it is summed",
                    measure.name, measure.kind
                ),
                "give the measure the type DECIMAL(38, 6), or round in the query if that is meant",
            );
        }
    }
    Ok(())
}

/// Tables of several workspaces that are joined by ids alone: ids of two workspaces may be alike.
fn joins(tree: &Value, say: &mut dyn FnMut(String, &str)) {
    let mut constants = BTreeSet::new();
    constant_tables(tree, &mut constants);
    let is_workspace = |node: &Value| column(node).is_some_and(|name| name.eq_ignore_ascii_case("workspace"));
    // Tables with a comma between them are joined by what WHERE compares.
    let mut compared = Vec::new();
    every(tree, &mut |node| {
        let is_comparison = |node: &Value| {
            node["class"] == "COMPARISON" && [&node["left"], &node["right"]].iter().all(|side| is_workspace(side))
        };
        if node["type"] == "SELECT_NODE" && has(&node["where_clause"], &is_comparison) {
            crosses(&node["from_table"], &mut |join| compared.push(std::ptr::from_ref(join)));
        }
    });
    every(tree, &mut |node| {
        let is_join = node["type"] == "JOIN" && (node["ref_type"] == "REGULAR" || node["ref_type"] == "CROSS");
        let sides = [&node["left"], &node["right"]];
        let of_workspaces = |side: &&&Value| has(side, &|node| is_of_workspaces(node, &constants));
        if !is_join || sides.iter().filter(of_workspaces).count() < 2 || compared.contains(&std::ptr::from_ref(node)) {
            return;
        }
        let names = |name: &Value| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case("workspace"));
        let by_columns = node["using_columns"].as_array().is_some_and(|columns| columns.iter().any(names));
        if by_columns || has(&node["condition"], &is_workspace) {
            return;
        }
        let table = sides.iter().rev().find_map(|side| side["table_name"].as_str()).unwrap_or("a relation");
        say(
            format!("{table} is joined without its workspace, and rows of other workspaces would count"),
            "join by workspace as well: ids of two workspaces may be alike",
        );
    });
}

/// The joins without a condition among what a query reads, and not those of queries within it.
fn crosses<'a>(from: &'a Value, see: &mut dyn FnMut(&'a Value)) {
    if from["type"] == "JOIN" {
        if from["ref_type"] == "CROSS" {
            see(from);
        }
        crosses(&from["left"], see);
        crosses(&from["right"], see);
    }
}

fn is_of_workspaces(node: &Value, constants: &BTreeSet<String>) -> bool {
    if node["type"] != "BASE_TABLE" {
        return false;
    }
    let text = |key: &str| node[key].as_str().unwrap_or_default().to_lowercase();
    match text("schema_name").as_str() {
        "core" | "history" | "mart" => true,
        "" => !constants.contains(&text("table_name")),
        _ => false,
    }
}

/// Names of common table expressions that read no table: lists of constants.
fn constant_tables(tree: &Value, found: &mut BTreeSet<String>) {
    every(tree, &mut |node| {
        for entry in node["cte_map"]["map"].as_array().into_iter().flatten() {
            if !has(&entry["value"], &|node| node["type"] == "BASE_TABLE") {
                found.extend(entry["key"].as_str().map(str::to_lowercase));
            }
        }
    });
}

/// Every item of a list of what is selected.
fn selected<'a>(node: &'a Value, found: &mut Vec<&'a Value>) {
    match node {
        Value::Array(parts) => parts.iter().for_each(|part| selected(part, found)),
        Value::Object(parts) => {
            found.extend(node["select_list"].as_array().into_iter().flatten());
            parts.values().for_each(|part| selected(part, found));
        }
        _ => {}
    }
}

fn is_called(item: &Value, name: &str) -> bool {
    match item["alias"].as_str().filter(|alias| !alias.is_empty()) {
        Some(alias) => alias.eq_ignore_ascii_case(name),
        None => column(item).is_some_and(|column| column.eq_ignore_ascii_case(name)),
    }
}

fn function(node: &Value) -> String {
    match node["class"] == "FUNCTION" {
        true => node["function_name"].as_str().unwrap_or_default().to_lowercase(),
        false => String::new(),
    }
}

fn adds_up(node: &Value) -> bool {
    has_own(node, &|node| SUMS.contains(&function(node).as_str()))
}

/// What a cast is of.
fn uncast(node: &Value) -> &Value {
    if node["class"] == "CAST" { uncast(&node["child"]) } else { node }
}

/// The name of a column, without that of its table.
fn column(node: &Value) -> Option<&str> {
    (node["class"] == "COLUMN_REF").then(|| node["column_names"].as_array()?.last()?.as_str()).flatten()
}

/// Whether a node or one within it is so.
fn has(node: &Value, is: &dyn Fn(&Value) -> bool) -> bool {
    let mut found = false;
    every(node, &mut |node| found |= is(node));
    found
}

/// The same within an expression itself, and not within queries and windows that it holds.
fn has_own(node: &Value, is: &dyn Fn(&Value) -> bool) -> bool {
    match node {
        Value::Array(parts) => parts.iter().any(|part| has_own(part, is)),
        Value::Object(_) if node["class"] == "SUBQUERY" || node["class"] == "WINDOW" => false,
        Value::Object(parts) => is(node) || parts.values().any(|part| has_own(part, is)),
        _ => false,
    }
}

fn every(node: &Value, see: &mut dyn FnMut(&Value)) {
    match node {
        Value::Array(parts) => parts.iter().for_each(|part| every(part, see)),
        Value::Object(parts) => {
            see(node);
            parts.values().for_each(|part| every(part, see));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
