//! What monitoring asks for: every source of every workspace, messages, and what the database takes.

use super::scheduler::Status as SchedulerStatus;
use super::status::{SourceStatus, sources_of_all};
use crate::app::{App, AppError, next_credential_ends};
use crate::warehouse::credential_ends;
use crate::warehouse::{Context, WarehouseError};
use chrono::{DateTime, Utc};
use duckdb::Connection;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A measurement, in a few statements however many workspaces there are.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// UTC.
    pub at: DateTime<Utc>,
    #[serde(serialize_with = "shared")]
    pub sources: Arc<SourcesMeasured>,
    pub scheduler: SchedulerStatus,
    /// Whether the newest edit of the configuration is in use.
    pub is_configuration_in_use: bool,
    /// Messages by what became of them.
    pub messages: BTreeMap<String, i64>,
    /// The database file and its log, in bytes.
    pub database_bytes: u64,
    pub log_bytes: u64,
    /// Memory that DuckDB holds, in bytes, by what for.
    pub memory_bytes: BTreeMap<String, i64>,
}

/// How every source stands.
#[derive(Clone, Debug, Serialize)]
pub struct SourcesMeasured {
    /// When it was worked out, UTC.
    pub at: DateTime<Utc>,
    /// By workspace.
    pub workspaces: Vec<(String, Vec<SourceStatus>)>,
    /// The next end of a connection's credentials, where one is known.
    pub credential_ends: Vec<CredentialEnds>,
}

/// When the next of a connection's credentials ends.
#[derive(Clone, Debug, Serialize)]
pub struct CredentialEnds {
    pub workspace: String,
    pub connection: String,
    /// UTC.
    pub ends_at: DateTime<Utc>,
}

fn shared<S: Serializer>(sources: &SourcesMeasured, serializer: S) -> Result<S::Ok, S::Error> {
    sources.serialize(serializer)
}

/// How every source stands now: the part that costs most, which may be kept for a while.
pub fn sources(app: &App, now: DateTime<Utc>) -> Result<SourcesMeasured, AppError> {
    let stated = app.warehouse.read_blocking(credential_ends::all)?;
    let ends = next_credential_ends(&app.settings, app.catalog(), &stated, now);
    let ends =
        ends.into_iter().map(|((workspace, connection), ends_at)| CredentialEnds { workspace, connection, ends_at });
    Ok(SourcesMeasured { at: now, workspaces: sources_of_all(app, now)?, credential_ends: ends.collect() })
}

/// All of it, with `sources` as they were worked out shortly before.
pub fn measurement(
    app: &App,
    sources: Arc<SourcesMeasured>,
    (scheduler, is_configuration_in_use): (SchedulerStatus, bool),
    now: DateTime<Utc>,
) -> Result<Measurement, AppError> {
    let (messages, memory_bytes) = app.warehouse.read_blocking(|reader| Ok((messages(reader)?, memory(reader)?)))?;
    Ok(Measurement {
        at: now,
        sources,
        scheduler,
        is_configuration_in_use,
        messages,
        database_bytes: std::fs::metadata(app.warehouse.path()).map_or(0, |file| file.len()),
        log_bytes: app.warehouse.log_bytes(),
        memory_bytes,
    })
}

fn messages(reader: &Connection) -> Result<BTreeMap<String, i64>, WarehouseError> {
    counts(reader, "SELECT state, count(*) FROM ops.outbox GROUP BY state", "counting messages")
}

fn memory(reader: &Connection) -> Result<BTreeMap<String, i64>, WarehouseError> {
    let sql = "SELECT lower(tag), memory_usage_bytes FROM duckdb_memory() WHERE memory_usage_bytes > 0";
    counts(reader, sql, "asking for DuckDB's memory")
}

/// Names and their numbers.
fn counts(reader: &Connection, sql: &str, step: &str) -> Result<BTreeMap<String, i64>, WarehouseError> {
    let step = || step.to_owned();
    let mut statement = reader.prepare(sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
