//! Rollups of the installation: tables of `mart` that files of `jobs/rollups` fill for the days that changed. Each has
//! a transaction of its own, so that a query that fails holds up no figure of Daybook: its days stay due, and the
//! fault is reported.

use super::{days, named};
use crate::domain::channel::ChannelRules;
use crate::domain::fact::{ColumnType, Facts, Rollup, day_of};
use crate::domain::workspace::Workspace;
use crate::support::ids::hex;
use crate::warehouse::channels::RulesInUse;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::maintenance::retention::sealed_before;
use crate::warehouse::queries;
use crate::warehouse::sql::literal;
use chrono::NaiveDate;
use duckdb::{Connection, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Names what a rollup is computed by.
fn fingerprint(rollup: &Rollup) -> String {
    hex(&Sha256::digest(rollup.sql.as_bytes()))
}

/// By rollup: its fingerprint, empty where its file is gone.
fn known(connection: &Connection) -> Result<BTreeMap<String, String>, WarehouseError> {
    let step = || "reading which rollups were applied".to_owned();
    let mut statement = connection.prepare("SELECT rollup, fingerprint FROM ops.rollup").context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Whether the tables are as the files say.
pub fn is_applied(connection: &Connection, facts: &Facts) -> Result<bool, WarehouseError> {
    let known = known(connection)?;
    let all = facts.rollups();
    let is_gone = |id: &String| !all.iter().any(|rollup| rollup.id == *id);
    Ok(all.iter().all(|rollup| known.get(&rollup.id) == Some(&fingerprint(rollup)))
        && !known.iter().any(|(id, fingerprint)| is_gone(id) && !fingerprint.is_empty()))
}

/// Brings the tables to what the files say: every day of a new or edited rollup is due.
///
/// # Errors
/// `Invalid` with the remedy where days whose facts are gone would be lost.
pub fn apply(transaction: &Transaction<'_>, facts: &Facts) -> Result<(), WarehouseError> {
    let step = || "applying the rollups of the installation".to_owned();
    let known = known(transaction)?;
    for rollup in facts.rollups() {
        let now = fingerprint(rollup);
        if known.get(&rollup.id) == Some(&now) {
            continue;
        }
        table(transaction, rollup)?;
        let id = literal(&rollup.id);
        transaction
            .execute_batch(&format!(
                "DELETE FROM ops.rollup_due WHERE rollup = {id}; DELETE FROM ops.rollup WHERE rollup = {id};
                 DELETE FROM ops.rollup_failure WHERE rollup = {id};
                 INSERT INTO ops.rollup_due SELECT DISTINCT {id}, workspace, date
                 FROM ({} UNION SELECT workspace, date FROM mart.{})",
                days_of_inputs(rollup, facts),
                rollup.id
            ))
            .context(step)?;
        transaction
            .execute(
                "INSERT INTO ops.rollup VALUES (?, ?, ?, ?, NULL)",
                params![rollup.id, rollup.file.display().to_string(), now, known.contains_key(&rollup.id)],
            )
            .context(step)?;
    }
    for id in known.keys().filter(|id| !facts.rollups().iter().any(|rollup| rollup.id == **id)) {
        let id = literal(id);
        transaction
            .execute_batch(&format!(
                "UPDATE ops.rollup SET fingerprint = '' WHERE rollup = {id};
                 DELETE FROM ops.rollup_due WHERE rollup = {id}; DELETE FROM ops.rollup_failure WHERE rollup = {id}"
            ))
            .context(step)?;
    }
    Ok(())
}

/// A query of the days (workspace, date) that the inputs of a rollup have.
pub fn days_of_inputs(rollup: &Rollup, facts: &Facts) -> String {
    let of = |input: &String| {
        let day = day_of(input, facts)?;
        Some(format!("SELECT workspace, {day} AS date FROM {input} WHERE {day} IS NOT NULL"))
    };
    rollup.inputs.iter().filter_map(of).collect::<Vec<_>>().join(" UNION ")
}

/// Makes the table, or brings it to other columns. It is derived, so it is made anew where all of it can be computed.
fn table(transaction: &Transaction<'_>, rollup: &Rollup) -> Result<(), WarehouseError> {
    let (id, step) = (&rollup.id, || format!("making the table mart.{}", rollup.id));
    let sql = "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database()
        AND schema_name = 'mart' AND table_name = ? AND column_name NOT IN ('workspace', 'date') ORDER BY column_index";
    let mut statement = transaction.prepare(sql).context(step)?;
    let rows = statement
        .query_map(params![id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .context(step)?;
    let found: Vec<(String, Option<ColumnType>)> = rows
        .map(|row| row.map(|(name, kind)| (name, ColumnType::parse(&kind))))
        .collect::<Result<_, _>>()
        .context(step)?;
    let same = |(name, kind): &(String, ColumnType)| {
        found.iter().any(|(column, found)| column == name && found.as_ref() == Some(kind))
    };
    if !found.is_empty() && found.len() == rollup.columns.len() && rollup.columns.iter().all(same) {
        return Ok(());
    }
    let is_sealed = sealed_before(transaction)? > NaiveDate::MIN;
    let definitions: String = rollup.columns.iter().map(|(name, kind)| format!(", {name} {kind}")).collect();
    if found.is_empty() || !is_sealed {
        let sql = format!(
            "DROP TABLE IF EXISTS mart.{id};
             CREATE TABLE mart.{id} (workspace VARCHAR NOT NULL, date DATE NOT NULL{definitions})"
        );
        return transaction.execute_batch(&sql).context(step);
    }
    let is_kept = |(name, kind): &(String, Option<ColumnType>)| {
        rollup.columns.iter().any(|(column, wanted)| column == name && kind.as_ref() == Some(wanted))
    };
    if let Some((name, _)) = found.iter().find(|column| !is_kept(column)) {
        return Err(WarehouseError::Invalid(format!(
            "{}: the column {name} of mart.{id} is gone or of another type, and days whose facts retention has removed \
             could not be computed again; keep it, or give the file another name",
            rollup.file.display()
        )));
    }
    for (name, kind) in rollup.columns.iter().filter(|column| !same(column)) {
        transaction.execute_batch(&format!("ALTER TABLE mart.{id} ADD COLUMN {name} {kind}")).context(step)?;
    }
    Ok(())
}

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

/// Days that new or edited rollups make due.
pub fn days_due(reader: &Connection, facts: &Facts) -> Result<u64, WarehouseError> {
    let known = known(reader)?;
    let edited = facts.rollups().iter().filter(|rollup| known.get(&rollup.id) != Some(&fingerprint(rollup)));
    let mut days = 0;
    for rollup in edited {
        let sql = format!("SELECT count(*)::UBIGINT FROM ({})", days_of_inputs(rollup, facts));
        // An input may be as new as the rollup itself.
        days += reader.query_row(&sql, [], |row| row.get::<_, u64>(0)).unwrap_or(0);
    }
    Ok(days)
}
