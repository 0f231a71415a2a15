//! One thread owns the writing connection; readers work on clones of it. DuckDB allows one
//! process at a file, so this is the only door. The file can be closed, changed and opened again
//! behind it, and is opened anew where DuckDB has given up on it after a full disk.

use super::error::{Context, WarehouseError};
use super::file_identity;
use super::maintenance::wal;
use super::mark::Mark;
use super::{facts, functions, migrate};
use crate::domain::fact::Facts;
use crate::support::blocking::off_thread;
use crate::support::clock::Clock;
use crate::support::regular_file;
use chrono::{DateTime, Utc};
use duckdb::{Config, Connection};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, TryLockError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the file waits to be closed for readers to finish.
const PATIENCE: Duration = Duration::from_secs(60);
/// DuckDB runs queries on the thread that asks, and some of its functions recurse; Rust's own 2 MB are few.
const STACK: usize = 16 << 20;
/// Readers kept for the next question; more come and go.
const IDLE_READERS: usize = 4;
const GLANCE: Duration = Duration::from_millis(20);

/// How much of the machine DuckDB may use: the section `[warehouse]` of `daybook.toml`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarehouseConfig {
    /// Megabytes DuckDB may hold before it spills to disk.
    pub memory_limit_mb: u64,
    /// Threads of a query; 0 means one for each processor.
    pub threads: u32,
    /// Where a backup goes before a migration; `backups` beside the database if absent. The section
    /// `[backup]` sets it.
    #[serde(skip)]
    pub backup_dir: Option<PathBuf>,
    /// The facts that have a table.
    #[serde(skip, default = "super::facts::builtin")]
    pub facts: Arc<Facts>,
}

impl Default for WarehouseConfig {
    fn default() -> Self {
        Self { memory_limit_mb: 512, threads: 0, backup_dir: None, facts: super::facts::builtin() }
    }
}

type Work = Box<dyn FnOnce(&mut Writer) + Send>;

/// A handle to the database; clones share it. Closes when the last clone is dropped.
#[derive(Clone)]
pub struct Warehouse {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    work: Option<mpsc::Sender<Work>>,
    writer: Option<JoinHandle<()>>,
}

/// What the writing thread and the readers have in common.
struct Shared {
    path: PathBuf,
    config: WarehouseConfig,
    /// What the tables of facts are; those of `config` until a reload.
    facts: Mutex<Arc<Facts>>,
    /// Held for reading by each reader at work: who holds it for writing is alone with the file.
    gate: RwLock<()>,
    /// What readers are cloned from; absent while the file is closed.
    reader: Mutex<Option<Connection>>,
    /// Notes how far the file has come, where that is kept.
    mark: OnceLock<Mark>,
    /// The file that was opened, by device and number; absent where there is none.
    opened: Mutex<Option<(u64, u64)>>,
    /// Readers that are at no work: compiling the shared macros anew takes longer than most questions.
    idle: Mutex<Vec<Connection>>,
}

/// The writing thread's own side.
struct Writer {
    shared: Arc<Shared>,
    connection: Option<Connection>,
}

impl std::fmt::Debug for Warehouse {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Warehouse({})", self.path().display())
    }
}

impl Warehouse {
    /// Opens or creates the database at `path` and applies what migrations it lacks, under a backup
    /// of the file as it was.
    pub fn open(path: &Path, config: &WarehouseConfig) -> Result<Self, WarehouseError> {
        super::library::accept()?;
        let connection = connect(path, config)?;
        Self::start(path.to_owned(), config.clone(), connection)
    }

    /// A database in memory, with every built-in table.
    pub fn in_memory() -> Result<Self, WarehouseError> {
        Self::in_memory_with(WarehouseConfig::default())
    }

    /// A database in memory, with the tables of the facts of `config`.
    pub fn in_memory_with(config: WarehouseConfig) -> Result<Self, WarehouseError> {
        let connection =
            Connection::open_in_memory_with_flags(flags(&config)?).context(|| "opening a database".to_owned())?;
        let connection = ready(connection, None, &config.facts)?;
        Self::start(PathBuf::from(":memory:"), config, connection)
    }

    /// The facts that have a table.
    pub fn facts(&self) -> Arc<Facts> {
        self.inner.shared.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Applies other contracts, as an edited configuration has them.
    ///
    /// # Errors
    /// As [`facts::apply`]; those of before stay.
    pub fn apply_facts(&self, facts: Arc<Facts>) -> Result<(), WarehouseError> {
        if self.facts() == facts {
            return Ok(());
        }
        let applied = facts.clone();
        self.write_blocking(move |connection| facts::apply(connection, &applied))?;
        *self.inner.shared.facts.lock().unwrap_or_else(PoisonError::into_inner) = facts;
        Ok(())
    }

    fn start(path: PathBuf, config: WarehouseConfig, connection: Connection) -> Result<Self, WarehouseError> {
        let reader = connection.try_clone().context(|| "opening a reader".to_owned())?;
        let shared = Shared {
            path: path.clone(),
            facts: Mutex::new(config.facts.clone()),
            config,
            gate: RwLock::new(()),
            reader: Mutex::new(Some(reader)),
            mark: OnceLock::new(),
            opened: Mutex::new(file_identity::number_of(&path)),
            idle: Mutex::default(),
        };
        let shared = Arc::new(shared);
        let (work, todo) = mpsc::channel::<Work>();
        let mut writer = Writer { shared: shared.clone(), connection: Some(connection) };
        let writer = std::thread::Builder::new()
            .name("warehouse".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                while let Ok(work) = todo.recv() {
                    work(&mut writer);
                }
                writer.rescue();
            })
            .map_err(|source| WarehouseError::Io { path, source })?;
        Ok(Self { inner: Arc::new(Inner { shared, work: Some(work), writer: Some(writer) }) })
    }

