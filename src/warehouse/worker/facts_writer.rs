//! The thread that writes facts, and whatever concerns the file as a whole: it opens and closes it, and
//! holds the ledger's thread where nobody else may write.

use super::connect::{WarehouseConfig, connect};
use super::shared::Shared;
use super::thread::{Queue, State};
use crate::warehouse::checkpoint::checkpoint;
use crate::warehouse::error::WarehouseError;
use crate::warehouse::file_identity;
use crate::warehouse::writers::BothWriter;
use duckdb::Connection;
use std::path::Path;
use std::sync::{Arc, mpsc};

/// The ledger's thread has no state but what is shared.
pub(super) type LedgerQueue = Queue<Arc<Shared>>;

/// The state of the thread that writes facts.
pub(super) struct FactsWriter {
    shared: Arc<Shared>,
    connection: Option<Connection>,
    ledger: LedgerQueue,
    holds_ledger: bool,
}

impl FactsWriter {
    pub fn new(shared: Arc<Shared>, connection: Connection, ledger: LedgerQueue) -> Self {
        Self { shared, connection: Some(connection), ledger, holds_ledger: false }
    }

    /// Runs `work` on the connection of the facts; opens the file anew after a fatal error.
    pub fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, WarehouseError>,
    ) -> Result<T, WarehouseError> {
        let shared = self.shared.clone();
        let result = shared.writing(|| shared.in_place().and_then(|()| self.opened()).and_then(work));
        if let Err(error) = &result
            && error.is_fatal()
        {
            // A transaction that failed so is rolled back when the file is opened anew.
            self.start_over(&error.to_string());
        }
        self.shorten_log();
        result.map_err(|error| error.of_file(&shared.path))
    }

    /// Runs `work` while the ledger's thread waits: its transactions are over, and none begins.
    pub fn with_ledger<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        if self.holds_ledger {
            return work(self);
        }
        let ((here, waits), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
        let held = self.ledger.leave(move |_| {
            let _ = here.send(());
            // Ends when `release` is dropped, whatever happens to its thread.
            let _ = released.recv();
        });
        // Without a thread there is nobody to wait for.
        if held.is_ok() {
            let _ = waits.recv();
        }
        self.holds_ledger = true;
        let done = work(self);
        self.holds_ledger = false;
        drop(release);
        done
    }

    /// Folds a long log into the file, alone. After a failed attempt the ledger is left in peace for a while.
    pub fn shorten_log(&mut self) {
        if !self.shared.should_fold() {
            return;
        }
        self.with_ledger(|own| {
            let shared = own.shared.clone();
            let folded = shared.writing(|| own.opened().and_then(|both| checkpoint(&BothWriter::new(both))));
            if let Err(error) = folded {
                // What was committed stands in the log; a later write tries again.
                shared.note_failed_fold();
                tracing::warn!(error = %error, "the database's log grows, as it cannot be written into the file");
                if error.is_fatal() {
                    own.start_over(&error.to_string());
                }
            }
        });
    }

    /// The same, because the ledger's side asked for it.
    pub fn fold_as_asked(&mut self) {
        // First, so that what is written meanwhile can ask again.
        self.shared.fold_was_tried();
        self.shorten_log();
    }

    /// Runs `prepare`, then closes the file, runs `swap` on it alone, and opens what is there then.
    pub fn swap<P, T>(
        &mut self,
        prepare: impl FnOnce(&mut Connection, &Path) -> Result<P, WarehouseError>,
        swap: impl FnOnce(P, &Path) -> Result<T, WarehouseError>,
    ) -> Result<T, WarehouseError> {
        let shared = self.shared.clone();
        if shared.is_in_memory() {
            return Err(WarehouseError::Invalid("a database in memory has no file".to_owned()));
        }
        shared.in_place()?;
        let prepared = match self.opened().and_then(|connection| prepare(connection, &shared.path)) {
            Ok(prepared) => prepared,
            Err(error) => {
                if error.is_fatal() {
                    self.start_over(&error.to_string());
                }
                return Err(error);
            }
        };
        let alone = shared.alone()?;
        self.close();
        if let Some(mark) = shared.mark.get() {
            mark.forget();
        }
        let result = swap(prepared, &shared.path);
        let opened = self.opened().map(drop);
        shared.note_mark();
        drop(alone);
        result.and_then(|value| opened.map(|()| value))
    }

    /// The connection, opened if it is not.
    pub fn opened(&mut self) -> Result<&mut Connection, WarehouseError> {
        if self.connection.is_none() {
            let is_there = std::fs::metadata(&self.shared.path).is_ok_and(|file| file.len() > 0);
            if self.shared.opened().is_some() && !is_there && !self.shared.is_in_memory() {
                // DuckDB would begin an empty one.
                return Err(WarehouseError::Lost { path: self.shared.path.clone(), how: "is gone" });
            }
            let facts = self.shared.facts().clone();
            let connection = connect(&self.shared.path, &WarehouseConfig { facts, ..self.shared.config.clone() })?;
            self.shared.take_up(&connection)?;
            self.connection = Some(connection);
        }
        self.connection.as_mut().ok_or(WarehouseError::Closed)
    }

    /// Closes the file; the caller is alone with it.
    fn close(&mut self) {
        self.shared.close();
        self.connection = None;
    }

    /// DuckDB refuses all work after a fatal error until the file is opened anew; what was committed
    /// is kept. If it cannot be opened now, the next call tries again.
    pub fn start_over(&mut self, error: &str) {
        if self.shared.is_in_memory() {
            return;
        }
        self.with_ledger(|own| {
            let shared = own.shared.clone();
            if let Ok(_alone) = shared.alone() {
                own.close();
                if let Err(again) = own.opened() {
                    tracing::error!(error = %again, "the database stays closed until it can be opened");
                } else {
                    tracing::warn!(error = %error, "the database was opened anew after an error");
                }
            }
        });
    }

    /// Keeps what is in a file that was deleted under us.
    fn rescue(self) {
        let (Some(opened), Err(WarehouseError::Lost { .. })) = (self.shared.opened(), self.shared.in_place()) else {
            return;
        };
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
}

impl State for FactsWriter {
    /// What the work left in its connection, an open transaction first of all, goes with it.
    fn recover(&mut self) -> bool {
        self.holds_ledger = false;
        let Some(broken) = self.connection.take() else { return true };
        match self.shared.another(&broken) {
            Ok(connection) => self.connection = Some(connection),
            // The next piece of work opens the file.
            Err(error) => {
                self.connection = Some(broken);
                self.start_over(&error.to_string());
            }
        }
        true
    }

    fn end(self) {
        self.rescue();
    }
}
