//! One thread owns the writing connection; readers work on clones of it. DuckDB allows one
//! process at a file, so this is the only door.

use super::error::{Context, WarehouseError};
use super::{functions, migrate};
use crate::support::blocking::off_thread;
use duckdb::{Config, Connection};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

/// How much of the machine DuckDB may use: the section `[warehouse]` of `daybook.toml`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarehouseConfig {
    /// Megabytes DuckDB may hold before it spills to disk.
    pub memory_limit_mb: u64,
    /// Threads of a query; 0 means one for each processor.
    pub threads: u32,
}

impl Default for WarehouseConfig {
    fn default() -> Self {
        Self { memory_limit_mb: 512, threads: 0 }
    }
}

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the database; clones share it. Closes when the last clone is dropped.
#[derive(Clone)]
pub struct Warehouse {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    work: Option<mpsc::Sender<Work>>,
    reader: Mutex<Connection>,
    writer: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Warehouse {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Warehouse({})", self.inner.path.display())
    }
}

impl Warehouse {
    /// Opens or creates the database at `path` and applies what migrations it lacks.
    pub fn open(path: &Path, config: &WarehouseConfig) -> Result<Self, WarehouseError> {
        let connection = Connection::open_with_flags(path, flags(config)?).map_err(|error| opening(path, error))?;
        Self::start(path.to_owned(), connection)
    }

    /// A database in memory, with every table.
    pub fn in_memory() -> Result<Self, WarehouseError> {
        let config = flags(&WarehouseConfig::default())?;
        let connection = Connection::open_in_memory_with_flags(config).context(|| "opening a database".to_owned())?;
        Self::start(PathBuf::from(":memory:"), connection)
    }

    fn start(path: PathBuf, mut connection: Connection) -> Result<Self, WarehouseError> {
        functions::register(&connection)?;
        migrate::apply(&mut connection)?;
        prepare(&connection)?;
        let reader = connection.try_clone().context(|| "opening a reader".to_owned())?;
        let (work, todo) = mpsc::channel::<Work>();
        let writer = std::thread::Builder::new()
            .name("warehouse".to_owned())
            .spawn(move || {
                while let Ok(work) = todo.recv() {
                    work(&mut connection);
                }
            })
            .map_err(|source| WarehouseError::Io { path: path.clone(), source })?;
        let inner = Inner { path, work: Some(work), reader: Mutex::new(reader), writer: Some(writer) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where the database lives.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Runs `work` on the writing thread and waits; for blocking code.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        let (answer, result) = mpsc::channel();
        let sender = self.inner.work.as_ref().ok_or(WarehouseError::Closed)?;
        let boxed: Work = Box::new(move |connection| drop(answer.send(work(connection))));
        sender.send(boxed).map_err(|_| WarehouseError::Closed)?;
        result.recv().map_err(|_| WarehouseError::Closed)?
    }

    /// Runs `work` on the writing thread.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        let warehouse = self.clone();
        off_thread(move || warehouse.write_blocking(work)).await
    }

    /// Runs `work` on a connection of its own, beside the writer; for blocking code.
    pub fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WarehouseError>,
    ) -> Result<T, WarehouseError> {
        let reader = {
            let parent = self.inner.reader.lock().unwrap_or_else(PoisonError::into_inner);
            parent.try_clone().context(|| "opening a reader".to_owned())?
        };
        prepare(&reader)?;
        work(&reader)
    }

    /// Runs `work` on a connection of its own, off the async threads.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        let warehouse = self.clone();
        off_thread(move || warehouse.read_blocking(work)).await
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.work = None;
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != std::thread::current().id()
        {
            drop(writer.join());
        }
    }
}

/// The shared macros live in each connection's temporary schema.
fn prepare(connection: &Connection) -> Result<(), WarehouseError> {
    connection.execute_batch(include_str!("macros.sql")).context(|| "preparing the shared macros".to_owned())
}

fn flags(config: &WarehouseConfig) -> Result<Config, WarehouseError> {
    let mut flags = Config::default()
        .with("memory_limit", format!("{}MB", config.memory_limit_mb))
        // Nothing is fetched that the config does not name: extensions are linked in.
        .and_then(|flags| flags.with("autoinstall_known_extensions", "false"))
        .and_then(|flags| flags.with("autoload_known_extensions", "false"))
        .and_then(|flags| flags.with("preserve_insertion_order", "false"))
        // A load smaller than a row group goes through the log; the default of 16 MB would fold it in at each.
        .and_then(|flags| flags.with("checkpoint_threshold", "128MB"));
    if config.threads > 0 {
        flags = flags.and_then(|flags| flags.threads(i64::from(config.threads)));
    }
    flags.context(|| "configuring DuckDB".to_owned())
}

fn opening(path: &Path, error: duckdb::Error) -> WarehouseError {
    let reason = error.to_string();
    if reason.contains("Could not set lock") {
        let holder = reason.split("Conflicting lock is held in ").nth(1).unwrap_or(&reason);
        let reason = holder.lines().next().unwrap_or_default().to_owned();
        return WarehouseError::Locked { path: path.to_owned(), reason };
    }
    WarehouseError::Query { context: format!("opening {}", path.display()), source: error }
}