    /// Notes from now on how far the database has come, in a file beside it.
    pub fn keep_mark(&self) -> Result<(), WarehouseError> {
        let mark = Mark::open(self.path())?;
        mark.note();
        drop(self.inner.shared.mark.set(mark));
        Ok(())
    }

    /// Megabytes that DuckDB may hold.
    pub fn memory_limit_mb(&self) -> u64 {
        self.inner.shared.config.memory_limit_mb
    }

    /// Whether the file that was opened is still the one at its path: what is written into another one
    /// is lost with the process.
    pub fn check_place(&self) -> Result<(), WarehouseError> {
        self.inner.shared.in_place()
    }

    /// Where the database lives.
    pub fn path(&self) -> &Path {
        &self.inner.shared.path
    }

    /// Runs `work` on the writing thread and waits; for blocking code.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        self.on_writer(move |writer| {
            let result = writer.shared.in_place().and_then(|()| writer.opened()).and_then(work);
            if let Err(error) = &result
                && error.is_fatal()
            {
                // A transaction that failed so is rolled back when the file is opened anew.
                writer.start_over(error);
            }
            writer.shared.note_mark();
            result.map_err(|error| error.of_file(&writer.shared.path))
        })
    }

    /// Runs `prepare` like a write, then closes the file, runs `swap` on it alone, and opens what is
    /// there then, whatever happened. No write comes between the two.
    ///
    /// # Errors
    /// `Busy` if readers do not finish in time; `swap` has not run then.
    pub fn swap_blocking<P: 'static, T: Send + 'static>(
        &self,
        prepare: impl FnOnce(&mut Connection, &Path) -> Result<P, WarehouseError> + Send + 'static,
        swap: impl FnOnce(P, &Path) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        self.on_writer(move |writer| {
            let shared = writer.shared.clone();
            if shared.path == Path::new(":memory:") {
                return Err(WarehouseError::Invalid("a database in memory has no file".to_owned()));
            }
            shared.in_place()?;
            let prepared = match writer.opened().and_then(|connection| prepare(connection, &shared.path)) {
                Ok(prepared) => prepared,
                Err(error) => {
                    if error.is_fatal() {
                        writer.start_over(&error);
                    }
                    return Err(error);
                }
            };
            let alone = shared.alone()?;
            writer.close();
            if let Some(mark) = shared.mark.get() {
                mark.forget();
            }
            let result = swap(prepared, &shared.path);
            let opened = writer.opened().map(drop);
            shared.note_mark();
            drop(alone);
            result.and_then(|value| opened.map(|()| value))
        })
    }

    fn on_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        let (answer, result) = mpsc::channel();
        let sender = self.inner.work.as_ref().ok_or(WarehouseError::Closed)?;
        let boxed: Work = Box::new(move |writer| drop(answer.send(work(writer))));
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
        if self.inner.shared.reader().is_none() {
            // Only the writing thread opens the file; if it cannot, it says why.
            self.write_blocking(|_| Ok(()))?;
        }
        let shared = &self.inner.shared;
        let _at_work = shared.gate.read().unwrap_or_else(PoisonError::into_inner);
        let kept = shared.idle().pop();
        let reader = match kept {
            Some(reader) => reader,
            None => shared.new_reader()?,
        };
        let answer = work(&reader).map_err(|error| error.of_file(&shared.path))?;
        let mut idle = shared.idle();
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
        Ok(answer)
    }

    /// Like [`Self::read_blocking`], with everything as it stood at one instant, whatever is written
    /// meanwhile.
    pub fn snapshot_blocking<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WarehouseError>,
    ) -> Result<T, WarehouseError> {
        self.read_blocking(|reader| {
            let snapshot = reader.unchecked_transaction().context(|| "beginning to read".to_owned())?;
            let answer = work(reader)?;
            snapshot.commit().context(|| "ending to read".to_owned())?;
            Ok(answer)
        })
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

impl Shared {
    fn note_mark(&self) {
        if let Some(mark) = self.mark.get() {
            mark.note();
        }
    }

    fn in_place(&self) -> Result<(), WarehouseError> {
        // While the file is closed, whoever closed it may put another one in its place.
        let reader = self.reader();
        let opened = *self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        match (reader.as_ref(), opened) {
            (Some(_), Some(opened)) => file_identity::in_place(&self.path, opened),
            _ => Ok(()),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_reader(&self) -> Result<Connection, WarehouseError> {
        let reader = match self.reader().as_ref() {
            Some(parent) => parent.try_clone().context(|| "opening a reader".to_owned())?,
            None => return Err(WarehouseError::Closed),
        };
        prepare(&reader)?;
        Ok(reader)
    }

    fn reader(&self) -> MutexGuard<'_, Option<Connection>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no reader is at work. New readers may begin meanwhile, so that one who waits for
    /// the writer cannot lock both up for good.
    fn alone(&self) -> Result<std::sync::RwLockWriteGuard<'_, ()>, WarehouseError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.gate.try_write() {
                Ok(alone) => return Ok(alone),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if waited < PATIENCE => {
                    std::thread::sleep(GLANCE);
                    waited += GLANCE;
                }
                Err(TryLockError::WouldBlock) => return Err(WarehouseError::Busy(PATIENCE.as_secs())),
            }
        }
    }
}

