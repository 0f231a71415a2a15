//! A slot's attempt, bounded in time.

use crate::app::App;
use crate::config::Job;
use crate::config::jobs::End;
use crate::domain::schedule::{Outcome, Slot};
use std::time::Duration;

/// Does a job's work for a slot's workspace.
pub(super) async fn work(app: &App, job: &Job, slot: &Slot, limit: Duration) -> End {
    match tokio::time::timeout(limit, job.kind.run(app, &job.id, slot)).await {
        Ok(end) => end,
        Err(_) => (Outcome::TimedOut, format!("it took longer than {} minutes", limit.as_secs().div_ceil(60))),
    }
}
