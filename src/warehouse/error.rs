//! What can go wrong in the warehouse, as a caller would decide on it.

use std::path::PathBuf;

/// An error of the warehouse.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// Another process holds the file.
    #[error("{path} is in use by another process: stop it, or use another data folder ({reason})")]
    Locked { path: PathBuf, reason: String },
    /// Written by a newer Daybook.
    #[error(
        "the database is at version {found}, this Daybook knows up to {known}: install the newer Daybook or restore a backup"
    )]
    TooNew { found: u32, known: u32 },
    /// A query of ours or an admin's that DuckDB refuses.
    #[error("{context}: {source}")]
    Query { context: String, source: duckdb::Error },
    /// The pages do not have the shape the stream's query expects.
    #[error("{0}")]
    Invalid(String),
    /// Reading or writing beside the database failed.
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// The writer thread is gone.
    #[error("the warehouse is closed")]
    Closed,
}

impl WarehouseError {
    /// Whether the same call may succeed later without anybody's help.
    pub fn can_retry(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Io { .. })
    }
}

/// Names the step that failed.
pub trait Context<T> {
    fn context(self, context: impl FnOnce() -> String) -> Result<T, WarehouseError>;
}

impl<T> Context<T> for Result<T, duckdb::Error> {
    fn context(self, context: impl FnOnce() -> String) -> Result<T, WarehouseError> {
        self.map_err(|source| WarehouseError::Query { context: context(), source })
    }
}
