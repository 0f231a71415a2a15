//! Facts as contracts: one `<fact>.toml` a table of `core`, and beside it `<fact>.metrics.sql` with what the fact
//! adds to the unified metrics.
//!
//! # Adding one
//!
//! Write the two files here and name them in the list of `builtin.rs`; an installation writes its own to `config/facts/`.
//! The table with its history, checks, retention, the data dictionary and the columns of `mart.metric_daily`
//! follow. A new column may be added to a contract; a type is never changed and a column never taken away.

mod builtin;
pub mod checks;
pub mod marts;
mod read;
pub mod rollup_tables;
mod tables;
#[cfg(test)]
mod testing;

pub use builtin::builtin;
pub use read::{COMMON, ORIGIN, Written, read_top};
pub use tables::{apply, days, kept, removed, telling_apart};
#[cfg(test)]
pub use testing::fact_of;
