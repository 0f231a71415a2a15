//! Delays that look like chance and are always the same: from the ids they belong to.

use super::slot::SlotKey;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

/// How long after its instant a job's slots begin for a workspace: from zero up to `most`, in whole
/// milliseconds, the same for every slot and after every start.
pub fn jitter(job: &str, workspace: &str, most: TimeDelta) -> TimeDelta {
    let most = most.num_milliseconds().max(0).unsigned_abs();
    let share = hash(&["jitter", job, workspace]) % (most + 1);
    TimeDelta::milliseconds(i64::try_from(share).unwrap_or(0))
}

/// `wait`, less up to half of it: jobs that failed together do not come back together.
pub fn spread(wait: TimeDelta, key: &SlotKey, attempt: u32) -> TimeDelta {
    let half = (wait.num_milliseconds().max(0) / 2).unsigned_abs();
    let at = key.at.timestamp().to_string();
    let less = hash(&["retry", &key.pair.job, &key.pair.workspace, &at, &attempt.to_string()]) % (half + 1);
    wait - TimeDelta::milliseconds(i64::try_from(less).unwrap_or(0))
}

fn hash(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()[..8].iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
