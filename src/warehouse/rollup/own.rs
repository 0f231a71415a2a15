//! Rollups of the installation: tables of `mart` that files of `jobs/rollups` fill for the days that changed. Each has
//! a transaction of its own, so that a query that fails holds up no figure of Daybook: its days stay due, and the
//! fault is reported.

use super::{days, named};
use crate::domain::channel::ChannelRules;
use crate::domain::fact::{Facts, Rollup};
use crate::domain::workspace::Workspace;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts::rollup_tables::days_of_inputs;
use crate::warehouse::functions::RulesInUse;
use crate::warehouse::queries;
use crate::warehouse::sealed::sealed_before;
use crate::warehouse::sql::literal;
use chrono::NaiveDate;
use duckdb::{Connection, Transaction, params};
use std::collections::BTreeSet;

/// Makes days due that Daybook's own rollups have computed: those in `touched`, and for what reads recurring revenue
/// those in `days`.
pub fn hand_on(transaction: &Transaction<'_>, facts: &Facts) -> Result<(), WarehouseError> {
    let recurs = ["mart.mrr_daily", "mart.subscription_value"];
    for rollup in facts.rollups() {
        let id = literal(&rollup.id);
        let more = match rollup.inputs.iter().any(|input| recurs.contains(&input.as_str())) {
            true => " UNION SELECT workspace, date FROM days",
            false => "",
        };
        let sql = format!("INSERT INTO ops.rollup_due SELECT {id}, * FROM (SELECT workspace, date FROM touched{more})");
        transaction.execute_batch(&sql).context(|| format!("making days of {} due", rollup.id))?;
    }
    Ok(())
}

/// Makes days of every rollup of the installation due, as somebody asks for.
pub fn ask_for(connection: &Connection, facts: &Facts, condition: &str) -> Result<(), WarehouseError> {
    for rollup in facts.rollups() {
        let sql = format!(
            "INSERT INTO ops.rollup_due SELECT DISTINCT {}, workspace, date FROM ({}) WHERE {condition}",
            literal(&rollup.id),
            days_of_inputs(rollup, facts)
        );
        connection.execute_batch(&sql).context(|| format!("making days of {} due", rollup.id))?;
    }
    Ok(())
}

/// Computes what is due of the workspaces asked for, each rollup behind those it reads. Where one fails for some, each
/// workspace is computed by itself, and why is written down.
///
/// # Errors
/// If the database cannot be written; a query that fails is none.
pub fn run(
    connection: &mut Connection,
    asked: &[(Workspace, NaiveDate)],
    rules: &ChannelRules,
    facts: &Facts,
) -> Result<(), WarehouseError> {
    let step = || "running the rollups of the installation".to_owned();
    for (index, rollup) in facts.rollups().iter().enumerate() {
        let waiting = waiting(connection, rollup)?;
        let asked: Vec<&(Workspace, NaiveDate)> = asked.iter().filter(|(of, _)| waiting.contains(&of.id)).collect();
        if asked.is_empty() {
            continue;
        }
        let name = format!("mart.{}", rollup.id);
        let readers = facts.rollups()[index + 1..].iter().filter(|other| other.inputs.contains(&name));
        let readers: Vec<&str> = readers.map(|other| other.id.as_str()).collect();
        let sql = "UPDATE ops.rollup SET changed_date = ?, is_edited = false WHERE rollup = ? AND is_edited";
        connection.execute(sql, params![asked[0].1, rollup.id]).context(step)?;
        let failed: Vec<(&str, WarehouseError)> = match one(connection, rollup, &readers, rules, &asked) {
            Ok(()) => Vec::new(),
            Err(error) => match asked[..] {
                [(workspace, _)] => vec![(&workspace.id, error)],
                _ => asked
                    .iter()
                    .filter_map(|of| Some((of.0.id.as_str(), one(connection, rollup, &readers, rules, &[of]).err()?)))
                    .collect(),
            },
        };
        let ids: Vec<String> = asked.iter().map(|(workspace, _)| literal(&workspace.id)).collect();
        let sql = format!("DELETE FROM ops.rollup_failure WHERE rollup = ? AND workspace IN ({})", ids.join(", "));
        connection.execute(&sql, params![rollup.id]).context(step)?;
        for (workspace, error) in failed {
            tracing::error!(rollup.name = %rollup.id, workspace.id = workspace, error = %error, "a rollup of the installation failed; its days stay due");
            let sql = "INSERT INTO ops.rollup_failure VALUES (?, ?, ?)";
            connection.execute(sql, params![rollup.id, workspace, error.to_string()]).context(step)?;
        }
    }
    Ok(())
}

/// Workspaces of which days are due.
fn waiting(connection: &Connection, rollup: &Rollup) -> Result<BTreeSet<String>, WarehouseError> {
    let step = || format!("looking for days of {} that are due", rollup.id);
    let mut statement =
        connection.prepare("SELECT DISTINCT workspace FROM ops.rollup_due WHERE rollup = ?").context(step)?;
    statement.query_map(params![rollup.id], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)
}