impl Writer {
    /// Keeps what is in a file that was deleted under us.
    fn rescue(&mut self) {
        let opened = *self.shared.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(opened), Err(WarehouseError::Lost { .. })) = (opened, self.shared.in_place()) else { return };
        // Its log may be gone as well: what it holds goes into the file first.
        let written = self.connection.as_ref().map(|connection| connection.execute_batch("CHECKPOINT"));
        match file_identity::rescue(&self.shared.path, opened) {
            Ok(None) => {}
            Ok(Some(copy)) => {
                tracing::error!(copy = %copy.display(), is_whole = matches!(written, Some(Ok(()))), "the deleted database is kept here")
            }
            Err(error) => tracing::error!(error = %error, "the deleted database cannot be kept"),
        }
    }

    /// The connection, opened if it is not.
    fn opened(&mut self) -> Result<&mut Connection, WarehouseError> {
        if self.connection.is_none() {
            let was_open = self.shared.opened.lock().unwrap_or_else(PoisonError::into_inner).is_some();
            let is_there = std::fs::metadata(&self.shared.path).is_ok_and(|file| file.len() > 0);
            if was_open && !is_there && self.shared.path != Path::new(":memory:") {
                // DuckDB would begin an empty one.
                return Err(WarehouseError::Lost { path: self.shared.path.clone(), how: "is gone" });
            }
            let facts = self.shared.facts.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let connection = connect(&self.shared.path, &WarehouseConfig { facts, ..self.shared.config.clone() })?;
            let mut reader = self.shared.reader();
            *self.shared.opened.lock().unwrap_or_else(PoisonError::into_inner) =
                file_identity::number_of(&self.shared.path);
            *reader = Some(connection.try_clone().context(|| "opening a reader".to_owned())?);
            drop(reader);
            self.connection = Some(connection);
        }
        self.connection.as_mut().ok_or(WarehouseError::Closed)
    }

    /// Closes the file; the caller is alone with it.
    fn close(&mut self) {
        *self.shared.reader() = None;
        self.shared.idle().clear();
        self.connection = None;
    }

    /// DuckDB refuses all work after a fatal error until the file is opened anew; what was committed
    /// is kept. If it cannot be opened now, the next call tries again.
    fn start_over(&mut self, error: &WarehouseError) {
        if self.shared.path == Path::new(":memory:") {
            return;
        }
        let shared = self.shared.clone();
        if let Ok(_alone) = shared.alone() {
            self.close();
            if let Err(again) = self.opened() {
                tracing::error!(error = %again, "the database stays closed until it can be opened");
            } else {
                tracing::warn!(error = %error, "the database was opened anew after an error");
            }
        }
    }
}

/// Opens the file and makes it ready for work.
fn connect(path: &Path, config: &WarehouseConfig) -> Result<Connection, WarehouseError> {
    file_identity::spare_handles(path)?;
    // DuckDB waits for ever for what a pipe in place of its log may bring.
    for file in [path.to_owned(), wal(path)] {
        regular_file::require(&file).map_err(|error| WarehouseError::io(&file, error))?;
    }
    let failed = |error| WarehouseError::opening(path, error);
    let connection = Connection::open_with_flags(path, flags(config)?).map_err(failed)?;
    let backups = config.backup_dir.clone().unwrap_or_else(|| super::maintenance::backup::default_dir(path));
    ready(connection, Some((&backups, Clock::System.now())), &config.facts).map_err(|error| error.of_file(path))
}

fn ready(
    mut connection: Connection,
    backups: Option<(&Path, DateTime<Utc>)>,
    facts: &Facts,
) -> Result<Connection, WarehouseError> {
    super::library::same_everywhere(&connection)?;
    functions::register(&connection)?;
    migrate::apply(&mut connection, backups)?;
    facts::apply(&mut connection, facts)?;
    prepare(&connection)?;
    Ok(connection)
}

/// The shared macros live in each connection's temporary schema.
fn prepare(connection: &Connection) -> Result<(), WarehouseError> {
    connection.execute_batch(include_str!("macros.sql")).context(|| "preparing the shared macros".to_owned())
}

/// DuckDB's own settings.
pub(super) fn flags(config: &WarehouseConfig) -> Result<Config, WarehouseError> {
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
