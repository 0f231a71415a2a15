//! What maintenance and requests of persons work on, and why they fail.

use crate::jobs::agreement::FigureCheck;
use crate::support::secret::Secret;
use crate::warehouse::maintenance::{MaintenanceConfig, backup};
use crate::warehouse::{Warehouse, WarehouseError};
use std::path::PathBuf;

/// What maintenance works on.
#[derive(Clone, Debug)]
pub struct MaintenanceContext {
    pub warehouse: Warehouse,
    pub config: MaintenanceConfig,
    /// Absolute.
    pub data_dir: PathBuf,
    /// Days that landed pages are kept.
    pub keep_landing_days: u32,
    pub person_key: Secret,
    /// A person says that the clock is right: what is old goes, whatever speaks against the clock.
    pub is_clock_right: bool,
    /// Folders that reports and mails are written to.
    pub sent_folders: Vec<PathBuf>,
    /// What figures are computed by; they are compared with their facts.
    pub figures: Option<FigureCheck>,
}

impl MaintenanceContext {
    /// Where received pages are kept.
    pub fn landing(&self) -> PathBuf {
        self.data_dir.join("landing")
    }

    /// Where backups go.
    pub fn backups(&self) -> PathBuf {
        self.config.backup.dir.clone().unwrap_or_else(|| backup::default_dir(self.warehouse.path()))
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Connector(#[from] crate::connectors::ConnectorError),
    #[error(
        "the person has too many identifiers to be looked for at once: erase by a single id with --id and --connection"
    )]
    TooMany,
    #[error("left for the next run, because {0} failed")]
    Waits(&'static str),
    #[error(
        "nothing is removed: {0}; if that is right, run `daybook maintain --clock-is-right`, else set the clock, then `daybook clock`"
    )]
    Clock(String),
    #[error("{0}")]
    Figures(String),
}

impl MaintenanceError {
    pub(super) fn can_retry(&self) -> bool {
        match self {
            Self::Warehouse(error) => error.can_retry(),
            Self::Connector(_) | Self::Waits(_) | Self::Clock(_) => true,
            Self::TooMany | Self::Figures(_) => false,
        }
    }
}
