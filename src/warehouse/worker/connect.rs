//! Opening DuckDB: its settings, our functions, migrations, tables of facts and macros.

use crate::domain::fact::Facts;
use crate::support::clock::Clock;
use crate::support::regular_file;
use crate::warehouse::copies::backup;
use crate::warehouse::disk::wal;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::{facts, file_identity, functions, library, migrate};
use chrono::{DateTime, Utc};
use duckdb::{Config, Connection};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much of the machine DuckDB may use: the section `[warehouse]` of `daybook.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarehouseConfig {
    /// Megabytes DuckDB may hold before it spills to disk.
    pub memory_limit_mb: u64,
    /// Threads of a query; 0 means one for each processor.
    pub threads: u32,
    /// Where a backup goes before a migration; `backups` beside the database if absent. The section
    /// `[backup]` sets it.
    pub backup_dir: Option<PathBuf>,
    /// The facts that have a table.
    pub facts: Arc<Facts>,
}

impl Default for WarehouseConfig {
    fn default() -> Self {
        Self { memory_limit_mb: 512, threads: 0, backup_dir: None, facts: facts::builtin() }
    }
}

/// Opens the file and makes it ready for work.
pub(super) fn connect(path: &Path, config: &WarehouseConfig) -> Result<Connection, WarehouseError> {
    file_identity::spare_handles(path)?;
    // DuckDB waits for ever for what a pipe in place of its log may bring.
    for file in [path.to_owned(), wal(path)] {
        regular_file::require(&file).map_err(|error| WarehouseError::io(&file, error))?;
    }
    let failed = |error| WarehouseError::opening(path, error);
    let connection = Connection::open_with_flags(path, flags(config)?).map_err(failed)?;
    let backups = config.backup_dir.clone().unwrap_or_else(|| backup::default_dir(path));
    ready(connection, Some((&backups, Clock::System.now())), &config.facts).map_err(|error| error.of_file(path))
}

pub(super) fn ready(
    mut connection: Connection,
    backups: Option<(&Path, DateTime<Utc>)>,
    facts: &Facts,
) -> Result<Connection, WarehouseError> {
    library::same_everywhere(&connection)?;
    functions::register(&connection)?;
    if let Some((folder, now)) = backups {
        back_up_outdated(&connection, folder, now)?;
    }
    migrate::apply(&mut connection)?;
    facts::apply(&mut connection, facts)?;
    prepare(&connection)?;
    Ok(connection)
}

/// Where a migration could lose something, a backup is made first: if that fails, nothing is changed.
fn back_up_outdated(connection: &Connection, folder: &Path, now: DateTime<Utc>) -> Result<(), WarehouseError> {
    let Some(version) = migrate::outdated(connection)? else { return Ok(()) };
    tracing::info!(database.version = version, "a backup is made before the database is migrated");
    backup::before_migration(connection, folder, migrate::newest(), now).map(drop)
}

/// The shared macros live in each connection's temporary schema.
pub(super) fn prepare(connection: &Connection) -> Result<(), WarehouseError> {
    connection.execute_batch(include_str!("../macros.sql")).context(|| "preparing the shared macros".to_owned())
}

/// DuckDB's own settings.
pub(in crate::warehouse) fn flags(config: &WarehouseConfig) -> Result<Config, WarehouseError> {
    let mut flags = Config::default()
        .with("memory_limit", format!("{}MB", config.memory_limit_mb))
        // Nothing is fetched that the config does not name: extensions are linked in.
        .and_then(|flags| flags.with("autoinstall_known_extensions", "false"))
        .and_then(|flags| flags.with("autoload_known_extensions", "false"))
        .and_then(|flags| flags.with("preserve_insertion_order", "false"))
        // The log is folded in when nobody else writes, by `shorten_log`.
        .and_then(|flags| flags.with("checkpoint_threshold", "1TB"));
    if config.threads > 0 {
        flags = flags.and_then(|flags| flags.threads(i64::from(config.threads)));
    }
    flags.context(|| "configuring DuckDB".to_owned())
}
