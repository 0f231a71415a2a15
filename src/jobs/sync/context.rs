//! What a sync works with, and what it reads.

use super::gathered::Gathered;
use crate::connectors::{Connection, Engine};
use crate::domain::money::Currency;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use crate::warehouse::Warehouse;
use chrono::NaiveDate;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What every sync needs.
#[derive(Clone, Debug)]
pub struct SyncContext {
    pub engine: Arc<Engine>,
    pub warehouse: Warehouse,
    pub clock: Clock,
    pub person_key: Secret,
    /// Asks every sync to end: the load under way is finished, fetches are given up.
    pub stop: CancellationToken,
    /// Whether the schedule asks, not a person.
    pub is_scheduled: bool,
    /// The installation's folder, where slices can be tried in a process of their own.
    pub root: Option<PathBuf>,
    /// Small slices on their way into this warehouse.
    pub gathered: Gathered,
}

impl SyncContext {
    /// Syncs that a person asks for, of no installation in particular.
    pub fn new(engine: Arc<Engine>, warehouse: Warehouse, clock: Clock, person_key: Secret) -> Self {
        Self {
            engine,
            warehouse,
            clock,
            person_key,
            stop: CancellationToken::new(),
            is_scheduled: false,
            root: None,
            gathered: Gathered::default(),
        }
    }
}

/// A connection and how far back it reaches.
#[derive(Clone, Debug)]
pub struct Source {
    pub connection: Connection,
    pub currency: Currency,
    /// The first day to load.
    pub since: NaiveDate,
}

/// How a slice comes to be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// By the hourly sync: it moves the stream's cursor.
    Live,
    /// By a fetch of the past: it begins no slice while a live sync runs, and leaves the cursor alone.
    Backfill,
    /// By a person who loads landed pages again: whatever they say is believed.
    Replay,
}
