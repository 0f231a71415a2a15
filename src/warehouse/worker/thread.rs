//! A thread that works through what it is given, in order, and outlives a panic of it.

use crate::warehouse::error::WarehouseError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// DuckDB runs queries on the thread that asks, and some of its functions recurse; Rust's own 2 MB are few.
const STACK: usize = 16 << 20;

type Work<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Puts work into the queue of a thread.
pub(super) struct Queue<S>(mpsc::Sender<Work<S>>);

impl<S> Clone for Queue<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> Queue<S> {
    /// Has `work` done, and waits for its answer.
    pub fn ask<T: Send + 'static>(&self, work: impl FnOnce(&mut S) -> T + Send + 'static) -> Result<T, WarehouseError> {
        let (answer, result) = mpsc::channel();
        self.leave(move |state| drop(answer.send(work(state))))?;
        result.recv().map_err(|_| WarehouseError::Panicked)
    }

    /// The same for async code. No thread waits meanwhile: each would keep memory of its own.
    pub async fn ask_later<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, WarehouseError> {
        let (answer, result) = oneshot::channel();
        // Who asked may be gone.
        self.leave(move |state| drop(answer.send(work(state))))?;
        result.await.map_err(|_| WarehouseError::Panicked)
    }

    /// Has `work` done some time.
    pub fn leave(&self, work: impl FnOnce(&mut S) + Send + 'static) -> Result<(), WarehouseError> {
        self.0.send(Box::new(work)).map_err(|_| WarehouseError::Closed)
    }
}

/// The state of a thread.
pub(super) trait State: Send + 'static {
    /// Makes it fit for the next piece of work after one that panicked; `false` where that fails.
    fn recover(&mut self) -> bool;

    /// The last thing the thread does.
    fn end(self);
}

/// The thread; ends with its last queue, and is waited for when this is dropped.
pub(super) struct Thread<S> {
    queue: Option<Queue<S>>,
    thread: Option<JoinHandle<()>>,
}

impl<S: State> Thread<S> {
    pub fn start(name: &str, path: &Path, mut state: S) -> Result<Self, WarehouseError> {
        let (work, todo) = mpsc::channel::<Work<S>>();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK)
            .spawn(move || {
                while let Ok(work) = todo.recv() {
                    one(&mut state, work);
                }
                state.end();
            })
            .map_err(|source| WarehouseError::Io { path: path.to_owned(), source })?;
        Ok(Self { queue: Some(Queue(work)), thread: Some(thread) })
    }

    pub fn queue(&self) -> Result<&Queue<S>, WarehouseError> {
        self.queue.as_ref().ok_or(WarehouseError::Closed)
    }
}

/// One piece of work. Where not even the state can be mended, a process without this thread would go on with half of
/// what it does: it ends, and is started again by who watches it.
fn one<S: State>(state: &mut S, work: Work<S>) {
    if catch_unwind(AssertUnwindSafe(|| work(state))).is_ok() {
        return;
    }
    tracing::error!("a fault of Daybook itself ended a piece of work on the database; its transaction is rolled back");
    if !catch_unwind(AssertUnwindSafe(|| state.recover())).unwrap_or(false) {
        tracing::error!("the database's thread cannot go on, and Daybook ends");
        std::process::abort();
    }
}

impl<S> Drop for Thread<S> {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            drop(thread.join());
        }
    }
}
