//! `daybook backfill` and `daybook replay`: the past again, from the vendor or from landed pages.

use super::Outcome;
use super::out::{self, place};
use super::show::{count, plain};
use super::sync::watched;
use crate::app::{App, AppError, Selection};
use crate::connectors::LandedSlice;
use crate::domain::period::Period;
use crate::jobs::backfill::backfill as fill;
use crate::jobs::files::load_file;
use crate::jobs::sync::{SyncMode, load_landed};
use crate::support::blocking::off_thread;
use crate::warehouse::coverage::{Place, held_by_newer};
use chrono::{Days, NaiveDate};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(override_usage = "daybook backfill [OPTIONS] -w <ID> -c <ID> --from <DAY> --to <DAY>")]
pub struct BackfillArgs {
    /// The workspace.
    #[arg(long, short, value_name = "ID")]
    workspace: String,
    /// The connection.
    #[arg(long, short, value_name = "ID")]
    connection: String,
    /// The first day to fetch again.
    #[arg(long, value_name = "DAY")]
    from: NaiveDate,
    /// The last day to fetch again.
    #[arg(long, value_name = "DAY")]
    to: NaiveDate,
}

#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// Manifests of landed slices, as `daybook runs --loads --json` and `explain` name them.
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
    /// Load a slice although newer answers are loaded for its days: older figures then stand over them.
    #[arg(long)]
    older: bool,
}

pub async fn backfill(app: &App, args: &BackfillArgs, json: bool) -> anyhow::Result<Outcome> {
    let period = Period::new(args.from, args.to + Days::new(1))
        .ok_or_else(|| AppError::Usage("--from is after --to".to_owned()))?;
    let selection = Selection { workspaces: vec![args.workspace.clone()], connections: vec![args.connection.clone()] };
    let mut sources = Vec::new();
    for workspace in app.workspaces(&selection)? {
        sources.extend(app.sources(workspace)?);
    }
    let source = sources
        .into_iter()
        .find(|source| source.connection.id == args.connection)
        .ok_or_else(|| AppError::Usage(format!("{} has no connection {:?}", args.workspace, args.connection)))?;
    let done = watched(async |show| fill(&app.sync, &source, period, show).await).await?;
    if !json && done.slices_before > 0 {
        outln!(
            "taken up where the backfill of {} stopped: {} slices were loaded before",
            done.backfill.begun_at.format("%Y-%m-%d %H:%M UTC"),
            count(done.slices_before)
        );
    }
    super::sync::print(&done.streams, json)
}

/// What a vendor answered before must not stand over what it answered since.
fn refuse_older(app: &App, landed: &LandedSlice) -> anyhow::Result<()> {
    let (of, now) = (&landed.manifest, app.clock.now());
    let place = Place::new(&of.workspace, &of.connection, &of.stream, &of.slice.partition);
    let (days, fetched_at) = (of.slice.window.days(), of.fetched_at);
    let (newer, all) = app.warehouse.read_blocking(|reader| held_by_newer(reader, &place, days, fetched_at, now))?;
    if newer == 0 {
        return Ok(());
    }
    let message = format!(
        "{}: newer answers are loaded for {newer} of its {all} days, and older figures would stand over them: `daybook backfill` fetches days anew; --older loads it nevertheless",
        landed.manifest_path().display()
    );
    Err(AppError::Usage(message).into())
}

/// A landed slice that was loaded again.
#[derive(Serialize)]
struct Replayed {
    manifest: PathBuf,
    rows_read: u64,
    rows_written: u64,
}

pub async fn replay(app: &App, args: &ReplayArgs, json: bool) -> anyhow::Result<Outcome> {
    let mut done = Vec::new();
    for path in &args.manifests {
        let landed = LandedSlice::open(&place(path))?;
        landed.belongs(&app.landing())?;
        let manifest = &landed.manifest;
        if !args.older {
            refuse_older(app, &landed)?;
        }
        let workspace =
            app.workspaces(&Selection { workspaces: vec![manifest.workspace.clone()], ..Selection::default() })?;
        let gone =
            || AppError::Usage(format!("{} has no connection {:?} any more", manifest.workspace, manifest.connection));
        let workspace = workspace.into_iter().next().ok_or_else(gone)?;
        let loaded = if manifest.connector == "file" {
            let source = app
                .file_sources(workspace)
                .into_iter()
                .find(|source| source.id == manifest.connection)
                .ok_or_else(gone)?;
            let (context, landed) = (app.sync.clone(), landed.clone());
            off_thread(move || load_file(&context, &source, &landed)).await?
        } else {
            let source = app
                .sources(workspace)?
                .into_iter()
                .find(|s| s.connection.id == manifest.connection)
                .ok_or_else(gone)?;
            load_landed(&app.sync, &source, &landed, SyncMode::Replay).await?
        };
        if !json {
            outln!(
                "{} {} {}: {} rows, {} new, {} unchanged, {} restated, {} quarantined",
                manifest.workspace,
                manifest.stream,
                plain(&manifest.slice.id()),
                count(loaded.rows_read),
                count(loaded.rows_written),
                count(loaded.rows_unchanged),
                count(loaded.rows_superseded),
                count(loaded.rows_quarantined)
            );
        }
        done.push(Replayed { manifest: path.clone(), rows_read: loaded.rows_read, rows_written: loaded.rows_written });
    }
    if json {
        out::json(&done)?;
    }
    Ok(Outcome::Done)
}
