//! What a sandbox is started with.

use super::faults::Faults;
use crate::sandbox::world::Tenant;
use chrono::{DateTime, NaiveDate, Utc};

/// What a sandbox simulates.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    pub tenants: Vec<Tenant>,
    pub seed: u64,
    pub first_date: NaiveDate,
    pub as_of: DateTime<Utc>,
    /// What is planted lies before this instant and stays there as time passes.
    pub planted_at: DateTime<Utc>,
    /// 0 takes any free port.
    pub port: u16,
    pub faults: Faults,
}
