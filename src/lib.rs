//! Daybook keeps a company's marketing day-book: it syncs vendors' APIs into DuckDB, rolls up, and
//! delivers reports whose every number can be proved.

pub mod cli;
pub mod config;
pub mod connectors;
pub mod daemon;
pub mod delivery;
pub mod domain;
pub mod jobs;
pub mod report;
pub mod sandbox;
pub mod support;
pub mod warehouse;
