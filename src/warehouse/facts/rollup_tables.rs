//! Brings the tables of the installation's rollups to what their files say, and makes their days due. What was applied is
//! written down, as it is for facts.

use crate::domain::fact::{ColumnType, Facts, Rollup, day_of};
use crate::support::ids::hex;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sealed::sealed_before;
use crate::warehouse::sql::literal;
use chrono::NaiveDate;
use duckdb::{Connection, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

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
