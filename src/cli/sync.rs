//! `daybook sync` and `daybook rollup`.

use super::Outcome;
use super::out::{self, is_here};
use super::show::{bytes, count, plain, table, wrapped};
use crate::app::{App, AppError, Selection};
use crate::domain::period::Period;
use crate::jobs::sync::{Progress, StreamOutcome};
use crate::queries::synced::SyncedStream;
use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

pub async fn sync(app: &App, selection: &Selection, json: bool) -> anyhow::Result<Outcome> {
    let outcomes = fetch(app, selection).await?;
    print(&outcomes, json)
}

/// Syncs with a progress bar where somebody watches.
pub async fn fetch(app: &App, selection: &Selection) -> anyhow::Result<Vec<StreamOutcome>> {
    Ok(watched(async |show| app.sync(selection, show).await).await?)
}

/// Does `work` with a progress bar where somebody watches.
pub async fn watched<T>(work: impl AsyncFnOnce(&(dyn Fn(Progress<'_>) + Sync)) -> T) -> T {
    let bar = if is_here() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} slices, {msg}") {
        bar.set_style(style);
    }
    let (received, rows) = (AtomicU64::new(0), AtomicU64::new(0));
    let show = |progress: Progress<'_>| match progress {
        Progress::Planned { slices, .. } => bar.inc_length(slices),
        Progress::Page { bytes: size } => {
            received.fetch_add(size, Ordering::Relaxed);
        }
        Progress::SliceDone { connection, stream, rows: loaded } => {
            let total = rows.fetch_add(loaded, Ordering::Relaxed) + loaded;
            bar.inc(1);
            bar.set_message(format!(
                "{} rows, {}, {connection} {stream}",
                count(total),
                bytes(received.load(Ordering::Relaxed))
            ));
        }
    };
    let done = work(&show).await;
    bar.finish_and_clear();
    done
}

/// At most so many failed slices of a stream are printed.
const MOST_FAILURES: usize = 5;

/// One line a stream, then what an admin should know.
pub fn print(outcomes: &[StreamOutcome], json: bool) -> anyhow::Result<Outcome> {
    let streams: Vec<SyncedStream> = outcomes.iter().map(Into::into).collect();
    let failed = streams.iter().filter(|of| of.error.is_some()).count();
    if json {
        out::json(&streams)?;
    } else {
        let rows = streams.iter().map(|o| {
            let state = match (&o.error, o.slices, o.doubted.len(), o.caveats.len()) {
                (Some(_), 0, ..) => "failed",
                (Some(_), ..) => "in part",
                (None, _, 1.., _) => "doubted",
                (None, _, 0, 1..) => "limited",
                (None, ..) => "ok",
            };
            vec![
                o.workspace.clone(),
                format!("{} {}", o.connection, o.stream),
                count(o.rows_read),
                count(o.rows_written),
                count(o.rows_superseded),
                count(o.rows_quarantined),
                state.to_owned(),
            ]
        });
        outln!(
            "{}",
            table(
                &["workspace", "stream", "read", "new", "restated", "quarantined", ""],
                &[2, 3, 4, 5],
                rows.collect()
            )
        );
        for of in &streams {
            let place = format!("{} {} {}", of.workspace, of.connection, of.stream);
            for note in &of.notes {
                outln!("{}", wrapped("note: ", &format!("{place}: {}", plain(note))));
            }
            for error in of.failures.iter().take(MOST_FAILURES) {
                let again = if error.can_retry { "; the next run tries again" } else { "; this needs a person" };
                let slice = if error.slice.is_empty() { String::new() } else { format!(" {}", error.slice) };
                outln!("{}", wrapped("failed: ", &format!("{place}{slice}: {}{again}", plain(&error.message))));
            }
            if of.failures.len() > MOST_FAILURES {
                outln!("failed: {place}: and {} more slices", of.failures.len() - MOST_FAILURES);
            }
            if of.failures.is_empty()
                && let Some(error) = &of.error
            {
                let slice = if error.slice.is_empty() { String::new() } else { format!(" {}", error.slice) };
                outln!("{}", wrapped("failed: ", &format!("{place}{slice}: {}", plain(&error.message))));
            }
        }
    }
    let doubted = streams.iter().any(|of| !of.doubted.is_empty());
    Ok(if failed == 0 && !doubted { Outcome::Done } else { Outcome::Partly })
}

#[derive(Debug, clap::Args)]
pub struct RollupArgs {
    /// Only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    workspace: Vec<String>,
    /// Compute the days from this one on, whether they changed or not.
    #[arg(long, value_name = "DATE", requires = "to")]
    from: Option<NaiveDate>,
    /// The last of these days.
    #[arg(long, value_name = "DATE", requires = "from")]
    to: Option<NaiveDate>,
}

/// A workspace whose days were computed.
#[derive(Serialize)]
struct RolledUpWorkspace {
    workspace: String,
    days: u64,
    /// Rows of the unified metrics that were written.
    rows: u64,
}

pub async fn rollup(app: &App, args: &RollupArgs, json: bool) -> anyhow::Result<Outcome> {
    let days = match (args.from, args.to) {
        (Some(from), Some(to)) => {
            let days = to.succ_opt().and_then(|end| Period::new(from, end));
            Some(days.ok_or_else(|| AppError::Usage(format!("--from {from} is after --to {to}: swap them")))?)
        }
        _ => None,
    };
    let selection = Selection { workspaces: args.workspace.clone(), connections: Vec::new() };
    let done = app.rollup_days(&selection, days).await?.into_iter();
    let done: Vec<RolledUpWorkspace> =
        done.map(|(workspace, of)| RolledUpWorkspace { workspace, days: of.days, rows: of.rows }).collect();
    if json {
        out::json(&done)?;
    } else {
        for of in &done {
            outln!("{}: {} days computed, {} rows", of.workspace, count(of.days), count(of.rows));
        }
    }
    let failed = app.failed_rollups(&selection).await?;
    for (rollup, workspace, error) in &failed {
        errln!("{workspace}: jobs/rollups/{rollup}.sql: {error}; its days stay due");
    }
    Ok(if failed.is_empty() { Outcome::Done } else { Outcome::Partly })
}
