//! What an admin may set of the maintenance: the sections `[backup]`, `[retention]` and `[maintenance]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaintenanceConfig {
    pub backup: BackupConfig,
    pub retention: RetentionConfig,
    /// The file is copied together when more than this share of it is free.
    pub compact_at_free_percent: Percent,
    /// Where BI tools find their copy; absent: none is made at night.
    pub snapshot: Option<PathBuf>,
    /// Where cold months go as Parquet before retention removes them; absent: nowhere.
    pub archive: Option<PathBuf>,
}

/// A share of a hundred; 30 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub u64);

impl Default for Percent {
    fn default() -> Self {
        Self(30)
    }
}

/// The section `[backup]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupConfig {
    /// Absolute; `backups` beside the database if absent.
    pub dir: Option<PathBuf>,
    /// How many nightly backups are kept.
    pub keep: u64,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self { dir: None, keep: 14 }
    }
}

/// The section `[retention]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionConfig {
    /// Months that rows are kept, the running one not counted; 0 keeps them for good.
    pub months: u64,
    /// The same for single tables, by name without schema; `history` and `quarantine` are names too.
    pub tables: BTreeMap<String, u64>,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { months: 24, tables: BTreeMap::new() }
    }
}
