//! The ways off the async threads: DuckDB, PDF and template work is plain blocking code.

use std::sync::LazyLock;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// Threads of [`in_pool`]. The allocator keeps memory for each thread that has ever computed, several megabytes of it.
const THREADS: usize = 8;

static POOL: LazyLock<std::io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_current_thread().thread_name("pool").max_blocking_threads(THREADS).build());

/// Runs `work` on a blocking thread and waits for it; a panic inside is passed on. There is always a thread for it:
/// for what waits for a network, a disk or another process.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    ended(tokio::task::spawn_blocking(work)).await
}

/// The same on one of a few threads, after what came before it: for what computes. It must not wait for other work of
/// this pool, which may stand behind it.
pub async fn in_pool<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match POOL.as_ref().map(Runtime::handle) {
        Ok(pool) => ended(Handle::spawn_blocking(pool, work)).await,
        Err(_) => off_thread(work).await,
    }
}

async fn ended<T>(work: JoinHandle<T>) -> T {
    match work.await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => std::process::abort(),
        },
    }
}
