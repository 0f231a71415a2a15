//! `daybook backup`, `maintain`, `snapshot` and `export`: the warehouse's maintenance by hand.

use super::Outcome;
use super::out::{self, place};
use super::show::{bytes, count, plain};
use crate::app::{App, AppError};
use crate::jobs::maintenance::{MaintenanceContext, back_up, maintain, make_snapshot};
use crate::support::blocking::off_thread;
use crate::warehouse::maintenance::export::export as write_months;
use chrono::{Months, NaiveDate};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct MaintainArgs {
    /// Remove what is old although the clock is doubted: it was looked at, and is right.
    #[arg(long)]
    clock_is_right: bool,
}

#[derive(Debug, clap::Args)]
pub struct SnapshotArgs {
    /// The file; snapshot/daybook.duckdb in the data folder by default.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The folder; the archive of the config, or export in the data folder, by default.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Only whole months before this day; by default all that ended three months ago or earlier.
    #[arg(long, value_name = "DAY")]
    before: Option<NaiveDate>,
}

/// What was done, in words.
#[derive(Serialize)]
struct Backup {
    backup: String,
}

#[derive(Serialize)]
struct Snapshot {
    snapshot: String,
}

pub async fn backup(app: &App, json: bool) -> anyhow::Result<Outcome> {
    let (context, now) = (app.maintenance(), app.clock.now());
    let says = off_thread(move || back_up(&context, true, now)).await?;
    if json {
        return out::json(&Backup { backup: says });
    }
    outln!("backup: {}", plain(&says));
    Ok(Outcome::Done)
}

pub async fn run(app: &App, args: &MaintainArgs, json: bool) -> anyhow::Result<Outcome> {
    let (context, now) =
        (MaintenanceContext { is_clock_right: args.clock_is_right, ..app.maintenance() }, app.clock.now());
    let night = off_thread(move || maintain(&context, now)).await;
    if json {
        out::json(&night)?;
    } else {
        for step in &night.steps {
            outln!("{:<11} {}{}", step.name, if step.is_ok { "" } else { "FAILED: " }, plain(&step.says));
        }
    }
    Ok(if night.is_ok() { Outcome::Done } else { Outcome::Partly })
}

pub async fn snapshot(app: &App, args: &SnapshotArgs, json: bool) -> anyhow::Result<Outcome> {
    let context = app.maintenance();
    let target = args.to.as_deref().map(place).or_else(|| context.config.snapshot.clone());
    let target = target.unwrap_or_else(|| context.data_dir.join("snapshot/daybook.duckdb"));
    let target = std::path::absolute(&target)?;
    if target == app.warehouse.path() {
        return Err(AppError::Usage("this is the warehouse itself; name another file".to_owned()).into());
    }
    let says = off_thread(move || make_snapshot(&context, &target)).await?;
    if json {
        return out::json(&Snapshot { snapshot: says });
    }
    outln!("snapshot: {}", plain(&says));
    Ok(Outcome::Done)
}

pub async fn export(app: &App, args: &ExportArgs, json: bool) -> anyhow::Result<Outcome> {
    let context = app.maintenance();
    let today = app.clock.now().date_naive();
    let before = args.before.unwrap_or_else(|| today.checked_sub_months(Months::new(3)).unwrap_or(today));
    let folder = folder(&context, args.to.as_deref())?;
    let (at, warehouse) = (folder.clone(), app.warehouse.clone());
    let done = off_thread(move || warehouse.read_blocking(|reader| write_months(reader, &at, before))).await?;
    if json {
        return out::json(&done);
    }
    let new = done.iter().filter(|month| month.is_new).count();
    let size: u64 = done.iter().filter_map(|month| std::fs::metadata(&month.file).ok()).map(|file| file.len()).sum();
    outln!(
        "{} months of tables before {before} in {}: {} written and read back, {} held the same already; {} rows, {}",
        done.len(),
        folder.display(),
        new,
        done.len() - new,
        count(done.iter().map(|month| month.rows).sum()),
        bytes(size)
    );
    if context.config.archive.as_ref() != Some(&folder) {
        outln!("when a person is erased, files here are not: only those of the archive in the config are");
    }
    Ok(Outcome::Done)
}

fn folder(context: &MaintenanceContext, given: Option<&Path>) -> std::io::Result<PathBuf> {
    match given {
        Some(folder) => std::path::absolute(place(folder)),
        None => Ok(context.config.archive.clone().unwrap_or_else(|| context.data_dir.join("export"))),
    }
}
