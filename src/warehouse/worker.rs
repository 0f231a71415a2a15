//! The only door to the database, as DuckDB allows one process at a file. One thread writes facts and one
//! the ledger, each on a connection of its own, so that a beat, a claim or a delivery never waits for a
//! load; the two never write the same row. Readers work on clones. The file can be closed, changed and
//! opened again behind it, and is opened anew where DuckDB has given up on it after a full disk.

mod connect;
mod facts_writer;
mod shared;
#[cfg(test)]
mod tests;
mod thread;

pub use connect::WarehouseConfig;
pub(super) use connect::flags;

use super::error::{Context, WarehouseError};
use super::facts;
use super::mark::Mark;
use super::writers::{BothWriter, LedgerWriter};
use crate::domain::fact::Facts;
use crate::support::blocking::in_pool;
use connect::{connect, ready};
use duckdb::Connection;
use facts_writer::FactsWriter;
use shared::Shared;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thread::Thread;

/// A handle to the database; clones share it. Closes when the last clone is dropped.
#[derive(Clone)]
pub struct Warehouse {
    inner: Arc<Inner>,
}

/// The facts' thread ends first: it may hold the other one.
struct Inner {
    facts: Thread<FactsWriter>,
    ledger: Thread<Arc<Shared>>,
    shared: Arc<Shared>,
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

    /// A small database in memory, with every built-in table; its queries run on one thread each.
    pub fn in_memory() -> Result<Self, WarehouseError> {
        Self::in_memory_with(WarehouseConfig { threads: 1, ..WarehouseConfig::default() })
    }

    /// A database in memory, with the tables of the facts of `config`.
    pub fn in_memory_with(config: WarehouseConfig) -> Result<Self, WarehouseError> {
        let connection =
            Connection::open_in_memory_with_flags(flags(&config)?).context(|| "opening a database".to_owned())?;
        let connection = ready(connection, None, &config.facts)?;
        Self::start(PathBuf::from(":memory:"), config, connection)
    }

    fn start(path: PathBuf, config: WarehouseConfig, connection: Connection) -> Result<Self, WarehouseError> {
        let shared = Arc::new(Shared::new(path.clone(), config));
        shared.take_up(&connection)?;
        let ledger = Thread::start("ledger", &path, shared.clone())?;
        let writer = FactsWriter::new(shared.clone(), connection, ledger.queue()?.clone());
        let facts = Thread::start("warehouse", &path, writer)?;
        Ok(Self { inner: Arc::new(Inner { facts, ledger, shared }) })
    }

    /// The facts that have a table.
    pub fn facts(&self) -> Arc<Facts> {
        self.inner.shared.facts().clone()
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
        *self.inner.shared.facts() = facts;
        Ok(())
    }

    /// Notes from now on how far the database has come, in a file beside it.
    pub fn keep_mark(&self) -> Result<(), WarehouseError> {
        let mark = Mark::open(self.path())?;
        mark.note();
        drop(self.inner.shared.mark.set(mark));
        Ok(())
    }

    /// Bytes of the database's log, which is folded into the file once it is long.
    pub fn log_bytes(&self) -> u64 {
        self.inner.shared.log_bytes()
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

    /// Runs `work` on the thread that writes facts and waits; for blocking code.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        self.inner.facts.queue()?.ask(move |writer| writer.write(work))?
    }

