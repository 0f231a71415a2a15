//! A landed slice loaded into a database in memory, in a process of its own: a slice at which the process
//! died before is tried so first. Says nothing; that it ends is the answer.

use super::Outcome;
use crate::app::AppError;
use crate::app::{SecretsAre, catalog, sources};
use crate::config;
use crate::connectors::{Engine, LandedSlice};
use crate::jobs::sync::{SyncContext, SyncMode, load_landed};
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use crate::warehouse::Warehouse;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub struct TrySliceArgs {
    /// The manifest of the landed slice.
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
}

pub async fn run(root: &Path, args: &TrySliceArgs) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let landed = LandedSlice::open(&args.manifest)?;
    let clock = Clock::System;
    let today = clock.now().date_naive();
    let gone = || AppError::Usage("the slice's connection is no longer configured".to_owned());
    let workspace = settings.workspace(&landed.manifest.workspace).ok_or_else(gone)?;
    let (found, _) = sources(&settings, workspace, &catalog(root)?, today, SecretsAre::Assumed);
    let source =
        found.into_iter().find(|source| source.connection.id == landed.manifest.connection).ok_or_else(gone)?;
    let context = SyncContext::new(
        Arc::new(Engine::new(settings.data_dir.join("landing"), clock.clone())?),
        Warehouse::in_memory_with(settings.warehouse.clone())?,
        clock,
        Secret::new("trial"),
    );
    load_landed(&context, &source, &landed, SyncMode::Live).await?;
    Ok(Outcome::Done)
}
