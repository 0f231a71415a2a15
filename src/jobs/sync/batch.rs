//! Landed slices on their way into the warehouse: those that are ready go in together.

use super::attempts::{self, Deaths};
use super::context::{Source, SyncContext, SyncMode};
use super::outcome::Failed;
use super::request::requested;
use crate::connectors::LandedSlice;
use crate::connectors::spec::{LoadMode, StreamSpec};
use crate::warehouse::WarehouseError;
use crate::warehouse::load::{Loaded, MOST_SMALL_BYTES, load, load_direct};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};

/// A batch is closed once it has so many bytes, decompressed: the writer is not held for longer than
/// a few seconds.
const BATCH_BYTES: u64 = 256 << 20;
/// More slices than these make one statement too long.
const BATCH_SLICES: usize = 64;
/// How long a landed slice waits for the next ones, while any is on its way.
const LINGER: Duration = Duration::from_millis(200);

/// A landed slice that waits to be loaded. One that is dropped is removed: it will be asked for again,
/// and nobody else would look for it.
#[derive(Debug)]
pub struct Waiting {
    landed: LandedSlice,
    is_taken: bool,
}

impl Waiting {
    pub fn new(landed: LandedSlice) -> Self {
        Self { landed, is_taken: false }
    }

    fn take(mut self) -> LandedSlice {
        self.is_taken = true;
        self.landed.clone()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.is_taken {
            self.landed.remove();
        }
    }
}

/// Gathers slices of one partition, in their order.
#[derive(Debug)]
pub struct Batches {
    landed: Receiver<Result<Waiting, Failed>>,
    /// What came and did not fit into the last batch.
    held_back: Option<Result<Waiting, Failed>>,
    joins: bool,
}

impl Batches {
    /// Slices come alone where the stream's rows have to be compared with what is held anyway.
    pub fn new(landed: Receiver<Result<Waiting, Failed>>, stream: &StreamSpec) -> Self {
        Self { landed, held_back: None, joins: days_stand_alone(stream) }
    }

    /// The next slices, at least one; a fetch that failed comes after all before it.
    pub async fn next(&mut self) -> Option<Result<Vec<LandedSlice>, Failed>> {
        let first = match self.held_back.take() {
            Some(held_back) => held_back,
            None => self.landed.recv().await?,
        };
        let mut batch = match first {
            Ok(waiting) => vec![waiting],
            Err(error) => return Some(Err(error)),
        };
        let patience = Instant::now() + LINGER;
        while self.joins && batch.len() < BATCH_SLICES && bytes(&batch) < BATCH_BYTES {
            match timeout_at(patience, self.landed.recv()).await {
                Ok(Some(Ok(waiting))) if partition(&waiting) == partition(&batch[0]) => batch.push(waiting),
                Ok(Some(other)) => {
                    self.held_back = Some(other);
                    break;
                }
                Ok(None) | Err(_) => break,
            }
        }
        Some(Ok(batch.into_iter().map(Waiting::take).collect()))
    }
}

fn bytes(batch: &[Waiting]) -> u64 {
    batch.iter().map(|waiting| waiting.landed.bytes().0).sum()
}

fn partition(waiting: &Waiting) -> &str {
    &waiting.landed.manifest.slice.partition
}

fn days_stand_alone(stream: &StreamSpec) -> bool {
    stream.loads.iter().all(|load| matches!(load.mode, LoadMode::ReplaceWindow { days_stand_alone: true, .. }))
}

