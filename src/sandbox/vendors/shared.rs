//! What all vendors know and remember.

use super::fault::Fault;
use super::faults::FaultBox;
use super::microsoft_reports::Reports;
use super::options::SandboxOptions;
use super::tokens::Tokens;
use super::troubles::{Troubles, Vendor};
use crate::sandbox::world::{Simulation, Tenant, worlds};
use chrono::{DateTime, NaiveDate, Utc};
use std::sync::{Arc, PoisonError, RwLock};

/// The companies, and the state of the vendors over them.
#[derive(Debug)]
pub struct Shared {
    tenants: Vec<Tenant>,
    seed: u64,
    first: NaiveDate,
    is_hostile: bool,
    planted_at: DateTime<Utc>,
    worlds: RwLock<Arc<Vec<Simulation>>>,
    troubles: RwLock<Troubles>,
    /// What late vendors know.
    late_worlds: RwLock<Arc<Vec<Simulation>>>,
    pub faults: FaultBox,
    /// Google's.
    pub tokens: Tokens,
    pub microsoft_tokens: Tokens,
    pub microsoft_reports: Reports,
}

impl Shared {
    pub fn new(options: SandboxOptions) -> Self {
        let SandboxOptions { tenants, seed, first_date, as_of, planted_at, faults, .. } = options;
        Self {
            worlds: RwLock::new(Arc::new(worlds(&tenants, seed, first_date, planted_at, as_of, faults.is_hostile))),
            tenants,
            seed,
            first: first_date,
            is_hostile: faults.is_hostile,
            planted_at,
            troubles: RwLock::default(),
            late_worlds: RwLock::default(),
            faults: FaultBox::new(faults),
            tokens: Tokens::new("ya29", faults.token_uses),
            microsoft_tokens: Tokens::new("EwBY", faults.token_uses),
            microsoft_reports: Reports::default(),
        }
    }

    pub fn worlds(&self) -> Arc<Vec<Simulation>> {
        Arc::clone(&self.worlds.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a vendor knows.
    pub fn worlds_of(&self, vendor: Vendor) -> Arc<Vec<Simulation>> {
        let troubles = self.troubles.read().unwrap_or_else(PoisonError::into_inner);
        if troubles.late_as_of.is_none() || !troubles.late.contains(&vendor) {
            return self.worlds();
        }
        Arc::clone(&self.late_worlds.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a vendor refuses its connections' credential.
    pub fn refuses(&self, vendor: Vendor) -> bool {
        self.troubles.read().unwrap_or_else(PoisonError::into_inner).wrong_token.contains(&vendor)
    }

    /// Counts a request and returns what goes wrong with it.
    pub fn strike(&self, vendor: &str, path: &str) -> Option<Fault> {
        self.faults.strike(vendor, path, &self.troubles.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn worlds_at(&self, as_of: DateTime<Utc>) -> Arc<Vec<Simulation>> {
        Arc::new(worlds(&self.tenants, self.seed, self.first, self.planted_at, as_of, self.is_hostile))
    }

    /// Time passes: what all vendors know is as of another instant.
    pub fn set_as_of(&self, at: DateTime<Utc>) {
        let later = self.worlds_at(at);
        *self.worlds.write().unwrap_or_else(PoisonError::into_inner) = later;
    }

    /// Vendors get into these troubles, and out of all others.
    pub fn set_troubles(&self, troubles: Troubles) {
        if let Some(at) = troubles.late_as_of {
            let late = self.worlds_at(at);
            *self.late_worlds.write().unwrap_or_else(PoisonError::into_inner) = late;
        }
        *self.troubles.write().unwrap_or_else(PoisonError::into_inner) = troubles;
    }
}
