//! The two sides that write, as types: what belongs to the ledger takes a [`LedgerWriter`] and cannot be
//! called with the writer of facts, nor a load with the ledger's. What crosses takes a [`BothWriter`].

use duckdb::{Connection, Transaction};
use std::ops::{Deref, DerefMut};

/// The ledger's own connection: slots, runs, reports, messages. A load never makes it wait.
#[derive(Debug)]
pub struct LedgerWriter<'a>(&'a mut Connection);

/// Both sides held at once, so that one transaction may write rows of either.
#[derive(Debug)]
pub struct BothWriter<'a>(&'a mut Connection);

impl<'a> LedgerWriter<'a> {
    pub(in crate::warehouse) fn new(connection: &'a mut Connection) -> Self {
        Self(connection)
    }

    /// Begins a transaction of the ledger.
    pub fn transaction(&mut self) -> Result<Transaction<'_>, duckdb::Error> {
        self.0.transaction()
    }
}

/// Shared only: a function of the facts' side wants `&mut Connection`.
impl Deref for LedgerWriter<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl<'a> BothWriter<'a> {
    pub(in crate::warehouse) fn new(connection: &'a mut Connection) -> Self {
        Self(connection)
    }

    /// For what writes rows of the ledger alone.
    pub fn ledger(&mut self) -> LedgerWriter<'_> {
        LedgerWriter(self.0)
    }
}

impl Deref for BothWriter<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl DerefMut for BothWriter<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.0
    }
}

/// A database without threads, for tests of one function.
#[cfg(test)]
pub fn both(connection: &mut Connection) -> BothWriter<'_> {
    BothWriter(connection)
}
