//! What the writing threads and the readers have in common.

use super::connect::{WarehouseConfig, prepare};
use super::thread::State;
use crate::domain::fact::Facts;
use crate::warehouse::disk::wal;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::file_identity;
use crate::warehouse::mark::Mark;
use duckdb::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockWriteGuard, TryLockError};
use std::time::{Duration, Instant};

/// How long the file waits to be closed for readers to finish.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Readers kept for the next question; more come and go.
const IDLE_READERS: usize = 4;
const POLL_EVERY: Duration = Duration::from_millis(20);
/// A log of this size is folded into the file. What the log holds, DuckDB holds in memory as well.
const LONG_LOG: u64 = 32 << 20;
/// So long after it could not be folded it is not tried again: nobody writes while it is tried.
const FOLD_AGAIN_AFTER: Duration = Duration::from_secs(10);

pub(super) struct Shared {
    pub path: PathBuf,
    pub config: WarehouseConfig,
    /// What the tables of facts are; those of `config` until a reload.
    pub facts: Mutex<Arc<Facts>>,
    /// Held for reading by each reader at work: who holds it for writing is alone with the file.
    pub gate: RwLock<()>,
    /// What readers are cloned from; absent while the file is closed.
    reader: Mutex<Option<Connection>>,
    /// The ledger's connection; absent while the file is closed. Its thread holds this while it works.
    ledger: Mutex<Option<Connection>>,
    /// Notes how far the file has come, where that is kept.
    pub mark: OnceLock<Mark>,
    /// The file that was opened, by device and number; absent where there is none.
    opened: Mutex<Option<(u64, u64)>>,
    /// Readers that are at no work: compiling the shared macros anew takes longer than most questions.
    idle: Mutex<Vec<Connection>>,
    /// Writers at work.
    writing: AtomicU32,
    /// When the log could not be folded, last.
    fold_failed_at: Mutex<Option<Instant>>,
    /// Whether the thread of the facts is asked already to fold it.
    fold_is_asked: AtomicBool,
}

