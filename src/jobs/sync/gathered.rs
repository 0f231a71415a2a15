//! Small slices that come to be loaded at about the same time, of whatever connections and workspaces, go in
//! together: the writer is asked for many of them once.

use super::process::process;
use crate::support::clock::Clock;
use crate::warehouse::attempts::{SliceKey, begin};
use crate::warehouse::load::{LoadRequest, Loaded, is_small, load_together};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Of one transaction.
const MOST_SLICES: usize = 256;
/// Of one transaction, decompressed: looking at JSON takes many times its bytes.
const MOST_BYTES: u64 = 8 << 20;
/// How long the first slice waits for others.
const LINGER: Duration = Duration::from_millis(50);

/// Who waits for a load. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Gathered(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether a task takes them.
    is_served: bool,
}

#[derive(Debug)]
struct Waiting {
    slice: (LoadRequest, SliceKey),
    answer: oneshot::Sender<Option<Loaded>>,
}

impl Gathered {
    /// Loads a slice together with others that come meanwhile. `None` where it has to be loaded by itself: it is
    /// alone, large or unusual, or loading them together failed; nothing of it was written then.
    pub async fn load(
        &self,
        (warehouse, clock): (&Warehouse, &Clock),
        slice: (LoadRequest, SliceKey),
    ) -> Option<Loaded> {
        if !is_small(&slice.0) {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        let must_serve = {
            let mut queue = self.queue();
            queue.waiting.push(Waiting { slice, answer });
            !std::mem::replace(&mut queue.is_served, true)
        };
        if must_serve {
            // A task of its own: who asked first may be given up, and the others go on.
            tokio::spawn(serve(self.clone(), warehouse.clone(), clock.clone()));
        }
        answered.await.ok().flatten()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those to be loaded next; none ends the task that takes them.
    fn next(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        let mut bytes = 0;
        let fits = |one: &&Waiting| {
            bytes += one.slice.0.bytes;
            bytes <= MOST_BYTES
        };
        let count = queue.waiting.iter().take(MOST_SLICES).take_while(fits).count();
        let batch: Vec<Waiting> = queue.waiting.drain(..count).collect();
        queue.is_served = !batch.is_empty();
        batch
    }
}

async fn serve(gathered: Gathered, warehouse: Warehouse, clock: Clock) {
    loop {
        tokio::time::sleep(LINGER).await;
        let batch = gathered.next();
        if batch.is_empty() {
            return;
        }
        let (slices, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|one| (one.slice, one.answer)).unzip();
        let done = match slices.as_slice() {
            [_] => Ok(vec![None]),
            _ => together(&warehouse, slices, clock.now()).await,
        };
        let done = done.unwrap_or_else(|error| {
            tracing::debug!(error = %error, "slices of several connections are loaded in turn");
            Vec::new()
        });
        let mut done = done.into_iter();
        // Who asked may be gone.
        answers.into_iter().for_each(|answer| drop(answer.send(done.next().flatten())));
    }
}

async fn together(
    warehouse: &Warehouse,
    slices: Vec<(LoadRequest, SliceKey)>,
    now: DateTime<Utc>,
) -> Result<Vec<Option<Loaded>>, WarehouseError> {
    let keys: Vec<SliceKey> = slices.iter().map(|(_, key)| key.clone()).collect();
    warehouse
        .write(move |connection| {
            begin(connection, &keys, process(), now)?;
            load_together(connection, &slices, now)
        })
        .await
}
