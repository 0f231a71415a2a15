//! Jobs under way at vendors', on the disk: a sync that was stopped, or whose patience ended, leaves them to the next
//! one. A job is known by where its slice begins, since the end of a slice moves on with the clock.

use super::connection::Connection;
use super::error::ConnectorError;
use super::slice::{Slice, Window};
use crate::support::names;
use crate::support::owner::{ran_short, why};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Beside the folders of the workspaces in the landing folder.
const FOLDER: &str = ".jobs";
/// Older ones are forgotten: no vendor keeps a job's result for longer.
const LONGEST_KEPT: TimeDelta = TimeDelta::days(30);

/// A job that the vendor was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingJob {
    pub id: String,
    /// What it is of.
    pub slice: Slice,
    /// Identifies the request that began it.
    pub asked: String,
    pub begun_at: DateTime<Utc>,
}

/// Where the jobs of a stream are kept.
#[derive(Clone, Debug)]
pub struct PendingJobs {
    folder: PathBuf,
}

impl PendingJobs {
    pub fn of(landing_root: &Path, connection: &Connection, stream: &str) -> Self {
        let parts = [&connection.workspace, &connection.id, stream];
        Self { folder: parts.iter().fold(landing_root.join(FOLDER), |path, part| path.join(names::safe(part))) }
    }

    fn path(&self, slice: &Slice, part: &str) -> PathBuf {
        let begins = match slice.window {
            Window::Whole => "all".to_owned(),
            Window::Days { period } => format!("{}_{}", period.start, period.last_day()),
            Window::Instants { start, .. } => start.format("%Y%m%dT%H%M%SZ").to_string(),
        };
        self.folder.join(format!("{}.json", names::safe(&format!("{}/{part}/{begins}", slice.partition))))
    }

    /// The job of a slice's part; `None` where there is none that can be read.
    pub fn get(&self, slice: &Slice, part: &str) -> Option<PendingJob> {
        serde_json::from_slice(&fs::read(self.path(slice, part)).ok()?).ok()
    }

    /// The slice that a job under way is of, where it begins as `slice` does and ends no later.
    pub fn resumed(&self, slice: &Slice, part: &str, now: DateTime<Utc>) -> Option<Slice> {
        let held = self.get(slice, part).filter(|job| now - job.begun_at < LONGEST_KEPT)?;
        let is_within = match (held.slice.window, slice.window) {
            (Window::Instants { end: held, .. }, Window::Instants { end, .. }) => held <= end,
            (held, asked) => held == asked,
        };
        (is_within && held.slice.partition == slice.partition).then_some(held.slice)
    }

    /// Keeps a job; once it answers, a crash does not lose it.
    pub fn put(&self, job: &PendingJob, part: &str) -> Result<(), ConnectorError> {
        let path = self.path(&job.slice, part);
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(&serde_json::to_vec_pretty(job)?)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| {
            let note = format!("{}: {}", path.display(), why(&error));
            if ran_short(&error) { ConnectorError::RanShort { note } } else { ConnectorError::Landing { note } }
        })
    }

    /// Forgets the job of a slice's part, and those of any that are too old.
    pub fn forget(&self, slice: &Slice, part: &str, now: DateTime<Utc>) {
        let _ = fs::remove_file(self.path(slice, part));
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let held = fs::read(entry.path()).ok().and_then(|text| serde_json::from_slice::<PendingJob>(&text).ok());
            if held.is_some_and(|job| now - job.begun_at >= LONGEST_KEPT) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
