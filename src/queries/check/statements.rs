//! Every query of the installation, run over an empty warehouse.

use crate::app::rollup_sql;
use crate::config::{Problem, Settings};
use crate::connectors::{Connector, LandedSlice};
use crate::domain::period::Period;
use crate::jobs::sync::{Source, load_request};
use crate::support::secret::Secret;
use crate::support::text_file;
use crate::warehouse::load::load;
use crate::warehouse::rollup::own::try_own;
use crate::warehouse::rollup::{compute_anew, not_additive, rollup, try_recurring};
use crate::warehouse::{Context, Warehouse, queries};
use chrono::{DateTime, Utc};
use std::path::Path;

/// Loads nothing with every query of a connector: what is wrong with one shows.
pub(super) fn connector_queries(
    root: &Path,
    warehouse: &Warehouse,
    source: &Source,
    now: DateTime<Utc>,
) -> Vec<Problem> {
    let connector: &Connector = &source.connection.connector;
    let mut problems = Vec::new();
    for stream in connector.spec.streams.keys() {
        let folder = Path::new("config/connectors").join(&connector.spec.name);
        let landed = LandedSlice::empty(&source.connection, stream, now);
        let loaded = load_request(source, &landed, &warehouse.facts(), &Secret::new("check"), false)
            .and_then(|request| warehouse.write_blocking(move |connection| load(connection, &request, now)));
        let Err(error) = loaded else { continue };
        let message = error.to_string();
        if message.contains("there is no table") {
            let file = folder.join("connector.toml");
            let text = text_file::text_or_nothing(&root.join(&file));
            let known = tables(warehouse);
            let is_unknown = |line: &str| {
                let named = line.trim().strip_prefix("table").and_then(|rest| rest.split('"').nth(1));
                named.is_some_and(|named| !known.iter().any(|table| table == named))
            };
            let line = text.lines().position(is_unknown).map(|index| index + 1);
            let remedy = format!("write table = one of {}", known.join(", "));
            problems.push(Problem::new(&file, line, &message, &remedy));
        } else {
            // A stream may fill several tables, each by a query of its own.
            let loads = connector.spec.streams.get(stream).map(|stream| stream.loads.as_slice()).unwrap_or_default();
            let is_of =
                |table: &str| ["into", "holding"].iter().any(|word| message.contains(&format!("{word} {table}")));
            let named = loads.iter().find(|load| is_of(&load.table)).or(loads.first());
            let file = named.map_or_else(|| format!("{stream}.sql"), |load| load.sql_file());
            problems.push(of_sql(&folder.join(file), &message));
        }
    }
    problems
}

/// The tables that connectors load into.
fn tables(warehouse: &Warehouse) -> Vec<String> {
    let step = || "listing the tables".to_owned();
    let read = warehouse.read_blocking(|reader| {
        let sql = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core' ORDER BY 1";
        let mut statement = reader.prepare(sql).context(step)?;
        let names = statement.query_map([], |row| row.get(0)).context(step)?;
        names.collect::<Result<Vec<String>, _>>().context(step)
    });
    read.unwrap_or_default()
}

/// Runs the rollups and checks over an empty warehouse.
pub(super) fn rollups_and_checks(settings: &Settings, warehouse: &Warehouse, now: DateTime<Utc>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(workspace) = settings.workspaces.first() {
        let (tenant, rules, sql) = (workspace.workspace.clone(), settings.channels.rules.clone(), rollup_sql(settings));
        let touch = format!("INSERT INTO ops.touched_day VALUES ('{}', DATE '2026-01-01', 'check')", tenant.id);
        let today = now.date_naive();
        let run = warehouse.write_blocking(move |connection| {
            connection.execute_batch(&touch).context(|| "touching a day".to_owned())?;
            rollup(connection, &tenant, &rules, &sql, today)?;
            for own in sql.facts.rollups() {
                try_own(connection, own, &rules, &tenant.id, today)?;
            }
            try_recurring(connection, &tenant, &sql, today)?;
            // As the nightly comparison asks, of a day without any row.
            let transaction = connection.transaction().context(|| "trying contributions".to_owned())?;
            let day = Period::day(today.pred_opt().unwrap_or(today));
            compute_anew(&transaction, &[(&tenant, day)], &rules, &sql)?;
            not_additive(&transaction, &sql.facts)
        });
        if let Ok(found) = &run {
            problems.extend(found.iter().map(|found| Problem::new(&found.file, None, &found.message, &found.remedy)));
        }
        if let Err(error) = run {
            let message = error.to_string();
            let shipped = settings.rollups.iter().map(|rollup| (&rollup.name, &rollup.path));
            let own = settings.facts.rollups().iter().map(|rollup| (&rollup.id, &rollup.file));
            let named = shipped.chain(own).find(|(name, _)| message.contains(name.as_str()));
            problems.push(of_sql(named.map_or(Path::new("jobs/rollups"), |(_, path)| path), &message));
        }
    }
    for check in &settings.checks {
        let sql = check.text.clone();
        let run = warehouse.read_blocking(|reader| {
            queries::examine(reader, &sql)?;
            reader.prepare(&sql).map(drop).context(|| check.name.clone())
        });
        if let Err(error) = run {
            problems.push(of_sql(&check.path, &error.to_string()));
        }
    }
    problems
}

/// A fault of DuckDB at its line: its message repeats the line, with a mark below that one line of text
/// would misplace.
fn of_sql(file: &Path, message: &str) -> Problem {
    let (said, quoted) = message.split_once("LINE ").unwrap_or((message, ""));
    let line = quoted.split_once(':').and_then(|(line, _)| line.trim().parse().ok());
    let remedy = "correct the query: DuckDB's SQL, over the tables that `SELECT * FROM duckdb_columns()` lists";
    Problem::new(file, line, said.trim(), remedy)
}
