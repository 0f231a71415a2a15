//! Why an installation cannot be opened, or a command cannot go on.

use super::lock::LockError;
use crate::config::Problem;
use crate::connectors::ConnectorError;
use crate::delivery::BuildError;
use crate::support::owner;
use crate::support::secret::SecretError;
use crate::warehouse::WarehouseError;
use std::path::PathBuf;

/// An installation cannot be opened, or a command cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("the configuration has {} {}", .0.len(), if .0.len() == 1 { "mistake" } else { "mistakes" })]
    Config(Vec<Problem>),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    #[error(transparent)]
    Delivery(#[from] BuildError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("{path}: {}", owner::why(.source))]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Usage(String),
}

impl AppError {
    /// Whether something ran short that others give back, so that the same call may succeed later: room on
    /// the disk, file handles, memory.
    pub fn ran_short(&self) -> bool {
        match self {
            Self::Warehouse(error) | Self::Lock(LockError::Io(error)) => error.ran_short(),
            Self::Secret(error) | Self::Delivery(BuildError::Secret(error)) => error.can_retry(),
            Self::Io { source, .. } => owner::ran_short(source),
            Self::Config(_) | Self::Connector(_) | Self::Delivery(_) | Self::Lock(_) | Self::Usage(_) => false,
        }
    }
}
