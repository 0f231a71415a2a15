//! Slices at whose load the process died: from the third time on a slice is tried in a process of its own
//! first. On a schedule it is skipped for a while; a person who asks gets it tried at once.

use super::context::SyncContext;
use super::process::process;
use crate::connectors::{Connection, LandedSlice, Slice, Window};
use crate::support::blocking::off_thread;
use crate::warehouse::WarehouseError;
use crate::warehouse::attempts::{SliceKey, Unended, begin, end, unended};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// So many deaths speak against a slice.
const MOST_DEATHS: u32 = 2;
/// How long a slice is skipped after so many deaths, and after each further one.
const ASIDE: [TimeDelta; 3] = [TimeDelta::hours(1), TimeDelta::hours(6), TimeDelta::hours(24)];
/// A trial that takes longer shows nothing.
const LONGEST_TRIAL: Duration = Duration::from_secs(600);
const POLL_EVERY: Duration = Duration::from_millis(50);
/// The command that tries a slice, as the CLI knows it.
pub const TRY_SLICE: &str = "try-slice";

/// A slice by where it begins: its end moves on with the clock.
pub fn key(workspace: &str, connection: &str, stream: &str, slice: &Slice) -> SliceKey {
    SliceKey {
        workspace: workspace.to_owned(),
        connection: connection.to_owned(),
        stream: stream.to_owned(),
        slice: name(slice),
    }
}

fn name(slice: &Slice) -> String {
    let begins = match slice.window {
        Window::Whole => String::new(),
        Window::Days { period } => period.start.to_string(),
        Window::Instants { start, .. } => start.to_rfc3339(),
    };
    format!("{}/{begins}", slice.partition)
}

pub(super) fn key_of(landed: &LandedSlice) -> SliceKey {
    let of = &landed.manifest;
    key(&of.workspace, &of.connection, &of.stream, &of.slice)
}

/// Slices of a stream at which the process died too often, by [`key`].
pub async fn deaths(context: &SyncContext, of: &Connection, stream: &str) -> Result<Deaths, WarehouseError> {
    let (workspace, id, stream) = (of.workspace.clone(), of.id.clone(), stream.to_owned());
    let found = context.warehouse.read(move |reader| unended(reader, (&workspace, &id, &stream), process())).await?;
    Ok(found.into_iter().filter(|(_, found)| found.attempts >= MOST_DEATHS).collect())
}

/// Deaths at slices, by the slice's name in its key.
pub type Deaths = BTreeMap<String, Unended>;

/// Why a slice is not asked for at `now` in a scheduled run: it is not time yet.
pub fn skipped(deaths: &Deaths, slice: &Slice, now: DateTime<Utc>) -> Option<String> {
    let found = *deaths.get(&name(slice))?;
    let until = until(found);
    (now < until && found.began_at <= now).then(|| told(found, Some(until)))
}

fn until(found: Unended) -> DateTime<Utc> {
    let further = (found.attempts.saturating_sub(MOST_DEATHS) as usize).min(ASIDE.len() - 1);
    found.began_at + ASIDE[further]
}

fn told(found: Unended, until: Option<DateTime<Utc>>) -> String {
    let again = until.map_or_else(String::new, |until| format!(" until {}", until.format("%Y-%m-%d %H:%M UTC")));
    format!(
        "skipped{again}: Daybook died {} times while it loaded this slice; `daybook sync` tries it at once, in a process of its own first",
        found.attempts
    )
}

/// Notes that these slices are being loaded, after those at which the process died were tried apart.
///
/// # Errors
/// `Invalid` where a trial died as well: the slice is not loaded.
pub async fn enter(context: &SyncContext, batch: &[LandedSlice], deaths: &Deaths) -> Result<(), WarehouseError> {
    let root = context.root.as_deref();
    for landed in batch {
        if let (Some(found), Some(root)) = (deaths.get(&name(&landed.manifest.slice)), root)
            && let Trial::Died = try_apart(root, landed).await
        {
            let (key, now) = (key_of(landed), context.clock.now());
            context.warehouse.write(move |writer| begin(writer, &[key], process(), now)).await?;
            return Err(WarehouseError::Invalid(told(Unended { attempts: found.attempts + 1, ..*found }, None)));
        }
    }
    let (keys, now): (Vec<SliceKey>, _) = (batch.iter().map(key_of).collect(), context.clock.now());
    context.warehouse.write(move |writer| begin(writer, &keys, process(), now)).await
}

/// Notes that the loads of these slices ended.
pub async fn leave(context: &SyncContext, batch: &[LandedSlice]) -> Result<(), WarehouseError> {
    if batch.is_empty() {
        return Ok(());
    }
    let keys: Vec<SliceKey> = batch.iter().map(key_of).collect();
    context.warehouse.write(move |writer| end(writer, &keys)).await
}

/// How a slice's load in a process of its own ended.
enum Trial {
    Died,
    /// It came to an end, whatever it answered, or could not be tried.
    Lived,
}

async fn try_apart(root: &Path, landed: &LandedSlice) -> Trial {
    let Ok(own) = std::env::current_exe() else { return Trial::Lived };
    let mut command = Command::new(own);
    command.arg("-C").arg(root).arg(TRY_SLICE).arg(landed.manifest_path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    off_thread(move || {
        let Ok(mut child) = command.spawn() else { return Trial::Lived };
        let begun = Instant::now();
        while begun.elapsed() < LONGEST_TRIAL {
            match child.try_wait() {
                // A process that ended by itself has a code; one that a signal ended has none.
                Ok(Some(status)) if status.code().is_none() => return Trial::Died,
                Ok(Some(_)) | Err(_) => return Trial::Lived,
                Ok(None) => std::thread::sleep(POLL_EVERY),
            }
        }
        drop(child.kill().and_then(|()| child.wait().map(drop)));
        Trial::Lived
    })
    .await
}
