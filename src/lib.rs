//! Daybook keeps a company's marketing day-book: it syncs vendors' APIs into DuckDB, rolls up, and
//! delivers reports whose every number can be proved.
//!
//! # The way of a number
//!
//! A vendor's answer is written to the landing folder as it came ([`connectors`]: a vendor is a
//! `connector.toml` and a query for each table). A slice is then loaded in one transaction
//! ([`warehouse::load`]): rows, what they replaced, what could not be used, coverage, cursor and the
//! load's own record. The days a load touched are rolled up ([`warehouse::rollup`]) into one unified
//! table, from which every figure is a sum or a formula over sums ([`domain::metric`]). A job reads
//! them and a pure builder makes one document ([`report::document`]), which every format renders. The
//! report and its messages enter the outbox in one transaction ([`warehouse::outbox`]); messages are
//! claimed, sent, and marked with what the other side answered ([`jobs::deliver`]).
//!
//! # Order of the modules
//!
//! What stands left may be used by everything to its right, and nothing else:
//! `support` → `domain` → `settings` → `report` → `connectors | warehouse | delivery` → `jobs` → `config` →
//! `app` → `queries` → `http` → `daemon | sandbox` → `cli`. The three edges never use one another; they meet in `jobs`. [`app`]
//! is an opened installation; [`queries`] answers what an admin asks of it, in values that the command line prints and
//! [`daemon`] serves by the kit of [`http`]. A test reads the source and keeps this so.
//!
//! # What always holds
//!
//! - Running a slice, a rollup or a report again changes nothing.
//! - Numbers are worded once, in [`report::format`]; formats cannot disagree.
//! - Rows that fail a type or a rule are quarantined with reason and record; good ones go on.
//! - Only [`support::clock`] reads the clock.
//! - A secret prints as `***`; no error holds a secret or a raw body.

// As in the daemon, so that tests plan statements as fast.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod app;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod daemon;
pub mod delivery;
pub mod domain;
pub mod http;
pub mod jobs;
pub mod queries;
pub mod report;
pub mod sandbox;
pub mod settings;
pub mod support;
pub mod warehouse;
