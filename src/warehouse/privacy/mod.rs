//! People in the warehouse: search, erasure, objection. Each is a plain blocking function over facts,
//! history, texts and messages; what was written outside the database is the caller's.
//!
//! Which columns hold identifiers is what contracts of facts declare, whatever the columns are called; the database has
//! it written down, so that the table of a contract that was taken away is searched all the same.
//!
//! # What erasing a person does, and does not
//!
//! In facts, history and Parquet of the configured archive, identifiers become random words; amounts
//! and days stay. Every other column of text is searched for addresses, in every spelling, and those that
//! say what happened for ids of vendors too; what is found becomes the same words. Quarantined records
//! that name the person are emptied. Landed slices that name them are removed, however the name is spelt or
//! packed. The database file is copied together, so that freed blocks hold nothing. Backups keep the
//! person until they age out, or go at once on demand; a restore erases again. Out of reach: files
//! sent or exported elsewhere, people's names without an address, payment ids, and the vendors.
//!
//! # What an objection does, and does not
//!
//! The person's keys are joined with no others: no payment of theirs is led back to where the CRM met them,
//! and none counts as a first or a later one of a person. Their amounts and days stay in all sums.

pub mod columns;
mod derived;
pub mod erased;
mod identifiers;
mod key;
pub mod marks;
mod messages;
pub mod objection;
pub mod person;
#[cfg(test)]
mod tests;
pub mod traces;
mod words;