fn one(
    connection: &mut Connection,
    rollup: &Rollup,
    readers: &[&str],
    rules: &ChannelRules,
    asked: &[&(Workspace, NaiveDate)],
) -> Result<(), WarehouseError> {
    let (id, step) = (literal(&rollup.id), || format!("the rollup {}", rollup.id));
    let transaction = connection.transaction().context(step)?;
    let rows: Vec<String> = asked.iter().map(|(of, today)| format!("({}, DATE '{today}')", literal(&of.id))).collect();
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE asked_own AS FROM (VALUES {}) AS v(workspace, today)",
            rows.join(", ")
        ))
        .context(step)?;
    transaction
        .execute(
            &format!(
                "CREATE OR REPLACE TEMP TABLE touched AS
                 SELECT DISTINCT d.workspace, CAST(d.date + CAST(step AS INTEGER) AS DATE) AS date
                 FROM ops.rollup_due AS d JOIN asked_own AS a USING (workspace), unnest(range({})) AS s(step)
                 WHERE d.rollup = {id} AND (step = 0 OR d.date + CAST(step AS INTEGER) <= a.today) AND d.date >= ?",
                rollup.window_days
            ),
            params![sealed_before(&transaction)?],
        )
        .context(step)?;
    let days: u64 =
        transaction.query_row("SELECT count(*)::UBIGINT FROM touched", [], |row| row.get(0)).context(step)?;
    if days > 0 {
        let rules_in_use = RulesInUse::new(&transaction, rules)?;
        fill(&transaction, rollup)?;
        drop(rules_in_use);
        for reader in readers {
            let sql = format!("INSERT INTO ops.rollup_due SELECT {}, workspace, date FROM touched", literal(reader));
            transaction.execute_batch(&sql).context(step)?;
        }
    }
    transaction
        .execute_batch(&format!(
            "DELETE FROM ops.rollup_due WHERE rollup = {id} AND workspace IN (SELECT workspace FROM asked_own);
             DROP TABLE touched; DROP TABLE asked_own; DROP TABLE IF EXISTS temp.rate"
        ))
        .context(step)?;
    transaction.commit().context(step)
}

/// Puts the days of `touched` anew, and holds them against the grain.
fn fill(transaction: &Transaction<'_>, rollup: &Rollup) -> Result<(), WarehouseError> {
    let (id, step) = (&rollup.id, || format!("the rollup {}", rollup.id));
    queries::examine(transaction, &rollup.sql).map_err(|error| named(id, error))?;
    transaction
        .execute_batch(
            "CREATE OR REPLACE TEMP TABLE rate AS SELECT workspace, date, currency, CAST(rate AS DECIMAL(38, 9)) AS rate
             FROM mart.fx_cross WHERE workspace IN (SELECT workspace FROM touched)",
        )
        .context(step)?;
    let columns: String =
        rollup.columns.iter().map(|(name, kind)| format!(", CAST({name} AS {kind}) AS {name}")).collect();
    let query = format!(
        "SELECT CAST(workspace AS VARCHAR) AS workspace, CAST(date AS DATE) AS date{columns} FROM (\n{}\n) SEMI JOIN touched USING (workspace, date)",
        rollup.sql.trim_end().trim_end_matches(';')
    );
    days::replace(transaction, id, &query).map_err(|error| named(id, error))?;
    let grain: String = rollup.grain.iter().map(|name| format!(", {name}")).collect();
    let sql = format!(
        "SELECT count(*)::UBIGINT, any_value(concat_ws(', ', workspace, date{grain}))
         FROM (SELECT workspace, date{grain} FROM mart.{id} SEMI JOIN touched USING (workspace, date) GROUP BY ALL HAVING count(*) > 1)"
    );
    let (twice, example): (u64, Option<String>) =
        transaction.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    if twice > 0 {
        return Err(WarehouseError::Invalid(format!(
            "the rollup {id}: {twice} of its rows are there twice by its grain, such as {}; add what tells them apart to the grain, or sum them up",
            example.unwrap_or_default()
        )));
    }
    Ok(())
}

/// Tries a rollup over one day of a workspace and takes it back.
///
/// # Errors
/// As its query fails.
pub fn try_own(
    connection: &mut Connection,
    rollup: &Rollup,
    rules: &ChannelRules,
    workspace: &str,
    today: NaiveDate,
) -> Result<(), WarehouseError> {
    let transaction = connection.transaction().context(|| format!("trying the rollup {}", rollup.id))?;
    let sql = "CREATE OR REPLACE TEMP TABLE touched AS SELECT CAST(? AS VARCHAR) AS workspace, CAST(? AS DATE) AS date";
    transaction.execute(sql, params![workspace, today]).context(|| format!("trying the rollup {}", rollup.id))?;
    let _rules_in_use = RulesInUse::new(&transaction, rules)?;
    // Dropped without a commit.
    fill(&transaction, rollup)
}

/// Rollups that failed when they were last tried: rollup, workspace, and why.
pub fn failures(reader: &Connection) -> Result<Vec<(String, String, String)>, WarehouseError> {
    let step = || "looking for rollups that failed".to_owned();
    let sql = "SELECT rollup, workspace, error FROM ops.rollup_failure ORDER BY ALL";
    let mut statement = reader.prepare(sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The day on which the file of a rollup was last edited.
pub fn changed_date(reader: &Connection, rollup: &str) -> Result<Option<NaiveDate>, WarehouseError> {
    let sql = "SELECT max(changed_date) FROM ops.rollup WHERE rollup = ?";
    reader.query_row(sql, params![rollup], |row| row.get(0)).context(|| "reading when a rollup was edited".to_owned())
}

/// Rollups whose file is gone, and whose table is still there.
pub fn removed(reader: &Connection) -> Result<Vec<String>, WarehouseError> {
    let step = || "looking for rollups without a file".to_owned();
    let mut statement =
        reader.prepare("SELECT rollup FROM ops.rollup WHERE fingerprint = '' ORDER BY 1").context(step)?;
    statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)
}
