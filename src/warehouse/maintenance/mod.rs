//! Maintenance of the warehouse: backups, compaction, retention, integrity. Each is a
//! plain blocking function; `jobs::maintenance` runs them in order.
//!
//! # Upgrade and downgrade over the same data folder
//!
//! - **Upgrade.** The first start makes a backup named `before-migration-…`, opens and counts it, and
//!   only then applies what the database lacks, each migration in a transaction. Without room for the
//!   backup nothing is changed and Daybook does not start. The last three such backups are kept.
//! - **Downgrade.** An older Daybook refuses the database, names both versions, and changes nothing.
//!   Two ways on: the newer one again, or `daybook restore` of the backup from before the upgrade with
//!   the older one. What was loaded since is fetched again by the next sync; the replaced file is kept
//!   aside, and its reports and messages are carried over where the older one can read them.
//! - A job file of a kind the older Daybook does not know is refused with its file and line, as any
//!   other mistake, before the database is opened: take it out of `jobs/`.

pub mod compact;
mod config;
pub mod doctor;
pub mod export;
pub mod restore;
pub mod retention;
pub mod settings;
pub mod snapshot;

pub use super::copies::{backup, checksum};
pub use super::disk::wal;
pub use config::{BackupConfig, MaintenanceConfig, Percent, RetentionConfig};
