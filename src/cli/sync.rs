//! `daybook sync` and `daybook rollup`.

use super::out::is_here;
use super::show::{bytes, count, table};
use super::{Outcome, show::plain};
use crate::daemon::{App, Selection};
use crate::jobs::sync::{Progress, StreamOutcome};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};

pub async fn sync(app: &App, selection: &Selection, json: bool) -> anyhow::Result<Outcome> {
    let outcomes = fetch(app, selection).await?;
    Ok(print(&outcomes, json))
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

/// One line a stream, then what an admin should know.
pub fn print(outcomes: &[StreamOutcome], json: bool) -> Outcome {
    let failed = outcomes.iter().filter(|outcome| outcome.error.is_some()).count();
    if json {
        let lines = outcomes.iter().map(|o| {
            serde_json::json!({
                "workspace": o.workspace, "connection": o.connection, "stream": o.stream, "slices": o.slices, "bytes": o.bytes,
                "rows_read": o.loaded.rows_read, "rows_written": o.loaded.rows_written, "rows_unchanged": o.loaded.rows_unchanged,
                "rows_superseded": o.loaded.rows_superseded, "rows_quarantined": o.loaded.rows_quarantined,
                "notes": o.loaded.notes, "error": o.error,
            })
        });
        say!("{}", serde_json::Value::Array(lines.collect()));
    } else {
        let rows = outcomes.iter().map(|o| {
            let state = if o.error.is_some() { "stopped" } else { "ok" };
            vec![
                o.workspace.clone(),
                format!("{} {}", o.connection, o.stream),
                count(o.loaded.rows_read),
                count(o.loaded.rows_written),
                count(o.loaded.rows_superseded),
                count(o.loaded.rows_quarantined),
                state.to_owned(),
            ]
        });
        say!(
            "{}",
            table(&["workspace", "stream", "read", "new", "restated", "set aside", ""], &[2, 3, 4, 5], rows.collect())
        );
        for outcome in outcomes {
            let place = format!("{} {} {}", outcome.workspace, outcome.connection, outcome.stream);
            for note in &outcome.loaded.notes {
                say!("note: {place}: {}", plain(note));
            }
            if let Some(error) = &outcome.error {
                let again = if error.can_retry { "; the next run tries again" } else { "; this needs a person" };
                say!("stopped: {place} {}: {}{again}", error.slice, plain(&error.message));
            }
        }
    }
    if failed == 0 { Outcome::Done } else { Outcome::Partly }
}

pub async fn rollup(app: &App, selection: &Selection, json: bool) -> anyhow::Result<Outcome> {
    let done = app.rollup(selection).await?;
    if json {
        let lines = done
            .iter()
            .map(|(id, rolled)| serde_json::json!({"workspace": id, "days": rolled.days, "rows": rolled.rows}));
        say!("{}", serde_json::Value::Array(lines.collect()));
    } else {
        for (id, rolled) in done {
            say!("{id}: {} days computed, {} rows", count(rolled.days), count(rolled.rows));
        }
    }
    Ok(Outcome::Done)
}
