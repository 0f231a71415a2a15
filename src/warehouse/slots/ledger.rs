//! The ledger as the planner uses it; blocking.

use crate::domain::schedule::{Ledger, Mark, Outcome, Pair, Slot};
use crate::warehouse::{Warehouse, WarehouseError, readings};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The streams of each connection that have days to cover, by workspace and connection.
pub type Dated = BTreeMap<(String, String), BTreeSet<String>>;

/// The ledger in the warehouse.
#[derive(Clone, Debug)]
pub struct SlotLedger {
    warehouse: Warehouse,
    dated: Dated,
}

impl SlotLedger {
    pub fn new(warehouse: Warehouse, dated: Dated) -> Self {
        Self { warehouse, dated }
    }
}

impl Ledger for SlotLedger {
    type Error = WarehouseError;

    fn marks(&mut self) -> Result<Vec<(Pair, Mark)>, WarehouseError> {
        self.warehouse.read_blocking(super::marks)
    }

    fn unfinished(&mut self) -> Result<Vec<Slot>, WarehouseError> {
        self.warehouse.read_blocking(super::unfinished)
    }

    fn plan(&mut self, slots: &[Slot], marks: &[(Pair, Mark)]) -> Result<Vec<bool>, WarehouseError> {
        if slots.is_empty() && marks.is_empty() {
            return Ok(Vec::new());
        }
        let (slots, marks) = (slots.to_vec(), marks.to_vec());
        self.warehouse.write_ledger_blocking(move |connection| super::plan(connection, &slots, &marks))
    }

    fn skip(&mut self, slot: &Slot) -> Result<(), WarehouseError> {
        let slot = slot.clone();
        self.warehouse.write_ledger_blocking(move |connection| super::skip(connection, &slot))
    }

    fn claim(&mut self, slots: &[Slot]) -> Result<Vec<bool>, WarehouseError> {
        let slots = slots.to_vec();
        self.warehouse.write_ledger_blocking(move |connection| super::claim(connection, &slots))
    }

    fn finish(
        &mut self,
        slot: &Slot,
        outcome: Outcome,
        detail: &str,
        mark: &Mark,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<bool, WarehouseError> {
        let (slot, detail, mark) = (slot.clone(), detail.to_owned(), *mark);
        self.warehouse
            .write_ledger_blocking(move |connection| super::finish(connection, &slot, outcome, &detail, &mark, now))
    }

    /// A connection without days, such as one of a CRM, never keeps anybody waiting.
    fn covered_through(
        &mut self,
        workspace: &str,
        connection: &str,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Option<NaiveDate>, WarehouseError> {
        let Some(streams) = self.dated.get(&(workspace.to_owned(), connection.to_owned())) else {
            return Ok(Some(NaiveDate::MAX));
        };
        let reach = self.warehouse.read_blocking(|reader| readings::reach(reader, workspace, now))?;
        let through = |stream: &String| {
            // The least of the partitions that were asked for: a report lists what it expects itself.
            let own = reach.iter().filter(|reach| reach.connection == connection && reach.stream == *stream);
            own.map(|reach| reach.whole_through()).min().flatten()
        };
        Ok(streams.iter().map(through).min().unwrap_or(Some(NaiveDate::MAX)))
    }
}
