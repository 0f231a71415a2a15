//! How far the data of each source reaches.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// How far a source's data reaches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Freshness {
    /// Connection id, e.g. `google_ads`.
    pub source: String,
    pub label: String,
    /// The last day that is covered without a hole, in the workspace's zone.
    pub data_through: Option<NaiveDate>,
    /// When the source last answered in full.
    pub last_success_at: Option<DateTime<Utc>>,
    pub state: FreshnessState,
    /// e.g. `complete`, `late: 2 days missing`, `settling until 14 Nov`.
    pub remark: String,
}

/// Whether a source can be relied upon for the report's period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreshnessState {
    Complete,
    /// Complete, but the vendor may still restate it.
    Provisional,
    /// Every day is here, but the source limits its own answer, or days are not confirmed.
    Limited,
    Late,
}

impl FreshnessState {
    /// The higher, the less can be relied upon it.
    pub fn severity(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Provisional => 1,
            Self::Limited => 2,
            Self::Late => 3,
        }
    }
}
