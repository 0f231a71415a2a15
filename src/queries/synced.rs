//! What a sync did, by stream.

use crate::jobs::sync::{StreamOutcome, SyncError};
use chrono::NaiveDate;
use serde::Serialize;

/// A stream that was synced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncedStream {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    /// Slices that were loaded.
    pub slices: u64,
    /// What came over the network, as sent.
    pub bytes: u64,
    pub rows_read: u64,
    pub rows_written: u64,
    pub rows_unchanged: u64,
    pub rows_superseded: u64,
    pub rows_quarantined: u64,
    pub notes: Vec<String>,
    /// What the source says limits its own answers.
    pub caveats: Vec<String>,
    /// What failed, if anything did; the other slices are loaded.
    pub error: Option<SyncError>,
    /// Every slice that failed.
    pub failures: Vec<SyncError>,
    pub doubted: Vec<DoubtedDay>,
}

/// A day whose answer is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoubtedDay {
    /// In the account's zone.
    pub date: NaiveDate,
    pub reason: String,
}

impl From<&StreamOutcome> for SyncedStream {
    fn from(outcome: &StreamOutcome) -> Self {
        let loaded = &outcome.loaded;
        let doubted = loaded.doubted.iter();
        Self {
            workspace: outcome.workspace.clone(),
            connection: outcome.connection.clone(),
            stream: outcome.stream.clone(),
            slices: outcome.slices,
            bytes: outcome.bytes,
            rows_read: loaded.rows_read,
            rows_written: loaded.rows_written,
            rows_unchanged: loaded.rows_unchanged,
            rows_superseded: loaded.rows_superseded,
            rows_quarantined: loaded.rows_quarantined,
            notes: loaded.notes.clone(),
            caveats: loaded.caveats.clone(),
            error: outcome.error.clone(),
            failures: outcome.failures.clone(),
            doubted: doubted.map(|day| DoubtedDay { date: day.date, reason: day.reason.clone() }).collect(),
        }
    }
}