    /// Runs `work` with both sides held; for the few transactions that write rows of facts and of the ledger.
    pub fn write_both_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut BothWriter<'_>) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        self.inner.facts.queue()?.ask(move |writer| {
            writer.with_ledger(|writer| writer.write(|connection| work(&mut BothWriter::new(connection))))
        })?
    }

    /// Runs `work` on the thread that writes the ledger and waits; for blocking code.
    pub fn write_ledger_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut LedgerWriter<'_>) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        let mut work = work;
        for _ in 0..2 {
            match self.inner.ledger.queue()?.ask(move |shared| attempt(shared, work))? {
                Attempt::Done(result) => {
                    if let Some(error) = fatal(&result) {
                        self.inner.facts.queue()?.ask(move |writer| writer.start_over(&error))?;
                    }
                    return self.after_ledger(result);
                }
                Attempt::Closed(unused) => {
                    // Only the other thread opens the file; if it cannot, it says why.
                    self.write_blocking(|_| Ok(()))?;
                    work = unused;
                }
            }
        }
        Err(WarehouseError::Closed)
    }

    fn after_ledger<T>(&self, result: Result<T, WarehouseError>) -> Result<T, WarehouseError> {
        if self.inner.shared.asks_for_fold() {
            // What was committed is reported, whether or not the log can be folded.
            let _ = self.inner.facts.queue()?.leave(FactsWriter::fold_as_asked);
        }
        result.map_err(|error| error.of_file(self.path()))
    }

    /// Runs `prepare` like a write, then closes the file, runs `swap` on it alone, and opens what is
    /// there then, whatever happened. No write of either side comes between the two.
    ///
    /// # Errors
    /// `Busy` if readers do not finish in time; `swap` has not run then.
    pub fn swap_blocking<P: 'static, T: Send + 'static>(
        &self,
        prepare: impl FnOnce(&mut BothWriter<'_>, &Path) -> Result<P, WarehouseError> + Send + 'static,
        swap: impl FnOnce(P, &Path) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        self.inner.facts.queue()?.ask(move |writer| {
            let prepare = |connection: &mut Connection, path: &Path| prepare(&mut BothWriter::new(connection), path);
            writer.with_ledger(|writer| writer.swap(prepare, swap))
        })?
    }

    /// Runs `work` on the thread that writes facts.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        self.inner.facts.queue()?.ask_later(move |writer| writer.write(work)).await?
    }

    /// Runs `work` on the thread that writes the ledger.
    pub async fn write_ledger<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut LedgerWriter<'_>) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        let mut work = work;
        for _ in 0..2 {
            match self.inner.ledger.queue()?.ask_later(move |shared| attempt(shared, work)).await? {
                Attempt::Done(result) => {
                    if let Some(error) = fatal(&result) {
                        self.inner.facts.queue()?.ask_later(move |writer| writer.start_over(&error)).await?;
                    }
                    return self.after_ledger(result);
                }
                Attempt::Closed(unused) => {
                    self.write(|_| Ok(())).await?;
                    work = unused;
                }
            }
        }
        Err(WarehouseError::Closed)
    }

    /// Runs `work` on a connection of its own, beside the writers; for blocking code.
    pub fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WarehouseError>,
    ) -> Result<T, WarehouseError> {
        if !self.inner.shared.is_open() {
            // Only the writing thread opens the file; if it cannot, it says why.
            self.write_blocking(|_| Ok(()))?;
        }
        self.inner.shared.read(work)
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
        in_pool(move || warehouse.read_blocking(work)).await
    }
}

/// What a fatal error says.
fn fatal<T>(result: &Result<T, WarehouseError>) -> Option<String> {
    result.as_ref().err().filter(|error| error.is_fatal()).map(ToString::to_string)
}

/// What the ledger's thread says to a piece of work.
enum Attempt<T, W> {
    Done(Result<T, WarehouseError>),
    /// The database is closed: the work was not begun.
    Closed(W),
}

/// One try on the ledger's thread.
fn attempt<T, W>(shared: &Arc<Shared>, work: W) -> Attempt<T, W>
where
    W: FnOnce(&mut LedgerWriter<'_>) -> Result<T, WarehouseError>,
{
    let mut ledger = shared.ledger();
    match ledger.as_mut() {
        None => Attempt::Closed(work),
        Some(connection) => {
            Attempt::Done(shared.writing(|| shared.in_place().and_then(|()| work(&mut LedgerWriter::new(connection)))))
        }
    }
}