/// Counts a writer until it ends, however it does. Who ends last notes the mark for all: while another writes, the
/// file's header and its log may be of two instants, and together they would look like a log that was cut.
struct Writing<'a>(&'a Shared);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if self.0.writing.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.note_mark();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(path: PathBuf, config: WarehouseConfig) -> Self {
        Self {
            path,
            facts: Mutex::new(config.facts.clone()),
            config,
            gate: RwLock::new(()),
            reader: Mutex::default(),
            ledger: Mutex::default(),
            mark: OnceLock::new(),
            opened: Mutex::default(),
            idle: Mutex::default(),
            writing: AtomicU32::new(0),
            fold_failed_at: Mutex::default(),
            fold_is_asked: AtomicBool::new(false),
        }
    }

    /// Takes up an open database: readers and the ledger have connections of their own to it.
    pub fn take_up(&self, connection: &Connection) -> Result<(), WarehouseError> {
        let ledger = connection.try_clone().context(|| "opening the ledger's connection".to_owned())?;
        prepare(&ledger)?;
        let parent = connection.try_clone().context(|| "opening a reader".to_owned())?;
        // Before the reader: the ledger's thread asks for that one while it holds its own.
        *locked(&self.ledger) = Some(ledger);
        let mut reader = locked(&self.reader);
        *locked(&self.opened) = file_identity::number_of(&self.path);
        *reader = Some(parent);
        Ok(())
    }

    /// Forgets every connection; the caller is alone with the file.
    pub fn close(&self) {
        *locked(&self.reader) = None;
        locked(&self.idle).clear();
        *locked(&self.ledger) = None;
    }

    pub fn ledger(&self) -> MutexGuard<'_, Option<Connection>> {
        locked(&self.ledger)
    }

    pub fn facts(&self) -> MutexGuard<'_, Arc<Facts>> {
        locked(&self.facts)
    }

    pub fn opened(&self) -> Option<(u64, u64)> {
        *locked(&self.opened)
    }

    pub fn is_in_memory(&self) -> bool {
        self.path == Path::new(":memory:")
    }

    /// Runs `work` as one of those who write.
    pub fn writing<T>(&self, work: impl FnOnce() -> T) -> T {
        self.writing.fetch_add(1, Ordering::AcqRel);
        let _counted = Writing(self);
        work()
    }

    #[cfg(test)]
    pub fn writers(&self) -> u32 {
        self.writing.load(Ordering::Acquire)
    }

    /// Notes how far the file has come, where that is kept.
    pub fn note_mark(&self) {
        if let Some(mark) = self.mark.get() {
            mark.note();
        }
    }

    /// A connection of its own to the database that `other` has open.
    pub fn another(&self, other: &Connection) -> Result<Connection, WarehouseError> {
        let connection = other.try_clone().context(|| "opening a connection anew".to_owned())?;
        prepare(&connection)?;
        Ok(connection)
    }

    /// Bytes of the log.
    pub fn log_bytes(&self) -> u64 {
        if self.is_in_memory() { 0 } else { std::fs::metadata(wal(&self.path)).map_or(0, |log| log.len()) }
    }

    /// Whether the log should be folded into the file. DuckDB does not do so by itself: with two who write it
    /// would begin a second log beside the first, which a restore or a copy would not know.
    pub fn should_fold(&self) -> bool {
        let has_failed = locked(&self.fold_failed_at).is_some_and(|at| at.elapsed() < FOLD_AGAIN_AFTER);
        !has_failed && self.log_bytes() > LONG_LOG
    }

    /// Notes that the log could not be folded just now.
    pub fn note_failed_fold(&self) {
        *locked(&self.fold_failed_at) = Some(Instant::now());
    }

    /// Whether the thread of the facts should be asked to fold the log; once until it has.
    pub fn asks_for_fold(&self) -> bool {
        self.should_fold() && !self.fold_is_asked.swap(true, Ordering::AcqRel)
    }

    pub fn fold_was_tried(&self) {
        self.fold_is_asked.store(false, Ordering::Release);
    }

    pub fn in_place(&self) -> Result<(), WarehouseError> {
        // While the file is closed, whoever closed it may put another one in its place.
        let reader = locked(&self.reader);
        match (reader.as_ref(), self.opened()) {
            (Some(_), Some(opened)) => file_identity::in_place(&self.path, opened),
            _ => Ok(()),
        }
    }

    pub fn is_open(&self) -> bool {
        locked(&self.reader).is_some()
    }

    /// Runs `work` on a reader, a kept one if there is one.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, WarehouseError>) -> Result<T, WarehouseError> {
        let _at_work = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let kept = locked(&self.idle).pop();
        let reader = match kept {
            Some(reader) => reader,
            None => self.new_reader()?,
        };
        let answer = work(&reader).map_err(|error| error.of_file(&self.path))?;
        let mut idle = locked(&self.idle);
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
        Ok(answer)
    }

    fn new_reader(&self) -> Result<Connection, WarehouseError> {
        let reader = match locked(&self.reader).as_ref() {
            Some(parent) => parent.try_clone().context(|| "opening a reader".to_owned())?,
            None => return Err(WarehouseError::Closed),
        };
        prepare(&reader)?;
        Ok(reader)
    }

    /// Waits until no reader is at work. New readers may begin meanwhile, so that one who waits for
    /// the writer cannot lock both up for good.
    pub fn alone(&self) -> Result<RwLockWriteGuard<'_, ()>, WarehouseError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.gate.try_write() {
                Ok(alone) => return Ok(alone),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if waited < TIMEOUT => {
                    std::thread::sleep(POLL_EVERY);
                    waited += POLL_EVERY;
                }
                Err(TryLockError::WouldBlock) => return Err(WarehouseError::Busy(TIMEOUT.as_secs())),
            }
        }
    }
}

/// The state of the ledger's thread.
impl State for Arc<Shared> {
    fn recover(&mut self) -> bool {
        let mut ledger = self.ledger();
        // While the file is closed there is none; who opens it makes one.
        let Some(broken) = ledger.as_ref() else { return true };
        let again = self.another(broken);
        *ledger = again.ok();
        ledger.is_some()
    }

    fn end(self) {}
}
