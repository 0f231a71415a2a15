//! What goes wrong, and how often: a little at set rates always, more where a test arms it or a vendor is
//! broken.

use super::fault::Fault;
use super::troubles::{Troubles, Vendor};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often vendors fail by themselves: every so many requests of a vendor; 0 means never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    pub too_many_every: u64,
    pub failure_every: u64,
    pub slow_every: u64,
    /// An access token is refused after so many uses.
    pub token_uses: u64,
    /// Every answer takes so long.
    pub latency_ms: u64,
    /// The last day holds names and amounts that mean harm.
    pub is_hostile: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self { too_many_every: 37, failure_every: 53, slow_every: 41, token_uses: 60, latency_ms: 0, is_hostile: false }
    }
}

impl Faults {
    /// Vendors that never fail.
    pub fn none() -> Self {
        Self {
            too_many_every: 0,
            failure_every: 0,
            slow_every: 0,
            token_uses: u64::MAX,
            latency_ms: 0,
            is_hostile: false,
        }
    }
}

/// A fault waiting for requests whose path contains a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Armed {
    pub path: String,
    pub fault: Fault,
    /// For so many requests.
    pub times: u64,
}

/// Counts requests and says which of them fail.
#[derive(Debug)]
pub struct FaultBox {
    rates: Faults,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: BTreeMap<String, u64>,
    armed: Vec<Armed>,
}

impl FaultBox {
    pub fn new(rates: Faults) -> Self {
        Self { rates, state: Mutex::default() }
    }

    /// How long every answer takes.
    pub fn latency(&self) -> Duration {
        Duration::from_millis(self.rates.latency_ms)
    }

    pub fn arm(&self, armed: Armed) {
        self.lock().armed.push(armed);
    }

    /// What is armed comes to nothing.
    pub fn disarm(&self) {
        self.lock().armed.clear();
    }

    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.lock().counts.clone()
    }

    /// Counts a request and returns what goes wrong with it.
    pub fn strike(&self, vendor: &str, path: &str, troubles: &Troubles) -> Option<Fault> {
        let mut state = self.lock();
        let count = state.counts.entry(vendor.to_owned()).or_default();
        *count += 1;
        let count = *count;
        if let Some(failure) = troubles.failure(vendor, count) {
            return Some(failure);
        }
        if let Some(armed) = state.armed.iter_mut().find(|armed| armed.times > 0 && path.contains(&armed.path)) {
            armed.times -= 1;
            return Some(armed.fault);
        }
        let due = |every: u64| every > 0 && count.is_multiple_of(every);
        if due(self.rates.too_many_every) && !Vendor::of(vendor).is_some_and(Vendor::asks_for_minutes) {
            Some(Fault::TooMany)
        } else if due(self.rates.failure_every) {
            Some(Fault::Failure)
        } else if due(self.rates.slow_every) {
            Some(Fault::Slow)
        } else {
            None
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
