//! Care of the warehouse: backups, compaction, retention, erasure of a person, integrity. Each is a
//! plain blocking function; `jobs::care` puts a night together from them.
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
//!
//! # What erasing a person does, and does not
//!
//! In facts, history and Parquet of the configured archive, identifiers become random words; amounts
//! and days stay. Every other column of text is searched for addresses, in every spelling, and those that
//! tell what happened for ids of vendors too; what is found becomes the same words. Records set aside that
//! name the person are emptied. Landed slices that name them are removed, however the name is spelt or
//! packed. The database file is copied together, so that freed blocks hold nothing. Backups keep the
//! person until they age out, or go at once on demand; a restore erases again. Out of reach: files
//! sent or exported elsewhere, people's names without an address, payment ids, and the vendors.
//!
//! # What an objection does, and does not
//!
//! The person's keys are joined with no others: no payment of theirs is led back to where the CRM met them,
//! and none counts as a first or a later one of a person. Their amounts and days stay in all sums.

pub use copy::wal;

pub mod audit;
pub mod backup;
pub mod compact;
mod config;
mod copy;
pub mod doctor;
pub mod erased;
pub mod export;
pub mod marks;
mod messages;
pub mod objection;
pub mod person;
pub mod proof;
pub mod restore;
pub mod retention;
pub mod snapshot;
pub mod traces;

/// Syncs the folder of a file that was made or renamed.
pub(super) fn sync_folder(file: &std::path::Path) -> Result<(), super::WarehouseError> {
    copy::sync(file.parent().unwrap_or(std::path::Path::new(".")))
}

/// Columns that the day of a row may stand in; a table has one of them or none.
pub const DAYS: [&str; 4] = ["date", "entered_date", "posted_date", "month_date"];

pub use config::{BackupConfig, CareConfig, Percent, RetentionConfig};
