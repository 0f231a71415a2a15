//! The one way off the async threads: DuckDB, PDF and template work is plain blocking code.

/// Runs `work` on a blocking thread and waits for it; a panic inside is passed on.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => std::process::abort(),
        },
    }
}