/// Loads slices of one stream and partition in order, together where that comes to the same. One that
/// fails leaves the others; where the fault is the disk's or the database's, or once it is asked to stop,
/// it ends: what it answers may be shorter than `batch`.
pub async fn load_batch(
    context: &SyncContext,
    source: &Source,
    (batch, deaths): (&[LandedSlice], &Deaths),
    mode: SyncMode,
) -> Vec<Result<Loaded, WarehouseError>> {
    if let ([landed], true) = (batch, deaths.is_empty())
        && let Some(loaded) = load_gathered(context, source, landed, mode).await
    {
        return vec![Ok(loaded)];
    }
    if let Err(error) = attempts::enter(context, batch, deaths).await {
        return match batch {
            [_] => vec![Err(error)],
            // One of them is to be reported, and the others are loaded.
            _ => alone(context, source, (batch, deaths), mode).await,
        };
    }
    let done = load_entered(context, source, batch, mode).await;
    // Those that were loaded have noted it themselves.
    let is_loaded = |index: usize| done.get(index).is_some_and(Result::is_ok);
    let left: Vec<LandedSlice> =
        batch.iter().enumerate().filter(|(index, _)| !is_loaded(*index)).map(|(_, landed)| landed.clone()).collect();
    if let Err(error) = attempts::leave(context, &left).await {
        tracing::warn!(error = %error, "the end of a load could not be noted");
    }
    done
}

/// A small slice together with those of other connections; `None` where it is to be loaded by itself.
async fn load_gathered(context: &SyncContext, source: &Source, landed: &LandedSlice, mode: SyncMode) -> Option<Loaded> {
    if landed.bytes().0 > MOST_SMALL_BYTES {
        return None;
    }
    // What is wrong with it shows when it is loaded by itself.
    let request = requested(context, source, landed, mode, context.clock.now()).await.ok()?;
    context.gathered.load((&context.warehouse, &context.clock), (request, attempts::key_of(landed))).await
}

/// Slices one by one, each on its own.
async fn alone(
    context: &SyncContext,
    source: &Source,
    (batch, deaths): (&[LandedSlice], &Deaths),
    mode: SyncMode,
) -> Vec<Result<Loaded, WarehouseError>> {
    let mut done = Vec::new();
    for landed in batch {
        let loaded = Box::pin(load_batch(context, source, (std::slice::from_ref(landed), deaths), mode)).await;
        let last = loaded.first().is_none_or(|loaded| loaded.as_ref().is_err_and(|error| error.concerns_all()));
        done.extend(loaded);
        if last {
            break;
        }
    }
    done
}

async fn load_entered(
    context: &SyncContext,
    source: &Source,
    batch: &[LandedSlice],
    mode: SyncMode,
) -> Vec<Result<Loaded, WarehouseError>> {
    match load_together(context, source, batch, mode).await {
        Ok(Some(loaded)) => return loaded.into_iter().map(Ok).collect(),
        Ok(None) => {}
        // In turn, those before the slice at fault are loaded, and it is the one that is named.
        Err(error) => tracing::debug!(error = %error, slices = batch.len(), "the slices are loaded in turn"),
    }
    let mut done = Vec::new();
    for landed in batch {
        if context.stop.is_cancelled() {
            break;
        }
        let loaded = load_landed(context, source, landed, mode).await;
        let last = loaded.as_ref().is_err_and(|error| error.concerns_all());
        done.push(loaded);
        if last {
            break;
        }
    }
    done
}

async fn load_together(
    context: &SyncContext,
    source: &Source,
    batch: &[LandedSlice],
    mode: SyncMode,
) -> Result<Option<Vec<Loaded>>, WarehouseError> {
    let now = context.clock.now();
    let mut requests = Vec::new();
    for landed in batch {
        requests.push(requested(context, source, landed, mode, now).await?);
    }
    context.warehouse.write(move |connection| load_direct(connection, &requests, now)).await
}

/// Loads a landed slice.
pub async fn load_landed(
    context: &SyncContext,
    source: &Source,
    landed: &LandedSlice,
    mode: SyncMode,
) -> Result<Loaded, WarehouseError> {
    let now = context.clock.now();
    let request = requested(context, source, landed, mode, now).await?;
    context.warehouse.write(move |connection| load(connection, &request, now)).await
}
