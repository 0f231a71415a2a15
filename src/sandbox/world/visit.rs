//! Visits of a site.

use chrono::NaiveDate;

/// A cell of web traffic.
#[derive(Clone, Debug)]
pub struct Visit {
    pub date: NaiveDate,
    pub source: &'static str,
    pub medium: &'static str,
    pub campaign: &'static str,
    pub device: &'static str,
    pub country: &'static str,
    /// The page its sessions began on.
    pub page: &'static str,
    pub sessions: u64,
    pub engaged: u64,
    pub pageviews: u64,
    /// Whole seconds of all its sessions.
    pub seconds: u64,
    pub key_events: u64,
}
