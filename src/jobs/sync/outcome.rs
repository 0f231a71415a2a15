//! How the sync of a stream goes and ends.

use super::plan::Planned;
use crate::connectors::error::Disposition;
use crate::connectors::{Connection, ConnectorError, Slice};
use crate::support::shown::one_line;
use crate::warehouse::WarehouseError;
use crate::warehouse::load::Loaded;

/// How the sync of one stream ended.
#[derive(Clone, Debug)]
pub struct StreamOutcome {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    pub slices: u64,
    pub bytes: u64,
    pub loaded: Loaded,
    /// What failed, in a sentence, if anything did; the other slices are loaded.
    pub error: Option<SyncError>,
    /// Every slice that failed, in the order they failed.
    pub failures: Vec<SyncError>,
}

impl StreamOutcome {
    /// Nothing done so far.
    pub(in crate::jobs) fn of(connection: &Connection, stream: &str) -> Self {
        Self {
            workspace: connection.workspace.clone(),
            connection: connection.id.clone(),
            stream: stream.to_owned(),
            slices: 0,
            bytes: 0,
            loaded: Loaded::default(),
            error: None,
            failures: Vec::new(),
        }
    }
}

/// Why a slice failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{message}")]
pub struct SyncError {
    pub slice: String,
    /// The account or other part the slice is of; empty if the stream has none.
    pub partition: String,
    pub message: String,
    /// Whether the next run may succeed without anybody's help.
    pub can_retry: bool,
}

/// Something to show while a sync runs.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A stream has so many slices to go.
    Planned {
        connection: &'a str,
        stream: &'a str,
        slices: u64,
    },
    Page {
        bytes: u64,
    },
    SliceDone {
        connection: &'a str,
        stream: &'a str,
        rows: u64,
    },
}

/// A slice that was not fetched.
#[derive(Clone, Debug)]
pub(in crate::jobs) struct Failed {
    pub planned: Planned,
    pub error: SyncError,
    /// Whether the vendor was asked for this very slice.
    pub was_asked: bool,
}

pub(super) fn fetch_error(slice: &Slice, error: &ConnectorError) -> SyncError {
    SyncError {
        slice: slice.id(),
        partition: slice.partition.clone(),
        message: one_line(&error.to_string()),
        can_retry: error.disposition() != Disposition::TellOperator,
    }
}

pub(super) fn load_error(slice: Option<&Slice>, error: &WarehouseError) -> SyncError {
    SyncError {
        slice: slice.map(Slice::id).unwrap_or_default(),
        partition: slice.map(|slice| slice.partition.clone()).unwrap_or_default(),
        message: one_line(&error.to_string()),
        can_retry: error.can_retry(),
    }
}

/// Why it is not known what a stream runs over.
pub(super) fn list_error(error: &ConnectorError) -> SyncError {
    SyncError {
        slice: String::new(),
        partition: String::new(),
        message: one_line(&error.to_string()),
        can_retry: error.disposition() != Disposition::TellOperator,
    }
}
